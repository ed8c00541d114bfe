//! The engine step by step: what it asks for, how long it waits, what it tells. Where chance decides
//! (the simulation), these are the exact values.

mod abort;
mod batches;
mod bounds;
mod budgets;
mod canary;
mod chosen;
mod clocks;
mod cursors;
mod follow;
mod ids;
mod lists;
mod outages;
mod pages;
mod progress;
mod ranges;
mod rate_limits;
mod retries;
mod rounds;
mod shell;
mod sizes;
mod velocity;
mod windows;

use crate::json::{value, HeaderMap, InMemory};
use crate::{client_of, timestamp};
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::engine::ledger::ReportEntry;
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket, WaitReason};
use upstash_workflow_dlq::params::{ClientOptions, RetryOptions};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

const NOW: i64 = 1_790_000_000_000;

fn client() -> ClientOptions {
    // No chance: each delay is what the table says.
    let retry = RetryOptions { attempts: 4, table: vec![100, 200, 400], ..RetryOptions::default() };
    ClientOptions { retry, ..client_of("https://a.b") }
}

/// A drive and its clock.
struct Lane {
    drive: Drive,
    now: i64,
    /// Characters of the responses that come now.
    length: u32,
}

fn plan(operation: Operation, args: &Json) -> Plan {
    let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
    Plan::read(operation, &args, &client()).expect("a plan")
}

fn drive(args: Json) -> Lane {
    drive_of(Operation::Resume, args)
}

fn drive_of(operation: Operation, args: Json) -> Lane {
    Lane { drive: Drive::new(plan(operation, &args), timestamp(NOW), 7), now: NOW, length: 0 }
}

/// Who goes on from a drive's checkpoint.
fn again(lane: &Lane, args: Json) -> Lane {
    let text = lane.drive.checkpoint();
    let plan = plan(lane.drive.operation(), &args);
    let drive =
        Drive::resume_from(&text, plan, Expected::Operation, timestamp(lane.now), 1).expect("good");
    Lane { drive, now: lane.now, length: 0 }
}

impl Lane {
    fn poll(&mut self) -> Next {
        self.drive.poll(timestamp(self.now))
    }

    fn abort(&mut self) {
        self.drive.abort(timestamp(self.now));
    }

    fn cutoff(&self) -> Option<i64> {
        self.drive.cutoff().map(Timestamp::ms)
    }

    #[track_caller]
    fn sent(&mut self) -> (Ticket, String) {
        match self.poll() {
            Next::Send(ticket, request) => (ticket, request.target),
            other => panic!("a request, not {other:?}"),
        }
    }

    /// The next request, however long it has to be waited for.
    #[track_caller]
    fn asked(&mut self) -> (Ticket, String) {
        loop {
            match self.poll() {
                Next::Send(ticket, request) => return (ticket, request.target),
                Next::Wait { until: Some(until), .. } => self.now = until.ms(),
                other => panic!("a request, not {other:?}"),
            }
        }
    }

    /// The next request for logs; lists of the DLQ before it show nothing.
    #[track_caller]
    fn asked_for_logs(&mut self) -> (Ticket, String) {
        loop {
            let (ticket, target) = self.asked();
            if !target.starts_with("/v2/workflows/dlq?") {
                return (ticket, target);
            }
            self.respond(ticket, 200, json!({"messages": []}));
        }
    }

    /// Waits as long as it is told to, and says how long that was.
    #[track_caller]
    fn waits(&mut self) -> (i64, WaitReason) {
        match self.poll() {
            Next::Wait { until: Some(until), why } => {
                let waited = until - timestamp(self.now);
                self.now = until.ms();
                (waited, why)
            }
            other => panic!("a wait, not {other:?}"),
        }
    }

    #[track_caller]
    fn idles(&mut self) {
        match self.poll() {
            Next::Wait { until: None, why: WaitReason::Response } => {}
            other => panic!("nothing but a response to wait for, not {other:?}"),
        }
    }

    #[track_caller]
    fn ends(&mut self) -> End {
        match self.poll() {
            Next::Done(end) => end,
            other => panic!("the end, not {other:?}"),
        }
    }

    /// Runs of now show that the bound is right.
    #[track_caller]
    fn dates(&mut self) {
        let (ticket, target) = self.sent();
        assert!(target.contains("/resume?"), "{target}");
        self.idles();
        self.respond(ticket, 200, runs(target.matches("dlqIds=").count().max(1), "c"));
    }

    fn respond(&mut self, ticket: Ticket, status: u16, body: Json) {
        self.respond_with(ticket, status, body, &[]);
    }

    fn respond_with(&mut self, ticket: Ticket, status: u16, body: Json, given: &[(&str, &str)]) {
        let headers = HeaderMap(
            given.iter().map(|(name, value)| (name.to_lowercase(), (*value).into())).collect(),
        );
        let payload = Payload::Json(InMemory(body));
        self.drive.handle_response(
            ticket,
            &Outcome::Response { status, headers: &headers, payload, length: self.length },
            timestamp(self.now),
        );
    }

    fn lose(&mut self, ticket: Ticket, loss: Loss) {
        let outcome: Outcome<InMemory> = Outcome::Lost(loss);
        self.drive.handle_response(ticket, &outcome, timestamp(self.now));
    }

    /// `[done, not found, unconfirmed, failed]`
    fn counts(&self) -> [u64; 4] {
        let counts = self.drive.counts();
        [counts.done, counts.not_found, counts.unconfirmed, counts.failed]
    }
}

/// The id and the date of a line's run.
fn run_of(line: &ReportEntry) -> Option<(&str, Option<i64>)> {
    line.run.as_ref().map(|run| (run.id.as_str(), run.created.map(Timestamp::ms)))
}

fn runs(count: usize, cursor: &str) -> Json {
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": NOW});
    json!({"workflowRuns": vec![run; count], "cursor": cursor})
}

fn one() -> Json {
    json!({"messages": [{"dlqId": "1-0", "workflowCreatedAt": NOW - 60_000}], "cursor": "c"})
}

const NONE: &str = "/v2/workflows/dlq?toDate=1789999999999&count=1";

/// A drive on everything, past its opening list.
fn opened(options: Json) -> Lane {
    // Where requests may be concurrent, the list shows where to cut.
    let sends_ids = !options["strategy"].is_null() || !options["where"].is_null();
    let lanes = options["concurrency"].as_u64().map_or(sends_ids, |concurrency| concurrency > 1);
    let count = if lanes { options["pageSize"].as_u64().unwrap_or(100).min(100) } else { 1 };
    let mut lane = drive(json!([{"all": true}, {}, options]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("/v2/workflows/dlq?count={count}"));
    lane.idles();
    lane.respond(ticket, 200, one());
    lane
}

/// A drive by pages in lanes: one page of a run, alone, has shown that the bound is right.
fn dated(options: Json) -> Lane {
    let mut lane = opened(options);
    lane.dates();
    lane
}

/// A drive by batches of a filter, whose first batch, alone, has shown that the bound is right.
fn dated_batches(options: Json, listed: Json) -> Lane {
    let mut lane = opened(options);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, listed);
    lane.dates();
    lane
}

/// `fromDate` and `toDate` of a request.
fn range(target: &str) -> (Option<i64>, i64) {
    let number = |name: &str| {
        let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        value.map(|text| text.parse().expect("milliseconds"))
    };
    (number("fromDate="), number("toDate=").expect("a bound"))
}
