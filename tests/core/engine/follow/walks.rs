//! How far a follow lists the DLQ, and how many runs it requests in a round.

use super::*;

/// A page that lists these runs, or others for numbers above a thousand.
fn page(runs: &[u32], cursor: &str) -> Json {
    let entry = |number: &u32| json!({"dlqId": format!("{number}-0"), "workflowRunId": format!("wfr_{number:021}")});
    json!({"messages": runs.iter().map(entry).collect::<Vec<_>>(), "cursor": cursor})
}

/// Follows 200 runs that never end; the pages that a list has until it is given up, of those that `page` makes of
/// their numbers.
fn pages(has_logs: bool, page: impl Fn(u32) -> Json) -> u32 {
    let runs: Vec<Json> = (1..=200).map(run).collect();
    let mut lane = followed(json!(runs), json!({"timeout": 3_000_000, "concurrency": 1}));
    if !has_logs {
        let (ticket, _) = lane.asked();
        lane.respond(ticket, 200, json!({"messages": []}));
        for _ in 0..2 {
            let (ticket, target) = lane.asked();
            assert!(!target.starts_with(LIST), "{target}");
            lane.respond(ticket, 403, json!({"error": "forbidden"}));
        }
    }
    let mut pages = 0;
    let (mut ticket, mut target) = lane.asked();
    let began = lane.now;
    while target.starts_with(LIST) && lane.now == began {
        assert_eq!(target.contains("&cursor="), pages > 0, "{target}");
        pages += 1;
        lane.respond(ticket, 200, page(pages));
        (ticket, target) = lane.asked();
    }
    pages
}

#[test]
fn a_list_is_given_up_where_the_logs_are_cheaper_or_it_leads_nowhere() {
    let others = |number: u32| page(&[1_000 + number], &format!("c{number}"));
    let empty = |number: u32| page(&[], &format!("c{number}"));
    let hundred: Vec<u32> = (1..=100).collect();
    // The logs show what three pages do not, and one more for each page of runs that are known to have failed.
    assert_eq!(pages(true, others), 4);
    assert_eq!(pages(true, |n| if n == 1 { page(&hundred, "c") } else { others(n) }), 6);
    assert_eq!(pages(true, |n| if n == 1 { page(&hundred[1..], "c") } else { others(n) }), 5);
    assert_eq!(pages(true, |n| if n == 4 { page(&[7], "c") } else { others(n) }), 8);
    // A run that failed before is not newly failed.
    assert_eq!(pages(true, |n| page(&[7], &format!("c{n}"))), 5);
    // Without logs there is nothing cheaper.
    assert_eq!(pages(false, others), 1_000);
    assert_eq!(pages(false, empty), 6);
    assert_eq!(pages(false, |n| if n % 6 == 0 { others(n) } else { empty(n) }), 1_000);
    for has_logs in [true, false] {
        assert_eq!(pages(has_logs, |n| page(&[1_000 + n], if n < 3 { "c" } else { "d" })), 2);
        assert_eq!(
            pages(has_logs, |n| page(&[n], if n < 3 { ["a", "b"][n as usize - 1] } else { "" })),
            3
        );
    }
}

/// The requests of each round: lists, and runs in each request for logs. No run ever ends.
fn rounds(runs: u32, count: usize) -> Vec<(u32, Vec<usize>)> {
    let named: Vec<Json> = (1..=runs).map(run).collect();
    let mut lane = followed(json!(named), json!({"timeout": 3_000_000}));
    let mut rounds: Vec<(u32, Vec<usize>)> = Vec::new();
    let mut last = 0;
    loop {
        let (ticket, target) = lane.asked();
        if lane.now > last {
            if rounds.len() == count {
                return rounds;
            }
            rounds.push((0, Vec::new()));
            last = lane.now;
        }
        let round = rounds.last_mut().expect("a round");
        if target.starts_with(LIST) {
            round.0 += 1;
            lane.respond(ticket, 200, json!({"messages": []}));
            continue;
        }
        let named = (1..=runs).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
        round.1.push(shown.len());
        lane.respond(ticket, 200, logs(&shown));
    }
}

#[test]
fn fifty_runs_are_all_requested_in_each_round_and_of_more_only_a_few() {
    // What the logs show need not be listed.
    let all = vec![10; 5];
    assert_eq!(rounds(50, 3), [(1, all.clone()), (0, all.clone()), (0, all)]);
    // Two requests for runs that were never requested, and two for those that were.
    let expected = [(1, vec![10; 2]), (1, vec![10; 4]), (1, vec![10, 1, 10, 10])];
    assert_eq!(rounds(51, 3), expected);
}
