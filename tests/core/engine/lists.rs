//! Lists that run ahead of the batches.

mod large;
mod ranges;
mod taken;

use super::*;

const LIST: &str = "/v2/workflows/dlq?toDate=1789999999999&count=2";
const RESUME: &str = "/v2/workflows/dlq/resume?";

fn listed(ids: &[u32], cursor: &str) -> Json {
    let entry = |id: &u32| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": NOW - 60_000});
    json!({"messages": ids.iter().map(entry).collect::<Vec<_>>(), "cursor": cursor})
}

/// Batches of two on everything, past the opening list.
fn batches(options: Json) -> Lane {
    let mut options = options;
    options["strategy"] = json!("batches");
    options["pageSize"] = json!(2);
    opened(options)
}

/// The same past the first list, of which more is to come, and the batch that dates new runs.
fn dated(options: Json) -> Lane {
    let mut lane = batches(options);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, listed(&[1, 2], "c"));
    lane.dates();
    lane
}

fn one_by_one() -> Lane {
    batches(json!({"concurrency": 1}))
}

#[track_caller]
fn list(lane: &mut Lane, target: &str, body: Json) {
    let (ticket, sent) = lane.sent();
    assert_eq!(sent, target);
    lane.respond(ticket, 200, body);
}

#[track_caller]
fn take(lane: &mut Lane, ids: &[u32]) {
    let (ticket, target) = lane.sent();
    let expected: Vec<String> = ids.iter().map(|id| format!("dlqIds={id}-0")).collect();
    assert_eq!(target, format!("{RESUME}{}", expected.join("&")));
    lane.respond(ticket, 200, runs(ids.len(), ""));
}

#[test]
fn rounds_go_on_while_they_find_anything() {
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], "c"));
    take(&mut lane, &[1, 2]);
    list(&mut lane, &format!("{LIST}&cursor=c"), listed(&[3], ""));
    take(&mut lane, &[3]);
    list(&mut lane, LIST, listed(&[4], ""));
    take(&mut lane, &[4]);
    list(&mut lane, LIST, listed(&[], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [4, 0, 0, 0]);
}

#[test]
fn a_cursor_that_does_not_move_is_asked_nine_times() {
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1], "same"));
    let mut asked = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(RESUME) => {
                lane.respond(ticket, 200, runs(1, ""));
            }
            Next::Send(ticket, _) => {
                asked += 1;
                // Known entries are no progress.
                lane.respond(ticket, 200, listed(&[1], "same"));
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert!(matches!(end, End::Failed(refusal) if refusal.code == "cursor_stuck"));
    assert_eq!(asked, 9);
    assert!(lane.now - NOW >= 700, "{}", lane.now - NOW);

    // With new entries it is progress, and nothing waits.
    let mut lane = one_by_one();
    for id in 1..=30 {
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, listed(&[id * 2, id * 2 + 1], "same"));
        take(&mut lane, &[id * 2, id * 2 + 1]);
    }
    assert_eq!(lane.now, NOW);
}

#[test]
fn a_thousand_empty_lists_in_a_row_are_the_end() {
    let mut lane = one_by_one();
    let mut asked = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(RESUME) => {
                lane.respond(ticket, 200, runs(1, ""));
            }
            Next::Send(ticket, _) => {
                asked += 1;
                let some = if asked == 999 { &[7][..] } else { &[] };
                lane.respond(ticket, 200, listed(some, &format!("c{asked}")));
            }
            Next::Done(end) => break end,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(end, End::Failed(refusal) if refusal.code == "cursor_stuck"));
    assert_eq!((asked, lane.now), (1_999, NOW));
}

#[test]
fn a_filter_that_is_not_heard_ends_it_before_anything_is_sent() {
    let entry = |label: &str| json!({"messages": [{"dlqId": "1-0", "labels": [label]}]});
    let refused = |lane: &mut Lane| {
        assert!(
            matches!(lane.ends(), End::Failed(refusal) if refusal.code == "filter_not_honoured")
        );
        assert_eq!(lane.counts(), [0, 0, 0, 0]);
    };
    let filter = json!({"filter": {"label": "a"}});
    for strategy in ["pages", "batches", "each"] {
        let begun = || drive(json!([filter, {}, {"strategy": strategy, "concurrency": 1}]));
        let mut lane = begun();
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, entry("b"));
        refused(&mut lane);

        let mut lane = begun();
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, entry("a"));
        let (ticket, target) = lane.sent();
        if strategy == "pages" {
            assert!(target.starts_with(RESUME), "{target}");
        } else {
            lane.respond(ticket, 200, entry("b"));
            refused(&mut lane);
        }
    }
}

#[test]
fn who_goes_on_from_what_remained_looks_and_sends_nothing_again() {
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1], ""));
    take(&mut lane, &[1]);
    list(&mut lane, LIST, listed(&[1], ""));
    lane.waits();
    list(&mut lane, LIST, listed(&[1], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Remaining));
    let args = json!([{"all": true}, {}, {"concurrency": 1, "pageSize": 2}]);
    let mut rest = again(&lane, args.clone());
    list(&mut rest, LIST, listed(&[1], ""));
    assert_eq!(rest.ends(), End::Reason(Reason::Remaining));
    let mut rest = again(&rest, args);
    list(&mut rest, LIST, listed(&[], ""));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(rest.counts(), [1, 0, 0, 0]);
}

