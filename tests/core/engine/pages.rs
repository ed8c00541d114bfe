//! Pages by the service's choice: cursors that don't move, refusals, ranges of time.

use super::*;

const RESUME: &str = "/v2/workflows/dlq/resume?";

fn none() -> Json {
    json!({"messages": []})
}

/// A drive whose clock may run on: sends, answers what `respond` says, waits as long as it is told.
fn run(lane: &mut Lane, mut respond: impl FnMut(&str) -> (u16, Json)) -> (Vec<String>, End) {
    let mut sent = Vec::new();
    loop {
        match lane.poll() {
            Next::Send(ticket, request) => {
                let (status, body) = respond(&request.target);
                lane.respond(ticket, status, body);
                sent.push(request.target);
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => return (sent, end),
            Next::Page(_) => unreachable!("none was asked for"),
        }
    }
}

#[track_caller]
fn assert_stuck(end: &End) {
    assert!(matches!(end, End::Failed(refusal) if refusal.code == "cursor_stuck"), "{end:?}");
}

#[test]
fn a_cursor_that_does_not_move_is_asked_nine_times_with_pauses() {
    let mut lane = opened(json!({"pageSize": 2}));
    let (sent, end) = run(&mut lane, |target| {
        let first = !target.contains("cursor=");
        (200, runs(usize::from(first), "same"))
    });
    assert_stuck(&end);
    // The page that named it first, and nine that named it again.
    assert_eq!(sent.len(), 1 + 9);
    assert_eq!(lane.counts(), [1, 0, 0, 0]);
    // 100, 200, 400 as the table has them, then by chance.
    assert!(lane.now - NOW >= 700, "{}", lane.now - NOW);

    // With runs it is progress.
    let mut lane = opened(json!({"pageSize": 1}));
    let mut left = 40;
    let (_, end) = run(&mut lane, |target| {
        if target.starts_with("/v2/workflows/dlq?") {
            return (200, none());
        }
        left -= 1;
        (200, runs(1, if left == 0 { "" } else { "same" }))
    });
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!((lane.counts(), lane.now), ([40, 0, 0, 0], NOW));
}

#[test]
fn a_thousand_empty_pages_in_a_row_are_the_end() {
    let mut lane = opened(json!({"pageSize": 2}));
    let mut page = 0;
    let (sent, end) = run(&mut lane, |_| {
        page += 1;
        (200, runs(0, &format!("c{page}")))
    });
    assert_stuck(&end);
    assert_eq!((sent.len(), lane.now), (1_000, NOW));

    // One that takes something begins the count anew.
    let mut lane = opened(json!({"pageSize": 2}));
    let mut page = 0;
    let (sent, end) = run(&mut lane, |_| {
        page += 1;
        (200, runs(usize::from(page == 999), &format!("c{page}")))
    });
    assert_stuck(&end);
    assert_eq!(sent.len(), 1_999);

    // So may those of what lists, whose entries begin the count anew.
    let mut lane = drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false}]));
    let mut page = 0;
    let (sent, end) = run(&mut lane, |_| {
        page += 1;
        let mut body = if page == 999 { one() } else { none() };
        body["cursor"] = json!(format!("c{page}"));
        (200, body)
    });
    assert_stuck(&end);
    assert_eq!(sent.len(), 1_999);

    // The opening list may search as long.
    let mut lane = drive(json!([{"all": true}]));
    let mut page = 0;
    let (sent, end) = run(&mut lane, |target| {
        assert!(target.starts_with("/v2/workflows/dlq?count=1"));
        page += 1;
        (200, json!({"messages": [], "cursor": format!("c{page}")}))
    });
    assert_stuck(&end);
    assert_eq!(sent.len(), 1_000);
    assert!(sent[1].ends_with("cursor=c1"), "{}", sent[1]);

    // So may that of a drive in slices of one list each, at the beginning and at the end.
    for begun in [false, true] {
        let mut lane = drive(json!([{"all": true}]));
        if begun {
            lane = opened(json!({}));
            let (ticket, _) = lane.sent();
            lane.respond(ticket, 200, runs(1, ""));
        }
        let mut cursor = String::new();
        for page in 1..5 {
            let (ticket, target) = lane.sent();
            assert!(target.ends_with(&format!("count=1{cursor}")), "{target}");
            cursor = format!("&cursor=c{page}");
            lane.respond(ticket, 200, json!({"messages": [], "cursor": format!("c{page}")}));
            lane = again(&lane, json!([{"all": true}]));
        }
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, none());
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    }

    // And is asked as often where its cursor does not move.
    for strategy in ["pages", "batches"] {
        let mut lane = drive(json!([{"all": true}, {}, {"strategy": strategy}]));
        let (sent, end) = run(&mut lane, |_| (200, json!({"messages": [], "cursor": "same"})));
        assert_stuck(&end);
        assert_eq!(sent.len(), 1 + 9);
        assert!(lane.now - NOW >= 700, "{}", lane.now - NOW);
    }
}

