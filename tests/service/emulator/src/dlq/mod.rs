//! The dead letter queue: entries, filters, pages, and what can be done with them.

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

/// What a dlqId says: when the entry was made, and which one of that millisecond it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Unix milliseconds.
    pub ms: i64,
    /// From 0.
    pub seq: u32,
}

impl Key {
    /// Reads a dlqId.
    pub fn parse(text: &str) -> Option<Key> {
        let (ms, seq) = text.split_once('-')?;
        // One way to write each: two would be two entries.
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
