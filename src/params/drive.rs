//! The options of a drive: how it finds entries, its limits, and what it reports.

use super::condition::{Narrowing, Where};
use super::duration;
use super::follow::{Following, FOLLOW_TIMEOUT_MS};
use super::issue::{Issues, Place};
use super::request::{read_timeout, RequestOptions, FUNCTION};
use super::selection::Selection;
use crate::value::Value;
use alloc::string::String;

/// How a drive selects the entries of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// Requests contain the filter; the service selects the entries and returns a cursor for the next page.
    Pages,
    /// Requests contain several ids each.
    Batches,
    /// Requests contain one id each, so that the response identifies the new run of each entry.
    Each,
}

impl Strategy {
    /// The name in the caller's options: `pages`, `batches` or `each`.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::Strategy;
    ///
    /// assert_eq!(Strategy::Batches.name(), "batches");
    /// ```
    pub fn name(self) -> &'static str {
        STRATEGY_NAMES[self as usize]
    }
}

/// All strategies. Checkpoints contain the index, so the order must not change.
pub const STRATEGIES: &[Strategy] = &[Strategy::Pages, Strategy::Batches, Strategy::Each];
const STRATEGY_NAMES: &[&str] = &["pages", "batches", "each"];

/// The detail of a drive's summary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// Counts only.
    Summary,
    /// Counts and one report entry for each DLQ entry.
    Entries,
}

/// Resume a few entries first, and continue only if their runs do not fail again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canary {
    /// Number of entries to resume first, from 1.
    pub entries: u32,
    /// Maximum time to wait for their runs, in milliseconds. Default 40 minutes.
    pub wait: u32,
    /// Number of runs that may fail again. Default 0.
    pub max_failed_again: u32,
    /// Whether a run that is being retried after an error counts as failed. Default `true`.
    pub retrying_fails: bool,
    /// Time that all retries of a run take, in milliseconds; `None` if the caller does not say.
    pub retry_time: Option<u32>,
}

/// The options of a drive.
#[derive(Clone, Debug, PartialEq)]
pub struct DriveOptions {
    /// How entries are selected; `None`: chosen by the selection and the other options.
    pub strategy: Option<Strategy>,
    /// Maximum number of entries that meet the condition, from 1; `None` for no maximum.
    pub limit: Option<u64>,
    /// Maximum number of entries in a request: 1 to 1,000, default 100.
    pub page_size: u32,
    /// Maximum number of requests in flight: 1 to 100. `None`: 1 for [`Strategy::Pages`], 4 for the others.
    pub concurrency: Option<u32>,
    /// Maximum number of entries per second, from 1; `None` for no maximum.
    pub max_runs_per_second: Option<u32>,
    /// Maximum number of requests, from 1; `None` for no maximum.
    pub max_requests: Option<u64>,
    /// Time in milliseconds after which no request is started; `None` for no budget.
    pub time_budget: Option<u64>,
    /// Whether entries that fail after the start of the drive are left out. Default `true`.
    pub freeze: bool,
    /// The detail of the summary. Default [`Report::Summary`].
    pub report: Report,
    /// Number of days that the service keeps entries, 1 to 366. Previews only, which warn of entries that expire
    /// soon.
    pub retention: Option<u64>,
    /// Conditions that entries have to meet in addition to the service's filter.
    pub condition: Option<Where>,
    /// Resume a few entries first; `None` for no canary.
    pub canary: Option<Canary>,
    /// `canary: false`: a drive that continues from a checkpoint skips the canary of that checkpoint.
    pub skip_canary: bool,
    /// Follow the new runs to their end; `None`: do not follow.
    pub follow: Option<Following>,
    /// The checkpoint of an earlier drive to continue from.
    pub checkpoint: Option<String>,
    /// Options of each request.
    pub request: RequestOptions,
}

