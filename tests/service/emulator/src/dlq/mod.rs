//! The dead letter queue: entries, filters, pages and actions.

pub mod actions;
pub mod callbacks;
pub mod entry;
pub mod exact;
pub mod filter;
pub mod json;
pub mod reads;
pub mod seed;
pub mod store;

use std::fmt;

/// A parsed dlqId, `<ms>-<seq>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Time of the failure in Unix milliseconds.
    pub ms: i64,
    /// Number among the entries of the same millisecond, from 0.
    pub seq: u32,
}

impl Key {
    /// Parses a dlqId; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Key> {
        let (ms, seq) = text.split_once('-')?;
        // Only the canonical spelling: another one would be another id.
        let digits = |part: &str| {
            part.bytes().all(|b| b.is_ascii_digit()) && (part.len() == 1 || !part.starts_with('0'))
        };
        if !digits(ms) || !digits(seq) {
            return None;
        }
        Some(Key { ms: ms.parse().ok()?, seq: seq.parse().ok()? })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}
