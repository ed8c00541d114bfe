//! Batches of ids: what goes out together, and what a response leaves open.

mod look_ups;
mod refused;
mod short;

use super::*;
use upstash_workflow_dlq::id::DlqId;

const RESUME: &str = "/v2/workflows/dlq/resume?";

fn ids(count: u32) -> Vec<String> {
    (1..=count).map(|n| format!("{n}-0")).collect()
}

/// The ids of a batch's request.
#[track_caller]
fn batch(target: &str) -> Vec<String> {
    let query = target.strip_prefix(RESUME).unwrap_or_else(|| panic!("a batch, not {target}"));
    query.split('&').filter_map(|pair| pair.strip_prefix("dlqIds=")).map(String::from).collect()
}

fn numbers(target: &str) -> Vec<u32> {
    let number = |id: String| id.trim_end_matches("-0").parse().expect("a number");
    batch(target).into_iter().map(number).collect()
}

/// A drive of these ids in one request at a time, whose first batch is in flight.
fn sent(count: u32, options: Json) -> (Lane, Ticket) {
    let mut options = options;
    options["concurrency"] = json!(1);
    options["report"] = json!("entries");
    let mut lane = drive(json!([ids(count), {}, options]));
    let (ticket, target) = lane.sent();
    assert_eq!(batch(&target).len() as u32, count);
    (lane, ticket)
}

/// Answers the look-ups that come now: whether each of these ids is still there.
#[track_caller]
fn look_up(lane: &mut Lane, there: &[(u32, bool)]) {
    for (number, there) in there {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{number}-0"));
        let status = if *there { 200 } else { 404 };
        lane.respond(ticket, status, json!({"dlqId": format!("{number}-0")}));
    }
}

