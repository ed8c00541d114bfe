//! Retries of lost and failed requests, and their delays.

use super::*;

#[test]
fn a_lost_page_is_left_time_and_asked_for_again() {
    let mut lane = opened(json!({"pageSize": 10}));
    let (ticket, target) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 1);
    lane.lose(ticket, Loss::Network("reset".into()));
    // It may still be at work: two seconds, doubled with each attempt.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let (ticket, again) = lane.sent();
    assert_eq!(again, target);
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.lose(ticket, Loss::Timeout);
    assert_eq!(lane.waits(), (4_000, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    // A response came: the service is done with it.
    lane.respond(ticket, 500, json!({"error": "no"}));
    assert_eq!(lane.waits(), (400, WaitReason::Pause));
    let (ticket, _) = lane.sent();
    assert_eq!(lane.counts(), [0, 0, 30, 0]);
    lane.respond(ticket, 500, json!({"error": "no"}));
    let End::Failed(refusal) = lane.ends() else { panic!("a failure") };
    assert_eq!((refusal.code, refusal.status), ("server_error", Some(500)));
    assert_eq!(lane.counts(), [0, 0, 40, 0]);
    let counts = lane.drive.counts();
    assert_eq!((counts.retries, counts.waited_ms), (3, 6_400));
}

#[test]
fn what_was_not_sent_is_sent_again_at_once() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.lose(ticket, Loss::NotSent("refused".into()));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    assert_eq!(lane.counts(), [0, 0, 0, 0]);
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 503, json!({}), &[("Retry-After", "7")]);
    assert_eq!(lane.waits(), (7_000, WaitReason::Pause));
}

#[test]
fn an_attempt_that_goes_well_forgets_those_before() {
    let mut lane = opened(json!({"pageSize": 1}));
    for _ in 0..10 {
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 500, json!({}));
        assert_eq!(lane.waits(), (100, WaitReason::Pause));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, runs(1, "c"));
    }
    assert_eq!(lane.counts(), [10, 0, 10, 0]);
}
