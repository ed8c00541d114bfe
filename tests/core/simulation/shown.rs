//! What a preview showed bounds what is done: any selection, `where`, limit and strategy, with entries that
//! appear and vanish in between, and with checkpoints on the way. Requests arrive; what may go wrong on the way
//! is for the other scenarios.

use super::random::Random;
use super::scenario::{semantics, world, START, WHOLE};
use super::service::{self, Arrival, Entry, Fault, Id, Semantics, Service};
use crate::json::InMemory;
use crate::{client_of, timestamp};
use serde_json::{json, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::{Body, Operation};

fn plan(operation: Operation, selection: &Json, drive: &Json) -> Plan {
    let [selection, drive] = [selection, drive].map(crate::json::value);
    let args = match operation {
        Operation::Resume | Operation::Restart => vec![selection, Value::Undefined, drive],
        _ => vec![selection, drive],
    };
    Plan::read(operation, &args, &client_of("https://a.b"))
        .unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// A drive under way, its clock, and what it has in flight.
struct Run<'a> {
    drive: Drive,
    service: &'a mut Service,
    random: &'a mut Random,
    now: i64,
    in_flight: Vec<(Ticket, &'static str, String)>,
    bodies: BTreeMap<Ticket, Json>,
    /// Ids of the messages that were handed out.
    shown: Vec<String>,
}

/// Makes the drive that continues from a checkpoint, at a moment.
type Continuation<'a> = &'a dyn Fn(&str, i64) -> Drive;

impl Run<'_> {
    /// To the end; `interrupt` makes the drive that continues from a checkpoint, now and then.
    fn run(&mut self, interrupt: Option<Continuation>) -> Result<End, String> {
        for _ in 0..20_000 {
            match self.drive.poll(timestamp(self.now)) {
                Next::Send(ticket, request) => {
                    let method = request.operation.method().name();
                    self.in_flight.push((ticket, method, request.target));
                }
                Next::Page(ticket) => self.page(ticket),
                Next::Wait { until, .. } if self.in_flight.is_empty() => {
                    self.now = self.now.max(until.ok_or("waits for nothing")?.ms());
                }
                Next::Wait { .. } => self.respond(),
                Next::Done(end) => return Ok(end),
            }
            if let (true, Some(interrupt)) = (self.in_flight.is_empty(), interrupt) {
                if self.bodies.is_empty() && self.random.chance(200) {
                    self.drive = interrupt(&self.drive.checkpoint(), self.now);
                }
            }
        }
        Err("does not end".into())
    }

    /// One of the responses, after a while.
    fn respond(&mut self) {
        self.now += 1 + self.random.below(40) as i64;
        let index = self.random.below(self.in_flight.len() as u64) as usize;
        let (ticket, method, target) = self.in_flight.swap_remove(index);
        let arrival = self.service.serve(method, &target, Fault::None, self.now);
        let (status, headers, payload) = match arrival {
            Arrival::Response { status, headers, payload } => (status, headers, payload),
            Arrival::Lost(loss) => {
                let lost: Outcome<InMemory> = Outcome::Lost(loss);
                self.drive.handle_response(ticket, &lost, timestamp(self.now));
                return;
            }
        };
        if let Payload::Json(InMemory(body)) = &payload {
            self.bodies.insert(ticket, body.clone());
        }
        let outcome = Outcome::Response { status, headers: &headers, payload, length: 0 };
        self.drive.handle_response(ticket, &outcome, timestamp(self.now));
        if !self.drive.has_page(ticket) {
            self.bodies.remove(&ticket);
        }
    }

    fn page(&mut self, ticket: Ticket) {
        let body = InMemory(self.bodies.remove(&ticket).expect("a body"));
        let messages = match body.get("messages") {
            Some(list) => (0..list.length().unwrap_or(0)).filter_map(|at| list.at(at)).collect(),
            // A list of ids is a look at each.
            None => vec![body],
        };
        let id = |at: usize| messages[at].get("dlqId").and_then(|id| id.text()).expect("an id");
        let all: Vec<u32> = (0..messages.len() as u32).collect();
        let chosen = self.drive.chosen().unwrap_or(&all);
        self.shown.extend(chosen.iter().map(|at| id(*at as usize)));
    }
}

/// What is selected, and what narrows it.
fn selection(random: &mut Random, ids: &[Id]) -> (Json, Json) {
    let mut selection = match random.below(3) {
        0 => {
            let some = ids.iter().filter(|_| random.chance(700)).map(|id| service::text(*id));
            let some: Vec<String> = some.collect();
            if some.is_empty() {
                json!({"all": true})
            } else {
                json!({ "dlqIds": some })
            }
        }
        1 => json!({"filter": {"fromDate": START - 1 - random.below(3_600_000) as i64}}),
        _ => json!({"all": true}),
    };
    let mut drive = json!({});
    let mut narrow = |random: &mut Random, selection: &mut Json, key: &str, value: Json| {
        let place = random.below(3);
        if place != 0 {
            selection[key] = value.clone();
        }
        if place != 1 {
            drive[key] = value;
        }
    };
    if selection.get("dlqIds").is_none() && random.chance(500) {
        let status = match random.below(4) {
            0 => json!([503]),
            1 => json!([500]),
            2 => json!("5xx"),
            _ => json!("4xx"),
        };
        let condition = json!({ "responseStatus": status });
        narrow(random, &mut selection, "where", condition);
    }
    if random.chance(400) {
        let limit = 1 + random.below(30);
        narrow(random, &mut selection, "limit", json!(limit));
    }
    (selection, drive)
}

/// The selection of what was shown, as `preview.selection` has it.
fn shown_selection(
    selection: &Json,
    drive: &Json,
    cutoff: Option<Timestamp>,
    shown: &[String],
) -> Json {
    let either = |key: &str| selection.get(key).or(drive.get(key)).cloned();
    if selection.get("dlqIds").is_some() || either("limit").is_some() {
        return json!(shown);
    }
    let mut filter = selection.get("filter").cloned().unwrap_or(json!({}));
    filter["toDate"] = json!(cutoff.expect("a cutoff").ms());
    let mut bound = json!({ "filter": filter });
    if let Some(condition) = either("where") {
        bound["where"] = condition;
    }
    bound
}

/// How often each thing came about.
#[derive(Debug, Default)]
struct Met {
    narrowed: u32,
    limited: u32,
    appeared: u32,
    vanished: u32,
    interrupted: u32,
    exact: u32,
}

fn run(seed: u64, met: &mut Met) -> Result<(), String> {
    let random = &mut Random(seed);
    let (service, ids) = &mut world(random, WHOLE);
    // What is dated wrongly can't be bounded by a date.
    service.semantics = Semantics { date_skew: 0, refuses_cursors: false, ..semantics(random) };
    let (selection, narrowing) = selection(random, ids);
    let limit = selection.get("limit").or(narrowing.get("limit")).and_then(Json::as_u64);
    let is_narrowed = [&selection, &narrowing].iter().any(|part| part.get("where").is_some());

    let drive = Drive::new(plan(Operation::Scan, &selection, &narrowing), timestamp(START), seed);
    let mut preview = Run {
        drive,
        service,
        random,
        now: START,
        in_flight: Vec::new(),
        bodies: BTreeMap::new(),
        shown: Vec::new(),
    };
    preview.drive.hand_out_pages();
    preview.run(None)?;
    let Run { drive, service, random, now, shown, .. } = preview;
    let cutoff = drive.cutoff();
    let matching = matching(service, &selection, &narrowing);
    let seen: BTreeSet<&String> = shown.iter().collect();
    if seen.len() != shown.len() || !seen.iter().all(|id| matching.contains_key(*id)) {
        return Err(format!("{shown:?} shown of {matching:?}"));
    }
    let expected = limit.map_or(matching.len(), |limit| matching.len().min(limit as usize));
    if shown.len() != expected {
        return Err(format!("{} shown of {expected}", shown.len()));
    }
    if shown.is_empty() {
        return Ok(());
    }

    let now = now + 1 + random.below(5_000) as i64;
    let vanishing = random.chance(400);
    let vanished: Vec<Id> =
        service.entries.keys().filter(|_| vanishing && random.chance(200)).copied().collect();
    for id in &vanished {
        service.entries.remove(id);
    }
    let appeared = if random.chance(600) { random.below(20) as u32 } else { 0 };
    for number in 0..appeared {
        let status = random.pick(&[500, 503]);
        let run = 5_000_000 + number;
        // By the run's date, too, it is newer than what was shown.
        let entry = Entry { date: now, run_created: now, resumable: true, run, status };
        service.entries.insert((now, 2_000_000 + number), entry);
    }

    let operation = random.pick(&[Operation::Resume, Operation::Restart, Operation::Delete]);
    let bound = shown_selection(&selection, &narrowing, cutoff, &shown);
    let named = bound.is_array();
    let mut options = json!({
        "concurrency": random.pick(&[1, 2, 4, 8]),
        "pageSize": random.pick(&[1, 3, 20, 100]),
    });
    match random.below(4) {
        0 if !named && !is_narrowed => options["strategy"] = json!("pages"),
        1 => options["strategy"] = json!("batches"),
        2 => options["strategy"] = json!("each"),
        _ => {}
    }
    if random.chance(200) {
        // Bounded, so that it need not freeze once more.
        options["freeze"] = json!(false);
        options["maxRequests"] = json!(1_000);
    }
    if operation.can_fail_again() && random.chance(150) {
        options["canary"] = json!({"entries": 3, "wait": 10, "maxFailedAgain": 1_000});
    }
    let act = |text: &str, now: i64| {
        let plan = plan(operation, &bound, &options);
        Drive::resume_from(text, plan, Expected::Selection, timestamp(now), seed)
            .unwrap_or_else(|fault| panic!("{fault:?}"))
    };
    let interrupts = random.chance(400) && options.get("canary").is_none();
    if interrupts {
        // Each continuation would take what an earlier one took for new, for ever.
        let semantics = &mut service.semantics;
        semantics.listed_after = semantics.listed_after.min(1_000);
    }
    let drive = Drive::new(plan(operation, &bound, &options), timestamp(now), seed);
    let mut acting = Run {
        drive,
        service,
        random,
        now,
        in_flight: Vec::new(),
        bodies: BTreeMap::new(),
        shown: Vec::new(),
    };
    let end = acting.run(interrupts.then_some(&act))?;
    let taken: BTreeSet<String> = service.taken.keys().map(|id| service::text(*id)).collect();
    if let Some(id) = taken.iter().find(|id| !seen.contains(id)) {
        return Err(format!("{id} was not shown, and was taken"));
    }
    let takeable = matching.values().all(|resumable| *resumable) || operation == Operation::Delete;
    // A service whose cursors lead nowhere ends a drive, which says so.
    let is_stuck = matches!(&end, End::Failed(refusal) if refusal.code == "cursor_stuck");
    // So does a canary whose runs have not finished within its wait.
    let is_undecided = end == End::Reason(Reason::Undecided);
    if vanished.is_empty() && takeable && !is_stuck && !is_undecided {
        met.exact += 1;
        if taken.len() != shown.len() {
            return Err(format!("{} shown, {} taken: {options} {end:?}", shown.len(), taken.len()));
        }
    }
    met.narrowed += u32::from(is_narrowed);
    met.limited += u32::from(limit.is_some());
    met.appeared += u32::from(appeared > 0);
    met.vanished += u32::from(!vanished.is_empty());
    met.interrupted += u32::from(interrupts);
    Ok(())
}

/// The entries that a selection means, and whether each can be taken.
fn matching(service: &Service, selection: &Json, drive: &Json) -> BTreeMap<String, bool> {
    let ids = selection.get("dlqIds").and_then(Json::as_array);
    let from = selection["filter"]["fromDate"].as_i64().unwrap_or(i64::MIN);
    let condition = selection.get("where").or(drive.get("where"));
    let status = condition.map(|condition| &condition["responseStatus"]);
    let is_meant = |(id, entry): &(&Id, &Entry)| {
        let named = ids.is_none_or(|ids| ids.iter().any(|one| *one == service::text(**id)));
        let status = status.is_none_or(|status| match status.as_str() {
            Some(class) => entry.status / 100 == class[..1].parse::<u32>().expect("a class"),
            None => status[0] == entry.status,
        });
        named && service.date(entry) >= from && status
    };
    let meant = service.entries.iter().filter(is_meant);
    meant.map(|(id, entry)| (service::text(*id), entry.resumable)).collect()
}

#[test]
fn what_was_shown_bounds_what_is_done() {
    let env = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match env("SHOWN") {
        Some(seed) => seed..seed + 1,
        None => 1..20_001,
    };
    let count = seeds.end - seeds.start;
    let mut met = Met::default();
    for seed in seeds {
        run(seed, &mut met).unwrap_or_else(|why| panic!("SHOWN={seed}: {why}"));
    }
    println!("of {count} worlds: {met:?}");
    if count > 1 {
        let Met { narrowed, limited, appeared, vanished, interrupted, exact } = met;
        for met in [narrowed, limited, appeared, vanished, interrupted, exact] {
            assert!(u64::from(met) * 20 >= count, "something in too few of the worlds");
        }
    }
}
