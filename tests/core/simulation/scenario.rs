//! What is asked of a drive, of what service, and what goes wrong. All of it follows from a seed.

use super::random::Random;
use super::service::{self, Beyond, Entry, Fault, Id, Missing, Semantics, Service, Unresumable};
use crate::fates::{ByList, Switches};
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::Operation;

pub const START: i64 = 1_790_000_000_000;
/// As far back as entries go.
const AGE: u64 = 3_600_000;

/// What may be made smaller, to see whether it still fails.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub entries: u64,
    /// Requests that may meet a fault, a cut or a jump of the clock.
    pub troubled: u32,
}

pub const WHOLE: Size = Size { entries: u64::MAX, troubled: u32::MAX };

/// A few first.
#[derive(Clone, Copy, Debug)]
pub struct Canary {
    pub entries: u64,
    pub wait: i64,
    /// How many of their runs may fail again.
    pub max: u64,
    pub retrying_fails: bool,
}

pub struct Scenario {
    pub operation: Operation,
    pub selection: Value,
    pub drive: Vec<(String, Value)>,
    /// Those that were named and are there.
    pub ids: Option<HashSet<Id>>,
    pub gone_before: usize,
    /// The dates of the filter, both included.
    pub dates: (i64, i64),
    /// The status that `where` asks for.
    pub status: Option<u32>,
    pub limit: Option<u64>,
    pub canary: Option<Canary>,
    /// The new runs are followed for so many milliseconds at most.
    pub follow: Option<i64>,
    pub concurrency: usize,
    pub max_requests: Option<u64>,
    pub time_budget: Option<i64>,
    pub per_second: Option<u64>,
    pub by_pages: bool,
    /// The caller takes pages one by one.
    pub paged: bool,
    /// Of a thousand requests, so many meet a fault.
    pub fault_rate: u32,
    /// Faults of the first requests that act, whatever chance says.
    pub script: Vec<Fault>,
    /// Requests that may meet trouble, so that it can end.
    pub troubled: u32,
    /// Of a thousand moments, so many are the process's last.
    pub cut_rate: u32,
    /// The process ends with this request that acts in flight.
    pub cut_at: Option<u32>,
    pub abort_at: Option<u32>,
    /// Of a thousand requests that act, so many are withheld: their checkpoint can't be stored.
    pub withhold_rate: u32,
    /// What the local clock is ahead of the service's, at first.
    pub clock: i64,
    pub jump_rate: u32,
    /// From this request on all that is in flight or sent is lost, for so many milliseconds.
    pub outage: Option<(u32, i64)>,
    /// From this request on everything is answered with 429, for so many milliseconds.
    pub limited: Option<(u32, i64)>,
}

/// What a service may be like where it is not known.
pub fn semantics(random: &mut Random) -> Semantics {
    let circle = if random.chance(60) { 1 + random.below(5) as usize } else { 0 };
    let dated = random.chance(900);
    Semantics {
        missing: random.pick(&[Missing::Atomic, Missing::Rest, Missing::StopAtFirst]),
        unresumable: random.pick(&[
            Unresumable::BadRequest,
            Unresumable::NotFound,
            Unresumable::Skipped,
        ]),
        cursor_by_position: random.chance(400),
        end_cursor: random.below(3) as u8,
        trailing_page: random.chance(200),
        newest_first: random.chance(300),
        by_run: random.chance(300),
        cap: random.pick(&[1000, 1000, 100, 10, 3]),
        beyond: random.pick(&[Beyond::LeftOut, Beyond::Cursor, Beyond::BadRequest]),
        shuffled: random.chance(300),
        has_date: random.chance(700),
        date_skew: random.pick(&[0, 0, 0, 400, 5_000, 90_000, -5_000, -90_000]),
        says_deleted: random.chance(800),
        fail_again: random.pick(&[0, 0, 100, 1000]),
        empty_pages: random.pick(&[0, 0, 50]),
        refuses_cursors: random.chance(100),
        // A circle of cursors that are new to each process is none.
        expiring_cursors: circle == 0 && random.chance(800),
        circle,
        listed_after: random.pick(&[0, 0, 0, 0, 0, 0, 1_000, i64::MAX]),
        logs: switches(random),
        slow: random.chance(600),
        hidden: random.pick(&[0, 0, 0, 100]),
        dated,
        room: random.pick(&[usize::MAX, usize::MAX, usize::MAX, 30, 6, 1]),
    }
}