#[test]
fn a_refused_cursor_is_dropped_once_between_new_entries() {
    let mut lane = one_by_one();
    let refuse = |lane: &mut Lane| {
        let (ticket, target) = lane.sent();
        assert!(target.ends_with("cursor=old"), "{target}");
        lane.respond(ticket, 400, json!({"error": "no such cursor"}));
    };
    for ids in [[1, 2], [3, 4], [5, 6]] {
        list(&mut lane, LIST, listed(&ids, "old"));
        take(&mut lane, &ids);
        refuse(&mut lane);
    }
    list(&mut lane, LIST, listed(&[5, 6], "old"));
    refuse(&mut lane);
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(400)));

    for (status, cursor) in [(400, ""), (403, "c")] {
        let mut lane = one_by_one();
        if !cursor.is_empty() {
            list(&mut lane, LIST, listed(&[1, 2], cursor));
            take(&mut lane, &[1, 2]);
        }
        let (ticket, _) = lane.sent();
        lane.respond(ticket, status, json!({}));
        assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(status)));
    }
}

#[test]
fn what_failed_again_after_the_start_is_passed_over() {
    let mut lane = one_by_one();
    let entry = |id: &str, created: i64| json!({"dlqId": id, "workflowCreatedAt": created});
    let messages = [entry("1-0", NOW - 1), entry("2-0", NOW), entry("3-0", NOW + 7)];
    list(&mut lane, LIST, json!({"messages": messages, "cursor": ""}));
    take(&mut lane, &[1]);

    // Unless that was asked for.
    let options = json!({"strategy": "batches", "freeze": false, "limit": 9, "concurrency": 1});
    let mut lane = drive(json!([{"filter": {"toDate": NOW - 1}}, {}, options]));
    let messages = [entry("1-0", NOW - 1), entry("2-0", NOW)];
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"messages": messages, "cursor": ""}));
    take(&mut lane, &[1, 2]);
}

#[test]
fn every_list_is_within_the_filters_dates() {
    let (from, to) = (NOW - 1_000_000, NOW - 500_000);
    let filter = json!({"filter": {"fromDate": from, "toDate": to}});
    let options = json!({"strategy": "batches", "concurrency": 4, "pageSize": 2});
    let mut lane = drive(json!([filter, {}, options]));
    let whole = format!("/v2/workflows/dlq?fromDate={from}&toDate={to}&count=2");
    list(&mut lane, &whole, one());
    let entry = |id: &str| json!({"dlqId": id, "workflowCreatedAt": from});
    list(&mut lane, &whole, json!({"messages": [entry("1-0"), entry("2-0")], "cursor": "c"}));
    lane.dates();
    let half = to - 250_000;
    let mut targets = [lane.sent().1, lane.sent().1];
    targets.sort();
    let expected = [
        format!("/v2/workflows/dlq?fromDate={from}&toDate={half}&count=2"),
        format!("/v2/workflows/dlq?fromDate={}&toDate={to}&count=2", half + 1),
    ];
    assert_eq!(targets, expected);
}

#[test]
fn a_batch_that_is_not_full_waits_for_the_list_that_may_fill_it() {
    let mut lane = dated(json!({"concurrency": 3}));
    let (one, _) = lane.sent();
    let (other, _) = lane.sent();
    lane.respond(one, 200, listed(&[3], ""));
    lane.idles();
    lane.respond(other, 200, listed(&[4], ""));
    take(&mut lane, &[3, 4]);
}

#[test]
fn an_abort_gives_up_lists_and_waits_for_batches() {
    let mut lane = dated(json!({"concurrency": 3}));
    let (one, _) = lane.sent();
    let (_, list) = lane.sent();
    lane.respond(one, 200, listed(&[3, 4], ""));
    let (batch, target) = lane.sent();
    assert!(target.contains("/resume"), "{target}");
    lane.abort();
    assert_eq!(lane.drive.progress().in_flight, 1);
    assert_eq!(lane.waits(), (10_000, WaitReason::Response));
    let before = lane.drive.counts().done;
    lane.respond(batch, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.drive.counts().done, before + 2);
    let mut rest = again(&lane, json!([{"all": true}, {}, {"strategy": "batches", "pageSize": 2}]));
    assert_eq!(rest.sent().1, list);
}

#[test]
fn a_limit_asks_for_no_more_lists_than_it_may_need() {
    let mut lane = batches(json!({"concurrency": 8, "limit": 5}));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, listed(&[1, 2], "c"));
    lane.dates();
    // Two are taken, two are coming with each list: two lists make more than five.
    let lists: Vec<(Ticket, String)> = (0..2).map(|_| lane.sent()).collect();
    assert!(lists.iter().all(|(_, target)| target.starts_with("/v2/workflows/dlq?")));
    lane.idles();
}

#[test]
fn the_condition_goes_along_in_a_checkpoint() {
    let options =
        json!({"where": {"responseStatus": [500], "responseBody": "boom"}, "pageSize": 2});
    let mut lane = opened(options);
    lane.abort();
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 2, "concurrency": 1}]));
    let entry = |id: &str, status: u16, body: &str| {
        json!({
            "dlqId": id, "workflowCreatedAt": NOW - 60_000,
            "responseStatus": status, "responseBody": body,
        })
    };
    let messages =
        [entry("1-0", 500, "a boom"), entry("2-0", 500, "other"), entry("3-0", 404, "a boom")];
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 200, json!({"messages": messages, "cursor": ""}));
    take(&mut rest, &[1]);
}

#[test]
fn a_list_asks_for_what_the_service_lists_at_most() {
    let mut ahead = opened(json!({"strategy": "batches", "pageSize": 1_000}));
    let unfrozen = json!({"freeze": false, "limit": 1_000, "pageSize": 1_000});
    let mut pages = drive_of(Operation::Scan, json!([{"all": true}, unfrozen]));
    for lane in [&mut ahead, &mut pages] {
        let (_, target) = lane.sent();
        assert!(target.ends_with("count=100"), "{target}");
    }
}
