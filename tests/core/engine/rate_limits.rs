//! Rate limits: the wait for a reset, the requests in flight, and 429s in a row, which are not waited for without end.

use super::*;

/// Answers everything with 429, until the drive ends; the number of 429s, and what was waited.
fn refuse_all(lane: &mut Lane, headers: &[(&str, &str)]) -> (u64, i64) {
    let (began, mut count) = (lane.now, 0);
    loop {
        match lane.poll() {
            Next::Send(ticket, _) => {
                count += 1;
                lane.respond_with(ticket, 429, json!({}), headers);
            }
            Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
            Next::Done(End::Failed(refusal)) => {
                assert_eq!(refusal.code, "rate_limited");
                return (count, lane.now - began);
            }
            other => panic!("{other:?}"),
        }
        assert!(count < 2_000, "it does not end");
    }
}

const QUARTER: i64 = 15 * 60_000;

#[test]
fn a_drive_without_progress_ends_after_a_quarter_of_an_hour() {
    let ids: Vec<String> = (1..=500).map(|n| format!("{n}-0")).collect();
    let selections = [
        json!([{"all": true}, {}, {}]),
        json!([ids, {}, {"concurrency": 8, "strategy": "each"}]),
        json!([{"all": true}, {}, {"strategy": "batches"}]),
    ];
    for args in selections {
        for headers in [&[("Retry-After", "1")][..], &[]] {
            let mut lane = drive(args.clone());
            let (count, waited) = refuse_all(&mut lane, headers);
            assert!((QUARTER..QUARTER + 60_000).contains(&waited), "{waited} after {count}");
            assert_eq!(lane.counts(), [0, 0, 0, 0]);
            // Who continues later begins anew.
            let mut rest = again(&lane, args.clone());
            rest.sent();
        }
    }
}

#[test]
fn a_response_begins_the_time_anew() {
    let ids: Vec<String> = (1..=500).map(|n| format!("{n}-0")).collect();
    let mut lane = drive(json!([ids, {}, {"concurrency": 1, "strategy": "each"}]));
    for _ in 0..5 {
        for _ in 0..14 {
            let (ticket, _) = lane.sent();
            lane.respond_with(ticket, 429, json!({}), &[("Retry-After", "60")]);
            lane.waits();
        }
        let (ticket, _) = lane.sent();
        lane.respond(ticket, 200, runs(1, ""));
    }
    assert_eq!(lane.counts(), [5, 0, 0, 0]);
}

#[test]
fn attempts_that_the_caller_set_hold_for_429s() {
    for (attempts, headers) in
        [(1, &[("Retry-After", "1")][..]), (3, &[]), (3, &[("Retry-After", "1")])]
    {
        let retry = RetryOptions { rate_limited_attempts: Some(attempts), ..client().retry };
        let client = ClientOptions { retry, ..client() };
        let args = [value(&json!({"all": true}))];
        let plan = Plan::read(Operation::Resume, &args, &client).expect("a plan");
        let mut lane = Lane { drive: Drive::new(plan, timestamp(NOW), 7), now: NOW, length: 0 };
        assert_eq!(refuse_all(&mut lane, headers).0, u64::from(attempts));
    }
}

#[test]
fn a_named_burst_limit_sets_the_pace() {
    let ids: Vec<String> = (0..20).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 3}]));
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    let (third, _) = lane.sent();
    lane.idles();
    let reset = ((NOW + 1_000) / 1_000).to_string();
    let headers = [("Burst-RateLimit-Limit", "2"), ("Burst-RateLimit-Reset", reset.as_str())];
    lane.now += 400;
    lane.respond_with(first, 429, json!({}), &headers);
    lane.respond(second, 200, runs(1, ""));
    lane.respond(third, 200, runs(1, ""));
    // To the reset, then two a second.
    assert_eq!(lane.waits(), (600, WaitReason::RateLimit));
    for _ in 0..3 {
        let (one, _) = lane.sent();
        let (two, _) = lane.sent();
        lane.now += 100;
        lane.respond(one, 200, runs(1, ""));
        lane.respond(two, 200, runs(1, ""));
        assert_eq!(lane.waits(), (900, WaitReason::RateLimit));
    }
    let counts = lane.drive.counts();
    assert_eq!((counts.done, counts.retries, counts.waited_ms), (8, 1, 600 + 2 * 900));
}

