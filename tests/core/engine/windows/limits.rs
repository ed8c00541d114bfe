//! What finding the entries may cost at most.

use super::*;

/// What finding the entries may cost, as multiples of what can't be undercut: `pages / concurrency + 3`
/// latencies and `pages + 3` requests, for `batches` twice the pages.
struct Bounds {
    time: f64,
    requests: f64,
}

/// The goal is 1.3 times the time, and 1.15 times the requests. `pages` meets it from a thousand pages
/// on, or with few lanes: where pages are few for so many lanes, finding the entries takes as many
/// requests as ever.
fn bounds(strategy: &str, pages: f64, concurrency: u32) -> Bounds {
    let (time, requests) = match (strategy, concurrency) {
        ("batches", ..=8) => (1.3, 1.15),
        ("batches", _) => (1.3, 1.25),
        _ if pages >= 1_000.0 => (1.3, 1.15),
        (_, ..=4) => (1.3, 1.17),
        (_, ..=8) => (1.45, 1.35),
        _ => (1.9, 1.5),
    };
    Bounds { time, requests }
}

/// Requests of a drive over so many pages as the goal counts them, and as they are: batches are of fifty
/// ids at first, and of a hundred once twenty were taken whole.
fn of_pages(strategy: &str, pages: f64) -> (f64, f64) {
    match strategy {
        "pages" => (pages, pages),
        _ => (2.0 * pages, 2.0 * pages + 10.0),
    }
}

#[test]
fn entries_are_found_wherever_they_are() {
    println!("strategy entries at once  distribution    time / limit  requests / limit");
    for (strategy, count, concurrency, seeds) in [
        ("pages", 10_000, 4, 3),
        ("pages", 10_000, 8, 3),
        ("pages", 10_000, 16, 3),
        ("pages", 100_000, 8, 1),
        ("batches", 10_000, 4, 1),
        ("batches", 10_000, 8, 1),
        ("batches", 10_000, 16, 1),
    ] {
        let pages = f64::from(count) / 100.0;
        let (requests, all) = of_pages(strategy, pages);
        let limit = requests / f64::from(concurrency) + 3.0;
        let bounds = bounds(strategy, pages, concurrency);
        for spread in SPREADS {
            let (mut slowest, mut most) = (0.0f64, 0);
            for (newest_first, seed) in [false, true]
                .into_iter()
                .flat_map(|order| (1..=seeds).map(move |seed| (order, seed)))
            {
                let world = entries(spread, count, newest_first, seed);
                let (time, requests) = resume_all(world, strategy, concurrency);
                slowest = slowest.max(time);
                most = most.max(requests);
            }
            let (time, requests) = (slowest / limit, most as f64 / (all + 3.0));
            let name = format!("{spread:?}");
            println!(
                "{strategy:8} {count:7} {concurrency:7}  {name:14} {time:13.2} {requests:17.2}"
            );
            let what = format!("{count} {name} by {strategy}, {concurrency} at once");
            if let Spread::OneMillisecond = spread {
                // No range can be cut: one page after the other, as in a serial loop.
                assert!(slowest <= 1.1 * pages, "{what}: {slowest} latencies");
                assert!(most as f64 <= all + 6.0, "{what}: {most} requests");
                continue;
            }
            assert!(time <= bounds.time, "{what}: {time} times the limit");
            assert!(requests <= bounds.requests, "{what}: {requests} times the requests");
        }
    }
    // As many as there are pages, and a list before and after.
    for spread in SPREADS {
        let (time, requests) = resume_all(entries(spread, 10_000, false, 1), "pages", 1);
        assert_eq!((time, requests), (102.0, 102), "{spread:?}");
    }
}

/// Any distribution, latency, concurrency and order, and others who act on the same queue: nothing is lost,
/// nothing is taken twice, and where nobody interferes the bounds hold with room for few pages.
#[test]
fn any_queue_is_emptied_in_bounded_time() {
    let worlds = std::env::var("WORLDS").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    for seed in 1..=worlds {
        let mut state = seed;
        let mut pick = |below: u32| (chance(&mut state) * f64::from(below)) as u32;
        let spread = SPREADS[pick(6) as usize];
        let strategy = ["pages", "batches"][pick(2) as usize];
        let (count, concurrency) = (200 + pick(6_000), 1 + pick(16));
        let newest_first = pick(2) == 1;
        let mut world = entries(spread, count, newest_first, seed);
        world.latency = [1, 25, 400][pick(3) as usize];
        world.unrest = (pick(2) == 1).then_some(seed);
        let stirred = world.unrest.is_some();
        let what = format!("world {seed}: {count} {spread:?} by {strategy}, {concurrency} at once");
        let (time, requests) = resume_all(world, strategy, concurrency);
        let pages = f64::from(count) / 100.0;
        let (_, all) = of_pages(strategy, pages);
        let serial = matches!(spread, Spread::OneMillisecond);
        if !stirred && !serial {
            // A few requests more for each lane, whatever the number of pages.
            let many = 1.15 * (all + 3.0) + 8.0 + 4.0 * f64::from(concurrency);
            assert!(requests as f64 <= many, "{what}: {requests} requests, {many} at most");
            let late = 1.3 * (all / f64::from(concurrency) + 3.0) + 8.0;
            assert!(time <= late, "{what}: {time} latencies, {late} at most");
        }
    }
}
