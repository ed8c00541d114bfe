//! Ten million entries: the engine's own time for each, and the memory that it takes.

use crate::json::HeaderMap;
use crate::{client_of, timestamp};
use cpu_time::ThreadTime;
use std::sync::Mutex;
use std::time::Duration;
use upstash_workflow_dlq::engine::{Drive, End, Next, Plan, Reason};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::body::Body;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

const NOW: i64 = 1_790_000_000_000;
const ENTRIES: u64 = 10_000_000;
/// What the engine may hold on to, whatever the number of entries.
const MEMORY_MAX_KB: u64 = 16 * 1024;

/// A body that is made up as it is read: ten million entries of JSON would be what is measured.
#[derive(Clone, Copy)]
enum Tape {
    Page { key: &'static str, first: u64, count: u32, more: bool },
    List { first: u64, count: u32, created: i64 },
    Entry { number: u64, created: i64 },
    Text(u64),
    Number(f64),
}

impl Body for Tape {
    fn get(&self, key: &str) -> Option<Self> {
        match (self, key) {
            (Tape::Page { key: list, first, count, .. }, key) if key == *list => {
                // New runs begin now, and what is listed failed long ago.
                let created = if key == "messages" { 1 } else { NOW };
                Some(Tape::List { first: *first, count: *count, created })
            }
            (Tape::Page { first, count, more: true, .. }, "cursor") => {
                Some(Tape::Text(first + u64::from(*count)))
            }
            (Tape::Entry { number, .. }, "dlqId" | "workflowRunId") => Some(Tape::Text(*number)),
            (Tape::Entry { created, .. }, "workflowCreatedAt") => {
                Some(Tape::Number(*created as f64))
            }
            _ => None,
        }
    }

    fn length(&self) -> Option<u32> {
        match self {
            Tape::List { count, .. } => Some(*count),
            _ => None,
        }
    }

