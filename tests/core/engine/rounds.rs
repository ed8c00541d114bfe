//! A drive by pages from its opening list to its close, and the rounds between them.

use super::*;

#[test]
fn pages_from_the_opening_to_the_close() {
    let mut lane = opened(json!({"pageSize": 2}));
    assert_eq!(lane.cutoff(), Some(NOW - 1));
    let resume = "/v2/workflows/dlq/resume?toDate=1789999999999&count=2";
    let (ticket, target) = lane.sent();
    assert_eq!(target, resume);
    lane.idles();
    lane.now += 40;
    lane.respond(ticket, 200, runs(2, "c1"));
    let (ticket, target) = lane.sent();
    assert_eq!(target, format!("{resume}&cursor=c1"));
    lane.respond(ticket, 200, runs(1, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, json!({"messages": []}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let counts = lane.drive.counts();
    assert_eq!((counts.done, counts.requests, counts.retries), (3, 4, 0));
    assert_eq!((counts.elapsed_ms, counts.waited_ms), (40, 0));
    assert_eq!(lane.drive.checkpoint(), lane.drive.checkpoint());
}

#[test]
fn what_is_left_at_the_close_is_taken_in_another_round() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(5, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, one());
    let (ticket, target) = lane.sent();
    assert!(target.starts_with("/v2/workflows/dlq/resume?"), "{target}");
    lane.respond(ticket, 200, runs(0, ""));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    // It may be listed for a moment after its run is there.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    let (ticket, target) = lane.sent();
    assert_eq!(target, NONE);
    lane.respond(ticket, 200, one());
    assert_eq!(lane.ends(), End::Reason(Reason::Remaining));
    assert_eq!(lane.counts(), [5, 0, 0, 0]);

    // Where nothing was taken, what is listed is not what was taken a moment ago.
    let mut lane = opened(json!({}));
    for body in [runs(0, ""), one()] {
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, body);
    }
    assert_eq!(lane.ends(), End::Reason(Reason::Remaining));
}
