//! The engine against a simulated service: random strategies, sizes, options, faults, clocks, aborts
//! and cuts. The books are the service's own; the engine is only asked for what callers are told.
//!
//! A failure prints its seed, and how small a world it still fails in:
//! `SEED=<n> ENTRIES=<n> TROUBLED=<n> cargo test --test core simulation -- --nocapture` shows that
//! scenario alone, request by request. `SCENARIOS=<n>` runs so many, from `FROM=<n>` on.

mod audit;
mod play;
pub mod random;
mod scenario;
pub mod service;
mod shown;
mod small;

use self::play::Played;
use self::random::Random;
use self::scenario::{Size, WHOLE};
use self::service::Missing;
use crate::fates::{ByList, Switches};
use serde_json::{json, Map, Value as Json};
use std::any::Any;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{available_parallelism, scope};

fn env(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// What the service has met in a scenario.
struct Met {
    played: Played,
    missing: Missing,
    not_found_responses: u32,
    failed_again: u32,
    expired_cursors: u32,
    circled: u32,
    slow_clock: bool,
    undated: bool,
    logs: Switches,
    ghosts_listed: u32,
    over_cap: u32,
    malformed_looked_up: u32,
    too_large: u32,
}

/// Runs the scenario of a seed, and holds it to every rule.
fn run(seed: u64, size: Size) -> Result<Met, String> {
    let mut random = Random(seed);
    let (mut service, ids) = scenario::world(&mut random, size);
    let scenario = scenario::scenario(&mut random, &ids, size);
    if scenario.is_sliced() {
        // Each slice would take what an earlier one took for new, for ever.
        let semantics = &mut service.semantics;
        semantics.listed_after = semantics.listed_after.min(1_000);
    }
    if env("SEED").is_some() {
        println!("{:?} of {} entries by {:?}", scenario.operation, ids.len(), service.semantics);
        println!("{:?}", scenario.drive);
    }
    let played = play::play(&scenario, &mut service, &mut random, seed)?;
    Ok(Met {
        played,
        missing: service.semantics.missing,
        not_found_responses: service.not_found_responses,
        failed_again: service.failed_again,
        expired_cursors: service.expired,
        circled: service.circled,
        slow_clock: !service.semantics.has_date && scenario.clock < -1_000,
        undated: !service.semantics.dated,
        logs: service.semantics.logs,
        ghosts_listed: service.ghosts_listed,
        over_cap: service.over_cap,
        malformed_looked_up: service.malformed_looked_up,
        too_large: service.too_large,
    })
}

/// The same, where what the engine asserts of itself is a rule like any other.
fn checked(seed: u64, size: Size) -> Result<Met, String> {
    let why = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "a panic".into(),
    };
    catch_unwind(|| run(seed, size)).unwrap_or_else(|panic| Err(why(panic)))
}

/// The smallest world in which a seed still fails, and why.
fn shrink(seed: u64, mut why: String) -> String {
    let mut size = WHOLE;
    let smaller = |entries, troubled| {
        let size = Size { entries, troubled };
        checked(seed, size).err().map(|why| (size, why))
    };
    // One telling is enough.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    if let Some((found, reason)) = (0..=60).find_map(|entries| smaller(entries, u32::MAX)) {
        (size, why) = (found, reason);
    }
    if let Some((found, reason)) = (0..70).find_map(|troubled| smaller(size.entries, troubled)) {
        (size, why) = (found, reason);
    }
    set_hook(hook);
    format!("SEED={seed} ENTRIES={} TROUBLED={}: {why}", size.entries, size.troubled)
}

