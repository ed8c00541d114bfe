//! What the shell asks a drive for, and tells it.

use super::*;
use upstash_workflow_dlq::params::Strategy;
use upstash_workflow_dlq::wire::refusal::Kind;

#[test]
fn names_are_those_of_the_api() {
    let whys =
        [WaitReason::Response, WaitReason::RateLimit, WaitReason::Pause].map(WaitReason::name);
    assert_eq!(whys, ["response", "rateLimit", "pause"]);
    let reasons = [
        (Reason::Complete, "complete", true),
        (Reason::Limit, "limit", true),
        (Reason::Requests, "requests", false),
        (Reason::Time, "time", false),
        (Reason::Aborted, "aborted", false),
        (Reason::Remaining, "remaining", false),
        (Reason::Canary, "canary", false),
        (Reason::Undecided, "undecided", false),
    ];
    for (reason, name, done) in reasons {
        assert_eq!((reason.name(), reason.is_done()), (name, done));
    }
    let kinds = [
        (Kind::Authentication, "authentication"),
        (Kind::NotFound, "notFound"),
        (Kind::RateLimit, "rateLimit"),
        (Kind::Api, "api"),
        (Kind::Network, "network"),
        (Kind::Timeout, "timeout"),
        (Kind::ResponseFormat, "responseFormat"),
        (Kind::Checkpoint, "checkpoint"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.name(), name);
    }
    for name in ["pages", "batches", "each"] {
        let lane = drive(json!([{"all": true}, {}, {"strategy": name}]));
        assert_eq!(lane.drive.strategy().name(), name);
    }
    assert_eq!(drive(json!([["1-0"]])).drive.strategy(), Strategy::Batches);
}

#[test]
fn a_request_that_is_withheld_was_never_sent() {
    let mut lane = dated(json!({"pageSize": 10, "concurrency": 2}));
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    lane.now += 40;
    lane.drive.handle_not_sent(second, "no room".into(), timestamp(lane.now));
    lane.respond(first, 200, runs(10, "c"));
    match lane.ends() {
        End::Failed(refusal) => {
            assert_eq!(refusal.kind, Kind::Checkpoint);
            assert_eq!(
                (refusal.code, refusal.detail.as_deref()),
                ("checkpoint_hook", Some("no room"))
            );
        }
        other => panic!("a failure, not {other:?}"),
    }
    assert_eq!(lane.counts(), [11, 0, 0, 0]);
    let counts = lane.drive.counts();
    assert_eq!((counts.elapsed_ms, counts.requests), (40, 3));

    // One that waits to be stored while the drive is aborted is not sent, and that is no failure.
    let mut lane = opened(json!({"pageSize": 10, "maxRequests": 2}));
    assert!(!lane.drive.is_ending());
    let (ticket, _) = lane.sent();
    lane.abort();
    assert!(lane.drive.is_ending());
    lane.drive.handle_not_sent(ticket, String::new(), timestamp(lane.now));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 0, 0]);
    assert_eq!(lane.drive.counts().requests, 1);
}

#[test]
fn whether_it_may_have_acted() {
    let mut lane = opened(json!({"pageSize": 10}));
    assert!(!lane.drive.may_have_acted());
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(1, "c"));
    assert!(lane.drive.may_have_acted());

    let mut lost = opened(json!({"pageSize": 10}));
    let (ticket, _) = lost.sent();
    lost.lose(ticket, Loss::Timeout);
    assert!(lost.drive.may_have_acted());

    let plan = plan(Operation::Scan, &json!([{"all": true}]));
    let mut list = Lane { drive: Drive::new(plan, timestamp(NOW), 1), now: NOW, length: 0 };
    let (ticket, _) = list.sent();
    list.respond(ticket, 200, one());
    assert!(!list.drive.may_have_acted());
}

#[test]
fn pages_are_handed_out_and_no_more_asked_for_than_are_taken() {
    let mut lane = opened(json!({"pageSize": 2, "concurrency": 1}));
    lane.drive.hand_out_pages();
    let (first, _) = lane.sent();
    assert!(!lane.drive.has_page(first));
    lane.respond(first, 200, runs(2, "c1"));
    assert!(lane.drive.has_page(first));
    assert!(!lane.drive.has_page(first + 1));
    match lane.poll() {
        Next::Page(ticket) => assert_eq!(ticket, first),
        other => panic!("the page, not {other:?}"),
    }
    assert!(!lane.drive.has_page(first));
    lane.sent();

    // The opening list is no page, and one whose response was refused is none.
    let mut lane = dated(json!({"pageSize": 2, "concurrency": 2}));
    lane.drive.hand_out_pages();
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    lane.respond(first, 429, json!({}));
    lane.respond(second, 200, runs(1, ""));
    assert!(matches!(lane.poll(), Next::Page(ticket) if ticket == second));
}

