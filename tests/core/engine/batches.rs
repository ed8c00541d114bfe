//! Batches of ids: what goes out together, and what a response leaves open.

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
    for (long, query) in [(180, json!({})), (200, query.clone()), (700, query)] {
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
fn what_is_cut_off_is_looked_up_by_who_goes_on() {
    let (mut lane, _) = sent(3, json!({}));
    let mut rest = again(&lane, json!([ids(3)]));
    // The service may still be at work.
    assert_eq!(rest.waits(), (2_000, WaitReason::Pause));
    look_up(&mut rest, &[(1, false), (2, true), (3, true)]);
    let (ticket, target) = rest.sent();
    assert_eq!(numbers(&target), [2, 3]);
    // After a cut a 404 tells nothing of what is gone.
    rest.respond(ticket, 404, json!({}));
    look_up(&mut rest, &[(2, true), (3, false)]);
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 200, runs(1, ""));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(rest.counts(), [1, 0, 2, 0]);

    // Ended at once, the fate of three is open; they are not counted twice.
    lane.abort();
    lane.abort();
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 3, 0]);
    let mut rest = again(&lane, json!([ids(3)]));
    assert_eq!(rest.counts(), [0, 0, 0, 0]);
    assert_eq!(rest.waits(), (2_000, WaitReason::Pause));
    look_up(&mut rest, &[(1, false), (2, false), (3, false)]);
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(rest.counts(), [0, 0, 3, 0]);
}

#[test]
fn a_cut_in_the_midst_of_look_ups_keeps_what_was_seen() {
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, true), (2, false)]);
    lane.sent();
    let mut rest = again(&lane, json!([ids(3), {}, {"concurrency": 1}]));
    look_up(&mut rest, &[(3, true)]);
    let (ticket, target) = rest.sent();
    assert_eq!(numbers(&target), [1, 3]);
    // The second is suspected of never having been there, here as well.
    let mut last = again(&rest, json!([ids(3)]));
    assert_eq!(last.counts(), [0, 0, 0, 0]);
    rest.respond(ticket, 200, runs(2, ""));
    assert_eq!(rest.ends(), End::Reason(Reason::Complete));
    assert_eq!(rest.counts(), [2, 1, 0, 0]);
    assert_eq!(last.waits(), (2_000, WaitReason::Pause));
    look_up(&mut last, &[(1, false), (3, false)]);
    assert_eq!(last.ends(), End::Reason(Reason::Complete));
    assert_eq!(last.counts(), [0, 0, 3, 0]);
}

#[test]
fn a_list_of_ids_is_a_look_at_each() {
    let mut lane = drive_of(Operation::Scan, json!([ids(2), {"concurrency": 1}]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/1-0");
    // Nothing is uncertain about a look that was cut off.
    let mut rest = again(&lane, json!([ids(2), {"concurrency": 1}]));
    assert_eq!(rest.sent().1, target);
    rest.abort();
    rest.abort();
    assert_eq!(rest.ends(), End::Reason(Reason::Aborted));
    assert_eq!(rest.counts(), [0, 0, 0, 0]);
    lane.respond(ticket, 200, json!({"dlqId": "1-0"}));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/2-0");
    lane.respond(ticket, 404, json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [1, 1, 0, 0]);
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
fn a_404_may_be_a_refusal_of_what_is_there() {
    // Halved until each is alone; the one that is refused all the same is still there.
    let (mut lane, ticket) = sent(2, json!({}));
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, true), (2, true)]);
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [2]);
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(2, true)]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [1]);
    // Another has taken it in the meantime, or this one did: nothing tells.
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, false)]);
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lines(&lane), ["1-0 unconfirmed", "2-0 failed"]);
    assert_eq!(lane.counts(), [0, 0, 1, 1]);

    // What was listed a moment ago is looked up as well.
    for (there, counts) in [(true, [0, 0, 0, 1]), (false, [0, 1, 0, 0])] {
        let mut lane = opened(json!({"strategy": "each", "concurrency": 1}));
        let (list, _) = lane.sent();
        let entry = json!({"dlqId": "1-0", "workflowCreatedAt": NOW - 60_000});
        lane.respond(list, 200, json!({"messages": [entry], "cursor": ""}));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 404, json!({}));
        look_up(&mut lane, &[(1, there)]);
        let (list, _) = lane.sent();
        let left = if there { vec![entry] } else { vec![] };
        lane.respond(list, 200, json!({ "messages": left }));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), counts);
    }

    // Whatever became of an earlier attempt: what is there was not taken.
    let mut lane = opened(json!({"strategy": "each", "concurrency": 1}));
    let (list, _) = lane.sent();
    let entry = json!({"dlqId": "1-0", "workflowCreatedAt": NOW - 60_000});
    lane.respond(list, 200, json!({"messages": [entry], "cursor": ""}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    lane.waits();
    look_up(&mut lane, &[(1, true)]);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, true)]);
    assert_eq!(lane.counts(), [0, 0, 0, 1]);
}

