//! A sample of many runs, and what it says of all of them.

use super::fleet::{failures, fleet, names, plan, Queue, START};
use crate::fates::{logs, Fates, Switches};
use crate::json::{HeaderMap, InMemory};
use crate::simulation::random::Random;
use crate::timestamp;
use serde_json::json;
use std::ops::Range;
use std::thread;
use upstash_workflow_dlq::engine::follow::Estimate;
use upstash_workflow_dlq::engine::{Drive, Next, Plan};
use upstash_workflow_dlq::wire::response::{Outcome, Payload};

/// Of a thousand runs, so many fail again.
const SHARES: [u32; 5] = [0, 1, 5, 20, 500];
const CASES: u64 = 1_000;

/// Runs that have ended, and what follows a sample of them.
struct Population {
    fates: Fates,
    failed: u64,
    plan: Plan,
}

impl Population {
    fn new(all: usize, sample: u64, share: u32) -> Self {
        let mut fates = fleet(all, share, &mut Random(share.into()));
        fates.values_mut().for_each(|fate| fate.ends_at = START - 1);
        let plan = plan(names(&fates), &json!({"sample": sample, "timeout": 1}));
        let failed = failures(&fates);
        Population { fates, failed, plan }
    }

    /// Follows the sample that `seed` determines: the estimate, and the requests that it took.
    fn estimate(&self, queue: &Queue, seed: u64) -> (Estimate, u32) {
        let mut drive = Drive::new(self.plan.clone(), timestamp(START), seed);
        let mut now = START;
        let mut requests = 0;
        loop {
            match drive.poll(timestamp(now)) {
                Next::Send(ticket, request) => {
                    requests += 1;
                    let (status, body) =
                        logs(&self.fates, &Switches::default(), &request.target, START)
                            .unwrap_or_else(|| queue.page(&request.target, START));
                    let headers = HeaderMap::default();
                    let payload = Payload::Json(InMemory(body));
                    let response =
                        Outcome::Response { status, headers: &headers, payload, length: 0 };
                    drive.handle_response(ticket, &response, timestamp(START));
                }
                Next::Wait { until, .. } => now = until.expect("a moment").ms(),
                Next::Done(_) => break,
                other => panic!("{other:?}"),
            }
        }
        let follow = drive.new_runs().expect("runs");
        let sample = self.plan.options.follow.and_then(|follow| follow.sample).expect("a sample");
        // All of it is known: what is not would make any interval wide enough.
        assert_eq!((follow.outcome().runs(), follow.outcome().open()), (u64::from(sample), 0));
        assert_eq!(follow.added(), self.fates.len() as u64);
        (follow.estimate().expect("a sample"), requests)
    }

    /// Whether the interval of the runs that failed again, and that of those that succeeded, has the truth.
    fn covers(&self, estimate: &Estimate) -> [bool; 2] {
        let succeeded = self.fates.len() as u64 - self.failed;
        let holds = |(low, high): (u64, u64), truth| (low..=high).contains(&truth);
        [holds(estimate.failed_again, self.failed), holds(estimate.succeeded, succeeded)]
    }

    /// In how many of the cases each interval has the truth. The DLQ is empty, as if somebody had deleted what
    /// failed again: the logs tell it all the same, and the list's pages would take most of the time.
    fn covered(&self, seeds: Range<u64>) -> [u64; 2] {
        let nothing = Fates::new();
        let queue = Queue::of(&nothing);
        let mut covered = [0; 2];
        for seed in seeds {
            let (estimate, _) = self.estimate(&queue, Random(seed).below(u64::MAX));
            let holds = self.covers(&estimate);
            covered = [0, 1].map(|at| covered[at] + u64::from(holds[at]));
        }
        covered
    }
}

/// A thousand cases of a sample, a fifth for each share of failing runs: each share is covered in nine of ten.
fn assert_covered(all: usize, sample: u64) {
    let each = CASES / SHARES.len() as u64;
    let half = each / 2;
    for share in SHARES {
        let population = &Population::new(all, sample, share);
        let halves = thread::scope(|scope| {
            let lanes =
                [0..half, half..each].map(|seeds| scope.spawn(|| population.covered(seeds)));
            lanes.map(|lane| lane.join().expect("covered"))
        });
        let [failed, succeeded] = [0, 1].map(|at| halves[0][at] + halves[1][at]);
        println!(
            "{share} \u{2030}: failedAgain covered in {failed} of {each}, succeeded in {succeeded}"
        );
        assert!(failed * 10 >= each * 9 && succeeded * 10 >= each * 9, "{failed} {succeeded}");
    }
}

#[test]
fn the_interval_of_a_thousand_of_a_hundred_thousand_holds_in_nine_cases_of_ten_and_more() {
    assert_covered(100_000, 1_000);
}

#[test]
fn the_interval_of_a_small_sample_holds_in_nine_cases_of_ten_and_more() {
    assert_covered(4_000, 200);
}

#[test]
fn a_sample_of_a_hundred_thousand_costs_a_look_at_each_of_it_and_at_the_queue() {
    for share in [0, 20, 100] {
        let population = Population::new(100_000, 1_000, share);
        let queue = Queue::of(&population.fates);
        let (estimate, requests) = population.estimate(&queue, 1);
        assert_eq!(population.covers(&estimate), [true; 2], "{share}: {estimate:?}");
        let pages = population.failed.div_ceil(100) + 1;
        println!("{share} \u{2030}: {requests} requests, {estimate:?}");
        assert!(u64::from(requests) <= 110 + pages, "{share}: {requests} requests");
    }
}
