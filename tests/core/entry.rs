//! What the core reads of an entry: its message, its step, its fingerprint, whether `where` picks it; and the
//! groups of a preview, whose keys pick what they count.

use crate::json::{value, InMemory};
use crate::timestamp;
use proptest::prelude::*;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::params::{Filter, Issues, Place, Where};
use upstash_workflow_dlq::wire::entry::{error, failed_at, step, Listed};
use upstash_workflow_dlq::wire::fingerprint::fingerprint;
use upstash_workflow_dlq::wire::tally::Tally;

fn condition(given: &Json) -> Where {
    let given = value(given);
    let mut issues = Issues::new();
    let read = Where::read(&mut issues, &Place::root("where", &given));
    issues.into_result(read).unwrap_or_else(|issues| panic!("{issues:?}"))
}

fn picks(given: &Json, entry: &Json) -> bool {
    let mut entry = entry.clone();
    entry["dlqId"] = json!("1-0");
    let condition = condition(given);
    Listed::read(&InMemory(entry), &Filter::default(), Some(&condition)).expect("an id").chosen
}

fn message(body: Json) -> String {
    error(&InMemory(json!({ "responseBody": body })))
}

#[test]
fn where_is_checked_on_the_entry() {
    let entry = json!({
        "responseStatus": 503,
        "responseBody": r#"{"error":"Error","message":"Gr\u00f6\u00dfe of \"a\/b\" is 10","code":7}"#,
        "responseHeader": {"Upstash-Error-Step-Name": ["charge"]},
    });
    for (given, expected) in [
        (json!({"responseStatus": 503}), true),
        (json!({"responseStatus": [500, 503]}), true),
        (json!({"responseStatus": "5xx"}), true),
        (json!({"responseStatus": ["4XX", 500]}), false),
        (json!({"responseStatus": ["4xx", 503]}), true),
        (json!({"responseStatus": 500}), false),
        // The body as it was sent, and as it is displayed.
        (json!({"responseBody": "u00f6"}), true),
        (json!({"responseBody": "Größe of"}), true),
        (json!({"responseBody": "of \"a/b\" is"}), true),
        (json!({"responseBody": "\"code\":7"}), true),
        (json!({"responseBody": "größe"}), false),
        // The message whole: `is 1` would be a part of it.
        (json!({"error": "Größe of \"a/b\" is 10"}), true),
        (json!({"error": " Größe of \"a/b\" is 10\n"}), true),
        (json!({"error": "Größe of \"a/b\" is 1"}), false),
        (json!({"error": ["x", "Größe of \"a/b\" is 10"]}), true),
        (json!({"error": ""}), false),
        (json!({"fingerprint": "Größe of \"…\" is #"}), true),
        (json!({"fingerprint": "Größe of \"…\" is 10"}), false),
        (json!({"step": "charge"}), true),
        (json!({"step": ["refund", "charge"]}), true),
        (json!({"step": "Charge"}), false),
        (json!({"step": "charge", "responseStatus": 503}), true),
        (json!({"step": "charge", "responseStatus": 500}), false),
        (json!({"error": "x", "responseStatus": 503}), false),
    ] {
        assert_eq!(picks(&given, &entry), expected, "{given}");
    }
    for (given, expected) in [
        (json!({"responseStatus": 500}), false),
        (json!({"responseBody": "x"}), false),
        (json!({"error": "x"}), false),
        (json!({"step": "x"}), false),
        (json!({"error": ""}), true),
        (json!({"error": ["x", ""]}), true),
        (json!({"fingerprint": ""}), true),
    ] {
        for nothing in [json!({}), json!({"responseBody": ""}), json!({"responseBody": " \n"})] {
            assert_eq!(picks(&given, &nothing), expected, "{given} {nothing}");
        }
    }
}

