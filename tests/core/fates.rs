//! What becomes of runs, and a service that tells it: the logs of runs, written from the facts. It
//! knows nothing of the engine, and can be as awkward as the facts allow.

use serde_json::{json, Value as Json};
use std::collections::BTreeMap;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    Success,
    Failure,
    Canceled,
}

/// A run and its future.
#[derive(Clone, Debug)]
pub struct Fate {
    pub created: i64,
    /// When it ends; one that never does is under way for good.
    pub ends_at: i64,
    pub ending: Ending,
    /// Its step has failed from this moment on, and is retried, until `recovers_at` or the end.
    pub fails_at: i64,
    pub recovers_at: i64,
    /// Never shown: lost, or expired before anybody looked.
    pub hidden: bool,
}

/// The truth of a run, by the names of an outcome.
pub fn truth(fate: &Fate, now: i64) -> &'static str {
    match fate.ending {
        _ if now < fate.ends_at && (fate.fails_at..fate.recovers_at).contains(&now) => "retrying",
        _ if now < fate.ends_at => "running",
        Ending::Success => "succeeded",
        Ending::Failure => "failedAgain",
        Ending::Canceled => "canceled",
    }
}

/// What the service makes of a list of runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ByList {
    Honoured,
    /// Passed over: it lists the newest runs there are.
    Ignored,
    Refused,
}

/// How the service answers where that is not known.
#[derive(Clone, Copy, Debug)]
pub struct Switches {
    /// `/v2/workflows/logs` is there.
    pub logs: bool,
    /// `/v2/workflows/events` is there.
    pub events: bool,
    /// The status of an endpoint that is not.
    pub missing: u16,
    pub by_list: ByList,
    /// Milliseconds until a change shows up in the logs.
    pub delay: i64,
    /// Milliseconds after which a run that has ended is not listed any more.
    pub retention: i64,
    /// Runs a page at most.
    pub cap: usize,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            logs: true,
            events: true,
            missing: 404,
            by_list: ByList::Honoured,
            delay: 0,
            retention: i64::MAX / 4,
            cap: 10,
        }
    }
}

/// Runs by their ids.
pub type Fates = BTreeMap<String, Fate>;

/// The response to a request for logs at `now`; `None` for one of another endpoint.
pub fn logs(fates: &Fates, switches: &Switches, target: &str, now: i64) -> Option<(u16, Json)> {
    let (path, query) = target.split_once('?')?;
    let there = match path {
        "/v2/workflows/logs" => switches.logs,
        "/v2/workflows/events" => switches.events,
        _ => return None,
    };
    if !there {
        return Some((switches.missing, json!({"error": "not here"})));
    }
    let field = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    let grouped = field("groupBy") == Some("workflowRunId");
    assert_eq!(grouped, path.ends_with("events"), "{target}");
    let shows = |fate: &Fate| {
        let seen = now - switches.delay;
        let expired = fate.ends_at.saturating_add(switches.retention) <= now;
        !fate.hidden && !expired && fate.created <= seen
    };
    let list = field("workflowRuns").map(|list| list.replace("%2C", ",").replace("%40", "@"));
    let mut found: Vec<(&String, &Fate)> = Vec::new();
    match (&list, switches.by_list) {
        (Some(_), ByList::Refused) => return Some((400, json!({"error": "unknown filter"}))),
        (Some(list), ByList::Honoured) => {
            for name in list.split(',') {
                let (id, created) = name.split_once('@').expect("a run and its date");
                let fate = fates.get_key_value(id);
                found.extend(fate.filter(|(_, fate)| fate.created.to_string() == created));
            }
        }
        (Some(_), ByList::Ignored) => found.extend(fates.iter().rev()),
        (None, _) => {
            let id = field("workflowRunId").expect("a run");
            let created = field("workflowCreatedAt");
            let fate = fates.get_key_value(id);
            let same = |fate: &Fate| created.is_none_or(|at| at == fate.created.to_string());
            found.extend(fate.filter(|(_, fate)| same(fate)));
        }
    }
    found.retain(|(_, fate)| shows(fate));
    let start: usize = field("cursor").map_or(0, |cursor| cursor.parse().expect("a position"));
    let rest = found.get(start..).unwrap_or_default();
    let cap = switches.cap.min(10);
    let page: Vec<Json> =
        rest.iter().take(cap).map(|(id, fate)| log(id, fate, now - switches.delay)).collect();
    let cursor = (rest.len() > cap).then(|| (start + cap).to_string());
    Some((200, json!({"runs": page, "cursor": cursor.unwrap_or_default()})))
}

/// The log of a run at a moment.
fn log(id: &str, fate: &Fate, now: i64) -> Json {
    let error = json!({"status": 500, "error": "carrier does not answer", "time": fate.fails_at});
    let truth = truth(fate, now);
    let next = match truth {
        "running" => json!([{"state": "STEP_PROGRESS"}]),
        "retrying" => json!([{"state": "STEP_RETRY", "stepName": "charge", "errors": [error]}]),
        "failedAgain" => json!([{"state": "STEP_FAILED", "stepName": "charge", "errors": [error]}]),
        _ => json!([]),
    };
    let state = match truth {
        "succeeded" => "RUN_SUCCESS",
        "failedAgain" => "RUN_FAILED",
        "canceled" => "RUN_CANCELED",
        _ => "RUN_STARTED",
    };
    json!({
        "workflowRunId": id, "workflowRunCreatedAt": fate.created, "workflowState": state,
        "steps": [{"type": "next", "steps": next}],
    })
}
