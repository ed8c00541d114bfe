//! The engine against a simulated service: random strategies, sizes, options, faults, aborts and
//! cuts. The books are the service's own; the engine is only asked for its counts.
//!
//! A failure prints its seed: `SEED=<n> cargo test --test core simulation` runs that scenario alone.
//! `SCENARIOS=<n>` runs so many.

mod service;

use self::service::{Arrival, Entry, Fault, Id, Missing, Random, Semantics, Service, Unresumable};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket};
use upstash_workflow_dlq::params::{Auth, ClientOptions, RetryOptions, Token};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::response::Outcome;
use upstash_workflow_dlq::wire::Operation;

const START: i64 = 1_790_000_000_000;

/// How a scenario is made up; all of it follows from the seed.
struct Scenario {
    selection: Value,
    drive: Vec<(String, Value)>,
    ids: Option<HashSet<Id>>,
    gone_before: usize,
    /// The dates of the filter, both included.
    dates: (i64, i64),
    limit: Option<u64>,
    /// Entries, and how many of them may fail again.
    canary: Option<(u64, u64)>,
    concurrency: usize,
    max_requests: Option<u64>,
    by_pages: bool,
    fault_rate: u32,
    /// Faults stop after so many requests, so that it can end.
    faulty_requests: u32,
    cut_rate: u32,
    abort_at: Option<u32>,
}

#[derive(Default)]
struct Coverage {
    lost: u32,
    cut_in_flight: u32,
    missing: [u32; 3],
    failed_again: u32,
    canary_stopped: bool,
    canary_passed: bool,
}

struct Outcomes {
    coverage: Coverage,
    trace: u64,
}

fn client() -> ClientOptions {
    ClientOptions {
        base_url: "https://qstash.upstash.io".into(),
        token: Token::new("token"),
        auth: Auth::Header,
        timeout: 60_000,
        retry: RetryOptions::default(),
        headers: Vec::new(),
    }
}

fn world(random: &mut Random) -> (Service, Vec<Id>) {
    let semantics = Semantics {
        missing: random.pick(&[Missing::Atomic, Missing::Rest, Missing::StopAtFirst]),
        unresumable: random.pick(&[Unresumable::BadRequest, Unresumable::Skipped]),
        cursor_by_position: random.chance(400),
        end_cursor: random.below(3) as u8,
        cap: random.pick(&[1000, 1000, 100, 10, 3]),
        shuffled: random.chance(300),
        has_date: random.chance(700),
        fail_again: random.pick(&[0, 0, 100, 1000]),
        empty_pages: random.pick(&[0, 0, 50]),
        refuses_cursors: random.chance(100),
    };
    let count = random.pick(&[0, 1, 2, 7, 25, 60]);
    let mut entries = BTreeMap::new();
    let unresumable = random.pick(&[0, 0, 0, 100]);
    for number in 0..count {
        let date = START - 1 - random.below(3_600_000) as i64;
        let entry = Entry {
            date,
            run_created: date - 5_000,
            resumable: !random.chance(unresumable),
            run: 1_000_000 + number,
        };
        entries.insert((date, number), entry);
    }
    let ids = entries.keys().copied().collect();
    (Service::new(semantics, entries, random.below(u64::MAX)), ids)
}

