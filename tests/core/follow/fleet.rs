//! Many runs over a simulated hour.

use crate::fates::{logs, truth, ByList, Ending, Fate, Fates, Switches};
use crate::json::{HeaderMap, InMemory};
use crate::simulation::random::Random;
use crate::{client_of, timestamp};
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::engine::follow::Outcome;
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::{Outcome as Arrived, Payload};
use upstash_workflow_dlq::wire::Request;

pub const START: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;

/// The id of the service's own making.
fn id(number: usize) -> String {
    format!("wfr_{number:021}")
}

/// Runs that end in a random order within an hour; of a thousand `failing` fail again.
pub fn fleet(count: usize, failing: u32, random: &mut Random) -> Fates {
    let fate = |number: usize, random: &mut Random| {
        let fails = random.chance(failing);
        let created = START - 200_000 + number as i64;
        let ends_at = START + random.below(HOUR as u64) as i64;
        Fate {
            created,
            ends_at,
            ending: if fails { Ending::Failure } else { Ending::Success },
            fails_at: if fails { created } else { i64::MAX },
            recovers_at: i64::MAX,
            hidden: false,
        }
    };
    (0..count).map(|number| (id(number), fate(number, random))).collect()
}

/// The DLQ's list of the runs that fail, sorted once: a fleet has many pages.
pub struct Queue<'a>(Vec<(&'a String, &'a Fate)>);

impl<'a> Queue<'a> {
    pub fn of(fates: &'a Fates) -> Self {
        let failing = fates.iter().filter(|(_, fate)| fate.ending == Ending::Failure);
        let mut listed: Vec<_> = failing.collect();
        listed.sort_by_key(|(_, fate)| fate.ends_at);
        Queue(listed)
    }

    /// The answer to a request for a page: of the runs that have failed by now, the oldest first.
    pub fn page(&self, target: &str, now: i64) -> (u16, Json) {
        let (path, query) = target.split_once('?').expect("a query");
        assert_eq!(path, "/v2/workflows/dlq");
        let number = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(found, _)| *found == name).and_then(|(_, value)| value.parse::<i64>().ok())
        };
        let from = number("fromDate").unwrap_or(0);
        let first = self.0.partition_point(|(_, fate)| fate.ends_at < from);
        let end = self.0.partition_point(|(_, fate)| fate.ends_at <= now).max(first);
        let listed = &self.0[first..end];
        let start = number("cursor").unwrap_or(0) as usize;
        let page: Vec<Json> = listed
            .iter()
            .skip(start)
            .take(100)
            .map(|(id, fate)| {
                json!({"dlqId": format!("{}-0", fate.ends_at), "workflowRunId": id,
                    "workflowCreatedAt": fate.created, "responseStatus": 500,
                    "responseBody": "carrier does not answer"})
            })
            .collect();
        let more = listed.len() > start + page.len();
        let cursor = more.then(|| (start + page.len()).to_string());
        (200, json!({"messages": page, "cursor": cursor}))
    }
}

/// What goes wrong on the way, of a thousand requests.
#[derive(Clone, Copy, Default)]
struct Trouble {
    lost: u32,
    limited: u32,
    /// The process is killed at this many moments of a thousand.
    killed: u32,
}

struct Played {
    outcome: Outcome,
    end: End,
    requests: u64,
    has_logs: bool,
    kills: u32,
}

pub fn plan(runs: Value, options: &Json) -> Plan {
    let args = [runs, crate::json::value(options)];
    Plan::read_followed(&args, &client_of("https://a.b")).expect("a plan")
}

pub fn names(fates: &Fates) -> Value {
    let run = |(id, fate): (&String, &Fate)| {
        Value::Map(vec![
            ("workflowRunId".into(), Value::String(id.clone())),
            ("workflowCreatedAt".into(), Value::Number(fate.created as f64)),
        ])
    };
    Value::List(fates.iter().map(run).collect())
}

