//! Ids that are queued or already handled, to deduplicate lists. They are stored as hashes; of the handled ones
//! only the first and the latest are kept, so that memory is bounded.

use super::checkpoint::{Reader, Writer};
use super::hash::{hash, ByHash};
use crate::id::DlqId;
use alloc::collections::VecDeque;

#[derive(Debug, Default)]
pub struct Seen {
    /// The [`Status`] of each.
    ids: ByHash,
    /// Number of the first handled ids, which are never dropped.
    first: usize,
    /// The latest handled ids; when full, the oldest is dropped.
    latest: VecDeque<u64>,
    forgets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
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
            self.ids.insert(key, Status::Owed as u32);
        }
        new
    }

    pub fn get(&self, id: &DlqId) -> Option<Status> {
        let status = *self.ids.get(&hash(id.as_str()))?;
        [Status::Owed, Status::Done, Status::Refused].get(status as usize).copied()
    }

    /// Whether handled ids were dropped, so that an unknown id may have been handled.
    pub fn forgets(&self) -> bool {
        self.forgets
    }

    pub fn done(&mut self, ids: &[DlqId]) {
        for id in ids {
            let key = hash(id.as_str());
            if self.ids.insert(key, Status::Done as u32) == Some(Status::Done as u32) {
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
            self.ids.insert(hash(id.as_str()), Status::Refused as u32);
        }
    }

    pub fn write(&self, out: &mut Writer) {
        let mut refused = alloc::vec::Vec::new();
        for (key, status) in &self.ids {
            if *status == Status::Refused as u32 {
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
            seen.ids.insert(key, Status::Refused as u32);
        }
        seen
    }
}

/// Maximum number of first handled ids to keep: a list from the top contains them first.
const FIRST: usize = 20_000;
/// Maximum number of latest handled ids to keep: several times the number that lists still contain.
const LATEST: usize = 180_000;
