//! Ids that the caller names: which are missing, and which run each becomes.

use super::*;

#[test]
fn a_missing_id_is_told_from_one_that_may_be_gone() {
    let ids = json!([["5-0", "6-0", "7-0"], {}, {"concurrency": 1, "report": "entries"}]);
    let mut lane = drive(ids.clone());
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0&dlqIds=6-0&dlqIds=7-0");
    lane.respond(ticket, 404, json!({"error": "some were not found"}));
    for (id, status) in [("5-0", 200), ("6-0", 404), ("7-0", 200)] {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{id}"));
        lane.respond(ticket, status, json!({"dlqId": id}));
    }
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0&dlqIds=7-0");
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 1, 0, 0]);
    let lines: Vec<_> = lane.drive.report_entries().expect("a report").to_vec();
    let fates: Vec<_> = lines.iter().map(|line| line.outcome.name("resumed")).collect();
    assert_eq!(fates, ["resumed", "resumed", "notFound"]);

    // Lost, and then gone: nothing tells.
    let mut lane = drive(ids);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 502, json!({}));
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    for (id, status) in [("5-0", 404), ("6-0", 404), ("7-0", 200)] {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{id}"));
        lane.respond(ticket, status, json!({"dlqId": id}));
    }
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=7-0");
    lane.respond(ticket, 404, json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [0, 0, 3, 0]);
}

#[test]
fn each_pairs_an_entry_with_its_run() {
    let options = json!({"strategy": "each", "concurrency": 1, "report": "entries"});
    let mut lane = drive(json!([["5-0", "5-0", "6-0"], {}, options]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=5-0");
    lane.respond(ticket, 200, runs(1, ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=6-0");
    lane.respond(ticket, 404, json!({}));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let lines = lane.drive.report_entries().expect("a report");
    assert_eq!(run_of(&lines[0]), Some(("wfr_1", Some(NOW))));
    assert_eq!(lines[1].run, None);
    assert_eq!(lane.counts(), [1, 1, 0, 0]);
}
