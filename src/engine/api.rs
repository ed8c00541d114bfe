//! What goes into a drive and what comes out of it.

use super::ledger::Counts;
use super::seen::Fnv;
use crate::id::DlqId;
use crate::params::follow::read_options as read_follow_options;
use crate::params::{
    ClientOptions, DriveOptions, Followable, FollowedRun, Issue, Issues, Narrowing, Overrides,
    Place, RetryOptions, Selection, Strategy,
};
use crate::time::Timestamp;
use crate::value::Value;
use crate::wire::call::argument;
use crate::wire::{Operation, Refusal, Request};
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasherDefault;
use std::collections::HashSet;

/// A request in flight.
pub type Ticket = u32;

/// What a drive is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub operation: Operation,
    /// The base URL: a checkpoint belongs to it.
    pub origin: String,
    pub selection: Selection,
    /// `None` where the caller left them out: those of a checkpoint stand.
    pub overrides: Option<Overrides>,
    pub options: DriveOptions,
    pub retry: RetryOptions,
    /// Milliseconds an attempt may take.
    pub timeout: u32,
    /// Runs that are followed, where that is all there is to do.
    pub runs: Vec<FollowedRun>,
    /// Number of entries that a preview of this selection has shown to the same client, whose lists have
    /// proved that the service applies the filter.
    pub previewed: Option<u32>,
}

/// What a checkpoint has to agree with, beside the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    Anything,
    Operation,
    /// Operation, selection and overrides.
    Selection,
    /// Runs that are followed, and nothing to do besides.
    Following,
}

/// What the shell has to do.
#[derive(Debug)]
pub enum Next {
    /// Put it on the wire; several may be in flight.
    Send(Ticket, Request),
    /// Hand the answer of this ticket to the caller.
    Page(Ticket),
    /// Nothing to do before `until`, or an answer.
    Wait {
        until: Option<Timestamp>,
        why: WaitReason,
    },
    Done(End),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WaitReason {
    Answer,
    /// The service's allowance.
    RateLimit,
    /// A back-off, or the velocity limit.
    Pause,
}

impl WaitReason {
    pub fn name(self) -> &'static str {
        match self {
            WaitReason::Answer => "answer",
            WaitReason::RateLimit => "rateLimit",
            WaitReason::Pause => "pause",
        }
    }
}

/// How a drive ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Reason(Reason),
    Failed(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    Complete,
    Limit,
    Requests,
    Time,
    Aborted,
    /// The cursor ended, and entries are left that the service does not take.
    Remaining,
    /// Too many of the first entries failed again, or are being retried after an error.
    Canary,
    /// The canary's time is up, and not enough of its runs have finished.
    Undecided,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::Complete => "complete",
            Reason::Limit => "limit",
            Reason::Requests => "requests",
            Reason::Time => "time",
            Reason::Aborted => "aborted",
            Reason::Remaining => "remaining",
            Reason::Canary => "canary",
            Reason::Undecided => "undecided",
        }
    }

    /// Whether what was asked for is done.
    pub fn is_done(self) -> bool {
        matches!(self, Reason::Complete | Reason::Limit)
    }
}

/// How far a drive is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    pub counts: Counts,
    /// Entries in all, where that is known.
    pub of: Option<u64>,
    pub in_flight: u32,
    /// Entries a second, over this invocation.
    pub per_second: f64,
    pub eta_ms: Option<u64>,
}

