//! The runs of the engine, and the record of deliveries.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{json, Value};
use tokio::time::Instant;

use super::events::Events;
use super::flow::Gates;
use super::item::Pairs;
use super::send::Reply;
use super::step::{Info, Step};
use super::{Message, Work};
use crate::audit::{Record, RunState};
use crate::logs::attempt::Attempt;
use crate::overrides::FlowControl;
use crate::schedule::Task;
use crate::state::State;
use crate::values::now_ms;
use crate::values::redaction::Redaction;

/// Deliveries that are kept for the control API.
const KEPT: usize = 20_000;

/// Settings of a run; a resume may override some.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Endpoint of the workflow.
    pub url: String,
    /// Maximum retries of a message.
    pub retries: u32,
    /// Expression for the delay of a retry.
    pub retry_delay: Option<String>,
    /// Flow control of the deliveries.
    pub flow: Option<FlowControl>,
    /// Labels of the run.
    pub labels: Vec<String>,
    /// URL of the failure function.
    pub failure_url: Option<String>,
    /// Headers that every delivery forwards.
    pub forward: Pairs,
    /// Headers that calls of the failure function forward.
    pub failure_forward: Pairs,
    /// Content type of the first payload.
    pub content_type: String,
    /// Address of the client that triggered the run.
    pub caller_ip: String,
    /// Fields that lists and logs redact; deliveries have them.
    pub redaction: Redaction,
}

impl Spec {
    /// The settings as the control API shows them.
    pub fn to_json(&self) -> Value {
        json!({
            "retries": self.retries,
            "retryDelay": self.retry_delay,
            "flowControl": self.flow.as_ref().map(|flow| json!({"key": flow.key, "value": flow.value})),
            "labels": self.labels,
            "failureCallback": self.failure_url,
        })
    }
}

/// The step of another run that invoked this one.
#[derive(Debug, Clone)]
pub struct Invoker {
    /// The invoking run.
    pub run: Arc<str>,
    /// Its waiting step.
    pub step: serde_json::Map<String, Value>,
}

/// A run.
#[derive(Debug)]
pub struct Run {
    /// Settings.
    pub spec: Arc<Spec>,
    /// Creation, in Unix milliseconds.
    pub created_at: i64,
    /// First payload and results so far.
    pub steps: Vec<Step>,
    /// Unacknowledged messages.
    pub pending: BTreeSet<usize>,
    /// Messages that were unacknowledged when the run ended.
    pub left: BTreeSet<usize>,
    /// Failed attempts by message.
    pub tries: BTreeMap<usize, Tries>,
    /// State.
    pub state: RunState,
    /// Result.
    pub result: Option<Value>,
    /// The step that waits for this run.
    pub invoker: Option<Invoker>,
}

/// Attempts to deliver a message.
#[derive(Debug, Default)]
pub struct Tries {
    /// Failed attempts, oldest first.
    pub failed: Vec<Attempt>,
    /// Time of the next attempt.
    pub retry_at: Option<i64>,
}

impl Run {
    /// A run without steps.
    pub fn new(spec: Arc<Spec>, created_at: i64) -> Self {
        Run {
            spec,
            created_at,
            steps: Vec::new(),
            pending: BTreeSet::new(),
            left: BTreeSet::new(),
            tries: BTreeMap::new(),
            state: RunState::Started,
            result: None,
            invoker: None,
        }
    }
}

/// Records an attempt that failed at `now` for the logs. `retry_ms`: delay of the next one, before the clock factor.
pub fn attempt_failed(
    state: &mut State,
    message: &Message,
    reply: &Reply,
    retry_ms: Option<f64>,
    now: i64,
) {
    let delay = retry_ms.map(|ms| state.config.delay(ms).as_millis() as i64);
    let Some(run) = state.runs.get_mut(&message.run) else { return };
    let tries = run.tries.entry(message.index).or_default();
    tries.failed.push(Attempt::of(reply, now));
    tries.retry_at = delay.map(|delay| now + delay);
}

/// All runs of the engine.
#[derive(Debug)]
pub struct Runs {
    runs: HashMap<Arc<str>, Run>,
    deliveries: VecDeque<(Arc<str>, Value)>,
    /// Waits for events.
    pub events: Events,
    /// Flow control.
    pub gates: Gates,
    message_prefix: String,
    messages: u64,
}

impl Runs {
    /// An empty collection. `tag` is part of the ids of its messages.
    pub fn new(tag: &str) -> Self {
        Runs {
            runs: HashMap::new(),
            deliveries: VecDeque::new(),
            events: Events::default(),
            gates: Gates::default(),
            message_prefix: format!("msg_{tag}"),
            messages: 0,
        }
    }

