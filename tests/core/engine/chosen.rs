//! `where` and `limit` of a list: what is handed out, counted, and asked for.

use super::*;

fn messages(statuses: &[u16], cursor: &str) -> Json {
    let entry = |(at, status): (usize, &u16)| json!({"dlqId": format!("{at}-0"), "responseStatus": status, "workflowCreatedAt": NOW - 60_000});
    let messages: Vec<Json> = statuses.iter().enumerate().map(entry).collect();
    json!({"messages": messages, "cursor": cursor})
}

fn listing(selection: Json, options: Json) -> Lane {
    let mut lane = drive_of(Operation::Scan, json!([selection, options]));
    lane.drive.hand_out_pages();
    lane
}

#[track_caller]
fn handed_out(lane: &mut Lane) -> Option<Vec<u32>> {
    assert!(matches!(lane.poll(), Next::Page(_)));
    lane.drive.chosen().map(<[u32]>::to_vec)
}

#[test]
fn a_list_hands_out_what_where_picks_and_counts_that() {
    let selection = json!({"all": true, "where": {"responseStatus": "5xx"}});
    let mut lane = listing(selection, json!({"freeze": false, "pageSize": 4}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, messages(&[500, 404, 503, 404], "c"));
    assert_eq!(handed_out(&mut lane), Some(vec![0, 2]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, messages(&[404], "d"));
    assert_eq!(handed_out(&mut lane), Some(vec![]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, messages(&[500], ""));
    assert_eq!(handed_out(&mut lane), Some(vec![0]));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [3, 0, 0, 0]);
}

#[test]
fn a_limit_counts_what_matches() {
    for (selection, options) in [
        (json!({"all": true, "where": {"responseStatus": 503}, "limit": 3}), json!({})),
        (json!({"all": true}), json!({"where": {"responseStatus": 503}, "limit": 3})),
        (json!({"all": true, "limit": 3}), json!({"where": {"responseStatus": [503]}, "limit": 3})),
    ] {
        let mut options = options;
        options["freeze"] = json!(false);
        let mut lane = listing(selection, options);
        // Full pages are asked for: of how many messages three will match, nothing tells.
        let (ticket, target) = lane.sent();
        assert!(target.ends_with("count=100"), "{target}");
        lane.respond(ticket, 200, messages(&[503, 404, 404, 503], "c"));
        assert_eq!(handed_out(&mut lane), Some(vec![0, 3]));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, messages(&[404, 503, 503], "d"));
        assert_eq!(handed_out(&mut lane), Some(vec![1]));
        assert_eq!(lane.ends(), End::Reason(Reason::Limit));
        assert_eq!(lane.counts(), [3, 0, 0, 0]);
    }
}

#[test]
fn a_limit_holds_whatever_the_service_makes_of_count() {
    let mut lane = listing(json!({"all": true, "limit": 3}), json!({"freeze": false}));
    let (ticket, target) = lane.sent();
    assert!(target.ends_with("count=3"), "{target}");
    lane.respond(ticket, 200, messages(&[500; 5], "c"));
    assert_eq!(handed_out(&mut lane), Some(vec![0, 1, 2]));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    assert_eq!(lane.counts(), [3, 0, 0, 0]);

    // Without a condition and within the limit, the page is handed out as it is.
    let mut lane = listing(json!({"all": true, "limit": 3}), json!({"freeze": false}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, messages(&[500; 3], "c"));
    assert_eq!(handed_out(&mut lane), None);
}

#[test]
fn a_selection_that_is_narrowed_is_taken_by_ids() {
    let narrowed = json!({"all": true, "where": {"responseStatus": 503}, "limit": 1});
    let mut lane = drive(json!([narrowed, {}, {"pageSize": 4}]));
    assert_eq!(lane.drive.strategy().name(), "batches");
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, one());
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, messages(&[404, 503, 503], ""));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=1-0");
    lane.respond(ticket, 200, runs(1, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
    assert_eq!(lane.counts(), [1, 0, 0, 0]);

    let mut lane = drive(json!([{"dlqIds": ["1-0", "2-0"], "limit": 1}]));
    let (ticket, target) = lane.sent();
    assert_eq!(target, "/v2/workflows/dlq/resume?dlqIds=1-0");
    lane.respond(ticket, 200, runs(1, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Limit));
}

#[test]
fn every_condition_goes_along_in_a_checkpoint() {
    let condition = json!({
        "responseStatus": ["5xx", 404], "responseBody": "b", "error": ["x", "a b 1", "a 2 b"],
        "fingerprint": "a b #", "step": ["s", "t"],
    });
    let selection = json!({"all": true, "where": condition, "limit": 7});
    let first = listing(selection, json!({"freeze": false}));
    let checkpoint = json!({"checkpoint": first.drive.checkpoint()});
    let mut rest = again(&first, json!(["<undefined>", checkpoint]));
    rest.drive.hand_out_pages();
    let entry = |status: u16, body: &str, step: &str| {
        json!({"dlqId": "1-0", "responseStatus": status, "responseBody": body,
            "responseHeader": {"Upstash-Error-Step-Name": [step]}})
    };
    let messages = [
        entry(404, "a b 1", "t"),
        entry(599, "a b 1", "s"),
        entry(405, "a b 1", "s"),
        entry(500, "a b 2", "s"),
        entry(500, "a 2 b", "s"),
        entry(500, "x", "s"),
        entry(500, "a b 1", "u"),
    ];
    let (ticket, _) = rest.sent();
    rest.respond(ticket, 200, json!({"messages": messages, "cursor": "c"}));
    assert_eq!(handed_out(&mut rest), Some(vec![0, 1]));
}
