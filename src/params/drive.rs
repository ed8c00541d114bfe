//! The options of a drive: what it may do, how fast, how long, and what it tells.

use super::condition::{Narrowing, Where};
use super::duration;
use super::follow::{Following, FOLLOW_TIMEOUT_MS};
use super::issue::{Issues, Place};
use super::request::{read_timeout, RequestOptions, FUNCTION};
use super::selection::Selection;
use crate::value::Value;
use alloc::string::String;

/// How entries are found and taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// The filter is sent, the service chooses: its cursor leads on.
    Pages,
    /// Ids are sent, several to a request.
    Batches,
    /// Ids are sent, one to a request, so that the answer says which run it became.
    Each,
}

impl Strategy {
    pub fn name(self) -> &'static str {
        STRATEGY_NAMES[self as usize]
    }
}

/// The strategies there are; a checkpoint stores the index.
pub const STRATEGIES: &[Strategy] = &[Strategy::Pages, Strategy::Batches, Strategy::Each];
const STRATEGY_NAMES: &[&str] = &["pages", "batches", "each"];

/// What the summary keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// Counts.
    Summary,
    /// A line an entry as well.
    Entries,
}

/// Resume a few first, and go on only if they fare well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canary {
    pub entries: u32,
    /// Milliseconds that their runs are waited for at most.
    pub wait: u32,
    /// Runs that may fail again.
    pub max_failed_again: u32,
    /// Whether a run that is being retried after an error counts as failed.
    pub retrying_fails: bool,
    /// Milliseconds that all retries of a run take, where the caller says so.
    pub retry_time: Option<u32>,
}

/// The options of a drive.
#[derive(Clone, Debug, PartialEq)]
pub struct DriveOptions {
    pub strategy: Option<Strategy>,
    /// Entries that meet the condition, at most.
    pub limit: Option<u64>,
    /// Entries a request.
    pub page_size: u32,
    /// Requests in flight at most; by default 1 for `pages`, 4 else.
    pub concurrency: Option<u32>,
    /// Entries a second at most.
    pub max_runs_per_second: Option<u32>,
    pub max_requests: Option<u64>,
    /// Milliseconds after which no request is begun.
    pub time_budget: Option<u64>,
    pub freeze: bool,
    pub report: Report,
    /// Days that the service keeps entries. For previews, which warn of those that expire soon.
    pub retention: Option<u64>,
    /// What entries have to meet beyond the service's own filter.
    pub condition: Option<Where>,
    pub canary: Option<Canary>,
    /// `canary: false`: a drive that goes on from a checkpoint leaves its canary out.
    pub skip_canary: bool,
    /// Whether the new runs are followed to their end, and how.
    pub follow: Option<Following>,
    pub checkpoint: Option<String>,
    pub request: RequestOptions,
}

impl DriveOptions {
    /// Reads the options; whether they suit the selection is for [`DriveOptions::check`] to say.
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        issues.object(place, KEYS);
        let mut options = Self::read_fields(issues, place);
        options.request.timeout = read_timeout(issues, &place.field("timeout"));
        options
    }

    /// Reads all options but `timeout` from an object whose keys were checked already.
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
            canary: read_canary(issues, &place.field("canary")),
            skip_canary: matches!(place.field("canary").value, Value::Bool(false)),
            follow: Following::read(issues, &place.field("follow")),
            checkpoint: issues.string(&place.field("checkpoint")),
            request: RequestOptions::read_fields(issues, place),
        }
    }

    /// Adds the selection's own `where` and `limit`; `place` is that of the options.
    pub fn narrow(&mut self, issues: &mut Issues, place: &Place, selection: Narrowing) {
        let own = Narrowing { condition: self.condition.take(), limit: self.limit };
        let Narrowing { condition, limit } = selection.and(own, issues, place);
        (self.condition, self.limit) = (condition, limit);
    }

    /// Refuses options that don't suit the selection; `place` is that of the options, `from` the selection's.
    /// `acts`: entries are changed, `can_fail_again`: what is taken may come up again.
    pub fn check(
        &self,
        issues: &mut Issues,
        [from, place]: [&Place; 2],
        selection: &Selection,
        acts: bool,
        can_fail_again: bool,
    ) {
        let ids = matches!(selection, Selection::Ids(_));
        // The service chooses the entries of a page that acts, and the condition is not one of its filters.
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

const CANARY_KEYS: &[&str] = &["entries", "wait", "maxFailedAgain", "retrying", "retryTime"];
const KEYS: &[&str] = &[
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
/// What the SDK asks for, and the service's documented cap of a list.
const PAGE_SIZE: u32 = 100;
/// Ten times the largest cap that is documented; a larger one is a slip.
const PAGE_SIZE_MAX: f64 = 1000.0;
/// Beyond this a single process gains nothing, and a runtime may run out of sockets.
const CONCURRENCY_MAX: f64 = 100.0;
/// Days. The service's longest retention is three months.
const RETENTION_MAX: f64 = 366.0;
/// What a 32-bit signed integer holds.
const COUNT_MAX: f64 = 2_147_483_647.0;
/// The largest number that JavaScript counts to.
pub const SAFE: f64 = 9_007_199_254_740_991.0;
