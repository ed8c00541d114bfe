//! Ids that are queued or already handled, to deduplicate lists. They are stored as hashes; of the handled ones
//! only the first and the latest are kept, so that memory is bounded.

use super::checkpoint::{Reader, Writer};
use crate::id::DlqId;
use alloc::collections::VecDeque;
use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub struct Seen {
    ids: HashMap<u64, Status, BuildHasherDefault<Fnv>>,
    /// Number of the first handled ids, which are never dropped.
    first: usize,
    /// The latest handled ids; when full, the oldest is dropped.
    latest: VecDeque<u64>,
    forgets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// Queued, in flight or being looked up.
    Owed,
    /// Processed, possibly processed, or not found: not sent again.
    Done,
    /// Refused by the service: remains in lists, and is not sent again.
    Refused,
}

impl Seen {
    /// Adds an id to handle; `false` if it is known.
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

    /// Whether handled ids were dropped, so that an unknown id may have been handled.
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
        let mut refused = alloc::vec::Vec::new();
        for (key, status) in &self.ids {
            if *status == Status::Refused {
                refused.push(*key);
            }
        }
        // Sorted, so that equal states give equal checkpoints: the order of a map is arbitrary.
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
/// Maximum number of first handled ids to keep: a list from the top contains them first.
const FIRST: usize = 20_000;
/// Maximum number of latest handled ids to keep: several times the number that lists still contain.
const LATEST: usize = 180_000;
