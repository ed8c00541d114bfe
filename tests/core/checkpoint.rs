//! The text form of checkpoints, and what a drive makes of one.

mod damaged;

use crate::json::{value, HeaderMap, InMemory};
use crate::targets::checkpoints::seal;
use crate::{client_of, timestamp};
use proptest::prelude::*;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::engine::checkpoint::{CheckpointError, Mismatch, Reader, Writer};
use upstash_workflow_dlq::engine::{Drive, Expected, Next, Plan};
use upstash_workflow_dlq::id::DlqId;
use upstash_workflow_dlq::params::{ClientOptions, Token};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

const NOW: i64 = 1_790_000_000_000;

fn client(base_url: &str) -> ClientOptions {
    ClientOptions {
        token: Token::new("s3cr3t"),
        headers: vec![("X-Secret".into(), "s3cr3t".into())],
        ..client_of(base_url)
    }
}

fn plan(operation: Operation, args: &Json) -> Plan {
    let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
    Plan::read(operation, &args, &client("https://a.b")).expect("a plan")
}

/// The checkpoint of a drive that has just begun.
fn begun(args: &Json) -> String {
    let mut drive = Drive::new(plan(Operation::Resume, args), timestamp(NOW), 1);
    drive.poll(timestamp(NOW));
    drive.checkpoint()
}

fn go_on(
    text: &str,
    operation: Operation,
    args: &Json,
    expected: Expected,
) -> Result<Drive, CheckpointError> {
    Drive::resume_from(text, plan(operation, args), expected, timestamp(NOW), 1)
}

fn all_sent(mut drive: Drive) -> Vec<String> {
    let mut targets = Vec::new();
    while let Next::Send(_, request) = drive.poll(timestamp(NOW)) {
        targets.push(request.target);
    }
    targets
}

/// The binary form in a text.
pub fn form(text: &str) -> Vec<u8> {
    let letters = text.split('.').nth(1).expect("a form");
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        _ => 62 + u8::from(letter == b'_'),
    };
    let bits: Vec<u8> = letters
        .bytes()
        .flat_map(|letter| (0..6).rev().map(move |bit| value(letter) >> bit & 1))
        .collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

const MISMATCH: CheckpointError = CheckpointError::Mismatch(Mismatch::Selection);

#[test]
fn it_is_of_one_operation_origin_selection_and_overrides() {
    use Expected::{Anything, Operation as SameOperation, Selection as Same};
    let args = json!([{"filter": {"label": "a"}}, {"retries": 3}]);
    let text = begun(&args);
    let found = |text: &str, operation: Operation, args: &Json, expected: Expected| match go_on(
        text, operation, args, expected,
    )
    .err()
    {
        None => None,
        Some(CheckpointError::Mismatch(what)) => Some(what),
        Some(other) => panic!("{other:?}"),
    };
    let resume = |args: &Json, expected| found(&text, Operation::Resume, args, expected);
    assert_eq!(resume(&args, Same), None);
    let restart = |expected| found(&text, Operation::Restart, &args, expected);
    assert_eq!([Same, SameOperation].map(restart), [Some(Mismatch::Operation); 2]);
    assert_eq!(restart(Anything), None);
    let labelled = |overrides: Json| json!([{"filter": {"label": "a"}}, overrides]);
    for (other, same, same_operation) in [
        (json!([{"filter": {"label": "b"}}, {"retries": 3}]), Some(Mismatch::Selection), None),
        (json!([{"all": true}, {"retries": 3}]), Some(Mismatch::Selection), None),
        (json!([["1-0"], {"retries": 3}]), Some(Mismatch::Selection), None),
        (labelled(json!({"retries": 4})), Some(Mismatch::Overrides), Some(Mismatch::Overrides)),
        // None at all is not the same as none given.
        (labelled(json!({})), Some(Mismatch::Overrides), Some(Mismatch::Overrides)),
        (json!([{"filter": {"label": "a"}}]), None, None),
    ] {
        assert_eq!(resume(&other, Same), same, "{other}");
        assert_eq!(resume(&other, SameOperation), same_operation, "{other}");
        assert_eq!(resume(&other, Anything), None, "{other}");
    }
    let elsewhere = Plan { origin: "https://c.d".into(), ..plan(Operation::Resume, &args) };
    let error =
        Drive::resume_from(&text, elsewhere, Anything, timestamp(NOW), 1).err().expect("an error");
    assert_eq!(error, CheckpointError::Mismatch(Mismatch::Origin));
    let details = [Mismatch::Operation, Mismatch::Origin, Mismatch::Selection, Mismatch::Overrides]
        .map(|what| CheckpointError::Mismatch(what).detail().expect("what differs"));
    assert_eq!(
        details,
        [
            "the operation differs",
            "the baseUrl differs",
            "the selection differs",
            "the overrides differ"
        ]
    );

    let dates = json!([{"filter": {"fromDate": 5, "toDate": 9}}]);
    assert_eq!(found(&begun(&dates), Operation::Resume, &dates, Same), None);
    for other in [json!([{"filter": {"fromDate": 5}}]), json!([{"filter": {"toDate": 9}}])] {
        let other = found(&begun(&dates), Operation::Resume, &other, Same);
        assert_eq!(other, Some(Mismatch::Selection));
    }
    let ids = json!([["1-0", "2-0"]]);
    let text = begun(&ids);
    assert_eq!(found(&text, Operation::Resume, &ids, Same), None);
    for other in [json!([["1-0"]]), json!([["2-0", "1-0"]]), json!([["1-0", "3-0"]])] {
        let found = found(&text, Operation::Resume, &other, Same);
        assert_eq!(found, Some(Mismatch::Selection), "{other}");
    }
}

