//! A few first, judged by what becomes of their runs.

use super::*;

const LOGS: &str = "/v2/workflows/logs?";
const MINUTE: i64 = 60_000;

/// New runs of these numbers, each a second later.
fn new_runs(numbers: &[u32], cursor: &str) -> Json {
    let run = |number: &u32| {
        json!({
            "workflowRunId": format!("wfr_{number}"),
            "workflowCreatedAt": NOW + i64::from(*number) * 1_000,
        })
    };
    json!({"workflowRuns": numbers.iter().map(run).collect::<Vec<_>>(), "cursor": cursor})
}

/// Logs of runs: number, and a state or `"RETRY"`.
fn shown(runs: &[(u32, &str)]) -> Json {
    let run = |(number, state): &(u32, &str)| {
        let retry = *state == "RETRY";
        let error = json!({"status": 500, "error": "down"});
        let errors = if retry { json!([error]) } else { json!([]) };
        json!({
            "workflowRunId": format!("wfr_{number}"),
            "workflowRunCreatedAt": NOW + i64::from(*number) * 1_000,
            "workflowState": if retry { "RUN_STARTED" } else { state },
            "steps": [{"type": "next", "steps": [{"state": "STEP_PROGRESS", "errors": errors}]}],
        })
    };
    json!({"runs": runs.iter().map(run).collect::<Vec<_>>(), "cursor": ""})
}

/// Entries of the DLQ that came of runs of these numbers.
fn failed(runs: &[u32]) -> Json {
    let entry =
        |run: &u32| json!({"dlqId": format!("9{run}-0"), "workflowRunId": format!("wfr_{run}")});
    json!({"messages": runs.iter().map(entry).collect::<Vec<_>>(), "cursor": ""})
}

/// A drive of pages whose first three entries were taken.
fn taken(canary: Json, options: Json) -> Lane {
    let mut options = options;
    options["canary"] = canary;
    options["pageSize"] = json!(2);
    let mut lane = opened(options);
    let (ticket, target) = lane.sent();
    assert!(target.contains("count=2"));
    lane.respond(ticket, 200, new_runs(&[2, 1], "c1"));
    let (ticket, target) = lane.sent();
    assert!(target.contains("count=1"));
    lane.respond(ticket, 200, new_runs(&[3], "c2"));
    lane
}