#[test]
fn an_attempt_may_take_as_long_as_the_client_says() {
    assert_eq!(drive(json!([["1-0"]])).drive.timeout(), 60_000);
    let lane = drive(json!([["1-0"], {}, {"timeout": 3_000}]));
    assert_eq!(lane.drive.timeout(), 3_000);
}

#[test]
fn a_failure_is_worth_more_than_the_reason_to_end() {
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.abort();
    lane.respond(ticket, 401, json!({"error": "no"}));
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.code == "unauthorized"));
    // And stays, whatever is asked for later.
    lane.abort();
    assert!(matches!(lane.ends(), End::Failed(_)));
}

#[test]
fn the_bound_is_of_the_services_clock_where_it_tells_it() {
    // NOW is 14:13:20.
    let table = [
        (Some("Mon, 21 Sep 2026 14:13:50 GMT"), NOW + 30_000),
        (Some("Mon, 21 Sep 2026 14:12:50 GMT"), NOW - 30_000),
        (Some("yesterday"), NOW),
        (None, NOW),
    ];
    for (date, now) in table {
        let mut lane = drive(json!([{"all": true}]));
        let (ticket, _) = lane.sent();
        let headers: Vec<(&str, &str)> = date.iter().map(|date| ("Date", *date)).collect();
        lane.respond_with(ticket, 200, one(), &headers);
        let bound = lane.cutoff().expect("a bound");
        // A date has no milliseconds.
        assert!((now - 1_001..now + 1_000).contains(&bound), "{date:?}: {}", bound - NOW);
    }
    let mut lane = drive(json!([{"filter": {"toDate": NOW - 5}}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    assert_eq!(lane.cutoff(), Some(NOW - 5));
}

#[test]
fn the_report_of_pages_has_a_line_for_each_run() {
    let mut lane = opened(json!({"pageSize": 2, "report": "entries"}));
    let (ticket, _) = lane.sent();
    let runs = json!([{"workflowRunId": "wfr_a"}, {"workflowRunId": "wfr_b"}]);
    lane.respond(ticket, 200, json!({"workflowRuns": runs, "cursor": "c"}));
    let lines = lane.drive.report_entries().expect("a report");
    let shown: Vec<_> =
        lines.iter().map(|line| (line.id.clone(), run_of(line).map(|run| run.0))).collect();
    assert_eq!(shown, [(None, Some("wfr_a")), (None, Some("wfr_b"))]);
    assert!(opened(json!({})).drive.report_entries().is_none());
}

const HOUR: i64 = 3_600_000;

#[test]
fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let mut lane = opened(json!({"pageSize": 2, "timeBudget": 60_000}));
    let (ticket, _) = lane.sent();
    lane.now -= HOUR;
    lane.lose(ticket, Loss::Timeout);
    // By the clock as it is now.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 503, json!({}));
    // Set back in the midst of a wait: nothing tells how much of it is over.
    let begun = lane.now;
    assert_eq!(lane.waits(), (200, WaitReason::Pause));
    lane.now = begun - HOUR;
    assert_eq!(lane.waits(), (200, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    lane.abort();
    assert_eq!(lane.waits(), (10_000, WaitReason::Response));
    lane.respond(ticket, 200, runs(2, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    let counts = lane.drive.counts();
    assert_eq!((counts.elapsed_ms, counts.waited_ms), (12_200, 2_200));

    // Set forward, the budget is over.
    let mut lane = opened(json!({"pageSize": 2, "timeBudget": 60_000}));
    let (ticket, _) = lane.sent();
    lane.now += HOUR;
    lane.respond(ticket, 200, runs(2, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Time));
}

#[test]
fn what_was_lost_is_left_time_by_who_goes_on_as_well() {
    let all = || json!([{"all": true}]);
    let mut lane = opened(json!({"pageSize": 2}));
    assert!(again(&lane, all()).sent().1.contains("/resume?"));
    let (ticket, _) = lane.sent();
    // In flight, it is lost at this moment.
    let mut rest = again(&lane, all());
    assert_eq!(rest.waits(), (2_000, WaitReason::Pause));
    rest.sent();
    lane.now += 500;
    lane.lose(ticket, Loss::Timeout);
    lane.now += 700;
    let mut rest = again(&lane, all());
    assert_eq!(rest.waits(), (1_300, WaitReason::Pause));
    // Whoever is cut off in this wait leaves the rest of it; and a clock may be behind, or ahead.
    rest.now -= 400;
    assert_eq!(again(&rest, all()).waits(), (400, WaitReason::Pause));
    rest.now -= HOUR;
    assert_eq!(again(&rest, all()).waits(), (2_000, WaitReason::Pause));
    rest.now += 2 * HOUR;
    again(&rest, all()).sent();
    // A wait that the budget does not allow is left to the next.
    let mut short = again(&lane, json!([{"all": true}, {}, {"timeBudget": 1_300}]));
    assert_eq!(short.ends(), End::Reason(Reason::Time));

    // By the clock as the one who was cut off had it at last.
    let mut lane = opened(json!({"pageSize": 2}));
    lane.now -= HOUR;
    lane.sent();
    lane.now += 1_500;
    assert_eq!(again(&lane, all()).waits(), (500, WaitReason::Pause));

    // Given up by who did not wait for it.
    let mut lane = opened(json!({"pageSize": 2}));
    lane.sent();
    lane.now += 800;
    lane.abort();
    lane.abort();
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    lane.now += 900;
    assert_eq!(again(&lane, all()).waits(), (1_100, WaitReason::Pause));

    // What was answered, or only looks, is not at work.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 500, json!({}));
    again(&lane, all()).sent();
    let mut lane = drive(all());
    let (ticket, _) = lane.sent();
    again(&lane, all()).sent();
    lane.lose(ticket, Loss::Timeout);
    again(&lane, all()).sent();
}

/// A drive whose clock is an estimate until its first response does as one that had the time.
#[test]
fn a_seed_that_is_set_with_the_clock_makes_waits_of_its_own() {
    let wait = |seed: u64| {
        let args = [value(&json!({"all": true}))];
        let client = ClientOptions { retry: RetryOptions::default(), ..client() };
        let plan = Plan::read(Operation::Resume, &args, &client).expect("a plan");
        let mut lane = Lane { drive: Drive::new(plan, timestamp(NOW), 7), now: NOW, length: 0 };
        let (ticket, _) = lane.sent();
        lane.drive.set_clock(timestamp(NOW), timestamp(NOW), seed);
        lane.respond(ticket, 503, json!({}));
        lane.waits().0
    };
    assert_eq!(wait(1), wait(1));
    let waits: std::collections::BTreeSet<i64> = (1..=20).map(wait).collect();
    assert!(waits.len() > 10, "{waits:?}");
}

#[test]
fn the_clock_is_set_with_the_first_response() {
    let ids: Vec<String> = (0..3).map(|n| format!("{}-0", NOW + n)).collect();
    let cases = [
        (Operation::Resume, json!([{"all": true}])),
        (Operation::Resume, json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 3}])),
        (Operation::Resume, json!([{"all": true}, {}, {"timeBudget": 60_000}])),
        (Operation::Resume, json!([{"all": true}, {}, {"canary": {"entries": 5}}])),
        (Operation::Resume, json!([{"all": true}, {}, {"follow": {"sample": 2}}])),
        (Operation::Resume, json!([ids, {}, {"concurrency": 2}])),
        (Operation::Restart, json!([{"all": true}])),
    ];
    for (operation, args) in cases {
        for off in [-86_400_000, -1, 0, 7, 3_600_000] {
            let mut lane = drive_of(operation, args.clone());
            let mut other = Lane {
                drive: Drive::new(plan(operation, &args), Timestamp::from_ms(NOW + off), 0),
                now: NOW + off,
                length: 0,
            };
            let sent = lane.sent();
            assert_eq!(other.sent(), sent, "{args}");
            lane.now += 40;
            let [estimated, now] = [other.now + 40, lane.now].map(Timestamp::from_ms);
            other.drive.set_clock(estimated, now, 7);
            other.now = lane.now;
            for lane in [&mut lane, &mut other] {
                lane.respond(sent.0, 503, json!({"error": "busy"}));
            }
            let mut asked = Vec::new();
            for lane in [&mut lane, &mut other] {
                asked.push((lane.asked(), lane.now, lane.drive.counts().elapsed_ms));
            }
            assert_eq!(asked[0], asked[1], "{args}, {off} ms off");
            assert_eq!(lane.drive.checkpoint(), other.drive.checkpoint(), "{args}, {off} ms off");
        }
    }
}

#[test]
fn a_drive_that_is_aborted_before_its_clock_is_set_waits_as_long() {
    let args = json!([["1-0"], {}, {}]);
    for off in [-86_400_000, -1, 0, 7, 3_600_000] {
        let mut now = NOW + off;
        let mut drive = Drive::new(plan(Operation::Resume, &args), timestamp(now), 0);
        let waits = |drive: &mut Drive, now: i64| match drive.poll(timestamp(now)) {
            Next::Wait { until, .. } => until.map(|until| until.ms() - now),
            other => panic!("a wait, not {other:?}"),
        };
        drive.poll(timestamp(now));
        drive.abort(timestamp(now));
        let waited = waits(&mut drive, now);
        drive.set_clock(timestamp(now), timestamp(NOW), 7);
        now = NOW;
        assert!(waited.is_some_and(|waited| waited > 0), "{waited:?}");
        assert_eq!(waits(&mut drive, now), waited, "{off} ms off");
    }
}
