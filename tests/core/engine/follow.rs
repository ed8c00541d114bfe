//! What became of the new runs, step by step.

mod figures;
mod responses;
mod times;
mod walks;

use super::*;
use upstash_workflow_dlq::engine::follow::{Outcome as Runs, OutcomeLine};
use upstash_workflow_dlq::wire::logs::RunState;

const LOGS: &str = "/v2/workflows/logs?";
const LIST: &str = "/v2/workflows/dlq?fromDate=";

fn run(number: u32) -> Json {
    json!({"workflowRunId": format!("wfr_{number:021}"), "workflowCreatedAt": NOW + i64::from(number)})
}

fn followed(runs: Json, options: Json) -> Lane {
    followed_at(NOW, runs, options)
}

fn followed_at(now: i64, runs: Json, options: Json) -> Lane {
    let args = [value(&runs), value(&options)];
    let plan = Plan::read_followed(&args, &client()).expect("a plan");
    Lane { drive: Drive::new(plan, timestamp(now), 7), now, length: 0 }
}

fn followed_on(lane: &Lane, options: Json) -> Lane {
    let text = lane.drive.checkpoint();
    let args = [Value::String(text.clone()), value(&options)];
    let plan = Plan::read_followed(&args, &client()).expect("a plan");
    let drive =
        Drive::resume_from(&text, plan, Expected::Following, timestamp(lane.now), 1).expect("good");
    Lane { drive, now: lane.now, length: 0 }
}

/// Logs of these runs in these states.
fn logs(runs: &[(u32, &str)]) -> Json {
    let log = |(number, state): &(u32, &str)| {
        json!({"workflowRunId": format!("wfr_{number:021}"), "workflowState": state,
            "workflowRunCreatedAt": NOW + i64::from(*number)})
    };
    json!({"runs": runs.iter().map(log).collect::<Vec<_>>(), "cursor": ""})
}

fn outcome(lane: &Lane) -> Runs {
    lane.drive.new_runs().expect("runs").outcome()
}

fn lines(lane: &Lane) -> Vec<OutcomeLine> {
    lane.drive.new_runs().expect("runs").lines()
}

/// A response to `target`, in which the one run that it names is under way.
fn running(target: &str) -> Json {
    let (_, named) = target.split_once("workflowRunId=").expect("one run");
    let id = named.split('&').next();
    json!({"runs": [{"workflowRunId": id, "workflowState": "RUN_STARTED"}]})
}

/// Runs to the end with no entry in the DLQ; `log` has the response to a target. Says when logs were asked for, from
/// now on, and how it ends.
fn asked_until_the_end(lane: &mut Lane, mut log: impl FnMut(&str) -> Json) -> (Vec<i64>, End) {
    let begun = lane.now;
    let mut moments = Vec::new();
    loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(LOGS) => {
                moments.push(lane.now - begun);
                lane.respond(ticket, 200, log(&request.target));
            }
            Next::Send(ticket, _) => lane.respond(ticket, 200, json!({"messages": []})),
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => return (moments, end),
            Next::Page(_) => unreachable!(),
        }
    }
}

#[test]
fn nothing_to_follow_is_done_at_once() {
    let mut lane = followed(json!([]), json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.drive.counts().requests, 0);
}

#[test]
fn who_continues_may_follow_what_was_not_followed() {
    for (operation, follows) in
        [(Operation::Resume, true), (Operation::Restart, true), (Operation::Delete, false)]
    {
        let text = drive_of(operation, json!([["1-0"]])).drive.checkpoint();
        let plan = plan(Operation::Resume, &json!([["1-0"], {}, {"follow": true}]));
        let drive = Drive::resume_from(&text, plan, Expected::Anything, timestamp(NOW), 1);
        assert_eq!(drive.expect("good").new_runs().is_some(), follows, "{operation:?}");
    }
}

