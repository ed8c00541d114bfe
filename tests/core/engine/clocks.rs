//! What the list after the others, without the bound, shows of the local clock that dated the bound.

use super::*;

#[test]
fn what_is_left_at_the_end_counts_unless_it_may_be_new() {
    // Once entries were taken, what is later than the local clock; without any, all that is selected.
    for (taken, status, created, reason) in [
        (true, 500, NOW + 1_000, Reason::Complete),
        (true, 500, NOW + 1_001, Reason::Remaining),
        (true, 404, NOW, Reason::Complete),
        (false, 500, NOW, Reason::Remaining),
        (false, 404, NOW, Reason::Complete),
    ] {
        let selection = json!({"all": true, "where": {"responseStatus": 500}});
        let mut lane = drive(json!([selection, {}, {"concurrency": 1}]));
        let entry = |id: &str, status: u16, created: i64| {
            let entry =
                json!({"dlqId": id, "responseStatus": status, "workflowCreatedAt": created});
            json!({"messages": [entry], "cursor": ""})
        };
        let (mut left, mut opened) = (taken, false);
        let end = loop {
            let (ticket, target) = match lane.poll() {
                Next::Send(ticket, request) => (ticket, request.target),
                Next::Done(end) => break end,
                other => panic!("a request or the end, not {other:?}"),
            };
            let body = match (target.contains("/resume?"), target.contains("toDate=")) {
                // A run without a date does not show the service's clock.
                (true, _) => {
                    left = false;
                    json!({"workflowRuns": [{"workflowRunId": "wfr_1"}]})
                }
                (_, true) if !left => json!({"messages": []}),
                (_, false) if opened => entry("2-0", status, created),
                _ => entry("1-0", 500, NOW - 60_000),
            };
            opened = true;
            lane.respond(ticket, 200, body);
        };
        let what = format!("{taken}, then a {status} of {} ms later", created - NOW);
        assert_eq!(end, End::Reason(reason), "{what}");
        assert_eq!(lane.counts(), [u64::from(taken), 0, 0, 0], "{what}");
    }
}
