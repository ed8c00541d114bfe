//! A walk along the service's cursors, shared by lanes of pages, windows of lists and lists of a single entry.
//!
//! | fault of the service | reaction |
//! |---|---|
//! | returns the cursor just sent, or one of a cycle, and no new entries | retry after a back-off, at most [`STUCK_MAX`] cycles |
//! | returns empty pages | continue for at most [`EMPTY_MAX`] pages |
//! | refuses the cursor (400) | start the range again, once until the next progress |

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::hash::hash;
use super::End;
use crate::id::Cursor;
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::Refusal;

/// A range of time, both ends included; `None` for no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Range {
    /// Whether the range contains no point in time.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if from > to)
    }
}

/// A walk over a range, from its top to the end of the cursors.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    pub range: Range,
    cursor: Option<Cursor>,
    /// The cursor was received in this process.
    fresh: bool,
    state: State,
    not_before: Timestamp,
    /// The range was narrowed while a request was in flight.
    narrowed: bool,
    /// Number of failed attempts of the current request.
    failed: u32,
    /// Number of consecutive empty pages.
    empty: u32,
    circle: Circle,
    /// Number of entries listed since the start of the range; the measure of progress.
    walked: u64,
    /// The value of `walked` when a refused cursor was dropped, until there is progress.
    dropped_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Ready,
    /// A request for this number of entries is in flight.
    InFlight(u32),
    Ended,
}

/// The content of a response, as far as progress depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    Nothing,
    /// Entries that were processed, or that no response contained before.
    New,
    /// Entries that earlier responses may have contained; `first` identifies this page.
    Listed {
        entries: u32,
        first: u64,
    },
}

/// The consequence of an error.
#[derive(Debug)]
pub enum Refused {
    /// The walk continues later.
    Later,
    /// The walk continues from the top of its range. `fresh`: the refused cursor was received in this process, so
    /// it can't have expired.
    Dropped {
        fresh: bool,
    },
    /// The cursor was refused a second time, without progress in between.
    Cursor(Refusal),
    Failed(Refusal),
}

impl Scan {
    pub fn over(range: Range) -> Self {
        let state = if range.is_empty() { State::Ended } else { State::Ready };
        Scan { range, state, ..Scan::default() }
    }

    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Whether its next request can be sent, now or later.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub fn is_in_flight(&self) -> bool {
        matches!(self.state, State::InFlight(_))
    }

    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The time from which its next request may be sent.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Maximum number of entries of the request in flight.
    pub fn asked(&self) -> u32 {
        match self.state {
            State::InFlight(entries) => entries,
            _ => 0,
        }
    }

    /// Delays the next request until `at`.
    pub fn delay_until(&mut self, at: Timestamp) {
        self.not_before = at;
    }

    /// The number of the attempt of its request, from 1.
    pub fn attempt(&self) -> u32 {
        self.failed + 1
    }

    /// Records that its next request was sent, for this number of entries.
    pub fn send(&mut self, entries: u32) {
        self.state = State::InFlight(entries);
    }

    /// What to do next: its request as `action`, for this number of entries, or a wait.
    pub fn next(&mut self, entries: u32, action: Action, now: Timestamp) -> Decision {
        if self.is_in_flight() {
            return Decision::AwaitResponse;
        }
        if self.not_before > now {
            return Decision::WaitUntil(self.not_before);
        }
        self.send(entries);
        Decision::Send(action)
    }

    /// Queues its request again.
    pub fn requeue(&mut self) {
        self.narrowed = false;
        self.state = if self.range.is_empty() { State::Ended } else { State::Ready };
    }

    pub fn end(&mut self) {
        self.state = State::Ended;
    }

    /// Restricts the walk to a part of its range and starts at its top: a cursor, even one in a response in flight,
    /// is only valid for the range of its request.
    pub fn narrow(&mut self, range: Range) {
        self.range = range;
        self.cursor = None;
        self.circle = Circle::default();
        self.walked = 0;
        self.narrowed = self.is_in_flight();
        if range.is_empty() && !self.narrowed {
            self.end();
        }
    }

    /// Handles a page with the next `cursor`. Returns an end if the cursors make no progress.
    pub fn advance(
        &mut self,
        cursor: Option<Cursor>,
        found: Found,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let narrowed = self.narrowed;
        self.failed = 0;
        self.requeue();
        let Some(cursor) = cursor else {
            self.cursor = None;
            self.end();
            return None;
        };
        if narrowed {
            return None;
        }
        let cursor = self.cursor.insert(cursor);
        self.fresh = true;
        let position = hash(cursor.as_str());
        match found {
            Found::New => {
                self.empty = 0;
                self.dropped_at = None;
                self.circle = Circle::at(position);
                return None;
            }
            Found::Nothing => self.empty += 1,
            Found::Listed { entries, .. } => {
                self.empty = if entries > 0 { 0 } else { self.empty + 1 };
                self.walked += u64::from(entries);
                self.dropped_at = self.dropped_at.filter(|walked| self.walked <= *walked);
            }
        }
        let first = match found {
            Found::Listed { first, .. } => first,
            _ => 0,
        };
        // Rotated: if the cursor is the id of the page's only entry, equal hashes would cancel each other out.
        let again = self.circle.meets(position ^ first.rotate_left(1));
        if self.circle.laps > STUCK_MAX || self.empty >= EMPTY_MAX {
            return Some(stuck());
        }
        if again {
            self.not_before = now + cx.backoff.delay(self.circle.laps).max(1);
        }
        None
    }

