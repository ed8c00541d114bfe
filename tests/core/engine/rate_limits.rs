//! 429s in a row: they are waited out, and not for ever.

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