#[test]
fn it_asks_the_dlq_from_the_first_run_on_and_the_logs_for_ten_at_a_time() {
    let runs: Vec<Json> = (1..=12).map(run).collect();
    let mut lane = followed(json!(runs), json!({"concurrency": 2}));
    let (list, target) = lane.asked();
    assert_eq!((lane.now - NOW, target), (1_000, format!("{LIST}{}&count=100", NOW + 1)));
    lane.idles();
    let entry = json!({"dlqId": "9-0", "workflowRunId": format!("wfr_{:021}", 12),
        "responseStatus": 503, "responseBody": "down"});
    lane.respond(list, 200, json!({"messages": [entry], "cursor": ""}));
    assert_eq!(outcome(&lane), Runs { failed_again: 1, unknown: 11, ..Runs::default() });
    let (first, target) = lane.asked();
    let names: Vec<String> =
        (1..=10u32).map(|n| format!("wfr_{n:021}%40{}", NOW + i64::from(n))).collect();
    assert_eq!(target, format!("{LOGS}workflowRuns={}&count=10&trimBody=4096", names.join("%2C")),);
    // Where the logs are is found out by one question.
    lane.idles();
    let ten: Vec<(u32, &str)> = (1..=10).map(|n| (n, "RUN_SUCCESS")).collect();
    lane.respond(first, 200, logs(&ten));
    let (last, target) = lane.asked();
    assert!(target.starts_with(&format!("{LOGS}workflowRunId=wfr_{:021}&", 11)), "{target}");
    lane.respond(last, 200, logs(&[(11, "RUN_CANCELED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let ended = Runs { succeeded: 10, failed_again: 1, canceled: 1, ..Runs::default() };
    assert_eq!(outcome(&lane), ended);
    let errors = lane.drive.new_runs().expect("runs").errors().shown();
    assert_eq!((errors.len(), errors[0].0.status, errors[0].1), (1, Some(503), 1));
}

#[test]
fn intervals_grow_and_the_time_that_is_up_brings_one_more_question() {
    let mut lane = followed(json!([run(1)]), json!({"timeout": 600_000, "interval": 500}));
    let (moments, end) = asked_until_the_end(&mut lane, |_| logs(&[(1, "RUN_STARTED")]));
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!(moments[..3], [500, 1_000, 1_500]);
    assert_eq!(moments.last(), Some(&600_000));
    let gaps: Vec<i64> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.windows(2).rev().skip(1).all(|pair| pair[0] <= pair[1]), "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap <= 120_000) && moments.len() < 40, "{gaps:?}");
    assert!(lane.drive.new_runs().expect("runs").is_timed_out());
    assert_eq!(outcome(&lane), Runs { running: 1, ..Runs::default() });

    // Who goes on has given it its time anew, or another.
    let mut rest = followed_on(&lane, json!({}));
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, logs(&[(1, "RUN_STARTED")]));
    assert!(matches!(rest.poll(), Next::Wait { .. }));
    let mut rest = followed_on(&lane, json!({"timeout": 1}));
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, logs(&[(1, "RUN_STARTED")]));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
}

#[test]
fn a_run_of_another_date_is_another_and_one_without_a_date_may_not_be_told_from_it() {
    let mut lane = followed(json!([run(1)]), json!({"timeout": 1}));
    let (ticket, _) = lane.asked_for_logs();
    let other = json!({"workflowRunId": format!("wfr_{:021}", 1), "workflowState": "RUN_SUCCESS",
        "workflowRunCreatedAt": NOW});
    lane.respond(ticket, 200, json!({"runs": [other]}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(outcome(&lane), Runs { unknown: 1, ..Runs::default() });

    for (shown, expected) in [
        (json!([other]), Runs { succeeded: 1, ..Runs::default() }),
        (
            json!([other, {"workflowRunId": format!("wfr_{:021}", 1), "workflowState": "RUN_STARTED",
            "workflowRunCreatedAt": NOW + 1}]),
            Runs { unknown: 1, ..Runs::default() },
        ),
    ] {
        let undated = json!([{"workflowRunId": format!("wfr_{:021}", 1)}]);
        let mut lane = followed(undated, json!({"timeout": 1}));
        let (ticket, target) = lane.asked_for_logs();
        assert!(!target.contains("workflowCreatedAt"), "{target}");
        lane.respond(ticket, 200, json!({"runs": shown}));
        lane.ends();
        assert_eq!(outcome(&lane), expected);
    }
}

#[test]
fn what_was_seen_once_and_is_not_shown_any_more_is_unknown() {
    let mut lane = followed(json!([run(1), run(2)]), json!({"timeout": 3_000}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, logs(&[(1, "RUN_STARTED"), (2, "RUN_STARTED")]));
    assert_eq!(outcome(&lane), Runs { running: 2, ..Runs::default() });
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, logs(&[(2, "RUN_STARTED")]));
    assert_eq!(outcome(&lane), Runs { running: 1, unknown: 1, ..Runs::default() });
}

#[test]
fn the_runs_that_a_page_has_no_room_for_are_requested_next() {
    let mut lane = followed(json!([run(1), run(2), run(3)]), json!({"timeout": 1}));
    let (ticket, _) = lane.asked_for_logs();
    let mut page = logs(&[(1, "RUN_STARTED")]);
    page["cursor"] = json!("next");
    lane.respond(ticket, 200, page);
    let (ticket, rest) = lane.sent();
    assert!(rest.contains(&format!("workflowRuns=wfr_{:021}%40", 2)), "{rest}");
    lane.respond(ticket, 200, logs(&[(2, "RUN_SUCCESS"), (3, "RUN_STARTED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(outcome(&lane), Runs { succeeded: 1, running: 2, ..Runs::default() });
}

#[test]
fn the_report_pairs_entry_run_and_what_became_of_it() {
    let named = json!([{"workflowRunId": "wfr_a", "dlqId": "1-0"}, {"workflowRunId": "wfr_b"}]);
    let mut lane = followed(named, json!({"report": "entries", "timeout": 1}));
    let (ticket, _) = lane.asked();
    let entry = json!({"dlqId": "9-0", "workflowRunId": "wfr_a", "responseStatus": 500});
    lane.respond(ticket, 200, json!({"messages": [entry]}));
    let (ticket, _) = lane.asked_for_logs();
    lane.respond(ticket, 200, json!({"runs": []}));
    lane.ends();
    let lines = lines(&lane);
    let [failed, open] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((failed.run.as_str(), failed.state), ("wfr_a", RunState::Failed));
    assert_eq!(failed.entry, Some("1-0".into()));
    assert_eq!(failed.new_entry, Some("9-0".into()));
    assert_eq!(failed.cause.status, Some(500));
    assert_eq!((open.run.as_str(), open.state), ("wfr_b", RunState::Unknown));
}

#[test]
fn a_drive_follows_its_runs_once_its_entries_are_through() {
    let options = json!({"strategy": "each", "concurrency": 1, "follow": {"timeout": 0}, "report": "entries"});
    let mut lane = drive(json!([["5-0", "6-0"], {}, options]));
    for number in [1, 2] {
        let (ticket, target) = lane.sent();
        assert!(target.contains("/resume?"), "{target}");
        lane.respond(ticket, 200, json!({"workflowRuns": [run(number)], "cursor": ""}));
    }
    assert!(!lane.drive.is_following());
    let (ticket, target) = lane.asked_for_logs();
    assert!(target.starts_with(LOGS) && lane.drive.is_following());
    // Who goes on from here follows as well.
    let mut rest = again(&lane, json!(["<undefined>", {}, {"checkpoint": "c"}]));
    lane.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS"), (2, "RUN_FAILED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let pairs: Vec<_> = lines(&lane).into_iter().map(|line| (line.entry, line.state)).collect();
    assert_eq!(
        pairs,
        [(Some("5-0".into()), RunState::Succeeded), (Some("6-0".into()), RunState::Failed)],
    );
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS"), (2, "RUN_FAILED")]));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(outcome(&rest), outcome(&lane));
    assert_eq!(rest.counts(), [2, 0, 0, 0]);
}

#[test]
fn a_budget_that_is_spent_while_it_follows_ends_it_with_a_checkpoint() {
    let mut lane = opened(json!({"maxRequests": 3, "follow": true, "pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"workflowRuns": [run(1)], "cursor": ""}));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, json!({"messages": []}));
    let end = loop {
        match lane.poll() {
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(end, End::Reason(Reason::Requests));
    // A checkpoint of runs alone is one that can be followed from.
    let mut rest = followed_on(&lane, json!({}));
    let (ticket, _) = rest.asked_for_logs();
    rest.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS")]));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));

    // One with entries that are left is not.
    let lane = opened(json!({"follow": true}));
    let text = lane.drive.checkpoint();
    let plan = Plan::read_followed(&[Value::String(text.clone())], &client()).expect("a plan");
    let refused = Drive::resume_from(&text, plan, Expected::Following, timestamp(NOW), 1).err();
    assert_eq!(refused.map(|error| error.code()), Some("checkpoint_mismatch"));
}

#[test]
fn entries_that_remain_are_tried_again_by_who_goes_on_and_all_runs_are_followed() {
    let mut lane = opened(json!({"follow": {"timeout": 0}}));
    let mut first = true;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.contains("/resume?") => {
                let runs = if first { json!([run(1)]) } else { json!([]) };
                first = false;
                lane.respond(ticket, 200, json!({"workflowRuns": runs, "cursor": ""}));
            }
            Next::Send(ticket, request) if request.target.starts_with(LOGS) => {
                lane.respond(ticket, 200, logs(&[(1, "RUN_STARTED")]));
            }
            Next::Send(ticket, request) if request.target.contains("count=100") => {
                lane.respond(ticket, 200, json!({"messages": []}));
            }
            Next::Send(ticket, _) => lane.respond(ticket, 200, one()),
            // What is listed is looked at once more.
            Next::Wait { until: Some(until), .. } => lane.now = until.ms(),
            Next::Done(end) => break end,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(end, End::Reason(Reason::Remaining));
    assert_eq!(outcome(&lane), Runs { running: 1, ..Runs::default() });
    let mut rest = again(&lane, json!([{"all": true}]));
    let (_, target) = rest.asked();
    assert!(target.starts_with("/v2/workflows/dlq"), "{target}");
    assert_eq!(outcome(&rest).runs(), 1);
}

#[test]
fn its_checkpoint_has_twenty_eight_bytes_a_run() {
    let size = |count: u32| {
        let runs: Vec<Json> = (1..=count).map(run).collect();
        followed(json!(runs), json!({})).drive.checkpoint().len()
    };
    let (few, many) = (size(1), size(1_001));
    assert!(few < 230 && (many - few) / 1_000 <= 28, "{few} {many}");
    // Any id comes back, packed or not.
    let ids = ["wfr_", "wfr_abcdefghijklmnopqrstü", "wfr_ABCDEFGHIJ-_0123456789", "order-7", "w,@"];
    let named: Vec<Json> = ids.iter().map(|id| json!({"workflowRunId": id})).collect();
    let lane = followed(json!(named), json!({"report": "entries"}));
    let rest = followed_on(&lane, json!({}));
    let mut back: Vec<String> =
        lines(&rest).into_iter().map(|line| line.run.into_string()).collect();
    back.sort();
    let mut ids = ids.map(String::from);
    ids.sort();
    assert_eq!(back, ids);
}

#[test]
fn the_same_run_twice_is_one() {
    let lane = followed(json!([run(1), run(2), run(1)]), json!({}));
    assert_eq!(outcome(&lane), Runs { unknown: 2, ..Runs::default() });
    assert_eq!(lane.drive.new_runs().expect("runs").added(), 2);
}

#[test]
fn a_last_look_that_is_cut_into_slices_comes_to_its_end() {
    let runs: Vec<Json> = (1..=30).map(|n| json!({"workflowRunId": format!("w{n}")})).collect();
    let mut lane = followed(json!(runs), json!({"timeout": 1, "maxRequests": 3, "concurrency": 1}));
    let mut slices = 1;
    loop {
        let (_, end) = asked_until_the_end(&mut lane, running);
        if end == End::Reason(Reason::Complete) {
            break;
        }
        assert_eq!(end, End::Reason(Reason::Requests));
        slices += 1;
        // One list, and each run once: 31 requests.
        assert!(slices <= 11, "{slices} slices");
        lane = followed_on(&lane, json!({"maxRequests": 3, "concurrency": 1}));
    }
    assert_eq!(outcome(&lane), Runs { running: 30, ..Runs::default() });
}
