//! The filters of a request for logs.

use super::view::{Facts, View};
use super::Bodies;
use crate::audit::Record;
use crate::config::{Config, Heard, OverCap};
use crate::http::Request;
use crate::state::State;
use crate::values::cursor::{self, Cursor};
use crate::values::{is_http_url, now_ms};

/// States that `state` may name.
const RUN_STATES: [&str; 4] = ["RUN_STARTED", "RUN_SUCCESS", "RUN_FAILED", "RUN_CANCELED"];
const STEP_STATES: [&str; 5] =
    ["STEP_SUCCESS", "STEP_RETRY", "STEP_FAILED", "STEP_PROGRESS", "STEP_CANCELED"];

/// Filters and page of a request.
#[derive(Debug, Default)]
pub struct LogQuery {
    /// `workflowRuns`: ids and dates. If present, all other filters are ignored.
    runs: Option<Vec<(String, i64)>>,
    id: Option<String>,
    urls: Vec<String>,
    hosts: Vec<String>,
    paths: Vec<String>,
    labels: Vec<String>,
    flow_keys: Vec<String>,
    caller_ips: Vec<String>,
    messages: Vec<String>,
    run_states: Vec<String>,
    step_states: Vec<String>,
    created_at: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
    trim: Option<i64>,
    /// Maximum runs of the page.
    pub limit: usize,
    /// Start of the page.
    pub cursor: Option<Cursor>,
}

impl LogQuery {
    /// Parses the query.
    ///
    /// # Errors
    /// The first parameter that is wrong, and what it takes.
    pub fn parse(request: &Request, config: &Config) -> Result<Self, String> {
        let query = &request.query;
        let heard = |name: &str| !config.ignore_filters.iter().any(|ignored| ignored == name);
        let all = |name: &str| if heard(name) { query.all(name) } else { Vec::new() };
        let date = |name: &str| if heard(name) { query.integer(name) } else { Ok(None) };
        let urls = all("workflowUrl");
        if let Some(bad) = urls.iter().find(|url| !is_http_url(url)) {
            return Err(format!("workflowUrl: `{bad}` does not start with http:// or https://"));
        }
        let states = all("state");
        let known = |state: &&String| {
            RUN_STATES.contains(&state.as_str()) || STEP_STATES.contains(&state.as_str())
        };
        if let Some(bad) = states.iter().find(|state| !known(state)) {
            return Err(format!("state: `{bad}` is not a state"));
        }
        let (run_states, step_states) =
            states.into_iter().partition(|state| RUN_STATES.contains(&state.as_str()));
        let cursor = match query.get("cursor") {
            None => None,
            Some(text) => Some(cursor::read(text, config.cursor_life_ms, now_ms())?),
        };
        let trim = query.integer("trimBody")?;
        if trim.is_some_and(|bytes| bytes < -1) {
            return Err("trimBody: bytes, or -1 for none".into());
        }
        Ok(LogQuery {
            runs: named_runs(&query.all("workflowRuns"), config.logs_by_runs)?,
            id: query.get("workflowRunId").filter(|_| heard("workflowRunId")).map(str::to_owned),
            urls,
            hosts: all("host"),
            paths: all("path"),
            labels: all("label"),
            flow_keys: all("flowControlKey"),
            caller_ips: all("callerIp"),
            messages: all("messageId"),
            run_states,
            step_states,
            created_at: date("workflowCreatedAt")?,
            from: date("fromDate")?,
            to: date("toDate")?,
            trim,
            limit: limit(query.integer("count")?, config)?,
            cursor,
        })
    }

    /// The requested size of bodies.
    pub fn bodies(&self, config: &Config) -> Bodies {
        Bodies::new(self.trim.or(config.logs_trim_body), config.logs_error_text)
    }

    /// The only ids that can match, if the request names some.
    pub fn named(&self) -> Option<Vec<&str>> {
        match &self.runs {
            Some(runs) => Some(runs.iter().map(|(id, _)| id.as_str()).collect()),
            None => self.id.as_deref().map(|id| vec![id]),
        }
    }