/// What the logs of runs may be like where it is not known.
fn switches(random: &mut Random) -> Switches {
    Switches {
        logs: random.chance(600),
        events: random.chance(600),
        missing: random.pick(&[404, 404, 403]),
        by_list: random.pick(&[
            ByList::Honoured,
            ByList::Honoured,
            ByList::Ignored,
            ByList::Refused,
        ]),
        delay: random.pick(&[0, 0, 0, 2_000, 30_000]),
        retention: random.pick(&[i64::MAX / 4, i64::MAX / 4, i64::MAX / 4, 60_000]),
        cap: random.pick(&[10, 10, 3]),
    }
}

/// A service, and the ids that are there.
pub fn world(random: &mut Random, size: Size) -> (Service, Vec<Id>) {
    let semantics = semantics(random);
    let count = random.pick(&[0, 1, 2, 7, 25, 60]).min(size.entries) as u32;
    let mut entries = BTreeMap::new();
    let unresumable = random.pick(&[0, 0, 0, 100]);
    for number in 0..count {
        let date = START - 1 - random.below(AGE) as i64;
        let entry = Entry {
            date,
            run_created: date - 5_000,
            resumable: !random.chance(unresumable),
            run: 1_000_000 + number,
            status: random.pick(&[500, 503]),
        };
        entries.insert((date, number), entry);
    }
    let ids = entries.keys().copied().collect();
    (Service::new(semantics, entries, random.below(u64::MAX)), ids)
}

