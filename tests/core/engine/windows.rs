//! How many requests and how much time it takes to find the entries, wherever they are: drives
//! against a service whose every response takes as long, by a clock that only the test moves.
//!
//! `cargo test --test core engine::windows -- --nocapture` prints the figures.

mod cuts;
mod figures;
mod limits;

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;

/// Milliseconds from a request to its response, where the test does not choose them.
const LATENCY: i64 = 25;
const DAY: i64 = 86_400_000;

/// Entries by their dates, which the service lists in one order or the other.
struct Entries {
    left: BTreeSet<(i64, u32)>,
    newest_first: bool,
    latency: i64,
    /// Milliseconds that a request which acts takes besides.
    work: i64,
    /// Source of what each response takes besides, up to three latencies, if they differ.
    jitter: Option<u64>,
    /// Source of which lists are told late, by up to fifty latencies, if any are.
    stragglers: Option<u64>,
    /// Milliseconds for which an entry is listed after it was taken, and until when those are that were.
    listed_for: i64,
    ghosts: BTreeMap<(i64, u32), i64>,
    /// Milliseconds by which the service's clock is ahead of the drive's.
    ahead: i64,
    /// Entries that were taken.
    taken: u64,
    /// Source of what others do meanwhile, if they do anything.
    unrest: Option<u64>,
    /// Entries that have appeared since the start.
    appeared: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Spread {
    Uniform,
    Burst,
    Bursts,
    LongTail,
    Recent,
    /// A third of them in one millisecond, before all others.
    Stack,
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
            Spread::Stack => DAY as f64 * (1.5 * x).min(1.0),
            Spread::OneMillisecond => DAY as f64,
        }
    };
    let left = (0..count).map(|number| (NOW - 1_000 - age(number) as i64, number)).collect();
    Entries {
        left,
        newest_first,
        latency: LATENCY,
        work: 0,
        jitter: None,
        stragglers: None,
        listed_for: 0,
        ghosts: BTreeMap::new(),
        ahead: 0,
        taken: 0,
        unrest: None,
        appeared: 0,
    }
}

/// Numbers of entries that have appeared: those with an old date, and those that are of now.
const LATE: u32 = 1_000_000;
const NEW: u32 = 2_000_000;

impl Entries {
    /// Others take an entry now and then, or a run fails.
    fn stir(&mut self, now: i64) {
        let Some(state) = &mut self.unrest else { return };
        let (what, where_to) = (chance(state), chance(state));
        let at = now - (DAY as f64 * where_to) as i64;
        self.appeared += 1;
        if what < 0.05 {
            let found = self.left.range((at, 0)..).next().copied();
            found.map(|id| self.left.remove(&id));
        } else if what < 0.1 {
            self.left.insert((at, LATE + self.appeared));
        } else if what < 0.15 {
            self.left.insert((now, NEW + self.appeared));
        }
    }

    /// Milliseconds from a request to its response.
    fn delay(&mut self, acts: bool) -> i64 {
        let late = self.jitter.as_mut().map_or(0.0, chance);
        let work = if acts { self.work } else { 0 };
        let straggler = self.stragglers.as_mut().filter(|_| !acts);
        let straggler = straggler.map_or(0.0, |state| (chance(state) - 0.75).max(0.0) * 200.0);
        self.latency + work + ((3.0 * late + straggler) * self.latency as f64) as i64
    }

    /// The status and the body of a response.
    fn respond(&mut self, target: &str, now: i64) -> (u16, Json) {
        self.stir(now);
        let path = target.strip_prefix("/v2/workflows/dlq/").filter(|path| !path.contains('?'));
        let Some(id) = path else { return (200, self.list_or_resume(target, now)) };
        let (at, number) = id.split_once('-').expect("an id");
        let id = (at.parse().expect("a date"), number.parse().expect("a number"));
        let status = if self.left.contains(&id) { 200 } else { 404 };
        (status, json!({}))
    }

    fn list_or_resume(&mut self, target: &str, now: i64) -> Json {
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
            let taken = named.iter().filter(|id| self.take(**id, now)).count();
            return self.runs(now, taken, "");
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
        let mut with_ghosts = BTreeSet::new();
        if !acts && !self.ghosts.is_empty() {
            self.ghosts.retain(|_, until| *until > now);
            with_ghosts = self.left.iter().chain(self.ghosts.keys()).copied().collect();
        }
        let shown = if with_ghosts.is_empty() { &self.left } else { &with_ghosts };
        let mut page: Vec<(i64, u32)> = match low <= high {
            false => Vec::new(),
            true if self.newest_first => {
                shown.range(low..=high).rev().take(count + 1).copied().collect()
            }
            true => shown.range(low..=high).take(count + 1).copied().collect(),
        };
        let more = page.len() > count;
        page.truncate(count);
        let cursor = match page.last().filter(|_| more) {
            Some((at, number)) => format!("{at}-{number}"),
            None => String::new(),
        };
        if acts {
            page.iter().for_each(|id| {
                self.take(*id, now);
            });
            return self.runs(now, page.len(), &cursor);
        }
        let message = |(at, number): &(i64, u32)| json!({"dlqId": format!("{at}-{number}"), "workflowCreatedAt": at});
        json!({"messages": page.iter().map(message).collect::<Vec<_>>(), "cursor": cursor})
    }

