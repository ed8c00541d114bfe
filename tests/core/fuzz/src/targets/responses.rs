//! What the service may answer: read as a page or a refusal, whatever it is.

use super::make::{arrived, below, pick, text, Arrived, NOW, OPERATIONS};
use crate::json::InMemory;
use arbitrary::Unstructured;
use upstash_workflow_dlq::params::filter::{Term, FIELDS};
use upstash_workflow_dlq::params::{Filter, StatusRange, Where};
use upstash_workflow_dlq::wire::body::Body;
use upstash_workflow_dlq::wire::refusal::{Fate, Kind, Refusal};
use upstash_workflow_dlq::wire::response::{interpret, Page, Payload, Want, UNKNOWN_COUNT};
use upstash_workflow_dlq::wire::{Operation, Response};

pub fn check(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let operation = pick(u, OPERATIONS);
    let mut filter = Filter::default();
    for _ in 0..below(u, 3) {
        filter.terms.push(Term { field: pick(u, FIELDS).1, values: vec![text(u)] });
    }
    let condition = Where {
        response_status: (0..below(u, 2))
            .map(|_| StatusRange { first: below(u, 600) as u16, last: below(u, 600) as u16 })
            .collect(),
        response_body: (below(u, 2) == 1).then(|| text(u)),
        error: (0..below(u, 2)).map(|_| text(u)).collect(),
        fingerprint: (0..below(u, 2)).map(|_| text(u)).collect(),
        step: (0..below(u, 2)).map(|_| text(u)).collect(),
    };
    let mut want = Want {
        first_created: below(u, 2) == 1,
        runs: below(u, 2) == 1,
        states: false,
        first_id: below(u, 2) == 1,
        listed: (below(u, 2) == 1).then_some((&filter, Some(&condition))),
        chosen: (below(u, 2) == 1).then_some(&condition),
    };
    let arrived = arrived(u);
    want.states = below(u, 2) == 1;
    match interpret(operation, &arrived.outcome(), want, NOW) {
        Response::Page(page) => page_holds(operation, &arrived, &page, want),
        Response::Refused(refusal) => refusal_holds(&arrived, &refusal),
    }
}

fn page_holds(operation: Operation, arrived: &Arrived, page: &Page, want: Want) {
    let Arrived::Response(status, _, payload) = arrived else {
        panic!("a page of a response that never came");
    };
    let cancelled = operation == Operation::CancelFailureFunction;
    assert!((200..300).contains(status) || cancelled && (300..400).contains(status));
    let body = match payload {
        Payload::Json(body) if !cancelled => Some(body),
        _ => None,
    };
    let length = |key| body.and_then(|body: &InMemory| body.get(key)?.length());
    match operation {
        Operation::Resume | Operation::Restart => {
            assert_eq!(Some(page.size), length("workflowRuns"));
        }
        Operation::List | Operation::Scan => assert_eq!(Some(page.size), length("messages")),
        Operation::Delete => assert!(page.size == UNKNOWN_COUNT || body.is_some()),
        Operation::Logs => assert_eq!(Some(page.size), length("runs")),
        _ => assert_eq!(*page, Page::default()),
    }
    assert!(page.cursor.as_ref().is_none_or(|cursor| !cursor.as_str().is_empty()));
    assert!(page.listed.len() <= page.size as usize && page.runs.len() <= page.size as usize);
    assert!(page.runs.is_empty() || want.runs);
    assert!(page.entries() <= page.size || page.size == UNKNOWN_COUNT);
    assert!(page.listed.iter().all(|entry| !entry.id.as_str().is_empty() && entry.matches));
    let dates = page.listed.iter().filter_map(|entry| entry.run_created).chain(page.first_created);
    for date in dates {
        assert!(
            (0..=8_640_000_000_000_000).contains(&date.ms()),
            "a date that none can be: {date}"
        );
    }
}

fn refusal_holds(arrived: &Arrived, refusal: &Refusal) {
    assert!(refusal.detail.as_ref().is_none_or(|text| {
        let length = text.chars().count();
        length > 0 && (length <= 500 || matches!(arrived, Arrived::Lost(_)))
    }));
    assert!(refusal.limit.reset_at.is_none_or(|at| at > NOW), "a reset that is past");
    let Arrived::Response(status, ..) = arrived else {
        return assert_eq!(refusal.status, None);
    };
    if refusal.code == "filter_not_honoured" {
        return assert!((200..300).contains(status), "of a response that lists something");
    }
    assert_eq!(refusal.status, Some(*status));
    if (200..300).contains(status) {
        assert_eq!((refusal.kind, refusal.fate), (Kind::ResponseFormat, Fate::Unknown));
    }
}