#[test]
fn fewer_runs_than_ids() {
    // As many gone as there are runs: that is the size of a batch from now on.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(3, ""));
    assert_eq!(lane.counts(), [3, 0, 0, 0]);
    look_up(&mut lane, &[(1, false), (2, false), (3, false), (4, true), (5, true)]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [4, 5]);
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let all = |fate: &str| (1..=5).map(|n| format!("{n}-0 {fate}")).collect::<Vec<_>>();
    assert_eq!(lines(&lane), all("done"));

    // More are gone than there are runs.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(1, ""));
    look_up(&mut lane, &[(1, false), (2, false), (3, false), (4, true), (5, true)]);
    assert_eq!(lane.counts(), [1, 0, 2, 0]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [4, 5]);
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.counts(), [3, 0, 2, 0]);
    let expected =
        ["1-0 unconfirmed", "2-0 unconfirmed", "3-0 unconfirmed", "4-0 done", "5-0 done"];
    assert_eq!(lines(&lane), expected);

    // Fewer are gone than there are runs: they may leave a moment later. Nothing is sent again,
    // since it might be there twice.
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    look_up(&mut lane, &[(1, false), (2, true), (3, true)]);
    for wait in [2_000, 4_000] {
        assert_eq!(lane.waits(), (wait, WaitReason::Pause));
        look_up(&mut lane, &[(2, true), (3, true), (1, false)]);
    }
    assert_eq!(lane.waits(), (8_000, WaitReason::Pause));
    look_up(&mut lane, &[(2, true), (3, true), (1, false)]);
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 0, 1, 0]);
    assert_eq!(lines(&lane), ["1-0 unconfirmed", "2-0 unconfirmed", "3-0 unconfirmed"]);
}

#[test]
fn a_checkpoint_does_not_claim_more_than_can_be() {
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    let form = crate::checkpoint::form(&lane.drive.checkpoint());
    // Two runs for these ids, which were looked up no time before, and of which none was seen.
    let cause = [2, 2, 0, 0, 0, 0];
    let at = form.windows(6).position(|bytes| bytes == cause).expect("the cause");
    // What is stored where, as what, and whether that may be.
    let table =
        [(0, 2, true), (0, 3, false), (1, 3, true), (1, 4, false), (2, 3, true), (2, 4, false)];
    for (place, value, good) in table {
        let mut form = form.clone();
        form[at + place] = value;
        let text = crate::targets::checkpoints::seal(&form);
        let plan = plan(Operation::Resume, &json!([ids(3)]));
        let drive = Drive::resume_from(&text, plan, Expected::Operation, timestamp(NOW), 1);
        assert_eq!(drive.is_ok(), good, "{value} at {place}");
    }
}

#[test]
fn a_short_response_tells_nothing_of_five_when_two_ran_and_one_is_gone() {
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    for round in 0..4 {
        if round > 0 {
            lane.waits();
        }
        let order = if round == 0 { [1, 2, 3, 4, 5] } else { [2, 3, 4, 5, 1] };
        look_up(&mut lane, &order.map(|n| (n, n != 1)));
    }
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 0, 3, 0]);

    // Cut off before that is known.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    let (look, _) = lane.sent();
    lane.respond(look, 403, json!({}));
    assert!(matches!(lane.ends(), End::Failed(_)));
    assert_eq!(lane.counts(), [2, 0, 3, 0]);
}

