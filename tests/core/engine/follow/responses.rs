//! What a follow does with logs and lists: which runs it requests next, and which errors end it.

use super::*;

/// Follows 200 runs, of whose first batches so many end; the number of requests for logs in the first round.
fn requests_of_a_round(shares: &[(&str, u32)]) -> usize {
    let named: Vec<Json> = (1..=200).map(run).collect();
    let mut lane = followed(json!(named), json!({"concurrency": 1}));
    let (mut ticket, mut target) = lane.asked_for_logs();
    let began = lane.now;
    let mut requests = 0;
    while lane.now == began && requests < 12 {
        let (cursor, ended) = shares.get(requests).copied().unwrap_or(("", 0));
        let named = (1..=200u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let state = |at: usize| if (at as u32) < ended { "RUN_SUCCESS" } else { "RUN_STARTED" };
        let shown: Vec<(u32, &str)> = named.enumerate().map(|(at, n)| (n, state(at))).collect();
        let room = if cursor.is_empty() { shown.len() } else { ended as usize };
        let mut page = logs(&shown[..room]);
        page["cursor"] = json!(cursor);
        lane.respond(ticket, 200, page);
        requests += 1;
        (ticket, target) = lane.asked();
    }
    requests
}

#[test]
fn a_round_requests_more_runs_while_four_in_five_of_those_requested_have_ended() {
    assert_eq!(requests_of_a_round(&[("", 8), ("", 7)]), 2);
    assert_eq!(requests_of_a_round(&[("", 8), ("", 8), ("", 7)]), 3);
    assert_eq!(requests_of_a_round(&[("", 8), ("", 8), ("", 8), ("", 8), ("", 7)]), 5);
    assert_eq!(requests_of_a_round(&[("", 10), ("", 6), ("", 8), ("", 0)]), 4);
    // Runs that a page had no room for were not requested.
    assert_eq!(requests_of_a_round(&[("c", 4), ("", 8), ("", 0)]), 3);
    assert_eq!(requests_of_a_round(&[("c", 4), ("", 7), ("", 0)]), 2);
}

#[test]
fn a_run_whose_logs_are_refused_is_unknown_and_requested_again_in_the_next_round() {
    for status in [400, 403, 404] {
        let mut lane = followed(json!([run(1), run(2)]), json!({"timeout": 60_000}));
        let (ticket, _) = lane.asked_for_logs();
        lane.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS"), (2, "RUN_STARTED")]));
        let mut asked = Vec::new();
        for _ in 0..3 {
            let (ticket, target) = lane.asked_for_logs();
            assert!(target.starts_with(&format!("{LOGS}workflowRunId=")), "{status}: {target}");
            asked.push(lane.now);
            lane.respond(ticket, status, json!({"error": "no"}));
        }
        assert!(asked.windows(2).all(|pair| pair[0] < pair[1]), "{status}: {asked:?}");
        let (ticket, _) = lane.asked_for_logs();
        lane.respond(ticket, 200, logs(&[(2, "RUN_SUCCESS")]));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete), "{status}");
        assert_eq!(outcome(&lane), Runs { succeeded: 2, ..Runs::default() }, "{status}");
    }
}

#[test]
fn a_round_whose_requests_are_refused_ends_after_two_from_each_queue() {
    let named: Vec<Json> = (1..=200).map(run).collect();
    let mut lane = followed(json!(named), json!({"concurrency": 1}));
    for _ in 0..2 {
        let (ticket, target) = lane.asked_for_logs();
        let named = (1..=200u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
        lane.respond(ticket, 200, logs(&shown));
    }
    let (mut ticket, _) = lane.asked_for_logs();
    let began = lane.now;
    let mut requests = 0;
    while lane.now == began {
        requests += 1;
        lane.respond(ticket, 404, json!({"error": "not found"}));
        (ticket, _) = lane.asked();
    }
    assert_eq!(requests, 4);
}

#[test]
fn a_list_whose_first_page_is_refused_ends_the_follow_and_one_whose_cursor_expired_begins_again() {
    let followed = || followed(json!([run(1)]), json!({}));
    let mut lane = followed();
    let (ticket, _) = lane.asked();
    lane.respond(ticket, 400, json!({"error": "fromDate is invalid"}));
    let End::Failed(refusal) = lane.ends() else { panic!("a failure") };
    assert_eq!((refusal.code, refusal.status), ("bad_request", Some(400)));

    let mut lane = followed();
    let (ticket, first) = lane.asked();
    let other = json!({"dlqId": "9-0", "workflowRunId": "wfr_other"});
    lane.respond(ticket, 200, json!({"messages": [other], "cursor": "c"}));
    let (ticket, target) = lane.asked();
    assert_eq!(target, format!("{first}&cursor=c"));
    lane.respond(ticket, 400, json!({"error": "cursor is invalid"}));
    let (ticket, target) = lane.asked();
    assert!(target.starts_with(LOGS), "{target}");
    lane.respond(ticket, 200, json!({"runs": []}));
    let (_, target) = lane.asked();
    assert_eq!(target, first);
}

/// Follows 51 runs until the time is up, and then, in the last round, gets no list; logs as `has_logs`.
fn end_without_a_last_list(has_logs: bool) -> End {
    let named: Vec<Json> = (1..=51).map(run).collect();
    let mut lane = followed(json!(named), json!({"timeout": 60_000}));
    loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(LIST) => {
                let is_over = lane.now >= NOW + 60_000;
                let status = if is_over { 503 } else { 200 };
                lane.respond(ticket, status, json!({"messages": []}));
            }
            Next::Send(ticket, _) if !has_logs => lane.respond(ticket, 403, json!({})),
            Next::Send(ticket, request) => {
                let named =
                    (1..=51u32).filter(|n| request.target.contains(&format!("wfr_{n:021}")));
                let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
                lane.respond(ticket, 200, logs(&shown));
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => return end,
            Next::Page(_) => unreachable!(),
        }
    }
}

