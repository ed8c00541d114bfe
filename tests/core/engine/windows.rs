//! How many requests and how much time it takes to find the entries, wherever they are: drives
//! against a service whose every answer takes as long, by a clock that only the test moves.

use super::*;
use std::collections::BTreeSet;

/// Milliseconds from a request to its answer.
const LATENCY: i64 = 25;
const DAY: i64 = 86_400_000;

/// Entries by their dates, which the service lists in one order or the other.
struct Entries {
    left: BTreeSet<(i64, u32)>,
    newest_first: bool,
}

#[derive(Clone, Copy, Debug)]
enum Spread {
    Uniform,
    Burst,
    Bursts,
    LongTail,
    Recent,
    OneMillisecond,
}

const SPREADS: [Spread; 6] = [
    Spread::Uniform,
    Spread::Burst,
    Spread::Bursts,
    Spread::LongTail,
    Spread::Recent,
    Spread::OneMillisecond,
];

/// A number from 0 to 1, of a multiplicative sequence: the same entries at every run.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

fn entries(spread: Spread, count: u32, newest_first: bool, seed: u64) -> Entries {
    let mut state = seed;
    let mut age = |number: u32| {
        let x = chance(&mut state);
        match spread {
            Spread::Uniform => DAY as f64 * x,
            Spread::Burst => DAY as f64 - 100_000.0 * x,
            Spread::Bursts => DAY as f64 * f64::from(number % 3 + 1) / 3.0 - 100_000.0 * x,
            Spread::LongTail => (10_000.0 / (1.0 - x)).min(7.0 * DAY as f64),
            Spread::Recent => 600_000.0 * x,
            Spread::OneMillisecond => DAY as f64,
        }
    };
    let left = (0..count).map(|number| (NOW - 1_000 - age(number) as i64, number)).collect();
    Entries { left, newest_first }
}

impl Entries {
    fn answer(&mut self, target: &str, now: i64) -> Json {
        let parameter = |name: &str| {
            let pairs = target.split(['?', '&']);
            pairs.filter_map(|pair| pair.split_once('=')).find(|pair| pair.0 == name)
        };
        let number = |name: &str, default: i64| {
            parameter(name).map_or(default, |(_, value)| value.parse().expect("a number"))
        };
        let (from, to) = (number("fromDate", 0), number("toDate", i64::MAX));
        let named: Vec<(i64, u32)> = target
            .split(['?', '&'])
            .filter_map(|pair| pair.strip_prefix("dlqIds="))
            .map(|id| id.split_once('-').expect("an id"))
            .map(|(at, number)| (at.parse().expect("a date"), number.parse().expect("a number")))
            .collect();
        let acts = target.contains("/resume?");
        if acts && !named.is_empty() {
            let taken = named.iter().filter(|id| self.left.remove(id)).count();
            return runs_of(now, taken, "");
        }
        let count = number("count", 100).min(100) as usize;
        // What the cursor has passed, where nothing is taken: the last that was shown.
        let after = parameter("cursor").map(|(_, cursor)| {
            let (at, number) = cursor.split_once('-').expect("a cursor");
            (at.parse::<i64>().expect("a date"), number.parse::<u32>().expect("a number"))
        });
        let (mut low, mut high) = ((from, 0), (to, u32::MAX));
        match (after, self.newest_first) {
            (Some(at), false) => low = low.max((at.0, at.1 + 1)),
            (Some((at, 0)), true) => high = high.min((at - 1, u32::MAX)),
            (Some((at, number)), true) => high = high.min((at, number - 1)),
            (None, _) => {}
        }
        let mut page: Vec<(i64, u32)> = match low <= high {
            false => Vec::new(),
            true if self.newest_first => {
                self.left.range(low..=high).rev().take(count + 1).copied().collect()
            }
            true => self.left.range(low..=high).take(count + 1).copied().collect(),
        };
        let more = page.len() > count;
        page.truncate(count);
        let cursor = match page.last().filter(|_| more) {
            Some((at, number)) => format!("{at}-{number}"),
            None => String::new(),
        };
        if acts {
            page.iter().for_each(|id| {
                self.left.remove(id);
            });
            return runs_of(now, page.len(), &cursor);
        }
        let message = |(at, number): &(i64, u32)| json!({"dlqId": format!("{at}-{number}"), "workflowCreatedAt": at});
        json!({"messages": page.iter().map(message).collect::<Vec<_>>(), "cursor": cursor})
    }
}

/// Runs that begin now.
fn runs_of(now: i64, count: usize, cursor: &str) -> Json {
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": now + LATENCY});
    json!({"workflowRuns": vec![run; count], "cursor": cursor})
}

