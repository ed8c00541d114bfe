//! Ids that were taken and are listed all the same.

use super::*;

#[test]
fn what_was_taken_and_is_listed_all_the_same_is_not_sent_again() {
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1], ""));
    take(&mut lane, &[1]);
    list(&mut lane, LIST, listed(&[1], ""));
    // It may be listed for a moment after its run is there.
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    list(&mut lane, LIST, listed(&[1], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Remaining));
    assert_eq!(lane.counts(), [1, 0, 0, 0]);

    // What the service refuses stays, and is no surprise.
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], ""));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "one of them"}));
    take(&mut lane, &[1]);
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 400, json!({"error": "never"}));
    // Here as well as for who goes on.
    let mut rest = again(&lane, json!([{"all": true}, {}, {"concurrency": 1, "pageSize": 2}]));
    for lane in [&mut lane, &mut rest] {
        list(lane, LIST, listed(&[2], ""));
        assert_eq!(lane.ends(), End::Reason(Reason::Complete));
        assert_eq!(lane.counts(), [1, 0, 0, 1]);
    }

    // A checkpoint has twelve bytes for each that is refused.
    let mut lane = opened(json!({"strategy": "each", "concurrency": 1, "pageSize": 100}));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, listed(&(1..=100).collect::<Vec<_>>(), ""));
    take(&mut lane, &[1]);
    let sizes: Vec<usize> = (2..=100)
        .map(|id| {
            let (ticket, target) = lane.sent();
            assert_eq!(target, format!("{RESUME}dlqIds={id}-0"));
            lane.respond(ticket, 400, json!({"error": "never"}));
            lane.drive.checkpoint().len()
        })
        .collect();
    assert!(sizes[98] - sizes[0] <= 12 * 98, "{sizes:?}");
}

#[test]
fn what_is_listed_for_a_moment_after_it_was_taken_is_no_remainder() {
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], ""));
    take(&mut lane, &[1, 2]);
    list(&mut lane, LIST, listed(&[1, 2], ""));
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    list(&mut lane, LIST, listed(&[], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));

    // Whoever continues does not wait, and sends nothing of it again: a time budget that is shorter
    // than the wait ends the drive all the same.
    for (left, reason) in [(&[1, 2][..], Reason::Remaining), (&[], Reason::Complete)] {
        let mut lane = one_by_one();
        list(&mut lane, LIST, listed(&[1, 2], ""));
        take(&mut lane, &[1, 2]);
        list(&mut lane, LIST, listed(&[1, 2], ""));
        lane.waits();
        let args = json!([{"all": true}, {}, {"concurrency": 1, "pageSize": 2, "timeBudget": 5}]);
        let mut rest = again(&lane, args);
        list(&mut rest, LIST, listed(left, ""));
        assert_eq!(rest.ends(), End::Reason(reason));

        let mut lane = opened(json!({}));
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, runs(5, ""));
        for page in [one(), runs(0, ""), one()] {
            let (ticket, _) = lane.sent();
            lane.respond(ticket, 200, page);
        }
        lane.waits();
        let mut rest = again(&lane, json!([{"all": true}, {}, {"timeBudget": 5}]));
        let (ticket, target) = rest.sent();
        assert_eq!(target, NONE);
        rest.respond(ticket, 200, if left.is_empty() { json!({"messages": []}) } else { one() });
        assert_eq!(rest.ends(), End::Reason(reason));
    }

    // What shows up beside it is taken.
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1], ""));
    take(&mut lane, &[1]);
    list(&mut lane, LIST, listed(&[1, 2], ""));
    take(&mut lane, &[2]);

    // What shows up instead is taken, and looked for again.
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], ""));
    take(&mut lane, &[1, 2]);
    list(&mut lane, LIST, listed(&[1, 2], ""));
    lane.waits();
    list(&mut lane, LIST, listed(&[3], ""));
    take(&mut lane, &[3]);
    list(&mut lane, LIST, listed(&[3], ""));
    assert_eq!(lane.waits(), (2_000, WaitReason::Pause));
    list(&mut lane, LIST, listed(&[], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [3, 0, 0, 0]);
}

#[test]
fn what_was_acknowledged_is_not_sent_again_whatever_lists_show() {
    // The service takes everything, and lists it all the same. Of more than 200,000 ids some are dropped.
    for total in [300, 9_000, 90_000, 230_000_u32] {
        let mut lane = opened(json!({"strategy": "batches", "concurrency": 1, "pageSize": 100}));
        let mut sent = 0;
        let end = loop {
            match lane.poll() {
                Next::Send(ticket, request) if request.target.starts_with(RESUME) => {
                    let count = request.target.matches("dlqIds=").count();
                    sent += count as u32;
                    assert!(sent <= total, "{sent} of {total} sent");
                    lane.respond(ticket, 200, runs(count, ""));
                }
                Next::Send(ticket, request) => {
                    let cursor = request.target.split("cursor=").nth(1);
                    let first: u32 = cursor.map_or(1, |cursor| cursor.parse().expect("a number"));
                    let last = (first + 99).min(total);
                    let cursor = if last < total { (last + 1).to_string() } else { "".into() };
                    lane.respond(ticket, 200, listed(&(first..=last).collect::<Vec<_>>(), &cursor));
                }
                Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
                Next::Done(end) => break end,
                Next::Page(_) => unreachable!(),
            }
        };
        match end {
            // A thousand lists without a new entry are the end.
            End::Failed(refusal) if total > 100_000 => assert_eq!(refusal.code, "cursor_stuck"),
            end => assert_eq!(end, End::Reason(Reason::Remaining)),
        }
        assert_eq!((sent, lane.counts()), (total, [u64::from(total), 0, 0, 0]));
    }
}
