//! The delivery of a message to an endpoint, and what its response means for the run.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use super::flow::Admission;
use super::item::Pairs;
use super::runs::{attempt_failed, Run, Spec};
use super::send::{Outgoing, Reply};
use super::step::{raw_steps, Call, Step};
use super::{fail, sign, Message, Work};
use crate::app::App;
use crate::schedule::Task;
use crate::state::State;
use crate::values::duration::parse_duration;
use crate::values::expression::evaluate;
use crate::values::now_ms;

/// The service's maximum delay of a retry: a day.
const MAX_RETRY_SECONDS: f64 = 86_400.0;

/// Headers of a failed response that set the delay of the retry; the first one present counts.
const RETRY_HEADERS: [&str; 4] =
    ["retry-after", "x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"];

/// Delivers a message if its run has not ended and its flow control admits it.
pub fn deliver(app: &Arc<App>, state: &mut State, work: Work) {
    let (Work::Deliver(message) | Work::Call(message) | Work::Callback(message, _)) = &work else {
        return;
    };
    let message = message.clone();
    let Some(run) = state.runs.get(&message.run) else { return };
    let spec = run.spec.clone();
    // Flow control is the workflow's: calls of third parties are not subject to it.
    let flow = spec.flow.as_ref().filter(|_| !matches!(work, Work::Call(_)));
    if state.runs.active(&message.run).is_none() {
        if let Some(next) = flow.and_then(|flow| state.runs.gates.next(&flow.key)) {
            state.plan(0.0, Task::Engine(next));
        }
        return;
    }
    if let Some(flow) = flow {
        let period = state.config.delay(flow.limits.period_ms as f64);
        match state.runs.gates.admit(flow, work.clone(), Instant::now(), period) {
            Admission::Go => {}
            Admission::Queued => return,
            Admission::Later(at, work) => {
                let wait = at.saturating_duration_since(Instant::now());
                return state.schedule.add(wait, Task::Engine(work));
            }
        }
    }
    let Some(sending) = prepare(app, state, &work, &message) else { return };
    let settle = move |state: &mut State, outgoing: Outgoing, reply: Reply| {
        if let Some(flow) = spec.flow.as_ref().filter(|_| !matches!(work, Work::Call(_))) {
            if let Some(next) = state.runs.gates.release(&flow.key) {
                state.plan(0.0, Task::Engine(next));
            }
        }
        settle(state, work, &outgoing, reply);
    };
    launch(app, state, message.run, sending, settle);
}

/// Sends a request without holding the lock, then runs `then` with the reply under the lock.
pub fn launch(
    app: &Arc<App>,
    state: &mut State,
    run: Arc<str>,
    sending: Sending,
    then: impl FnOnce(&mut State, Outgoing, Reply) + Send + 'static,
) {
    state.schedule.begin();
    let (app, generation) = (app.clone(), state.generation);
    let Sending { outgoing, mut note } = sending;
    tokio::spawn(async move {
        let start = Instant::now();
        let reply = app.sender.send(outgoing.clone()).await;
        let mut state = app.lock();
        // After a reset the run no longer exists.
        if state.generation == generation {
            note["status"] = reply.status.into();
            note["ms"] = (start.elapsed().as_micros() as f64 / 1_000.0).into();
            state.console.line(|| log_line(&note));
            state.runs.sent(run, note);
            then(&mut state, outgoing, reply);
            state.schedule.end();
        }
        drop(state);
        app.stirred.notify_waiters();
        app.settled();
    });
}

/// The log line of a delivery.
fn log_line(note: &serde_json::Value) -> String {
    let text = |name: &str| note[name].as_str().unwrap_or_default();
    let step = note["stepName"].as_str().map(|name| format!("  {name}")).unwrap_or_default();
    let again = match note["retried"].as_u64() {
        Some(retried) if retried > 0 => format!("  retry {retried}"),
        _ => String::new(),
    };
    format!(
        "{:<9} {}  {}  {:.0} ms  {}{step}{again}",
        text("kind"),
        text("url"),
        note["status"],
        note["ms"].as_f64().unwrap_or_default(),
        text("workflowRunId"),
    )
}

/// A request to an endpoint, and its record for the control API.
pub struct Sending {
    /// The request.
    pub outgoing: Outgoing,
    /// The record, without the response.
    pub note: serde_json::Value,
}

impl Sending {
    /// The fields that the records of all deliveries have.
    pub fn new(
        kind: &str,
        run: &str,
        spec: &Spec,
        message_id: &str,
        retried: u32,
        outgoing: Outgoing,
    ) -> Self {
        let headers: serde_json::Map<_, _> = outgoing
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let note = json!({
            "at": now_ms(),
            "kind": kind,
            "workflowRunId": run,
            "messageId": message_id,
            "url": outgoing.url,
            "method": outgoing.method,
            "retried": retried,
            "headers": headers,
            "bodyBytes": outgoing.body.len(),
            "settings": spec.to_json(),
        });
        Sending { outgoing, note }
    }
}