    /// Whether the entry was there to be taken.
    fn take(&mut self, id: (i64, u32), now: i64) -> bool {
        let taken = self.left.remove(&id);
        if taken && self.listed_for > 0 {
            self.ghosts.insert(id, now + self.listed_for);
        }
        taken
    }

    /// Runs that begin now.
    fn runs(&mut self, now: i64, count: usize, cursor: &str) -> Json {
        self.taken += count as u64;
        let created = now + self.latency + self.ahead;
        let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": created});
        json!({"workflowRuns": vec![run; count], "cursor": cursor})
    }
}

/// Resumes everything. How many latencies that took, and how many requests.
fn resume_all(entries: Entries, strategy: &str, concurrency: u32) -> (f64, usize) {
    let latency = entries.latency as f64;
    let Cost { ms, requests, .. } = cost(entries, strategy, concurrency);
    (ms as f64 / latency, requests)
}

/// What it took to resume everything.
struct Cost {
    ms: i64,
    requests: usize,
    /// Samples before the first runs, while no other request may be sent.
    early: usize,
    /// The most samples in flight after that.
    samples: usize,
}

fn cost(entries: Entries, strategy: &str, concurrency: u32) -> Cost {
    cost_of(entries, json!({"strategy": strategy, "concurrency": concurrency}))
}