    fn at(&self, index: u32) -> Option<Self> {
        match self {
            Tape::List { first, count, created } if index < *count => {
                Some(Tape::Entry { number: first + u64::from(index), created: *created })
            }
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Tape::Text(number) => {
                Some(format!("{}-{}", 1_700_000_000_000 + number / 10, number % 10))
            }
            _ => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Tape::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn is_object(&self) -> bool {
        matches!(self, Tape::Page { .. } | Tape::Entry { .. })
    }

    fn parse(&self) -> Option<Self> {
        None
    }

    fn stringify(&self) -> Option<String> {
        None
    }
}

/// A service that gives what is left, in order.
struct Service {
    resumed: u64,
    listed: u64,
    total: u64,
}

impl Service {
    fn serve(&mut self, target: &str) -> Tape {
        let ids = target.matches("dlqIds=").count() as u32;
        let asked = target.split("count=").nth(1).map_or(ids, |rest| {
            rest.split('&').next().and_then(|n| n.parse().ok()).expect("a count")
        });
        let resumes = target.contains("/resume");
        let key = if resumes { "workflowRuns" } else { "messages" };
        // A list of one entry looks at what is left.
        let look = !resumes && asked == 1;
        let first = if resumes || look { self.resumed } else { self.listed };
        let count = u64::from(asked).min(self.total - first) as u32;
        match (resumes, look) {
            (true, _) => self.resumed += u64::from(count),
            (_, false) => self.listed += u64::from(count),
            _ => {}
        }
        let more = !look && ids == 0 && first + u64::from(count) < self.total;
        Tape::Page { key, first, count, more }
    }
}

/// Runs a drive to its end; the engine's own time, on this thread's clock, since others may have the
/// processor in the midst, and how many requests it made.
fn drive(entries: u64, strategy: &str) -> (Duration, u64) {
    let options = vec![
        ("strategy".into(), Value::String(strategy.into())),
        ("pageSize".into(), Value::Number(100.0)),
        ("concurrency".into(), Value::Number(1.0)),
    ];
    let args = [
        Value::Map(vec![("all".into(), Value::Bool(true))]),
        Value::Undefined,
        Value::Map(options),
    ];
    let plan = Plan::read(Operation::Resume, &args, &client_of("https://a.b")).expect("a plan");
    let mut drive = Drive::new(plan, timestamp(NOW), 1);
    let mut service = Service { resumed: 0, listed: 0, total: entries };
    let headers = HeaderMap::default();
    let mut own = Duration::ZERO;
    loop {
        let begun = ThreadTime::now();
        let next = drive.poll(timestamp(NOW));
        own += begun.elapsed();
        match next {
            Next::Send(ticket, request) => {
                let body = service.serve(&request.target);
                let payload = Payload::Json(body);
                let outcome =
                    Outcome::Response { status: 200, headers: &headers, payload, length: 0 };
                let begun = ThreadTime::now();
                drive.handle_response(ticket, &outcome, timestamp(NOW));
                own += begun.elapsed();
            }
            Next::Done(end) => {
                assert_eq!(end, End::Reason(Reason::Complete));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let counts = drive.counts();
    assert_eq!((counts.done, counts.unconfirmed), (entries, 0));
    (own, counts.requests)
}

/// Held by each test: the peak of memory is the process's.
static ALONE: Mutex<()> = Mutex::new(());

/// The most memory that this process has held so far.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

#[test]
fn ten_million_entries_take_no_more_memory_than_few() {
    let _alone = ALONE.lock();
    for strategy in ["pages", "batches"] {
        drive(100_000, strategy);
        let before = peak_kb();
        let (own, requests) = drive(ENTRIES, strategy);
        let grown = peak_kb().saturating_sub(before);
        let each = own.as_nanos() as f64 / ENTRIES as f64;
        println!(
            "{strategy}: {ENTRIES} entries, {requests} requests, {each:.0} ns of the engine each, \
             peak memory {before} KB + {grown} KB"
        );
        assert!(each < 2_000.0, "{each} ns an entry");
        assert!(grown < MEMORY_MAX_KB, "{grown} KB more");
    }
}

#[test]
fn many_ids_are_read_in_time_that_grows_with_their_number() {
    let _alone = ALONE.lock();
    let read = |count: u64| {
        let ids = (0..count).map(|n| Value::String(format!("{}-0", 1_752_829_295_505 + n)));
        let args = [Value::List(ids.chain([Value::String("1752829295505-0".into())]).collect())];
        let begun = ThreadTime::now();
        let plan = Plan::read(Operation::Resume, &args, &client_of("https://a.b")).expect("a plan");
        let taken = begun.elapsed();
        assert_eq!(Drive::new(plan, timestamp(NOW), 1).progress().of, Some(count));
        taken
    };
    // What else the machine does makes some slower, and none quicker.
    let least = |count| (0..3).map(|_| read(count)).min().expect("three");
    let (few, many) = (least(100_000), least(1_600_000));
    println!("100,000 ids: {few:?}, 1,600,000 ids: {many:?}");
    // Sixteen times as many, which no cache holds; 256 times the time, if each were compared with each.
    assert!(many < few * 128, "{few:?} and {many:?}");
}

/// Resumes `count` ids. The engine's own time, that of the first checkpoint, taken when half of the ids are sent, the
/// least of the next ones, and the memory by which the peak grew.
fn drive_ids(count: u64) -> (Duration, [Duration; 2], u64) {
    let before = peak_kb();
    // Three bytes each in a checkpoint.
    let ids = (0..count).map(|n| Value::String(format!("{}-0", 1_752_829_295_505 + n * 37)));
    let args = [Value::List(ids.collect())];
    let plan = Plan::read(Operation::Resume, &args, &client_of("https://a.b")).expect("a plan");
    let mut drive = Drive::new(plan, timestamp(NOW), 1);
    drop(args);
    let headers = HeaderMap::default();
    let mut own = Duration::ZERO;
    let mut checkpoints = Vec::new();
    let mut done = 0;
    loop {
        let begun = ThreadTime::now();
        let next = drive.poll(timestamp(NOW));
        own += begun.elapsed();
        match next {
            Next::Send(ticket, request) => {
                let ids = request.target.matches("dlqIds=").count() as u32;
                done += u64::from(ids);
                if done >= count / 2 && checkpoints.len() < CHECKPOINTS {
                    let begun = ThreadTime::now();
                    drive.checkpoint();
                    checkpoints.push(begun.elapsed());
                }
                let body = Tape::Page { key: "workflowRuns", first: 0, count: ids, more: false };
                let payload = Payload::Json(body);
                let outcome =
                    Outcome::Response { status: 200, headers: &headers, payload, length: 0 };
                let begun = ThreadTime::now();
                drive.handle_response(ticket, &outcome, timestamp(NOW));
                own += begun.elapsed();
            }
            Next::Wait { .. } => {}
            Next::Done(end) => {
                assert_eq!(end, End::Reason(Reason::Complete));
                break;
            }
            Next::Page(_) => panic!("a page that nobody asked for"),
        }
    }
    assert_eq!(drive.counts().done, count);
    let next = *checkpoints[1..].iter().min().expect("several checkpoints");
    (own, [checkpoints[0], next], peak_kb().saturating_sub(before))
}

/// Number of checkpoints whose time is measured.
const CHECKPOINTS: usize = 20;

#[test]
fn a_million_ids_take_time_and_memory_that_grow_with_their_number() {
    let _alone = ALONE.lock();
    let (few, ..) = drive_ids(100_000);
    let (many, [first, next], grown) = drive_ids(1_000_000);
    println!(
        "100,000 ids: {few:?}; 1,000,000 ids: {many:?}, {} bytes each at the peak; the first checkpoint of \
         half of them {first:?}, the next ones {next:?}",
        grown * 1024 / 1_000_000
    );
    // Ten times as many, which no cache holds; a hundred times the time, if each were compared with each.
    assert!(many < few * 60, "{few:?} and {many:?}");
    // The ids are encoded once, and copied from then on.
    assert!(next * 4 < first, "{first:?}, then {next:?}");
}