fn prepare(app: &App, state: &mut State, work: &Work, message: &Message) -> Option<Sending> {
    let State { runs, audit, config, .. } = state;
    let run = runs.get(&message.run)?;
    let step = run.steps.get(message.index)?;
    let (kind, outgoing) = match (work, &step.call) {
        (Work::Call(_), Some(call)) => ("call", third_party(call, step, message)),
        (Work::Callback(_, payload), Some(call)) => {
            ("callback", callback(app, run, call, step, message, payload))
        }
        _ => {
            audit.step(&message.run, step.name(message.index)).delivered += 1;
            ("step", step_delivery(app, run, step, message, config.lazy_fetch_above))
        }
    };
    let mut sending =
        Sending::new(kind, &message.run, &run.spec, &step.message_id, message.retried, outgoing);
    sending.note["steps"] = (message.index + 1).into();
    sending.note["stepName"] = step.name(message.index).into();
    Some(sending)
}

fn third_party(call: &Call, step: &Step, message: &Message) -> Outgoing {
    let mut headers = call.headers.clone();
    headers.push(("upstash-message-id".into(), step.message_id.clone()));
    headers.push(("upstash-retried".into(), message.retried.to_string()));
    headers.push(("user-agent".into(), "Upstash-QStash".into()));
    Outgoing {
        url: call.url.clone(),
        method: call.method.clone(),
        headers,
        body: Bytes::copy_from_slice(&step.body),
    }
}

/// Without the protocol's version: the SDK takes it for a call that is not part of the run, and reads the callback.
fn callback(
    app: &App,
    run: &Run,
    call: &Call,
    step: &Step,
    message: &Message,
    payload: &[u8],
) -> Outgoing {
    let headers = call.callback_headers.clone();
    let body = Bytes::copy_from_slice(payload);
    let own = Own {
        url: &call.callback,
        run,
        message_id: &step.message_id,
        run_id: &message.run,
        retried: message.retried,
    };
    own.outgoing(app, headers, body)
}

fn step_delivery(
    app: &App,
    run: &Run,
    step: &Step,
    message: &Message,
    lazy_above: Option<usize>,
) -> Outgoing {
    // Not all that is known: a branch of a parallel step must not see what came after its own message.
    let mut body: Bytes = raw_steps(&run.steps[..=message.index]).into();
    if lazy_above.is_some_and(|above| body.len() > above) {
        body = Bytes::new();
    }
    let mut headers = run.spec.forward.clone();
    headers.push(("upstash-workflow-sdk-version".into(), "1".into()));
    let own = Own {
        url: &run.spec.url,
        run,
        message_id: &step.message_id,
        run_id: &message.run,
        retried: message.retried,
    };
    own.outgoing(app, headers, body)
}

/// A delivery to an endpoint of the workflow app.
pub struct Own<'a> {
    /// URL.
    pub url: &'a str,
    /// The run.
    pub run: &'a Run,
    /// The run's id.
    pub run_id: &'a str,
    /// The message's id.
    pub message_id: &'a str,
    /// Retries so far.
    pub retried: u32,
}

impl Own<'_> {
    /// The headers of every such delivery, after the forwarded ones.
    pub fn outgoing(self, app: &App, mut headers: Pairs, body: Bytes) -> Outgoing {
        let spec = &self.run.spec;
        let signature =
            sign::sign(&app.access.current_signing_key, self.url, &body, self.message_id, now_ms());
        let mut put = |name: &str, value: String| headers.push((name.into(), value));
        put("content-type", spec.content_type.clone());
        put("user-agent", "Upstash-QStash".into());
        put("upstash-workflow-init", "false".into());
        put("upstash-workflow-runid", self.run_id.into());
        put("upstash-workflow-url", spec.url.clone());
        put("upstash-workflow-createdat", self.run.created_at.to_string());
        put("upstash-message-id", self.message_id.into());
        put("upstash-retried", self.retried.to_string());
        put("upstash-caller-ip", spec.caller_ip.clone());
        put("upstash-signature", signature);
        if !spec.labels.is_empty() {
            put("upstash-label", spec.labels.join(","));
        }
        Outgoing { url: self.url.into(), method: "POST".into(), headers, body }
    }
}

