//! A walk along the service's cursors: the one that lanes of pages, the windows of lists and the
//! lists of a single entry have in common.
//!
//! Three things go wrong on such a walk, and each has one answer here:
//!
//! | what the service does | what the walk does |
//! |---|---|
//! | names the cursor just sent, or one of a circle, and shows nothing new | asks again after a back-off, [`STUCK_MAX`] laps at most |
//! | answers one empty page after the other | asks on, [`EMPTY_MAX`] pages at most |
//! | refuses the cursor (400) | begins its range again, once; and once more after each progress |

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::seen::hash;
use super::End;
use crate::id::Cursor;
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::Refusal;

/// A stretch of time, both ends included; `None` is open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Range {
    /// Whether nothing can be in it.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if from > to)
    }
}

/// A walk over a range, from its top to the end of the cursors.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    pub range: Range,
    cursor: Option<Cursor>,
    /// The cursor was given in this process.
    fresh: bool,
    state: State,
    not_before: Timestamp,
    /// The range was narrowed while a request was in flight.
    narrowed: bool,
    /// Attempts at the present request that came to nothing.
    failed: u32,
    /// Pages in a row without an entry.
    empty: u32,
    circle: Circle,
    /// Entries listed since the range was begun, where being further than before is progress.
    walked: u64,
    /// A refused cursor was dropped when so much was walked, and there was no progress since.
    dropped_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Ready,
    /// A request is in flight, for so many entries.
    InFlight(u32),
    Ended,
}

/// What an answer was worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    Nothing,
    /// Entries that were taken, or that no answer has shown before.
    New,
    /// Entries that may have been shown before: `first` tells this page from others.
    Listed {
        entries: u32,
        first: u64,
    },
}

/// What follows from a refusal.
#[derive(Debug)]
pub enum Refused {
    /// The walk goes on, later.
    Later,
    /// The walk goes on from the top of its range; `fresh`: the cursor that was refused was given
    /// in this process, so it can't have grown too old.
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

    /// Whether its next request waits to be sent, now or later.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub fn is_in_flight(&self) -> bool {
        matches!(self.state, State::InFlight(_))
    }

    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The moment from which its next request may be sent.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Entries that the request in flight asks for.
    pub fn asked(&self) -> u32 {
        match self.state {
            State::InFlight(entries) => entries,
            _ => 0,
        }
    }

    /// Sends nothing before `at`.
    pub fn delay_until(&mut self, at: Timestamp) {
        self.not_before = at;
    }

    /// Which attempt, from 1, its request is.
    pub fn attempt(&self) -> u32 {
        self.failed + 1
    }

    /// Its next request is sent, for so many entries.
    pub fn send(&mut self, entries: u32) {
        self.state = State::InFlight(entries);
    }

    /// What it wants next: its request, as `action`, for so many entries, or a wait.
    pub fn next(&mut self, entries: u32, action: Action, now: Timestamp) -> Decision {
        if self.is_in_flight() {
            return Decision::AwaitAnswer;
        }
        if self.not_before > now {
            return Decision::WaitUntil(self.not_before);
        }
        self.send(entries);
        Decision::Send(action)
    }

    /// Its request is over, and due again unless what follows says otherwise.
    pub fn requeue(&mut self) {
        self.narrowed = false;
        self.state = if self.range.is_empty() { State::Ended } else { State::Ready };
    }

    pub fn end(&mut self) {
        self.state = State::Ended;
    }

    /// Walks a part of its range from its top: a cursor belongs to the range that it was given for,
    /// and so does the one that the request in flight will bring.
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

    /// A good response that names `cursor` next. Returns the end of a drive whose cursors lead nowhere.
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
        // Rotated: the cursor may be the id of the page's only entry, and equal hashes would cancel out.
        let again = self.circle.meets(position ^ first.rotate_left(1));
        if self.circle.laps > STUCK_MAX || self.empty >= EMPTY_MAX {
            return Some(stuck());
        }
        if again {
            self.not_before = now + cx.backoff.delay(self.circle.laps).max(1);
        }
        None
    }

    /// A refusal, or no answer at all. `acts`: the request may still be at work.
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
        // A cursor may have grown too old. The same range can be begun again.
        self.cursor = None;
        self.circle = Circle::default();
        let walked = core::mem::take(&mut self.walked);
        match self.dropped_at.take() {
            // Whoever goes on all the same has seen it.
            Some(_) => Refused::Cursor(refusal),
            None => {
                self.dropped_at = Some(walked);
                Refused::Dropped { fresh: self.fresh }
            }
        }
    }

    /// Writes it as if its request in flight were lost.
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

/// Finds that positions repeat, in constant room, however long the circle is (Brent's algorithm): a
/// marker is left at steps 1, 2, 4, 8 …, and in a circle the walk meets it again.
#[derive(Clone, Debug, PartialEq)]
struct Circle {
    /// The position before, and the marker; zero where there is none.
    last: u64,
    marker: u64,
    /// Steps since the marker was left, or met.
    steps: u64,
    /// After so many the marker is left anew.
    power: u64,
    /// How often the marker was met, and after how many steps.
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

    /// A step to `position`; whether the walk has been there.
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
            // It has left the circle.
            *self = Circle::at(position);
        } else if self.laps == 0 && self.steps == self.power {
            self.marker = position;
            self.power *= 2;
            self.steps = 0;
        }
        again
    }

    fn write(&self, out: &mut Writer) {
        let moved = self.laps > 0 || self.steps > 0 || self.power > 1;
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

/// The end of a drive whose cursors lead nowhere.
pub fn stuck() -> End {
    End::Failed(Refusal::new(Kind::Api, "cursor_stuck", Fate::Refused))
}

/// Laps without anything new, each begun after a back-off.
pub const STUCK_MAX: u32 = 8;
/// Pages in a row without an entry; each with a new cursor, so the service may still be searching.
pub const EMPTY_MAX: u32 = 1_000;
