//! The switches: what the emulator does where the service's documentation is silent. A default is the most likely
//! behaviour; tests run the client against the others too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::range::{within, SPAN_MS};

/// All switches, as `GET /_emulator/config` returns them; `PUT` changes those it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// Maximum entries per request, whatever its `count`; null: no maximum.
    pub page_cap: Option<usize>,
    /// Response to a list whose `count` is above the maximum of a list.
    pub list_over_cap: OverCap,
    /// Maximum entries per resume, by ids or by filter; null: `pageCap` alone.
    pub resume_cap: Option<usize>,
    /// Maximum entries per restart; null: `pageCap` alone.
    pub restart_cap: Option<usize>,
    /// Maximum `dlqIds` per request; null: no maximum.
    pub ids_cap: Option<usize>,
    /// Response to more ids than `idsCap`.
    pub ids_over_cap: IdsOverCap,
    /// Entries taken in excess of `count`.
    pub more_than_count: usize,
    /// Order of lists, and of the entries that a filter takes.
    pub order: Order,
    /// What a cursor encodes.
    pub cursor_kind: CursorKind,
    /// The `cursor` of the last page.
    pub end_cursor: EndCursor,
    /// Whether a full last page has a cursor, to an empty page.
    pub trailing_empty_page: bool,
    /// What a request does to its other ids when some are missing.
    pub not_found: NotFound,
    /// Response to the resume of an entry that can't be resumed.
    pub unresumable: Unresumable,
    /// Which date `fromDate` and `toDate` compare.
    pub date_compares: DateCompares,
    /// Whether `workflowRunId` also matches as a prefix.
    pub run_id_match: RunIdMatch,
    /// Names of filters that are silently ignored.
    pub ignore_filters: Vec<String>,
    /// Where an entry shows the state of its failure function.
    pub state_field: StateField,
    /// Whether lists and results are in random order.
    pub shuffle: bool,
    /// How long a taken entry stays listed.
    pub late_removal_ms: u64,
    /// Whether an entry can be taken again during `lateRemovalMs`.
    pub late_removal_takable: bool,
    /// Delay before a new entry is listed and filters select it.
    pub late_listing_ms: u64,
    /// Age at which a cursor is refused with 400; null: never.
    pub cursor_life_ms: Option<u64>,
    /// Response body of a DELETE of one entry.
    pub single_delete_body: SingleDelete,
    /// Burst limit of the endpoints of the DLQ and the logs.
    pub burst: Option<Burst>,
    /// Daily limit of the same endpoints.
    pub daily: Option<Daily>,
    /// Names of the rate-limit headers.
    pub limit_names: LimitNames,
    /// Format of the reset headers.
    pub reset_form: ResetForm,
    /// `Retry-After` of a 429.
    pub retry_after: RetryAfter,
    /// Which responses have the rate-limit headers.
    pub limit_headers: LimitHeaders,
    /// What `dlqIds` does on a list.
    pub list_ids: Heard,
    /// Where a malformed id gets 400 rather than 404.
    pub malformed_id: MalformedId,
    /// Fields of an entry.
    pub entry_fields: EntryFields,
    /// Retries of a run that is resumed without `Upstash-Retries`.
    pub absent_retries: AbsentRetries,
    /// Whether a resume may have one header of flow control without the other.
    pub flow_headers: FlowHeaders,
    /// Paths of the logs of runs.
    pub logs_path: LogsPath,
    /// What `workflowRuns` does on the logs.
    pub logs_by_runs: Heard,
    /// Maximum runs per page of logs.
    pub logs_page_cap: usize,
    /// Response to a `count` above `logsPageCap`.
    pub logs_over_cap: OverCap,
    /// Order of the logs, by creation of the run.
    pub logs_order: LogsOrder,
    /// Delay before runs and their changes show in the logs.
    pub logs_delay_ms: u64,
    /// How long the logs keep a finished run; null: forever.
    pub logs_retention_ms: Option<u64>,
    /// Whether the logs name a step that fails.
    pub logs_step_name: bool,
    /// Whether a failed attempt has `error` besides its response body.
    pub logs_error_text: bool,
    /// `trimBody` of requests without it, in bytes; null: bodies are complete.
    pub logs_trim_body: Option<i64>,
    /// Latency of the service's endpoints.
    pub latency_ms: u64,
    /// Maximum random addition to `latencyMs`.
    pub jitter_ms: u64,
    /// Whether the latency comes before or after the work.
    pub latency_when: When,
    /// Divisor of the engine's delays, above 0. Timestamps are unaffected.
    pub clock_factor: f64,
    /// Bytes above which a delivery has an empty body, so that the endpoint fetches the steps; null: never.
    pub lazy_fetch_above: Option<usize>,
    /// `Content-Type` of JSON; null: no such header.
    pub content_type: Option<String>,
    /// Whether responses have a `Date` header.
    pub date_header: bool,
    /// Error of the `Date` header; above 0: ahead.
    pub date_skew_ms: i64,
    /// Whether responses have CORS headers.
    pub cors: bool,
    /// Redirects every request to the service.
    pub redirect: Option<Redirect>,
    /// Seed of shuffles, jitter and the outcome of seeded runs. Setting it restarts the generator.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            page_cap: Some(100),
            list_over_cap: OverCap::Cut,
            resume_cap: None,
            restart_cap: Some(50),
            ids_cap: None,
            ids_over_cap: IdsOverCap::First,
            more_than_count: 0,
            order: Order::Oldest,
            cursor_kind: CursorKind::Id,
            end_cursor: EndCursor::Empty,
            trailing_empty_page: false,
            not_found: NotFound::Atomic,
            unresumable: Unresumable::BadRequest,
            date_compares: DateCompares::Failure,
            run_id_match: RunIdMatch::Exact,
            ignore_filters: Vec::new(),
            state_field: StateField::Info,
            shuffle: false,
            late_removal_ms: 0,
            late_removal_takable: false,
            late_listing_ms: 0,
            cursor_life_ms: None,
            single_delete_body: SingleDelete::Empty,
            burst: None,
            daily: None,
            limit_names: LimitNames::Own,
            reset_form: ResetForm::Seconds,
            retry_after: RetryAfter::None,
            limit_headers: LimitHeaders::Always,
            list_ids: Heard::Ignored,
            malformed_id: MalformedId::Path,
            entry_fields: EntryFields::All,
            absent_retries: AbsentRetries::Kept,
            flow_headers: FlowHeaders::Each,
            logs_path: LogsPath::Both,
            logs_by_runs: Heard::Honoured,
            logs_page_cap: 10,
            logs_over_cap: OverCap::Cut,
            logs_order: LogsOrder::Newest,
            logs_delay_ms: 0,
            logs_retention_ms: None,
            logs_step_name: true,
            logs_error_text: true,
            logs_trim_body: None,
            latency_ms: 0,
            jitter_ms: 0,
            latency_when: When::Before,
            clock_factor: 1.0,
            lazy_fetch_above: None,
            content_type: Some("application/json".into()),
            date_header: true,
            date_skew_ms: 0,
            cors: true,
            redirect: None,
            seed: 1,
        }
    }
}