/// Resumes everything. How many latencies that took, and how many requests.
fn resume_all(mut entries: Entries, strategy: &str, concurrency: u32) -> (f64, usize) {
    let options = json!({"strategy": strategy, "concurrency": concurrency});
    let count = entries.left.len() as u64;
    let mut lane = drive(json!([{"all": true}, {}, options]));
    let mut in_flight: Vec<(Ticket, i64, Json)> = Vec::new();
    let mut requests = 0;
    loop {
        match lane.poll() {
            Next::Send(ticket, request) => {
                requests += 1;
                let body = entries.answer(&request.target, lane.now);
                in_flight.push((ticket, lane.now + LATENCY, body));
                assert!(in_flight.len() <= concurrency as usize);
            }
            Next::Wait { until, .. } => {
                let next = in_flight.iter().map(|(_, at, _)| *at).min();
                lane.now = next
                    .into_iter()
                    .chain(until.map(Timestamp::ms))
                    .min()
                    .expect("something to wait for");
                let (due, later) = in_flight.into_iter().partition(|(_, at, _)| *at <= lane.now);
                in_flight = later;
                for (ticket, _, body) in due {
                    lane.answer(ticket, 200, body);
                }
            }
            Next::Page(_) => panic!("a page that nobody asked for"),
            Next::Done(end) => {
                assert_eq!(end, End::Reason(Reason::Complete), "{} are left", entries.left.len());
                break;
            }
        }
    }
    assert!(entries.left.is_empty());
    assert_eq!(lane.counts(), [count, 0, 0, 0]);
    ((lane.now - NOW) as f64 / LATENCY as f64, requests)
}

/// What is asked for, times what it misses where the pages are few for so many lanes: finding the
/// entries takes as many requests as ever.
fn bounds(pages: f64, concurrency: u32) -> (f64, f64) {
    let (late, more) = match (pages < 1_000.0, concurrency) {
        (false, _) | (true, 4) => (1.0, 1.02),
        (true, 8) => (1.4, 1.2),
        (true, _) => (1.9, 1.35),
    };
    (late * 1.3 * (pages / f64::from(concurrency) + 3.0), more * 1.15 * (pages + 3.0))
}

#[test]
fn entries_are_found_wherever_they_are() {
    for (count, concurrency) in [(10_000, 4), (10_000, 8), (10_000, 16), (100_000, 8)] {
        for spread in SPREADS {
            for newest_first in [false, true] {
                for seed in 1..=3 {
                    let world = entries(spread, count, newest_first, seed);
                    let (time, requests) = resume_all(world, "pages", concurrency);
                    let pages = f64::from(count) / 100.0;
                    let (late, many) = match spread {
                        Spread::OneMillisecond => (1.1 * pages, pages + 6.0),
                        _ => bounds(pages, concurrency),
                    };
                    let what = format!("{count} {spread:?}, {concurrency} at once, seed {seed}");
                    let order = if newest_first { "newest first" } else { "oldest first" };
                    assert!(time <= late, "{what}, {order}: {time} latencies, {late} at most");
                    let requests = requests as f64;
                    assert!(
                        requests <= many,
                        "{what}, {order}: {requests} requests, {many} at most"
                    );
                }
            }
        }
    }
    // Lists and batches: of fifty at first, of a hundred once twenty were taken whole.
    for (count, concurrency) in [(10_000, 4), (10_000, 8), (10_000, 16)] {
        for spread in SPREADS {
            for newest_first in [false, true] {
                let world = entries(spread, count, newest_first, 1);
                let (time, requests) = resume_all(world, "batches", concurrency);
                let pages = f64::from(count) / 100.0;
                let all = 2.0 * pages + 10.0;
                let late = match spread {
                    // One list after the other, and batches beside them.
                    Spread::OneMillisecond => 1.1 * pages,
                    _ => 1.3 * (2.0 * pages / f64::from(concurrency) + 3.0),
                };
                let what = format!("{count} {spread:?}, {concurrency} at once, {newest_first}");
                assert!(time <= late, "{what}: {time} latencies, {late} at most");
                let many = (if concurrency < 16 { 1.15 } else { 1.25 }) * (all + 3.0);
                assert!(requests as f64 <= many, "{what}: {requests} requests, {many} at most");
            }
        }
    }
    // As many as there are pages, and a list before and after.
    for spread in SPREADS {
        let (time, requests) = resume_all(entries(spread, 10_000, false, 1), "pages", 1);
        assert_eq!((time, requests), (102.0, 102), "{spread:?}");
    }
}

#[test]
fn few_entries_are_not_searched_for() {
    for concurrency in [1, 8] {
        for spread in SPREADS {
            let (time, requests) = resume_all(entries(spread, 100, false, 1), "pages", concurrency);
            assert_eq!((time, requests), (3.0, 3), "{spread:?}, {concurrency} at once");
        }
    }
}
