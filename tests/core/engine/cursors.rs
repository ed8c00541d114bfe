//! Cursors that expire, that lead in a circle, and what a checkpoint has to say of them.

use super::*;

const RESUME: &str = "/v2/workflows/dlq/resume?";

fn listed(ids: &[u32], cursor: &str) -> Json {
    let entry = |id: &u32| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": NOW - 60_000});
    json!({"messages": ids.iter().map(entry).collect::<Vec<_>>(), "cursor": cursor})
}

fn expired() -> Json {
    json!({"error": "no such cursor"})
}

/// Answers whatever is asked for until the drive ends, or wants more than `max` requests.
fn run(lane: &mut Lane, max: usize, mut respond: impl FnMut(&str) -> (u16, Json)) -> Option<End> {
    let mut sent = 0;
    loop {
        match lane.poll() {
            Next::Send(..) if sent == max => return None,
            Next::Send(ticket, request) => {
                sent += 1;
                let (status, body) = respond(&request.target);
                lane.respond(ticket, status, body);
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Page(_) => {}
            Next::Done(end) => return Some(end),
        }
    }
}

#[track_caller]
fn assert_stuck(end: Option<End>) {
    assert!(
        matches!(&end, Some(End::Failed(refusal)) if refusal.code == "cursor_stuck"),
        "{end:?}"
    );
}

#[test]
fn a_cursor_that_expires_every_night_is_dropped_every_night() {
    for strategy in ["pages", "batches"] {
        let options = json!({"strategy": strategy, "concurrency": 1, "pageSize": 2});
        let mut lane = opened(options);
        let mut next = 1;
        let mut asked_with_cursor = 0;
        for night in 1..=5 {
            let mut taken = false;
            while !taken {
                let (ticket, target) = lane.sent();
                if target.contains("cursor=") {
                    asked_with_cursor += 1;
                    lane.respond(ticket, 400, expired());
                } else if target.starts_with(RESUME) {
                    lane.respond(ticket, 200, runs(2, &format!("c{night}")));
                    taken = true;
                } else {
                    let body = listed(&[next, next + 1], &format!("c{night}"));
                    next += 2;
                    lane.respond(ticket, 200, body);
                }
            }
            lane = again(&lane, json!([{"all": true}, {}, {"concurrency": 1, "pageSize": 2}]));
        }
        assert_eq!(lane.drive.strategy().name(), strategy);
        assert_eq!((asked_with_cursor, lane.counts()), (4, [10, 0, 0, 0]), "{strategy}");
    }
}

#[test]
fn a_list_whose_cursor_expires_begins_at_the_top_and_ends_if_that_leads_no_further() {
    let list = |cursor: &str, id: u32| listed(&[id], cursor);
    let args = json!([{"all": true}, {"freeze": false}]);
    let mut lane = drive_of(Operation::Scan, args.clone());
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, list("c1", 1));
    let mut lane = again(&lane, args.clone());
    let (ticket, target) = lane.sent();
    assert!(target.ends_with("cursor=c1"), "{target}");
    lane.respond(ticket, 400, expired());
    for (cursor, id) in [("d1", 1), ("d2", 2), ("d3", 3)] {
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, list(cursor, id));
    }
    // It has come further than before: the next one that expires is forgiven as well.
    let mut lane = again(&lane, args.clone());
    let (ticket, target) = lane.sent();
    assert!(target.ends_with("cursor=d3"), "{target}");
    lane.respond(ticket, 400, expired());
    let (ticket, target) = lane.sent();
    assert!(!target.contains("cursor="), "{target}");
    lane.respond(ticket, 200, list("e1", 1));
    // It has not: that is an end, which whoever goes on has seen.
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, expired());
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(400)));
    let mut lane = again(&lane, args);
    let (ticket, target) = lane.sent();
    assert!(!target.contains("cursor="), "{target}");
    lane.respond(ticket, 200, list("", 1));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
}