impl Config {
    /// This configuration with the fields of `patch` changed.
    ///
    /// # Errors
    /// A switch that is unknown, has another type or is out of range, and what it takes.
    pub fn patched(&self, patch: Value) -> Result<Config, String> {
        let Value::Object(patch) = patch else {
            return Err("config: send an object of switches, such as {\"pageCap\": 50}".into());
        };
        let mut whole = serde_json::to_value(self).map_err(|e| e.to_string())?;
        if let Value::Object(fields) = &mut whole {
            fields.extend(patch);
        }
        let config: Config = serde_json::from_value(whole).map_err(|e| format!("config: {e}"))?;
        config.check().map_err(|why| format!("config: {why}"))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        for (name, ms) in [
            ("lateRemovalMs", Some(self.late_removal_ms)),
            ("lateListingMs", Some(self.late_listing_ms)),
            ("cursorLifeMs", self.cursor_life_ms),
            ("logsDelayMs", Some(self.logs_delay_ms)),
            ("logsRetentionMs", self.logs_retention_ms),
            ("latencyMs", Some(self.latency_ms)),
            ("jitterMs", Some(self.jitter_ms)),
        ] {
            within(name, ms.unwrap_or_default(), SPAN_MS)?;
        }
        let skew_most = *SPAN_MS.end() as i64;
        within("dateSkewMs", self.date_skew_ms, -skew_most..=skew_most)?;
        if let Some(burst) = self.burst {
            within("burst.windowMs", burst.window_ms, 1..=*SPAN_MS.end())?;
        }
        if let Some(Redirect { status, .. }) = self.redirect {
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Err(format!("redirect.status is 301, 302, 303, 307 or 308, not {status}"));
            }
        }
        let factor = self.clock_factor;
        if !(factor.is_finite() && factor > 0.0) {
            return Err(format!("clockFactor is a number above 0, not {factor}"));
        }
        Ok(())
    }

    /// A delay of the engine, shortened by the clock factor.
    pub fn delay(&self, ms: f64) -> std::time::Duration {
        let seconds = (ms / 1000.0 / self.clock_factor).clamp(0.0, 1e9);
        std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$inner])* $variant),+ }
    )+};
}

