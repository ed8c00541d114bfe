//! `maxRequests` and `timeBudget`.

use super::*;

#[test]
fn budgets_are_asked_before_a_request_and_before_a_wait() {
    let mut lane = opened(json!({"maxRequests": 2}));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, runs(1, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Requests));

    let mut lane = opened(json!({"timeBudget": 500}));
    let (ticket, _) = lane.sent();
    lane.now += 499;
    lane.respond(ticket, 200, runs(1, "c"));
    let (ticket, _) = lane.sent();
    lane.now += 1;
    lane.respond(ticket, 200, runs(1, "c"));
    assert_eq!(lane.ends(), End::Reason(Reason::Time));

    // What is in flight is waited for without a look at the clock that nothing may follow.
    let mut lane = drive(json!([["1-0", "2-0"], {}, {"timeBudget": 500, "maxRunsPerSecond": 1}]));
    let (ticket, _) = lane.sent();
    lane.idles();
    lane.respond(ticket, 200, runs(1, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Time));

    let mut lane = opened(json!({"timeBudget": 500}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("Retry-After", "1")]);
    assert_eq!(lane.ends(), End::Reason(Reason::Time));
    assert_eq!(lane.drive.counts().waited_ms, 0);
}