#[test]
fn cursors_of_several_lanes_may_have_expired_overnight() {
    let options = json!({"concurrency": 2, "pageSize": 10});
    let mut lane = dated(options.clone());
    let sent = [lane.sent().0, lane.sent().0];
    for (ticket, cursor) in sent.into_iter().zip(["c1", "c2"]) {
        lane.respond(ticket, 200, runs(10, cursor));
    }
    let mut rest = again(&lane, json!([{"all": true}, {}, options]));
    for (ticket, target) in [rest.sent(), rest.sent()] {
        assert!(target.contains("cursor=c"), "{target}");
        rest.respond(ticket, 400, expired());
    }
    // Only a cursor of this process that is refused shows that the service takes none.
    for (ticket, target) in [rest.sent(), rest.sent()] {
        assert!(target.starts_with(RESUME) && !target.contains("cursor="), "{target}");
        rest.respond(ticket, 200, runs(10, "d"));
    }
    assert_eq!(rest.drive.strategy().name(), "pages");
}

#[test]
fn a_circle_of_cursors_is_found() {
    let turn = |target: &str, length: usize| {
        let at =
            target.split("cursor=c").nth(1).map_or(0, |n| n.parse::<usize>().expect("a number"));
        format!("c{}", at % length + 1)
    };
    for length in [1, 2, 3, 7, 50] {
        // Lists ahead of batches, which show the same entries again and again.
        let mut lane = opened(json!({"strategy": "batches", "concurrency": 1, "pageSize": 2}));
        let end = run(&mut lane, 2_000, |target| match target.starts_with(RESUME) {
            true => (200, runs(target.matches("dlqIds=").count(), "")),
            false => (200, listed(&[1, 2], &turn(target, length))),
        });
        assert_stuck(end);
        assert_eq!(lane.counts(), [2, 0, 0, 0]);

        // Pages without a run, and the lists before and after them.
        let mut lane = opened(json!({"pageSize": 2}));
        assert_stuck(run(&mut lane, 2_000, |target| (200, runs(0, &turn(target, length)))));
        let mut lane = drive(json!([{"all": true}]));
        let end = run(&mut lane, 2_000, |target| (200, listed(&[], &turn(target, length))));
        assert_stuck(end);

        // What lists shows the same page again, in one go or in slices of a few requests.
        let args = json!([{"all": true}, {"freeze": false}]);
        for slice in [2_000, 3, 1] {
            let mut lane = drive_of(Operation::Scan, args.clone());
            let mut asked = 0;
            let mut respond = |target: &str| {
                asked += 1;
                let id =
                    target.split("cursor=c").nth(1).map_or(1, |n| n.parse().expect("a number"));
                (200, listed(&[id], &turn(target, length)))
            };
            let mut slices = 0;
            let end = loop {
                let end = run(&mut lane, slice, &mut respond);
                if end.is_some() || slices > 2_000 {
                    break end;
                }
                slices += 1;
                lane = again(&lane, args.clone());
            };
            assert_stuck(end);
            assert!(asked <= 20 * length + 20, "{asked} requests for a circle of {length}");
        }
    }

    // The same cursor with other entries each time is progress.
    let mut lane = drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false}]));
    let mut id = 0;
    let end = run(&mut lane, 500, |_| {
        id += 1;
        (200, listed(&[id], if id == 300 { "" } else { "scroll" }))
    });
    assert_eq!((end, id), (Some(End::Reason(Reason::Complete)), 300));

    // So is a cursor that is the id of the only entry of its page.
    let mut lane =
        drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false, "pageSize": 1}]));
    let mut id = 0;
    let end = run(&mut lane, 500, |_| {
        id += 1;
        let next = if id == 300 { String::new() } else { format!("{id}-0") };
        (200, listed(&[id], &next))
    });
    assert_eq!((end, id), (Some(End::Reason(Reason::Complete)), 300));
}

#[test]
fn who_has_left_a_circle_may_get_into_another() {
    // Five turns of three pages, fifty pages that lead on, and then a circle without an end.
    let page = |n: usize| match n {
        0..=14 => n % 3,
        15..=64 => n,
        _ => 65 + n % 4,
    };
    let mut lane = drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false}]));
    let mut asked = 0;
    let end = run(&mut lane, 200, |_| {
        asked += 1;
        let id = page(asked - 1) as u32;
        (200, listed(&[id + 1], &format!("c{id}")))
    });
    assert_stuck(end);
    assert!(asked > 65, "{asked}");
}