#[test]
fn a_short_response_is_a_good_attempt() {
    let (mut lane, ticket) = sent(2, json!({}));
    lane.lose(ticket, Loss::NotSent("refused".into()));
    lane.waits();
    let (ticket, _) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.respond(ticket, 200, runs(1, ""));
    look_up(&mut lane, &[(1, false), (2, true)]);
    let (ticket, _) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 1);
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
fn a_cap_holds_for_the_batches_that_follow() {
    let mut lane = drive(json!([ids(9), {}, {"pageSize": 5, "concurrency": 1}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, ""));
    look_up(&mut lane, &[(1, false), (2, false), (3, true), (4, true), (5, true)]);
    let mut sizes = Vec::new();
    while let Next::Send(ticket, request) = lane.poll() {
        let size = batch(&request.target).len();
        sizes.push(size);
        lane.respond(ticket, 200, runs(size, ""));
    }
    assert_eq!(sizes, [2, 1, 2, 2]);
    assert_eq!(lane.counts(), [9, 0, 0, 0]);
}

#[test]
fn no_run_at_all_is_halved_and_refused_in_the_end() {
    // It is no cap: what follows goes out as before.
    let mut lane = drive(json!([ids(4), {}, {"pageSize": 2, "concurrency": 1}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(0, ""));
    look_up(&mut lane, &[(1, true), (2, true)]);
    assert_eq!(numbers(&lane.sent().1), [3, 4]);

    let (mut lane, ticket) = sent(2, json!({}));
    lane.respond(ticket, 200, runs(0, ""));
    look_up(&mut lane, &[(1, true), (2, true)]);
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    // Each alone from now on; the first is taken, the second never.
    let (ticket, target) = lane.sent();
    let taken = numbers(&target);
    assert_eq!(taken.len(), 1);
    lane.respond(ticket, 200, runs(1, ""));
    let mut asked = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(RESUME) => {
                asked += 1;
                lane.respond(ticket, 200, runs(0, ""));
            }
            Next::Send(ticket, _) => lane.respond(ticket, 200, json!({"dlqId": "x"})),
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!((asked, lane.counts()), (11, [1, 0, 0, 1]));
}

#[test]
fn what_is_refused_with_others_is_singled_out() {
    let (mut lane, ticket) = sent(4, json!({}));
    lane.respond(ticket, 400, json!({"error": "one of them"}));
    let mut asked = Vec::new();
    while let Next::Send(ticket, request) = lane.poll() {
        let some = numbers(&request.target);
        let status = if some.contains(&3) { 400 } else { 200 };
        lane.respond(ticket, status, runs(some.len(), ""));
        asked.push(some);
    }
    // Depth first.
    assert_eq!(asked, [vec![1, 2], vec![3, 4], vec![3], vec![4]]);
    assert_eq!(lines(&lane), ["1-0 done", "2-0 done", "3-0 failed", "4-0 done"]);
    assert_eq!(lane.counts(), [3, 0, 0, 1]);
}

#[test]
fn ten_refused_before_any_was_taken_are_no_matter_of_entries() {
    let each = || drive(json!([ids(30), {}, {"strategy": "each", "concurrency": 1}]));
    let refuse = |lane: &mut Lane, times: usize| {
        for _ in 0..times {
            let (ticket, _) = lane.sent();
            lane.respond(ticket, 400, json!({"error": "never"}));
        }
    };
    let mut lane = each();
    refuse(&mut lane, 9);
    assert!(matches!(lane.poll(), Next::Send(..)));
    let mut lane = each();
    refuse(&mut lane, 10);
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(400)));
    assert_eq!(lane.counts(), [0, 0, 0, 10]);
    let mut lane = each();
    refuse(&mut lane, 9);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(1, ""));
    refuse(&mut lane, 20);
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [1, 0, 0, 29]);

    // A response that took nothing is no acceptance.
    let options = json!({"strategy": "each", "concurrency": 1});
    let mut lane = drive_of(Operation::Delete, json!([ids(30), options]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, json!({"deleted": 0}));
    refuse(&mut lane, 10);
    assert!(matches!(lane.ends(), End::Failed(_)));
}

#[test]
fn a_gone_id_is_not_found_only_behind_one_that_can_be_taken() {
    // Behind: the service had not come as far.
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, false), (2, true), (3, false)]);
    assert_eq!(lane.counts(), [0, 0, 1, 0]);
    // Its witness is refused: the service may have stepped over it.
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "never"}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lines(&lane), ["1-0 unconfirmed", "2-0 failed", "3-0 unconfirmed"]);
    assert_eq!(lane.counts(), [0, 0, 2, 1]);

    // After a lost response nothing is not found.
    let (mut lane, ticket) = sent(2, json!({}));
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    look_up(&mut lane, &[(1, true), (2, true)]);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 404, json!({}));
    look_up(&mut lane, &[(1, true), (2, false)]);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(1, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [1, 0, 1, 0]);
}

#[test]
fn a_look_up_that_the_service_refuses_ends_the_drive_with_everything_open() {
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 404, json!({}));
    let (look, _) = lane.sent();
    lane.respond(look, 403, json!({}));
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(403)));
    assert_eq!(lane.counts(), [0, 0, 3, 0]);
    let mut rest = again(&lane, json!([ids(3)]));
    look_up(&mut rest, &[(1, true), (2, true), (3, true)]);
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
