//! Ids that a list may show again although they are queued or already handled. Kept as hashes, and of
//! those that were handled the first and the latest, so that memory stays bounded.

use super::checkpoint::{Reader, Writer};
use crate::id::DlqId;
use alloc::collections::VecDeque;
use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub struct Seen {
    ids: HashMap<u64, Status, BuildHasherDefault<Fnv>>,
    /// How many of the first handled are kept for good.
    first: usize,
    /// The latest handled; when it is full, the oldest of them is forgotten.
    latest: VecDeque<u64>,
    forgets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// Queued, in flight or being looked up.
    Owed,
    /// Taken by the service, or not there, or perhaps taken: not sent again.
    Done,
    /// The service refuses it for good: it stays, and is not sent again.
    Refused,
}

impl Seen {
    /// Adds an id that is to be handled; `false` where it is known.
    pub fn add(&mut self, id: &DlqId) -> bool {
        let key = hash(id.as_str());
        let new = !self.ids.contains_key(&key);
        if new {
            self.ids.insert(key, Status::Owed);
        }
        new
    }

    pub fn get(&self, id: &DlqId) -> Option<Status> {
        self.ids.get(&hash(id.as_str())).copied()
    }

    /// Whether an id that is not known may have been handled all the same.
    pub fn forgets(&self) -> bool {
        self.forgets
    }

    pub fn done(&mut self, ids: &[DlqId]) {
        for id in ids {
            let key = hash(id.as_str());
            if self.ids.insert(key, Status::Done) == Some(Status::Done) {
                continue;
            }
            if self.first < FIRST {
                self.first += 1;
                continue;
            }
            self.latest.push_back(key);
            if self.latest.len() > LATEST {
                self.forgets = true;
                if let Some(oldest) = self.latest.pop_front() {
                    self.ids.remove(&oldest);
                }
            }
        }
    }

    pub fn refused(&mut self, ids: &[DlqId]) {
        for id in ids {
            self.ids.insert(hash(id.as_str()), Status::Refused);
        }
    }

    pub fn write(&self, out: &mut Writer) {
        let mut refused: alloc::vec::Vec<u64> = self
            .ids
            .iter()
            .filter(|(_, status)| **status == Status::Refused)
            .map(|(key, _)| *key)
            .collect();
        // The order of a map is not that of another run.
        refused.sort_unstable();
        out.hashes(&refused);
    }

    pub fn read(input: &mut Reader) -> Self {
        let mut seen = Seen::default();
        for key in input.hashes() {
            seen.ids.insert(key, Status::Refused);
        }
        seen
    }
}

/// FNV-1a of 64 bits as a hasher; a key that is such a hash already is taken as it is.
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

/// FNV-1a of 64 bits.
pub fn hash(text: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
/// Of the first handled so many are kept: they are what a list from the top shows first.
const FIRST: usize = 20_000;
/// Of the latest so many: several times what a list shows of what was handled a moment ago.
const LATEST: usize = 180_000;
