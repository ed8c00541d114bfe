//! How many ids a batch holds: what is documented, what the service has shown, and back again.

use super::*;

fn ids(count: u32) -> Vec<String> {
    (1..=count).map(|n| format!("{n}-0")).collect()
}

fn count(target: &str) -> usize {
    target.matches("dlqIds=").count()
}

/// A service that takes no more than `cap` of the ids of a request, but for the requests whose
/// numbers are in `short`, of which it takes one.
struct Capped {
    cap: usize,
    short: &'static [usize],
    /// Whether it refuses a request for more.
    refuses: bool,
    there: std::collections::BTreeSet<String>,
    batches: Vec<usize>,
    look_ups: usize,
}

impl Capped {
    fn new(cap: usize, ids: &[String]) -> Self {
        let there = ids.iter().cloned().collect();
        Capped { cap, short: &[], refuses: false, there, batches: Vec::new(), look_ups: 0 }
    }

    fn serve(&mut self, target: &str) -> (u16, Json) {
        if let Some(id) = target.strip_prefix("/v2/workflows/dlq/").filter(|id| id.ends_with("-0"))
        {
            if !id.contains('?') {
                self.look_ups += 1;
                let status = if self.there.contains(id) { 200 } else { 404 };
                return (status, json!({ "dlqId": id }));
            }
        }
        let asked: Vec<&str> =
            target.split("dlqIds=").skip(1).map(|id| id.trim_end_matches('&')).collect();
        self.batches.push(asked.len());
        if self.refuses && asked.len() > self.cap {
            return (400, json!({"error": "too many ids"}));
        }
        let short = self.short.contains(&self.batches.len());
        let taken: Vec<&str> = asked.into_iter().take(if short { 1 } else { self.cap }).collect();
        taken.iter().for_each(|id| assert!(self.there.remove(*id), "{id} is taken twice"));
        let deletes = target.starts_with("/v2/workflows/dlq?");
        (200, if deletes { json!({"deleted": taken.len()}) } else { runs(taken.len(), "") })
    }

    #[track_caller]
    fn run(&mut self, lane: &mut Lane) {
        let end = loop {
            match lane.poll() {
                Next::Send(ticket, request) => {
                    let (status, body) = self.serve(&request.target);
                    lane.respond(ticket, status, body);
                }
                Next::Wait { until, .. } => lane.now = until.expect("a moment").ms(),
                Next::Done(end) => break end,
                Next::Page(_) => unreachable!(),
            }
        };
        assert_eq!(end, End::Reason(Reason::Complete));
        assert!(self.there.is_empty());
    }
}

#[test]
fn batches_begin_at_what_is_documented() {
    for (operation, page_size, first) in [
        (Operation::Resume, 100, 50),
        (Operation::Restart, 1_000, 50),
        (Operation::Delete, 100, 100),
        (Operation::Delete, 1_000, 100),
        (Operation::Restart, 20, 20),
    ] {
        let options = json!({"pageSize": page_size});
        let args = match operation {
            Operation::Delete => json!([ids(2_000), options]),
            _ => json!([ids(2_000), {}, options]),
        };
        let mut lane = drive_of(operation, args);
        assert_eq!(count(&lane.sent().1), first, "{operation:?} {page_size}");
    }
}

#[test]
fn a_thousand_ids_at_the_documented_cap_take_no_look_up() {
    for operation in [Operation::Resume, Operation::Restart] {
        let mut lane = drive_of(operation, json!([ids(1_000), {}, {}]));
        let mut service = Capped::new(50, &ids(1_000));
        service.run(&mut lane);
        assert_eq!((service.batches.len(), service.look_ups), (20, 0));
        assert_eq!(lane.counts(), [1_000, 0, 0, 0]);
    }
}

#[test]
fn batches_grow_once_the_service_has_taken_some_whole() {
    let mut lane = drive(json!([ids(3_000), {}, {"concurrency": 1}]));
    let mut service = Capped::new(1_000, &ids(3_000));
    service.run(&mut lane);
    assert_eq!(service.look_ups, 0);
    assert_eq!(service.batches[..20], [50; 20]);
    assert_eq!(service.batches[20..], [100; 20]);

    // One that does not take more shows it once in eight times as many.
    let mut lane = drive(json!([ids(8_000), {}, {"concurrency": 1}]));
    let mut service = Capped::new(50, &ids(8_000));
    service.run(&mut lane);
    assert_eq!(service.batches.iter().filter(|batch| **batch > 50).count(), 1);
    assert_eq!((service.batches.len(), service.look_ups), (160, 100));

    // Nor does one that refuses more.
    let mut lane = drive(json!([ids(8_000), {}, {"concurrency": 1}]));
    let mut service = Capped { refuses: true, ..Capped::new(50, &ids(8_000)) };
    service.run(&mut lane);
    assert_eq!((service.batches.len(), service.look_ups), (161, 0));
}

#[test]
fn one_short_response_is_not_for_ever() {
    let mut lane = drive(json!([ids(1_000), {}, {"concurrency": 1}]));
    let mut service = Capped { short: &[1], ..Capped::new(50, &ids(1_000)) };
    service.run(&mut lane);
    assert_eq!(service.look_ups, 50);
    // Eight of one id each, then doubled with each that is taken whole; eleven were left of the
    // first fifty.
    assert_eq!(service.batches[1..15], [1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 11, 32]);
    assert!(service.batches.len() < 40, "{:?}", service.batches);

    // A cap below the documented one is found again at growing distances.
    let mut lane = drive(json!([ids(1_000), {}, {"concurrency": 1}]));
    let mut service = Capped::new(10, &ids(1_000));
    service.run(&mut lane);
    assert!(service.batches.len() <= 103, "{}", service.batches.len());
    assert!(service.look_ups <= 50 + 2 * 20, "{}", service.look_ups);
}

#[test]
fn who_continues_knows_the_size() {
    let mut lane = drive(json!([ids(500), {}, {"concurrency": 1, "maxRequests": 56}]));
    let mut service = Capped::new(3, &ids(500));
    while let Next::Send(ticket, request) = lane.poll() {
        let (status, body) = service.serve(&request.target);
        lane.respond(ticket, status, body);
    }
    let mut rest = again(&lane, json!([ids(500), {}, {"concurrency": 1}]));
    assert_eq!(count(&rest.sent().1), 3);
}
