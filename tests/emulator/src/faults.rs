//! Faults: rules with a matcher, a moment and an action. They have their own seed and know nothing of the work.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{json, Map, Value};

use crate::config::When;
use crate::http::{Answer, Manner, Request};
use crate::values::rng::Rng;

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Which requests it may strike.
    #[serde(default, rename = "match")]
    pub matcher: Matcher,
    /// Strikes only the n-th matching request (from 1).
    pub nth: Option<u64>,
    /// Strikes each n-th matching request.
    pub every: Option<u64>,
    /// Strikes a matching request with this probability.
    pub probability: Option<f64>,
    /// Strikes at most so often.
    pub times: Option<u64>,
    /// Before the work (which is then not done) or after it.
    #[serde(default = "before")]
    pub when: When,
    /// What happens.
    pub action: Action,
}

fn before() -> When {
    When::Before
}

/// Which requests a rule may strike: all that is given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    /// In capitals.
    pub method: Option<String>,
    /// How the path begins.
    #[serde(alias = "path")]
    pub path_prefix: Option<String>,
    /// A piece of the raw query.
    pub query: Option<String>,
}

/// What happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type",
    deny_unknown_fields
)]
pub enum Action {
    /// The connection is closed without an answer.
    Drop,
    /// The connection is closed at once, and the work is done so much later.
    WorkLater {
        /// Milliseconds.
        ms: u64,
    },
    /// This answer instead.
    Status {
        /// Status code.
        status: u16,
        /// A string as it is, anything else as JSON.
        #[serde(default)]
        body: Value,
        /// Its headers.
        #[serde(default)]
        headers: Map<String, Value>,
    },
    /// A gateway's 502 page.
    Html,
    /// JSON cut in the middle; `clean`: the transfer itself is whole.
    CutOff {
        /// Whether the transfer is well-formed.
        #[serde(default)]
        clean: bool,
    },
    /// JSON of another shape.
    WrongShape {
        /// What is sent.
        #[serde(default = "odd_shape")]
        body: Value,
    },
    /// The body takes so long.
    SlowBody {
        /// Milliseconds.
        ms: u64,
    },
    /// The answer takes so long; with `when: before` the work too, whether or not anybody still waits.
    SlowHeaders {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer ever.
    Hang,
    /// The cursor of the answer is the one just sent.
    RepeatCursor,
    /// No entries, nothing done, and a cursor that goes on.
    EmptyPage,
    /// The answer with so many bytes more.
    HugeBody {
        /// How many.
        bytes: usize,
    },
    /// A redirect.
    Redirect {
        /// The target.
        to: String,
        /// Status code.
        #[serde(default = "found")]
        status: u16,
    },
}

fn odd_shape() -> Value {
    json!({"workflowRuns": "none", "messages": 7, "deleted": [], "cursor": {}})
}

fn found() -> u16 {
    302
}

struct Armed {
    rule: Rule,
    seen: u64,
    struck: u64,
}

/// The rules in force.
pub struct Faults {
    rules: Vec<Armed>,
    rng: Rng,
    nonce: u64,
    /// How often each kind of action struck.
    pub struck: Map<String, Value>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults { rules: Vec::new(), rng: Rng::new(0), nonce: 0, struck: Map::new() }
    }
}

/// A list of rules, or `{rules, seed}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Bare(Vec<Value>),
    Seeded {
        rules: Vec<Value>,
        #[serde(default)]
        seed: u64,
    },
}

/// One rule from JSON; an action without fields may be a bare string, a status a bare number.
fn read_rule(mut rule: Value) -> Result<Rule, String> {
    if let Some(status) = rule.get("action").and_then(Value::as_u64) {
        let body = json!({"error": format!("fault: {status}")});
        rule["action"] = json!({"type": "status", "status": status, "body": body});
    }
    if let Some(name) = rule.get("action").and_then(Value::as_str).map(str::to_owned) {
        rule["action"] = json!({ "type": name });
    }
    let rule: Rule = serde_json::from_value(rule).map_err(|e| format!("faults: {e}"))?;
    if rule.every == Some(0) || rule.nth == Some(0) {
        return Err("faults: nth and every count from 1".into());
    }
    Ok(rule)
}