#[test]
fn a_plain_429_halves_what_is_in_flight_and_it_grows_back() {
    let ids: Vec<String> = (0..100).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 8}]));
    let mut flying: Vec<Ticket> = (0..8).map(|_| lane.sent().0).collect();
    lane.idles();
    lane.respond(flying.remove(0), 429, json!({}));
    lane.idles();
    lane.now += 100;
    // Four, and one more with each round of good answers.
    let width = |lane: &mut Lane, flying: &mut Vec<Ticket>| {
        while let Next::Send(ticket, _) = lane.poll() {
            flying.push(ticket);
        }
        flying.len()
    };
    assert_eq!(width(&mut lane, &mut flying), 7, "those that fly are not called back");
    let mut widths = Vec::new();
    for _ in 0..40 {
        let ticket = flying.remove(0);
        lane.respond(ticket, 200, runs(1, ""));
        widths.push(width(&mut lane, &mut flying));
    }
    assert_eq!(widths[..8], [6, 5, 4, 5, 5, 5, 5, 5]);
    assert_eq!(widths.last(), Some(&8));
    assert!(widths.is_sorted_by(|a, b| a <= b || *a > 4));
}

#[test]
fn a_wait_that_is_too_long_ends_it() {
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("RateLimit-Reset", "901")]);
    assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.code == "rate_limited"));
    let mut lane = opened(json!({}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &[("RateLimit-Reset", "900")]);
    assert_eq!(lane.waits(), (900_000, WaitReason::RateLimit));
    for (seconds, waits) in [("901", false), ("900", true)] {
        let mut lane = opened(json!({}));
        let (ticket, _) = lane.sent();
        lane.respond_with(ticket, 503, json!({}), &[("Retry-After", seconds)]);
        if waits {
            assert_eq!(lane.waits(), (900_000, WaitReason::Pause));
        } else {
            assert!(matches!(lane.ends(), End::Failed(refusal) if refusal.status == Some(503)));
        }
    }
}

#[test]
fn what_is_refused_together_is_refused_once() {
    let ids: Vec<String> = (0..300).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"strategy": "each", "concurrency": 64}]));
    let round = |lane: &mut Lane| {
        let mut flying = Vec::new();
        while let Next::Send(ticket, _) = lane.poll() {
            flying.push(ticket);
        }
        flying
    };
    let flying = round(&mut lane);
    assert_eq!(flying.len(), 64);
    // The first is answered, the wait for it is over, and the others say the same.
    lane.respond(flying[0], 429, json!({}));
    lane.now += 10_000;
    flying[1..].iter().for_each(|ticket| lane.respond(*ticket, 429, json!({})));
    let flying = round(&mut lane);
    assert_eq!(flying.len(), 32);
    // A reset is a reset, whoever names it.
    lane.respond(flying[0], 429, json!({}));
    lane.respond_with(flying[1], 429, json!({}), &[("Retry-After", "9")]);
    flying[2..].iter().for_each(|ticket| lane.respond(*ticket, 200, runs(1, "")));
    assert_eq!(lane.waits(), (9_000, WaitReason::RateLimit));
    assert_eq!(round(&mut lane).len(), 17);
    assert_eq!(lane.drive.counts().retries, 64 + 2);
}

#[test]
fn what_a_429_said_holds_for_who_goes_on() {
    let reset = (NOW / 1_000 + 30).to_string();
    let headers = [("Burst-RateLimit-Limit", "2"), ("Burst-RateLimit-Reset", reset.as_str())];
    let mut lane = opened(json!({"pageSize": 10}));
    let (ticket, _) = lane.sent();
    lane.respond_with(ticket, 429, json!({}), &headers);
    // A clock that is behind that of the one before waits no longer.
    lane.now -= 3_600_000;
    assert_eq!(again(&lane, json!([{"all": true}])).waits(), (30_000, WaitReason::RateLimit));
    lane.now += 3_600_000;
    let mut rest = again(&lane, json!([{"all": true}]));
    assert_eq!(rest.waits(), (30_000, WaitReason::RateLimit));
    for _ in 0..2 {
        let (ticket, _) = rest.sent();
        rest.respond(ticket, 200, runs(1, "c"));
    }
    // Two a second.
    for _ in 0..3 {
        rest = again(&rest, json!([{"all": true}]));
        assert_eq!(rest.waits(), (1_000, WaitReason::RateLimit));
        for _ in 0..2 {
            let (ticket, _) = rest.sent();
            rest.respond(ticket, 200, runs(1, "c"));
        }
    }

    // A plain one halves what is in flight.
    let mut lane = dated(json!({"pageSize": 10, "concurrency": 4}));
    let sent: Vec<Ticket> = (0..4).map(|_| lane.sent().0).collect();
    for ticket in sent {
        lane.respond(ticket, 429, json!({}));
    }
    let mut rest = again(&lane, json!([{"all": true}, {}, {"pageSize": 10, "concurrency": 4}]));
    rest.waits();
    rest.sent();
    rest.sent();
    rest.idles();
}
