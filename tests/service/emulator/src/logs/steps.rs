//! The steps of a run, in groups: finished ones, sequential or parallel, and those in progress.

use serde_json::{json, Map, Value};

use super::attempt::Attempt;
use super::Bodies;
use crate::audit::RunState;
use crate::engine::again::is_answered;
use crate::engine::runs::Run;
use crate::engine::step::Step;
use crate::seeded::Progress;
use crate::values::redaction::{redacted, Redaction};

/// A group of steps.
#[derive(Debug)]
pub struct Group {
    kind: Kind,
    /// The steps as the logs show them.
    pub steps: Vec<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequential,
    Parallel,
    Next,
}

impl Group {
    fn one(step: Map<String, Value>) -> Self {
        Group { kind: Kind::Sequential, steps: vec![step.into()] }
    }

    /// An item of `steps`.
    pub fn into_json(self) -> Value {
        let kind = match self.kind {
            Kind::Sequential => "sequential",
            Kind::Parallel => "parallel",
            Kind::Next => "next",
        };
        json!({"type": kind, "steps": self.steps})
    }
}

/// Fields of a step in progress.
struct Unfinished<'a> {
    attempts: &'a [Attempt],
    retry_at: Option<i64>,
    run: RunState,
    retries: u32,
    retry_delay: Option<&'a str>,
}

impl Unfinished<'_> {
    fn state(&self) -> &'static str {
        match (self.run, self.attempts.is_empty()) {
            (RunState::Started | RunState::Success, true) => "STEP_PROGRESS",
            (RunState::Started | RunState::Success, false) => "STEP_RETRY",
            (RunState::Failed, false) => "STEP_FAILED",
            (RunState::Failed, true) | (RunState::Canceled, _) => "STEP_CANCELED",
        }
    }

    fn put(&self, step: &mut Map<String, Value>, bodies: &Bodies) {
        let state = self.state();
        step.insert("state".into(), state.into());
        step.insert("retries".into(), self.retries.into());
        if let Some(delay) = self.retry_delay {
            step.insert("retryDelay".into(), delay.into());
        }
        if !self.attempts.is_empty() {
            let errors = self.attempts.iter().map(|attempt| attempt.to_json(bodies));
            step.insert("errors".into(), errors.collect());
        }
        if let Some(at) = self.retry_at.filter(|_| state == "STEP_RETRY") {
            step.insert("nextDeliveryTime".into(), at.into());
        }
    }

    /// The name that the SDK reported in the last response.
    fn step_name(&self) -> Option<&str> {
        self.attempts.last().and_then(Attempt::step_name)
    }
}

/// The attempts up to a given time.
fn known(attempts: &[Attempt], until: i64) -> &[Attempt] {
    &attempts[..attempts.partition_point(|attempt| attempt.at <= until)]
}

/// The steps of a run of the engine at `until`.
pub fn of_engine(
    run: &Run,
    state: RunState,
    until: i64,
    bodies: &Bodies,
    named: bool,
) -> Vec<Group> {
    let steps = &run.steps[..run.steps.partition_point(|step| step.created_at <= until)];
    let unfinished = |index: usize| {
        let tries = run.tries.get(&index);
        Unfinished {
            attempts: tries.map_or(&[], |tries| known(&tries.failed, until)),
            retry_at: tries.and_then(|tries| tries.retry_at),
            run: state,
            retries: run.spec.retries,
            retry_delay: run.spec.retry_delay.as_deref(),
        }
    };
    let mut groups: Vec<Group> = Vec::new();
    // Positions of the planned steps in the open parallel group: (step, position).
    let mut planned: Vec<(u64, usize)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let branch = planned.iter().find(|(id, _)| *id == step.info.step_id).map(|(_, at)| *at);
        if index == 0 {
            groups.push(Group::one(initial(step, bodies, &run.spec.redaction)));
        } else if step.is_plan() {
            let mut shown = shown(step, bodies);
            if planned.is_empty() || shown["concurrent"] == planned.len() {
                planned.clear();
                groups.push(Group { kind: Kind::Parallel, steps: Vec::new() });
            }
            let Some(group) = groups.last_mut() else { continue };
            planned.push((step.info.target_step, group.steps.len()));
            shown.insert("stepId".into(), step.info.target_step.into());
            unfinished(index).put(&mut shown, bodies);
            group.steps.push(shown.into());
        } else if let Some(at) = branch {
            let Some(group) = groups.last_mut() else { continue };
            let mut shown = shown(step, bodies);
            match step.is_result() {
                true => shown.insert("state".into(), "STEP_SUCCESS".into()),
                false => {
                    unfinished(index).put(&mut shown, bodies);
                    None
                }
            };
            group.steps[at] = shown.into();
        } else if step.is_result() {
            planned.clear();
            let mut shown = shown(step, bodies);
            shown.insert("state".into(), "STEP_SUCCESS".into());
            shown.insert("retries".into(), run.spec.retries.into());
            groups.push(Group::one(shown));
        }
    }
    let in_branch = |step: &Step| planned.iter().any(|(id, _)| *id == step.info.step_id);
    let open = |index: &&usize| match steps.get(**index) {
        None => false,
        Some(step) if step.call.is_some() && in_branch(step) => false,
        Some(step) => !step.is_plan() && !is_answered(steps, **index),
    };
    let next = run.pending.iter().chain(&run.left).filter(open).map(|index| {
        let (step, unfinished) = (&steps[*index], unfinished(*index));
        let mut shown = Map::new();
        if let Some(call) = &step.call {
            shown.insert("stepName".into(), step.info.step_name.as_str().into());
            shown.insert("stepType".into(), "Call".into());
            shown.insert("callType".into(), "toCallback".into());
            shown.insert("callUrl".into(), call.url.as_str().into());
            shown.insert("callMethod".into(), call.method.as_str().into());
        } else if let Some(name) = unfinished.step_name().filter(|_| named) {
            shown.insert("stepName".into(), name.into());
        }
        shown.insert("messageId".into(), step.message_id.as_str().into());
        unfinished.put(&mut shown, bodies);
        shown.into()
    });
    push_next(&mut groups, next.collect(), state);
    groups
}

