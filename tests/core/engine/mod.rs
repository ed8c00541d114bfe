//! The engine step by step: what it asks for, how long it waits, what it tells. Where chance decides
//! (the simulation), these are the exact values.

mod batches;
mod canary;
mod chosen;
mod cursors;
mod follow;
mod lists;
mod outages;
mod pages;
mod rate_limits;
mod shell;
mod sizes;
mod windows;

use crate::json::{value, HeaderMap, InMemory};
use crate::timestamp;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::engine::ledger::ReportEntry;
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket, WaitReason};
use upstash_workflow_dlq::params::{Auth, ClientOptions, RetryOptions, Token};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

const NOW: i64 = 1_790_000_000_000;

fn client() -> ClientOptions {
    ClientOptions {
        base_url: "https://a.b".into(),
        token: Token::new("t"),
        auth: Auth::Header,
        timeout: 60_000,
        // No chance: each delay is what the table says.
        retry: RetryOptions { attempts: 4, table: vec![100, 200, 400], ..RetryOptions::default() },
        headers: Vec::new(),
        dev_mode: false,
    }
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

#[test]
fn pages_from_the_opening_to_the_close() {
    let mut lane = opened(json!({"pageSize": 2}));
    assert_eq!(lane.cutoff(), Some(NOW - 1));
    let resume = "/v2/workflows/dlq/resume?toDate=1789999999999&count=2";
    let (ticket, target) = lane.sent();
    assert_eq!(target, resume);
    lane.idles();
    lane.now += 40;
    lane.respond(ticket, 200, runs(2, "c1"));
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("{resume}&cursor=c1"));
    lane.respond(ticket, 200, runs(1, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, json!({"messages": []}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let counts = lane.drive.counts();
    assert_eq!((counts.done, counts.requests, counts.retries), (3, 4, 0));
    assert_eq!((counts.elapsed_ms, counts.waited_ms), (40, 0));
    assert_eq!(lane.drive.checkpoint(), lane.drive.checkpoint());
}

#[test]
fn what_is_left_at_the_close_is_taken_in_another_round() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(5, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, one());
    let (ticket, target) = lane.sent();
    assert!(target.starts_with("/v2/workflows/dlq/resume?"), "{target}");
    lane.respond(ticket, 200, runs(0, ""));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    // It may be listed for a moment after its run is there.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, one());
    assert_eq!(lane.ends(), End::Reason(Reason::Remaining));
    assert_eq!(lane.counts(), [5, 0, 0, 0]);
}

#[test]
fn a_lost_page_is_left_time_and_asked_for_again() {
    let mut lane = opened(json!({"pageSize": 10}));
    let (ticket, target) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 1);
    lane.lose(ticket, Loss::Network("reset".into()));
    // It may still be at work: two seconds, doubled with each attempt.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let (ticket, again) = lane.sent();
    assert_eq!(again, target);
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.lose(ticket, Loss::Timeout);
    assert_eq!(lane.waits(), (4_000, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    // A response came: the service is done with it.
    lane.respond(ticket, 500, json!({"error": "no"}));
    assert_eq!(lane.waits(), (400, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    assert_eq!(lane.counts(), [0, 0, 30, 0]);
    lane.respond(ticket, 500, json!({"error": "no"}));
    let End::Failed(refusal) = lane.ends() else { panic!("a failure") };
    assert_eq!((refusal.code, refusal.status), ("server_error", Some(500)));
    assert_eq!(lane.counts(), [0, 0, 40, 0]);
    let counts = lane.drive.counts();
    assert_eq!((counts.retries, counts.waited_ms), (3, 6_400));
}

#[test]
fn what_was_not_sent_is_sent_again_at_once() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.lose(ticket, Loss::NotSent("refused".into()));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    assert_eq!(lane.counts(), [0, 0, 0, 0]);
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 503, json!({}), &[("Retry-After", "7")]);
    assert_eq!(lane.waits(), (7_000, WaitReason::Pause));
}

#[test]
fn an_attempt_that_goes_well_forgets_those_before() {
    let mut lane = opened(json!({"pageSize": 1}));
    for _ in 0..10 {
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 500, json!({}));
        assert_eq!(lane.waits(), (100, WaitReason::Pause));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, runs(1, "c"));
    }
    assert_eq!(lane.counts(), [10, 0, 10, 0]);
}

#[test]
fn a_named_burst_limit_sets_the_pace() {
    let ids: Vec<String> = (0..20).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 3}]));
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    let (third, _) = lane.sent();
    lane.idles();
    let reset = ((NOW + 1_000) / 1_000).to_string();
    let headers = [("Burst-RateLimit-Limit", "2"), ("Burst-RateLimit-Reset", reset.as_str())];
    lane.now += 400;
    lane.respond_with(first, 429, json!({}), &headers);
    lane.respond(second, 200, runs(1, ""));
    lane.respond(third, 200, runs(1, ""));
    // To the reset, then two a second.
    assert_eq!(lane.waits(), (600, WaitReason::RateLimit));
    for _ in 0..3 {
        let (one, _) = lane.sent();
        let (two, _) = lane.sent();
        lane.now += 100;
        lane.respond(one, 200, runs(1, ""));
        lane.respond(two, 200, runs(1, ""));
        assert_eq!(lane.waits(), (900, WaitReason::RateLimit));
    }
    let counts = lane.drive.counts();
    assert_eq!((counts.done, counts.retries, counts.waited_ms), (8, 1, 600 + 2 * 900));
}