impl Faults {
    /// Rules from the control API's body.
    pub fn parse(body: Value) -> Result<Self, String> {
        let (rules, seed) = match serde_json::from_value(body) {
            Ok(Body::Bare(rules)) => (rules, 0),
            Ok(Body::Seeded { rules, seed }) => (rules, seed),
            Err(_) => return Err("faults: a list of rules or {rules, seed} is needed".into()),
        };
        let rules = rules.into_iter().map(read_rule).collect::<Result<Vec<_>, _>>()?;
        let armed = |rule| Armed { rule, seen: 0, struck: 0 };
        Ok(Faults {
            rules: rules.into_iter().map(armed).collect(),
            rng: Rng::new(seed),
            nonce: 0,
            struck: Map::new(),
        })
    }

    /// The first rule that strikes this request. Each rule counts every request that it matches.
    pub fn strike(&mut self, request: &Request) -> Option<(When, Action)> {
        let mut chosen: Option<(When, Action)> = None;
        for armed in &mut self.rules {
            if !armed.rule.matcher.accepts(request) {
                continue;
            }
            armed.seen += 1;
            let rule = &armed.rule;
            let due = rule.nth.is_none_or(|n| armed.seen == n)
                && rule.every.is_none_or(|n| armed.seen % n == 0)
                && rule.probability.is_none_or(|p| self.rng.fraction() < p)
                && rule.times.is_none_or(|n| armed.struck < n);
            if due && chosen.is_none() {
                armed.struck += 1;
                chosen = Some((rule.when, rule.action.clone()));
            }
        }
        if let Some((_, action)) = &chosen {
            let count = self.struck.get(action.name()).and_then(Value::as_u64).unwrap_or(0);
            self.struck.insert(action.name().into(), (count + 1).into());
        }
        chosen
    }

    /// A number that no earlier answer carried.
    pub fn nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }
}

impl Matcher {
    fn accepts(&self, request: &Request) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self
                .path_prefix
                .as_ref()
                .is_none_or(|prefix| request.path.starts_with(prefix.as_str()))
            && self.query.as_ref().is_none_or(|piece| request.raw_query.contains(piece.as_str()))
    }
}

impl Action {
    /// As it is written in a rule.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Drop => "drop",
            Action::WorkLater { .. } => "workLater",
            Action::Status { .. } => "status",
            Action::Html => "html",
            Action::CutOff { .. } => "cutOff",
            Action::WrongShape { .. } => "wrongShape",
            Action::SlowBody { .. } => "slowBody",
            Action::SlowHeaders { .. } => "slowHeaders",
            Action::Hang => "hang",
            Action::RepeatCursor => "repeatCursor",
            Action::EmptyPage => "emptyPage",
            Action::HugeBody { .. } => "hugeBody",
            Action::Redirect { .. } => "redirect",
        }
    }

    /// What is sent, given the answer of the work (or none, if the work was not done).
    pub fn apply(&self, request: &Request, answer: Option<Answer>, nonce: u64) -> Answer {
        let sent = request.query.get("cursor");
        let worked = answer.is_some();
        let answer = answer.unwrap_or_else(|| blank_page(request, sent.map(str::to_owned)));
        match self {
            Action::Drop | Action::WorkLater { .. } => Answer { manner: Manner::Drop, ..answer },
            Action::Hang => Answer { manner: Manner::Hang, ..answer },
            Action::Status { status, body, headers } => {
                let answer = match body {
                    Value::Null => Answer::empty(*status),
                    Value::String(text) => Answer { body: text.clone().into(), ..Answer::empty(*status) },
                    other => Answer::json(*status, other),
                };
                headers.iter().fold(answer, |answer, (name, value)| match value {
                    Value::String(text) => answer.with(name, text),
                    other => answer.with(name, other),
                })
            }
            Action::Html => Answer {
                body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
                    .into(),
                ..Answer::empty(502).with("content-type", "text/html")
            },
            Action::CutOff { clean } => {
                let half = answer.body.len() / 2;
                if *clean {
                    Answer { body: answer.body.slice(..half), ..answer }
                } else {
                    Answer { manner: Manner::CutAt(half), ..answer }
                }
            }
            Action::WrongShape { body } => Answer::json(200, body),
            Action::SlowBody { ms } => Answer { manner: Manner::Slow(Duration::from_millis(*ms)), ..answer },
            // The server waits.
            Action::SlowHeaders { .. } => answer,
            Action::RepeatCursor => match (worked, sent) {
                (false, _) => answer,
                (true, None) => answer,
                (true, Some(cursor)) => with_field(answer, "cursor", cursor.into()),
            },
            Action::EmptyPage => {
                let place = sent.unwrap_or("top").split('~').next().unwrap_or("top");
                blank_page(request, Some(format!("{place}~{nonce}")))
            }
            Action::HugeBody { bytes } => with_field(answer, "padding", "x".repeat(*bytes).into()),
            Action::Redirect { to, status } => Answer::empty(*status).with("location", to),
        }
    }
}