fn scenario(random: &mut Random, ids: &[Id]) -> Scenario {
    let named = random.chance(500);
    let mut drive = Vec::new();
    let mut set = |name: &str, value: Value| drive.push((name.to_owned(), value));
    let number = |n: u64| Value::Number(n as f64);
    let mut gone_before = 0;
    let mut dates = (i64::MIN, i64::MAX);
    let selection = if named {
        let mut list: Vec<Value> = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            list.push(Value::String(service::text(*id)));
            if random.chance(60) {
                gone_before += 1;
                list.push(Value::String(service::text((START - 50_000_000, index as u32))));
            }
        }
        Value::List(list)
    } else if random.chance(600) {
        Value::Map(vec![("all".into(), Value::Bool(true))])
    } else {
        let mut filter = Vec::new();
        dates.0 = START - 1 - random.below(3_600_000) as i64;
        filter.push(("fromDate".into(), Value::Number(dates.0 as f64)));
        if random.chance(500) {
            dates.1 = dates.0 + random.below(3_600_000) as i64;
            filter.push(("toDate".into(), Value::Number(dates.1 as f64)));
        }
        Value::Map(vec![("filter".into(), Value::Map(filter))])
    };
    let by_pages = !named && random.chance(600);
    if !by_pages {
        set("strategy", Value::String(random.pick(&["batches", "batches", "each"]).into()));
    }
    let concurrency = random.pick(&[1, 1, 2, 4, 8]);
    set("concurrency", number(concurrency));
    set("pageSize", number(random.pick(&[1, 2, 5, 20, 100])));
    let limit = random.chance(250).then(|| 1 + random.below(40));
    if let Some(limit) = limit {
        set("limit", number(limit));
    }
    let canary = random.chance(150).then(|| (1 + random.below(8), random.below(3)));
    if let Some((entries, most)) = canary {
        let field = |name: &str, n: u64| (name.to_owned(), number(n));
        let wait = field("wait", random.pick(&[0, 1_000, 60_000]));
        let fields = vec![field("entries", entries), wait, field("maxFailedAgain", most)];
        set("canary", Value::Map(fields));
    }
    let max_requests = random.chance(150).then(|| 2 + random.below(10));
    if let Some(most) = max_requests {
        set("maxRequests", number(most));
    }
    if random.chance(100) {
        set("timeBudget", number(1 + random.below(5_000)));
    }
    if random.chance(150) {
        set("maxRunsPerSecond", number(1 + random.below(50)));
    }
    if random.chance(300) {
        set("report", Value::String("entries".into()));
    }
    Scenario {
        ids: named.then(|| ids.iter().copied().collect()),
        selection,
        drive,
        gone_before,
        dates,
        limit,
        canary,
        concurrency: concurrency as usize,
        max_requests,
        by_pages,
        fault_rate: random.pick(&[0, 0, 50, 150, 400]),
        faulty_requests: 5 + random.below(60) as u32,
        cut_rate: random.pick(&[0, 0, 30, 100]),
        abort_at: random.chance(100).then(|| random.below(20) as u32),
    }
}

const FAULTS: &[Fault] = &[
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::TimedOutAfter,
    Fault::Limited,
    Fault::LimitedPlain,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::HtmlAfter,
    Fault::CutOff,
];

