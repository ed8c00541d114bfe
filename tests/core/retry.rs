//! Back-off, the bucket of repeats, and what becomes of a single call.

use upstash_workflow_dlq::engine::retry::{single, Backoff, Bucket, Random, Retry};
use upstash_workflow_dlq::params::RetryOptions;
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::wire::refusal::{Fate, Kind};
use upstash_workflow_dlq::wire::Refusal;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn options(table: &[u32]) -> RetryOptions {
    RetryOptions {
        attempts: 3,
        initial_delay: 200,
        max_delay: 20_000,
        table: table.to_vec(),
        ..RetryOptions::default()
    }
}

fn refusal(kind: Kind, fate: Fate, status: Option<u16>) -> Refusal {
    Refusal { status, ..Refusal::new(kind, "api_error", fate) }
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let some = |seed: u64| {
        let mut random = Random::new(seed);
        [(); 5].map(|()| random.up_to(999_999))
    };
    // As xorshift64* has it, on every machine.
    assert_eq!(some(1), [367_537, 75_388, 578_273, 181_955, 64_946]);
    assert_ne!(some(1), some(2));
    assert_eq!(Random::new(3).up_to(0), 0);
    assert_eq!(Random::new(3).up_to(-7), 0);
    // Every number comes, about as often as any other.
    let mut random = Random::new(9);
    let mut seen = [0_u32; 10];
    for _ in 0..10_000 {
        seen[random.up_to(9) as usize] += 1;
    }
    assert!(seen.iter().all(|times| (850..1_150).contains(times)), "{seen:?}");
}

#[test]
fn delays_double_with_full_jitter() {
    for (failed, most) in [(1, 200), (2, 400), (3, 800), (7, 12_800), (8, 20_000), (60, 20_000)] {
        let delays: Vec<i64> =
            (0..4_000).map(|seed| Backoff::new(options(&[]), seed).delay(failed)).collect();
        let (least, longest) =
            (delays.iter().min().expect("some"), delays.iter().max().expect("some"));
        assert!(*least >= 0 && *least < most / 20, "{failed}: {least}");
        assert!(*longest <= most && *longest > most - most / 20, "{failed}: {longest}");
        let mean = delays.iter().sum::<i64>() / 4_000;
        assert!((mean - most / 2).abs() < most / 20, "{failed}: {mean}");
    }
    let mut given = Backoff::new(options(&[7, 11]), 1);
    assert_eq!((given.delay(1), given.delay(2), given.attempts()), (7, 11, 3));
    assert!(given.delay(3) <= 800);
}

#[test]
fn what_may_still_be_at_work_is_left_time() {
    let table = [
        (None, Fate::Unknown, true),
        (Some(408), Fate::Unknown, true),
        (Some(504), Fate::Unknown, true),
        (Some(500), Fate::Unknown, false),
        (None, Fate::NotDone, false),
    ];
    for (status, fate, waits) in table {
        let lost = refusal(Kind::Api, fate, status);
        let expected = if waits { [2_000, 4_000, 64_000, 64_000] } else { [0; 4] };
        assert_eq!([1, 2, 6, 9].map(|failed| Backoff::grace_period(failed, &lost)), expected);
    }
}

#[test]
fn repeats_are_bounded_and_good_responses_pay_for_more() {
    let down = refusal(Kind::Api, Fate::Unknown, Some(503));
    let slow = refusal(Kind::Timeout, Fate::Unknown, None);
    let taken = |bucket: &mut Bucket, refusal: &Refusal| {
        (0..1_000).take_while(|_| bucket.take(refusal)).count()
    };
    let mut bucket = Bucket::new(1);
    bucket.refund();
    assert_eq!(taken(&mut bucket, &down), 20);
    assert_eq!(taken(&mut Bucket::new(1), &slow), 10);
    assert_eq!(taken(&mut Bucket::new(100), &slow), 1_000);
    (0..4).for_each(|_| bucket.refund());
    assert!(!bucket.take(&down));
    bucket.refund();
    assert!(bucket.take(&down) && !bucket.take(&down));
}

#[test]
fn a_single_call_is_repeated_where_nothing_can_have_happened() {
    let cases = [
        // Fate, kind, acts, repeated.
        (Fate::NotDone, Kind::Network, true, true),
        (Fate::NotDone, Kind::Network, false, true),
        (Fate::Unknown, Kind::Timeout, true, false),
        (Fate::Unknown, Kind::Timeout, false, true),
        // A response that can't be read will not be better the next time.
        (Fate::Unknown, Kind::ResponseFormat, false, false),
        (Fate::Refused, Kind::Api, false, false),
    ];
    let mut backoff = Backoff::new(options(&[10, 20]), 1);
    for (fate, kind, acts, repeated) in cases {
        let why = refusal(kind, fate, None);
        let expected = if repeated { Retry::After(10) } else { Retry::GiveUp };
        assert_eq!(single(&mut backoff, 1, acts, &why, NOW), expected, "{fate:?} {kind:?} {acts}");
    }
    let mut limited = refusal(Kind::RateLimit, Fate::NotDone, Some(429));
    let mut at = |failed: u32, wait: Option<i64>| {
        limited.limit.reset_at = wait.map(|ms| NOW + ms);
        single(&mut backoff, failed, true, &limited, NOW)
    };
    assert_eq!(at(2, None), Retry::After(20));
    assert_eq!(at(3, None), Retry::GiveUp);
    assert_eq!(at(1, Some(5)), Retry::After(10));
    assert_eq!(at(1, Some(60_000)), Retry::After(60_000));
    assert_eq!(at(1, Some(60_001)), Retry::GiveUp);
}
