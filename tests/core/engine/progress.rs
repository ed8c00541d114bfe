//! Progress: counts, speed and the time that remains.

use super::*;

#[test]
fn progress_tells_how_far_and_how_fast() {
    let ids: Vec<String> = (0..100).map(|n| format!("{}-0", NOW + n)).collect();
    let mut lane = drive(json!([ids, {}, {"pageSize": 20, "concurrency": 2}]));
    let before = lane.drive.progress();
    assert_eq!((before.of, before.eta_ms, before.in_flight), (Some(100), None, 0));
    let (first, _) = lane.sent();
    let (second, _) = lane.sent();
    assert_eq!(lane.drive.progress().in_flight, 2);
    lane.now += 500;
    lane.respond(first, 200, runs(20, ""));
    lane.respond(second, 200, runs(20, ""));
    let progress = lane.drive.progress();
    assert_eq!(progress.counts.done, 40);
    assert_eq!(progress.per_second, 80.0);
    assert_eq!(progress.eta_ms, Some(750));

    // What is not found or refused is not waited for either.
    let mut mixed = drive(json!([["1-0", "2-0", "3-0", "4-0"], {}, {"strategy": "each"}]));
    let tickets: Vec<Ticket> = (0..4).map(|_| mixed.sent().0).collect();
    mixed.now += 1_000;
    mixed.respond(tickets[0], 200, runs(1, ""));
    mixed.respond(tickets[1], 404, json!({}));
    assert_eq!(mixed.drive.progress().eta_ms, Some(2_000));
    mixed.respond(tickets[2], 400, json!({"error": "never"}));
    assert_eq!(mixed.drive.progress().eta_ms, Some(1_000));

    // Another invocation counts its own speed, and the whole's entries.
    let text = lane.drive.checkpoint();
    let rest = json!([ids, {}, {"pageSize": 20}]);
    let plan = plan(Operation::Resume, &rest);
    let later = NOW + 1_000_000;
    let drive =
        Drive::resume_from(&text, plan, Expected::Selection, timestamp(later), 1).expect("good");
    let progress = drive.progress();
    assert_eq!((progress.counts.done, progress.per_second, progress.eta_ms), (40, 0.0, None));
    assert_eq!((progress.counts.elapsed_ms, progress.of), (500, Some(100)));
    let limited = Lane {
        drive: Drive::new(
            self::plan(Operation::Resume, &json!([ids, {}, {"limit": 7}])),
            timestamp(NOW),
            1,
        ),
        now: NOW,
        length: 0,
    };
    assert_eq!(limited.drive.progress().of, Some(7));
}

#[test]
fn a_list_in_flight_leaves_nothing_unconfirmed() {
    let args = json!([{"all": true}, {"freeze": false}]);
    let mut lane = drive_of(Operation::Scan, args.clone());
    lane.sent();
    assert_eq!(again(&lane, args).counts(), [0; 4]);
}
