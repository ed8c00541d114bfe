//! Seeding many entries from a pattern, without a run that failed.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::entry::{Entry, FailureState, Shared};
use super::store::Store;
use super::Key;
use crate::overrides::parse_flow;
use crate::seeded::plan::{RunPlan, STEP_NAME_HEADER};
use crate::values::range::{within, BYTES, COUNT, DATE_MS, SPAN_MS};
use crate::values::redaction::Redaction;
use crate::values::rng::{mix, Rng};

/// Number and content of the entries. A list of n values gives every n-th entry one of them. Each combination of values
/// of different lists occurs equally often.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SeedRequest {
    /// Number of entries.
    pub count: u32,
    /// Workflow URLs.
    pub workflow_urls: Vec<String>,
    /// Each a label, a list of labels, or null.
    pub labels: Vec<Value>,
    /// Statuses of the last response.
    pub statuses: Vec<u16>,
    /// Bodies of the last response; `{i}` is the entry's number.
    pub response_bodies: Vec<String>,
    /// Failed steps, named in a header of the last response; null: none.
    pub steps: Vec<Option<String>>,
    /// Bodies of the message; `{i}` is the entry's number.
    pub bodies: Vec<String>,
    /// States of the failure function, or null.
    pub states: Vec<Option<FailureState>>,
    /// Addresses of the clients that triggered the runs.
    pub caller_ips: Vec<String>,
    /// Flow-control keys, or null.
    pub flow_control_keys: Vec<Option<String>>,
    /// URL of the failure function.
    pub failure_callback: Option<String>,
    /// Maximum number of retries.
    pub max_retries: u32,
    /// Time of the first failure; default: one second per entry before `to`, at most a day.
    pub from: Option<i64>,
    /// Time of the last failure; default: one second ago.
    pub to: Option<i64>,
    /// Age of the message at its failure, in milliseconds.
    pub message_age_ms: i64,
    /// Age of the run at its failure, in milliseconds.
    pub run_age_ms: i64,
    /// Fraction of the entries that can't be resumed, evenly spread.
    pub unresumable: f64,
    /// Whether body and all headers are redacted.
    pub redacted: bool,
    /// Redacted fields, in the syntax of `Upstash-Redact-Fields`.
    pub redact: Option<String>,
    /// Minimum bytes of each message body; shorter ones are padded.
    pub payload_bytes: usize,
    /// Seed of the run ids; default: the emulator's generator of ids.
    pub seed: Option<u64>,
    /// What a resumed run does.
    pub runs: RunPlan,
}

