//! Every switch of the emulator: one answer to each thing that is not known of the service.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The switches; `POST /_emulator/config` changes those it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// At most so many entries a request, whatever `count` says; null: no cap.
    pub page_cap: Option<usize>,
    /// What becomes of a list that asks for more entries than are listed at once.
    pub list_over_cap: OverCap,
    /// Most entries a request resumes, by ids or by a filter; null: no cap of its own.
    pub resume_cap: Option<usize>,
    /// Most entries a request restarts.
    pub restart_cap: Option<usize>,
    /// At most so many ids a request; null: no cap.
    pub ids_cap: Option<usize>,
    /// What happens to ids beyond `idsCap`.
    pub ids_over_cap: IdsOverCap,
    /// So many entries more than `count` are taken.
    pub more_than_count: usize,
    /// The order of lists and of work by filter.
    pub order: Order,
    /// What a cursor names.
    pub cursor_kind: CursorKind,
    /// How the end is told.
    pub end_cursor: EndCursor,
    /// A last page that is full still carries a cursor; an empty page follows.
    pub trailing_empty_page: bool,
    /// What a 404 for some ids did to the others.
    pub not_found: NotFound,
    /// What becomes of an entry that can't be resumed.
    pub unresumable: Unresumable,
    /// Which date `fromDate` and `toDate` compare.
    pub date_compares: DateCompares,
    /// Whether `workflowRunId` also matches as a prefix.
    pub run_id_match: RunIdMatch,
    /// Names of filters that are silently ignored.
    pub ignore_filters: Vec<String>,
    /// Where an entry shows the state of its failure function.
    pub state_field: StateField,
    /// Answers are in random order.
    pub shuffle: bool,
    /// An entry that was taken is still listed for so long.
    pub late_removal_ms: u64,
    /// ... and can be taken again in that time.
    pub late_removal_takable: bool,
    /// A new entry is listed, and selected by filters, only after so long.
    pub late_listing_ms: u64,
    /// A cursor is refused after so long; null: never.
    pub cursor_life_ms: Option<u64>,
    /// What a single DELETE answers.
    pub single_delete_body: SingleDelete,
    /// Burst limit of the DLQ endpoints.
    pub burst: Option<Burst>,
    /// Daily limit of the DLQ endpoints.
    pub daily: Option<Daily>,
    /// What the limit's headers are called.
    pub limit_names: LimitNames,
    /// What the reset headers hold.
    pub reset_form: ResetForm,
    /// Whether a 429 names when to come back.
    pub retry_after: RetryAfter,
    /// Which answers carry the limit's headers.
    pub limit_headers: LimitHeaders,
    /// What `dlqIds` does on a list.
    pub list_ids: Heard,
    /// Where an id that can't be one is refused as such.
    pub malformed_id: MalformedId,
    /// Which fields an entry has.
    pub entry_fields: EntryFields,
    /// Retries of a resumed run without the header.
    pub absent_retries: AbsentRetries,
    /// Whether a resume may have one header of flow control without the other.
    pub flow_headers: FlowHeaders,
    /// Which paths answer with the logs of runs.
    pub logs_path: LogsPath,
    /// What the parameter `workflowRuns` does.
    pub logs_by_runs: Heard,
    /// Most runs a page of logs.
    pub logs_page_cap: usize,
    /// What becomes of a request for more runs than that.
    pub logs_over_cap: OverCap,
    /// The order of logs, by the creation of the runs.
    pub logs_order: LogsOrder,
    /// Runs and their changes show up in the logs after so long.
    pub logs_delay_ms: u64,
    /// Runs that ended are listed for so long; null: for ever.
    pub logs_retention_ms: Option<u64>,
    /// Whether a step that fails is named.
    pub logs_step_name: bool,
    /// Whether a failed attempt has a text beside its body.
    pub logs_error_text: bool,
    /// What holds without `trimBody`; null: bodies are shown whole.
    pub logs_trim_body: Option<i64>,
    /// Added to every answer of the service.
    pub latency_ms: u64,
    /// Up to so much more, at random.
    pub jitter_ms: u64,
    /// Whether the latency comes before or after the work.
    pub latency_when: When,
    /// Delays of the engine are divided by this; timestamps are not touched.
    pub clock_factor: f64,
    /// Deliveries with more bytes than this have an empty body, so that the endpoint fetches the steps; null: never.
    pub lazy_fetch_above: Option<usize>,
    /// What answers with JSON say they are; null: nothing.
    pub content_type: Option<String>,
    /// Whether answers carry a `Date` header.
    pub date_header: bool,
    /// How far the `Date` header is off.
    pub date_skew_ms: i64,
    /// Whether answers allow other origins.
    pub cors: bool,
    /// Every request of the service is redirected.
    pub redirect: Option<Redirect>,
    /// Seed of ids, shuffles and jitter; setting it starts the generator anew.
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
    pub fn patched(&self, patch: Value) -> Result<Config, String> {
        let Value::Object(patch) = patch else {
            return Err("config: an object is needed".into());
        };
        let mut whole = serde_json::to_value(self).map_err(|e| e.to_string())?;
        if let Value::Object(fields) = &mut whole {
            fields.extend(patch);
        }
        let config: Config = serde_json::from_value(whole).map_err(|e| format!("config: {e}"))?;
        if config.clock_factor.is_finite() && config.clock_factor > 0.0 {
            Ok(config)
        } else {
            Err("config: clockFactor must be above 0".into())
        }
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
    /// What happens to ids beyond the cap: left out, left out with a cursor, or the request is refused.
    IdsOverCap { First, Cursor, #[serde(rename = "400")] BadRequest }
    /// The response has as many as the cap allows, or is 400.
    OverCap { Cut, #[serde(rename = "400")] BadRequest }
    /// By dlqId, ascending or descending.
    Order { Oldest, Newest }
    /// The last entry's id, a number of entries, or one cursor for the whole filter, repeated on every page: resuming
    /// goes on because what was taken has left.
    CursorKind { Id, Position, Filter }
    /// `""`, `null` or no field.
    EndCursor { Empty, Null, Absent }
    /// Nothing done; the rest done; those before the first missing one done.
    NotFound { Atomic, Rest, StopAtFirst }
    /// The request is refused, answered as if missing, or the entry is left out.
    Unresumable { #[serde(rename = "400")] BadRequest, #[serde(rename = "404")] NotFound, Skip }
    /// The date of failure, of the message's creation, or of the run's creation.
    DateCompares { Failure, Message, Run }
    /// Whole, or from its beginning.
    RunIdMatch { Exact, Prefix }
    /// `failureCallbackInfo.state`, or `failureFunctionState`.
    StateField { Info, Top }
    /// No body, or `{"deleted":1}`.
    SingleDelete { Empty, Json }
    /// `/v2/workflows/logs`, `/v2/workflows/events`, both or none of them.
    LogsPath { Both, Logs, Events, None }
    /// A parameter selects; it is ignored; the request is refused.
    Heard { Honoured, Ignored, #[serde(rename = "400")] BadRequest }
    /// 400 for an id in a path; for one in `dlqIds` as well; 404 as for one that is missing.
    MalformedId { Path, Everywhere, #[serde(rename = "404")] NotFound }
    /// Those of the SDK's types too, or only those of the description.
    EntryFields { All, Described }
    /// As the run had, or the default of 3.
    AbsentRetries { Kept, Default }
    /// Each replaces its half, or both are needed.
    FlowHeaders { Each, Both }
    /// Newest or oldest run first.
    LogsOrder { Newest, Oldest }
    /// `Burst-RateLimit-…` and `RateLimit-…`, or `X-RateLimit-…` for either.
    LimitNames { Own, X }
    /// Unix seconds, Unix milliseconds, seconds from now with and without a fraction, or an HTTP date.
    ResetForm { Seconds, Ms, Delta, Fraction, Date }
    /// Seconds, an HTTP date, or no header.
    RetryAfter { Seconds, Date, None }
    /// On every answer, on 429 only, or nowhere.
    LimitHeaders { Always, Refused, None }
    /// Before or after the work.
    When { Before, After }
}

/// So many requests in one window.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Burst {
    /// Requests a window.
    pub limit: u64,
    /// Length of the window.
    #[serde(default = "one_second")]
    pub window_ms: u64,
}

fn one_second() -> u64 {
    1_000
}

/// So many requests a day.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Daily {
    /// Requests a day.
    pub limit: u64,
}

/// Where requests are sent instead.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// 301, 302, 303, 307 or 308.
    #[serde(default = "temporary")]
    pub status: u16,
    /// The origin that path and query are appended to.
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
    fn clock_factor_shortens_delays() {
        let config = Config::default().patched(json!({"clockFactor": 100})).unwrap();
        assert_eq!(config.delay(1_000.0).as_millis(), 10);
    }
}
