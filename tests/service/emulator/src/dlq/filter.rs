//! Filters of the queue: values of one filter are alternatives, different filters must all match.

use super::entry::{Entry, FailureState};
use super::Key;
use crate::config::{Config, DateCompares, RunIdMatch};
use crate::values::query::Query;

/// The filters of a request.
#[derive(Debug, Default, PartialEq)]
pub struct Filter {
    /// First date, inclusive.
    pub from: Option<i64>,
    /// Last date, inclusive.
    pub to: Option<i64>,
    created_at: Option<i64>,
    workflow_urls: Vec<String>,
    message_urls: Vec<String>,
    run_id: Option<String>,
    labels: Vec<String>,
    states: Vec<FailureState>,
    caller_ips: Vec<String>,
    flow_keys: Vec<String>,
    statuses: Vec<u16>,
}

impl Filter {
    /// Parses the filters of a query.
    ///
    /// # Errors
    /// The first filter that is malformed.
    pub fn parse(query: &Query, config: &Config) -> Result<Self, String> {
        let heard = |name: &str| !config.ignore_filters.iter().any(|ignored| ignored == name);
        let all = |name: &str| {
            if heard(name) {
                query.all(name)
            } else {
                Vec::new()
            }
        };
        let date = |name: &str| {
            if heard(name) {
                query.integer(name)
            } else {
                Ok(None)
            }
        };
        let mut states = Vec::new();
        for name in all("failureFunctionState") {
            let state = FailureState::parse(&name)
                .ok_or_else(|| format!("failureFunctionState: `{name}` is not a state"))?;
            states.push(state);
        }
        let mut statuses = Vec::new();
        for text in all("responseStatus") {
            statuses.push(
                text.parse().map_err(|_| format!("responseStatus: `{text}` is not a status"))?,
            );
        }
        Ok(Filter {
            from: date("fromDate")?,
            to: date("toDate")?,
            created_at: date("workflowCreatedAt")?,
            workflow_urls: all("workflowUrl"),
            message_urls: all("url"),
            run_id: query
                .get("workflowRunId")
                .filter(|_| heard("workflowRunId"))
                .map(str::to_owned),
            labels: all("label"),
            states,
            caller_ips: all("callerIp"),
            flow_keys: all("flowControlKey"),
            statuses,
        })
    }

    /// Whether an entry is selected.
    pub fn matches(&self, key: Key, entry: &Entry, config: &Config) -> bool {
        let shared = &entry.shared;
        let one_of = |wanted: &[String], value: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == value)
        };
        let date = match config.date_compares {
            DateCompares::Failure => key.ms,
            DateCompares::Message => entry.created_at,
            DateCompares::Run => entry.run_created_at,
        };
        let run_id = self.run_id.as_deref().is_none_or(|wanted| match config.run_id_match {
            RunIdMatch::Exact => *entry.run_id == *wanted,
            RunIdMatch::Prefix => entry.run_id.starts_with(wanted),
        });
        self.from.is_none_or(|from| date >= from)
            && self.to.is_none_or(|to| date <= to)
            && self.created_at.is_none_or(|at| at == entry.run_created_at)
            && run_id
            && one_of(&self.workflow_urls, &shared.workflow_url)
            && one_of(&self.message_urls, &shared.url)
            && one_of(&self.caller_ips, &shared.caller_ip)
            && (self.labels.is_empty()
                || shared.labels.iter().any(|label| self.labels.contains(label)))
            && (self.states.is_empty()
                || entry.state.is_some_and(|state| self.states.contains(&state)))
            && (self.statuses.is_empty() || self.statuses.contains(&shared.response_status))
            && (self.flow_keys.is_empty()
                || shared.flow.as_ref().is_some_and(|flow| self.flow_keys.contains(&flow.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::entry::Shared;
    use crate::overrides::parse_flow;
    use serde_json::json;
    use std::sync::Arc;

    fn entry() -> Entry {
        Entry {
            index: 0,
            run_id: "wfr_abc".into(),
            run_created_at: 100,
            created_at: 200,
            shared: Arc::new(Shared {
                url: "https://a.com/step".into(),
                workflow_url: "https://a.com".into(),
                caller_ip: "1.2.3.4".into(),
                labels: vec!["x".into(), "y".into()],
                flow: parse_flow(Some("k".into()), Some("rate=1".into())).unwrap(),
                response_status: 500,
                ..Shared::default()
            }),
            state: Some(FailureState::Fail),
            callback_response: None,
            unresumable: false,
            leaving: false,
            source: None,
        }
    }

    fn matches(query: &str, patch: serde_json::Value) -> bool {
        let config = Config::default().patched(patch).unwrap();
        let filter = Filter::parse(&Query::parse(query), &config).unwrap();
        filter.matches(Key { ms: 300, seq: 0 }, &entry(), &config)
    }

    #[test]
    fn every_filter_in_every_form() {
        for (query, want) in [
            ("", true),
            ("workflowUrl=https%3A%2F%2Fa.com", true),
            ("workflowUrl=https%3A%2F%2Fa.com%2Fstep", false),
            ("workflowUrl=b&workflowUrl=https://a.com", true),
            ("url=https://a.com/step", true),
            ("label=x", true),
            ("label=q,y", true),
            ("label=q&label=x", true),
            ("label=q", false),
            ("callerIp=1.2.3.4", true),
            ("callerIp=1.2.3.5", false),
            ("flowControlKey=j,k", true),
            ("flowControlKey=j", false),
            ("failureFunctionState=CALLBACK_FAIL", true),
            ("failureFunctionState=CALLBACK_SUCCESS", false),
            ("workflowRunId=wfr_abc", true),
            ("workflowRunId=wfr_a", false),
            // `workflowRunId` takes one id, never a list; of several, the first counts.
            ("workflowRunId=wfr_abc,wfr_b", false),
            ("workflowRunId=wfr_b&workflowRunId=wfr_abc", false),
            ("workflowCreatedAt=100", true),
            ("workflowCreatedAt=101", false),
            ("responseStatus=500", true),
            ("responseStatus=404,502", false),
            ("fromDate=300&toDate=300", true),
            ("fromDate=301", false),
            ("toDate=299", false),
            ("label=x&callerIp=other", false),
        ] {
            assert_eq!(matches(query, json!({})), want, "{query}");
        }
    }

    #[test]
    fn switches() {
        for (date, at) in [("failure", 300), ("message", 200), ("run", 100)] {
            let query = format!("fromDate={at}&toDate={at}");
            assert!(matches(&query, json!({"dateCompares": date})), "{date}");
        }
        assert!(matches("workflowRunId=wfr_a", json!({"runIdMatch": "prefix"})));
        assert!(matches("label=q", json!({"ignoreFilters": ["label"]})));
    }

    #[test]
    fn refusals() {
        for bad in [
            "fromDate=yesterday",
            "failureFunctionState=BROKEN",
            "responseStatus=x",
            "workflowCreatedAt=1.5",
        ] {
            assert!(Filter::parse(&Query::parse(bad), &Config::default()).is_err(), "{bad}");
        }
    }
}