#[test]
fn the_message_of_a_response() {
    for (body, expected) in [
        (json!("db is down"), "db is down"),
        (json!(" db is down\n"), "db is down"),
        (json!(r#"{"error":"E","message":"m"}"#), "m"),
        (json!(r#"{"error":"E","message":5}"#), "E"),
        (json!(r#"{"error":{"message":"inner"}}"#), "inner"),
        (json!(r#"{"error":{"code":5}}"#), r#"{"error":{"code":5}}"#),
        (json!(r#"{"message":"caf\u00e9 a\/b"}"#), "café a/b"),
        (json!(r#"{"message":"cut o"#), r#"{"message":"cut o"#),
        (json!(r#"["message"]"#), r#"["message"]"#),
        (json!(r#""text""#), r#""text""#),
        (json!(""), ""),
        (json!(null), ""),
        (json!(5), ""),
    ] {
        assert_eq!(message(body.clone()), expected, "{body}");
    }
    assert_eq!(error(&InMemory(json!({"responseBodyBase64": "//4="}))), "//4=");
    let long = "ü".repeat(1_200);
    assert_eq!(message(json!(long)).chars().count(), 1_000);
    assert!(picks(&json!({ "error": long }), &json!({ "responseBody": long })));
}

#[test]
fn the_step_that_failed() {
    for (headers, expected) in [
        (json!({"Upstash-Error-Step-Name": ["a"]}), Some("a")),
        (json!({"upstash-error-step-name": ["a"]}), Some("a")),
        (json!({"Upstash-Error-Step-Name": "charge"}), Some("charge")),
        (json!({"Upstash-Error-Step-Name": []}), None),
        (json!({"Upstash-Error-Step-Name": [""]}), None),
        (json!({"Content-Type": ["a"]}), None),
        (json!(null), None),
    ] {
        let entry = InMemory(json!({ "responseHeader": headers }));
        assert_eq!(step(&entry).as_deref(), expected, "{headers}");
    }
}

#[test]
fn a_step_is_compared_and_shown_by_its_first_1_000_characters() {
    let long = "é".repeat(1_200);
    let entry = json!({"responseHeader": {"Upstash-Error-Step-Name": [long]}});
    let cut = step(&InMemory(entry.clone())).expect("a name");
    assert_eq!(cut, "é".repeat(1_000));
    let mut tally = Tally::default();
    tally.add(&InMemory(entry.clone()));
    let (_, steps) = tally.groups().find(|(name, _)| *name == "step").expect("a group");
    assert_eq!(steps.values, [(cut.clone(), 1)]);
    assert!(picks(&json!({ "step": cut }), &entry));
    assert!(picks(&json!({ "step": long }), &entry));
    assert!(!picks(&json!({ "step": cut[2..] }), &entry));
}

#[test]
fn fingerprints() {
    for (message, expected) in [
        ("timeout", "timeout"),
        ("timeout 10", "timeout #"),
        ("timeout after 100ms, 3 of 5", "timeout after #, # of #"),
        ("row 17 of \"jobs\"", "row # of \"…\""),
        ("can't find 'abc' or `def`", "can't find '…' or `…`"),
        ("it's the user's", "it's the user's"),
        ("unclosed \"abc", "unclosed \"abc"),
        ("empty \"\" text", "empty \"\" text"),
        ("wfr_9xKq is gone", "wfr_# is gone"),
        ("shard-3 and queue-3", "shard-# and queue-#"),
        ("550e8400-e29b-41d4-a716-446655440000 taken", "# taken"),
        ("deadbeef, dead beef", "#, dead beef"),
        ("connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED #"),
        ("at 2026-11-27T01:02:03.004Z", "at #"),
        ("Größe 5", "Größe #"),
        ("0x7ffe and e-mail", "# and e-mail"),
        ("das Café's 'a' и мир's 'b'", "das Café's '…' и мир's '…'"),
        ("错误：'a' 在“b”、'c'—'d'", "错误：'…' 在“b”、'…'—'…'"),
        ("", ""),
    ] {
        assert_eq!(fingerprint(message), expected, "{message}");
    }
}

#[test]
fn a_preview_groups_and_dates() {
    let mut tally = Tally::default();
    for entry in [
        json!({"createdAt": 30, "workflowUrl": "https://a.b", "url": "https://other.b", "responseStatus": 500,
            "responseBody": "row 1", "labels": ["x", "y"], "label": "x",
            "failureCallbackInfo": {"state": "CALLBACK_FAIL"},
            "responseHeader": {"Upstash-Error-Step-Name": ["charge"]}}),
        json!({"workflowCreatedAt": 20, "url": "https://a.b", "responseStatus": 500, "responseBody": "row 2",
            "labels": [], "label": "x", "failureFunctionState": "CALLBACK_FAIL"}),
        json!({"createdAt": "soon", "responseStatus": 0}),
        json!(null),
    ] {
        tally.add(&InMemory(entry));
    }
    assert_eq!(
        (tally.count, tally.first, tally.last),
        (4, Some(timestamp(20)), Some(timestamp(30)))
    );
    let groups: Json = tally
        .groups()
        .map(|(name, group)| (name.to_owned(), json!([group.values, group.others])))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(
        groups,
        json!({
            "workflow": [[["https://a.b", 2]], 0],
            "label": [[["x", 2], ["y", 1]], 0],
            "status": [[["500", 2], ["0", 1]], 0],
            "error": [[["", 2], ["row 1", 1], ["row 2", 1]], 0],
            "failureFunctionState": [[["CALLBACK_FAIL", 2]], 0],
            "step": [[["charge", 1]], 0],
            "fingerprint": [[["", 2], ["row #", 2]], 0],
        })
    );
}

#[test]
fn an_entry_failed_when_its_id_says_so() {
    for (entry, expected) in [
        (json!({"dlqId": "1752829295505-0", "createdAt": 7}), Some(1_752_829_295_505)),
        (json!({"dlqId": "1752829295505-12"}), Some(1_752_829_295_505)),
        (json!({"dlqId": "1752829295505", "createdAt": 7}), Some(7)),
        (json!({"dlqId": "1752829295505-", "createdAt": 7}), Some(7)),
        (json!({"dlqId": "175282929550-0", "createdAt": 7}), Some(7)),
        (json!({"dlqId": "+752829295505-0", "createdAt": 7}), Some(7)),
        (json!({"dlqId": "17-0", "workflowCreatedAt": 9}), Some(9)),
        (json!({"dlqId": "x"}), None),
        (json!(null), None),
    ] {
        assert_eq!(failed_at(&InMemory(entry.clone())), expected.map(timestamp), "{entry}");
    }
}

#[test]
fn a_preview_counts_an_entry_once_for_each_of_its_first_100_labels() {
    let labels_of = |entry: Json| {
        let mut tally = Tally::default();
        tally.add(&InMemory(entry));
        let (_, labels) = tally.groups().find(|(name, _)| *name == "label").expect("a group");
        labels.values.iter().map(|(_, count)| count).sum::<u64>() + labels.others
    };
    assert_eq!(labels_of(json!({"label": "a", "labels": ["a", "b", "a", "", "b"]})), 2);
    let many: Vec<String> = (0..200_000).map(|n| format!("label {n}")).collect();
    // What is compared with each other takes minutes.
    let began = cpu_time::ThreadTime::now();
    assert_eq!(labels_of(json!({ "labels": many })), 100);
    // A filter is held against all of them.
    let filter = json!({"label": "label 199999"});
    let mut issues = Issues::new();
    let filter = Filter::read(&mut issues, &Place::root("filter", &value(&filter)), true);
    let filter = issues.into_result(filter).expect("a filter");
    let entry = json!({"dlqId": "1-0", "labels": many});
    assert!(Listed::read(&InMemory(entry), &filter, None).expect("an id").matches);
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn a_preview_holds_so_many_values_and_no_more() {
    let mut tally = Tally::default();
    // The first thousand are counted one by one, whichever come again.
    for number in (0..1_500).chain([999, 999, 1_000, 1_000, 1_000, 1_000]) {
        tally.add(&InMemory(
            json!({"responseBody": format!("e{number}"), "workflowUrl": "u".repeat(5_000)}),
        ));
    }
    let group = |wanted| tally.groups().find(|(name, _)| *name == wanted).expect("a group").1;
    let errors = group("error");
    let shown: u64 = errors.values.iter().map(|(_, count)| count).sum();
    assert_eq!((errors.values.len(), shown + errors.others), (20, 1_506));
    assert_eq!((errors.values[0].clone(), errors.values[1].1), (("e999".into(), 3), 1));
    assert_eq!(group("workflow").values[0].0.len(), 1_000);
}

fn body() -> impl Strategy<Value = String> {
    let text = "[a-z \"'/\\\\0-9éü]{0,12}";
    prop_oneof![
        text.prop_map(String::from),
        text.prop_map(|text| json!({ "message": text }).to_string()),
        text.prop_map(|text| json!({ "error": text, "n": 1 })
            .to_string()
            .replace('é', "\\u00e9")
            .replace('/', "\\/")),
    ]
}

proptest! {
    /// A group's key, given to `where`, picks the entries that the group counts, and no other.
    #[test]
    fn the_key_of_a_group_picks_the_group(bodies in prop::collection::vec(body(), 1..12)) {
        let entries: Vec<Json> = bodies
            .iter()
            .enumerate()
            .map(|(at, body)| json!({
                "responseBody": body, "responseStatus": 500 + at % 3,
                "responseHeader": {"Upstash-Error-Step-Name": [format!("s{}", at % 2)]},
            }))
            .collect();
        let mut tally = Tally::default();
        entries.iter().for_each(|entry| tally.add(&InMemory(entry.clone())));
        for (name, group) in tally.groups().filter(|(name, _)| ["error", "fingerprint", "step", "status"].contains(name)) {
            for (key, count) in group.values {
                let given = match name {
                    "status" => json!({ "responseStatus": key.parse::<u32>().expect("a status") }),
                    name => json!({ name: key }),
                };
                let picked = entries.iter().filter(|entry| picks(&given, entry)).count();
                prop_assert_eq!(picked as u64, count, "{}", given);
            }
        }
    }

    /// What is displayed of a body can be searched for.
    #[test]
    fn a_part_of_the_message_is_found(body in body(), from in 0usize..12, length in 1usize..8) {
        let shown: String = message(json!(body)).chars().skip(from).take(length).collect();
        prop_assume!(!shown.is_empty());
        prop_assert!(picks(&json!({ "responseBody": shown }), &json!({ "responseBody": body })), "{}", shown);
    }

    #[test]
    fn a_fingerprint_is_its_own(message in "\\PC{0,40}|[a-f0-9_.:'\"#-]{0,30}") {
        let mask = fingerprint(&message);
        prop_assert_eq!(fingerprint(&mask), mask);
    }
}