/// Runs the scenario of a seed, and holds it to every rule.
fn run(seed: u64) -> Result<Outcomes, String> {
    let mut random = Random(seed);
    let (mut service, ids) = world(&mut random);
    let scenario = scenario(&mut random, &ids);
    let (from, to) = scenario.dates;
    let chosen = service.entries.iter().filter(|(_, entry)| (from..=to).contains(&entry.date));
    let before: BTreeMap<Id, bool> = chosen.map(|(id, entry)| (*id, entry.resumable)).collect();
    let plan = || {
        let args =
            [scenario.selection.clone(), Value::Undefined, Value::Map(scenario.drive.clone())];
        Plan::read(Operation::Resume, &args, &client()).map_err(|issues| format!("{issues:?}"))
    };
    let verbose = std::env::var_os("SEED").is_some();
    if verbose {
        println!("{:?}\n{:?}", service.semantics, scenario.drive);
    }
    let mut coverage = Coverage::default();
    let mut trace = 0u64;
    let mut now = START;
    let mut drive = Drive::new(plan()?, now, seed);
    let mut invocations = 0;
    let mut sent = 0;
    let mut clean = true;
    let mut flights: Vec<(i64, Ticket, Arrival)> = Vec::new();
    let mut asked_here = 0u64;
    let mut steps = 0;
    let mut lines: Vec<(Option<String>, String)> = Vec::new();
    let end = loop {
        steps += 1;
        if steps > 60_000 {
            return Err("does not end".into());
        }
        match drive.poll(now) {
            Next::Send(ticket, request) => {
                sent += 1;
                asked_here += 1;
                if scenario.max_requests.is_some_and(|most| asked_here > most) {
                    return Err("maxRequests overdrawn".into());
                }
                let faulty = sent <= scenario.faulty_requests && random.chance(scenario.fault_rate);
                let fault = if faulty { random.pick(FAULTS) } else { Fault::None };
                let acts = request.operation.acts();
                // Half of the time the service is quick, and it may be slower than the next one.
                let latency = random.pick(&[1, 5, 40, 300]) + random.below(20) as i64;
                let limits = matches!(fault, Fault::Limited | Fault::LimitedPlain);
                if fault != Fault::None && acts && !limits {
                    clean = false;
                    coverage.lost += 1;
                }
                if verbose {
                    println!("{now} {ticket} {fault:?} {}", request.target);
                }
                trace = trace.wrapping_mul(31).wrapping_add(service_hash(&request.target));
                let arrival =
                    service.serve(request.operation.method().name(), &request.target, fault, now);
                flights.push((now + latency, ticket, arrival));
                if flights.len() > scenario.concurrency {
                    return Err("more in flight than concurrency allows".into());
                }
                if acts && random.chance(scenario.cut_rate) && sent < 400 {
                    // The process dies here; another goes on from the checkpoint of this moment.
                    clean = false;
                    coverage.cut_in_flight += 1;
                    let text = drive.checkpoint();
                    record(&mut lines, &drive);
                    now += 1_000;
                    drive = go_on(&text, plan()?, now, seed ^ steps)?;
                    flights.clear();
                    asked_here = 0;
                }
                if scenario.abort_at == Some(sent) {
                    clean = false;
                    drive.abort(now);
                }
            }
            Next::Wait { until, .. } => {
                let first = flights.iter().map(|(at, ..)| *at).min();
                let at = match (first, until) {
                    (Some(a), Some(b)) => a.min(b),
                    (Some(at), None) | (None, Some(at)) => at,
                    (None, None) => return Err("waits for nothing".into()),
                };
                now = now.max(at);
                while let Some(index) = flights.iter().position(|(at, ..)| *at <= now) {
                    let (_, ticket, arrival) = flights.swap_remove(index);
                    match &arrival {
                        Arrival::Lost(loss) => {
                            let lost: Outcome<crate::json::InMemory> = Outcome::Lost(loss.clone());
                            drive.answer(ticket, &lost, now);
                        }
                        Arrival::Answer { status, headers, payload } => {
                            use upstash_workflow_dlq::wire::response::Payload;
                            let payload = match payload {
                                Payload::Json(body) => Payload::Json(body.clone()),
                                Payload::Text(text) => Payload::Text(text.clone()),
                                Payload::Empty => Payload::Empty,
                            };
                            drive.answer(
                                ticket,
                                &Outcome::Response { status: *status, headers, payload, length: 0 },
                                now,
                            );
                        }
                    }
                }
            }
            Next::Page(_) => return Err("a page that nobody asked for".into()),
            Next::Done(end) => {
                if !flights.is_empty() && !matches!(end, End::Reason(Reason::Aborted)) {
                    return Err("ended with requests in flight".into());
                }
                if matches!(end, End::Reason(reason) if reason.is_done() || reason == Reason::Remaining)
                {
                    break end;
                }
                bounds(&drive, &service, clean)?;
                if matches!(end, End::Reason(Reason::Canary)) {
                    canary_stop(&scenario, &service, coverage.canary_stopped)?;
                    coverage.canary_stopped = true;
                }
                // The first page was refused, which may be for the sake of the overrides.
                let refused = matches!(&end, End::Failed(refusal) if refusal.status == Some(400));
                if refused && scenario.by_pages && before.values().any(|resumable| !resumable) {
                    break end;
                }
                invocations += 1;
                if invocations > 300 {
                    return Err(format!("never finishes: {end:?}"));
                }
                let text = drive.checkpoint();
                record(&mut lines, &drive);
                flights.clear();
                now += 5_000;
                drive = go_on(&text, plan()?, now, seed ^ steps)?;
                asked_here = 0;
            }
        }
    };
    record(&mut lines, &drive);
    bounds(&drive, &service, clean)?;
    audit(&scenario, &service, &before, &drive, &end, clean)?;
    if let Some((entries, most)) = scenario.canary {
        let truth = service.taken.len() as u64;
        coverage.canary_passed = truth > entries && !coverage.canary_stopped;
        // All of them fail again, and every answer named its runs: it can't have been passed.
        let clean =
            clean && scenario.gone_before == 0 && before.values().all(|resumable| *resumable);
        if coverage.canary_passed && clean && service.semantics.fail_again == 1000 && entries > most
        {
            return Err(format!("{truth} resumed, and the canary of {entries} was passed"));
        }
    }
    if let Some(ids) = &scenario.ids {
        unique(&lines, ids)?;
    }
    coverage.failed_again = service.failed_again;
    coverage.missing[service.semantics.missing as usize] = service.not_found_answers;
    Ok(Outcomes { coverage, trace })
}

/// A canary that stops a drive has its reason, and stops it once, before anything else is taken.
fn canary_stop(scenario: &Scenario, service: &Service, before: bool) -> Result<(), String> {
    let Some((entries, most)) = scenario.canary else {
        return Err("stopped by a canary that nobody asked for".into());
    };
    let truth = service.taken.len() as u64;
    if before {
        return Err("stopped by the canary twice".into());
    }
    if u64::from(service.failed_again) <= most {
        return Err("stopped by a canary that fared well".into());
    }
    if truth > entries {
        return Err(format!("{truth} resumed before the canary of {entries} was looked at"));
    }
    Ok(())
}

fn go_on(text: &str, plan: Plan, now: i64, seed: u64) -> Result<Drive, String> {
    Drive::resume_from(text, plan, Expected::Selection, now, seed)
        .map_err(|fault| format!("{fault:?}"))
}

fn record(lines: &mut Vec<(Option<String>, String)>, drive: &Drive) {
    for line in drive.lines().unwrap_or_default() {
        lines.push((line.id.clone(), line.fate.name("resumed").to_owned()));
    }
}