#[test]
fn overrides_that_are_left_out_come_from_the_checkpoint() {
    let mut text =
        Drive::new(plan(Operation::Resume, &json!([["1-0"], {"retries": 3}])), timestamp(NOW), 1)
            .checkpoint();
    // Of each continuation's own checkpoint as well.
    for _ in 0..3 {
        let args = json!([["1-0"]]);
        let drive = go_on(&text, Operation::Resume, &args, Expected::Selection).expect("a drive");
        text = drive.checkpoint();
    }
    let mut drive =
        go_on(&text, Operation::Resume, &json!([["1-0"]]), Expected::Selection).expect("a drive");
    let Next::Send(_, request) = drive.poll(timestamp(NOW)) else { panic!("a request") };
    assert_eq!(request.headers, [("Upstash-Retries".into(), "3".into())]);
}

#[test]
fn what_was_asked_for_comes_back() {
    let args = json!([
        {"filter": {"label": ["a", "ü"], "fromDate": 5, "workflowUrl": "https://x.y/z"}},
        {"retries": 3, "label": "again", "delay": "5m"},
        {"query": {"new": "n"}, "headers": {"X-More": "s3cr3t"}, "limit": 500, "pageSize": 50},
    ]);
    let text = begun(&args);
    assert!(!text.contains("s3cr3t"));
    let other = json!([{"all": true}, {}, {"pageSize": 50}]);
    let drive = go_on(&text, Operation::Resume, &other, Expected::Anything).expect("good");
    let begun_here = Drive::new(plan(Operation::Resume, &args), timestamp(NOW), 1);
    assert_eq!(all_sent(drive), all_sent(begun_here));

    let drive = go_on(&text, Operation::Resume, &other, Expected::Anything).expect("good");
    assert_eq!(drive.checkpoint().len(), text.len());
    assert_eq!(drive.progress().of, Some(500));
}

#[test]
fn ids_are_packed() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("{}-{}", NOW + n * 1_700, n % 3)).collect();
    let short = begun(&json!([ids[..1]])).len();
    let long = begun(&json!([ids])).len();
    assert!((long - short) / 999 <= 12, "{} bytes an id", (long - short) / 999);
    assert!(short < 4_096);
}

/// Every checkpoint of a drive contains exactly the ids that it has not sent, wherever the encoded list is cut.
#[test]
fn the_ids_owed_are_those_that_are_not_yet_sent() {
    // Of every length in the text, so that cuts come at all offsets; and ids that can't be packed.
    let id = |n: i64| match n % 7 {
        3 => format!("dlq-{n}"),
        _ => format!("{}-{n}", NOW + n * n % 100_000 * 10_i64.pow((n % 5) as u32)),
    };
    let ids: Vec<String> = (0..3_000).map(id).collect();
    let args = json!([ids, {}, {"concurrency": 1}]);
    let mut drive = Drive::new(plan(Operation::Resume, &args), timestamp(NOW), 1);
    let headers = HeaderMap::default();
    let mut sent = 0;
    loop {
        let text = drive.checkpoint();
        let owed = Reader::open(&text).expect("our own").ids();
        assert!(owed.iter().rev().map(DlqId::as_str).eq(ids[sent..].iter()), "{sent} sent");
        // The same text from a drive that has encoded the rest alone.
        let again = go_on(&text, Operation::Resume, &args, Expected::Selection).expect("our own");
        assert_eq!(again.checkpoint(), text, "{sent} sent");
        let (ticket, request) = match drive.poll(timestamp(NOW)) {
            Next::Send(ticket, request) => (ticket, request),
            Next::Done(_) => break,
            other => panic!("{other:?}"),
        };
        let count = request.target.matches("dlqIds=").count();
        sent += count;
        let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": NOW});
        let body = json!({"workflowRuns": vec![run; count]});
        let payload = Payload::Json(InMemory(body));
        let outcome = Outcome::Response { status: 200, headers: &headers, payload, length: 0 };
        drive.handle_response(ticket, &outcome, timestamp(NOW));
    }
    assert_eq!(sent, ids.len());
}

