//! Outages: requests that fail one after the other, without an answer of the service in between.
//!
//! Requests that were in flight together fail together, so they count as one wave. After the second
//! wave in a row one request at a time asks whether the service is back, each after a back-off.
//! Without this a drive of ten thousand entries would send all of its batches into an outage of a
//! second, and have to look up each of their ids.

use super::retry::Backoff;
use super::Ticket;
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub struct Outage {
    /// Waves of failures since the last answer.
    waves: u32,
    /// The newest request of the present wave.
    newest: Ticket,
    /// No request is sent before.
    closed_until: Timestamp,
}

impl Outage {
    /// Whether one request at a time asks for the service.
    pub fn is_open(&self) -> bool {
        self.waves >= WAVES
    }

    /// The moment from which a request may be sent.
    pub fn ready_at(&self) -> Timestamp {
        self.closed_until
    }

    /// A request was lost, or answered with a failure of the service; `newest` is the last that was
    /// sent.
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

    /// The service answered.
    pub fn is_over(&mut self) {
        self.waves = 0;
        self.closed_until = Timestamp::EPOCH;
    }
}

/// Waves in a row that make an outage: the first may be one broken connection.
const WAVES: u32 = 2;
