//! Lists the DLQ for entries of runs that failed again.

use super::round::Sending;
use crate::engine::checkpoint::{Reader, Writer};
use crate::id::Cursor;
use crate::time::Timestamp;
use crate::wire::Page;

/// Number of entries per page: the service's documented maximum.
pub const PAGE: u32 = 100;

/// A list of the DLQ from a date on.
#[derive(Debug, Default)]
pub struct Walk {
    pub active: bool,
    /// The request for its current page.
    pub sending: Sending,
    pub from: Option<Timestamp>,
    pub cursor: Option<Cursor>,
    /// When the next list is due.
    pub due: Timestamp,
    /// Whether the last list was read to its end.
    pub complete: bool,
    pages: u32,
    /// Consecutive pages without a newly failed run.
    dry: u32,
    /// Consecutive pages without an entry.
    empty: u32,
}

impl Walk {
    /// Starts a list; the next one is `due` at that time.
    pub fn begin(&mut self, from: Option<Timestamp>, due: Timestamp) {
        *self = Walk { active: true, from, due, ..Walk::default() };
    }

    /// Writes the state, so that the list continues at the same page: an invocation's budget may only suffice for a
    /// few pages. `set_back` as in [`Follow::write`](super::Follow::write).
    pub fn write(&self, set_back: i64, out: &mut Writer) {
        out.flag(self.active);
        out.maybe_timestamp(self.from);
        out.maybe_text(self.cursor.as_ref().map(Cursor::as_str));
        out.timestamp(self.due - set_back);
        out.flag(self.complete);
        out.number(u64::from(self.pages));
        out.number(u64::from(self.dry));
        out.number(u64::from(self.empty));
    }

    pub fn read(&mut self, input: &mut Reader) {
        self.active = input.flag();
        self.from = input.maybe_timestamp();
        self.cursor = input.maybe_text().map(Cursor::from);
        self.due = input.timestamp();
        self.complete = input.flag();
        for pages in [&mut self.pages, &mut self.dry, &mut self.empty] {
            *pages = input.small().min(PAGES_MAX);
        }
    }

    /// Handles a page with `found` newly failed runs. The list ends after `dry_max` consecutive pages
    /// without any.
    pub fn page(&mut self, page: &Page, found: u32, dry_max: u32) {
        self.sending = Sending::default();
        if !self.active {
            return;
        }
        self.pages += 1;
        self.dry = if found > 0 { 0 } else { self.dry + 1 };
        let stuck = page.cursor.is_some() && page.cursor == self.cursor;
        self.complete = page.cursor.is_none();
        self.empty = if page.size > 0 { 0 } else { self.empty + 1 };
        let lost = stuck || self.empty > EMPTY_MAX || self.pages >= PAGES_MAX;
        self.active = !self.complete && !lost && self.dry <= dry_max;
        self.cursor = page.cursor.clone();
    }
}

/// Maximum number of consecutive empty pages, beyond which the list is abandoned.
const EMPTY_MAX: u32 = 5;
/// Maximum number of pages: a longer list may have cursors that form a cycle.
const PAGES_MAX: u32 = 1_000;
