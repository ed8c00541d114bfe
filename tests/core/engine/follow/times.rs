//! When a follow asks, and for how long: by any clock, and over several invocations.

use super::*;

/// Follows runs that never end, and says when what was asked, from the start on. The clock of the host is wrong
/// by `off` milliseconds until the first request is on its way.
fn asked_at(start: impl Fn(i64) -> Lane, off: i64) -> Vec<(i64, String)> {
    let mut lane = start(NOW + off);
    let mut now = NOW;
    let mut asked = Vec::new();
    let mut is_set = false;
    loop {
        let clock = if is_set { now } else { now + off };
        match lane.drive.poll(timestamp(clock)) {
            Next::Send(ticket, request) => {
                asked.push((now - NOW, request.target.clone()));
                if !is_set {
                    lane.drive.set_clock(timestamp(clock), timestamp(now), 7);
                    is_set = true;
                }
                lane.now = now;
                let body = match request.target.starts_with(LOGS) {
                    true => logs(&[(1, "RUN_STARTED")]),
                    false => json!({"messages": []}),
                };
                lane.respond(ticket, 200, body);
            }
            Next::Wait { until, .. } => now += until.expect("a moment").ms() - clock,
            Next::Done(_) => return asked,
            Next::Page(_) => unreachable!(),
        }
    }
}

#[test]
fn a_clock_that_is_wrong_until_the_first_request_changes_nothing() {
    let begun = |now| followed_at(now, json!([run(1), run(2)]), json!({"timeout": 1_800_000}));
    let right = asked_at(begun, 0);
    assert_eq!(right.last().map(|(at, _)| *at), Some(1_800_000));
    assert!(right.iter().any(|(_, target)| target.starts_with(LIST)));
    for off in [-86_400_000, -1, 7, 3_600_000] {
        let asked = asked_at(begun, off);
        let other = asked.iter().zip(&right).find(|(asked, right)| asked != right);
        assert_eq!((asked.len(), other), (right.len(), None), "{off} ms off");
    }
    // From a checkpoint that a clock wrote which was ahead, it has no more than its time.
    let text = begun(NOW).drive.checkpoint();
    let continued = |now| {
        let plan = Plan::read_followed(&[Value::String(text.clone())], &client()).expect("a plan");
        let expected = Expected::Following;
        let drive = Drive::resume_from(&text, plan, expected, timestamp(now), 1).expect("good");
        Lane { drive, now, length: 0 }
    };
    for off in [-86_400_000, -1, 0] {
        let last = asked_at(continued, off).last().map(|(at, _)| *at);
        assert_eq!(last, Some(1_800_000), "{off} ms off");
    }
}

#[test]
fn who_goes_on_with_other_times_has_them_from_now_on_and_the_same_sample() {
    let runs: Vec<Json> = (1..=40).map(run).collect();
    let lane = followed(json!(runs), json!({"sample": 1, "timeout": 600_000}));
    assert_eq!(lane.drive.new_runs().expect("runs").estimate().map(|found| found.of), Some(40));
    let mut rest = followed_on(&lane, json!({"timeout": 90_000, "interval": 20_000}));
    let (moments, _) = asked_until_the_end(&mut rest, running);
    assert_eq!(moments, [0, 20_000, 40_000, 60_000, 80_000, 90_000]);
    let follow = rest.drive.new_runs().expect("runs");
    assert!(follow.is_timed_out());
    assert_eq!((follow.added(), follow.outcome().runs()), (40, 1));
    assert_eq!(follow.estimate().map(|found| found.of), Some(40));
}

#[test]
fn lists_become_as_rare_as_rounds_and_then_rarer() {
    let begun = |now| followed_at(now, json!([run(1), run(2)]), json!({"timeout": 7_200_000}));
    let asked = asked_at(begun, 0);
    let lists = asked.iter().filter(|(_, target)| target.starts_with(LIST));
    let lists: Vec<i64> = lists.map(|(at, _)| *at).collect();
    assert_eq!(lists[..5], [1_000, 2_000, 3_000, 4_000, 5_000]);
    // The last one is that of the end.
    for pair in lists[..lists.len() - 1].windows(2) {
        let due = (pair[0] / 5 - 1_000).clamp(0, 300_000 - 1_000);
        let gap = pair[1] - pair[0];
        assert!((due..due + 122_000).contains(&gap), "{gap} after {}", pair[0]);
    }
    assert!(lists.windows(2).any(|pair| pair[1] - pair[0] >= 300_000));
    assert_eq!(lists.last(), Some(&7_200_000));
}

#[test]
fn a_clock_that_was_set_back_leaves_who_continues_the_rest_of_the_time() {
    const HOUR: i64 = 3_600_000;
    let mut lane = followed(json!([run(1)]), json!({"timeout": 600_000}));
    loop {
        let (ticket, _) = lane.asked_for_logs();
        lane.respond(ticket, 200, logs(&[(1, "RUN_STARTED")]));
        if lane.now >= NOW + 100_000 {
            break;
        }
    }
    let spent = lane.now - NOW;
    lane.now -= HOUR;
    assert!(matches!(lane.poll(), Next::Wait { .. }));
    let mut rest = followed_on(&lane, json!({}));
    let (moments, _) = asked_until_the_end(&mut rest, |_| logs(&[(1, "RUN_STARTED")]));
    // At once, then with the intervals of the one before, and not for longer than it had.
    assert_eq!(moments[..2], [0, spent / 5]);
    assert_eq!(moments.last(), Some(&(600_000 - spent)));
}