/// No entry has two lines, over all invocations.
fn unique(lines: &[(Option<String>, String)], ids: &HashSet<Id>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for id in lines.iter().filter_map(|(id, _)| id.as_ref()) {
        if !seen.insert(id) {
            return Err(format!("{id} is in the report twice"));
        }
    }
    if lines.len() > ids.len() * 2 {
        return Err("more lines than entries".into());
    }
    Ok(())
}

fn service_hash(text: &str) -> u64 {
    text.bytes().fold(7, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)))
}

/// At any end: what was done lies within what the counts say.
fn bounds(drive: &Drive, service: &Service, clean: bool) -> Result<(), String> {
    let counts = drive.counts();
    let truth: u64 = service.taken.values().map(|times| u64::from(*times)).sum();
    if let Some((id, times)) = service.taken.iter().find(|(_, times)| **times > 1) {
        return Err(format!("{id:?} was resumed {times} times"));
    }
    let low = counts.done;
    let high = counts.done + counts.unconfirmed;
    if truth < low || truth > high {
        return Err(format!("resumed {truth}, reported {low} to {high}"));
    }
    let _ = clean;
    Ok(())
}

/// At the end of it all.
fn audit(
    scenario: &Scenario,
    service: &Service,
    before: &BTreeMap<Id, bool>,
    drive: &Drive,
    end: &End,
    clean: bool,
) -> Result<(), String> {
    let counts = drive.counts();
    let truth = service.taken.len() as u64;
    if let Some(id) = service.taken.keys().find(|id| !before.contains_key(id)) {
        return Err(format!("{id:?} was not there at the start, or not meant, and was resumed"));
    }
    if let Some(limit) = scenario.limit {
        if truth > limit {
            return Err(format!("limit {limit}, resumed {truth}"));
        }
    }
    // What was gone before can hide among what is gone after an answer that is short.
    let exact = scenario.gone_before == 0;
    if clean
        && exact
        && counts.unconfirmed > 0
        && service.semantics.unresumable != Unresumable::Skipped
    {
        return Err(format!("nothing was lost, and {} are unconfirmed", counts.unconfirmed));
    }
    let left = before
        .iter()
        .filter(|(id, resumable)| **resumable && service.entries.contains_key(id))
        .count();
    let complete = matches!(end, End::Reason(Reason::Complete));
    if complete && left > 0 {
        return Err(format!("complete, with {left} left"));
    }
    if let (true, Some(ids)) = (complete, &scenario.ids) {
        let sum = counts.done + counts.not_found + counts.unconfirmed + counts.failed;
        let named = ids.len() + scenario.gone_before;
        if sum != named as u64 {
            return Err(format!("{named} ids, {sum} accounted for: {counts:?}"));
        }
    }
    let stuck = before.values().filter(|resumable| !**resumable).count();
    if matches!(end, End::Reason(Reason::Remaining)) && (stuck == 0 || !scenario.by_pages) {
        return Err("remaining, with nothing that can't be resumed".into());
    }
    Ok(())
}

#[test]
fn every_scenario_keeps_the_books() {
    let env = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = env("SEED") {
        if let Err(why) = run(seed) {
            panic!("seed {seed}: {why}");
        }
        return;
    }
    let scenarios = env("SCENARIOS").unwrap_or(100_000);
    let (mut lost, mut cut, mut again, mut stopped, mut passed) = (0, 0, 0, 0, 0);
    let mut missing = [0; 3];
    for seed in 1..=scenarios {
        match run(seed) {
            Ok(outcome) => {
                let coverage = outcome.coverage;
                lost += u64::from(coverage.lost > 0);
                cut += u64::from(coverage.cut_in_flight > 0);
                again += u64::from(coverage.failed_again > 0);
                stopped += u64::from(coverage.canary_stopped);
                passed += u64::from(coverage.canary_passed);
                for (sum, count) in missing.iter_mut().zip(coverage.missing) {
                    *sum += u64::from(count > 0);
                }
            }
            Err(why) => panic!("SEED={seed}: {why}"),
        }
    }
    let summary = json!({
        "scenarios": scenarios, "lost answer": lost, "cut in flight": cut, "failed again": again,
        "404 atomic": missing[0], "404 rest": missing[1], "404 stop at first": missing[2],
    });
    println!("{summary}, canary stopped: {stopped}, passed: {passed}");
    assert!(stopped * 100 >= scenarios && passed * 100 >= scenarios, "too few canaries");
    for (what, count) in summary.as_object().expect("an object") {
        let count = count.as_u64().expect("a count");
        assert!(count * 20 >= scenarios, "{what} in fewer than 5 % of the scenarios: {count}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 1..200 {
        let traces: Vec<_> = (0..2).map(|_| run(seed).map(|outcome| outcome.trace)).collect();
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
