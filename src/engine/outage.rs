//! A circuit breaker: consecutive failed requests, without a response of the service in between, are an outage.
//!
//! Requests that were in flight together fail together, so they count as one wave. After the second
//! consecutive wave, one request at a time probes the service, each after a back-off. Otherwise a drive
//! of ten thousand entries would send all of its batches during an outage of one second, and would have
//! to look up each of their ids.

use super::retry::Backoff;
use super::Ticket;
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub struct Outage {
    /// Number of waves of failures since the last response.
    waves: u32,
    /// The newest request of the current wave.
    newest: Ticket,
    /// No request is sent before this time.
    closed_until: Timestamp,
}

impl Outage {
    /// Whether the drive probes the service with one request at a time.
    pub fn is_open(&self) -> bool {
        self.waves >= WAVES
    }

    /// The time from which a request may be sent.
    pub fn ready_at(&self) -> Timestamp {
        self.closed_until
    }

    /// Records a lost response or a server error; `newest` is the last request that was sent.
    pub fn failed(
        &mut self,
        ticket: Ticket,
        newest: Ticket,
        backoff: &mut Backoff,
        now: Timestamp,
    ) {
        if ticket <= self.newest {
            return;
        }
        self.newest = newest;
        self.waves += 1;
        if self.is_open() {
            self.closed_until = now + backoff.delay(self.waves + 1 - WAVES);
        }
    }

    /// Records a response that is not a server error.
    pub fn is_over(&mut self) {
        self.waves = 0;
        self.closed_until = Timestamp::EPOCH;
    }
}

/// Number of consecutive waves that count as an outage: a single one may be a broken connection.
const WAVES: u32 = 2;