fn cost_of(mut entries: Entries, options: Json) -> Cost {
    let concurrency = options["concurrency"].as_u64().expect("a number") as usize;
    let args = json!([{"all": true}, {}, options]);
    let mut lane = drive(args.clone());
    let mut in_flight: Vec<(Ticket, i64, bool, (u16, Json))> = Vec::new();
    let (mut requests, mut acting, mut early, mut samples) = (0, 0, 0, 0);
    loop {
        match lane.poll() {
            Next::Send(ticket, request) => {
                requests += 1;
                let response = entries.respond(&request.target, lane.now);
                let is_sample = request.target.contains("count=40");
                let acts = request.target.contains("/resume?");
                acting += u32::from(acts && lane.counts()[0] == 0);
                assert!(acting <= 1, "two requests before the first runs");
                if acts && !request.target.contains("dlqIds=") {
                    // What fails again is later.
                    assert!(Some(range(&request.target).1) <= lane.cutoff(), "{}", request.target);
                }
                in_flight.push((ticket, lane.now + entries.delay(acts), is_sample, response));
                if is_sample && lane.counts()[0] == 0 {
                    early += 1;
                } else if is_sample {
                    let sampling = in_flight.iter().filter(|(_, _, is_sample, _)| *is_sample);
                    samples = samples.max(sampling.count());
                }
                assert!(in_flight.len() <= concurrency);
            }
            Next::Wait { until, .. } => {
                let next = in_flight.iter().map(|(_, at, ..)| *at).min();
                lane.now = next
                    .into_iter()
                    .chain(until.map(Timestamp::ms))
                    .min()
                    .expect("something to wait for");
                let (due, later) = in_flight.into_iter().partition(|(_, at, ..)| *at <= lane.now);
                in_flight = later;
                for (ticket, _, _, (status, body)) in due {
                    lane.respond(ticket, status, body);
                }
            }
            Next::Page(_) => panic!("a page that nobody asked for"),
            Next::Done(End::Reason(Reason::Requests)) => lane = again(&lane, args.clone()),
            Next::Done(end) => {
                assert_eq!(end, End::Reason(Reason::Complete), "{} are left", entries.left.len());
                break;
            }
        }
    }
    // All that was there is taken, and nothing that failed since. An entry that others took meanwhile
    // is counted, unless the service chose.
    let left = |from: u32, to: u32| entries.left.iter().any(|(_, n)| (from..to).contains(n));
    assert!(!left(0, LATE));
    let [done, not_found, unconfirmed, failed] = lane.counts();
    assert_eq!((done, failed), (entries.taken, 0));
    if entries.unrest.is_none() {
        assert!(entries.left.is_empty());
        assert_eq!((not_found, unconfirmed), (0, 0));
    }
    Cost { ms: lane.now - NOW, requests, early, samples }
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

/// Whichever list is told late, and in whichever round: what is listed for a moment after it was taken does not remain.
#[test]
fn what_is_listed_for_a_moment_is_no_remainder_in_whichever_order_lists_are_told() {
    for seed in 0..2_000 {
        let mut state = seed;
        let mut pick = |list: &[u32]| list[(chance(&mut state) * list.len() as f64) as usize];
        let (count, lanes) = (pick(&[12, 20, 60]), pick(&[4, 8]));
        let spread = SPREADS[pick(&[0, 1, 2, 3, 4, 5]) as usize];
        let mut world = entries(spread, count, pick(&[0, 1]) == 1, seed);
        (world.latency, world.listed_for) = (10, 300);
        (world.jitter, world.stragglers) = (Some(seed), Some(seed));
        let strategy = ["pages", "batches", "each"][pick(&[0, 1, 2]) as usize];
        let what = format!("{seed}: {count} {spread:?} by {strategy}, {lanes} at once");
        let options = json!({"strategy": strategy, "concurrency": lanes, "pageSize": 10});
        catch_unwind(|| cost_of(world, options)).unwrap_or_else(|_| panic!("{what}"));
    }
}

/// Responses to the first runs show that the drive's clock is slow: what its bound left out is taken as well.
#[test]
fn a_slow_clock_costs_few_requests() {
    const AHEAD: i64 = 600_000;
    for spread in [Spread::Uniform, Spread::Recent, Spread::Bursts] {
        for (newest_first, strategy) in
            [(false, "pages"), (false, "batches"), (true, "pages"), (true, "batches")]
        {
            let right = resume_all(entries(spread, 5_000, newest_first, 1), strategy, 8);
            let mut world = entries(spread, 5_000, newest_first, 1);
            world.ahead = AHEAD;
            world.left = world.left.into_iter().map(|(at, n)| (at + AHEAD, n)).collect();
            let slow = resume_all(world, strategy, 8);
            let what = format!("{spread:?} by {strategy}, {newest_first}: {right:?}, {slow:?}");
            assert!(slow.0 <= right.0 + 4.0 && slow.1 <= right.1 + 6, "{what}");
        }
    }
}

/// They show as well that it is fast: nothing beyond the bound that they correct is asked for.
#[test]
fn a_fast_clock_costs_few_requests() {
    const BEHIND: i64 = 600_000;
    for spread in [Spread::Uniform, Spread::Recent, Spread::Bursts, Spread::LongTail] {
        for (newest_first, strategy) in
            [(false, "pages"), (false, "batches"), (true, "pages"), (true, "batches")]
        {
            for (count, concurrency) in [(700, 4), (5_000, 8)] {
                let world = || entries(spread, count, newest_first, 1);
                let right = resume_all(world(), strategy, concurrency);
                let mut world = world();
                world.ahead = -BEHIND;
                world.left = world.left.into_iter().map(|(at, n)| (at - BEHIND, n)).collect();
                let fast = resume_all(world, strategy, concurrency);
                let what = format!("{spread:?} by {strategy}, {newest_first}: {right:?}, {fast:?}");
                assert!(fast.0 <= right.0 + 6.0 && fast.1 <= right.1 + 6, "{what}");
            }
        }
    }
}

/// The next invocation knows the order of the lists, and where the last one was in them.
#[test]
fn a_drive_in_many_invocations_costs_few_requests_more() {
    const BUDGET: usize = 20;
    for spread in [Spread::Uniform, Spread::Burst, Spread::LongTail] {
        for (newest_first, strategy) in
            [(false, "pages"), (false, "batches"), (true, "pages"), (true, "batches")]
        {
            let whole = cost(entries(spread, 5_000, newest_first, 1), strategy, 8);
            let options = json!({"strategy": strategy, "concurrency": 8, "maxRequests": BUDGET});
            let cut = cost_of(entries(spread, 5_000, newest_first, 1), options);
            let most = whole.requests + 6 * (whole.requests / BUDGET + 1);
            let what = format!("{spread:?} by {strategy}, newest first: {newest_first}");
            println!("{what}: {} requests, {} in one invocation", cut.requests, whole.requests);
            assert!(cut.requests <= most, "{what}: {} requests, {most} at most", cut.requests);
        }
    }
}

#[test]
fn samples_are_few() {
    // Before the first runs half as many as there are lanes, but three to six.
    for (concurrency, early_max) in [(2, 3), (4, 3), (8, 4), (10, 5), (16, 6)] {
        for spread in SPREADS {
            for (newest_first, strategy, work) in [
                (false, "pages", 0),
                (false, "pages", 20 * LATENCY),
                (false, "batches", 20 * LATENCY),
                (true, "pages", 20 * LATENCY),
                (true, "batches", 0),
            ] {
                let mut world = entries(spread, 2_000, newest_first, 1);
                world.work = work;
                let Cost { early, samples, .. } = cost(world, strategy, concurrency);
                let what = format!("{spread:?} by {strategy}, {concurrency} at once");
                assert!(early <= early_max, "{what}: {early} samples before the first runs");
                // Lists show where to cut; of walks that act, three may be sampled at once.
                let max = if strategy == "pages" { 3 } else { 0 };
                assert!(samples <= max, "{what}: {samples} samples at once");
            }
        }
    }
}
