//! Batches that the service refuses because of some of their ids.

use super::*;

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