#[test]
fn a_refused_cursor_is_dropped_once_and_then_ids_are_sent() {
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, "old"));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "no such cursor"}));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?toDate=1789999999999&count=2");
    lane.respond(ticket, 200, runs(2, "old"));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "no such cursor"}));
    let (_, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?toDate=1789999999999&count=2");
    assert_eq!(lane.drive.strategy().name(), "batches");
    assert_eq!(lane.counts(), [4, 0, 0, 0]);

    // The first of all: filter or overrides are wrong, and ids would be refused as well.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "bad override"}));
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(400)));

    // What lists has nothing to send ids to.
    let mut lane = drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false}]));
    let (sent, end) = run(&mut lane, |target| match target.contains("cursor=") {
        true => (400, json!({"error": "no such cursor"})),
        false => (200, json!({"messages": [{"dlqId": "1-0"}], "cursor": "c"})),
    });
    assert!(matches!(end, End::Failed(refusal) if refusal.status == Some(400)));
    assert_eq!(sent.len(), 4);
}

#[test]
fn nothing_to_resume_is_told_where_nothing_came_of_the_round() {
    // Another took the rest: the list shows none.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({"error": "nothing to resume"}));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, none());
    // Nothing was met, and nothing tells the service's clock: the cutoff may be too early.
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?count=1");
    lane.respond(ticket, 200, none());
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));

    // The list shows one, and it can't be taken.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({"error": "nothing to resume"}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(404)));

    // A lost page may have taken something: another round.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    lane.waits();
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({"error": "nothing to resume"}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    assert!(lane.sent().1.starts_with(RESUME));

    // The same after others were taken: perhaps for the sake of one entry, which ids single out.
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, ""));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({"error": "an entry was not found"}));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, one());
    let (_, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?toDate=1789999999999&count=2");
    assert_eq!(lane.drive.strategy().name(), "batches");

    // A 404 to a list is a failure.
    let mut lane = drive(json!([{"all": true}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({}));
    assert!(matches!(lane.ends(), End::Failed(_)));
}

#[test]
fn a_list_that_is_refused_or_lost_at_the_close_is_asked_again() {
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(1, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.lose(ticket, Loss::Timeout);
    // A list does nothing that would have to be left time.
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert_eq!((target.as_str(), lane.drive.attempt(ticket)), (NONE, 2));
    lane.respond(ticket, 200, none());
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [1, 0, 0, 0]);
}

#[test]
fn more_than_was_asked_for_ends_what_has_a_limit() {
    let mut lane = opened(json!({"pageSize": 2, "limit": 10}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(3, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    let mut lane = opened(json!({"pageSize": 2, "limit": 10}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, "c"));
    lane.sent();
    let mut lane = opened(json!({"pageSize": 2}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(3, "c"));
    lane.sent();
}

#[test]
fn a_limit_that_is_in_flight_is_waited_for() {
    let mut lane = opened(json!({"pageSize": 2, "limit": 2, "concurrency": 2}));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, runs(1, "c"));
    let (ticket, target) = lane.sent();
    assert!(target.contains("count=1"), "{target}");
    lane.respond(ticket, 200, runs(1, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));

    // By one lane, though the other has a range of its own.
    let mut lane = opened(json!({"pageSize": 2, "limit": 4, "concurrency": 2}));
    lane.dates();
    assert!(lane.sent().1.contains("count=2"));
    assert!(lane.sent().1.contains("count=1"));
    lane.idles();
    let mut lane = opened(json!({"pageSize": 2, "limit": 3, "concurrency": 2}));
    lane.dates();
    assert!(lane.sent().1.contains("count=2"));
    lane.idles();
}

#[test]
fn a_deletion_that_does_not_say_how_many_may_have_been_all() {
    let mut lane = drive_of(Operation::Delete, json!([{"all": true}, {"pageSize": 5}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq?toDate=1789999999999&count=5");
    lane.respond(ticket, 200, json!({}));
    assert_eq!(lane.counts(), [0, 0, 5, 0]);
    lane.waits();
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"deleted": 4}));
    assert_eq!(lane.counts(), [4, 0, 5, 0]);
}

#[test]
fn a_selection_that_begins_after_the_bound_is_empty() {
    let mut lane = drive(json!([{"filter": {"fromDate": NOW + 5_000}}, {}, {}]));
    // Listed without a date, which would move the bound.
    let (_, end) = run(&mut lane, |target| {
        assert!(target.starts_with("/v2/workflows/dlq?"), "{target}");
        (
            200,
            if target.contains("toDate=") {
                none()
            } else {
                json!({"messages": [{"dlqId": "1-0"}]})
            },
        )
    });
    assert_eq!(end, End::Reason(Reason::Remaining));
}

#[test]
fn a_date_of_the_callers_that_is_past_needs_no_list_without_it() {
    for (to, lists) in [(NOW - 5_000, 2), (NOW + 5_000, 3)] {
        let mut lane = drive(json!([{"filter": {"toDate": to}}, {}, {}]));
        let mut opened = false;
        let (sent, end) = run(&mut lane, |target| match target.starts_with(RESUME) {
            true => (200, runs(0, "")),
            false => (200, if std::mem::replace(&mut opened, true) { none() } else { one() }),
        });
        assert_eq!(end, End::Reason(Reason::Complete));
        // No run has shown whether the local clock, which dates a bound of its own, is slow.
        assert_eq!(sent.len(), 1 + lists, "{sent:?}");
    }
}

#[test]
fn another_round_begins_with_the_filters_first_date() {
    let from = NOW - 9_000;
    let mut lane = drive(json!([{"filter": {"fromDate": from}}, {}, {"pageSize": 2}]));
    let mut lists = 0;
    let mut seen = Vec::new();
    let (_, end) = run(&mut lane, |target| {
        seen.push(range_from(target));
        if target.starts_with(RESUME) {
            return (200, runs(1, ""));
        }
        lists += 1;
        (200, if lists == 3 { none() } else { one() })
    });
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!(seen, vec![Some(from); 5]);
    assert_eq!(lane.counts(), [2, 0, 0, 0]);
}

fn range_from(target: &str) -> Option<i64> {
    let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix("fromDate="));
    value.map(|text| text.parse().expect("milliseconds"))
}

#[test]
fn what_a_preview_has_shown_needs_no_opening_list() {
    let begun = |operation: Operation, args: Json, previewed: u32| {
        let plan = Plan { previewed: Some(previewed), ..plan(operation, &args) };
        Lane { drive: Drive::new(plan, timestamp(NOW), 7), now: NOW, length: 0 }
    };
    let to = NOW - 5_000;
    let selection = json!({"filter": {"toDate": to}});
    let page = format!("/v2/workflows/dlq/resume?toDate={to}&count=100");
    for (concurrency, entries) in [(1, u32::MAX), (1, 100), (8, 100)] {
        let options = json!({"concurrency": concurrency});
        let mut lane = begun(Operation::Resume, json!([selection, {}, options]), entries);
        let (ticket, target) = lane.sent();
        assert_eq!(target, page);
        lane.idles();
        // The cutoff stands, and few entries are not searched for.
        assert_eq!(lane.drive.cutoff(), Some(timestamp(to)));
        lane.respond(ticket, 200, runs(100, "c"));
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("{page}&cursor=c"));
        lane.idles();
        lane.respond(ticket, 200, runs(0, ""));
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq?toDate={to}&count=1"));
        lane.respond(ticket, 200, json!({"messages": []}));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    }
    // Ids are listed at once.
    let options = json!({"strategy": "batches", "concurrency": 1});
    let mut lane = begun(Operation::Resume, json!([selection, {}, options]), 7);
    assert_eq!(lane.sent().1, format!("/v2/workflows/dlq?toDate={to}&count=100"));
    // Where many entries are is shown by a list; a selection without a bound needs one, as does one
    // that parameters of the caller's own narrow.
    let many = json!([selection, {}, {"concurrency": 8}]);
    let unbound = json!([{"all": true}]);
    let narrowed = json!([selection, {}, {"query": {"source": "workflow"}}]);
    for (args, entries) in [(many, 101), (unbound, 7), (narrowed, 7)] {
        let (_, target) = begun(Operation::Resume, args, entries).sent();
        assert!(target.starts_with("/v2/workflows/dlq?"), "{target}");
    }
}