#[test]
fn a_plain_429_halves_what_is_in_flight_and_it_grows_back() {
    let ids: Vec<String> = (0..100).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 8}]));
    let mut flying: Vec<Ticket> = (0..8).map(|_| lane.sent().0).collect();
    lane.idles();
    lane.respond(flying.remove(0), 429, json!({}));
    lane.idles();
    lane.now += 100;
    // Four, and one more with each round of good answers.
    let width = |lane: &mut Lane, flying: &mut Vec<Ticket>| {
        while let Next::Send(ticket, _) = lane.poll() {
            flying.push(ticket);
        }
        flying.len()
    };
    assert_eq!(width(&mut lane, &mut flying), 7, "those that fly are not called back");
    let mut widths = Vec::new();
    for _ in 0..40 {
        let ticket = flying.remove(0);
        lane.respond(ticket, 200, runs(1, ""));
        widths.push(width(&mut lane, &mut flying));
    }
    assert_eq!(widths[..8], [6, 5, 4, 5, 5, 5, 5, 5]);
    assert_eq!(widths.last(), Some(&8));
    assert!(widths.is_sorted_by(|a, b| a <= b || *a > 4));
}

#[test]
fn a_wait_that_is_too_long_ends_it() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("RateLimit-Reset", "901")]);
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.code == "rate_limited"));
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("RateLimit-Reset", "900")]);
    assert_eq!(lane.waits(), (900_000, WaitReason::RateLimit));
    for (seconds, waits) in [("901", false), ("900", true)] {
        let mut lane = opened(json!({}));
        let (ticket, _) = lane.sent();
        lane.respond_with(ticket, 503, json!({}), &[("Retry-After", seconds)]);
        if waits {
            assert_eq!(lane.waits(), (900_000, WaitReason::Pause));
        } else {
            assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(503)));
        }
    }
}