#[test]
fn it_passes_once_enough_have_finished_and_not_before() {
    let mut lane = taken(json!({"entries": 3}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(1, "RUN_SUCCESS"), (2, "RUN_STARTED"), (3, "RUN_SUCCESS")]));
    // Slow ones are waited for.
    for _ in 0..20 {
        let (ticket, _) = lane.asked_for_logs();
        lane.respond(ticket, 200, shown(&[(2, "RUN_STARTED")]));
    }
    assert!(lane.now < NOW + 40 * MINUTE);
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(2, "RUN_SUCCESS")]));
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn it_stops_at_the_first_error_of_an_attempt() {
    let mut lane = taken(json!({"entries": 3}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    assert!(lane.now <= NOW + 2_000, "asked after {} ms", lane.now - NOW);
    lane.respond(ticket, 200, shown(&[(1, "RUN_SUCCESS"), (2, "RETRY"), (3, "RUN_STARTED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));
    assert!(!Reason::Canary.is_done());
    assert_eq!(lane.counts(), [3, 0, 0, 0]);

    // Who goes on from there has seen it.
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 2}]));
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn a_retry_may_be_waited_for_and_failures_may_be_allowed() {
    let canary = json!({"entries": 3, "retrying": "wait", "maxFailedAgain": 1});
    let mut lane = taken(canary, json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(1, "RETRY"), (2, "RETRY"), (3, "RUN_FAILED")]));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(1, "RUN_SUCCESS"), (2, "RETRY")]));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(2, "RUN_FAILED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));

    // Two of three are enough where one may fail.
    let mut lane = taken(json!({"entries": 3, "maxFailedAgain": 1}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(1, "RUN_SUCCESS"), (2, "RUN_SUCCESS"), (3, "RETRY")]));
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn it_is_undecided_when_its_time_is_up_and_looks_again_for_who_goes_on() {
    let mut lane = taken(json!({"entries": 3, "wait": 5 * MINUTE}), json!({}));
    let mut questions = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(LOGS) => {
                questions += 1;
                let states = [(1, "RUN_SUCCESS"), (2, "RUN_STARTED"), (3, "RUN_STARTED")];
                let asked = if questions == 1 { &states[..] } else { &states[1..] };
                lane.respond(ticket, 200, shown(asked));
            }
            Next::Send(ticket, request) => {
                assert!(!request.target.contains("/resume"), "{}", request.target);
                lane.respond(ticket, 200, failed(&[]));
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert_eq!(end, End::Reason(Reason::Undecided));
    assert!(!Reason::Undecided.is_done());
    assert_eq!(lane.now, NOW + 5 * MINUTE);
    assert!((20..50).contains(&questions), "{questions} questions");

    let mut rest = again(&lane, json!([{"all": true}]));
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, shown(&[(2, "RUN_SUCCESS"), (3, "RUN_SUCCESS")]));
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
    // Or goes on without.
    let mut rest = again(&lane, json!([{"all": true}, {}, {"canary": false}]));
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn runs_that_were_canceled_say_nothing() {
    let mut lane = taken(json!({"entries": 3}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(
        ticket,
        200,
        shown(&[(1, "RUN_CANCELED"), (2, "RUN_CANCELED"), (3, "RUN_SUCCESS")]),
    );
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));
    let mut lane = taken(json!({"entries": 3}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    let canceled = [(1, "RUN_CANCELED"), (2, "RUN_CANCELED"), (3, "RUN_CANCELED")];
    lane.respond(ticket, 200, shown(&canceled));
    assert_eq!(lane.ends(), End::Reason(Reason::Undecided));
    // There is nothing left to look at.
    let mut rest = again(&lane, json!([{"all": true}]));
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

/// A canary on a service without logs, up to the moment when that is known.
fn without_logs(canary: Json, overrides: Json) -> Lane {
    let options = json!({"canary": canary});
    let mut lane = drive(json!([{"all": true}, overrides, options]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, new_runs(&[1, 2], "c1"));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 404, json!({"error": "not found"}));
    let (ticket, target) = lane.sent();
    assert!(target.starts_with("/v2/workflows/events?groupBy=workflowRunId&"), "{target}");
    lane.respond(ticket, 403, json!({"error": "forbidden"}));
    lane
}

/// Plays lists of the DLQ that show `runs`, until something else happens; how long that took.
fn listed(lane: &mut Lane, runs: &[u32]) -> (i64, Next) {
    let began = lane.now;
    loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.contains("/dlq?fromDate=") => {
                lane.respond(ticket, 200, failed(runs));
            }
            Next::Wait { until: Some(until), .. } => lane.now = until.ms(),
            next => return (lane.now - began, next),
        }
    }
}

#[test]
fn without_logs_the_dlq_is_watched_for_as_long_as_all_retries_take() {
    let mut lane = without_logs(json!({"entries": 2}), json!({}));
    assert!(!lane.drive.canary_runs().expect("runs").has_logs());
    let (waited, next) = listed(&mut lane, &[]);
    assert!(waited >= 38 * MINUTE, "{waited}");
    assert!(matches!(next, Next::Send(_, request) if request.target.contains("/resume?")));

    let mut lane = without_logs(json!({"entries": 2}), json!({}));
    let (_, next) = listed(&mut lane, &[2]);
    assert!(matches!(next, Next::Done(End::Reason(Reason::Canary))), "{next:?}");

    // Whoever continues waits as long.
    let lane = without_logs(json!({"entries": 2}), json!({}));
    let mut rest = again(&lane, json!([{"all": true}]));
    let (waited, next) = listed(&mut rest, &[]);
    assert!(waited >= 38 * MINUTE, "{waited}");
    assert!(matches!(next, Next::Send(_, request) if request.target.contains("/resume?")));
}

#[test]
fn without_logs_a_list_that_does_not_come_to_its_end_shows_nothing() {
    let mut lane = without_logs(json!({"entries": 2}), json!({}));
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.contains("/dlq?fromDate=") => {
                // The same cursor again and again.
                lane.respond(ticket, 200, json!({"messages": [], "cursor": "c"}));
            }
            Next::Wait { until: Some(until), .. } => lane.now = until.ms(),
            Next::Done(end) => break end,
            next => panic!("{next:?}"),
        }
    };
    assert_eq!(end, End::Reason(Reason::Undecided));
}

