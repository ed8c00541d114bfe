//! Rounds of requests, and whether another request is worthwhile.

use super::runs::{Key, Pool};
use crate::time::Timestamp;
use alloc::vec::Vec;

/// Whether a request is in flight, and when it may be sent if not.
#[derive(Debug, Default)]
pub struct Sending {
    pub in_flight: bool,
    pub not_before: Timestamp,
    /// Failed attempts.
    pub failed: u32,
}

/// The runs of one request.
#[derive(Debug, Default)]
pub struct Batch {
    pub keys: Vec<Key>,
    pub pool: Pool,
    pub sending: Sending,
}

/// One pass over the runs.
#[derive(Debug, Default)]
pub struct Round {
    /// From 1. A run that was never requested has round 0.
    pub number: u32,
    pub due: Timestamp,
    /// Whether the DLQ was considered in this round.
    pub walked: bool,
    /// The service failed: no more batches in this round.
    pub stopped: bool,
    /// Requests sent.
    pub requests: u32,
    /// By pool.
    pub yields: [Yield; 2],
}

/// The share of a round's requested runs that had ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Yield {
    pub batches: u32,
    pub runs: u32,
    pub ended: u32,
}

impl Yield {
    /// Whether a request for more runs of the same pool is worthwhile: the log of a run in progress has to be read
    /// again later.
    pub fn is_worth_more(self) -> bool {
        let productive = self.runs > 0 && self.ended * 100 >= self.runs * YIELD_PERCENT;
        self.batches < PROBES || productive
    }
}

/// Minimum number of batches per pool and round.
const PROBES: u32 = 2;
/// A round continues while at least this percentage of the requested runs had ended.
const YIELD_PERCENT: u32 = 80;