pub fn scenario(random: &mut Random, ids: &[Id], size: Size) -> Scenario {
    let operation = random.pick(&[
        Operation::Resume,
        Operation::Resume,
        Operation::Resume,
        Operation::Restart,
        Operation::Delete,
    ]);
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
            if random.chance(80) {
                gone_before += 1;
                list.push(Value::String(service::text((START - 50_000_000, index as u32))));
            }
            if random.chance(30) {
                // The same once more.
                list.push(Value::String(service::text(ids[0])));
            }
        }
        if random.chance(300) {
            gone_before += 1;
            let at = random.below(list.len() as u64 + 1) as usize;
            list.insert(at, Value::String("no-id".into()));
        }
        Value::List(list)
    } else if random.chance(600) {
        Value::Map(vec![("all".into(), Value::Bool(true))])
    } else {
        let mut filter = Vec::new();
        dates.0 = START - 1 - random.below(AGE) as i64;
        filter.push(("fromDate".into(), Value::Number(dates.0 as f64)));
        if random.chance(500) {
            dates.1 = dates.0 + random.below(AGE) as i64;
            filter.push(("toDate".into(), Value::Number(dates.1 as f64)));
        }
        Value::Map(vec![("filter".into(), Value::Map(filter))])
    };
    let by_pages = !named && random.chance(600);
    let status = (!named && !by_pages && random.chance(400)).then_some(503);
    if !by_pages {
        set("strategy", Value::String(random.pick(&["batches", "batches", "each"]).into()));
    }
    if let Some(status) = status {
        let statuses = Value::List(vec![number(status.into())]);
        set("where", Value::Map(vec![("responseStatus".into(), statuses)]));
    }
    let concurrency = random.pick(&[1, 1, 2, 4, 8]);
    set("concurrency", number(concurrency));
    set("pageSize", number(random.pick(&[1, 2, 5, 20, 100])));
    let limit = random.chance(250).then(|| 1 + random.below(40));
    if let Some(limit) = limit {
        set("limit", number(limit));
    }
    let canary = (operation.can_fail_again() && random.chance(300)).then(|| Canary {
        entries: 1 + random.below(8),
        wait: random.pick(&[0, 1_000, 60_000, 600_000, 2_400_000]),
        max: random.below(3),
        retrying_fails: random.chance(600),
    });
    if let Some(canary) = canary {
        let field = |name: &str, value: Value| (name.to_owned(), value);
        let retrying = if canary.retrying_fails { "fail" } else { "wait" };
        let fields = vec![
            field("entries", number(canary.entries)),
            field("wait", number(canary.wait as u64)),
            field("maxFailedAgain", number(canary.max)),
            field("retrying", Value::String(retrying.into())),
        ];
        set("canary", Value::Map(fields));
    }
    let follow = (operation.can_fail_again() && random.chance(250))
        .then(|| random.pick(&[0, 30_000, 600_000, 2_400_000]));
    if let Some(timeout) = follow {
        set("follow", Value::Map(vec![("timeout".into(), number(timeout as u64))]));
    }
    let max_requests = random.chance(150).then(|| 2 + random.below(10));
    if let Some(most) = max_requests {
        set("maxRequests", number(most));
    }
    let time_budget = random.chance(100).then(|| 1 + random.below(5_000));
    if let Some(ms) = time_budget {
        set("timeBudget", number(ms));
    }
    let per_second = random.chance(150).then(|| 1 + random.below(50));
    if let Some(most) = per_second {
        set("maxRunsPerSecond", number(most));
    }
    if random.chance(300) {
        set("report", Value::String("entries".into()));
    }
    Scenario {
        operation,
        ids: named.then(|| ids.iter().copied().collect()),
        selection,
        drive,
        gone_before,
        dates,
        status,
        limit,
        canary,
        follow,
        concurrency: concurrency as usize,
        max_requests,
        time_budget: time_budget.map(|ms| ms as i64),
        per_second,
        by_pages,
        paged: random.chance(150),
        fault_rate: random.pick(&[0, 0, 50, 150, 400]),
        script: Vec::new(),
        troubled: (5 + random.below(60) as u32).min(size.troubled),
        cut_rate: random.pick(&[0, 0, 30, 100]),
        cut_at: None,
        abort_at: random.chance(100).then(|| random.below(20) as u32),
        withhold_rate: random.pick(&[0, 0, 60]),
        clock: random.pick(&[0, 0, 0, 0, 400, 5_000, 90_000, -5_000, -90_000, -3_600_000]),
        jump_rate: random.pick(&[0, 0, 0, 20]),
        outage: random
            .chance(250)
            .then(|| (1 + random.below(15) as u32, random.pick(&[0, 0, 3_000, 40_000]))),
        limited: (time_budget.is_none() && random.chance(70))
            .then(|| (1 + random.below(10) as u32, 2_400_000)),
    }
}

const FAULTS: &[Fault] = &[
    Fault::NotSent,
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::TimedOutAfter,
    Fault::Late(500),
    Fault::Late(9_000),
    Fault::Limited,
    Fault::LimitedPlain,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::HtmlAfter,
    Fault::CutOff,
];

impl Scenario {
    /// Whether a budget cuts the drive into slices, whatever goes well.
    pub fn is_sliced(&self) -> bool {
        self.max_requests.is_some() || self.time_budget.is_some()
    }

    /// What befalls the `sent`th request, the `acting`th of those that act.
    pub fn fault(&self, random: &mut Random, sent: u32, acting: Option<u32>) -> Fault {
        let scripted = acting.and_then(|number| self.script.get(number as usize - 1));
        match scripted {
            Some(fault) => *fault,
            None if sent <= self.troubled && random.chance(self.fault_rate) => random.pick(FAULTS),
            None => Fault::None,
        }
    }
}