#[test]
fn without_logs_a_wait_that_is_too_short_is_refused_unless_retries_take_no_longer() {
    let undecided = |canary: Json, overrides: Json| {
        let mut lane = without_logs(canary, overrides);
        matches!(lane.poll(), Next::Done(End::Reason(Reason::Undecided)))
    };
    let short = json!({"entries": 2, "wait": 60_000});
    assert!(undecided(short.clone(), json!({})));
    assert!(undecided(short.clone(), json!({"retries": 2})));
    assert!(!undecided(short.clone(), json!({"retries": 1})));
    assert!(!undecided(short.clone(), json!({"retries": 0})));
    // Nobody can say how long an expression makes them take.
    assert!(undecided(short, json!({"retries": 1, "retryDelay": "1000"})));
    let told = json!({"entries": 2, "wait": 60_000, "retryTime": 30_000});
    assert!(!undecided(told, json!({"retryDelay": "1000"})));
    assert!(undecided(json!({"entries": 2}), json!({"retries": 4})));
    assert!(!undecided(json!({"entries": 2, "wait": 1_968_640}), json!({})));
    assert!(undecided(json!({"entries": 2, "wait": 1_968_639}), json!({})));
}

#[test]
fn a_limit_that_is_reached_needs_no_look() {
    let canary = json!({"entries": 3});
    let mut lane = opened(json!({"limit": 3, "canary": canary}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, new_runs(&[1, 2, 3], "c1"));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    let mut lane = taken(canary, json!({"limit": 4}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, shown(&[(1, "RUN_SUCCESS"), (2, "RUN_SUCCESS"), (3, "RUN_SUCCESS")]));
    assert!(lane.sent().1.contains("count=1"));
}

#[test]
fn a_question_that_fails_is_asked_again() {
    let canary = json!({"entries": 3, "wait": 5 * MINUTE});
    let mut lane = taken(canary.clone(), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    assert_eq!(lane.drive.attempt(ticket), 1);
    lane.respond(ticket, 503, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (ticket, _) = lane.asked_for_logs();
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.respond(ticket, 200, shown(&[(1, "RUN_FAILED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Canary));

    // A token that is not good is not waited out.
    let mut lane = taken(canary.clone(), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 401, json!({}));
    assert!(matches!(lane.ends(), End::Failed(_)));

    // A 429 is no attempt.
    let mut lane = taken(canary, json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond_with(ticket, 429, json!({}), &[("Retry-After", "2")]);
    assert_eq!(lane.waits(), (2_000, WaitReason::RateLimit));
    assert!(lane.sent().1.starts_with(LOGS));
}

#[test]
fn an_outage_is_waited_out_until_the_time_is_up() {
    let mut lane = taken(json!({"entries": 3, "wait": 5 * MINUTE}), json!({}));
    let mut asked = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, _) => {
                asked += 1;
                lane.respond(ticket, 503, json!({}));
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert!(matches!(end, End::Failed(refusal) if refusal.code == "server_error"));
    assert!(lane.now >= NOW + 5 * MINUTE && asked < 100, "{asked}");
}

#[test]
fn a_run_without_an_id_is_nobodys_and_a_canary_without_runs_is_undecided() {
    let mut lane = opened(json!({"canary": {"entries": 2}}));
    let (ticket, _) = lane.sent();
    let run = |id: &str| json!({"workflowRunId": id, "workflowCreatedAt": NOW});
    lane.respond(ticket, 200, json!({"workflowRuns": [run("wfr_1"), run("")], "cursor": "c"}));
    let (ticket, _) = lane.asked_for_logs();
    let log = json!({"workflowRunId": "wfr_1", "workflowState": "RUN_SUCCESS"});
    lane.respond(ticket, 200, json!({"runs": [log]}));
    assert!(lane.sent().1.starts_with("/v2/workflows/dlq/resume?"));

    let mut lane = opened(json!({"canary": {"entries": 1}}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"workflowRuns": [run("")], "cursor": "c"}));
    assert_eq!(lane.ends(), End::Reason(Reason::Undecided));
    let mut rest = again(&lane, json!([{"all": true}]));
    assert!(rest.sent().1.starts_with("/v2/workflows/dlq/resume?"));
}

#[test]
fn its_checkpoint_waits_as_it_would_have_and_is_small() {
    let mut lane = taken(json!({"entries": 3, "wait": 10 * MINUTE}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    let mut cut = again(&lane, json!([{"all": true}]));
    let (other, _) = cut.asked_for_logs();
    let states = [(1, "RUN_SUCCESS"), (2, "RUN_STARTED"), (3, "RUN_SUCCESS")];
    for (lane, ticket) in [(&mut lane, ticket), (&mut cut, other)] {
        lane.respond(ticket, 200, shown(&states));
        let mut rest = again(lane, json!([{"all": true}]));
        let (ticket, _) = rest.asked_for_logs();
        rest.respond(ticket, 200, shown(&[(2, "RETRY")]));
        assert_eq!(rest.ends(), End::Reason(Reason::Canary));
    }
    // A machine whose clock is behind waits no longer than was asked for.
    lane.now -= 3_600_000;
    let mut rest = again(&lane, json!([{"all": true}]));
    let began = rest.now;
    let end = loop {
        match rest.poll() {
            Next::Send(ticket, request) if request.target.starts_with(LOGS) => {
                rest.respond(ticket, 200, shown(&[(2, "RUN_STARTED")]));
            }
            Next::Send(ticket, _) => rest.respond(ticket, 200, failed(&[])),
            Next::Wait { until, .. } => rest.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert_eq!((end, rest.now - began), (End::Reason(Reason::Undecided), 10 * MINUTE));

    let size = |entries: u32| {
        let mut lane = opened(json!({"canary": {"entries": entries}, "pageSize": 1000}));
        let (ticket, _) = lane.sent();
        let run = |n: u32| json!({"workflowRunId": format!("wfr_{n:021}"), "workflowCreatedAt": NOW + i64::from(n)});
        let runs: Vec<Json> = (0..entries).map(run).collect();
        lane.respond(ticket, 200, json!({"workflowRuns": runs, "cursor": "c"}));
        lane.drive.checkpoint().len()
    };
    let (few, many) = (size(1), size(601));
    assert!(few < 250 && (many - few) / 600 <= 28, "{few} {many}");
}

#[test]
fn a_question_that_an_abort_gives_up_is_asked_again() {
    let fates = [(1, "RETRY"), (2, "RUN_FAILED"), (3, "RUN_FAILED")];
    let mut lane = taken(json!({"entries": 3}), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    lane.abort();
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    // Nobody waits for it any more.
    lane.respond(ticket, 200, shown(&fates));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 2}]));
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, shown(&fates));
    assert_eq!(rest.ends(), End::Reason(Reason::Canary));
}
