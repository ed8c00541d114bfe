//! Faults: rules with a matcher, a schedule and an action. They have a generator of their own, so that switching other
//! randomness does not change which requests they strike.

mod action;

use action::with_field;
pub use action::Action;
use serde::Deserialize;
use serde_json::{json, Map, Value};

use crate::config::When;
use crate::http::{Request, Response};
use crate::values::range::{within, BYTES, SPAN_MS};
use crate::values::rng::Rng;

/// A fault rule. All conditions that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Requests it applies to.
    #[serde(default, rename = "match")]
    pub matcher: Matcher,
    /// Strikes only the n-th matching request, from 1.
    pub nth: Option<u64>,
    /// Strikes every n-th matching request.
    pub every: Option<u64>,
    /// Strikes a matching request with this probability, 0 to 1.
    pub probability: Option<f64>,
    /// Maximum number of strikes.
    pub times: Option<u64>,
    /// Before the handler, which then does not run, or after it.
    #[serde(default = "before")]
    pub when: When,
    /// The fault.
    pub action: Action,
}

fn before() -> When {
    When::Before
}

/// Conditions on a request; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    /// In capitals.
    pub method: Option<String>,
    /// A prefix of the path.
    #[serde(alias = "path")]
    pub path_prefix: Option<String>,
    /// A substring of the raw query.
    pub query: Option<String>,
}

struct Armed {
    rule: Rule,
    seen: u64,
    struck: u64,
}

/// The current rules and their counts.
pub struct Faults {
    rules: Vec<Armed>,
    rng: Rng,
    nonce: u64,
    /// The cursors that `cycleCursor` repeats, and the number of repetitions so far.
    ring: (Vec<Value>, usize),
    /// Number of strikes per action.
    pub struck: Map<String, Value>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            rules: Vec::new(),
            rng: Rng::new(0),
            nonce: 0,
            ring: Default::default(),
            struck: Map::new(),
        }
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

/// Parses a rule. An action without fields may be a string, a status a number.
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
    if let Some(p) = rule.probability.filter(|p| !(0.0..=1.0).contains(p)) {
        return Err(format!("faults: probability is a number from 0 to 1, not {p}"));
    }
    let checked = match rule.action {
        Action::Status { status, .. } | Action::Redirect { status, .. } => {
            within("status", status, 100..=999)
        }
        Action::WorkLater { ms } | Action::SlowBody { ms } | Action::SlowHeaders { ms } => {
            within("ms", ms, SPAN_MS)
        }
        Action::HugeBody { bytes } => within("bytes", bytes, BYTES),
        Action::CycleCursor { length } => within("length", length, 1..=1_000_000),
        _ => Ok(()),
    };
    checked.map_err(|why| format!("faults: {why}"))?;
    Ok(rule)
}

impl Faults {
    /// Parses the body of `POST faults`.
    ///
    /// # Errors
    /// The first rule that is wrong, and why.
    pub fn parse(body: Value) -> Result<Self, String> {
        let (rules, seed) = match serde_json::from_value(body) {
            Ok(Body::Bare(rules)) => (rules, 0),
            Ok(Body::Seeded { rules, seed }) => (rules, seed),
            Err(_) => return Err("faults: send a list of rules, or {rules, seed}".into()),
        };
        let rules = rules.into_iter().map(read_rule).collect::<Result<Vec<_>, _>>()?;
        let armed = |rule| Armed { rule, seen: 0, struck: 0 };
        Ok(Faults {
            rules: rules.into_iter().map(armed).collect(),
            rng: Rng::new(seed),
            ..Faults::default()
        })
    }

    /// The fault of the first rule that strikes this request. Each rule counts every request that it matches.
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

    /// Replaces the cursor by one of the first `length`, in turn, once these have been sent.
    pub fn cycle(&mut self, length: usize, response: Response) -> Response {
        let (ring, turned) = &mut self.ring;
        if ring.len() < length {
            let own = serde_json::from_slice::<Value>(&response.body).ok();
            ring.extend(own.map(|mut body| body["cursor"].take()));
            return response;
        }
        let cursor = ring[*turned % ring.len()].clone();
        *turned += 1;
        with_field(response, "cursor", cursor)
    }

    /// A number that no earlier cursor has.
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
            json!([{"probability": 5, "action": "drop"}]),
            json!([{"action": 7}]),
            json!([{"action": {"type": "redirect", "to": "http://localhost", "status": 30_200}}]),
            json!([{"action": {"type": "slowBody", "ms": u64::MAX}}]),
            json!([{"action": {"type": "hugeBody", "bytes": u64::MAX}}]),
            json!([{"action": {"type": "cycleCursor", "length": 0}}]),
        ] {
            assert!(Faults::parse(bad.clone()).is_err(), "{bad}");
        }
    }
}