/// Follows a fleet to the end.
fn play(
    fates: &Fates,
    switches: &Switches,
    options: &Json,
    trouble: Trouble,
    random: &mut Random,
) -> Played {
    let queue = Queue::of(fates);
    let mut now = START;
    let mut drive = Drive::new(plan(names(fates), options), timestamp(now), 7);
    let mut in_flight: Vec<(i64, Ticket, Request)> = Vec::new();
    let mut kills = 0;
    let end = loop {
        match drive.poll(timestamp(now)) {
            Next::Send(ticket, request) => {
                in_flight.push((now + 20 + random.below(80) as i64, ticket, request));
            }
            Next::Wait { until, .. } => {
                let next_response = in_flight.iter().map(|(at, ..)| *at).min();
                now = now.max(
                    next_response
                        .into_iter()
                        .chain(until.map(Timestamp::ms))
                        .min()
                        .expect("something to wait for"),
                );
                let due = in_flight.iter().position(|(at, ..)| *at <= now);
                let Some((_, ticket, request)) = due.map(|at| in_flight.swap_remove(at)) else {
                    continue;
                };
                let headers = HeaderMap::default();
                if random.chance(trouble.lost) {
                    let lost: Arrived<InMemory> = Arrived::Lost(Loss::Network("reset".into()));
                    drive.handle_response(ticket, &lost, timestamp(now));
                    continue;
                }
                let (status, body) = if random.chance(trouble.limited) {
                    (429, json!({"error": "too many"}))
                } else {
                    logs(fates, switches, &request.target, now)
                        .unwrap_or_else(|| queue.page(&request.target, now))
                };
                let payload = Payload::Json(InMemory(body));
                let arrived = Arrived::Response { status, headers: &headers, payload, length: 0 };
                drive.handle_response(ticket, &arrived, timestamp(now));
                let seen = drive.new_runs().expect("runs").outcome();
                never_better(&seen, fates, now);
            }
            Next::Page(_) => unreachable!("nobody takes pages"),
            Next::Done(end) => break end,
        }
        if random.chance(trouble.killed) {
            kills += 1;
            in_flight.clear();
            now += 1_000;
            let text = drive.checkpoint();
            let plan = plan(Value::String(text.clone()), &json!({}));
            drive = Drive::resume_from(&text, plan, Expected::Following, timestamp(now), 7)
                .expect("good");
        }
    };
    let follow = drive.new_runs().expect("runs");
    let (outcome, has_logs) = (follow.outcome(), follow.has_logs());
    Played { outcome, end, requests: drive.counts().requests, has_logs, kills }
}

/// No run is said to have succeeded, or failed, before it has.
fn never_better(seen: &Outcome, fates: &Fates, now: i64) {
    let truly = |state| fates.values().filter(|fate| truth(fate, now) == state).count() as u64;
    if seen.runs() < 1_000 {
        assert!(seen.succeeded <= truly("succeeded"), "{seen:?}");
        assert!(seen.failed_again <= truly("failedAgain"), "{seen:?}");
    }
}

pub fn failures(fates: &Fates) -> u64 {
    fates.values().filter(|fate| fate.ending == Ending::Failure).count() as u64
}

#[test]
fn ten_thousand_runs_over_an_hour_are_counted_exactly_in_fifteen_hundred_requests() {
    for seed in 1..=3 {
        let random = &mut Random(seed);
        let fates = fleet(10_000, 20, random);
        let options = json!({"timeout": 2 * HOUR});
        let played = play(&fates, &Switches::default(), &options, Trouble::default(), random);
        let failed_again = failures(&fates);
        let succeeded = 10_000 - failed_again;
        assert_eq!(played.outcome, Outcome { succeeded, failed_again, ..Outcome::default() });
        assert_eq!(played.end, End::Reason(Reason::Complete));
        println!("seed {seed}: {} requests", played.requests);
        assert!(played.requests <= 1_500, "{} requests", played.requests);
    }
}

