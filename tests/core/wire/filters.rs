//! Listed entries compared with the filter.

use super::*;

fn filter(given: Json) -> Filter {
    let mut issues = Issues::new();
    let read = Filter::read(&mut issues, &Place::root("filter", &value(&given)), true);
    issues.into_result(read).expect("a filter")
}

#[test]
fn listed_entries_are_held_against_the_filter() {
    let entry = json!({
        "dlqId": "1-0", "workflowUrl": "https://a.b/c", "workflowRunId": "wfr_1",
        "workflowCreatedAt": 5, "labels": ["x", "y"], "label": "x", "callerIP": "10.0.0.1",
        "flowControlKey": "k", "responseStatus": 500,
        "failureCallbackInfo": {"state": "CALLBACK_FAIL"},
    });
    let table = [
        (json!({"label": "y"}), true),
        (json!({"label": ["z", "x"]}), true),
        (json!({"label": "z"}), false),
        (json!({"workflowUrl": "https://a.b/c"}), true),
        (json!({"workflowUrl": "https://a.b/d"}), false),
        (json!({"url": "https://a.b/c"}), true),
        (json!({"workflowRunId": "wfr_1"}), true),
        (json!({"workflowRunId": "wfr_"}), true),
        (json!({"workflowRunId": "wfr_2"}), false),
        (json!({"workflowCreatedAt": 5}), true),
        (json!({"workflowCreatedAt": 6}), false),
        (json!({"callerIp": "10.0.0.1"}), true),
        (json!({"callerIp": "10.0.0.2"}), false),
        (json!({"flowControlKey": "k"}), true),
        (json!({"flowControlKey": "l"}), false),
        (json!({"failureFunctionState": "CALLBACK_FAIL"}), true),
        (json!({"failureFunctionState": "CALLBACK_SUCCESS"}), false),
        (json!({"responseStatus": 500}), true),
        (json!({"responseStatus": 404}), false),
        (json!({"fromDate": 1790000000000i64, "label": "x"}), true),
        (json!({"label": "x", "flowControlKey": "l"}), false),
    ];
    let read = |entry: &Json, given: &Json| {
        Listed::read(&InMemory(entry.clone()), &filter(given.clone()), None).map(|e| e.matches)
    };
    for (given, expected) in &table {
        assert_eq!(read(&entry, given), Some(*expected), "{given}");
    }
    // What an entry has not got: labels, keys and states are then none; the rest it need not show.
    let bare = json!({"dlqId": "1-0"});
    for (given, _) in &table {
        let lacks = ["label", "flowControlKey", "failureFunctionState"];
        let expected = given
            .as_object()
            .is_some_and(|given| !given.keys().any(|name| lacks.contains(&name.as_str())));
        assert_eq!(read(&bare, given), Some(expected), "{given}");
    }
    let top = json!({"dlqId": "1-0", "failureFunctionState": "CALLBACK_FAIL"});
    assert_eq!(read(&top, &json!({"failureFunctionState": "CALLBACK_FAIL"})), Some(true));
    let hidden = json!({"dlqId": "1-0", "workflowUrl": "REDACTED:00"});
    assert_eq!(read(&hidden, &json!({"workflowUrl": "https://a.b"})), Some(true));
    for nothing in [
        json!({}),
        json!({"dlqId": ""}),
        json!({"dlqId": 5}),
        json!({"dlqId": "1".repeat(4_001)}),
        json!(null),
    ] {
        assert_eq!(read(&nothing, &json!({"label": "x"})), None);
    }
    let seen = Listed::read(&InMemory(entry), &Filter::default(), None).expect("an entry");
    assert_eq!(
        (seen.id.as_str(), seen.run_created, seen.chosen),
        ("1-0", Some(timestamp(5)), true)
    );
}

#[test]
fn every_field_has_its_name() {
    let given = json!({
        "fromDate": 1790000000000i64, "toDate": 1790000000001i64, "workflowUrl": "https://a.b",
        "workflowRunId": "r", "workflowCreatedAt": 1, "label": "l",
        "failureFunctionState": "CALLBACK_FAIL", "callerIp": "::1", "flowControlKey": "k",
        "url": "https://a.b", "responseStatus": 500,
    });
    let read = filter(given.clone());
    assert_eq!(
        (read.from, read.to),
        (Some(timestamp(1_790_000_000_000)), Some(timestamp(1_790_000_000_001)))
    );
    for term in &read.terms {
        let text = match &given[term.field.name()] {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(term.values, [text], "{:?}", term.field);
        assert_eq!(
            term.field.is_date(),
            matches!(term.field, Field::FromDate | Field::ToDate),
            "{:?}",
            term.field
        );
    }
    assert_eq!(read.terms.len(), 11);
    assert_eq!(read.values(Field::Label), ["l"]);
    assert_eq!(Filter::default().values(Field::Label), [] as [&str; 0]);
}