/// `id outcome`, as reported.
fn lines(lane: &Lane) -> Vec<String> {
    let line = |line: &upstash_workflow_dlq::engine::ledger::ReportEntry| {
        format!(
            "{} {}",
            line.id.as_ref().map(DlqId::as_str).unwrap_or("?"),
            line.outcome.name("done")
        )
    };
    let mut lines: Vec<String> =
        lane.drive.report_entries().expect("a report").iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn a_limit_is_shared_by_what_is_in_flight() {
    let mut lane = drive(json!([ids(9), {}, {"pageSize": 2, "concurrency": 4, "limit": 5}]));
    let sent: Vec<(Ticket, String)> = (0..3).map(|_| lane.sent()).collect();
    let sizes: Vec<usize> = sent.iter().map(|(_, target)| batch(target).len()).collect();
    assert_eq!(sizes, [2, 2, 1]);
    lane.idles();
    // What is not found leaves room.
    lane.respond(sent[2].0, 404, json!({}));
    let (more, target) = lane.sent();
    assert_eq!(numbers(&target), [6]);
    lane.idles();
    lane.respond(sent[0].0, 200, runs(2, ""));
    lane.respond(more, 200, runs(1, ""));
    lane.respond(sent[1].0, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    assert_eq!(lane.counts(), [5, 1, 0, 0]);

    // A short response's runs count at once, what it left open until it is known.
    let mut lane = drive(json!([ids(9), {}, {"pageSize": 4, "concurrency": 2, "limit": 5}]));
    let (first, _) = lane.sent();
    let (second, target) = lane.sent();
    assert_eq!(numbers(&target), [5]);
    lane.respond(first, 200, runs(1, ""));
    lane.respond(second, 200, runs(1, ""));
    look_up(&mut lane, &[(1, false), (2, true), (3, true), (4, true)]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [2]);
    assert_eq!(lane.counts(), [2, 0, 0, 0]);
    lane.respond(ticket, 200, runs(1, ""));
}

#[test]
fn the_limit_equal_to_the_ids_is_completion() {
    let mut lane = drive(json!([ids(2), {}, {"limit": 2}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
}

#[test]
fn a_url_is_as_long_as_servers_take_and_no_longer() {
    let query = json!({"a b": "c&d".repeat(40), "e": "f"});
    let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("p{n}"), json!(""))).collect();
    for (long, query) in [(180, json!({})), (200, query.clone()), (700, query), (190, json!(many))]
    {
        let ids: Vec<String> =
            (0..400).map(|n| format!("{n:0width$}+", width = long + n % 7)).collect();
        let options = json!({"pageSize": 1000, "concurrency": 1, "query": query});
        let mut lane = drive(json!([ids, {}, options]));
        let mut sizes = Vec::new();
        let mut length = 0;
        loop {
            let (ticket, target) = match lane.poll() {
                Next::Send(ticket, request) => (ticket, request.target),
                Next::Done(end) => break assert_eq!(end, End::Reason(Reason::Complete)),
                other => panic!("a request, not {other:?}"),
            };
            let sent = batch(&target);
            // The one before had no room for this one's first.
            if let Some(before) = sizes.last() {
                assert!(
                    length + "&dlqIds=".len() + sent[0].len() > 8_000 - 32,
                    "{before} of {long}"
                );
            }
            length = "https://a.b".len() + target.len();
            assert!(length <= 8_000, "{length}");
            lane.respond(ticket, 200, runs(sent.len(), ""));
            sizes.push(sent.len());
        }
        assert_eq!(sizes.iter().sum::<usize>(), 400);
    }
    // To the byte: 7,953 are left of 8,000 by the base URL, a path of 32 and the query.
    for (length, fits) in [(7_953 / 33 - 8, 33), (197 - 8, 7_953 / 197)] {
        let ids: Vec<String> = (0..100).map(|n| format!("{n:0length$}")).collect();
        let mut lane = drive(json!([ids, {}, {"query": {"q": "v"}}]));
        assert_eq!(batch(&lane.sent().1).len(), fits);
    }
    // One that fits nowhere goes alone, and its response says what becomes of it.
    let mut lane = drive(json!([["a".repeat(9_000), "1-0"]]));
    assert_eq!(batch(&lane.sent().1).len(), 1);
}

#[test]
fn every_request_tells_which_attempt_it_is() {
    let lost = || Loss::NotSent("refused".into());
    let (mut lane, first) = sent(2, json!({}));
    assert_eq!(lane.drive.attempt(first), 1);
    lane.lose(first, lost());
    lane.waits();
    let (second, _) = lane.sent();
    assert_eq!(lane.drive.attempt(second), 2);
    lane.respond(second, 404, json!({}));
    let (look, _) = lane.sent();
    assert_eq!(lane.drive.attempt(look), 1);
    lane.respond(look, 503, json!({}));
    // Each id's look-up has its own attempts.
    let (other, target) = lane.sent();
    assert_eq!((lane.drive.attempt(other), target.as_str()), (1, "/v2/workflows/dlq/2-0"));
    lane.respond(other, 200, json!({"dlqId": "2-0"}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (look, target) = lane.sent();
    assert_eq!((lane.drive.attempt(look), target.as_str()), (2, "/v2/workflows/dlq/1-0"));

    let mut lane = drive(json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 1}]));
    for status in [503, 200] {
        let (ticket, _) = lane.sent();
        assert_eq!(lane.drive.attempt(ticket), if status == 503 { 1 } else { 2 });
        lane.respond(ticket, status, one());
        if status == 503 {
            assert_eq!(lane.waits(), (100, WaitReason::Pause));
        }
    }
    // The clock of the response, not of the beginning.
    assert_eq!(lane.cutoff(), Some(NOW + 100 - 1));
    let (list, _) = lane.sent();
    assert_eq!(lane.drive.attempt(list), 1);
    lane.respond(list, 503, json!({}));
    lane.waits();
    let (list, _) = lane.sent();
    assert_eq!(lane.drive.attempt(list), 2);
}

#[test]
fn deleted_as_many_as_the_service_says() {
    let table = [
        (json!({"deleted": 3}), [3, 0], "deleted"),
        (json!({"deleted": 0}), [0, 3], "notFound"),
        // Which of them is not said.
        (json!({"deleted": 2}), [2, 1], "unconfirmed"),
        (json!({"deleted": 7}), [3, 0], "deleted"),
    ];
    for (body, counts, fate) in table {
        let mut lane = drive_of(Operation::Delete, json!([ids(3), {"report": "entries"}]));
        let (ticket, _) = lane.sent();
        let fewer = counts[1] > 0;
        lane.respond(ticket, 200, body);
        // Those that are not counted may have been left out.
        if fewer {
            look_up(&mut lane, &[(1, false), (2, false), (3, false)]);
        }
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), [counts[0], counts[1], 0, 0]);
        let lines = lane.drive.report_entries().expect("a report");
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.outcome.name("deleted") == fate));
    }

    // A service that takes no more than two at a time: the third is still there, and not forgotten.
    for there in [0, 1, 2] {
        let mut lane = drive_of(Operation::Delete, json!([ids(3), {"concurrency": 1}]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, json!({ "deleted": there }));
        look_up(&mut lane, &[(1, false), (2, false), (3, true)]);
        if there == 0 {
            assert_eq!(lane.waits(), (100, WaitReason::Pause));
        }
        let (ticket, target) = lane.sent();
        assert_eq!(target, "/v2/workflows/dlq?dlqIds=3-0");
        lane.respond(ticket, 200, json!({"deleted": 1}));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), [there + 1, 2 - there, 0, 0]);
    }

    // One that was not there, when it stood alone.
    let mut lane = drive_of(Operation::Delete, json!([["1-0"]]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"deleted": 0}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [0, 1, 0, 0]);

    // No number at all: one alone was deleted, of several nothing is known.
    for (count, counts) in [(1, [1, 0, 0, 0]), (2, [0, 0, 2, 0])] {
        let mut lane = drive_of(Operation::Delete, json!([ids(count)]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, json!({}));
        if count == 2 {
            look_up(&mut lane, &[(1, false), (2, false)]);
        }
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), counts);
    }

    // An earlier attempt, whose response was lost, may have been slower than the look.
    for deleted in [0, 1] {
        let mut lane = drive_of(Operation::Delete, json!([ids(2), {"concurrency": 1}]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 502, json!({}));
        lane.waits();
        look_up(&mut lane, &[(1, true), (2, true)]);
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, json!({ "deleted": deleted }));
        look_up(&mut lane, &[(1, false), (2, false)]);
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), [deleted, 0, 2 - deleted, 0]);
    }
}

