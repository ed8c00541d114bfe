//! How the service behaves where its documentation is silent.

use crate::fates::Switches;

/// What a 404 for one of several ids means for the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missing {
    Atomic,
    Rest,
    StopAtFirst,
}

/// What the service does with an entry that can't be resumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unresumable {
    BadRequest,
    NotFound,
    Skipped,
}

/// What the service does with ids beyond its cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    LeftOut,
    /// Left out, with a cursor.
    Cursor,
    BadRequest,
}

#[derive(Clone, Debug)]
pub struct Semantics {
    pub missing: Missing,
    pub unresumable: Unresumable,
    pub cursor_by_position: bool,
    pub end_cursor: u8,
    /// A last page that is full has a cursor, which leads to an empty one.
    pub trailing_page: bool,
    pub newest_first: bool,
    /// `fromDate` and `toDate` mean the run's date, not that of the failure.
    pub by_run: bool,
    pub cap: usize,
    /// Maximum number of entries or runs in a list that is not too large for the client.
    pub room: usize,
    pub beyond: Beyond,
    pub shuffled: bool,
    pub has_date: bool,
    /// Milliseconds that the service's `Date` is ahead of its entries' dates.
    pub date_skew: i64,
    /// A deletion of ids says how many there were.
    pub says_deleted: bool,
    /// Of a thousand resumed runs, so many fail again.
    pub fail_again: u32,
    /// Of a thousand responses, so many are an empty page with a cursor.
    pub empty_pages: u32,
    /// A resume with a cursor is refused.
    pub refuses_cursors: bool,
    /// A cursor is good for as long as the process that got it.
    pub expiring_cursors: bool,
    /// The end is a circle of so many cursors, each of which leads to an empty page.
    pub circle: usize,
    /// What the logs of runs are like.
    pub logs: Switches,
    /// Runs take their time; otherwise those that fail again have done so at once.
    pub slow: bool,
    /// Of a thousand runs, so many are never in the logs.
    pub hidden: u32,
    /// Milliseconds for which lists show an entry that was taken.
    pub listed_after: i64,
    /// Lists say when a run was created.
    pub dated: bool,
}