#[test]
fn the_last_list_may_fail_where_the_logs_show_failures_too() {
    assert_eq!(end_without_a_last_list(true), End::Reason(Reason::Complete));
    let End::Failed(refusal) = end_without_a_last_list(false) else { panic!("a failure") };
    assert_eq!(refusal.status, Some(503));
}

#[test]
fn a_list_that_is_too_large_is_smaller_the_next_time_and_the_logs_show_failures_too() {
    let mut lane = followed(json!([run(1)]), json!({"timeout": 60_000}));
    let (mut ticket, first) = lane.asked();
    assert!(first.starts_with(LIST) && first.ends_with("count=100"), "{first}");
    let began = lane.now;
    for count in [25, 6, 1] {
        lane.lose(ticket, Loss::TooLarge);
        let (next, target) = lane.asked();
        assert!(
            target.starts_with(LIST) && target.ends_with(&format!("count={count}")),
            "{target}"
        );
        assert_eq!(lane.now, began);
        ticket = next;
    }
    lane.lose(ticket, Loss::TooLarge);
    let (ticket, target) = lane.asked();
    assert!(target.starts_with(LOGS), "{target}");
    lane.respond(ticket, 200, logs(&[(1, "RUN_SUCCESS")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(outcome(&lane), Runs { succeeded: 1, ..Runs::default() });
}

#[test]
fn runs_that_neither_lists_nor_logs_show_for_their_size_are_unknown() {
    let mut lane = followed(json!([run(1)]), json!({"timeout": 60_000}));
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, _) => lane.lose(ticket, Loss::TooLarge),
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!(outcome(&lane), Runs { unknown: 1, ..Runs::default() });
}

#[test]
fn logs_that_are_too_large_are_requested_a_run_at_a_time_and_alone_tell_nothing() {
    let named: Vec<Json> = (1..=3).map(run).collect();
    let mut lane = followed(json!(named), json!({"timeout": 60_000, "concurrency": 1}));
    let (ticket, target) = lane.asked_for_logs();
    assert!(target.contains("wfr_000000000000000000001") && target.contains("000003"), "{target}");
    lane.lose(ticket, Loss::TooLarge);
    let began = lane.now;
    for n in 1..=3u32 {
        let (ticket, target) = lane.asked_for_logs();
        assert_eq!((target.matches("wfr_").count(), lane.now), (1, began), "{target}");
        assert!(target.contains(&format!("wfr_{n:021}")), "{target}");
        match n {
            2 => lane.lose(ticket, Loss::TooLarge),
            n => lane.respond(ticket, 200, logs(&[(n, "RUN_SUCCESS")])),
        }
    }
    // It may be smaller by then.
    let (ticket, target) = lane.asked_for_logs();
    assert!(lane.now > began && target.contains("000002"), "{target}");
    assert_eq!(outcome(&lane), Runs { succeeded: 2, unknown: 1, ..Runs::default() });
    lane.respond(ticket, 200, logs(&[(2, "RUN_FAILED")]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(outcome(&lane), Runs { succeeded: 2, failed_again: 1, ..Runs::default() });
}

#[test]
fn a_page_that_shows_runs_again_and_again_is_read_once() {
    let named: Vec<Json> = (1..=3).map(run).collect();
    let mut lane = followed(json!(named), json!({"timeout": 60_000, "concurrency": 1}));
    let (ticket, _) = lane.asked_for_logs();
    let shown: Vec<(u32, &str)> = (0..60_000).map(|n| (1 + n % 2, "RUN_SUCCESS")).collect();
    let began = cpu_time::ThreadTime::now();
    lane.respond(ticket, 200, logs(&shown));
    // What is compared with each other takes minutes.
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
}
