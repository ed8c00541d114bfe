//! A few first.

use super::*;

const CANARY: &str = "/v2/workflows/dlq?fromDate=";

/// Entries that came of runs of these numbers.
fn failed(runs: &[u32], cursor: &str) -> Json {
    let entry =
        |run: &u32| json!({"dlqId": format!("9{run}-0"), "workflowRunId": format!("wfr_{run}")});
    json!({"messages": runs.iter().map(entry).collect::<Vec<_>>(), "cursor": cursor})
}

/// Runs of these numbers, each a second later.
fn new_runs(numbers: &[u32], cursor: &str) -> Json {
    let run = |number: &u32| {
        json!({
            "workflowRunId": format!("wfr_{number}"),
            "workflowCreatedAt": NOW + i64::from(*number) * 1_000,
        })
    };
    json!({"workflowRuns": numbers.iter().map(run).collect::<Vec<_>>(), "cursor": cursor})
}

/// A drive of pages whose first three entries were taken, and whose wait is over.
fn waited(canary: Json, options: Json) -> Lane {
    let mut options = options;
    options["canary"] = canary;
    options["pageSize"] = json!(2);
    let mut lane = opened(options);
    let (ticket, target) = lane.sent();
    assert!(target.contains("count=2"));
    lane.answer(ticket, 200, new_runs(&[2, 1], "c1"));
    let (ticket, target) = lane.sent();
    assert!(target.contains("count=1"));
    lane.answer(ticket, 200, new_runs(&[3], "c2"));
    assert_eq!(lane.waits(), (5_000, WaitReason::Pause));
    lane
}

#[test]
fn it_stops_at_more_than_the_failures_that_are_allowed() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 1});
    let mut lane = waited(canary.clone(), json!({}));
    let (ticket, target) = lane.sent();
    // From the first of the new runs on.
    assert_eq!(target, format!("{CANARY}{}&count=100", NOW + 1_000));
    lane.idles();
    lane.answer(ticket, 200, failed(&[1, 77], "d"));
    let (ticket, target) = lane.sent();
    assert!(target.ends_with("&count=100&cursor=d"), "{target}");
    lane.answer(ticket, 200, failed(&[3], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));
    assert!(!Reason::Canary.is_done());
    assert_eq!(lane.counts(), [3, 0, 0, 0]);

    // Who goes on from there has seen it.
    let text = lane.drive.checkpoint();
    let plan = plan(Operation::Resume, &json!([{"all": true}, {}, {"pageSize": 2}]));
    let mut rest = Lane {
        drive: Drive::resume_from(&text, plan, Expected::Selection, lane.now, 1).expect("good"),
        now: lane.now,
        length: 0,
    };
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn it_goes_on_where_few_enough_failed() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 1});
    let mut lane = waited(canary, json!({}));
    let (ticket, _) = lane.sent();
    // Others than ours don't count, nor does one of ours once more.
    lane.answer(ticket, 200, failed(&[1, 50, 51], "d"));
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 200, failed(&[52, 1, 1], ""));
    let (ticket, target) = lane.sent();
    assert!(target.starts_with("/v2/workflows/dlq/resume?") && target.contains("count=2"));
    lane.answer(ticket, 200, new_runs(&[4, 5], ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.answer(ticket, 200, json!({"messages": []}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [5, 0, 0, 0]);
}

#[test]
fn a_limit_that_is_reached_needs_no_look() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = opened(json!({"limit": 3, "canary": canary}));
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 200, new_runs(&[1, 2, 3], "c1"));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    let mut lane = waited(canary, json!({"limit": 4}));
    let (ticket, target) = lane.sent();
    assert!(target.starts_with(CANARY));
    lane.answer(ticket, 200, failed(&[], ""));
    assert!(lane.sent().1.contains("count=1"));
}

#[test]
fn a_look_that_fails_is_tried_again() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = waited(canary.clone(), json!({}));
    let (ticket, _) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 1);
    lane.answer(ticket, 503, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert!(target.starts_with(CANARY));
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.answer(ticket, 200, failed(&[1], "d"));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));

    let mut lane = waited(canary.clone(), json!({}));
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 403, json!({}));
    assert!(matches!(lane.ends(), End::Failed(_)));

    // A 429 is no attempt.
    let mut lane = waited(canary, json!({}));
    let (ticket, _) = lane.sent();
    lane.answer_with(ticket, 429, json!({}), &[("Retry-After", "2")]);
    assert_eq!(lane.waits(), (2_000, WaitReason::RateLimit));
    assert!(lane.sent().1.starts_with(CANARY));
}

