//! `maxRunsPerSecond`, within a drive and over slices.

use super::*;

#[test]
fn a_velocity_limit_holds_within_a_drive() {
    let ids: Vec<String> = (0..30).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"pageSize": 8, "maxRunsPerSecond": 10}]));
    let (first, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    let (second, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    // The service may take them at any moment until it answers, and a clock shows whole
    // milliseconds.
    assert_eq!(lane.waits(), (1_001, WaitReason::Pause));
    lane.respond(first, 200, runs(8, ""));
    lane.now += 300;
    lane.respond(second, 200, runs(2, ""));
    assert_eq!(lane.waits(), (701, WaitReason::Pause));
    let (third, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    assert_eq!(lane.waits(), (300, WaitReason::Pause));
    let (fourth, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    // What was certainly not done leaves room at once; what may have been does not.
    lane.respond_with(third, 429, json!({}), &[("Retry-After", "1")]);
    lane.lose(fourth, Loss::NotSent("refused".into()));
    assert_eq!(lane.waits(), (1_000, WaitReason::RateLimit));
    let (third, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 8);
    let (fourth, target) = lane.sent();
    assert_eq!(target.matches("dlqIds=").count(), 2);
    lane.respond(fourth, 200, runs(2, ""));
    lane.respond(third, 503, json!({}));

    // Pages count as what they ask for; look-ups and lists don't.
    let mut lane = dated(json!({"pageSize": 8, "maxRunsPerSecond": 10, "concurrency": 2}));
    assert!(lane.sent().1.contains("count=2"));
    assert_eq!(lane.waits(), (1_001, WaitReason::Pause));
    assert!(lane.sent().1.contains("count=8"));
    let mut lane = drive(json!([["1-0", "2-0"], {}, {"maxRunsPerSecond": 1, "concurrency": 2}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    assert_eq!(lane.sent().1, "/v2/workflows/dlq/1-0");
    assert_eq!(lane.waits(), (901, WaitReason::Pause));
    assert_eq!(lane.sent().1, "/v2/workflows/dlq/resume?dlqIds=2-0");
}

#[test]
fn a_velocity_limit_holds_over_slices() {
    // Slices of one request each: what the one before asked for counts.
    let args = || json!([{"all": true}, {}, {"pageSize": 10, "maxRunsPerSecond": 20}]);
    let mut lane = opened(json!({"pageSize": 10, "maxRunsPerSecond": 20}));
    let mut asked: Vec<i64> = Vec::new();
    for _ in 0..20 {
        loop {
            match lane.poll() {
                Next::Send(ticket, _) => {
                    lane.now += 15;
                    asked.push(lane.now);
                    lane.respond(ticket, 200, runs(10, "c"));
                    break;
                }
                Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
                other => panic!("{other:?}"),
            }
        }
        lane = again(&lane, args());
    }
    for window in asked.windows(3) {
        assert!(window[2] - window[0] >= 1_000, "{asked:?}");
    }
    // And is used up.
    assert!(asked[19] - asked[0] <= 10 * 1_100, "{asked:?}");

    // Cut off with a request in flight, it may be at work at this moment.
    let mut lane = opened(json!({"pageSize": 10, "maxRunsPerSecond": 20}));
    lane.sent();
    let mut rest = again(&lane, args());
    assert_eq!(rest.waits(), (2_000, WaitReason::Pause));
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 200, runs(10, "c"));

    // A clock that is an hour behind, or ahead, makes the wait no longer than the second.
    for hours in [-1, 1] {
        let mut lane = opened(json!({"pageSize": 20, "maxRunsPerSecond": 20}));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, runs(20, "c"));
        lane.now += hours * 3_600_000;
        let mut rest = again(&lane, args());
        match rest.poll() {
            Next::Wait { until: Some(until), .. } => assert!(until.ms() - rest.now <= 1_001),
            Next::Send(..) => assert_eq!(hours, 1),
            other => panic!("{other:?}"),
        }
    }
}
