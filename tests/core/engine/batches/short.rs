//! Responses with fewer runs than the batch has ids.

use super::*;

#[test]
fn fewer_runs_than_ids() {
    // As many gone as there are runs: that is the size of a batch from now on.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(3, ""));
    assert_eq!(lane.counts(), [3, 0, 0, 0]);
    look_up(&mut lane, &[(1, false), (2, false), (3, false), (4, true), (5, true)]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [4, 5]);
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    let all = |fate: &str| (1..=5).map(|n| format!("{n}-0 {fate}")).collect::<Vec<_>>();
    assert_eq!(lines(&lane), all("done"));

    // More are gone than there are runs.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(1, ""));
    look_up(&mut lane, &[(1, false), (2, false), (3, false), (4, true), (5, true)]);
    assert_eq!(lane.counts(), [1, 0, 2, 0]);
    let (ticket, target) = lane.sent();
    assert_eq!(numbers(&target), [4, 5]);
    lane.respond(ticket, 200, runs(2, ""));
    assert_eq!(lane.counts(), [3, 0, 2, 0]);
    let expected =
        ["1-0 unconfirmed", "2-0 unconfirmed", "3-0 unconfirmed", "4-0 done", "5-0 done"];
    assert_eq!(lines(&lane), expected);

    // Fewer are gone than there are runs: they may leave a moment later. Nothing is sent again,
    // since it might be there twice.
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    look_up(&mut lane, &[(1, false), (2, true), (3, true)]);
    for wait in [2_000, 4_000] {
        assert_eq!(lane.waits(), (wait, WaitReason::Pause));
        look_up(&mut lane, &[(2, true), (3, true), (1, false)]);
    }
    assert_eq!(lane.waits(), (8_000, WaitReason::Pause));
    look_up(&mut lane, &[(2, true), (3, true), (1, false)]);
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 0, 1, 0]);
    assert_eq!(lines(&lane), ["1-0 unconfirmed", "2-0 unconfirmed", "3-0 unconfirmed"]);
}

#[test]
fn a_checkpoint_does_not_claim_more_than_can_be() {
    let (mut lane, ticket) = sent(3, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    let form = crate::checkpoint::form(&lane.drive.checkpoint());
    // Two runs for these ids, which were looked up no time before, and of which none was seen.
    let cause = [2, 2, 0, 0, 0, 0];
    let at = form.windows(6).position(|bytes| bytes == cause).expect("the cause");
    // What is stored where, as what, and whether that may be.
    let table =
        [(0, 2, true), (0, 3, false), (1, 3, true), (1, 4, false), (2, 3, true), (2, 4, false)];
    for (place, value, good) in table {
        let mut form = form.clone();
        form[at + place] = value;
        let text = crate::targets::checkpoints::seal(&form);
        let plan = plan(Operation::Resume, &json!([ids(3)]));
        let drive = Drive::resume_from(&text, plan, Expected::Operation, timestamp(NOW), 1);
        assert_eq!(drive.is_ok(), good, "{value} at {place}");
    }
}

#[test]
fn a_short_response_tells_nothing_of_five_when_two_ran_and_one_is_gone() {
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    for round in 0..4 {
        if round > 0 {
            lane.waits();
        }
        let order = if round == 0 { [1, 2, 3, 4, 5] } else { [2, 3, 4, 5, 1] };
        look_up(&mut lane, &order.map(|n| (n, n != 1)));
    }
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 0, 3, 0]);

    // Cut off before that is known.
    let (mut lane, ticket) = sent(5, json!({}));
    lane.respond(ticket, 200, runs(2, ""));
    let (look, _) = lane.sent();
    lane.respond(look, 403, json!({}));
    assert!(matches!(lane.ends(), End::Failed(_)));
    assert_eq!(lane.counts(), [2, 0, 3, 0]);
}

#[test]
fn a_short_response_is_a_good_attempt() {
    let (mut lane, ticket) = sent(2, json!({}));
    lane.lose(ticket, Loss::NotSent("refused".into()));
    lane.waits();
    let (ticket, _) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 2);
    lane.respond(ticket, 200, runs(1, ""));
    look_up(&mut lane, &[(1, false), (2, true)]);
    let (ticket, _) = lane.sent();
    assert_eq!(lane.drive.attempt(ticket), 1);
}

#[test]
fn a_cap_holds_for_the_batches_that_follow() {
    let mut lane = drive(json!([ids(9), {}, {"pageSize": 5, "concurrency": 1}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(2, ""));
    look_up(&mut lane, &[(1, false), (2, false), (3, true), (4, true), (5, true)]);
    let mut sizes = Vec::new();
    while let Next::Send(ticket, request) = lane.poll() {
        let size = batch(&request.target).len();
        sizes.push(size);
        lane.respond(ticket, 200, runs(size, ""));
    }
    assert_eq!(sizes, [2, 1, 2, 2]);
    assert_eq!(lane.counts(), [9, 0, 0, 0]);
}

#[test]
fn no_run_at_all_is_halved_and_refused_in_the_end() {
    // It is no cap: what follows goes out as before.
    let mut lane = drive(json!([ids(4), {}, {"pageSize": 2, "concurrency": 1}]));
    let (ticket, _) = lane.sent();
    lane.respond(ticket, 200, runs(0, ""));
    look_up(&mut lane, &[(1, true), (2, true)]);
    assert_eq!(numbers(&lane.sent().1), [3, 4]);

    let (mut lane, ticket) = sent(2, json!({}));
    lane.respond(ticket, 200, runs(0, ""));
    look_up(&mut lane, &[(1, true), (2, true)]);
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    // Each alone from now on; the first is taken, the second never.
    let (ticket, target) = lane.sent();
    let taken = numbers(&target);
    assert_eq!(taken.len(), 1);
    lane.respond(ticket, 200, runs(1, ""));
    let mut asked = 0;
    let end = loop {
        match lane.poll() {
            Next::Send(ticket, request) if request.target.starts_with(RESUME) => {
                asked += 1;
                lane.respond(ticket, 200, runs(0, ""));
            }
            Next::Send(ticket, _) => lane.respond(ticket, 200, json!({"dlqId": "x"})),
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(end) => break end,
            Next::Page(_) => unreachable!(),
        }
    };
    assert_eq!(end, End::Reason(Reason::Complete));
    assert_eq!((asked, lane.counts()), (11, [1, 0, 0, 1]));
}