/// The steps of a seeded run at `until`.
pub fn of_seeded(
    run: &Progress,
    run_at: i64,
    state: RunState,
    until: i64,
    bodies: &Bodies,
    named: bool,
) -> Vec<Group> {
    let mut id = 0;
    let mut finished = |name: &str, at: i64, concurrent: usize| {
        let kind = if id == 0 { "Initial" } else { "Run" };
        let step = json!({
            "stepId": id, "stepName": name, "stepType": kind, "callType": "step",
            "messageId": format!("msg_{}_{id}", run.entry.run_id), "concurrent": concurrent,
            "state": "STEP_SUCCESS", "createdAt": at, "retries": run.retries,
        });
        id += 1;
        step
    };
    let mut groups =
        vec![Group { kind: Kind::Sequential, steps: vec![finished("init", run_at, 1)] }];
    let mut since = i64::MIN;
    for (at, names) in run.steps.iter().filter(|(at, _)| *at <= until) {
        since = *at;
        let kind = if names.len() > 1 { Kind::Parallel } else { Kind::Sequential };
        let steps = names.iter().map(|name| finished(name, *at, names.len())).collect();
        groups.push(Group { kind, steps });
    }
    let attempts = known(&run.attempts, until);
    let unfinished = Unfinished {
        attempts: &attempts[attempts.partition_point(|attempt| attempt.at < since)..],
        retry_at: run.retry_at,
        run: state,
        retries: run.retries,
        retry_delay: run.entry.shared.plan.retry_delay.as_deref(),
    };
    let mut shown = Map::new();
    shown.insert("messageId".into(), format!("msg_{}_{id}", run.entry.run_id).into());
    if let Some(name) = unfinished.step_name().filter(|_| named) {
        shown.insert("stepName".into(), name.into());
    }
    unfinished.put(&mut shown, bodies);
    push_next(&mut groups, vec![shown.into()], state);
    groups
}

/// Removes steps in progress from a run that has finished.
fn push_next(groups: &mut Vec<Group>, steps: Vec<Value>, state: RunState) {
    if state != RunState::Success && !steps.is_empty() {
        groups.push(Group { kind: Kind::Next, steps });
    }
}

/// The payload.
fn initial(step: &Step, bodies: &Bodies, redaction: &Redaction) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("stepId".into(), 0.into());
    shown.insert("stepName".into(), "init".into());
    shown.insert("stepType".into(), "Initial".into());
    shown.insert("concurrent".into(), 1.into());
    about(&mut shown, step);
    shown.insert("state".into(), "STEP_SUCCESS".into());
    if redaction.body {
        shown.insert("out".into(), redacted(&step.body).into());
    } else {
        bodies.put(&mut shown, "out", &String::from_utf8_lossy(&step.body));
    }
    shown
}

/// A result, plan or call, with the fields of its JSON.
fn shown(step: &Step, bodies: &Bodies) -> Map<String, Value> {
    let mut shown = Map::new();
    if let Some(call) = &step.call {
        shown.insert("stepId".into(), step.info.step_id.into());
        shown.insert("stepName".into(), step.info.step_name.as_str().into());
        shown.insert("stepType".into(), "Call".into());
        shown.insert("callUrl".into(), call.url.as_str().into());
        shown.insert("callMethod".into(), call.method.as_str().into());
        bodies.put(&mut shown, "callBody", &String::from_utf8_lossy(&step.body));
    } else if let Ok(Value::Object(fields)) = serde_json::from_slice(&step.body) {
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("targetStep", _) => {}
                ("out" | "callBody" | "callResponseBody", Value::String(text)) => {
                    bodies.put(&mut shown, &name, &text);
                }
                (_, value) => drop(shown.insert(name, value)),
            }
        }
    }
    about(&mut shown, step);
    shown
}

fn about(shown: &mut Map<String, Value>, step: &Step) {
    let call_type = if step.call.is_some() { "toCallback" } else { "step" };
    shown.insert("callType".into(), call_type.into());
    shown.insert("messageId".into(), step.message_id.as_str().into());
    shown.insert("createdAt".into(), step.created_at.into());
}