impl DriveOptions {
    /// Reads the options. [`DriveOptions::check`] validates them against the selection.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{DriveOptions, Issues, Place};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("timeBudget".into(), Value::String("10m".into()))]);
    /// let options = DriveOptions::read(&mut issues, &Place::root("options", &value));
    /// assert_eq!(options.time_budget, Some(600_000));
    /// assert_eq!((options.page_size, options.freeze), (100, true));
    /// ```
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        issues.object(place, KEYS);
        let mut options = Self::read_fields(issues, place);
        options.request.timeout = read_timeout(issues, &place.field("timeout"));
        options
    }

    /// Reads the options except `timeout` from an object whose keys are already validated.
    pub(super) fn read_fields(issues: &mut Issues, place: &Place) -> Self {
        let strategy = issues.one_of(
            &place.field("strategy"),
            STRATEGY_NAMES,
            "\"pages\", \"batches\" or \"each\"",
        );
        let report = issues.one_of(
            &place.field("report"),
            &["summary", "entries"],
            "\"summary\" or \"entries\"",
        );
        for key in ["onProgress", "onCheckpoint"] {
            issues.opaque(&place.field(key), FUNCTION, "a function");
        }
        let mut whole = |key, max, expected| issues.whole(&place.field(key), 1.0, max, expected);
        let page_size = whole("pageSize", PAGE_SIZE_MAX, "a whole number from 1 to 1000");
        let concurrency = whole("concurrency", CONCURRENCY_MAX, "a whole number from 1 to 100");
        let per_second = whole("maxRunsPerSecond", 1e6, "a whole number from 1 to 1000000");
        let max_requests = whole("maxRequests", SAFE, "a whole number from 1");
        let retention = whole("retention", RETENTION_MAX, "days as a whole number from 1 to 366");
        let expected = "milliseconds as a whole number from 1, or a text such as \"10m\"";
        let time_budget =
            duration::read_ms(issues, &place.field("timeBudget"), 1.0, SAFE, expected);
        let Narrowing { condition, limit } = Narrowing::read(issues, place);
        DriveOptions {
            strategy: strategy.map(|index| STRATEGIES[index]),
            limit,
            page_size: page_size.map_or(PAGE_SIZE, |n| n as u32),
            concurrency: concurrency.map(|n| n as u32),
            max_runs_per_second: per_second.map(|n| n as u32),
            max_requests,
            time_budget,
            freeze: issues.flag(&place.field("freeze")).unwrap_or(true),
            report: if report == Some(1) { Report::Entries } else { Report::Summary },
            retention,
            condition,
            canary: issues.acting(&place.field("canary"), read_canary),
            skip_canary: matches!(place.field("canary").value, Value::Bool(false)),
            follow: issues.acting(&place.field("follow"), Following::read),
            checkpoint: issues.acting(&place.field("checkpoint"), Issues::string),
            request: RequestOptions::read_fields(issues, place),
        }
    }

    /// Adds `where` and `limit` of the selection; `place` is the place of the options.
    pub fn narrow(&mut self, issues: &mut Issues, place: &Place, selection: Narrowing) {
        let own = Narrowing { condition: self.condition.take(), limit: self.limit };
        let Narrowing { condition, limit } = selection.and(own, issues, place);
        (self.condition, self.limit) = (condition, limit);
    }

    /// Adds an issue for each option that conflicts with the selection. `from` is the place of the selection,
    /// `place` that of the options. `acts`: the drive changes entries; `can_fail_again`: an entry that was
    /// processed can return as a new entry.
    pub fn check(
        &self,
        issues: &mut Issues,
        [from, place]: [&Place; 2],
        selection: &Selection,
        acts: bool,
        can_fail_again: bool,
    ) {
        let ids = matches!(selection, Selection::Ids(_));
        // The service selects the entries of such a page, and it has no filter for the condition.
        let pages = self.strategy == Some(Strategy::Pages);
        let mut refuse = |holds: bool, key: &str, code: &'static str| {
            if holds {
                issues.add_hidden(&place.field(key), code);
            }
        };
        refuse(pages && ids, "strategy", "pages_with_ids");
        let condition = self.condition.is_some();
        refuse(condition && !ids && pages && acts, "strategy", "pages_with_where");
        let bounded =
            self.limit.is_some() || self.max_requests.is_some() || self.time_budget.is_some();
        refuse(can_fail_again && !self.freeze && !ids && !bounded, "freeze", "freeze_needs_bound");
        refuse(self.retention.is_some() && acts, "retention", "preview_only");
        refuse(self.canary.is_some() && !can_fail_again, "canary", "canary_without_resume");
        refuse(self.follow.is_some() && !can_fail_again, "follow", "follow_without_resume");
        if condition && ids {
            let place = if place.field("where").is_undefined() { from } else { place };
            issues.add_hidden(&place.field("where"), "where_with_ids");
        }
    }
}

fn read_canary(issues: &mut Issues, place: &Place) -> Option<Canary> {
    if matches!(place.value, Value::Undefined | Value::Bool(false)) {
        return None;
    }
    issues.object(place, CANARY_KEYS)?;
    let entries = &place.field("entries");
    if entries.is_undefined() {
        issues.add_hidden(entries, "required").expected = Some("a whole number from 1");
    }
    let retrying =
        issues.one_of(&place.field("retrying"), &["fail", "wait"], "\"fail\" or \"wait\"");
    let most = "a whole number from 0";
    let max = issues.small(&place.field("maxFailedAgain"), 0.0, COUNT_MAX, most);
    let mut time = |key| {
        let expected = "milliseconds as a whole number from 0, or a text such as \"10m\"";
        let read = duration::read_ms(issues, &place.field(key), 0.0, COUNT_MAX, expected);
        read.map(|ms| ms as u32)
    };
    let wait = time("wait");
    let retry_time = time("retryTime");
    Some(Canary {
        wait: wait.unwrap_or(FOLLOW_TIMEOUT_MS),
        max_failed_again: max.unwrap_or(0),
        retrying_fails: retrying != Some(1),
        retry_time,
        entries: issues.small(entries, 1.0, COUNT_MAX, "a whole number from 1")?,
    })
}

pub(super) const CANARY_KEYS: &[&str] =
    &["entries", "wait", "maxFailedAgain", "retrying", "retryTime"];
pub(super) const KEYS: &[&str] = &[
    "strategy",
    "limit",
    "pageSize",
    "concurrency",
    "maxRunsPerSecond",
    "maxRequests",
    "timeBudget",
    "freeze",
    "report",
    "retention",
    "where",
    "canary",
    "follow",
    "checkpoint",
    "onProgress",
    "onCheckpoint",
    "signal",
    "timeout",
    "query",
    "headers",
];
/// The SDK's default, and the documented maximum of the service's list.
const PAGE_SIZE: u32 = 100;
/// Ten times the largest documented maximum; a larger number is a mistake.
const PAGE_SIZE_MAX: f64 = 1000.0;
/// Beyond this a single process gains nothing, and a runtime may run out of sockets.
const CONCURRENCY_MAX: f64 = 100.0;
/// In days. The service's longest retention is three months.
const RETENTION_MAX: f64 = 366.0;
/// The largest 32-bit signed integer.
const COUNT_MAX: f64 = 2_147_483_647.0;
/// JavaScript's `Number.MAX_SAFE_INTEGER`.
pub const SAFE: f64 = 9_007_199_254_740_991.0;
