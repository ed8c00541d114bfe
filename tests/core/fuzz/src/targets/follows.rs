//! Runs that are followed from a caller's list, under whatever may happen to a drive.

use super::drives;
use super::make::{below, client, text, NOW};
use arbitrary::Unstructured;
use upstash_workflow_dlq::engine::{Drive, Plan};
use upstash_workflow_dlq::value::Value;

pub fn check(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let args = [runs(u), options(u)];
    if let Ok(plan) = Plan::read_followed(&args, &client()) {
        drives::run(Drive::new(plan, NOW, u64::from(below(u, 100))), u);
    }
}

fn runs(u: &mut Unstructured) -> Value {
    let run = |u: &mut Unstructured| {
        // Most are among those that lists of entries show.
        let id = match below(u, 4) {
            0 => text(u),
            _ => format!("{}-0", NOW + i64::from(below(u, 40))),
        };
        let mut fields = vec![("workflowRunId".into(), Value::String(id))];
        if below(u, 4) > 0 {
            let created = NOW + i64::from(below(u, 3));
            fields.push(("workflowCreatedAt".into(), Value::Number(created.ms() as f64)));
        }
        if below(u, 4) == 3 {
            fields.push(("dlqId".into(), Value::String(text(u))));
        }
        Value::Map(fields)
    };
    // More than so many are not all asked for in each round.
    let count = if below(u, 4) == 3 { below(u, 120) } else { below(u, 12) };
    Value::List((0..count).map(|_| run(u)).collect())
}

fn options(u: &mut Unstructured) -> Value {
    let mut options = Vec::new();
    for (name, most) in [
        ("timeout", 4_000_000),
        ("interval", 100_000),
        ("sample", 20),
        ("concurrency", 8),
        ("maxRequests", 30),
    ] {
        if below(u, 3) == 0 {
            options.push((name.into(), Value::Number(f64::from(1 + below(u, most)))));
        }
    }
    if below(u, 2) == 1 {
        options.push(("report".into(), Value::String("entries".into())));
    }
    Value::Map(options)
}
