//! Hashes of ids, and a map by them: half the memory of one by the ids.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;

/// Small numbers by [`hash`]: the one instantiation of std's map in the wasm, where each costs more than a kilobyte.
pub type ByHash = HashMap<u64, u32, BuildHasherDefault<Fnv>>;

/// 64-bit FNV-1a as a hasher; a key that is already such a hash is used as it is.
#[derive(Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(FNV_BASIS)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The 64-bit FNV-1a hash of a text.
pub fn hash(text: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
