//! The date ranges of lists.

use super::*;

#[test]
fn lists_cut_where_the_entries_are() {
    let cut = |oldest: Json, first: &[i64]| {
        let mut lane = drive(json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 4}]));
        let (ticket, _) = lane.sent();
        let entry = |id: usize, created: Json| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": created});
        lane.respond(ticket, 200, json!({"messages": [entry(0, oldest)], "cursor": "c"}));
        let (ticket, _) = lane.sent();
        let messages: Vec<Json> =
            first.iter().enumerate().map(|(id, created)| entry(id, json!(created))).collect();
        lane.respond(ticket, 200, json!({"messages": messages, "cursor": "c"}));
        if !first.is_empty() {
            // The batch is not full: one more list, of the earliest range, may fill it.
            let (ticket, target) = lane.sent();
            let early = range(&target);
            assert_eq!(early.0, None);
            lane.respond(ticket, 200, listed(&[], ""));
            assert_eq!(range(&lane.sent().1), (Some(early.1 + 1), NOW - 1));
            return early.1;
        }
        let mut ranges = [range(&lane.sent().1), range(&lane.sent().1)];
        ranges.sort();
        assert_eq!(ranges[0].0, None);
        assert_eq!(ranges[1], (Some(ranges[0].1 + 1), NOW - 1));
        ranges[0].1
    };
    let day = 86_400_000;
    assert_eq!(cut(json!(NOW - 1 - 1_000), &[NOW - 900]), NOW - 1 - 500);
    // The latest came first: the oldest is unknown, so that the longest retention has to do.
    assert_eq!(cut(json!(NOW - 1 - 1_000), &[NOW - 1 - 1_001]), NOW - 1 - 46 * day);
    assert_eq!(cut(json!(null), &[]), NOW - 1 - 46 * day);
    assert_eq!(cut(json!(NOW - 1), &[]), NOW - 1 - 46 * day);
    // As old as the first is no older.
    assert_eq!(cut(json!(NOW - 1 - 1_000), &[NOW - 1 - 1_000]), NOW - 1 - 500);
}

#[test]
fn ranges_behind_a_corrected_bound_are_not_listed() {
    let mut lane = batches(json!({"concurrency": 4}));
    let (ticket, _) = lane.sent();
    // All of them are of the last minute, which is cut in two.
    lane.respond(ticket, 200, listed(&[1, 2], "c"));
    let (ticket, _) = lane.sent();
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": NOW - 3_600_000});
    lane.respond(ticket, 200, json!({"workflowRuns": [run, run], "cursor": ""}));
    let (_, target) = lane.sent();
    assert_eq!(range(&target), (None, NOW - 3_600_001));
    lane.idles();
}

#[test]
fn a_range_of_a_millisecond_is_not_cut_and_one_of_two_is() {
    let to = NOW - 500_000;
    for (length, lists) in [(0, 1), (1, 1), (2, 2)] {
        let filter = json!({"filter": {"fromDate": to - length, "toDate": to}});
        let mut lane = drive(json!([filter, {}, {"strategy": "batches", "concurrency": 4}]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, one());
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, listed(&[], "c"));
        for _ in 0..lists {
            lane.sent();
        }
        lane.idles();
    }
}

#[test]
fn a_range_is_cut_again_once_half_of_the_lanes_are_idle() {
    let mut lane = dated(json!({"concurrency": 8}));
    let mut lists: Vec<(Ticket, String)> = (0..4).map(|_| lane.sent()).collect();
    lists.sort_by_key(|(_, target)| range(target));
    // One idle of four: the cursor leads on.
    lane.respond(lists[0].0, 200, listed(&[], ""));
    lane.respond(lists[3].0, 200, listed(&[3, 4], "more"));
    let (more, target) = lane.sent();
    assert!(target.ends_with("cursor=more"), "{target}");
    take(&mut lane, &[3, 4]);
    // Two idle: in three pieces.
    lane.respond(lists[1].0, 200, listed(&[], ""));
    lane.respond(more, 200, listed(&[5, 6], "on"));
    let mut ranges: Vec<_> = (0..3).map(|_| range(&lane.sent().1)).collect();
    ranges.sort();
    assert_eq!((ranges[0].0, ranges[2].1), range(&lists[3].1));
    take(&mut lane, &[5, 6]);
    lane.idles();
}