/// What the caller of a list got, by the numbers of the entries.
#[test]
fn the_checkpoint_of_a_page_is_as_of_that_page() {
    let ids: Vec<String> = (1..=8).map(|n| format!("{n}-0")).collect();
    for selection in [json!(ids), json!({"all": true})] {
        let begun = || {
            let args = json!([selection, {"concurrency": 4, "freeze": false, "pageSize": 1}]);
            let mut lane = drive_of(Operation::Scan, args);
            lane.drive.hand_out_pages();
            lane
        };
        // The page that a target asks for, and its response.
        let number = |target: &str| -> u32 {
            let id = target.strip_prefix("/v2/workflows/dlq/");
            match id.and_then(|id| id.strip_suffix("-0")) {
                Some(id) => id.parse().expect("a number"),
                None => target.split("cursor=").nth(1).map_or(1, |n| n.parse().expect("a number")),
            }
        };
        let body = |number: u32| {
            let cursor = if number == 8 { String::new() } else { (number + 1).to_string() };
            let mut body = listed(&[number], &cursor);
            body["dlqId"] = json!(format!("{number}-0"));
            body
        };
        // Each page is the last that one caller takes: who goes on gets exactly the others.
        for taken in 1..=8 {
            let mut lane = begun();
            let mut got = Vec::new();
            let mut sent: Vec<(Ticket, u32)> = Vec::new();
            let mut left = taken;
            let mut rounds = 0;
            let mut finished = false;
            while !finished {
                rounds += 1;
                assert!(rounds < 200, "does not end");
                match lane.poll() {
                    Next::Send(ticket, request) => sent.push((ticket, number(&request.target))),
                    Next::Wait { .. } => {
                        // Answers in the order of the requests, as many as are in flight.
                        for (ticket, number) in std::mem::take(&mut sent) {
                            lane.respond(ticket, 200, body(number));
                            let page = if lane.drive.has_page(ticket) { number } else { 0 };
                            assert_ne!(page, 0);
                            got.push((ticket, page));
                        }
                    }
                    Next::Page(ticket) => {
                        let at = got.iter().position(|(t, _)| *t == ticket).expect("a page");
                        got[at].0 = 0;
                        left -= 1;
                        if left == 0 {
                            let text = lane.drive.checkpoint();
                            let plan = plan(Operation::Scan, &json!([selection]));
                            let drive = Drive::resume_from(
                                &text,
                                plan,
                                Expected::Selection,
                                timestamp(lane.now),
                                1,
                            );
                            // Answers that the first caller never took are lost with it.
                            got.retain(|(ticket, _)| *ticket == 0);
                            sent.clear();
                            lane = Lane { drive: drive.expect("good"), now: lane.now, length: 0 };
                            lane.drive.hand_out_pages();
                        }
                    }
                    Next::Done(end) => {
                        assert_eq!(end, End::Reason(Reason::Complete));
                        finished = true;
                    }
                }
            }
            let mut pages: Vec<u32> = got.iter().map(|(_, page)| *page).collect();
            pages.sort_unstable();
            assert_eq!(pages, (1..=8).collect::<Vec<_>>(), "{selection} after {taken}");
            assert_eq!(lane.drive.counts().done, 8);
        }
    }
}

const HOUR: i64 = 3_600_000;