#[test]
fn runs_without_a_date_are_looked_for_from_before_the_start() {
    let canary = json!({"entries": 1, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = opened(json!({"canary": canary}));
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 200, json!({"workflowRuns": [{"workflowRunId": "wfr_1"}], "cursor": "c"}));
    assert_eq!(lane.waits(), (5_000, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("{CANARY}{}&count=100", NOW - 600_000));
    lane.answer(ticket, 200, failed(&[1], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));
}

#[test]
fn its_checkpoint_waits_and_looks_as_it_would_have() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = opened(json!({"canary": canary}));
    let (ticket, _) = lane.sent();
    lane.now += 10;
    lane.answer(ticket, 200, new_runs(&[1, 2, 3], "c1"));
    let mut rest = again(&lane, json!([{"all": true}]));
    assert_eq!(rest.waits(), (5_000, WaitReason::Pause));
    assert_eq!(lane.waits(), (5_000, WaitReason::Pause));
    // Cut off in the wait, and in the look.
    lane.now -= 2_000;
    let mut rest = again(&lane, json!([{"all": true}]));
    assert_eq!(rest.waits(), (2_000, WaitReason::Pause));
    // On a machine whose clock is an hour behind.
    lane.now -= 3_600_000;
    assert_eq!(again(&lane, json!([{"all": true}])).waits(), (5_000, WaitReason::Pause));
    rest.sent();
    let mut last = again(&rest, json!([{"all": true}]));
    let (ticket, target) = last.sent();
    assert_eq!(target, format!("{CANARY}{}&count=100", NOW + 1_000));
    last.answer(ticket, 200, failed(&[2], ""));
    assert_eq!(last.ends(), End::Reason(Reason::Canary));
}

#[test]
fn a_look_whose_cursor_does_not_move_is_no_verdict() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 1});
    let mut lane = waited(canary, json!({}));
    let mut asked = 0;
    let end = loop {
        match lane.drive.poll(lane.now) {
            Next::Send(ticket, request) => {
                assert!(request.target.starts_with(CANARY));
                asked += 1;
                lane.answer(ticket, 200, failed(&[1], "same"));
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment"),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert!(matches!(end, End::Failed(refusal) if refusal.code == "cursor_stuck"));
    assert_eq!(asked, 1 + 9);
    // Who goes on from there asks again.
    let mut rest = again(&lane, json!([{"all": true}]));
    let (ticket, target) = rest.sent();
    assert!(target.ends_with("cursor=same"), "{target}");
    rest.answer(ticket, 200, failed(&[1, 2], ""));
    assert_eq!(rest.ends(), End::Reason(Reason::Canary));
}

#[test]
fn a_look_that_finds_no_end_is_given_up_after_a_thousand_pages() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = waited(canary, json!({}));
    for page in 0..1_000 {
        let (ticket, target) = lane.sent();
        assert!(target.starts_with(CANARY));
        lane.answer(ticket, 200, failed(&[100 + page], &format!("d{page}")));
    }
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn a_run_without_an_id_is_nobodys() {
    let canary = json!({"entries": 2, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = opened(json!({"canary": canary}));
    let (ticket, _) = lane.sent();
    let run = |id: &str| json!({"workflowRunId": id, "workflowCreatedAt": NOW});
    let runs = json!([run("wfr_1"), run("")]);
    lane.answer(ticket, 200, json!({"workflowRuns": runs, "cursor": "c"}));
    lane.waits();
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 200, json!({"messages": [{"dlqId": "9-0"}], "cursor": ""}));
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));

    // Where none has one there is nothing to look for.
    let canary = json!({"entries": 1, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = opened(json!({"canary": canary}));
    let (ticket, _) = lane.sent();
    lane.answer(ticket, 200, json!({"workflowRuns": [run("")], "cursor": "c"}));
    lane.waits();
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn a_look_goes_on_where_another_left_it() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 1});
    let mut lane = waited(canary, json!({}));
    let mut page = 0;
    let mut next = |lane: &mut Lane, runs: &[u32]| {
        let (ticket, target) = lane.sent();
        let cursor = if page == 0 { String::new() } else { format!("&cursor=d{page}") };
        assert_eq!(target, format!("{CANARY}{}&count=100{cursor}", NOW + 1_000));
        page += 1;
        lane.answer(ticket, 200, failed(runs, &format!("d{page}")));
    };
    next(&mut lane, &[70]);
    next(&mut lane, &[1]);
    // With one more request a slice it gets further, and remembers what it saw.
    for _ in 0..5 {
        lane.now += 60_000;
        lane = again(&lane, json!([{"all": true}]));
        next(&mut lane, &[71, 1]);
    }
    lane = again(&lane, json!([{"all": true}]));
    next(&mut lane, &[2]);
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));
}

#[test]
fn its_checkpoint_has_twelve_bytes_a_run() {
    let size = |entries: u32| {
        let canary = json!({"entries": entries, "wait": 5000, "maxFailedAgain": 0});
        let mut lane = opened(json!({"canary": canary, "pageSize": 1000}));
        let (ticket, _) = lane.sent();
        let run =
            |n: u32| json!({"workflowRunId": format!("wfr_{n:021}"), "workflowCreatedAt": NOW + 1});
        let runs: Vec<Json> = (0..entries).map(run).collect();
        lane.answer(ticket, 200, json!({"workflowRuns": runs, "cursor": "c"}));
        lane.drive.checkpoint().len()
    };
    let (few, many) = (size(1), size(601));
    assert!(few < 200 && many - few <= 12 * 600, "{few} {many}");
}

#[test]
fn a_verdict_that_comes_after_an_abort_is_not_forgotten() {
    let canary = json!({"entries": 3, "wait": 5000, "maxFailedAgain": 0});
    let mut lane = waited(canary, json!({}));
    let (ticket, _) = lane.sent();
    lane.drive.abort(lane.now);
    lane.answer(ticket, 200, failed(&[1, 2, 3], ""));
    let mut early = again(&lane, json!([{"all": true}]));
    assert!(early.sent().1.starts_with(CANARY));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 2}]));
    let (ticket, target) = rest.sent();
    assert!(target.starts_with(CANARY), "{target}");
    rest.answer(ticket, 200, failed(&[1, 2, 3], ""));
    // A checkpoint of before that was told looks again.
    let mut early = again(&rest, json!([{"all": true}]));
    assert!(early.sent().1.starts_with(CANARY));
    assert_eq!(rest.ends(), End::Reason(Reason::Canary));
}
