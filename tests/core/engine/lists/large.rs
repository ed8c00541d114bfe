//! Lists that are too large: for the caller's bound, for the connection, or for memory.

use super::super::*;
use super::{list, listed, one_by_one, take, LIST};

const SCAN: &str = "/v2/workflows/dlq?";

/// A drive that lists pages of a hundred.
fn scan() -> Lane {
    drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false}]))
}

/// The next request is a list of so many entries.
#[track_caller]
fn asks(lane: &mut Lane, count: u32) -> Ticket {
    let (ticket, target) = lane.sent();
    let wanted = format!("count={count}");
    let found = target.split(['?', '&']).find(|pair| pair.starts_with("count="));
    assert!(target.starts_with(SCAN) && found == Some(&wanted), "{target}, not {wanted}");
    ticket
}

/// The next lists are too large, each of so many entries; the one after is asked for at once.
#[track_caller]
fn too_large(lane: &mut Lane, counts: &[u32]) {
    for count in counts {
        let ticket = asks(lane, *count);
        lane.lose(ticket, Loss::TooLarge);
    }
}

#[track_caller]
fn ends_too_large(lane: &mut Lane) {
    match lane.ends() {
        End::Failed(refusal) => {
            assert_eq!(refusal.code, "response_too_large");
            assert!(!refusal.retryable() && !refusal.may_have_acted());
        }
        end => panic!("{end:?}"),
    }
}

#[test]
fn a_list_that_is_too_large_is_asked_for_again_at_once_with_a_quarter_of_its_entries() {
    let by_ids = json!({"strategy": "batches", "concurrency": 1});
    for lane in [&mut opened(by_ids), &mut scan()] {
        too_large(lane, &[100, 25, 6]);
        let ticket = asks(lane, 1);
        assert_eq!((lane.drive.counts().retries, lane.now), (3, NOW));
        // Attempts are left for what else may happen to it, as many as for any other.
        lane.respond(ticket, 503, json!({}));
        for delay in [100, 200] {
            assert_eq!(lane.waits().0, delay);
            let ticket = asks(lane, 1);
            lane.respond(ticket, 503, json!({}));
        }
        assert_eq!(lane.waits().0, 400);
        let ticket = asks(lane, 1);
        lane.respond(ticket, 503, json!({}));
        assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(503)));
    }
}

#[test]
fn an_entry_that_is_too_large_alone_ends_a_drive_for_good() {
    let by_ids = || opened(json!({"strategy": "batches", "concurrency": 1}));
    for lane in [&mut by_ids(), &mut scan()] {
        too_large(lane, &[100, 25, 6, 1]);
        ends_too_large(lane);
        assert_eq!(lane.counts(), [0; 4]);
    }
    // What was taken before it is counted.
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], "c"));
    take(&mut lane, &[1, 2]);
    too_large(&mut lane, &[2, 1]);
    ends_too_large(&mut lane);
    assert_eq!(lane.counts(), [2, 0, 0, 0]);
}

#[test]
fn lists_that_are_lost_are_smaller_at_each_attempt() {
    let mut lane = opened(json!({"strategy": "batches", "concurrency": 1, "pageSize": 100}));
    for (count, loss) in [(100, Loss::Timeout), (25, Loss::Network("cut off".into()))] {
        let ticket = asks(&mut lane, count);
        lane.lose(ticket, loss);
        lane.waits();
    }
    let ticket = asks(&mut lane, 6);
    // A server that fails is no matter of size, nor is one that can't be reached.
    lane.respond(ticket, 503, json!({}));
    lane.waits();
    let ticket = asks(&mut lane, 6);
    lane.length = 3_000_000;
    lane.respond(ticket, 200, listed(&[], "c0"));
    let ticket = asks(&mut lane, 6);
    lane.lose(ticket, Loss::NotSent("refused".into()));
    lane.waits();
    let (_, target) = lane.sent();
    assert!(target.ends_with("count=6&cursor=c0"), "{target}");
}

#[test]
fn a_lost_list_of_one_entry_tells_nothing_of_its_size() {
    let mut lane = drive(json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 1}]));
    let ticket = asks(&mut lane, 1);
    lane.lose(ticket, Loss::Timeout);
    lane.waits();
    let ticket = asks(&mut lane, 1);
    lane.respond(ticket, 200, listed(&[1], "c"));
    asks(&mut lane, 100);
    // One that is long does.
    let mut lane = drive(json!([{"all": true}, {}, {"strategy": "batches", "concurrency": 1}]));
    let ticket = asks(&mut lane, 1);
    lane.length = 4_000_001;
    lane.respond(ticket, 200, listed(&[1], "c"));
    asks(&mut lane, 1);
}