#[test]
fn so_many_a_second() {
    let ids: Vec<String> = (0..30).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"pageSize": 8, "maxRunsPerSecond": 10}]));
    let (first, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    let (second, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    // The service may take them at any moment until it answers, and a clock shows whole
    // milliseconds.
    assert_eq!(lane.waits(), (1_001, WaitReason::Pause));
    lane.respond(first, 200, runs(8, ""));
    lane.now += 300;
    lane.respond(second, 200, runs(2, ""));
    assert_eq!(lane.waits(), (701, WaitReason::Pause));
    let (third, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    assert_eq!(lane.waits(), (300, WaitReason::Pause));
    let (fourth, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    // What was certainly not done leaves room at once; what may have been does not.
    lane.respond_with(third, 429, json!({}), &[("Retry-After", "1")]);
    lane.lose(fourth, Loss::NotSent("refused".into()));
    assert_eq!(lane.waits(), (1_000, WaitReason::RateLimit));
    let (third, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    let (fourth, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    lane.respond(fourth, 200, runs(2, ""));
    lane.respond(third, 503, json!({}));

    // Pages count as what they ask for; look-ups and lists don't.
    let mut lane = dated(json!({"pageSize": 8, "maxRunsPerSecond": 10, "concurrency": 2}));
    assert!(lane.sent().1.contains("count=2"));
    assert_eq!(lane.waits(), (1_001, WaitReason::Pause));
    assert!(lane.sent().1.contains("count=8"));
    let mut lane = drive(json!([["1-0", "2-0"], {}, {"maxRunsPerSecond": 1, "concurrency": 2}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    assert_eq!(lane.sent().1, "/v2/workflows/dlq/1-0");
    assert_eq!(lane.waits(), (901, WaitReason::Pause));
    assert_eq!(lane.sent().1, "/v2/workflows/dlq/resume?dlqIds=2-0");
}

#[test]
fn what_is_refused_together_is_refused_once() {
    let ids: Vec<String> = (0..300).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 64}]));
    let round = |lane: &mut Lane| {
        let mut flying = Vec::new();
        while let Next::Send(ticket, _) = lane.poll() {
            flying.push(ticket);
        }
        flying
    };
    let flying = round(&mut lane);
    assert_eq!(flying.len(), 64);
    // The first is answered, the wait for it is over, and the others say the same.
    lane.respond(flying[0], 429, json!({}));
    lane.now += 10_000;
    flying[1..].iter().for_each(|ticket| lane.respond(*ticket, 429, json!({})));
    let flying = round(&mut lane);
    assert_eq!(flying.len(), 32);
    // A reset is a reset, whoever names it.
    lane.respond(flying[0], 429, json!({}));
    lane.respond_with(flying[1], 429, json!({}), &[("Retry-After", "9")]);
    flying[2..].iter().for_each(|ticket| lane.respond(*ticket, 200, runs(1, "")));
    assert_eq!(lane.waits(), (9_000, WaitReason::RateLimit));
    assert_eq!(round(&mut lane).len(), 17);
    assert_eq!(lane.drive.counts().retries, 64 + 2);
}

#[test]
fn budgets_are_asked_before_a_request_and_before_a_wait() {
    let mut lane = opened(json!({"maxRequests": 2}));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, runs(1, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Requests));

    let mut lane = opened(json!({"timeBudget": 500}));
    let (ticket, _) = lane.sent();
    lane.now += 499;
    lane.respond(ticket, 200, runs(1, "c"));
    let (ticket, _) = lane.sent();
    lane.now += 1;
    lane.respond(ticket, 200, runs(1, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Time));

    // What is in flight is waited for without a look at the clock that nothing may follow.
    let mut lane = drive(json!([["1-0", "2-0"], {}, {"timeBudget": 500, "maxRunsPerSecond": 1}]));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, runs(1, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Time));

    let mut lane = opened(json!({"timeBudget": 500}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("Retry-After", "1")]);
    assert_eq!(lane.ends(), End::Reason(Reason::Time));
    assert_eq!(lane.drive.counts().waited_ms, 0);
}

#[test]
fn an_abort_waits_for_what_is_in_flight() {
    let mut lane = opened(json!({"pageSize": 10}));
    let (ticket, _) = lane.sent();
    lane.abort();
    match lane.poll() {
        Next::Wait { until, why: WaitReason::Response } => {
            assert_eq!(until, Some(timestamp(lane.now + 10_000)))
        }
        other => panic!("a wait, not {other:?}"),
    }
    lane.respond(ticket, 200, runs(10, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [10, 0, 0, 0]);

    let mut lane = opened(json!({"pageSize": 10}));
    lane.sent();
    lane.abort();
    assert_eq!(lane.waits(), (10_000, WaitReason::Response));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 10, 0]);

    let mut lane = opened(json!({"pageSize": 10, "timeout": 3_000}));
    lane.sent();
    lane.abort();
    assert_eq!(lane.waits(), (3_000, WaitReason::Response));

    let mut lane = opened(json!({"pageSize": 10}));
    lane.sent();
    lane.abort();
    lane.abort();
    // Before anybody asks what comes next.
    assert_eq!(lane.counts(), [0, 0, 10, 0]);
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
}

#[test]
fn an_abort_does_not_wait_for_the_opening_list() {
    let mut lane = drive(json!([{"all": true}, {}, {}]));
    lane.sent();
    lane.abort();
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 0, 0]);
}

