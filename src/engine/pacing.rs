//! Pacing: the service's burst limit, known from a 429, the caller's velocity limit, and a concurrency that shrinks
//! after 429s.

use super::checkpoint::{Reader, Writer};
use super::context::WAIT_MAX_MS;
use crate::time::Timestamp;
use crate::wire::rate_limit::{RateLimit, WINDOW_MS};
use alloc::vec::Vec;

/// Decides when a request may be sent, and with how many entries.
#[derive(Clone, Debug)]
pub struct Pacing {
    concurrency_max: u32,
    concurrency: u32,
    /// Number of successful responses since the last change of `concurrency`.
    clean: u32,
    /// No request is sent before this time.
    closed_until: Timestamp,
    burst: Option<Burst>,
    entries_per_second: Option<u32>,
    /// Number of entries in flight. The service may process them at any time before the response.
    in_flight: u32,
    /// Times and numbers of entries of the responses within the last second.
    recent: Vec<(Timestamp, u32)>,
}

/// Windows of one second, aligned to a reset that the service announced.
#[derive(Clone, Debug)]
struct Burst {
    limit: u32,
    anchor: Timestamp,
    window: i64,
    sent: u32,
}

impl Pacing {
    pub fn new(concurrency: u32, entries_per_second: Option<u32>) -> Self {
        Pacing {
            concurrency_max: concurrency,
            concurrency,
            clean: 0,
            closed_until: Timestamp::EPOCH,
            burst: None,
            entries_per_second,
            in_flight: 0,
            recent: Vec::new(),
        }
    }

    /// Maximum number of requests in flight.
    pub fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// The time from which a request may be sent, `now` or later.
    pub fn ready_at(&mut self, now: Timestamp) -> Timestamp {
        let mut at = self.closed_until.max(now);
        if let Some(burst) = &mut self.burst {
            let window = (at - burst.anchor).div_euclid(WINDOW_MS);
            if window > burst.window {
                burst.window = window;
                burst.sent = 0;
            }
            if burst.sent >= burst.limit {
                at = at.max(burst.anchor + (burst.window + 1) * WINDOW_MS);
            }
        }
        at
    }

    /// The number of entries, at most `wanted`, that the velocity limit permits to send at `now`.
    ///
    /// # Errors
    ///
    /// When to try again, if it permits none.
    pub fn allowance(&mut self, wanted: u32, now: Timestamp) -> Result<u32, Timestamp> {
        let Some(max) = self.entries_per_second else {
            return Ok(wanted);
        };
        while self.recent.first().is_some_and(|(at, _)| *at + SECOND_MS <= now) {
            self.recent.remove(0);
        }
        let recent: u32 = self.recent.iter().map(|(_, entries)| entries).sum();
        match max.saturating_sub(self.in_flight + recent) {
            0 => Err(self.recent.first().map_or(now, |(at, _)| *at) + SECOND_MS),
            left => Ok(wanted.min(left)),
        }
    }

    /// Records that a request with this number of entries was sent.
    pub fn sent(&mut self, entries: u32) {
        if let Some(burst) = &mut self.burst {
            burst.sent += 1;
        }
        self.in_flight += entries;
    }

    /// Records the end of a request with this number of entries. `done`: it may have processed them.
    pub fn finished(&mut self, entries: u32, done: bool, now: Timestamp) {
        self.in_flight -= entries;
        if self.entries_per_second.is_none() || !done || entries == 0 {
            return;
        }
        match self.recent.last_mut() {
            Some((at, sum)) if *at == now => *sum += entries,
            _ => self.recent.push((now, entries)),
        }
    }

    /// Records a successful response.
    pub fn succeeded(&mut self) {
        self.clean += 1;
        if self.clean >= self.concurrency && self.concurrency < self.concurrency_max {
            self.concurrency += 1;
            self.clean = 0;
        }
    }

    /// Records a 429: no request is sent before `until`. `first_of_burst`: the first 429 since that request was
    /// sent.
    pub fn limited(&mut self, limit: &RateLimit, until: Timestamp, first_of_burst: bool) {
        self.closed_until = self.closed_until.max(until);
        self.clean = 0;
        match (limit.limit, limit.reset_at) {
            (Some(limit), Some(anchor)) => {
                self.burst = Some(Burst { limit, anchor, window: -1, sent: 0 });
            }
            _ if first_of_burst => self.concurrency = (self.concurrency / 2).max(1),
            _ => {}
        }
    }

    /// A copy in which the requests in flight end at `now`.
    pub fn all_finished(&self, now: Timestamp) -> Self {
        let mut pacing = self.clone();
        pacing.finished(pacing.in_flight, true, now);
        pacing
    }

    /// Writes the state as of `now`. The host's clock is `set_back` milliseconds behind the drive's.
    pub fn write(&self, now: Timestamp, set_back: i64, out: &mut Writer) {
        out.timestamp(now - set_back);
        out.number(u64::from(self.concurrency_max - self.concurrency));
        out.timestamp(self.closed_until - set_back);
        out.flag(self.burst.is_some());
        if let Some(burst) = &self.burst {
            out.number(u64::from(burst.limit));
            out.timestamp(burst.anchor + burst.window * WINDOW_MS - set_back);
            out.number(u64::from(burst.sent));
        }
        out.number(self.recent.len() as u64);
        for (at, entries) in &self.recent {
            out.timestamp(*at - set_back);
            out.number(u64::from(*entries));
        }
    }

    /// Reads the state that another process wrote. If its clock was ahead, no time has passed since.
    pub fn read(&mut self, input: &mut Reader, now: Timestamp) {
        let ahead = (input.timestamp() - now).max(0);
        let timestamp = |input: &mut Reader| input.timestamp() - ahead;
        let limited_by = input.small();
        self.concurrency = self.concurrency_max.saturating_sub(limited_by).max(1);
        self.closed_until = timestamp(input).min(now + WAIT_MAX_MS);
        self.burst = input.flag().then(|| Burst {
            limit: input.small().max(1),
            anchor: timestamp(input).min(now + WAIT_MAX_MS),
            window: 0,
            sent: input.small(),
        });
        for _ in 0..input.length() {
            self.recent.push((timestamp(input).min(now), input.small()));
        }
    }
}

/// The second of `maxRunsPerSecond`, in milliseconds. One more, since a clock with a resolution of a millisecond can
/// be up to one ahead.
const SECOND_MS: i64 = 1_001;