fn settle(state: &mut State, work: Work, outgoing: &Outgoing, reply: Reply) {
    match work {
        Work::Call(message) => called(state, message, reply),
        Work::Deliver(message) => {
            replied(state, Work::Deliver(message.again()), message, outgoing, reply)
        }
        Work::Callback(message, payload) => {
            replied(state, Work::Callback(message.again(), payload), message, outgoing, reply);
        }
        Work::FailureFunction { .. } | Work::WaitTimeout { .. } => {}
    }
}

/// Handles the reply of the workflow's endpoint: success, retry or failure.
fn replied(state: &mut State, again: Work, message: Message, outgoing: &Outgoing, reply: Reply) {
    if state.runs.active(&message.run).is_none() {
        return;
    }
    let Some(run) = state.runs.get_mut(&message.run) else { return };
    if reply.is_success() {
        run.pending.remove(&message.index);
        return;
    }
    let now = now_ms();
    if reply.is_hopeless() || message.retried >= run.spec.retries {
        attempt_failed(state, &message, &reply, None, now);
        return fail::fail(state, &message, outgoing, reply, now);
    }
    let delay_ms = retry_after_ms(&reply, now)
        .unwrap_or_else(|| retry_delay_ms(run.spec.retry_delay.as_deref(), message.retried));
    attempt_failed(state, &message, &reply, Some(delay_ms), now);
    state.plan(delay_ms, Task::Engine(again));
}

/// Handles the reply of a third party: after the last retry, it goes to the workflow whatever its status.
fn called(state: &mut State, message: Message, reply: Reply) {
    let Some(run) = state.runs.active(&message.run) else { return };
    let Some(call) = run.steps.get(message.index).and_then(|step| step.call.clone()) else {
        return;
    };
    if !reply.is_success() && message.retried < call.retries {
        let delay_ms = retry_delay_ms(call.retry_delay.as_deref(), message.retried);
        attempt_failed(state, &message, &reply, Some(delay_ms), now_ms());
        return state.plan(delay_ms, Task::Engine(Work::Call(message.again())));
    }
    let response = fail::callback_json(&reply, message.retried, call.retries);
    let first = Message { retried: 0, ..message };
    let payload = Arc::new(response.to_string().into_bytes());
    state.plan(0.0, Task::Engine(Work::Callback(first, payload)));
}

/// The delay that the endpoint requests: seconds, a duration or an HTTP date, at most a day. Anything else is ignored.
fn retry_after_ms(reply: &Reply, now: i64) -> Option<f64> {
    let text = RETRY_HEADERS.iter().find_map(|name| reply.header(name))?.trim();
    let seconds = || text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    let date = || {
        let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(at.as_millis() as f64 - now as f64)
    };
    let ms = seconds()
        .map(|seconds| seconds * 1_000.0)
        .or_else(|| parse_duration(text).map(|ms| ms as f64))
        .or_else(date)?;
    Some(ms.clamp(0.0, MAX_RETRY_SECONDS * 1_000.0))
}

/// Milliseconds before the next retry, after `retried` others.
pub fn retry_delay_ms(expression: Option<&str>, retried: u32) -> f64 {
    let told = expression.and_then(|expression| evaluate(expression, retried).ok());
    let seconds = (2.5 * f64::from(retried + 1)).exp().min(MAX_RETRY_SECONDS);
    told.unwrap_or(seconds * 1_000.0).clamp(0.0, MAX_RETRY_SECONDS * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays() {
        for (expression, retried, want) in [
            (None, 0, 12_182.0),
            (None, 1, 148_413.0),
            (None, 9, 86_400_000.0),
            (Some("(1 + retried) * 10"), 2, 30.0),
            (Some("0 - 5"), 0, 0.0),
        ] {
            assert_eq!(
                retry_delay_ms(expression, retried).round(),
                want,
                "{expression:?} {retried}"
            );
        }
    }

    #[test]
    fn retry_after() {
        let ms = |name: &str, value: &str| {
            let reply = Reply {
                status: 503,
                headers: vec![(name.into(), vec![value.into()])],
                body: Vec::new(),
            };
            retry_after_ms(&reply, 784_111_770_000)
        };
        for (value, want) in [
            ("2", Some(2_000.0)),
            (" 0.5 ", Some(500.0)),
            ("1m", Some(60_000.0)),
            ("6m5s", Some(365_000.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7_000.0)),
            ("Fri, 01 Jan 1993 00:00:00 GMT", Some(0.0)),
            ("-5", Some(0.0)),
            ("1e300", Some(86_400_000.0)),
            ("NaN", None),
            ("inf", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(ms("Retry-After", value), want, "{value}");
        }
        assert_eq!(ms("X-RateLimit-Reset-Tokens", "3s"), Some(3_000.0));
        assert_eq!(ms("X-Other", "3s"), None);
    }
}