#[test]
fn runs_that_all_end_at_once_and_runs_that_all_fail_cost_little_more_than_a_look_at_each() {
    let random = &mut Random(1);
    let options = json!({"timeout": 2 * HOUR});
    let mut fates = fleet(10_000, 0, random);
    fates.values_mut().for_each(|fate| fate.ends_at = START + 5_000);
    let played = play(&fates, &Switches::default(), &options, Trouble::default(), random);
    assert_eq!(played.outcome.succeeded, 10_000);
    println!("all at once: {} requests", played.requests);
    assert!(played.requests <= 1_100, "{} requests", played.requests);

    let fates = fleet(10_000, 1_000, random);
    let played = play(&fates, &Switches::default(), &options, Trouble::default(), random);
    assert_eq!(played.outcome.failed_again, 10_000);
    println!("all fail: {} requests", played.requests);
    assert!(played.requests <= 1_500, "{} requests", played.requests);
}

#[test]
fn the_outcome_is_the_same_whatever_goes_wrong_on_the_way() {
    let late = Switches { delay: 30_000, ..Switches::default() };
    let paged = Switches { cap: 3, ..Switches::default() };
    let events = Switches { logs: false, ..Switches::default() };
    let refused = Switches { by_list: ByList::Refused, ..Switches::default() };
    let ignored = Switches { by_list: ByList::Ignored, ..Switches::default() };
    let mut killed = 0;
    for (number, switches) in
        [Switches::default(), late, paged, events, refused, ignored].iter().enumerate()
    {
        for seed in 1..=10 {
            let random = &mut Random(seed * 100 + number as u64);
            let fates = fleet(1 + random.below(300) as usize, 100, random);
            let trouble = Trouble { lost: 30, limited: 30, killed: 20 };
            let options = json!({"timeout": 2 * HOUR});
            let played = play(&fates, switches, &options, trouble, random);
            let failed_again = failures(&fates);
            let succeeded = fates.len() as u64 - failed_again;
            assert_eq!(
                played.outcome,
                Outcome { succeeded, failed_again, ..Outcome::default() },
                "{switches:?} {seed}",
            );
            killed += played.kills;
        }
    }
    assert!(killed > 100, "killed {killed} times");
}

#[test]
fn without_logs_failures_are_seen_and_nothing_is_said_to_have_succeeded() {
    for missing in [403, 404] {
        let switches = Switches { logs: false, events: false, missing, ..Switches::default() };
        let random = &mut Random(missing.into());
        let fates = fleet(500, 200, random);
        let played =
            play(&fates, &switches, &json!({"timeout": 2 * HOUR}), Trouble::default(), random);
        let failed_again = failures(&fates);
        let unknown = 500 - failed_again;
        assert_eq!(played.outcome, Outcome { failed_again, unknown, ..Outcome::default() });
        assert!(!played.has_logs);
        assert!(played.requests < 400, "{} requests", played.requests);
    }
}

#[test]
fn what_is_never_shown_is_unknown_and_what_is_under_way_is_said_to_be_when_the_time_is_up() {
    let random = &mut Random(5);
    let mut fates = fleet(200, 0, random);
    for (number, fate) in fates.values_mut().enumerate() {
        match number % 4 {
            0 => fate.hidden = true,
            1 => fate.ends_at = i64::MAX / 4,
            2 => {
                fate.ends_at = i64::MAX / 4;
                fate.fails_at = START + 60_000;
            }
            _ => {}
        }
    }
    let options = json!({"timeout": HOUR});
    let played = play(&fates, &Switches::default(), &options, Trouble::default(), random);
    let expected =
        Outcome { succeeded: 50, running: 50, retrying: 50, unknown: 50, ..Outcome::default() };
    assert_eq!(played.outcome, expected);

    // Runs that expired before anybody looked are unknown, whatever they were.
    let switches = Switches { retention: 1, ..Switches::default() };
    let fates = fleet(60, 0, random);
    let played = play(&fates, &switches, &options, Trouble::default(), random);
    assert_eq!(played.outcome.runs(), 60);
    assert!(played.outcome.unknown > 40, "{:?}", played.outcome);
}
