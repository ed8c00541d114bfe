//! When a window is cut, or sampled to find where: step by step.

use super::*;

const TOP: &str = "/v2/workflows/dlq/resume?toDate=1789999999999&count=10";

/// A list of the entries of these dates, of which more follow.
fn listed(dates: &[i64]) -> Json {
    let entry =
        |(n, at): (usize, &i64)| json!({"dlqId": format!("{at}-{n}"), "workflowCreatedAt": at});
    let messages: Vec<Json> = dates.iter().enumerate().map(entry).collect();
    json!({"messages": messages, "cursor": "more"})
}

/// As many entries from a date on, a minute from one to the next.
fn minutes(from: i64, count: i64) -> Vec<i64> {
    (0..count).map(|n| from + n * 60_000).collect()
}

/// A drive past its opening list of entries of these dates, with its first request that acts in flight.
fn begun(options: Json, dates: &[i64]) -> Lane {
    let mut options = options;
    options["pageSize"] = json!(10);
    let mut lane = drive(json!([{"all": true}, {}, options]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?count=10");
    lane.respond(ticket, 200, listed(dates));
    let (_, target) = lane.sent();
    assert!(target.contains("/resume?"), "{target}");
    lane
}

/// Whether it samples beside the first request that acts.
fn samples(mut lane: Lane) -> bool {
    match lane.poll() {
        Next::Send(_, request) => {
            let (target, list) = (request.target, "/v2/workflows/dlq?fromDate=");
            assert!(target.starts_with(list) && target.ends_with("&count=10"), "{target}");
            true
        }
        _ => false,
    }
}

#[test]
fn samples_begin_with_two_dates_that_differ() {
    let start = NOW - DAY;
    for strategy in ["pages", "batches"] {
        let options = json!({"strategy": strategy, "concurrency": 4});
        for (dates, expected) in
            [(vec![start], false), (vec![start, start + 60_000], true), (minutes(start, 10), true)]
        {
            // A batch that is not full waits for lists.
            if strategy == "pages" || dates.len() == 10 {
                let what = format!("{} dates by {strategy}", dates.len());
                assert_eq!(samples(begun(options.clone(), &dates)), expected, "{what}");
            }
        }
    }
}

#[test]
fn a_sample_that_is_too_large_is_smaller_the_next_time_and_no_end() {
    let mut lane = begun(json!({"concurrency": 4}), &minutes(NOW - DAY, 10));
    let sample = |lane: &mut Lane, count: u32| {
        let (ticket, target) = lane.sent();
        assert!(target.starts_with("/v2/workflows/dlq?fromDate="), "{target}");
        assert!(target.ends_with(&format!("&count={count}")), "{target}");
        lane.lose(ticket, Loss::TooLarge);
    };
    for count in [10, 2, 1] {
        sample(&mut lane, count);
    }
    // It goes on without samples.
    lane.idles();
    assert_eq!(lane.drive.counts().retries, 2);
}

#[test]
fn what_a_limit_leaves_has_to_be_worth_a_sample() {
    for (strategy, limit, expected) in [
        // Two pages more, or what a third is left of.
        ("pages", 30, false),
        ("pages", 31, true),
        // The batch in flight, or one entry more.
        ("batches", 10, false),
        ("batches", 11, true),
    ] {
        let options = json!({"strategy": strategy, "concurrency": 4, "limit": limit});
        let lane = begun(options, &minutes(NOW - DAY, 10));
        assert_eq!(samples(lane), expected, "a limit of {limit} by {strategy}");
    }
}

#[test]
fn there_are_no_more_windows_than_lanes() {
    for strategy in ["pages", "batches"] {
        let options = json!({"strategy": strategy, "concurrency": 2});
        let mut lane = begun(options, &minutes(NOW - DAY, 10));
        let (sample, target) = lane.sent();
        let from = range(&target).0.expect("a date");
        lane.respond(sample, 200, listed(&minutes(from, 10)));
        lane.idles();
    }
}

#[test]
fn a_sample_that_is_lost_to_a_rate_limit_is_taken_again() {
    for strategy in ["pages", "batches"] {
        let options = json!({"strategy": strategy, "concurrency": 4});
        let mut lane = begun(options, &minutes(NOW - DAY, 10));
        let (sample, target) = lane.sent();
        lane.respond(sample, 429, json!({}));
        assert_eq!(lane.waits().1, WaitReason::RateLimit);
        assert_eq!(lane.sent().1, target, "{strategy}");
    }
}

#[test]
fn who_continues_samples_no_more_than_who_begins() {
    let options = json!({"concurrency": 4, "pageSize": 10});
    let lane = begun(options.clone(), &minutes(NOW - DAY, 10));
    let mut rest = again(&lane, json!([{"all": true}, {}, options]));
    rest.waits();
    // Nothing is known of the entries, and the first page tells nothing.
    let (ticket, target) = rest.sent();
    assert_eq!(target, TOP);
    rest.idles();
    rest.respond(ticket, 200, runs(0, "c"));
    let (_, target) = rest.sent();
    assert_eq!(target, format!("{TOP}&cursor=c"));
    let mut samples = Vec::new();
    while let Next::Send(ticket, request) = rest.poll() {
        let from = range(&request.target).0;
        rest.respond(ticket, 200, listed(&minutes(from.unwrap_or(NOW - DAY), 10)));
        samples.push(from);
    }
    // The first is of the start of the range.
    assert_eq!((samples.len(), samples[0]), (3, None), "{samples:?}");
}

#[test]
fn a_window_is_not_cut_behind_a_bound_that_was_corrected() {
    // Ten a minute: a bound that is six minutes too late is four pages away.
    let dates: Vec<i64> = (0..10).map(|n| NOW - 600_000 + n * 6_000).collect();
    for minutes in 3..10 {
        let options = json!({"concurrency": 4, "pageSize": 10});
        let mut lane = drive(json!([{"all": true}, {}, options]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, listed(&dates));
        let (ticket, _) = lane.sent();
        let created = NOW - minutes * 60_000;
        let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": created});
        lane.respond(ticket, 200, json!({"workflowRuns": vec![run; 10], "cursor": "c"}));
        while let Next::Send(_, request) = lane.poll() {
            let (from, to) = range(&request.target);
            assert!(from <= Some(to) && to < created, "{}", request.target);
        }
    }
}

#[test]
fn an_entry_at_the_end_of_a_window_is_in_it() {
    let mut lane = drive(json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 1}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    let (ticket, list) = lane.sent();
    lane.respond(ticket, 200, listed(&[NOW - 60_000, NOW - 1]));
    // More of the same millisecond may follow.
    assert_eq!(lane.sent().1, format!("{list}&cursor=more"));
}

#[test]
fn a_sample_that_comes_late_lists_nothing_before_a_wait_is_over() {
    let dates = minutes(NOW - DAY, 10);
    let taken = || {
        let mut list = listed(&dates);
        list["cursor"] = json!("");
        list
    };
    let nothing = || json!({"messages": []});
    let mut lane = drive(
        json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 4, "pageSize": 10}]),
    );
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, listed(&dates));
    let (batch, target) = lane.sent();
    assert!(target.contains("/resume?"), "{target}");
    let mut samples = Vec::new();
    while let Next::Send(ticket, request) = lane.poll() {
        assert!(request.target.contains("fromDate="), "{}", request.target);
        samples.push(ticket);
    }
    let late = samples.pop().expect("a sample");
    for sample in samples {
        lane.respond(sample, 200, nothing());
    }
    lane.now += 40;
    lane.respond(batch, 200, runs(10, ""));
    // The rest of the first round has nothing, the second one what was taken.
    let whole = |target: &str| !target.contains("fromDate=");
    let again = loop {
        let (ticket, target) = lane.sent();
        if whole(&target) {
            break ticket;
        }
        lane.respond(ticket, 200, nothing());
    };
    lane.respond(again, 200, taken());
    let Next::Wait { until: Some(until), .. } = lane.poll() else { panic!("a wait") };
    assert_eq!(until.ms(), lane.now + 2_000);
    lane.respond(late, 200, listed(&dates[5..]));
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, _) => lane.respond(ticket, 200, nothing()),
            Next::Done(end) => break end,
            other => panic!("a list or the end, not {other:?}"),
        }
    };
    assert_eq!(end, End::Reason(Reason::Complete));
}