choices! {
    /// Excess ids are left out, left out and followed by a cursor, or refused with 400.
    IdsOverCap { First, Cursor, #[serde(rename = "400")] BadRequest }
    /// The page has as many as the maximum, or the response is 400.
    OverCap { Cut, #[serde(rename = "400")] BadRequest }
    /// By dlqId, ascending or descending.
    Order { Oldest, Newest }
    /// The last entry's id; an offset; or the filter alone, the same on every page: the next page differs because
    /// taken entries have left the queue.
    CursorKind { Id, Position, Filter }
    /// `""`, `null`, or no such field.
    EndCursor { Empty, Null, Absent }
    /// None is taken; the rest is taken; those before the first missing id are taken.
    NotFound { Atomic, Rest, StopAtFirst }
    /// The request gets 400, or 404 as for a missing entry; or the entry is left out.
    Unresumable { #[serde(rename = "400")] BadRequest, #[serde(rename = "404")] NotFound, Skip }
    /// The date of failure, of the message's creation, or of the run's creation.
    DateCompares { Failure, Message, Run }
    /// The whole id, or a prefix of it.
    RunIdMatch { Exact, Prefix }
    /// `failureCallbackInfo.state`, or `failureFunctionState`.
    StateField { Info, Top }
    /// No body, or `{"deleted":1}`.
    SingleDelete { Empty, Json }
    /// `/v2/workflows/logs`, `/v2/workflows/events`, both or none of them.
    LogsPath { Both, Logs, Events, None }
    /// The parameter selects; it is ignored; the request gets 400.
    Heard { Honoured, Ignored, #[serde(rename = "400")] BadRequest }
    /// 400 for an id in a path; in `dlqIds` as well; or 404, as for a missing id.
    MalformedId { Path, Everywhere, #[serde(rename = "404")] NotFound }
    /// Those of the SDK's types as well, or only those of the API description.
    EntryFields { All, Described }
    /// Those of the original run, or the default of 3.
    AbsentRetries { Kept, Default }
    /// Each header overrides its own part, or one without the other gets 400.
    FlowHeaders { Each, Both }
    /// Newest or oldest run first.
    LogsOrder { Newest, Oldest }
    /// `Burst-RateLimit-…` and `RateLimit-…`, or `X-RateLimit-…` for either.
    LimitNames { Own, X }
    /// Unix seconds, Unix milliseconds, seconds from now with and without a fraction, or an HTTP date.
    ResetForm { Seconds, Ms, Delta, Fraction, Date }
    /// Seconds, an HTTP date, or no header.
    RetryAfter { Seconds, Date, None }
    /// On every response, on 429 only, or on none.
    LimitHeaders { Always, Refused, None }
    /// Before or after the work.
    When { Before, After }
}

/// A limit of requests per window.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Burst {
    /// Requests per window; 0 refuses all.
    pub limit: u64,
    /// Length of the window, at least 1.
    #[serde(default = "one_second")]
    pub window_ms: u64,
}

fn one_second() -> u64 {
    1_000
}

/// A limit of requests per day, in UTC.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Daily {
    /// Requests per day; 0 refuses all.
    pub limit: u64,
}

/// A redirect of every request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// 301, 302, 303, 307 or 308.
    #[serde(default = "temporary")]
    pub status: u16,
    /// Target origin; path and query are kept.
    pub to: String,
}

fn temporary() -> u16 {
    307
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patch_changes_what_it_names() {
        let config = Config::default()
            .patched(json!({"pageCap": null, "notFound": "stop-at-first", "unresumable": "404"}))
            .unwrap();
        assert_eq!(config.page_cap, None);
        assert_eq!(config.not_found, NotFound::StopAtFirst);
        assert_eq!(config.unresumable, Unresumable::NotFound);
        let config = config.patched(json!({"endCursor": "null"})).unwrap();
        assert_eq!(config.page_cap, None);
        assert_eq!(config.end_cursor, EndCursor::Null);
    }

    #[test]
    fn unknown_names_are_refused() {
        for bad in [
            json!({"pagecap": 1}),
            json!({"order": "random"}),
            json!({"clockFactor": 0}),
            json!([]),
        ] {
            assert!(Config::default().patched(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_that_would_overflow_are_refused() {
        let span = "is a number from 0 to 1000000000000, not 18446744073709551615";
        for name in [
            "lateRemovalMs",
            "lateListingMs",
            "cursorLifeMs",
            "logsDelayMs",
            "logsRetentionMs",
            "latencyMs",
            "jitterMs",
        ] {
            let why = Config::default().patched(json!({ name: u64::MAX })).unwrap_err();
            assert_eq!(why, format!("config: {name} {span}"));
        }
        for (patch, why) in [
            (
                json!({"dateSkewMs": i64::MIN}),
                "dateSkewMs is a number from -1000000000000 to 1000000000000, not -9223372036854775808",
            ),
            (
                json!({"burst": {"limit": 1, "windowMs": 0}}),
                "burst.windowMs is a number from 1 to 1000000000000, not 0",
            ),
            (
                json!({"redirect": {"to": "http://127.0.0.1:9", "status": 200}}),
                "redirect.status is 301, 302, 303, 307 or 308, not 200",
            ),
            (json!({"clockFactor": 0}), "clockFactor is a number above 0, not 0"),
        ] {
            let refused = Config::default().patched(patch).unwrap_err();
            assert_eq!(refused, format!("config: {why}"));
        }
    }

    #[test]
    fn clock_factor_shortens_delays() {
        let config = Config::default().patched(json!({"clockFactor": 100})).unwrap();
        assert_eq!(config.delay(1_000.0).as_millis(), 10);
    }
}