#[test]
fn what_an_earlier_attempt_may_have_taken_is_never_not_found() {
    let (mut lane, ticket) = sent(2, json!({"maxRunsPerSecond": 2}));
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    look_up(&mut lane, &[(1, true), (2, true)]);
    // Both are due, and may not be sent before the second is over.
    assert_eq!(lane.waits(), (901, WaitReason::Pause));
    let mut rest = again(&lane, json!([ids(2), {}, {"concurrency": 1}]));
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 404, json!({}));
    look_up(&mut rest, &[(1, true), (2, false)]);
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 404, json!({}));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(rest.counts(), [0, 0, 2, 0]);
}

#[test]
fn lists_wait_while_enough_is_listed() {
    let listed = |from: u32, count: u32, cursor: &str| {
        let entry = |n: u32| json!({"dlqId": format!("{n}-0"), "workflowCreatedAt": NOW - 60_000});
        let messages: Vec<Json> = (from..from + count).map(entry).collect();
        json!({"messages": messages, "cursor": cursor})
    };
    // One request at a time: a list for each batch.
    let mut lane = opened(json!({"strategy": "batches", "concurrency": 1, "pageSize": 3}));
    for round in 0..3 {
        let (list, target) = lane.sent();
        assert!(target.starts_with("/v2/workflows/dlq?"), "{target}");
        lane.idles();
        lane.respond(list, 200, listed(1 + round * 3, 3, &format!("c{round}")));
        let (ticket, target) = lane.sent();
        assert_eq!(batch(&target).len(), 3);
        lane.respond(ticket, 200, runs(3, ""));
    }
    // What does not fill a batch waits for the list that may fill it.
    let (list, _) = lane.sent();
    lane.respond(list, 200, listed(20, 2, "c8"));
    let (list, target) = lane.sent();
    assert!(target.ends_with("cursor=c8"));
    lane.respond(list, 200, listed(22, 2, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [20, 21, 22]);
    lane.respond(ticket, 200, runs(3, ""));
    let (_, target) = lane.sent();
    assert_eq!(numbers(&target), [23]);

    let mut lane = opened(json!({"strategy": "batches", "concurrency": 2, "pageSize": 3}));
    let (list, _) = lane.sent();
    lane.respond(list, 200, listed(1, 2, "c1"));
    let (list, _) = lane.sent();
    lane.idles();
    lane.respond(list, 200, listed(3, 0, ""));
    assert_eq!(numbers(&lane.sent().1), [1, 2]);

    // Two: a list runs ahead of the batch in flight, as far as both would use it.
    let options = json!({"strategy": "batches", "concurrency": 2, "pageSize": 3});
    let mut lane = dated_batches(options, listed(90, 2, "c0"));
    let (list, target) = lane.sent();
    assert!(target.ends_with("cursor=c0"), "{target}");
    lane.idles();
    lane.respond(list, 200, listed(2, 3, "c1"));
    let (list, target) = lane.sent();
    assert!(target.ends_with("cursor=c1"), "{target}");
    let (_, target) = lane.sent();
    assert_eq!(numbers(&target), [2, 3, 4]);
    lane.respond(list, 200, listed(5, 3, "c2"));
    let (list, target) = lane.sent();
    assert!(target.ends_with("cursor=c2"), "{target}");
    lane.respond(list, 200, listed(8, 3, "c3"));
    assert_eq!(numbers(&lane.sent().1), [5, 6, 7]);

    // A limit asks for no more than it leaves.
    let options = json!({"strategy": "batches", "concurrency": 4, "pageSize": 3, "limit": 3});
    let mut lane = opened(options);
    let (list, _) = lane.sent();
    lane.idles();
    lane.respond(list, 200, listed(1, 3, "c1"));
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [1, 2, 3]);
    lane.idles();
    lane.respond(ticket, 200, runs(3, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
}
