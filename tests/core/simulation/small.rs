//! Small worlds, all of them: what chance may take long to come upon.

use super::play::play;
use super::random::Random;
use super::scenario::{Scenario, START};
use super::service::{self, Beyond, Entry, Fault, Id, Missing, Semantics, Service, Unresumable};
use crate::fates::Switches;
use std::collections::BTreeMap;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::Operation;

/// What an entry may be like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Good,
    Unresumable,
    /// Named, and not there.
    Gone,
}

/// How it is gone about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Pages,
    Batches,
    Each,
    /// Batches of ids that are named.
    Ids,
    EachId,
}

const KINDS: [Kind; 3] = [Kind::Good, Kind::Unresumable, Kind::Gone];
const MODES: [Mode; 5] = [Mode::Pages, Mode::Batches, Mode::Each, Mode::Ids, Mode::EachId];
const FAULTS: [Fault; 5] =
    [Fault::None, Fault::LostBefore, Fault::LostAfter, Fault::Late(3_000), Fault::LimitedPlain];
const MISSING: [Missing; 3] = [Missing::Atomic, Missing::Rest, Missing::StopAtFirst];
const UNRESUMABLE: [Unresumable; 3] =
    [Unresumable::BadRequest, Unresumable::NotFound, Unresumable::Skipped];

#[derive(Clone, Copy, Debug)]
struct World {
    operation: Operation,
    mode: Mode,
    concurrency: usize,
    kinds: [Kind; 3],
    missing: Missing,
    unresumable: Unresumable,
    cap: usize,
    /// Of the first requests that act.
    script: [Fault; 2],
    /// The process ends with this one in flight.
    cut_at: Option<u32>,
}

fn run(world: World) -> Result<(), String> {
    let semantics = Semantics {
        missing: world.missing,
        unresumable: world.unresumable,
        cursor_by_position: false,
        end_cursor: 0,
        trailing_page: false,
        newest_first: false,
        by_run: false,
        cap: world.cap,
        room: usize::MAX,
        beyond: Beyond::LeftOut,
        shuffled: false,
        has_date: true,
        dated: true,
        date_skew: 0,
        says_deleted: true,
        fail_again: 1000,
        empty_pages: 0,
        refuses_cursors: false,
        expiring_cursors: false,
        circle: 0,
        logs: Switches::default(),
        slow: false,
        hidden: 0,
        listed_after: 0,
    };
    let ids: Vec<Id> = (0..3).map(|n| (START - 60_000 + i64::from(n) * 10_000, n)).collect();
    let there = ids.iter().zip(world.kinds).filter(|(_, kind)| *kind != Kind::Gone);
    let entries: BTreeMap<Id, Entry> = there
        .map(|(id, kind)| {
            let resumable = kind == Kind::Good;
            let entry =
                Entry { date: id.0, run_created: id.0 - 5, resumable, run: id.1, status: 500 };
            (*id, entry)
        })
        .collect();
    let named = matches!(world.mode, Mode::Ids | Mode::EachId);
    let texts = ids.iter().map(|id| Value::String(service::text(*id))).collect();
    let strategy = match world.mode {
        Mode::Pages => "pages",
        Mode::Batches | Mode::Ids => "batches",
        Mode::Each | Mode::EachId => "each",
    };
    let scenario = Scenario {
        operation: world.operation,
        selection: match named {
            true => Value::List(texts),
            false => Value::Map(vec![("all".into(), Value::Bool(true))]),
        },
        drive: vec![
            ("strategy".into(), Value::String(strategy.into())),
            ("concurrency".into(), Value::Number(world.concurrency as f64)),
            ("report".into(), Value::String("entries".into())),
        ],
        ids: named.then(|| entries.keys().copied().collect()),
        gone_before: if named { 3 - entries.len() } else { 0 },
        dates: (i64::MIN, i64::MAX),
        status: None,
        limit: None,
        canary: None,
        follow: None,
        concurrency: world.concurrency,
        max_requests: None,
        time_budget: None,
        per_second: None,
        by_pages: world.mode == Mode::Pages,
        paged: false,
        fault_rate: 0,
        script: world.script.to_vec(),
        troubled: 0,
        cut_rate: 0,
        cut_at: world.cut_at,
        abort_at: None,
        withhold_rate: 0,
        clock: 0,
        jump_rate: 0,
        outage: None,
        limited: None,
    };
    let mut service = Service::new(semantics, entries, 1);
    play(&scenario, &mut service, &mut Random(1), 1).map(|_| ())
}

/// All worlds, but for those that differ in what can't matter.
fn all(operation: Operation, mode: Mode) -> impl Iterator<Item = World> {
    let named = matches!(mode, Mode::Ids | Mode::EachId);
    let kinds = (0..27).map(|n| [KINDS[n % 3], KINDS[n / 3 % 3], KINDS[n / 9]]);
    let kinds = kinds.filter(move |kinds| named || !kinds.contains(&Kind::Gone));
    let services = move |kinds: [Kind; 3]| {
        let stuck = kinds.contains(&Kind::Unresumable) && operation != Operation::Delete;
        let refusals = if stuck { &UNRESUMABLE[..] } else { &UNRESUMABLE[..1] };
        refusals.iter().flat_map(move |refusal| {
            (0..6).map(move |n| (kinds, *refusal, MISSING[n % 3], [100, 2][n / 3]))
        })
    };
    let troubles = move |(kinds, unresumable, missing, cap)| {
        (0..25 * 3 * 2).map(move |n| World {
            operation,
            mode,
            kinds,
            missing,
            unresumable,
            cap,
            script: [FAULTS[n % 5], FAULTS[n / 5 % 5]],
            cut_at: [None, Some(1), Some(2)][n / 25 % 3],
            concurrency: [1, 2][n / 75],
        })
    };
    kinds.flat_map(services).flat_map(troubles)
}

fn every_small_world_of(operation: Operation, mode: Mode) {
    let mut worlds = 0;
    for world in all(operation, mode) {
        if let Err(why) = run(world) {
            panic!("{world:?}: {why}");
        }
        worlds += 1;
    }
    println!("{operation:?} by {mode:?}: {worlds} worlds");
}

#[test]
fn every_small_world_keeps_the_books() {
    for mode in MODES {
        every_small_world_of(Operation::Resume, mode);
    }
    every_small_world_of(Operation::Delete, Mode::Ids);
}
