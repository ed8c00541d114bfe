//! Look-ups of ids after a lost batch.

use super::*;

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
