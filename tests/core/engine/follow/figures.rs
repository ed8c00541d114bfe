//! What a follow says of its runs at any moment.

use super::*;
use crate::simulation::random::Random;
use upstash_workflow_dlq::engine::follow::{state_name, Estimate};

#[test]
fn it_has_timed_out_only_once_it_has_ended_with_runs_that_have_not() {
    let timed_out = |lane: &Lane| lane.drive.new_runs().expect("runs").is_timed_out();
    for (state, expected) in [("RUN_STARTED", true), ("RUN_SUCCESS", false)] {
        let mut lane = followed(json!([run(1)]), json!({"timeout": 1}));
        assert!(!timed_out(&lane));
        let (ticket, _) = lane.asked_for_logs();
        assert!(!timed_out(&lane));
        lane.respond(ticket, 200, logs(&[(1, state)]));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(timed_out(&lane), expected, "{state}");
    }
}

#[test]
fn a_run_that_has_not_ended_may_end_either_way_in_an_estimate() {
    let runs: Vec<Json> = (1..=10).map(run).collect();
    let mut lane = followed(json!(runs), json!({"sample": 10}));
    let (ticket, _) = lane.asked_for_logs();
    let states = |n: u32| match n {
        1..=3 => "RUN_SUCCESS",
        4..=5 => "RUN_FAILED",
        6 => "RUN_CANCELED",
        _ => "RUN_STARTED",
    };
    let shown: Vec<(u32, &str)> = (1..=9).map(|n| (n, states(n))).collect();
    lane.respond(ticket, 200, logs(&shown));
    // The whole is known, so that the bounds are exact: three run, and one is not shown.
    let estimate = lane.drive.new_runs().expect("runs").estimate();
    let expected = Estimate { of: 10, succeeded: (3, 7), failed_again: (2, 6) };
    assert_eq!(estimate, Some(expected));
    let whole = followed(json!([run(1)]), json!({}));
    assert_eq!(whole.drive.new_runs().expect("runs").estimate(), None);
}

/// Follows `sample` of `all` runs, of which `succeeded` and `failed` end in that way and the others do not.
fn estimated(all: u32, [sample, succeeded, failed]: [u32; 3]) -> Estimate {
    let runs: Vec<Json> = (1..=all).map(run).collect();
    let mut lane = followed(json!(runs), json!({"sample": sample, "timeout": 1}));
    let mut shown = 0;
    let mut state = |name| {
        shown += 1;
        let state = match shown {
            n if n <= succeeded => "RUN_SUCCESS",
            n if n <= succeeded + failed => "RUN_FAILED",
            _ => "RUN_STARTED",
        };
        (name, state)
    };
    asked_until_the_end(&mut lane, |target| {
        let names = (1..=all).filter(|n| target.contains(&format!("wfr_{n:021}")));
        logs(&names.map(&mut state).collect::<Vec<_>>())
    });
    assert_eq!(shown, sample);
    lane.drive.new_runs().expect("runs").estimate().expect("a sample")
}

/// Bounds from Wilson's formula with `n (N - 1) / (N - n)` in the place of `n`, computed elsewhere.
#[test]
fn an_estimate_is_wilsons_interval_for_a_sample_without_replacement() {
    for (all, sample, succeeded, failed_again) in [
        (40, [10, 10, 0], (30, 40), (0, 10)),
        (40, [10, 0, 10], (0, 10), (30, 40)),
        (40, [10, 5, 5], (10, 30), (10, 30)),
        (40, [10, 3, 2], (4, 38), (2, 36)),
        (400, [20, 15, 3], (214, 379), (21, 186)),
        (400, [200, 150, 50], (282, 316), (84, 118)),
        // All but one are known.
        (400, [399, 300, 99], (300, 301), (99, 100)),
        (60, [50, 1, 40], (1, 15), (45, 59)),
        (1_000, [1, 1, 0], (206, 1_000), (0, 794)),
        (1_000, [1, 0, 0], (0, 1_000), (0, 1_000)),
    ] {
        let estimate = estimated(all, sample);
        let expected = Estimate { of: u64::from(all), succeeded, failed_again };
        assert_eq!(estimate, expected, "{sample:?} of {all}");
    }
}

