//! The options of a drive: what it may do, how fast, how long, and what it tells.

use super::issue::Issues;
use super::request::{RequestOptions, FUNCTION};
use super::selection::Selection;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

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
        match self {
            Strategy::Pages => "pages",
            Strategy::Batches => "batches",
            Strategy::Each => "each",
        }
    }
}

/// What the summary keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// Counts.
    Summary,
    /// A line an entry as well.
    Entries,
}

/// Conditions on listed entries that the service has no filter for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Where {
    /// The status the failed step was answered with; one of these.
    pub response_status: Vec<u32>,
    /// A part of that answer's body.
    pub response_body: Option<String>,
}

/// Resume a few first, and go on only if they fare well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canary {
    pub entries: u32,
    /// Milliseconds between the last of them and the look at how they fared.
    pub wait: u32,
    pub max_failed_again: u32,
}

/// The options of a drive.
#[derive(Clone, Debug, PartialEq)]
pub struct DriveOptions {
    pub strategy: Option<Strategy>,
    /// At most so many entries in all.
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
    pub condition: Option<Where>,
    pub canary: Option<Canary>,
    pub checkpoint: Option<String>,
    pub request: RequestOptions,
}

impl DriveOptions {
    /// Reads the options; whether they suit the selection is for [`DriveOptions::check`] to say.
    pub fn read(issues: &mut Issues, value: &Value) -> Self {
        issues.object(value, KEYS);
        let whole = |issues: &mut Issues, key: &str, max: f64, expected| {
            issues.within(key, |issues| issues.whole(value.field(key), 1.0, max, expected))
        };
        let strategy = issues.within("strategy", |issues| {
            issues.one_of(value.field("strategy"), STRATEGIES, "\"pages\", \"batches\" or \"each\"")
        });
        let report = issues.within("report", |issues| {
            issues.one_of(
                value.field("report"),
                &["summary", "entries"],
                "\"summary\" or \"entries\"",
            )
        });
        for key in ["onProgress", "onCheckpoint"] {
            issues.within(key, |issues| issues.opaque(value.field(key), FUNCTION, "a function"));
        }
        DriveOptions {
            strategy: strategy.map(|name| match name {
                "pages" => Strategy::Pages,
                "batches" => Strategy::Batches,
                _ => Strategy::Each,
            }),
            limit: whole(issues, "limit", SAFE, "a whole number from 1"),
            page_size: whole(issues, "pageSize", PAGE_SIZE_MAX, "a whole number from 1 to 1000")
                .map_or(PAGE_SIZE, |n| n as u32),
            concurrency: whole(
                issues,
                "concurrency",
                CONCURRENCY_MAX,
                "a whole number from 1 to 100",
            )
            .map(|n| n as u32),
            max_runs_per_second: whole(
                issues,
                "maxRunsPerSecond",
                1e6,
                "a whole number from 1 to 1000000",
            )
            .map(|n| n as u32),
            max_requests: whole(issues, "maxRequests", SAFE, "a whole number from 1"),
            time_budget: whole(issues, "timeBudget", SAFE, "milliseconds as a whole number from 1"),
            freeze: issues
                .within("freeze", |issues| issues.flag(value.field("freeze")))
                .unwrap_or(true),
            report: if report == Some("entries") { Report::Entries } else { Report::Summary },
            condition: issues.within("where", |issues| read_where(issues, value.field("where"))),
            canary: issues.within("canary", |issues| read_canary(issues, value.field("canary"))),
            checkpoint: issues.within("checkpoint", |issues| {
                issues.text(value.field("checkpoint")).map(String::from)
            }),
            request: RequestOptions::read_fields(issues, value),
        }
    }

    /// Refuses options that don't suit the selection. `renews`: what is taken may come up again.
    pub fn check(&self, issues: &mut Issues, selection: &Selection, renews: bool) {
        let ids = matches!(selection, Selection::Ids(_));
        let mut refuse = |key: &str, code: &'static str| {
            issues.within(key, |issues| {
                issues.add_hidden(code);
            });
        };
        if self.strategy == Some(Strategy::Pages) && ids {
            refuse("strategy", "pages_with_ids");
        }
        if self.condition.is_some() && ids {
            refuse("where", "where_with_ids");
        } else if self.condition.is_some() && self.strategy == Some(Strategy::Pages) {
            refuse("strategy", "pages_with_where");
        }
        let bounded =
            self.limit.is_some() || self.max_requests.is_some() || self.time_budget.is_some();
        if renews && !self.freeze && !ids && !bounded {
            refuse("freeze", "freeze_needs_bound");
        }
        if self.canary.is_some() && !renews {
            refuse("canary", "canary_without_resume");
        }
    }
}

fn read_where(issues: &mut Issues, value: &Value) -> Option<Where> {
    if value.is_undefined() {
        return None;
    }
    let entries = issues.object(value, &["responseStatus", "responseBody"])?;
    if entries.iter().all(|(_, value)| value.is_undefined()) {
        issues.add("empty_filter", value);
    }
    let mut condition = Where::default();
    issues.within("responseStatus", |issues| {
        let field = value.field("responseStatus");
        let mut status = |issues: &mut Issues, value: &Value| {
            let status = issues.whole(value, 0.0, 999.0, "an HTTP status");
            condition.response_status.extend(status.map(|n| n as u32));
        };
        match field {
            Value::List(items) => {
                if items.is_empty() {
                    issues.add("empty_array", field);
                }
                for (index, item) in items.iter().enumerate() {
                    issues.at(index, |issues| status(issues, item));
                }
            }
            single => status(issues, single),
        }
    });
    condition.response_body = issues.within("responseBody", |issues| {
        issues.text(value.field("responseBody")).map(String::from)
    });
    Some(condition)
}

fn read_canary(issues: &mut Issues, value: &Value) -> Option<Canary> {
    if value.is_undefined() {
        return None;
    }
    issues.object(value, &["entries", "wait", "maxFailedAgain"])?;
    let mut whole = |key: &str, min: f64, expected| {
        issues.within(key, |issues| {
            let field = value.field(key);
            if field.is_undefined() {
                issues.add_hidden("required").expected = Some(expected);
            }
            issues.whole(field, min, 2_147_483_647.0, expected).map(|n| n as u32)
        })
    };
    let entries = whole("entries", 1.0, "a whole number from 1");
    let wait = whole("wait", 0.0, "milliseconds as a whole number from 0");
    let max_failed_again = whole("maxFailedAgain", 0.0, "a whole number from 0");
    Some(Canary { entries: entries?, wait: wait?, max_failed_again: max_failed_again? })
}

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
    "where",
    "canary",
    "checkpoint",
    "onProgress",
    "onCheckpoint",
    "signal",
    "timeout",
    "query",
    "headers",
];
const STRATEGIES: &[&str] = &["pages", "batches", "each"];
/// What the SDK asks for, and the service's documented cap of a list.
const PAGE_SIZE: u32 = 100;
/// Ten times the largest cap that is documented; a larger one is a slip.
const PAGE_SIZE_MAX: f64 = 1000.0;
/// Beyond this a single process gains nothing, and a runtime may run out of sockets.
const CONCURRENCY_MAX: f64 = 100.0;
const SAFE: f64 = 9_007_199_254_740_991.0;
