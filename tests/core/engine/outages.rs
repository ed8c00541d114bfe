//! Requests that fail together: an outage is one event, however many are in flight.

use super::*;

fn defaults() -> ClientOptions {
    ClientOptions { retry: RetryOptions::default(), ..client() }
}

fn drive_defaults(args: Json) -> Lane {
    let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
    let plan = Plan::read(Operation::Resume, &args, &defaults()).expect("a plan");
    Lane { drive: Drive::new(plan, timestamp(NOW), 7), now: NOW, length: 0 }
}

fn ids(count: u32) -> Vec<String> {
    (1..=count).map(|n| format!("{n}-0")).collect()
}

/// Everything that the drive sends before it waits for a response, or its end.
fn round(lane: &mut Lane) -> Result<Vec<(Ticket, String)>, Box<End>> {
    let mut sent = Vec::new();
    loop {
        match lane.poll() {
            Next::Send(ticket, request) => sent.push((ticket, request.target)),
            Next::Wait { until: Some(until), .. } if sent.is_empty() => lane.now = until.ms(),
            Next::Wait { .. } => return Ok(sent),
            Next::Done(end) => return Err(Box::new(end)),
            Next::Page(_) => unreachable!(),
        }
    }
}

fn losses() -> [Loss; 3] {
    [Loss::Timeout, Loss::Network("reset".into()), Loss::NotSent("refused".into())]
}

#[test]
fn all_that_is_in_flight_may_be_lost_at_once() {
    for concurrency in [1, 4, 11, 21, 50, 100] {
        for loss in losses() {
            let options = json!({"pageSize": 10, "concurrency": concurrency});
            let mut lane = drive_defaults(json!([ids(5_000), {}, options]));
            let sent = round(&mut lane).expect("requests");
            assert_eq!(sent.len(), concurrency);
            sent.iter().for_each(|(ticket, _)| lane.lose(*ticket, loss.clone()));
            assert!(round(&mut lane).is_ok(), "{concurrency} {loss:?}");
        }
    }
}

#[test]
fn look_ups_that_fail_together_are_attempts_of_their_own() {
    for concurrency in [1, 4, 5, 8, 20] {
        let options = json!({"pageSize": 20, "concurrency": concurrency});
        let mut lane = drive_defaults(json!([ids(20), {}, options]));
        let (ticket, _) = lane.sent();
        lane.lose(ticket, Loss::Network("reset".into()));
        for outage in 1..=4 {
            let sent = round(&mut lane).unwrap_or_else(|end| {
                panic!("concurrency {concurrency} ends in outage {outage}: {end:?}")
            });
            assert!(sent.iter().all(|(_, target)| target.starts_with("/v2/workflows/dlq/")));
            for (ticket, _) in sent {
                assert!(lane.drive.attempt(ticket) <= outage);
                lane.lose(ticket, Loss::Network("reset".into()));
            }
        }
        // The service is back.
        while let Ok(sent) = round(&mut lane) {
            for (ticket, target) in sent {
                let body = if target.contains("resume?") {
                    runs(target.matches("dlqIds=").count(), "")
                } else {
                    json!({"dlqId": "x"})
                };
                lane.respond(ticket, 200, body);
            }
        }
        assert_eq!(lane.counts(), [20, 0, 0, 0]);
    }
}

#[test]
fn an_outage_is_met_by_one_request_at_a_time() {
    let options = json!({"pageSize": 10, "concurrency": 10});
    let mut lane = drive(json!([ids(5_000), {}, options]));
    let refused = || Loss::NotSent("refused".into());
    // Nothing is known after the first wave: others may get through.
    let first = round(&mut lane).expect("requests");
    assert_eq!(first.len(), 10);
    first.iter().for_each(|(ticket, _)| lane.lose(*ticket, refused()));
    let second = round(&mut lane).expect("requests");
    assert_eq!(second.len(), 10);
    second.iter().for_each(|(ticket, _)| lane.lose(*ticket, refused()));
    // Two waves without a single response: one request asks whether the service is back, after the
    // back-off of an attempt.
    assert_eq!(lane.waits(), (100, WaitReason::Pause));
    let (probe, _) = lane.sent();
    lane.idles();
    lane.lose(probe, refused());
    assert_eq!(lane.waits(), (200, WaitReason::Pause));
    let (probe, target) = lane.sent();
    lane.idles();
    // It is.
    lane.respond(probe, 200, runs(target.matches("dlqIds=").count(), ""));
    assert_eq!(round(&mut lane).expect("requests").len(), 10);
}

#[test]
fn a_refusal_is_a_response() {
    let mut lane = drive(json!([ids(50), {}, {"strategy": "each", "concurrency": 2}]));
    for status in [400, 429] {
        for _ in 0..2 {
            for (ticket, _) in round(&mut lane).expect("requests") {
                lane.lose(ticket, Loss::NotSent("refused".into()));
            }
        }
        let sent = round(&mut lane).expect("requests");
        assert_eq!(sent.len(), 1);
        lane.respond(sent[0].0, status, json!({"error": "no"}));
        let sent = round(&mut lane).expect("requests");
        assert_eq!(sent.len(), if status == 400 { 2 } else { 1 });
        sent.iter().for_each(|(ticket, _)| lane.respond(*ticket, 200, runs(1, "")));
    }
}

#[test]
fn a_service_that_is_down_is_not_asked_for_ever() {
    // Each slot has twenty repeats that no good response comes between, or its request's attempts.
    for (concurrency, attempts, expected) in [(1, 4, 9), (1, 100, 21), (3, 100, 61)] {
        let retry = RetryOptions { attempts, ..client().retry };
        let client = ClientOptions { retry, ..client() };
        let args = json!([ids(600), {}, {"strategy": "each", "concurrency": concurrency}]);
        let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
        let plan = Plan::read(Operation::Resume, &args, &client).expect("a plan");
        let mut lane = Lane { drive: Drive::new(plan, timestamp(NOW), 7), now: NOW, length: 0 };
        let mut count = 0;
        let end = loop {
            match round(&mut lane) {
                Ok(sent) => {
                    count += sent.len();
                    let refused = || Loss::NotSent("refused".into());
                    sent.iter().for_each(|(ticket, _)| lane.lose(*ticket, refused()));
                }
                Err(end) => break end,
            }
        };
        assert!(matches!(*end, End::Failed(refusal) if refusal.code == "network_error"));
        assert_eq!(count, expected, "{concurrency} in flight, {attempts} attempts");
        assert_eq!(lane.counts(), [0, 0, 0, 0]);
    }
}