#[test]
fn progress_tells_how_far_and_how_fast() {
    let ids: Vec<String> = (0..100).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"pageSize": 20, "concurrency": 2}]));
    let before = lane.drive.progress();
    assert_eq!((before.of, before.eta_ms, before.in_flight), (Some(100), None, 0));
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    assert_eq!(lane.drive.progress().in_flight, 2);
    lane.now += 500;
    lane.respond(first, 200, runs(20, ""));
    lane.respond(second, 200, runs(20, ""));
    let progress = lane.drive.progress();
    assert_eq!(progress.counts.done, 40);
    assert_eq!(progress.per_second, 80.0);
    assert_eq!(progress.eta_ms, Some(750));

    // What is not found or refused is not waited for either.
    let mut mixed = drive(json!([["1-0", "2-0", "3-0", "4-0"], {}, {"strategy": "each"}]));
    let tickets: Vec<Ticket> = (0..4).map(|_| mixed.sent().0).collect();
    mixed.now += 1_000;
    mixed.respond(tickets[0], 200, runs(1, ""));
    mixed.respond(tickets[1], 404, json!({}));
    assert_eq!(mixed.drive.progress().eta_ms, Some(2_000));
    mixed.respond(tickets[2], 400, json!({"error": "never"}));
    assert_eq!(mixed.drive.progress().eta_ms, Some(1_000));

    // Another invocation counts its own speed, and the whole's entries.
    let text = lane.drive.checkpoint();
    let rest = json!([ids, {}, {"pageSize": 20}]);
    let plan = plan(Operation::Resume, &rest);
    let later = NOW + 1_000_000;
    let drive =
        Drive::resume_from(&text, plan, Expected::Selection, timestamp(later), 1).expect("good");
    let progress = drive.progress();
    assert_eq!((progress.counts.done, progress.per_second, progress.eta_ms), (40, 0.0, None));
    assert_eq!((progress.counts.elapsed_ms, progress.of), (500, Some(100)));
    let limited = Lane {
        drive: Drive::new(
            self::plan(Operation::Resume, &json!([ids, {}, {"limit": 7}])),
            timestamp(NOW),
            1,
        ),
        now: NOW,
        length: 0,
    };
    assert_eq!(limited.drive.progress().of, Some(7));
}

#[test]
fn a_missing_id_is_told_from_one_that_may_be_gone() {
    let ids = json!([["5-0", "6-0", "7-0"], {}, {"concurrency": 1, "report": "entries"}]);
    let mut lane = drive(ids.clone());
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0&dlqIds=6-0&dlqIds=7-0");
    lane.respond(ticket, 404, json!({"error": "some were not found"}));
    for (id, status) in [("5-0", 200), ("6-0", 404), ("7-0", 200)] {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{id}"));
        lane.respond(ticket, status, json!({"dlqId": id}));
    }
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0&dlqIds=7-0");
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 1, 0, 0]);
    let lines: Vec<_> = lane.drive.report_entries().expect("a report").to_vec();
    let fates: Vec<_> = lines.iter().map(|line| line.outcome.name("resumed")).collect();
    assert_eq!(fates, ["resumed", "resumed", "notFound"]);

    // Lost, and then gone: nothing tells.
    let mut lane = drive(ids);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    for (id, status) in [("5-0", 404), ("6-0", 404), ("7-0", 200)] {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{id}"));
        lane.respond(ticket, status, json!({"dlqId": id}));
    }
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=7-0");
    lane.respond(ticket, 404, json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [0, 0, 3, 0]);
}