impl Default for SeedRequest {
    fn default() -> Self {
        SeedRequest {
            count: 1,
            workflow_urls: vec!["https://example.com/workflow".into()],
            labels: vec![Value::Null],
            statuses: vec![500],
            response_bodies: vec![r#"{"error":"Error","message":"seeded failure"}"#.into()],
            steps: vec![None],
            bodies: vec![r#"{"entry":{i}}"#.into()],
            states: vec![None],
            caller_ips: vec!["127.0.0.1".into()],
            flow_control_keys: vec![None],
            failure_callback: None,
            max_retries: 3,
            from: None,
            to: None,
            message_age_ms: 1_000,
            run_age_ms: 5_000,
            unresumable: 0.0,
            redacted: false,
            redact: None,
            payload_bytes: 0,
            seed: None,
            runs: RunPlan::default(),
        }
    }
}

/// Adds the entries and returns their keys.
///
/// # Errors
/// The field that is wrong, and what it takes.
pub fn seed(
    store: &mut Store,
    request: &SeedRequest,
    rng: &mut Rng,
    now: i64,
) -> Result<Vec<Key>, String> {
    let lists = [
        request.workflow_urls.len(),
        request.labels.len(),
        request.statuses.len(),
        request.response_bodies.len(),
        request.bodies.len(),
        request.caller_ips.len(),
        request.flow_control_keys.len(),
        request.steps.len(),
        request.states.len(),
    ];
    if lists.contains(&0) {
        return Err("seed: a list needs a value at least; leave it out for the default".into());
    }
    request.check().map_err(|why| format!("seed: {why}"))?;
    let count = i64::from(request.count);
    let to = request.to.unwrap_or(now - 1_000);
    let from = request.from.unwrap_or(to - (count * 1_000).min(86_400_000));
    if from > to || !DATE_MS.contains(&from) || !DATE_MS.contains(&to) {
        return Err(
            "seed: from and to are Unix milliseconds up to the year 9999, from at most to".into()
        );
    }
    let mut made: HashMap<usize, Arc<Shared>> = HashMap::new();
    let mut keys = Vec::with_capacity(request.count as usize);
    for i in 0..request.count {
        let mut rest = i as usize;
        let mut at = [0; 9];
        for (slot, length) in at.iter_mut().zip(lists) {
            *slot = rest % length;
            rest /= length;
        }
        let combinations = lists[..8].iter().fold(1, |all: usize, one| all.saturating_mul(*one));
        let combination = i as usize % combinations;
        let shared = match made.get(&combination) {
            Some(shared) => shared.clone(),
            None => {
                let shared = Arc::new(make_shared(request, &at)?);
                made.insert(combination, shared.clone());
                shared
            }
        };
        let ms = from + date_part(to - from, i64::from(i), (count - 1).max(1));
        let entry = Entry {
            index: i,
            run_id: rng.id("wfr_").into(),
            run_created_at: (ms - request.run_age_ms).max(0),
            created_at: (ms - request.message_age_ms).max(0),
            shared,
            state: request.states[at[8]],
            callback_response: None,
            unresumable: chosen(u64::from(i), request.unresumable),
            leaving: false,
            source: None,
        };
        keys.push(store.insert(ms, entry));
    }
    Ok(keys)
}

/// `part / whole` of a span, in 128 bits: the product does not fit 64.
fn date_part(span: i64, part: i64, whole: i64) -> i64 {
    (i128::from(span) * i128::from(part) / i128::from(whole)) as i64
}

impl SeedRequest {
    fn check(&self) -> Result<(), String> {
        within("count", self.count, COUNT)?;
        within("payloadBytes", self.payload_bytes, BYTES)?;
        within("unresumable", self.unresumable, 0.0..=1.0)?;
        let age_most = *SPAN_MS.end() as i64;
        within("messageAgeMs", self.message_age_ms, 0..=age_most)?;
        within("runAgeMs", self.run_age_ms, 0..=age_most)?;
        self.runs.check()
    }

    fn redaction(&self) -> Result<Redaction, String> {
        match &self.redact {
            Some(fields) => Redaction::parse(fields),
            None if self.redacted => Ok(Redaction::everything()),
            None => Ok(Redaction::default()),
        }
    }
}

/// Pads a body with spaces, which keep JSON valid.
fn filled(body: &str, bytes: usize) -> Vec<u8> {
    let mut body = body.as_bytes().to_vec();
    body.resize(body.len().max(bytes), b' ');
    body
}

/// Whether number `i` belongs to an evenly spread fraction.
pub fn chosen(i: u64, part: f64) -> bool {
    part > 0.0 && (mix(i.wrapping_add(1)) >> 11) as f64 / (1u64 << 53) as f64 <= part
}

fn make_shared(request: &SeedRequest, at: &[usize; 9]) -> Result<Shared, String> {
    let url = &request.workflow_urls[at[0]];
    let labels = match &request.labels[at[1]] {
        Value::Null => Vec::new(),
        Value::String(label) => vec![label.clone()],
        many => serde_json::from_value(many.clone())
            .map_err(|_| "seed: a label is a string, a list of strings or null".to_owned())?,
    };
    let flow = match &request.flow_control_keys[at[6]] {
        None => None,
        Some(key) => parse_flow(Some(key.clone()), Some("parallelism=10, rate=100".into()))?,
    };
    let json = |name: &str| (name.to_owned(), vec!["application/json".to_owned()]);
    let step = request.steps[at[7]].iter();
    let step = step.map(|step| (STEP_NAME_HEADER.to_owned(), vec![step.clone()]));
    Ok(Shared {
        url: url.clone(),
        workflow_url: url.as_str().into(),
        method: "POST".into(),
        header: vec![
            json("Content-Type"),
            ("Upstash-Workflow-Sdk-Version".into(), vec!["1".into()]),
        ],
        body: filled(&request.bodies[at[4]], request.payload_bytes),
        max_retries: request.max_retries,
        caller_ip: request.caller_ips[at[5]].clone(),
        labels,
        flow,
        response_status: request.statuses[at[2]],
        response_header: [json("Content-Type")].into_iter().chain(step).collect(),
        response_body: request.response_bodies[at[3]].clone().into_bytes(),
        failure_callback: request.failure_callback.clone(),
        redaction: request.redaction()?,
        plan: request.runs.clone(),
        again: None,
    }
    .planned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn combinations_are_even() {
        let request: SeedRequest = serde_json::from_value(json!({
            "count": 120,
            "workflowUrls": ["u1", "u2", "u3"],
            "labels": ["a", ["b", "c"]],
            "states": ["CALLBACK_FAIL", null]
        }))
        .unwrap();
        let mut store = Store::default();
        let keys = seed(&mut store, &request, &mut Rng::new(1), 1_000_000_000).unwrap();
        let (first, last) = (keys[0], keys[119]);
        assert_eq!(store.len(), 120);
        assert_eq!(last.ms, 999_999_000);
        assert_eq!(first.ms, last.ms - 120_000);
        let mut groups: BTreeMap<String, u32> = BTreeMap::new();
        let page = store.page(&Default::default(), None, 1_000, false, &Default::default());
        for key in page.keys {
            let entry = store.get(key).unwrap();
            let group = format!(
                "{} {:?} {:?}",
                entry.shared.workflow_url, entry.shared.labels, entry.state
            );
            *groups.entry(group).or_default() += 1;
        }
        assert_eq!(groups.len(), 12);
        assert!(groups.values().all(|count| *count == 10), "{groups:?}");
    }

    #[test]
    fn the_longest_span_and_many_combinations_do_not_overflow() {
        let many = vec!["http://a.example"; 70_000];
        let request: SeedRequest = serde_json::from_value(json!({
            "count": 3, "from": DATE_MS.start(), "to": DATE_MS.end(),
            "workflowUrls": many, "bodies": many, "callerIps": many, "responseBodies": many
        }))
        .unwrap();
        let keys = seed(&mut Store::default(), &request, &mut Rng::new(1), 0).unwrap();
        let dates: Vec<i64> = keys.iter().map(|key| key.ms).collect();
        assert_eq!(dates, [0, DATE_MS.end() / 2, *DATE_MS.end()]);
    }

    #[test]
    fn a_part_is_spread() {
        let hits = (0..10_000).filter(|i| chosen(*i, 0.2)).count();
        assert!((1_800..2_200).contains(&hits), "{hits}");
        assert!((0..1_000).all(|i| chosen(i, 1.0)));
        assert!(!(0..1_000).any(|i| chosen(i, 0.0)));
    }

    #[test]
    fn refusals() {
        let bad = |json: Value| {
            let request: SeedRequest = serde_json::from_value(json).unwrap();
            seed(&mut Store::default(), &request, &mut Rng::new(1), 1_000_000).is_err()
        };
        assert!(bad(json!({"statuses": []})));
        assert!(bad(json!({"from": 2, "to": 1})));
        for (name, value) in [
            ("count", json!(u32::MAX)),
            ("from", json!(i64::MIN)),
            ("to", json!(i64::MAX)),
            ("payloadBytes", json!(u64::MAX)),
            ("unresumable", json!(1.5)),
            ("messageAgeMs", json!(i64::MIN)),
            ("runAgeMs", json!(i64::MAX)),
            ("runs", json!({"spreadMs": u64::MAX})),
        ] {
            assert!(bad(json!({ name: value })), "{name}");
        }
        assert!(serde_json::from_value::<SeedRequest>(json!({"nunber": 1})).is_err());
    }
}
