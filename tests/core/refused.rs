//! What is refused before any request: every rule, with its path and its code, and next to it what
//! is taken. An `Err` lists all that is wrong, so that each table line is exact.

mod calls;
mod clients;
mod drives;

use crate::client_of;
use crate::json::value;
use serde_json::{json, Value as Json};
use std::collections::BTreeSet;
use upstash_workflow_dlq::engine::Plan;
use upstash_workflow_dlq::params::{ClientOptions, Issue, Issues, Place, Received};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::call::Call;
use upstash_workflow_dlq::wire::Operation;

const BASE: &str = "https://qstash.upstash.io";

fn arguments(args: &Json) -> Vec<Value> {
    args.as_array().expect("arguments").iter().map(value).collect()
}

fn codes(issues: &[Issue]) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.path, issue.code)).collect()
}

fn call(operation: Operation, args: &Json) -> Vec<String> {
    match Call::read(operation, &arguments(args), BASE) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

fn drive(operation: Operation, args: &Json) -> Vec<String> {
    match Plan::read(operation, &arguments(args), &client_of(BASE)) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

fn options(options: &Json, env: &Json) -> Vec<String> {
    let mut issues = Issues::new();
    let read = ClientOptions::read(&mut issues, &value(options), &value(env));
    match issues.into_result(read) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

/// Checks a table, and gives the codes that it covers.
fn check(
    what: &str,
    lines: Vec<(Json, &[&str])>,
    read: impl Fn(&Json) -> Vec<String>,
) -> BTreeSet<String> {
    let mut covered = BTreeSet::new();
    for (input, expected) in lines {
        assert_eq!(read(&input), expected, "{what} {input}");
        covered
            .extend(expected.iter().filter_map(|line| line.rsplit(' ').next()).map(String::from));
    }
    covered
}

/// Every issue code that there is; the texts for them are in `pkg-template/messages.js`.
fn every_code() -> BTreeSet<String> {
    let texts = include_str!("../../pkg-template/messages.js");
    let table =
        texts.split("export const ISSUES = {").nth(1).expect("a table").split("\n};").next();
    let lines = table
        .expect("its end")
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines.filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned())).collect()
}

#[test]
fn every_rule_refuses_and_every_code_has_a_line() {
    let mut covered = calls::selections();
    covered.extend(calls::filters());
    covered.extend(calls::overrides());
    covered.extend(calls::paths());
    covered.extend(drives::drives());
    covered.extend(clients::clients());
    covered.insert("more_issues".into());
    // Of a build without the feature `act`: tests/client/read.test.mjs.
    covered.insert("reading_only".into());
    assert_eq!(covered, every_code());
}

/// Input of a few megabytes can hold millions of faults: a hundred are told, the rest counted.
#[test]
fn issues_are_bounded() {
    let read =
        |args: Json| Call::read(Operation::Resume, &arguments(&args), BASE).expect_err("issues");
    let zeros = read(json!([vec![0; 5_000]]));
    assert_eq!(zeros.len(), 101);
    let last = zeros.last().expect("the count");
    assert_eq!((last.code, &last.received), ("more_issues", &Received::Number(4_900.0)));
    let keys: serde_json::Map<_, _> =
        (0..1_000).map(|n| (format!("{n}{}", "x".repeat(500)), json!(1))).collect();
    let unknown = read(json!([keys]));
    assert_eq!(unknown.len(), 101);
    let size: usize = unknown.iter().map(|issue| format!("{issue:?}").len()).sum();
    assert!(size < 100_000, "{size} characters of issues");
    assert_eq!(read(json!([vec![0; 100]])).len(), 100);
    assert_eq!(read(json!([vec![0; 101]])).len(), 101);
}

#[test]
fn an_issue_shows_what_was_found_and_what_may_have_been_meant() {
    let args = arguments(&json!([{"all": true, "coun": 1, "count": [], "cursor": {}}]));
    let issues = Call::read(Operation::Resume, &args, BASE).expect_err("issues");
    let shown = issues.into_iter().map(|issue| (issue.path, issue.received, issue.hint));
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("selection.coun", Received::Text("coun".into()), Some("count")),
        ("selection.count", Received::Word("array"), None),
        ("selection.cursor", Received::Word("object"), None),
    ];
    assert_eq!(shown, expected.map(|(path, received, hint)| (path.to_string(), received, hint)));
    for (value, kind) in [
        (Value::Undefined, "undefined"),
        (Value::Null, "null"),
        (Value::Bool(true), "boolean"),
        (Value::Number(1.0), "number"),
        (Value::String("x".into()), "string"),
        (Value::Date(f64::NAN), "invalid Date"),
        (Value::Date(0.0), "Date"),
        (Value::List(Vec::new()), "array"),
        (Value::Map(Vec::new()), "object"),
        (Value::Other("function"), "function"),
    ] {
        assert_eq!(value.kind(), kind);
    }
}

#[test]
fn a_function_is_no_signal_and_no_symbol() {
    for (value, refused) in [
        (Value::Undefined, false),
        (Value::Other("function"), false),
        (Value::Other("symbol"), true),
        (Value::Other("AbortSignal"), true),
        (Value::Null, true),
        (Value::Map(Vec::new()), true),
    ] {
        let mut issues = Issues::new();
        issues.opaque(&Place::root("f", &value), "function", "a function");
        assert_eq!(!issues.is_empty(), refused, "{value:?}");
    }
}

#[test]
fn a_url_has_8000_bytes_at_most() {
    let read = |length: usize| {
        let args = json!([{"all": true, "cursor": "x".repeat(length)}]);
        Call::read(Operation::Resume, &arguments(&args), BASE)
    };
    let target = read(1).expect("a call").request.expect("a request").target;
    let rest = 8_000 - (BASE.len() + target.len());
    assert!(read(1 + rest).is_ok());
    let issues = read(2 + rest).expect_err("one byte more");
    assert_eq!(issues.iter().map(|issue| issue.code).collect::<Vec<_>>(), ["url_too_long"]);
}

#[test]
fn a_secret_is_never_in_an_issue() {
    for given in [
        json!({"token": "s3cr3t token"}),
        json!({"token": "t", "baseUrl": "https://s3cr3t@a.b"}),
        json!({"token": "s3cr3t\u{4f60}"}),
    ] {
        let mut issues = Issues::new();
        let read = ClientOptions::read(&mut issues, &value(&given), &Value::Undefined);
        let issues = issues.into_result(read).err().expect("an issue");
        assert!(!format!("{issues:?}").contains("s3cr3t"), "{issues:?}");
    }
}
