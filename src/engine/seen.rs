//! Entries that a list may show although they are being dealt with, or were. Hashes, so that the
//! memory is small; of those done the latest alone, so that it is bounded.

use super::checkpoint::{Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// A set that is spread over buckets by the hashes' first bits: with the few thousand entries that
/// it holds a bucket is looked through sooner than a tree, whose code would be ten times the size.
#[derive(Debug)]
pub struct Seen {
    buckets: Vec<Vec<(u64, Status)>>,
    /// Those done; once it is full, the oldest gives its place to the latest.
    recent: Vec<u64>,
    oldest: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    Owed,
    Done,
    /// The service refuses it for good: it stays, and is not sent again.
    Refused,
}

impl Default for Seen {
    fn default() -> Self {
        Seen { buckets: alloc::vec![Vec::new(); BUCKETS], recent: Vec::new(), oldest: 0 }
    }
}

impl Seen {
    /// Adds an id that is owed; `false` where it was known.
    pub fn add(&mut self, id: &str) -> bool {
        let new = self.get(id).is_none();
        if new {
            self.set(hash(id.as_bytes()), Status::Owed);
        }
        new
    }

    pub fn get(&self, id: &str) -> Option<Status> {
        let key = hash(id.as_bytes());
        let bucket = &self.buckets[bucket_of(key)];
        bucket.iter().find(|(other, _)| *other == key).map(|(_, state)| *state)
    }

    pub fn done(&mut self, ids: &[String]) {
        for id in ids {
            let key = hash(id.as_bytes());
            self.set(key, Status::Done);
            if self.recent.len() < RECENT_MAX {
                self.recent.push(key);
                continue;
            }
            let forgotten = core::mem::replace(&mut self.recent[self.oldest], key);
            self.oldest = (self.oldest + 1) % RECENT_MAX;
            let bucket = &mut self.buckets[bucket_of(forgotten)];
            if let Some(at) = bucket.iter().position(|(other, _)| *other == forgotten) {
                bucket.swap_remove(at);
            }
        }
    }

    pub fn refused(&mut self, ids: &[String]) {
        ids.iter().for_each(|id| self.set(hash(id.as_bytes()), Status::Refused));
    }

    fn set(&mut self, key: u64, state: Status) {
        let bucket = &mut self.buckets[bucket_of(key)];
        match bucket.iter_mut().find(|(other, _)| *other == key) {
            Some(entry) => entry.1 = state,
            None => bucket.push((key, state)),
        }
    }

    pub fn write(&self, out: &mut Writer) {
        let refused =
            || self.buckets.iter().flatten().filter(|(_, state)| *state == Status::Refused);
        out.number(refused().count() as u64);
        refused().for_each(|(key, _)| out.hash(*key));
    }

    pub fn read(input: &mut Reader) -> Self {
        let mut seen = Seen::default();
        for key in input.hashes() {
            seen.set(key, Status::Refused);
        }
        seen
    }
}

fn bucket_of(key: u64) -> usize {
    (key >> 56) as usize
}

const BUCKETS: usize = 256;

/// FNV-1a of 64 bits.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Several times what lists run ahead of the batches.
const RECENT_MAX: usize = 8_192;