/// A page without entries, of the shape that the request expects.
fn blank_page(request: &Request, cursor: Option<String>) -> Answer {
    let is_logs = request.path.starts_with("/v2/workflows/") && !request.path.contains("/dlq");
    let mut page = match request.method.as_str() {
        "GET" if is_logs => json!({ "runs": [] }),
        "GET" => json!({ "messages": [] }),
        "DELETE" => json!({ "deleted": 0 }),
        _ => json!({ "workflowRuns": [] }),
    };
    // In either order there is something behind it.
    page["cursor"] = cursor.map_or(json!("top"), Value::from);
    Answer::json(200, &page)
}

fn with_field(answer: Answer, name: &str, value: Value) -> Answer {
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(name.into(), value);
            Answer { body: Value::Object(fields).to_string().into(), ..answer }
        }
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::query::Query;

    fn request(method: &str, path: &str, query: &str) -> Request {
        Request {
            method: method.into(),
            path: path.into(),
            raw_query: query.into(),
            query: Query::parse(query),
            headers: Default::default(),
            body: Default::default(),
            peer: String::new(),
        }
    }

    fn strikes(rules: Value, count: usize) -> Vec<bool> {
        let mut faults = Faults::parse(rules).unwrap();
        let request = request("POST", "/v2/workflows/dlq/resume", "count=5");
        (0..count).map(|_| faults.strike(&request).is_some()).collect()
    }

    #[test]
    fn schedules() {
        assert_eq!(strikes(json!([{"nth": 2, "action": 500}]), 4), [false, true, false, false]);
        assert_eq!(
            strikes(json!([{"every": 2, "times": 1, "action": "hang"}]), 4),
            [false, true, false, false]
        );
        let p = json!({"seed": 3, "rules": [{"probability": 0.5, "action": "html"}]});
        let once = strikes(p.clone(), 100);
        assert_eq!(once, strikes(p, 100));
        assert!((20..80).contains(&once.iter().filter(|hit| **hit).count()));
    }

    #[test]
    fn matchers() {
        let mut faults = Faults::parse(json!([
            {"match": {"method": "GET", "pathPrefix": "/v2/dlq", "query": "label=a"}, "action": "drop"}
        ]))
        .unwrap();
        assert!(faults.strike(&request("POST", "/v2/dlq", "label=a")).is_none());
        assert!(faults.strike(&request("GET", "/v2/workflows", "label=a")).is_none());
        assert!(faults.strike(&request("GET", "/v2/dlq", "label=b")).is_none());
        assert!(faults.strike(&request("GET", "/v2/dlq", "label=a")).is_some());
        assert_eq!(faults.struck["drop"], 1);
    }

    #[test]
    fn bad_rules_are_refused() {
        for bad in [
            json!({}),
            json!([{}]),
            json!([{"action": "explode"}]),
            json!([{"nth": 0, "action": "drop"}]),
        ] {
            assert!(Faults::parse(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn answers() {
        let request = request("POST", "/v2/workflows/dlq/resume", "cursor=7-1");
        let page = || Some(Answer::json(200, &json!({"workflowRuns": [1], "cursor": "9-0"})));
        let body = |answer: Answer| -> Value { serde_json::from_slice(&answer.body).unwrap() };
        let repeated = body(Action::RepeatCursor.apply(&request, page(), 1));
        assert_eq!(repeated, json!({"workflowRuns": [1], "cursor": "7-1"}));
        let stuck = body(Action::RepeatCursor.apply(&request, None, 1));
        assert_eq!(stuck, json!({"workflowRuns": [], "cursor": "7-1"}));
        let empty = body(Action::EmptyPage.apply(&request, None, 4));
        assert_eq!(empty, json!({"workflowRuns": [], "cursor": "7-1~4"}));
        let huge = Action::HugeBody { bytes: 1_000 }.apply(&request, page(), 1);
        assert!(huge.body.len() > 1_000);
        let cut = Action::CutOff { clean: true }.apply(&request, page(), 1);
        assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
        assert_eq!(Action::Drop.apply(&request, page(), 1).manner, Manner::Drop);
    }
}
