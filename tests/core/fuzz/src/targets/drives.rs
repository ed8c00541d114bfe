//! The engine, driven by a list of what may happen to it: answers of every kind, time that leaps,
//! aborts, cuts, withheld requests. When the list ends the service is at its best, and the drive has
//! to come to its end.

use super::logs;
use super::make::{arrived, below, client, pick, value, Arrived, DRIVEN, NOW, SECRET};
use crate::json::{HeaderMap, InMemory};
use arbitrary::Unstructured;
use serde_json::json;
use upstash_workflow_dlq::engine::follow::Estimate;
use upstash_workflow_dlq::engine::{Drive, Expected, Next, Plan, Ticket};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::{Operation, Request};

/// Polls after which a drive that only gets good responses has long come to its end.
const POLLS_MAX: u32 = 20_000;

pub fn check(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    if let Some(plan) = plan(u) {
        run(Drive::new(plan, NOW, u64::from(below(u, 100))), u);
    }
}

fn plan(u: &mut Unstructured) -> Option<Plan> {
    let operation = pick(u, DRIVEN);
    let field = |name: &str, value: Value| (String::from(name), value);
    let number = |n: u32| Value::Number(f64::from(n));
    let selection = match below(u, 4) {
        0 => value(u, "", 3),
        1 => {
            let ids = 1 + below(u, 30);
            let id = |n: u32| Value::String(format!("{}-0", NOW + i64::from(n)));
            Value::List((0..ids).map(id).collect())
        }
        2 => Value::Map(vec![field(
            "filter",
            Value::Map(vec![field("label", Value::String("a".into()))]),
        )]),
        _ => Value::Map(vec![field("all", Value::Bool(true))]),
    };
    let mut drive = vec![
        field("pageSize", number(1 + below(u, 20))),
        field("concurrency", number(1 + below(u, 8))),
    ];
    let strategies = ["pages", "batches", "each"];
    for name in ["strategy", "limit", "maxRequests", "timeBudget", "maxRunsPerSecond"] {
        if below(u, 3) > 0 {
            continue;
        }
        let value = match name {
            "strategy" => Value::String(pick(u, &strategies).into()),
            _ => number(1 + below(u, 50)),
        };
        drive.push(field(name, value));
    }
    if below(u, 4) == 3 {
        let fields = ["entries", "wait", "maxFailedAgain"];
        let fields = fields.map(|name| field(name, number(1 + below(u, 20))));
        drive.push(field("canary", Value::Map(fields.into())));
    }
    if below(u, 3) == 2 {
        drive.push(field("follow", Value::Bool(true)));
    }
    if below(u, 2) == 1 {
        drive.push(field("report", Value::String("entries".into())));
    }
    let drive = Value::Map(drive);
    let args = match operation {
        Operation::Resume | Operation::Restart => vec![selection, Value::Undefined, drive],
        _ => vec![selection, drive],
    };
    Plan::read(operation, &args, &client()).ok()
}

/// A drive under way, and the world around it.
struct Lane {
    drive: Drive,
    now: Timestamp,
    flights: Vec<(Ticket, Request)>,
    /// Requests that may be in flight.
    most: usize,
}

/// Drives to the end. What was done is never taken back, in whatever order things happen.
pub fn run(drive: Drive, u: &mut Unstructured) {
    let mut lane = Lane { drive, now: NOW, flights: Vec::new(), most: 100 };
    let mut done = lane.drive.counts().done;
    let mut ended = ended(&lane.drive);
    for polls in 0.. {
        assert!(polls < POLLS_MAX, "does not end");
        let counts = lane.drive.counts();
        assert!(counts.done >= done, "{} taken back", done - counts.done);
        done = counts.done;
        let now_ended = self::ended(&lane.drive);
        let taken_back = ended.iter().zip(&now_ended).any(|(before, now)| before > now);
        assert!(!taken_back, "{ended:?} to {now_ended:?}");
        ended = now_ended;
        match lane.drive.poll(lane.now) {
            Next::Send(ticket, request) => lane.sent(ticket, request),
            Next::Page(ticket) => assert!(!lane.drive.has_page(ticket)),
            Next::Done(_) => break,
            Next::Wait { until, .. } => {
                assert!(
                    until.is_some() || !lane.flights.is_empty(),
                    "waits for nothing: {:?}",
                    lane.drive.progress()
                );
                if u.is_empty() {
                    lane.kindly(until);
                } else {
                    lane.happens(until, u);
                }
            }
        }
    }
    let progress = lane.drive.progress();
    assert!(progress.per_second >= 0.0);
    lane.drive.checkpoint();
}