#[test]
fn a_clock_that_is_slow_takes_what_is_there_or_says_so() {
    // Entries of the last minutes by the service's clock, an hour ahead of ours; no Date header.
    let service_now = NOW + HOUR;
    for strategy in ["pages", "batches"] {
        let mut lane = drive(json!([{"all": true}, {}, {"strategy": strategy, "concurrency": 1}]));
        let mut left: Vec<(u32, i64)> =
            (0..51).map(|n| (n + 1, service_now - 60_000 + i64::from(n))).collect();
        let end = run(&mut lane, 100, |target| {
            let to = target.split(['?', '&']).find_map(|pair| pair.strip_prefix("toDate="));
            let to: i64 = to.map_or(i64::MAX, |to| to.parse().expect("a date"));
            let inside = |(_, at): &&(u32, i64)| *at <= to;
            if target.starts_with(RESUME) {
                let named: Vec<u32> = target
                    .split(['?', '&'])
                    .filter_map(|pair| pair.strip_prefix("dlqIds="))
                    .map(|id| id.trim_end_matches("-0").parse().expect("an id"))
                    .collect();
                let taken: Vec<u32> = match named.is_empty() {
                    true => left.iter().filter(inside).map(|(id, _)| *id).collect(),
                    false => named,
                };
                left.retain(|(id, _)| !taken.contains(id));
                let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": service_now});
                return (200, json!({"workflowRuns": vec![run; taken.len()], "cursor": ""}));
            }
            let entry = |(id, at): &(u32, i64)| json!({"dlqId": format!("{id}-0"), "workflowCreatedAt": at});
            let messages: Vec<Json> = left.iter().filter(inside).map(entry).collect();
            (200, json!({"messages": messages, "cursor": ""}))
        });
        assert_eq!(end, Some(End::Reason(Reason::Complete)), "{strategy}");
        assert_eq!((lane.counts(), left.len()), ([51, 0, 0, 0], 0), "{strategy}");
        let bound = lane.cutoff().expect("a bound");
        assert!((service_now - 60_000..service_now).contains(&bound), "{}", bound - service_now);
    }

    // Nothing tells how late it is, and what is there stays out of reach: that is no completion.
    for operation in [Operation::Resume, Operation::Delete] {
        let args = match operation {
            Operation::Delete => json!([{"all": true}, {"concurrency": 1}]),
            _ => json!([{"all": true}, {}, {"concurrency": 1}]),
        };
        let mut lane = drive_of(operation, args);
        let end = run(&mut lane, 100, |target| {
            let bounded = target.contains("toDate=");
            let entry = json!({"dlqId": "x", "workflowCreatedAt": null});
            match (target.contains("/resume?"), operation, bounded) {
                (true, ..) => (200, runs(0, "")),
                (_, _, false) => (200, json!({"messages": [entry], "cursor": ""})),
                (..) => (200, json!({"messages": [], "deleted": 0, "cursor": ""})),
            }
        });
        assert_eq!(end, Some(End::Reason(Reason::Remaining)), "{operation:?}");
        assert_eq!(lane.counts(), [0, 0, 0, 0]);
    }

    // A service whose clock is known is taken at its word, unless entries are later by more than a second.
    for (shown, is_known) in [(-60_000, true), (-1, true), (1_000, true), (1_001, false)] {
        let mut lane = drive(json!([{"all": true}]));
        let (ticket, _) = lane.sent();
        let entry = json!({"dlqId": "1-0", "workflowCreatedAt": NOW + shown});
        let body = json!({"messages": [entry], "cursor": "c"});
        lane.respond_with(ticket, 200, body, &[("Date", "Mon, 21 Sep 2026 14:13:20 GMT")]);
        let mut unbounded = 0;
        let end = run(&mut lane, 10, |target| match target.starts_with(RESUME) {
            true => (200, runs(0, "")),
            false => {
                unbounded += u32::from(!target.contains("toDate="));
                (200, json!({"messages": []}))
            }
        });
        assert_eq!(end, Some(End::Reason(Reason::Complete)));
        assert_eq!(unbounded == 0, is_known, "an entry of {shown} ms later");
    }
}

#[test]
fn a_bound_moves_by_what_the_first_run_is_later_and_by_when_entries_failed() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.now += 40;
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": lane.now + HOUR});
    lane.respond(ticket, 200, json!({"workflowRuns": [run], "cursor": "c"}));
    assert_eq!(lane.cutoff(), Some(NOW - 1 + HOUR));

    const DAY: i64 = 24 * HOUR;
    let created = NOW - HOUR;
    for (id, bound) in [
        (format!("{}-0", NOW + 5_000), NOW + 5_000),
        (format!("{}-0", created + DAY), created + DAY),
        // A number that is no date.
        (format!("{}-0", created + DAY + 1), NOW - 1),
        ("x-0".into(), NOW - 1),
    ] {
        let mut lane = drive(json!([{"all": true}]));
        let (ticket, _) = lane.sent();
        let entry = json!({"dlqId": id, "workflowCreatedAt": created});
        lane.respond(ticket, 200, json!({"messages": [entry], "cursor": "c"}));
        assert_eq!(lane.cutoff(), Some(bound), "{id}");
    }
}
