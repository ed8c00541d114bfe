//! Lists that run ahead of the batches: the frozen selection from the top, page by page, and again
//! while the last round brought anything new.

use super::checkpoint::{Fault, Reader, Writer};
use super::known::{Known, State};
use super::pages::{EMPTY_MAX, STUCK_MAX};
use super::{Choice, Context, End, Job, Reason};
use crate::wire::response::{self, Kind};
use crate::wire::{Answer, Page, Refusal};
use alloc::collections::VecDeque;
use alloc::string::String;

#[derive(Clone, Debug)]
pub struct Source {
    /// A list of one entry comes first: it dates the frozen bound.
    opening: bool,
    from: Option<i64>,
    bound: Option<i64>,
    cursor: Option<String>,
    busy: bool,
    ended: bool,
    /// Entries a list: halved where answers don't come through.
    size: u32,
    not_before: i64,
    failed: u32,
    stuck: u32,
    empty: u32,
    /// A cursor was refused once, and dropped.
    dropped: bool,
    /// New ids of this round.
    found: u64,
    /// Whether this round showed an entry that was done.
    shows_done: bool,
}

impl Source {
    pub fn new(cx: &Context) -> Self {
        Source {
            opening: cx.plan.options.freeze,
            from: cx.filter.from,
            bound: cx.filter.to,
            cursor: None,
            busy: false,
            ended: false,
            size: cx.plan.options.page_size.min(LIST_MAX),
            not_before: 0,
            failed: 0,
            stuck: 0,
            empty: 0,
            dropped: false,
            found: 0,
            shows_done: false,
        }
    }

    pub fn bound(&self) -> Option<i64> {
        self.bound
    }

    /// The bound is known: no opening list is needed.
    pub fn freeze(&mut self, bound: i64) {
        self.opening = false;
        self.bound = Some(bound);
    }

    pub fn busy(&self) -> bool {
        self.busy
    }

    pub fn ended(&self) -> bool {
        self.ended
    }

    pub fn shows_done(&self) -> bool {
        self.shows_done
    }

    pub fn attempt(&self) -> u32 {
        self.failed + 1
    }

    /// Bounds, size and cursor of the present list.
    pub fn request(&self) -> ((Option<i64>, Option<i64>), u32, Option<&str>) {
        let size = if self.opening { 1 } else { self.size };
        ((self.from, self.bound), size, self.cursor.as_deref())
    }

    /// What the opening list wants; `None` once it is done.
    pub fn open(&mut self, now: i64) -> Option<Choice> {
        if !self.opening {
            return None;
        }
        Some(match self.busy {
            true => Choice::Idle,
            false if self.not_before > now => Choice::At(self.not_before),
            false => {
                self.busy = true;
                Choice::Send(Job::Look)
            }
        })
    }

    /// The next list; `None` where there is none to send. Not more than `left` entries are wanted.
    pub fn next(&mut self, left: u64, now: i64) -> Option<Choice> {
        if self.busy || self.ended || left == 0 {
            return None;
        }
        if self.not_before > now {
            return Some(Choice::At(self.not_before));
        }
        self.busy = true;
        Some(Choice::Send(Job::List))
    }

    /// Begins another round, where the last one found anything.
    pub fn again(&mut self) -> bool {
        let worth = self.found > 0;
        if worth {
            self.found = 0;
            self.cursor = None;
            self.ended = false;
            self.shows_done = false;
        }
        worth
    }

    pub fn put_back(&mut self) {
        self.busy = false;
    }

    /// The answer to the opening list.
    pub fn looked(&mut self, answer: Answer, cx: &mut Context, now: i64) -> Option<End> {
        self.busy = false;
        let page = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => return self.refused(refusal, cx, now),
        };
        self.failed = 0;
        if page.size == 0 && page.cursor.is_some() {
            self.cursor = page.cursor;
            return self.nothing_in_a_row();
        }
        self.opening = false;
        self.cursor = None;
        self.empty = 0;
        self.bound = Some(cx.frozen(self.bound, now));
        (page.size == 0).then_some(End::Reason(Reason::Complete))
    }

    /// The answer to a list: new ids are appended to `fresh`.
    pub fn listed(
        &mut self,
        answer: Answer,
        known: &mut Known,
        fresh: &mut VecDeque<String>,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        self.busy = false;
        let Page { size, cursor, listed, .. } = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => return self.refused(refusal, cx, now),
        };
        self.failed = 0;
        let found = self.found;
        for entry in listed {
            if !entry.matches {
                return Some(End::Failed(Refusal::new(
                    Kind::Api,
                    "filter_not_honoured",
                    response::Fate::Refused,
                )));
            }
            // What failed again after the start is not resumed again, whichever date the service
            // compares with.
            let newer =
                matches!((entry.run_created, self.bound), (Some(at), Some(bound)) if at > bound);
            if !entry.chosen || (newer && cx.plan.options.freeze) {
                continue;
            }
            match known.get(&entry.id) {
                Some(State::Done) => self.shows_done = true,
                Some(_) => {}
                None => {
                    known.add(&entry.id);
                    fresh.push_back(entry.id);
                    self.found += 1;
                }
            }
        }
        let same = cursor.is_some() && cursor == self.cursor && self.found == found;
        self.stuck = if same { self.stuck + 1 } else { 0 };
        self.ended = cursor.is_none();
        self.cursor = cursor;
        if self.stuck > STUCK_MAX {
            return Some(stuck());
        }
        if self.stuck > 0 {
            self.not_before = now + cx.backoff.delay(self.stuck).max(1);
        }
        if size > 0 || self.ended {
            self.empty = 0;
            return None;
        }
        self.nothing_in_a_row()
    }

    fn nothing_in_a_row(&mut self) -> Option<End> {
        self.empty += 1;
        (self.empty >= EMPTY_MAX).then(stuck)
    }

    fn refused(&mut self, refusal: Refusal, cx: &mut Context, now: i64) -> Option<End> {
        if refusal.fate != response::Fate::Refused {
            // A list too large to come through is asked for in smaller pieces.
            if matches!(refusal.kind, Kind::Timeout | Kind::Network | Kind::ResponseFormat) {
                self.size = (self.size / 2).max(1);
            }
            return match cx.retry_at(&mut self.failed, &refusal, now, false) {
                Some(at) => {
                    self.not_before = at;
                    None
                }
                None => Some(End::Failed(refusal)),
            };
        }
        if refusal.status == Some(400) && self.cursor.is_some() && !self.dropped {
            self.cursor = None;
            self.dropped = true;
            return None;
        }
        Some(End::Failed(refusal))
    }

    pub fn write(&self, out: &mut Writer) {
        out.flag(self.opening);
        out.maybe(self.bound.map(|ms| ms as u64));
        out.maybe_text(self.cursor.as_deref());
        out.flag(self.ended);
        out.number(self.found);
        out.flag(self.shows_done);
        out.flag(self.dropped);
    }

    pub fn read(&mut self, input: &mut Reader) -> Result<(), Fault> {
        self.opening = input.flag()?;
        self.bound = input.maybe()?.map(|ms| ms as i64);
        self.cursor = input.maybe_text()?;
        self.ended = input.flag()?;
        self.found = input.number()?;
        self.shows_done = input.flag()?;
        self.dropped = input.flag()?;
        Ok(())
    }
}

fn stuck() -> End {
    End::Failed(Refusal::new(Kind::Api, "cursor_stuck", response::Fate::Refused))
}

/// The service's documented cap of a list.
const LIST_MAX: u32 = 100;
