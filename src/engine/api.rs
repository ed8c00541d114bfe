//! The input and output of a drive.

use super::hash::{hash, ByHash};
use super::ledger::Counts;
use crate::acts::ACTS;
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

/// Identifies a request in flight; unique within an invocation of a drive.
pub type Ticket = u32;

/// The parameters of a drive.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The operation on the entries; [`Operation::Logs`] for a follow.
    pub operation: Operation,
    /// The base URL. A checkpoint is valid for one base URL only.
    pub origin: String,
    /// The entries, without duplicate ids.
    pub selection: Selection,
    /// The overrides; `None` if the caller passed none, so that those of a checkpoint apply.
    pub overrides: Option<Overrides>,
    /// The options of the drive.
    pub options: DriveOptions,
    /// Attempts and delays.
    pub retry: RetryOptions,
    /// Timeout of an attempt, in milliseconds.
    pub timeout: u32,
    /// The runs of a follow; empty for other drives.
    pub runs: Vec<FollowedRun>,
    /// Number of entries in a preview of this selection by the same client, which has verified that the service
    /// applies the filter; `None` without a preview.
    pub previewed: Option<u32>,
}

/// What a checkpoint has to agree with, in addition to the base URL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// Nothing else.
    Anything,
    /// The operation, and the overrides if the plan has any.
    Operation,
    /// The operation, the selection, and the overrides if the plan has any.
    Selection,
    /// The checkpoint is of a drive that has only runs to follow.
    Following,
}

/// What the host has to do next.
#[derive(Debug)]
pub enum Next {
    /// Send this request, and pass its response to [`Drive::handle_response`](super::Drive::handle_response). Several
    /// requests can be in flight.
    Send(Ticket, Request),
    /// Hand the response of this ticket to the caller.
    Page(Ticket),
    /// Wait.
    Wait {
        /// Poll again at this time or after the next response; `None`: only after the next response.
        until: Option<Timestamp>,
        /// Why there is nothing to send.
        why: WaitReason,
    },
    /// The drive has ended.
    Done(End),
}

/// Why a drive waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WaitReason {
    /// For a response.
    Response,
    /// For a rate limit of the service to reset.
    RateLimit,
    /// For a back-off, a poll interval or the caller's velocity limit.
    Pause,
}

impl WaitReason {
    /// The name in the caller's progress, in camel case.
    pub fn name(self) -> &'static str {
        match self {
            WaitReason::Response => "response",
            WaitReason::RateLimit => "rateLimit",
            WaitReason::Pause => "pause",
        }
    }
}

/// How a drive ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Without an error.
    Reason(Reason),
    /// With an error.
    Failed(Refusal),
}

/// Why a drive ended without an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// All selected entries are processed.
    Complete,
    /// `limit` is reached.
    Limit,
    /// `maxRequests` is reached.
    Requests,
    /// `timeBudget` is used up.
    Time,
    /// The caller aborted the drive.
    Aborted,
    /// The last page is processed, but the service's list still contains entries.
    Remaining,
    /// Too many runs of the canary failed again, or are being retried after an error.
    Canary,
    /// The canary timed out before enough of its runs had ended.
    Undecided,
}

impl Reason {
    /// The name in the caller's summary.
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

    /// Whether the drive has processed everything that the caller selected.
    pub fn is_done(self) -> bool {
        matches!(self, Reason::Complete | Reason::Limit)
    }
}

/// The progress of a drive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// The counts so far.
    pub counts: Counts,
    /// Total number of entries, if known.
    pub of: Option<u64>,
    /// Number of requests in flight.
    pub in_flight: u32,
    /// Entries per second, averaged over this invocation.
    pub per_second: f64,
    /// Estimated remaining time in milliseconds, if the total is known.
    pub eta_ms: Option<u64>,
}

impl Plan {
    /// Reads the arguments `[selection, overrides, drive]`, or `[selection, drive]` for an operation without
    /// overrides.
    ///
    /// # Errors
    ///
    /// All issues with the arguments.
    pub fn read(
        operation: Operation,
        args: &[Value],
        client: &ClientOptions,
    ) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let overridable = operation.can_fail_again();
        let drive = &Place::root("drive", argument(args, if overridable { 2 } else { 1 }));
        let first = &Place::root("selection", argument(args, 0));
        // A checkpoint contains the selection and the overrides.
        let resumed = !drive.field("checkpoint").is_undefined();
        let (selection, narrowing) = if resumed && first.is_undefined() {
            (Some(Selection::All), Narrowing::default())
        } else {
            Selection::read(&mut issues, first)
        };
        if !ACTS && matches!(selection, Some(Selection::Ids(_))) {
            // A drive by ids sends batches, which this build does not contain.
            issues.add_hidden(first, "reading_only");
        }
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

    /// Reads the arguments of a follow: `[runs, options]` or `[checkpoint, options]`.
    ///
    /// # Errors
    ///
    /// All issues with the arguments.
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

    /// Reads the arguments of a drive that continues from a checkpoint, whatever its operation:
    /// `[checkpoint, drive]`.
    ///
    /// # Errors
    ///
    /// All issues with the arguments.
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
        if let (true, Selection::Ids(ids)) = (ACTS, &mut selection) {
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

    /// Whether the drive starts with a list request, which verifies that the service applies the filter and
    /// determines the cutoff date. After a preview, which has done both, the list is only needed to divide many
    /// entries among several lanes.
    pub fn has_opening_list(&self) -> bool {
        let few = |entries| self.concurrency() == 1 || entries <= self.list_size();
        let proved = self.operation.acts()
            && self.options.request.query.is_empty()
            && self.selection.filter().to.is_some()
            && self.previewed.is_some_and(few);
        self.options.freeze && !proved
    }

    /// The strategy: the caller's or, by default, the one for the selection.
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

    /// Maximum number of entries in a list request.
    pub fn list_size(&self) -> u32 {
        self.options.page_size.min(LIST_MAX)
    }

    /// Maximum number of requests in flight.
    pub fn concurrency(&self) -> u32 {
        self.options.concurrency.unwrap_or(match self.strategy() {
            Strategy::Pages => 1,
            _ => DEFAULT_CONCURRENCY,
        })
    }
}

/// Removes duplicate ids and keeps the order.
fn deduplicate(ids: &mut Vec<DlqId>) {
    let mut places = ByHash::default();
    places.reserve(ids.len());
    let mut kept: Vec<DlqId> = Vec::with_capacity(ids.len());
    for id in core::mem::take(ids) {
        let key = hash(id.as_str());
        let known = match places.get(&key) {
            // Ids that differ may have the same hash.
            Some(place) => kept[*place as usize] == id || kept.contains(&id),
            None => false,
        };
        if !known {
            places.insert(key, kept.len() as u32);
            kept.push(id);
        }
    }
    *ids = kept;
}

/// The service's documented maximum `count` of a list; its behaviour for a larger one is not documented.
pub(super) const LIST_MAX: u32 = 100;
/// Default number of requests in flight for the strategies that send ids.
const DEFAULT_CONCURRENCY: u32 = 4;
