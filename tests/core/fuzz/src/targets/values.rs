//! Arguments of every call and drive, and the options of a client: taken or refused, with every
//! issue, and what is taken can be sent.

use super::make::{below, client, pick, value, BASE, DRIVEN, NOW, OPERATIONS, SECRET};
use arbitrary::Unstructured;
use upstash_workflow_dlq::engine::{Drive, Expected, Next, Plan};
use upstash_workflow_dlq::params::filter::ACTION_KEYS;
use upstash_workflow_dlq::params::issue::header_fault;
use upstash_workflow_dlq::params::{Auth, ClientOptions, Issue, Issues, Selection};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::call::{Call, URL_MAX};
use upstash_workflow_dlq::wire::{Operation, Request};

const DEPTH: u32 = 5;

pub fn check(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let operation = pick(u, OPERATIONS);
    let entry = below(u, 4);
    let args: Vec<Value> = (0..below(u, 4)).map(|_| value(u, "", DEPTH)).collect();
    match entry {
        0 => options(u),
        1 => match Call::read(operation, &args, BASE) {
            Ok(call) => called(&call, &args),
            Err(issues) => refused(&issues),
        },
        2 => match Plan::read(pick(u, DRIVEN), &args, &client()) {
            Ok(plan) => planned(&plan, &args),
            Err(issues) => refused(&issues),
        },
        _ => match Plan::read_continued(&args, &client()) {
            Ok(plan) => {
                let text = plan.options.checkpoint.clone().expect("a checkpoint");
                let _ = Drive::resume_from(&text, plan, Expected::Anything, NOW, 1);
            }
            Err(issues) => refused(&issues),
        },
    }
}

fn refused(issues: &[Issue]) {
    assert!(!issues.is_empty(), "refused without a word");
    for issue in issues {
        assert!(!issue.path.is_empty() && !issue.code.is_empty(), "{issue:?}");
        assert!(!format!("{issue:?}").contains(SECRET), "a secret in {issue:?}");
    }
}

fn options(u: &mut Unstructured) {
    let (given, env) = (value(u, "", DEPTH), value(u, "", 1));
    let mut issues = Issues::new();
    let read = ClientOptions::read(&mut issues, &given, &env);
    match issues.into_result(read) {
        Err(issues) => refused(&issues),
        Ok(options) => {
            let base = &options.base_url;
            let relative = base.starts_with('/') || base.is_empty();
            assert!(!relative || options.auth == Auth::None, "a token for a relative URL");
            assert!(relative || base.starts_with("http"), "{base}");
            assert!(!base.ends_with('/') && !base.contains(['?', '#', ' ', '\n']), "{base}");
            let token = options.token.reveal();
            assert_eq!(token.is_empty(), options.auth == Auth::None);
            assert_eq!(header_fault(token), None);
            headers(&options.headers);
            assert!((1..=100).contains(&options.retry.attempts));
        }
    }
}

fn headers(headers: &[(String, String)]) {
    for (name, value) in headers {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        assert!(name.bytes().all(token), "{name:?}");
        assert!(!name.eq_ignore_ascii_case("authorization"));
        assert_eq!(header_fault(value), None, "{name}: {value:?}");
    }
}

/// What goes over the wire: a path of ours, nothing that ends a line, and "all" only if it was said.
fn sent(request: &Request, selected: bool) {
    let target = &request.target;
    let path = target.split('?').next().unwrap_or_default();
    assert!(path.starts_with("/v2/"), "{target}");
    assert!(path.split('/').skip(1).all(|part| !part.is_empty() && part != "." && part != ".."));
    assert!(target.bytes().all(|b| b.is_ascii_graphic()), "{target:?}");
    let query = target.split_once('?').map_or("", |(_, query)| query);
    assert!(query.split('&').all(|pair| pair != "dlqIds="), "{target}");
    headers(&request.headers);
    let bulk =
        matches!(request.operation, Operation::Resume | Operation::Restart | Operation::Delete);
    let chooses = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let narrows = chooses("dlqIds") || ACTION_KEYS.iter().any(|name| chooses(name));
    assert!(!bulk || selected || narrows, "all, by accident: {target}");
}

/// Whether the caller said "all".
fn all(args: &[Value]) -> bool {
    args.first().is_some_and(|first| *first.field("all") == Value::Bool(true))
}

fn called(call: &Call, args: &[Value]) {
    match &call.request {
        Some(request) => {
            assert!(request.target.len() + BASE.len() <= URL_MAX);
            sent(request, all(args));
        }
        None => assert_eq!(args.first(), Some(&Value::List(Vec::new()))),
    }
}

fn planned(plan: &Plan, args: &[Value]) {
    let resumed = plan.options.checkpoint.is_some();
    assert!(plan.selection != Selection::All || all(args) || resumed, "all, by accident");
    assert!((1..=100).contains(&plan.concurrency()) && plan.timeout > 0);
    let mut drive = Drive::new(plan.clone(), NOW, 1);
    while let Next::Send(_, request) = drive.poll(NOW) {
        sent(&request, all(args) || resumed);
    }
    let text = drive.checkpoint();
    assert!(!text.contains(SECRET));
    let again = Drive::resume_from(&text, plan.clone(), Expected::Selection, NOW, 1);
    assert_eq!(again.expect("our own").checkpoint().len(), text.len());
}