    /// Handles an error. `acts`: the request may still be executing.
    pub fn refuse(
        &mut self,
        refusal: Refusal,
        acts: bool,
        cx: &mut Context,
        now: Timestamp,
    ) -> Refused {
        self.requeue();
        if refusal.fate != Fate::Refused {
            return match cx.retry_at(&mut self.failed, &refusal, now, acts) {
                Some(at) => {
                    self.not_before = at;
                    Refused::Later
                }
                None => Refused::Failed(refusal),
            };
        }
        if refusal.status != Some(400) || self.cursor.is_none() {
            return Refused::Failed(refusal);
        }
        // The cursor may have expired. The range can be started again.
        self.cursor = None;
        self.circle = Circle::default();
        let walked = core::mem::take(&mut self.walked);
        match self.dropped_at.take() {
            // A caller who continues from the checkpoint has seen this error.
            Some(_) => Refused::Cursor(refusal),
            None => {
                self.dropped_at = Some(walked);
                Refused::Dropped { fresh: self.fresh }
            }
        }
    }

    /// Writes the state as if the response in flight were lost.
    pub fn write(&self, out: &mut Writer) {
        out.maybe_timestamp(self.range.from);
        out.maybe_timestamp(self.range.to);
        out.maybe_text(self.cursor.as_ref().map(Cursor::as_str));
        out.maybe(self.dropped_at);
        out.number(self.walked);
        self.circle.write(out);
    }

    pub fn read(input: &mut Reader) -> Self {
        let range = Range { from: input.maybe_timestamp(), to: input.maybe_timestamp() };
        Scan {
            cursor: input.maybe_text().map(Cursor::from),
            dropped_at: input.maybe(),
            walked: input.count(),
            circle: Circle::read(input),
            ..Scan::over(range)
        }
    }
}

/// Detects a cycle of positions of any length in constant memory (Brent's algorithm): a marker is set at steps 1,
/// 2, 4, 8 …, and in a cycle the walk returns to it.
#[derive(Clone, Debug, PartialEq)]
struct Circle {
    /// The previous position, and the marker; zero for none.
    last: u64,
    marker: u64,
    /// Number of steps since the marker was set or met.
    steps: u64,
    /// Number of steps after which the marker is set again.
    power: u64,
    /// How often the marker was met, and after which number of steps.
    laps: u32,
    length: u64,
}

impl Default for Circle {
    fn default() -> Self {
        Circle::at(0)
    }
}

impl Circle {
    fn at(position: u64) -> Self {
        Circle { last: position, marker: position, steps: 0, power: 1, laps: 0, length: 0 }
    }

    /// Moves to `position`; returns whether the walk was there before.
    fn meets(&mut self, position: u64) -> bool {
        let again = position == self.last || position == self.marker;
        self.last = position;
        self.steps += 1;
        if again {
            self.laps += 1;
            self.length = self.steps;
            self.marker = position;
            self.steps = 0;
        } else if self.laps > 0 && self.steps > self.length {
            // The walk has left the cycle.
            *self = Circle::at(position);
        } else if self.laps == 0 && self.steps == self.power {
            self.marker = position;
            self.power *= 2;
            self.steps = 0;
        }
        again
    }

    fn write(&self, out: &mut Writer) {
        let moved = self.laps > 0 || self.power > 1;
        out.flag(moved);
        if moved {
            out.hash(self.last);
            out.hash(self.marker);
            for number in [self.steps, self.power, u64::from(self.laps), self.length] {
                out.number(number);
            }
        } else {
            out.hash(self.last);
        }
    }

    fn read(input: &mut Reader) -> Self {
        if !input.flag() {
            return Circle::at(input.hash());
        }
        Circle {
            last: input.hash(),
            marker: input.hash(),
            steps: input.count(),
            power: input.count().max(1),
            laps: input.small(),
            length: input.count(),
        }
    }
}

/// The end of a drive whose cursors make no progress.
pub fn stuck() -> End {
    End::Failed(Refusal::new(Kind::Api, "cursor_stuck", Fate::Refused))
}

/// Maximum number of cycles without a new entry, each after a back-off.
pub const STUCK_MAX: u32 = 8;
/// Maximum number of consecutive empty pages with new cursors: the service may still be searching.
pub const EMPTY_MAX: u32 = 1_000;
