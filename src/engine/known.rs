//! Entries that a list may show although they are being dealt with, or were. Hashes, so that the
//! memory is small; of those done the latest alone, so that it is bounded.

use super::checkpoint::{Fault, Reader, Writer};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: BTreeMap<u64, State>,
    recent: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Owed,
    Done,
    /// The service refuses it for good: it stays, and is not sent again.
    Refused,
}

impl Known {
    /// Adds an id that is owed; `false` where it was known.
    pub fn add(&mut self, id: &str) -> bool {
        let key = hash(id.as_bytes());
        let new = !self.entries.contains_key(&key);
        if new {
            self.entries.insert(key, State::Owed);
        }
        new
    }

    pub fn get(&self, id: &str) -> Option<State> {
        self.entries.get(&hash(id.as_bytes())).copied()
    }

    pub fn done(&mut self, ids: &[String]) {
        for id in ids {
            let key = hash(id.as_bytes());
            self.entries.insert(key, State::Done);
            self.recent.push_back(key);
        }
        while self.recent.len() > RECENT_MAX {
            if let Some(key) = self.recent.pop_front() {
                self.entries.remove(&key);
            }
        }
    }

    pub fn refused(&mut self, ids: &[String]) {
        for id in ids {
            self.entries.insert(hash(id.as_bytes()), State::Refused);
        }
    }

    pub fn write(&self, out: &mut Writer) {
        let refused = || self.entries.iter().filter(|(_, state)| **state == State::Refused);
        out.number(refused().count() as u64);
        refused().for_each(|(key, _)| out.number(*key));
    }

    pub fn read(input: &mut Reader) -> Result<Self, Fault> {
        let mut known = Known::default();
        let mut keys = Vec::new();
        for _ in 0..input.length()? {
            keys.push(input.number()?);
        }
        known.entries.extend(keys.into_iter().map(|key| (key, State::Refused)));
        Ok(known)
    }
}

/// FNV-1a of 64 bits.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Several times what lists run ahead of the batches.
const RECENT_MAX: usize = 8_192;
