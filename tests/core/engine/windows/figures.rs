//! What it costs to find the entries of fixed worlds, to the millisecond and the request: wrong estimates cost either.
//! A change of the estimates changes these figures, and is welcome to make them smaller in sum.
//!
//! `cargo test --test core engine::windows::figures -- --nocapture` prints them.

use super::*;

/// Milliseconds and requests, in sum over the orders of the lists and over [`DRIVES`].
const FIGURES: [(Spread, &str, i64, usize); 14] = [
    (Spread::Uniform, "pages", 10_817, 516),
    (Spread::Uniform, "batches", 13_701, 996),
    (Spread::Burst, "pages", 10_902, 557),
    (Spread::Burst, "batches", 13_893, 1_032),
    (Spread::Bursts, "pages", 11_691, 659),
    (Spread::Bursts, "batches", 14_679, 1_226),
    (Spread::LongTail, "pages", 11_851, 629),
    (Spread::LongTail, "batches", 14_441, 1_064),
    (Spread::Recent, "pages", 10_429, 547),
    (Spread::Recent, "batches", 13_674, 1_003),
    (Spread::Stack, "pages", 17_565, 505),
    (Spread::Stack, "batches", 15_079, 1_001),
    (Spread::OneMillisecond, "pages", 41_682, 394),
    (Spread::OneMillisecond, "batches", 21_506, 888),
];

/// Number of entries, concurrency, latencies that a request which acts takes besides, and whether latencies differ.
const DRIVES: [(u32, u32, i64, bool); 6] = [
    (900, 16, 0, true),
    (1_500, 4, 8, false),
    (1_500, 12, 0, false),
    (4_000, 4, 0, true),
    (4_000, 12, 8, true),
    (6_000, 8, 1, false),
];

#[test]
fn many_worlds_cost_what_they_did() {
    let found = FIGURES.map(|(spread, strategy, ..)| {
        let (mut ms, mut requests) = (0, 0);
        for newest_first in [false, true] {
            for (count, concurrency, work, uneven) in DRIVES {
                let mut world = entries(spread, count, newest_first, 3);
                world.work = work * LATENCY;
                world.jitter = uneven.then_some(3);
                let cost = cost(world, strategy, concurrency);
                ms += cost.ms;
                requests += cost.requests;
            }
        }
        println!("(Spread::{spread:?}, {strategy:?}, {ms}, {requests}),");
        (spread, strategy, ms, requests)
    });
    assert_eq!(found, FIGURES);
}