/// Plays the scenarios of these seeds, until one fails in any thread. In how many each circumstance
/// was met, or the seed that failed and why.
fn play_all(
    seeds: impl Iterator<Item = u64>,
    failed: &AtomicBool,
) -> Result<Vec<(String, u64)>, (u64, String)> {
    let mut met: Vec<(String, u64)> = Vec::new();
    let mut count = |what: &str, is: bool| match met.iter_mut().find(|(name, _)| name == what) {
        Some((_, count)) => *count += u64::from(is),
        None => met.push((what.into(), u64::from(is))),
    };
    for seed in seeds.take_while(|_| !failed.load(Ordering::Relaxed)) {
        let found = checked(seed, WHOLE).map_err(|why| {
            failed.store(true, Ordering::Relaxed);
            (seed, why)
        })?;
        let coverage = found.played.coverage;
        let missing = |kind| found.missing == kind && found.not_found_responses > 0;
        count("lost response", coverage.lost);
        count("work after the client gave up", coverage.late);
        count("cut in flight", coverage.cut_in_flight);
        count("checkpoint not stored", coverage.withheld);
        count("clock jumped", coverage.jumped);
        count("failed again", found.failed_again > 0);
        count("cursor expired between processes", found.expired_cursors > 0);
        count("circle of cursors", found.circled > 0);
        count("slow clock that nothing tells", found.slow_clock);
        count("lists without dates", found.undated);
        count("velocity limit over slices", coverage.paced_slices);
        count("404 atomic", missing(Missing::Atomic));
        count("404 rest", missing(Missing::Rest));
        count("404 stop at first", missing(Missing::StopAtFirst));
        count("canary stopped", coverage.canary_stopped);
        count("canary passed", coverage.canary_passed);
        count("canary undecided", coverage.canary_undecided);
        count("followed to the end", coverage.followed);
        count("time up while following", coverage.timed_out);
        count("cut while following", coverage.cut_while_following);
        let looked = coverage.followed || coverage.timed_out || coverage.canary_passed;
        count("logs late", looked && found.logs.delay > 0);
        count("logs gone", looked && !found.logs.logs && !found.logs.events);
        count("logs of one run at a time", looked && found.logs.by_list != ByList::Honoured);
        count("lost together", coverage.lost_together);
        count("nothing but 429s", coverage.limited_for_long);
        count("listed although taken", found.ghosts_listed > 0);
        count("more ids than the cap", found.over_cap > 0);
        count("look-up of no id", found.malformed_looked_up > 0);
        count("list too large", found.too_large > 0);
    }
    Ok(met)
}

#[test]
fn every_scenario_keeps_the_books() {
    if let Some(seed) = env("SEED") {
        let size = Size {
            entries: env("ENTRIES").unwrap_or(WHOLE.entries),
            troubled: env("TROUBLED").map_or(WHOLE.troubled, |n| n as u32),
        };
        if let Err(why) = run(seed, size) {
            panic!("seed {seed}: {why}");
        }
        return;
    }
    let scenarios = env("SCENARIOS").unwrap_or(100_000);
    let from = env("FROM").unwrap_or(1);
    let threads = available_parallelism().map_or(1, |count| count.get() as u64);
    let failed = AtomicBool::new(false);
    let played: Vec<_> = scope(|scope| {
        let failed = &failed;
        let seeds = |nth| (from + nth..from + scenarios).step_by(threads as usize);
        let begun: Vec<_> =
            (0..threads).map(|nth| scope.spawn(move || play_all(seeds(nth), failed))).collect();
        begun.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let failure = played.iter().filter_map(|one| one.as_ref().err()).min();
    if let Some((seed, why)) = failure {
        panic!("{}", shrink(*seed, why.clone()));
    }
    let mut met: Map<String, Json> = Map::new();
    for (what, count) in played.into_iter().flatten().flatten() {
        let before = met.get(&what).and_then(Json::as_u64).unwrap_or(0);
        met.insert(what, json!(before + count));
    }
    println!("of {scenarios} scenarios: {}", json!(met));
    for (what, count) in met {
        let share = match what.as_str() {
            "circle of cursors"
            | "cursor expired between processes"
            | "velocity limit over slices"
            | "canary stopped"
            | "canary passed"
            | "canary undecided"
            | "cut while following"
            | "logs gone" => 50,
            "lost together" | "nothing but 429s" | "listed although taken" => 50,
            "more ids than the cap" | "look-up of no id" => 50,
            _ => 20,
        };
        let count = count.as_u64().expect("a count");
        assert!(count * share >= scenarios, "{what} in too few of the scenarios: {count}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 1..200 {
        let traces: Vec<_> = (0..2).map(|_| run(seed, WHOLE).map(|met| met.played.trace)).collect();
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