#[test]
fn each_pairs_an_entry_with_its_run() {
    let options = json!({"strategy": "each", "concurrency": 1, "report": "entries"});
    let mut lane = drive(json!([["5-0", "5-0", "6-0"], {}, options]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0");
    lane.respond(ticket, 200, runs(1, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=6-0");
    lane.respond(ticket, 404, json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let lines = lane.drive.report_entries().expect("a report");
    assert_eq!(run_of(&lines[0]), Some(("wfr_1", Some(NOW))));
    assert_eq!(lines[1].run, None);
    assert_eq!(lane.counts(), [1, 1, 0, 0]);
}

/// `fromDate` and `toDate` of a request.
fn range(target: &str) -> (Option<i64>, i64) {
    let number = |name: &str| {
        let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        value.map(|text| text.parse().expect("milliseconds"))
    };
    (number("fromDate="), number("toDate=").expect("a bound"))
}

/// No gap, no overlap, from the beginning of time to the bound.
#[track_caller]
fn assert_cuts(mut ranges: Vec<(Option<i64>, i64)>) {
    ranges.sort();
    assert_eq!(ranges[0].0, None);
    assert_eq!(ranges.last().map(|range| range.1), Some(NOW - 1));
    for pair in ranges.windows(2) {
        assert_eq!(pair[1].0, Some(pair[0].1 + 1));
    }
    // The first entry that a list shows is the oldest; ranges are cut between it and the bound.
    assert!(ranges[0].1 > NOW - 60_000);
}

#[test]
fn lanes_have_ranges_of_their_own() {
    let mut lane = dated(json!({"concurrency": 4, "pageSize": 10}));
    let mut ranges = Vec::new();
    let mut tickets = Vec::new();
    for _ in 0..4 {
        let (ticket, target) = lane.sent();
        ranges.push(range(&target));
        tickets.push(ticket);
    }
    lane.idles();
    assert_cuts(ranges);
    for ticket in tickets {
        lane.respond(ticket, 200, runs(3, ""));
    }
    let (_, target) = lane.sent();
    assert_eq!(target, NONE);
}

#[test]
fn lists_have_ranges_of_their_own() {
    let listed = |ids: [u32; 2], cursor: &str| {
        let entry =
            |id: u32| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": NOW - 60_000});
        json!({"messages": ids.map(entry), "cursor": cursor})
    };
    let options = json!({"strategy": "batches", "concurrency": 8, "pageSize": 2});
    let mut lane = drive(json!([{"all": true}, {}, options]));
    let (opening, _) = lane.sent();
    let first = json!({"dlqId": "98-0", "workflowCreatedAt": NOW - 60_000});
    lane.respond(opening, 200, json!({"messages": [first], "cursor": "c"}));
    let (whole, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?toDate=1789999999999&count=2");
    lane.idles();
    lane.respond(whole, 200, listed([98, 99], "c"));
    // Alone, until its runs have shown that the bound is right.
    let (first, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=98-0&dlqIds=99-0");
    lane.idles();
    lane.respond(first, 200, runs(2, ""));
    let lists: Vec<(Ticket, String)> = (0..4).map(|_| lane.sent()).collect();
    assert!(lists.iter().all(|(_, target)| target.starts_with("/v2/workflows/dlq?")));
    assert_cuts(lists.iter().map(|(_, target)| range(target)).collect());
    lane.idles();
    // What was listed before the cut is not taken again.
    let mut responses = [([98, 99], ""), ([3, 4], ""), ([5, 6], ""), ([7, 8], "d")].into_iter();
    for (ticket, _) in &lists {
        let (ids, cursor) = responses.next().expect("a response");
        lane.respond(*ticket, 200, listed(ids, cursor));
    }
    let (_, last) = &lists[3];
    let (from, to) = range(last);
    // The only window that had more is cut anew, and nothing else is.
    let mut rest = Vec::new();
    let mut sent = Vec::new();
    while rest.len() + sent.len() < 7 {
        let (ticket, target) = lane.sent();
        match target.split_once("/resume?") {
            Some((_, ids)) => {
                sent.push(ids.to_owned());
                lane.respond(ticket, 200, runs(2, ""));
            }
            None => {
                rest.push(range(&target));
                lane.respond(ticket, 200, json!({"messages": []}));
            }
        }
    }
    rest.sort();
    assert_eq!((rest.len(), rest[0].0, rest[3].1), (4, from, to));
    sent.sort_unstable();
    assert_eq!(sent, ["dlqIds=3-0&dlqIds=4-0", "dlqIds=5-0&dlqIds=6-0", "dlqIds=7-0&dlqIds=8-0"]);
    // Another round from the top, which finds nothing.
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?toDate=1789999999999&count=2");
    lane.respond(ticket, 200, json!({"messages": []}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [8, 0, 0, 0]);
}

#[test]
fn the_first_new_runs_correct_a_bound_that_is_too_late() {
    // The service's clock is an hour behind, and its responses say nothing of it.
    let behind = NOW - 3_600_000;
    let made = |created: i64, cursor: &str| {
        let run = |n: i64| json!({"workflowRunId": "wfr_1", "workflowCreatedAt": created + n});
        json!({"workflowRuns": [run(9), run(0), run(3)], "cursor": cursor})
    };
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 1}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, made(behind, "c1"));
    assert_eq!(lane.cutoff(), Some(behind - 1));
    // The cursor belonged to the longer range.
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("/v2/workflows/dlq/resume?toDate={}&count=3", behind - 1));
    // Later runs are no earlier, so that no date is read any more.
    lane.respond(ticket, 200, made(behind - 50, "c2"));
    assert_eq!(lane.cutoff(), Some(behind - 1));

    // Nothing runs beside the first: it would take what failed again. One that takes nothing, or
    // whose response is lost, tells nothing.
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 4}));
    let (first, target) = lane.sent();
    lane.idles();
    lane.respond(first, 200, runs(0, "c0"));
    let (second, _) = lane.sent();
    lane.idles();
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 3, "concurrency": 4}]));
    lane.respond(second, 502, json!({}));
    lane.waits();
    let (third, _) = lane.sent();
    lane.idles();
    lane.respond(third, 200, made(behind, "c1"));
    let mut ranges: Vec<_> = (0..4).map(|_| range(&lane.sent().1)).collect();
    ranges.sort();
    assert_eq!((ranges[0].0, ranges[3].1), (None, behind - 1));
    // Nor where another goes on from there.
    rest.waits();
    rest.sent();
    rest.idles();
    assert_eq!(range(&target), (None, NOW - 1));

    // Runs without a date can't tell anything.
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 4}));
    let (first, _) = lane.sent();
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": "2026-09-21"});
    lane.respond(first, 200, json!({"workflowRuns": [run], "cursor": "c"}));
    (0..4).for_each(|_| drop(lane.sent()));
    assert_eq!(lane.cutoff(), Some(NOW - 1));

    // What is deleted does not come up again, and who does not freeze wants it again.
    let mut lane = drive_of(Operation::Delete, json!([{"all": true}, {"concurrency": 4}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    (0..4).for_each(|_| drop(lane.sent()));
    let filter = json!({"filter": {"toDate": NOW + 5}});
    let options = json!({"pageSize": 3, "concurrency": 4, "freeze": false, "limit": 90});
    let mut lane = drive(json!([filter, {}, options]));
    let tickets: Vec<Ticket> = (0..4).map(|_| lane.sent().0).collect();
    lane.respond(tickets[0], 200, made(behind, "c"));
    assert_eq!(lane.cutoff(), Some(NOW + 5));
}

#[test]
fn the_first_new_runs_correct_the_bound_of_lists() {
    let behind = NOW - 3_600_000;
    let entry = |id: u32, at: i64| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": at});
    let made = json!({"workflowRuns": [
        {"workflowRunId": "wfr_1", "workflowCreatedAt": behind + 7},
        {"workflowRunId": "wfr_2", "workflowCreatedAt": behind},
    ]});
    for concurrency in [1, 8] {
        let options = json!({"strategy": "batches", "concurrency": concurrency, "pageSize": 2});
        let mut lane = opened(options.clone());
        let (list, _) = lane.sent();
        let old = [entry(1, behind - 9_000), entry(2, behind - 8_000)];
        lane.respond(list, 200, json!({"messages": old, "cursor": "c"}));
        let (first, target) = lane.sent();
        assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=1-0&dlqIds=2-0");
        // Short lists may look where to cut, and nothing else is sent.
        while let Next::Send(look, request) = lane.poll() {
            assert!(request.target.starts_with("/v2/workflows/dlq?"), "{}", request.target);
            lane.respond(look, 503, json!({}));
        }
        // Who goes on from here does not know the bound to be right either.
        let mut rest = again(&lane, json!([{"all": true}, {}, options]));
        lane.respond(first, 200, made.clone());
        assert_eq!(lane.cutoff(), Some(behind - 1));
        let (list, target) = lane.sent();
        assert!(range(&target).1 < behind, "{target}");
        // What failed again is newer, whatever the service makes of the bound.
        let both = [entry(3, behind - 7_000), entry(4, behind)];
        lane.respond(list, 200, json!({"messages": both, "cursor": ""}));
        loop {
            match lane.poll() {
                Next::Send(ticket, request) if request.target.contains("dlqIds") => {
                    assert!(request.target.ends_with("/resume?dlqIds=3-0"), "{}", request.target);
                    lane.respond(ticket, 200, runs(1, ""));
                }
                Next::Send(ticket, _) => lane.respond(ticket, 200, json!({"messages": []})),
                Next::Done(end) => break assert_eq!(end, End::Reason(Reason::Complete)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(lane.counts(), [3, 0, 0, 0]);
        rest.waits();
        for (id, there) in [(1, false), (2, true)] {
            let (ticket, target) = rest.sent();
            assert_eq!(target, format!("/v2/workflows/dlq/{id}-0"));
            rest.respond(ticket, if there { 200 } else { 404 }, json!({"dlqId": "x"}));
        }
        let (ticket, target) = rest.sent();
        assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=2-0");
        rest.idles();
        rest.respond(ticket, 200, made.clone());
        assert_eq!(rest.cutoff(), Some(behind - 1));
    }
}