#[test]
fn lists_shrink_while_they_are_long_and_grow_while_they_are_short() {
    let mut lane = scan();
    let mut id = 0;
    let mut respond = |lane: &mut Lane, count: u32, length: u32| {
        let ticket = asks(lane, count);
        lane.length = length;
        id += 1;
        lane.respond(ticket, 200, listed(&[id], &format!("c{id}")));
    };
    // As many as the service lists at most are as many as there are.
    respond(&mut lane, 100, 0);
    // What comes through, but is much to hold.
    respond(&mut lane, 100, 4_000_000);
    respond(&mut lane, 100, 4_000_001);
    respond(&mut lane, 25, 5_000_000);
    respond(&mut lane, 6, 5_000_000);
    // A single one is as small as it can be.
    respond(&mut lane, 1, 5_000_000);
    respond(&mut lane, 1, 2_000_000);
    for count in [1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 38, 48, 60, 75, 94, 100, 100] {
        respond(&mut lane, count, 1_999_999);
    }

    // No more than the caller asks for.
    let mut lane = drive_of(Operation::Scan, json!([{"all": true}, {"pageSize": 5}]));
    too_large(&mut lane, &[1]);
    ends_too_large(&mut lane);
    let mut lane =
        drive_of(Operation::Scan, json!([{"all": true}, {"freeze": false, "pageSize": 5}]));
    too_large(&mut lane, &[5]);
    for count in [1, 2, 3, 4, 5, 5] {
        respond(&mut lane, count, 0);
    }
}

#[test]
fn lists_that_were_sent_together_change_the_size_once() {
    let mut lane = opened(json!({"strategy": "batches", "concurrency": 8, "pageSize": 100}));
    let ticket = asks(&mut lane, 100);
    let ids: Vec<u32> = (1..=100).collect();
    lane.respond(ticket, 200, listed(&ids, "c"));
    lane.dates();
    let sent: Vec<Ticket> = (0..3).map(|_| asks(&mut lane, 100)).collect();
    for ticket in &sent {
        lane.lose(*ticket, Loss::TooLarge);
    }
    let sent: Vec<Ticket> = (0..3).map(|_| asks(&mut lane, 25)).collect();
    for (id, ticket) in (101..).zip(&sent) {
        lane.respond(*ticket, 200, listed(&[id], "d"));
    }
    loop {
        let (ticket, target) = lane.sent();
        if target.starts_with(SCAN) {
            assert!(target.contains("count=32"), "{target}");
            break;
        }
        lane.respond(ticket, 200, runs(target.matches("dlqIds=").count(), ""));
    }
}

#[test]
fn a_checkpoint_keeps_the_size() {
    let args = json!([{"all": true}, {"freeze": false}]);
    let mut lane = drive_of(Operation::Scan, args.clone());
    too_large(&mut lane, &[100, 25]);
    lane.abort();
    let mut rest = again(&lane, args.clone());
    too_large(&mut rest, &[6]);
    let mut rest = again(&rest, args);
    let ticket = asks(&mut rest, 1);
    rest.respond(ticket, 200, listed(&[1], "c"));
    asks(&mut rest, 2);
}

#[test]
fn a_response_to_what_acts_tells_nothing_of_lists() {
    let mut lane = opened(json!({"pageSize": 10}));
    for _ in 0..3 {
        let (ticket, target) = lane.sent();
        assert!(target.contains("count=10"), "{target}");
        lane.length = 5_000_000;
        lane.respond(ticket, 200, runs(1, "c"));
    }
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], ""));
    let (ticket, _) = lane.sent();
    lane.length = 5_000_000;
    lane.lose(ticket, Loss::Timeout);
    lane.waits();
    for id in [1, 2] {
        list(&mut lane, &format!("/v2/workflows/dlq/{id}-0"), json!({"dlqId": "x"}));
    }
    take(&mut lane, &[1, 2]);
    list(&mut lane, LIST, listed(&[], ""));

    // It may have been carried out, however large its response is.
    let mut lane = one_by_one();
    list(&mut lane, LIST, listed(&[1, 2], ""));
    let (ticket, _) = lane.sent();
    lane.lose(ticket, Loss::TooLarge);
    lane.waits();
    for id in [1, 2] {
        let (ticket, target) = lane.sent();
        assert_eq!(target, format!("/v2/workflows/dlq/{id}-0"));
        // What is too large to be read is there.
        lane.lose(ticket, Loss::TooLarge);
    }
    take(&mut lane, &[1, 2]);
    list(&mut lane, LIST, listed(&[], ""));
    assert_eq!(lane.ends(), End::Reason(Reason::Complete));
    assert_eq!(lane.counts(), [2, 0, 0, 0]);
}

#[test]
fn opening_lists_are_as_small_as_they_have_to_be() {
    for strategy in ["pages", "batches"] {
        let begun = || drive(json!([{"all": true}, {}, {"strategy": strategy, "concurrency": 2}]));
        let mut lane = begun();
        for count in [100, 25, 6] {
            let ticket = asks(&mut lane, count);
            lane.lose(ticket, Loss::Timeout);
            lane.waits();
        }
        let mut lane = begun();
        too_large(&mut lane, &[100, 25, 6, 1]);
        ends_too_large(&mut lane);
    }
}