impl Plan {
    /// Reads `[selection, overrides, drive]`, or `[selection, drive]` for what takes no overrides.
    pub fn read(
        operation: Operation,
        args: &[Value],
        client: &ClientOptions,
    ) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let overridable = matches!(operation, Operation::Resume | Operation::Restart);
        let drive = &Place::root("drive", argument(args, if overridable { 2 } else { 1 }));
        let first = &Place::root("selection", argument(args, 0));
        // A checkpoint brings its own selection and overrides.
        let resumed = !drive.field("checkpoint").is_undefined();
        let (selection, narrowing) = if resumed && first.is_undefined() {
            (Some(Selection::All), Narrowing::default())
        } else {
            Selection::read(&mut issues, first)
        };
        let second = &Place::root("overrides", argument(args, 1));
        let overrides =
            (overridable && !second.is_undefined()).then(|| Overrides::read(&mut issues, second));
        let mut options = DriveOptions::read(&mut issues, drive);
        options.narrow(&mut issues, drive, narrowing);
        if let Some(selection) = &selection {
            let (acts, can_fail_again) = (operation.acts(), operation.can_fail_again());
            options.check(&mut issues, [first, drive], selection, acts, can_fail_again);
        }
        let plan =
            selection.map(|selection| Plan::new(operation, selection, overrides, options, client));
        issues.into_result(plan)
    }

    /// Reads `[runs, options]` of a follow, or `[checkpoint, options]`.
    pub fn read_followed(args: &[Value], client: &ClientOptions) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let followable = Followable::read(&mut issues, &Place::root("runs", argument(args, 0)));
        let options = &Place::root("options", argument(args, 1));
        let says_times =
            ["timeout", "interval"].iter().any(|key| !options.field(key).is_undefined());
        let mut options = read_follow_options(&mut issues, options);
        let mut runs = Vec::new();
        match followable {
            Some(Followable::Runs(found)) => runs = found,
            Some(Followable::Checkpoint(text)) => {
                options.checkpoint = Some(text);
                options.follow = options.follow.filter(|_| says_times);
            }
            None => {}
        }
        let plan = Plan::new(Operation::Logs, Selection::All, None, options, client);
        issues.into_result(Some(Plan { runs, ..plan }))
    }

    /// Reads the drive options of one that goes on from a checkpoint, whose text is `args[0]`.
    pub fn read_continued(args: &[Value], client: &ClientOptions) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let first = &Place::root("checkpoint", argument(args, 0));
        if first.is_undefined() {
            issues.add_hidden(first, "required").expected =
                Some("the checkpoint of an earlier drive");
        }
        let checkpoint = issues.string(first);
        let mut options = DriveOptions::read(&mut issues, &Place::root("drive", argument(args, 1)));
        options.checkpoint = checkpoint;
        let plan = Plan::new(Operation::Resume, Selection::All, None, options, client);
        issues.into_result(Some(plan))
    }

    #[inline(never)]
    fn new(
        operation: Operation,
        selection: Selection,
        overrides: Option<Overrides>,
        options: DriveOptions,
        client: &ClientOptions,
    ) -> Self {
        let mut selection = selection;
        if let Selection::Ids(ids) = &mut selection {
            deduplicate(ids);
        }
        Plan {
            operation,
            origin: client.base_url.clone(),
            selection,
            overrides,
            timeout: options.request.timeout.unwrap_or(client.timeout),
            options,
            retry: client.retry.clone(),
            runs: Vec::new(),
            previewed: None,
        }
    }

    /// Whether the drive begins with a list that proves the filter and dates the cutoff. A preview has done
    /// both; the list is left out unless it would show where many entries are, for several lanes.
    pub fn has_opening_list(&self) -> bool {
        let few = |entries| self.concurrency() == 1 || entries <= self.list_size();
        let proved = self.operation.acts()
            && self.options.request.query.is_empty()
            && self.selection.filter().to.is_some()
            && self.previewed.is_some_and(few);
        self.options.freeze && !proved
    }

    /// The strategy: said, or the one that suits the selection.
    pub fn strategy(&self) -> Strategy {
        match (self.options.strategy, &self.selection) {
            (Some(strategy), _) => strategy,
            (None, Selection::Ids(_)) => Strategy::Batches,
            (None, _) if self.options.condition.is_some() && self.operation.acts() => {
                Strategy::Batches
            }
            (None, _) => Strategy::Pages,
        }
    }

    /// Entries a list at most.
    pub fn list_size(&self) -> u32 {
        self.options.page_size.min(LIST_MAX)
    }

    /// Requests in flight at most.
    pub fn concurrency(&self) -> u32 {
        self.options.concurrency.unwrap_or(match self.strategy() {
            Strategy::Pages => 1,
            _ => DEFAULT_CONCURRENCY,
        })
    }
}

/// Keeps the first of equal ids.
fn deduplicate(ids: &mut Vec<DlqId>) {
    let mut seen: HashSet<&str, BuildHasherDefault<Fnv>> =
        HashSet::with_capacity_and_hasher(ids.len(), BuildHasherDefault::default());
    let first: Vec<bool> = ids.iter().map(|id| seen.insert(id.as_str())).collect();
    let mut first = first.into_iter();
    ids.retain(|_| first.next().unwrap_or(true));
}

/// The service's documented cap of a list; what it makes of a larger `count` is not known.
const LIST_MAX: u32 = 100;
/// Requests in flight where ids are sent and nothing is said.
const DEFAULT_CONCURRENCY: u32 = 4;
