//! An abort, and what it waits for.

use super::*;

#[test]
fn an_abort_waits_for_what_is_in_flight() {
    let mut lane = opened(json!({"pageSize": 10}));
    let (ticket, _) = lane.sent();
    lane.abort();
    match lane.poll() {
        Next::Wait { until, why: WaitReason::Response } => {
            assert_eq!(until, Some(timestamp(lane.now + 10_000)))
        }
        other => panic!("a wait, not {other:?}"),
    }
    lane.respond(ticket, 200, runs(10, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [10, 0, 0, 0]);

    let mut lane = opened(json!({"pageSize": 10}));
    lane.sent();
    lane.abort();
    assert_eq!(lane.waits(), (10_000, WaitReason::Response));
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 10, 0]);

    let mut lane = opened(json!({"pageSize": 10, "timeout": 3_000}));
    lane.sent();
    lane.abort();
    assert_eq!(lane.waits(), (3_000, WaitReason::Response));

    let mut lane = opened(json!({"pageSize": 10}));
    lane.sent();
    lane.abort();
    lane.abort();
    // Before anybody asks what comes next.
    assert_eq!(lane.counts(), [0, 0, 10, 0]);
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
}

#[test]
fn an_abort_does_not_wait_for_the_opening_list() {
    let mut lane = drive(json!([{"all": true}, {}, {}]));
    lane.sent();
    lane.abort();
    assert_eq!(lane.ends(), End::Reason(Reason::Aborted));
    assert_eq!(lane.counts(), [0, 0, 0, 0]);
}
