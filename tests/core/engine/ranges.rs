//! The date ranges that concurrent lanes work on.

use super::*;

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
fn ranges_are_within_the_filters_dates() {
    let (from, to) = (NOW - 1_000_000, NOW - 500_000);
    let filter = json!({"filter": {"fromDate": from, "toDate": to}});
    let mut lane = drive(json!([filter, {}, {"concurrency": 4, "pageSize": 10}]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("/v2/workflows/dlq?fromDate={from}&toDate={to}&count=10"));
    lane.respond(ticket, 200, one());
    lane.dates();
    let mut ranges: Vec<_> = (0..4).map(|_| range(&lane.sent().1)).collect();
    ranges.sort();
    // In equal parts: what is left over by the division is the first's.
    let ends = [to - 375_000, to - 250_000, to - 125_000, to];
    assert_eq!(ranges.iter().map(|range| range.1).collect::<Vec<_>>(), ends);
    assert_eq!(ranges[0].0, Some(from));
    for pair in ranges.windows(2) {
        assert_eq!(pair[1].0, Some(pair[0].1 + 1));
    }

    // Where nothing tells how old entries are, the longest that they are kept.
    for entry in [json!({"dlqId": "1-0"}), json!({"dlqId": "1-0", "workflowCreatedAt": NOW - 1})] {
        let mut lane = drive(json!([{"all": true}, {}, {"concurrency": 2}]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, json!({"messages": [entry], "cursor": "c"}));
        lane.dates();
        let mut ranges: Vec<_> = (0..2).map(|_| range(&lane.sent().1)).collect();
        ranges.sort();
        assert_eq!(ranges[1], (Some(NOW - 1 - 46 * 86_400_000 + 1), NOW - 1));
        assert_eq!(ranges[0], (None, NOW - 1 - 46 * 86_400_000));
    }

    // A range of a millisecond is not cut, one of two is.
    for (length, pieces) in [(0, 1), (1, 1), (2, 2)] {
        let filter = json!({"filter": {"fromDate": to - length, "toDate": to}});
        let mut lane = drive(json!([filter, {}, {"concurrency": 2}]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, one());
        lane.dates();
        for _ in 0..pieces {
            lane.sent();
        }
        lane.idles();
    }
}

#[test]
fn a_range_that_has_more_is_cut_where_others_have_ended() {
    let mut lane = dated(json!({"concurrency": 2, "pageSize": 10}));
    let (first, low) = lane.sent();
    let (second, high) = lane.sent();
    assert!(range(&low).1 > range(&high).1 || range(&low).1 < range(&high).1);
    lane.respond(second, 200, runs(3, ""));
    // One lane is left, and still in flight.
    lane.idles();
    lane.respond(first, 200, runs(10, "c"));
    let one = lane.sent().1;
    let other = lane.sent().1;
    let mut cut = [range(&one), range(&other)];
    cut.sort();
    assert_eq!((cut[0].0, cut[1].1), range(&low));
    assert_eq!(cut[1].0, Some(cut[0].1 + 1));
    assert!(!one.contains("cursor=") && !other.contains("cursor="));
}