#[test]
fn who_continues_lists_the_dlq_when_that_is_due_and_not_before() {
    let runs: Vec<Json> = (1..=60).map(run).collect();
    let mut lane = followed(json!(runs), json!({"timeout": 3_000_000}));
    let mut last = None;
    while lane.now < NOW + 1_500_000 {
        let (ticket, target) = lane.asked();
        if target.starts_with(LIST) {
            last = Some(lane.now);
            lane.respond(ticket, 200, json!({"messages": []}));
            continue;
        }
        let named = (1..=60u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
        lane.respond(ticket, 200, logs(&shown));
    }
    let last = last.expect("a list");
    let due = last + (last - NOW) / 5;
    for (now, lists) in [(due - 1, false), (due, true)] {
        assert!(lane.now < now);
        lane.now = now;
        let (_, target) = followed_on(&lane, json!({})).asked();
        assert_eq!(target.starts_with(LIST), lists, "{} ms before it is due", due - now);
    }
    // After the host's clock was set back, the same time has to pass.
    lane.now = due - 1;
    lane.poll();
    lane.now -= 60_000;
    lane.poll();
    for (now, lists) in [(due - 60_001, false), (due - 60_000, true)] {
        lane.now = now;
        let (_, target) = followed_on(&lane, json!({})).asked();
        assert_eq!(target.starts_with(LIST), lists, "{} ms before it is due", due - 60_000 - now);
    }
    // Any machine's clock may be behind: five minutes are the longest that a list is put off.
    lane.now -= 86_400_000;
    let mut rest = followed_on(&lane, json!({}));
    let began = rest.now;
    loop {
        let (ticket, target) = rest.asked();
        if target.starts_with(LIST) {
            break;
        }
        let named = (1..=60u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let shown: Vec<(u32, &str)> = named.map(|n| (n, "RUN_STARTED")).collect();
        rest.respond(ticket, 200, logs(&shown));
    }
    assert!((300_000..420_000).contains(&(rest.now - began)), "{}", rest.now - began);
}

#[test]
fn a_list_that_fails_is_asked_for_again_after_a_pause() {
    let mut lane = followed(json!([run(1)]), json!({}));
    for (attempt, pause) in [(1, 100), (2, 200), (3, 400)] {
        let (ticket, target) = lane.asked();
        assert!(target.starts_with(LIST), "{target}");
        assert_eq!(lane.drive.attempt(ticket), attempt);
        lane.respond(ticket, 503, json!({"error": "busy"}));
        assert_eq!(lane.waits(), (pause, WaitReason::Pause));
    }
}

#[test]
fn a_creation_date_is_a_whole_number_of_milliseconds_from_one_on_or_none() {
    for (date, expected) in [
        (json!(5), Some("5")),
        (json!("5"), Some("5")),
        (json!("<date:5>"), Some("5")),
        (json!(1), Some("1")),
        (json!(0), None),
        (json!("0"), None),
        (json!(-1), None),
        (json!(5.5), None),
        (json!("<NaN>"), None),
        (json!("yesterday"), None),
        (json!(null), None),
    ] {
        let named = json!([{"workflowRunId": "wfr_1", "workflowCreatedAt": date}]);
        let (_, target) = followed(named, json!({})).asked_for_logs();
        let mut pairs = target.split('&');
        let asked = pairs.find_map(|pair| pair.strip_prefix("workflowCreatedAt="));
        assert_eq!(asked, expected, "{date}");
    }
}

#[test]
fn who_continues_knows_the_state_of_each_run_and_which_were_requested() {
    let runs: Vec<Json> = (1..=60).map(run).collect();
    let options = json!({"timeout": 3_000_000, "concurrency": 1});
    let mut lane = followed(json!(runs), options.clone());
    for is_retried in [false, true] {
        let (ticket, target) = lane.asked_for_logs();
        let named = (1..=60u32).filter(|n| target.contains(&format!("wfr_{n:021}")));
        let mut page = logs(&named.map(|n| (n, "RUN_STARTED")).collect::<Vec<_>>());
        let failed =
            json!({"state": "STEP_PROGRESS", "errors": [{"status": 500, "error": "down"}]});
        let runs = page["runs"].as_array_mut().expect("runs").iter_mut().filter(|_| is_retried);
        runs.for_each(|run| run["steps"] = json!([{"type": "next", "steps": [failed]}]));
        lane.respond(ticket, 200, page);
    }
    let expected = Runs { running: 10, retrying: 10, unknown: 40, ..Runs::default() };
    assert_eq!(outcome(&lane), expected);
    let mut rest = followed_on(&lane, options);
    assert_eq!(outcome(&rest), expected);
    // First those that were never requested, then those that were, the first of them first.
    for first in [21, 31, 1, 11] {
        let (ticket, target) = rest.asked_for_logs();
        assert!(target.contains(&format!("workflowRuns=wfr_{first:021}%40")), "{first}: {target}");
        let shown: Vec<(u32, &str)> = (first..first + 10).map(|n| (n, "RUN_STARTED")).collect();
        rest.respond(ticket, 200, logs(&shown));
    }
}