    /// Whether all filters match but the states, which need the run's steps.
    pub fn may_match(&self, state: &State, record: &Record) -> bool {
        let is_named = |(id, at): &(String, i64)| *id == *record.id && *at == record.created_at;
        if let Some(runs) = &self.runs {
            return runs.iter().any(is_named);
        }
        let one_of = |wanted: &[String], value: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == value)
        };
        let (host, path) = split_url(&record.workflow_url);
        let facts = Facts::of(state, record);
        self.id.as_deref().is_none_or(|id| *id == *record.id)
            && one_of(&self.urls, &record.workflow_url)
            && one_of(&self.hosts, host)
            && one_of(&self.paths, path)
            && one_of(&self.caller_ips, facts.caller_ip)
            && (self.labels.is_empty()
                || facts.labels.iter().any(|label| self.labels.contains(label)))
            && (self.flow_keys.is_empty() || one_of(&self.flow_keys, facts.flow_key.unwrap_or("")))
            && self.created_at.is_none_or(|at| at == record.created_at)
            && self.from.is_none_or(|from| record.created_at >= from)
            && self.to.is_none_or(|to| record.created_at <= to)
    }

    /// Whether the filters by state match: of the run, its steps or their messages.
    pub fn matches(&self, view: &View, bodies: &Bodies) -> bool {
        if self.runs.is_some() {
            return true;
        }
        let has_state = self.run_states.iter().any(|state| state == view.run_state.name())
            || (!self.step_states.is_empty()
                && view.steps(bodies).any(|step| in_field(&step, "state", &self.step_states)));
        (self.run_states.is_empty() && self.step_states.is_empty() || has_state)
            && (self.messages.is_empty()
                || view.steps(bodies).any(|step| in_field(&step, "messageId", &self.messages)))
    }
}

fn in_field(step: &serde_json::Value, name: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|one| step[name] == one.as_str())
}

/// Parses `ID@CREATEDAT` pairs.
fn named_runs(pairs: &[String], switch: Heard) -> Result<Option<Vec<(String, i64)>>, String> {
    match switch {
        _ if pairs.is_empty() => return Ok(None),
        Heard::Ignored => return Ok(None),
        Heard::BadRequest => return Err("workflowRuns: unknown parameter".into()),
        Heard::Honoured => {}
    }
    let one = |pair: &String| {
        pair.split_once('@')
            .and_then(|(id, at)| Some((id.to_owned(), at.parse().ok()?)))
            .ok_or_else(|| format!("workflowRuns: `{pair}` is not <id>@<createdAt>"))
    };
    pairs.iter().map(one).collect::<Result<_, _>>().map(Some)
}

fn limit(count: Option<i64>, config: &Config) -> Result<usize, String> {
    match count {
        None => Ok(config.logs_page_cap),
        Some(count) if count < 1 => Err(format!("count: {count} is below 1")),
        Some(count) if count as usize > config.logs_page_cap => match config.logs_over_cap {
            OverCap::Cut => Ok(config.logs_page_cap),
            OverCap::BadRequest => {
                Err(format!("count: a page has at most {} runs", config.logs_page_cap))
            }
        },
        Some(count) => Ok(count as usize),
    }
}

fn split_url(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let path = rest[end..].split(['?', '#']).next().unwrap_or_default();
    (&rest[..end], if path.is_empty() { "/" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn urls_in_two() {
        for (url, host, path) in [
            ("https://a.com/x/y?z#w", "a.com", "/x/y"),
            ("http://a.com:80", "a.com:80", "/"),
            ("http://a.com?x", "a.com", "/"),
        ] {
            assert_eq!(split_url(url), (host, path));
        }
    }

    #[test]
    fn runs_by_name() {
        let pairs = ["wfr_a@1".to_owned(), "wfr_b@22".to_owned()];
        let named = named_runs(&pairs, Heard::Honoured).unwrap().unwrap();
        assert_eq!(named, [("wfr_a".to_owned(), 1), ("wfr_b".to_owned(), 22)]);
        assert_eq!(named_runs(&pairs, Heard::Ignored), Ok(None));
        assert!(named_runs(&pairs, Heard::BadRequest).is_err());
        assert_eq!(named_runs(&[], Heard::BadRequest), Ok(None));
        for bad in ["wfr_a", "wfr_a@", "wfr_a@x"] {
            assert!(named_runs(&[bad.to_owned()], Heard::Honoured).is_err(), "{bad}");
        }
    }

    #[test]
    fn pages() {
        let config = Config::default();
        assert_eq!(limit(None, &config), Ok(10));
        assert_eq!(limit(Some(3), &config), Ok(3));
        assert_eq!(limit(Some(100), &config), Ok(10));
        assert!(limit(Some(0), &config).is_err());
        let config = config.patched(json!({"logsOverCap": "400"})).unwrap();
        assert_eq!(limit(Some(10), &config), Ok(10));
        assert!(limit(Some(11), &config).is_err());
    }
}