#[test]
fn a_report_has_the_runs_that_have_ended_in_their_order_and_then_the_others() {
    for (options, reports) in [(json!({"report": "entries"}), true), (json!({}), false)] {
        let mut lane = followed(json!([run(1), run(2), run(3)]), options);
        let (ticket, _) = lane.asked_for_logs();
        let states = [(3, "RUN_FAILED"), (1, "RUN_SUCCESS"), (2, "RUN_STARTED")];
        lane.respond(ticket, 200, logs(&states));
        let follow = lane.drive.new_runs().expect("runs");
        assert_eq!(follow.reports(), reports);
        let states =
            |lines: &[OutcomeLine]| lines.iter().map(|line| line.state).collect::<Vec<_>>();
        let ended = if reports { vec![RunState::Failed, RunState::Succeeded] } else { vec![] };
        assert_eq!(states(follow.ended_lines()), ended);
        assert_eq!(states(&follow.lines()), [ended, vec![RunState::Running]].concat());
    }
}

#[test]
fn a_checkpoint_is_wanted_before_the_first_request_of_each_round_and_before_no_other() {
    let runs: Vec<Json> = (1..=25).map(run).collect();
    let mut lane = followed(json!(runs), json!({"concurrency": 1}));
    let mut last = 0;
    let mut rounds = 0;
    for _ in 0..30 {
        let (ticket, target) = lane.asked();
        let first = lane.now > last;
        assert_eq!(lane.drive.wants_checkpoint(ticket), first, "{target}");
        rounds += u32::from(first);
        last = lane.now;
        if target.starts_with(LIST) {
            lane.respond(ticket, 200, json!({"messages": []}));
            continue;
        }
        let named = (1..=25u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
        lane.respond(ticket, 200, logs(&shown));
    }
    assert!(rounds > 5, "{rounds} rounds");
}

/// The numbers of the runs in the sample that `seed` determines.
fn sampled(plan: &Plan, seed: u64) -> Vec<usize> {
    let drive = Drive::new(plan.clone(), timestamp(NOW), seed);
    let follow = drive.new_runs().expect("runs");
    assert!(follow.sums_hold());
    let number = |line: OutcomeLine| line.run.as_str()[4..].parse().expect("a number");
    follow.lines().into_iter().map(number).collect()
}

#[test]
fn each_run_is_as_likely_to_be_in_a_sample() {
    const SEEDS: u64 = 4_000;
    let named: Vec<Json> = (0..4).map(run).collect();
    let args = [value(&json!(named)), value(&json!({"sample": 1}))];
    let plan = Plan::read_followed(&args, &client()).expect("a plan");
    let mut chosen = [0.0; 4];
    for seed in 0..SEEDS {
        let sample = sampled(&plan, Random(seed).below(u64::MAX));
        assert_eq!(sample.len(), 1);
        chosen[sample[0]] += 1.0 / SEEDS as f64;
    }
    // Of 4,000 choices with a chance of a quarter the share is within 0.025 in all but a few of 10,000 tests.
    assert!(chosen.iter().all(|share| f64::abs(share - 0.25) < 0.025), "{chosen:?}");
}

#[test]
fn a_run_that_is_named_twice_is_in_a_sample_once() {
    let named: Vec<Json> = [1, 2, 1, 2, 3, 1, 2, 3].into_iter().map(run).collect();
    let args = [value(&json!(named)), value(&json!({"sample": 2}))];
    let plan = Plan::read_followed(&args, &client()).expect("a plan");
    for seed in 0..200 {
        let mut sample = sampled(&plan, seed);
        sample.sort_unstable();
        sample.dedup();
        assert_eq!(sample.len(), 2, "seed {seed}");
    }
}

#[test]
fn states_have_the_names_of_the_report() {
    for (state, name) in [
        (RunState::Unknown, "unknown"),
        (RunState::Running, "running"),
        (RunState::Retrying, "retrying"),
        (RunState::Succeeded, "succeeded"),
        (RunState::Failed, "failedAgain"),
        (RunState::Canceled, "canceled"),
    ] {
        assert_eq!(state_name(state), name);
    }
}

/// Follows as many runs as there are errors, each of which is that of a run's entry.
fn failed(errors: &[String]) -> Lane {
    let numbers = 1..=errors.len() as u32;
    let mut lane = followed(json!(numbers.clone().map(run).collect::<Vec<_>>()), json!({}));
    let (ticket, _) = lane.asked();
    let entry = |(number, error): (u32, &String)| json!({"dlqId": format!("{number}-0"), "workflowRunId": format!("wfr_{number:021}"), "responseBody": error});
    let entries: Vec<Json> = numbers.zip(errors).map(entry).collect();
    lane.respond(ticket, 200, json!({"messages": entries}));
    lane
}

/// What is counted of these errors.
fn counted(lane: &Lane) -> Vec<(Option<String>, u64)> {
    let shown = lane.drive.new_runs().expect("runs").errors().shown();
    shown.iter().map(|(cause, count)| (cause.error.clone(), *count)).collect()
}

#[test]
fn fifty_errors_are_counted_and_the_twenty_that_most_runs_have_are_shown() {
    let errors = |numbers: &[u32]| numbers.iter().map(|n| format!("e{n}")).collect::<Vec<_>>();
    let few = counted(&failed(&errors(&[1, 2, 3, 2, 3, 3])));
    assert_eq!(few, [(Some("e3".into()), 3), (Some("e2".into()), 2), (Some("e1".into()), 1)]);
    let numbers: Vec<u32> = (1..=51).chain([51; 20]).chain([50; 2]).collect();
    let many = counted(&failed(&errors(&numbers)));
    assert_eq!((many.len(), &many[0], many[1].1), (20, &(Some("e50".into()), 3), 1));
}

#[test]
fn a_checkpoint_has_room_for_the_errors_that_fit_into_20_000_bytes() {
    let rest = |lane: &Lane| {
        let text = lane.drive.checkpoint();
        let plan = plan(Operation::Logs, &json!([{"all": true}]));
        let drive = Drive::resume_from(&text, plan, Expected::Following, timestamp(lane.now), 1);
        (text.len(), counted(&Lane { drive: drive.expect("good"), now: lane.now, length: 0 }))
    };
    // As many as are shown, of 1,000 letters each.
    let letters: Vec<String> = (10..30).map(|n| format!("{n}{}", "x".repeat(998))).collect();
    let (length, kept) = rest(&failed(&letters));
    assert_eq!((kept.len(), length < 28_000), (20, true), "{length}");
    // Longer ones are left out, and shorter ones behind them are not.
    let mut long: Vec<String> =
        (10..59).map(|n| format!("{n}{}", "\u{10348}".repeat(998))).collect();
    long.push("short".into());
    let (length, kept) = rest(&failed(&long));
    assert_eq!((kept.len(), kept.last()), (6, Some(&(Some("short".into()), 1))));
    assert!(length < 31_000, "{length}");
}

#[test]
fn progress_counts_runs_that_have_ended_and_requests_in_flight() {
    let mut lane = followed(json!([run(1), run(2), run(3)]), json!({}));
    let (ticket, _) = lane.asked_for_logs();
    let progress = lane.drive.progress();
    assert_eq!((progress.counts.done, progress.of, progress.in_flight), (0, Some(3), 1));
    lane.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS"), (2, "RUN_STARTED"), (3, "RUN_FAILED")]));
    let progress = lane.drive.progress();
    assert_eq!((progress.counts.done, progress.of, progress.in_flight), (2, Some(3), 0));
}