#[test]
fn the_same_id_twice_is_one() {
    let twice = json!([["1-0", "2-0", "1-0", "3-0", "2-0"]]);
    let drive = Drive::new(plan(Operation::Resume, &twice), timestamp(NOW), 1);
    assert_eq!(drive.progress().of, Some(3));
    let sent = all_sent(drive);
    assert_eq!(sent, ["/v2/workflows/dlq/resume?dlqIds=1-0&dlqIds=2-0&dlqIds=3-0"]);
    assert!(go_on(&begun(&twice), Operation::Resume, &twice, Expected::Selection).is_ok());
    let once = json!([["1-0", "2-0", "3-0"]]);
    assert!(go_on(&begun(&twice), Operation::Resume, &once, Expected::Selection).is_ok());
}

#[test]
fn what_is_stored_today_is_read_tomorrow() {
    for (args, text) in [
        (
            json!([{"filter": {"label": "ü"}}, {"retries": 3}, {"limit": 9}]),
            "wdlq4.AAALaHR0cHM6Ly9hLmIBAQUBAsO8AAABAAEzAAoBAAAAAAABAAAAgNjBoow0AAAAAAAAAAEBAAAAAAAAAAAAAAAAAAAAAAABAAABAAAAAAAAAAAAAAAAAAAAAABk.IMrcfA",
        ),
        (json!([["1752829295505-0", "dlq-1"], {}, {"report": "entries"}]), "wdlq4.AAALaHR0cHM6Ly9hLmICAtnRmcG_78zcKAEAAAAAAQEAAAAAAQAAAIDYwaKMNAAAAAAAAAABAAHF3MeYh8wBAApkbHEtMQAAAAAAAAAAAACA2MGijDRk.6Dev0g"),
    ] {
        assert_eq!(begun(&args), text);
        assert_eq!(go_on(text, Operation::Resume, &args, Expected::Selection).err(), None);
    }
}

#[test]
fn what_is_not_a_checkpoint() {
    let text = begun(&json!([["1-0", "2-0", "other id"]]));
    let open =
        |text: &str| go_on(text, Operation::Resume, &json!([["1-0"]]), Expected::Operation).err();
    assert_eq!(open(&text), None);
    let codes =
        [CheckpointError::Damaged, CheckpointError::Version, MISMATCH].map(CheckpointError::code);
    let details = [CheckpointError::Damaged, CheckpointError::Version].map(CheckpointError::detail);
    assert_eq!(details, [None, None]);
    assert_eq!(codes, ["checkpoint_damaged", "checkpoint_version", "checkpoint_mismatch"]);
    for other in ["wdlq0", "wdlq2", "wdlq3", "wdlq9", "wdlq40", "wdlq44"] {
        assert_eq!(open(&text.replace("wdlq4", other)), Some(CheckpointError::Version), "{other}");
    }
    for damaged in ["", "x", "wdlq4", "wdlq4.", "wdlq4..", "wdlq4.AAAA.0", "wdlqx.AAAA.1"] {
        assert_eq!(open(damaged), Some(CheckpointError::Damaged), "{damaged}");
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        // Another first bit: the last ones of a last letter say nothing.
        bytes[at] = if matches!(bytes[at], b'A'..=b'Z' | b'a'..=b'f') { b'g' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert!(open(&changed).is_some(), "a change at {at} passes");
        assert!(open(&text[..at]).is_some(), "cut at {at}");
    }
    assert!(open(&format!("{text}A")).is_some());
}

proptest! {
    #[test]
    fn the_form_keeps_everything(
        numbers in proptest::collection::vec(any::<u64>(), 0..5),
        texts in proptest::collection::vec("\\PC{0,12}", 0..5),
        ids in proptest::collection::vec("[+]?[0-9]{1,19}-[+]?[0-9]{1,4}|\\PC{1,12}", 0..20),
        maybe in proptest::option::of(0..u64::MAX),
    ) {
        let mut out = Writer::new();
        for number in &numbers { out.number(*number); }
        for text in &texts { out.text(text); out.maybe_text(Some(text)); }
        out.maybe_text(None);
        let ids: Vec<DlqId> = ids.iter().map(|id| DlqId::from(id.as_str())).collect();
        out.ids(&ids);
        out.maybe(maybe);
        out.flag(true);
        let text = out.finish();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        let mut input = Reader::open(&text).expect("our own");
        for number in &numbers { prop_assert_eq!(input.number(), *number); }
        for text in &texts {
            prop_assert_eq!(input.text(), text.clone());
            prop_assert_eq!(input.maybe_text(), Some(text.clone()));
        }
        prop_assert_eq!(input.maybe_text(), None);
        prop_assert_eq!(input.ids(), ids.clone());
        prop_assert_eq!(input.maybe(), maybe);
        prop_assert_eq!(input.flag(), true);
        prop_assert_eq!(input.finish(), Ok(()));
    }

    #[test]
    fn no_text_makes_it_panic(text in "wdlq4\\.[A-Za-z0-9_-]{0,60}\\.[0-9a-z]{0,8}|\\PC{0,40}") {
        let args = json!([{"all": true}]);
        prop_assert!(go_on(&text, Operation::Resume, &args, Expected::Anything).is_err());
    }
}