    /// A new message id.
    pub fn message_id(&mut self) -> String {
        self.messages += 1;
        format!("{}{}", self.message_prefix, self.messages)
    }

    /// Adds a run.
    pub fn insert(&mut self, id: Arc<str>, run: Run) {
        self.runs.insert(id, run);
    }

    /// A run.
    pub fn get(&self, id: &str) -> Option<&Run> {
        self.runs.get(id)
    }

    /// A mutable run.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.get_mut(id)
    }

    /// All runs.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Run)> {
        self.runs.iter()
    }

    /// A run that has not ended.
    pub fn active(&self, id: &str) -> Option<&Run> {
        self.get(id).filter(|run| run.state == RunState::Started)
    }

    /// Records a delivery.
    pub fn sent(&mut self, run: Arc<str>, delivery: Value) {
        if self.deliveries.len() == KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back((run, delivery));
    }

    /// The recorded deliveries, oldest first; only those of `ids`, unless that is empty.
    pub fn deliveries(&self, ids: &[String]) -> Vec<Value> {
        let wanted = |run: &str| ids.is_empty() || ids.iter().any(|id| id == run);
        self.deliveries
            .iter()
            .filter(|(run, _)| wanted(run))
            .map(|(_, delivery)| delivery.clone())
            .collect()
    }

    /// A run as the control API shows it.
    pub fn shown(&self, record: &Record) -> Value {
        let mut shown = record.to_json();
        if let Some(run) = self.get(&record.id) {
            shown["result"] = run.result.clone().unwrap_or_default();
            shown["settings"] = run.spec.to_json();
            let names = run.steps.iter().enumerate().map(|(i, step)| step.name(i).to_owned());
            shown["steps"] = names.collect::<Vec<_>>().into();
            shown["pending"] = run.pending.len().into();
        }
        shown
    }
}

/// Adds a step to a run that has not ended, and schedules its delivery.
pub fn append(state: &mut State, id: &Arc<str>, body: Vec<u8>, delay_ms: f64) -> Option<String> {
    let info: Info = serde_json::from_slice(&body).unwrap_or_default();
    let step = Step {
        message_id: state.runs.message_id(),
        body: Arc::new(body),
        info,
        call: None,
        due: Instant::now() + state.config.delay(delay_ms),
        created_at: now_ms(),
    };
    push(state, id, step)
}

/// Adds a message, counts it in the audit and schedules its delivery.
pub fn push(state: &mut State, id: &Arc<str>, step: Step) -> Option<String> {
    let State { runs, audit, schedule, .. } = state;
    let run = runs.get_mut(id).filter(|run| run.state == RunState::Started)?;
    if step.is_result() {
        audit.step(id, &step.info.step_name).completed += 1;
        if run
            .steps
            .iter()
            .any(|known| known.is_result() && known.info.step_id == step.info.step_id)
        {
            audit.duplicate_step();
        }
    }
    let (index, message_id) = (run.steps.len(), step.message_id.clone());
    let work = work_of(id, index, &step);
    schedule.add(step.due.saturating_duration_since(Instant::now()), work);
    run.pending.insert(index);
    run.steps.push(step);
    Some(message_id)
}

/// The task that delivers a message.
pub fn work_of(run: &Arc<str>, index: usize, step: &Step) -> Task {
    let message = Message::first(run, index);
    Task::Engine(if step.call.is_some() { Work::Call(message) } else { Work::Deliver(message) })
}

/// Ends a run and notifies the run that invoked it.
pub fn end(state: &mut State, id: &Arc<str>, end: RunState, result: Option<Value>) {
    let Some(run) = state.runs.get_mut(id) else { return };
    run.state = end;
    run.result.clone_from(&result);
    let invoker = run.invoker.take();
    // The message that ends a run is in flight; others may be scheduled.
    if end != RunState::Success || run.pending.len() > 1 {
        state.schedule.forget(id);
    }
    run.left = std::mem::take(&mut run.pending);
    state.audit.set_state(id, end, now_ms());
    state.console.line(|| format!("run       {id}  {}", end.name()));
    state.runs.events.forget(id);
    if let Some(Invoker { run, mut step }) = invoker {
        let out = json!({
            "workflowRunId": &**id,
            "body": result.map(|result| result.to_string()),
            "isFailed": end == RunState::Failed,
            "isCanceled": end == RunState::Canceled,
        });
        step.insert("out".into(), out.to_string().into());
        append(state, &run, Value::Object(step).to_string().into_bytes(), 0.0);
    }
}