/// How many of the followed runs have ended in each way; none of these is ever taken back.
fn ended(drive: &Drive) -> [u64; 3] {
    let Some(follow) = drive.new_runs() else {
        return [0; 3];
    };
    assert!(follow.sums_hold(), "{:?}", follow.outcome());
    if let Some(Estimate { succeeded, failed_again, .. }) = follow.estimate() {
        assert!(succeeded.0 <= succeeded.1 && failed_again.0 <= failed_again.1);
    }
    let outcome = follow.outcome();
    [outcome.succeeded, outcome.failed_again, outcome.canceled]
}

impl Lane {
    fn sent(&mut self, ticket: Ticket, request: Request) {
        assert!(request.target.bytes().all(|b| b.is_ascii_graphic()), "{:?}", request.target);
        self.flights.push((ticket, request));
        assert!(self.flights.len() <= self.most, "{} in flight", self.flights.len());
    }

    /// One thing of many.
    fn happens(&mut self, until: Option<Timestamp>, u: &mut Unstructured) {
        match below(u, 16) {
            0 => self.now = self.now + i64::from(below(u, 100_000)),
            1 => self.now = self.now - i64::from(below(u, 100_000)),
            2 => self.drive.abort(self.now),
            3 => self.drive.hand_out_pages(),
            4 => {
                let text = self.drive.checkpoint();
                assert!(!text.contains(SECRET));
                let args = [Value::String(text.clone()), Value::Undefined];
                let plan = Plan::read_continued(&args, &client()).expect("a checkpoint");
                self.flights.clear();
                let again = Drive::resume_from(&text, plan, Expected::Anything, self.now, 1);
                self.drive = again.expect("our own");
            }
            5 if !self.flights.is_empty() => {
                let (ticket, _) = self.take(u);
                self.drive.handle_not_sent(ticket, "no room".into(), self.now);
            }
            6 => {
                // A response to what nobody asked.
                let arrived = arrived(u);
                self.drive.handle_response(u32::MAX, &arrived.outcome(), self.now);
            }
            _ if self.flights.is_empty() => self.kindly(until),
            _ => {
                let (ticket, request) = self.take(u);
                let arrived = match request.operation {
                    Operation::Logs if below(u, 4) > 0 => {
                        let page = Payload::Json(InMemory(logs::page(u, &request)));
                        Arrived::Response(200, HeaderMap::default(), page)
                    }
                    _ => arrived(u),
                };
                self.drive.handle_response(ticket, &arrived.outcome(), self.now);
            }
        }
    }

    fn take(&mut self, u: &mut Unstructured) -> (Ticket, Request) {
        let at = below(u, self.flights.len() as u32) as usize;
        self.flights.remove(at)
    }

    /// The service does as it is told, and has nothing left.
    fn kindly(&mut self, until: Option<Timestamp>) {
        let Some((ticket, request)) = self.flights.pop() else {
            self.now = self.now.max(until.unwrap_or(self.now));
            return;
        };
        let named = request.target.matches("dlqIds=").count();
        let (status, body) = match request.operation {
            Operation::Get => (404, json!({"error": "gone"})),
            Operation::Delete => (200, json!({"deleted": named})),
            Operation::List | Operation::Scan => (200, json!({"messages": []})),
            Operation::Logs => {
                let run = |id| json!({"workflowRunId": id, "workflowState": "RUN_SUCCESS"});
                let runs: Vec<_> = logs::ids_of(&request).into_iter().map(run).collect();
                (200, json!({"runs": runs}))
            }
            _ => (200, json!({"workflowRuns": vec![json!({"workflowRunId": "wfr_1"}); named]})),
        };
        let (headers, payload) = (HeaderMap::default(), Payload::Json(InMemory(body)));
        self.drive.handle_response(
            ticket,
            &Outcome::Response { status, headers: &headers, payload, length: 0 },
            self.now,
        );
    }
}
