//! The bound of a drive by date, corrected by its first new runs.

use super::*;

#[test]
fn the_first_new_runs_correct_a_bound_that_is_too_late() {
    // The service's clock is an hour behind, and its responses say nothing of it.
    let behind = NOW - 3_600_000;
    let made = |created: i64, cursor: &str| {
        let run = |n: i64| json!({"workflowRunId": "wfr_1", "workflowCreatedAt": created + n});
        json!({"workflowRuns": [run(9), run(0), run(3)], "cursor": cursor})
    };
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 1}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, made(behind, "c1"));
    assert_eq!(lane.cutoff(), Some(behind - 1));
    // The cursor belonged to the longer range.
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("/v2/workflows/dlq/resume?toDate={}&count=3", behind - 1));
    // Later runs are no earlier, so that no date is read any more.
    lane.respond(ticket, 200, made(behind - 50, "c2"));
    assert_eq!(lane.cutoff(), Some(behind - 1));

    // Nothing runs beside the first: it would take what failed again. One that takes nothing, or
    // whose response is lost, tells nothing.
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 4}));
    let (first, target) = lane.sent();
    lane.idles();
    lane.respond(first, 200, runs(0, "c0"));
    let (second, _) = lane.sent();
    lane.idles();
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 3, "concurrency": 4}]));
    lane.respond(second, 502, json!({}));
    lane.waits();
    let (third, _) = lane.sent();
    lane.idles();
    lane.respond(third, 200, made(behind, "c1"));
    let mut ranges: Vec<_> = (0..4).map(|_| range(&lane.sent().1)).collect();
    ranges.sort();
    assert_eq!((ranges[0].0, ranges[3].1), (None, behind - 1));
    // Nor where another goes on from there.
    rest.waits();
    rest.sent();
    rest.idles();
    assert_eq!(range(&target), (None, NOW - 1));

    // Runs without a date can't tell anything.
    let mut lane = opened(json!({"pageSize": 3, "concurrency": 4}));
    let (first, _) = lane.sent();
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": "2026-09-21"});
    lane.respond(first, 200, json!({"workflowRuns": [run], "cursor": "c"}));
    (0..4).for_each(|_| drop(lane.sent()));
    assert_eq!(lane.cutoff(), Some(NOW - 1));

    // What is deleted does not come up again, and who does not freeze wants it again.
    let mut lane = drive_of(Operation::Delete, json!([{"all": true}, {"concurrency": 4}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    (0..4).for_each(|_| drop(lane.sent()));
    let filter = json!({"filter": {"toDate": NOW + 5}});
    let options = json!({"pageSize": 3, "concurrency": 4, "freeze": false, "limit": 90});
    let mut lane = drive(json!([filter, {}, options]));
    let tickets: Vec<Ticket> = (0..4).map(|_| lane.sent().0).collect();
    lane.respond(tickets[0], 200, made(behind, "c"));
    assert_eq!(lane.cutoff(), Some(NOW + 5));
}

#[test]
fn the_first_new_runs_correct_the_bound_of_lists() {
    let behind = NOW - 3_600_000;
    let entry = |id: u32, at: i64| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": at});
    let made = json!({"workflowRuns": [
        {"workflowRunId": "wfr_1", "workflowCreatedAt": behind + 7},
        {"workflowRunId": "wfr_2", "workflowCreatedAt": behind},
    ]});
    for concurrency in [1, 8] {
        let options = json!({"strategy": "batches", "concurrency": concurrency, "pageSize": 2});
        let mut lane = opened(options.clone());
        let (list, _) = lane.sent();
        let old = [entry(1, behind - 9_000), entry(2, behind - 8_000)];
        lane.respond(list, 200, json!({"messages": old, "cursor": "c"}));
        let (first, target) = lane.sent();
        assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=1-0&dlqIds=2-0");
        // Short lists may look where to cut, and nothing else is sent.
        while let Next::Send(look, request) = lane.poll() {
            assert!(request.target.starts_with("/v2/workflows/dlq?"), "{}", request.target);
            lane.respond(look, 503, json!({}));
        }
        // Who goes on from here does not know the bound to be right either.
        let mut rest = again(&lane, json!([{"all": true}, {}, options]));
        lane.respond(first, 200, made.clone());
        assert_eq!(lane.cutoff(), Some(behind - 1));
        let (list, target) = lane.sent();
        assert!(range(&target).1 < behind, "{target}");
        // What failed again is newer, whatever the service makes of the bound.
        let both = [entry(3, behind - 7_000), entry(4, behind)];
        lane.respond(list, 200, json!({"messages": both, "cursor": ""}));
        loop {
            match lane.poll() {
                Next::Send(ticket, request) if request.target.contains("dlqIds") => {
                    assert!(request.target.ends_with("/resume?dlqIds=3-0"), "{}", request.target);
                    lane.respond(ticket, 200, runs(1, ""));
                }
                Next::Send(ticket, _) => lane.respond(ticket, 200, json!({"messages": []})),
                Next::Done(end) => break assert_eq!(end, End::Reason(Reason::Complete)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(lane.counts(), [3, 0, 0, 0]);
        rest.waits();
        for (id, there) in [(1, false), (2, true)] {
            let (ticket, target) = rest.sent();
            assert_eq!(target, format!("/v2/workflows/dlq/{id}-0"));
            rest.respond(ticket, if there { 200 } else { 404 }, json!({"dlqId": "x"}));
        }
        let (ticket, target) = rest.sent();
        assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=2-0");
        rest.idles();
        rest.respond(ticket, 200, made.clone());
        assert_eq!(rest.cutoff(), Some(behind - 1));
    }
}

#[test]
fn a_bound_that_is_corrected_shortens_the_range() {
    let made = |behind: i64, cursor: &str| {
        let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": behind});
        json!({"workflowRuns": [run], "cursor": cursor})
    };
    let from = NOW - 600_000;
    for concurrency in [1, 4] {
        let options = json!({"concurrency": concurrency, "pageSize": 10});
        let begun = || {
            let filter = json!({"filter": {"fromDate": from}});
            let mut lane = drive(json!([filter, {}, options]));
            let (ticket, _) = lane.sent();
            lane.respond(ticket, 200, one());
            let (ticket, target) = lane.sent();
            assert_eq!(range(&target), (Some(from), NOW - 1));
            (lane, ticket)
        };
        // The service's clock is two minutes behind. The cursor of the longer range is worth
        // nothing.
        let behind = NOW - 120_000;
        let (mut lane, ticket) = begun();
        lane.respond(ticket, 200, made(behind, "c0"));
        let mut ranges: Vec<_> = (0..concurrency)
            .map(|_| lane.sent().1)
            .inspect(|target| assert!(!target.contains("cursor="), "{target}"))
            .map(|target| range(&target))
            .collect();
        ranges.sort();
        assert_eq!((ranges[0].0, ranges[concurrency - 1].1), (Some(from), behind - 1));

        // As late as the bound is too early for it.
        for (created, bound) in [(NOW, NOW - 1), (NOW - 1, NOW - 2)] {
            let (mut lane, ticket) = begun();
            lane.respond(ticket, 200, made(created, "c0"));
            assert_eq!(lane.cutoff(), Some(bound));
            let kept = lane.sent().1.contains("cursor=c0");
            assert_eq!(kept, concurrency == 1 && bound == NOW - 1);
        }

        // A range that begins behind the bound is over.
        let (mut lane, ticket) = begun();
        lane.respond(ticket, 200, made(from, "c0"));
        let (_, target) = lane.sent();
        assert_eq!(
            target,
            format!("/v2/workflows/dlq?fromDate={from}&toDate={}&count=1", from - 1)
        );
    }
}
