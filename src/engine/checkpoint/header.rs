//! The header of a checkpoint, the same for all strategies: the parameters of the drive and its counts.

use super::{Mismatch, Reader, Writer};
use crate::engine::context::Context;
use crate::engine::hash::Fnv;
use crate::engine::ledger::Counts;
use crate::engine::{Expected, Plan};
use crate::id::DlqId;
use crate::params::drive::STRATEGIES;
use crate::params::filter::{timestamp, Term, FIELDS};
use crate::params::issue::header_fault;
use crate::params::overrides::HEADERS;
use crate::params::{Field, Filter, Overrides, Report, Selection, StatusRange, Strategy, Where};
use crate::wire::Operation;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::Hasher;

pub struct Header {
    pub operation: Operation,
    pub origin: String,
    /// The selection, without ids: the strategy stores those that are not yet processed.
    pub selection: Selection,
    pub ids: Option<Ids>,
    pub overrides: Overrides,
    pub strategy: Strategy,
    pub condition: Option<Where>,
    /// The caller's additional query parameters, which can narrow the selection. Additional headers are not stored:
    /// they may be secrets.
    pub query: Vec<(String, String)>,
    pub limit: Option<u64>,
    pub freeze: bool,
    pub report_entries: bool,
    pub counts: Counts,
}

/// Identifies a list of ids, to compare the caller's with that of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ids {
    /// Number of ids.
    pub count: u64,
    hash: u64,
}

impl Ids {
    /// Count and hash of `ids`.
    pub fn of(ids: &[DlqId]) -> Self {
        let mut hasher = Fnv::default();
        for id in ids {
            hasher.write(id.as_str().as_bytes());
            hasher.write(b",");
        }
        Ids { count: ids.len() as u64, hash: hasher.finish() }
    }
}

/// The operations of a drive. Checkpoints contain the index, so the order must not change.
const OPERATIONS: &[Operation] =
    &[Operation::Resume, Operation::Restart, Operation::Delete, Operation::Scan, Operation::Logs];

impl Header {
    /// The first difference between the checkpoint and `plan` that `expected` does not permit. A selection or
    /// overrides that the caller omitted come from the checkpoint.
    pub fn mismatch(&self, plan: &Plan, expected: Expected) -> Option<Mismatch> {
        if self.origin != plan.origin {
            return Some(Mismatch::Origin);
        }
        if matches!(expected, Expected::Anything | Expected::Following) {
            return None;
        }
        if self.operation != plan.operation {
            return Some(Mismatch::Operation);
        }
        if expected == Expected::Selection && !self.is_of(&plan.selection) {
            return Some(Mismatch::Selection);
        }
        let overrides = plan.overrides.as_ref().is_none_or(|given| *given == self.overrides);
        (!overrides).then_some(Mismatch::Overrides)
    }

    fn is_of(&self, selection: &Selection) -> bool {
        match selection {
            Selection::Ids(ids) => self.ids == Some(Ids::of(ids)),
            other => self.selection == *other,
        }
    }

    pub fn write(cx: &Context, counts: &Counts, out: &mut Writer) {
        let plan = &cx.plan;
        out.number(index_in(OPERATIONS, &plan.operation));
        out.text(&plan.origin);
        match &plan.selection {
            Selection::All => out.number(0),
            Selection::Filter(filter) => {
                out.number(1);
                out.number(filter.terms.len() as u64);
                for term in &filter.terms {
                    out.number(term.field as u64);
                    out.texts(&term.values);
                }
            }
            Selection::Ids(_) => {
                let ids = cx.ids.unwrap_or(Ids { count: 0, hash: 0 });
                out.number(2);
                out.number(ids.count);
                out.number(ids.hash);
            }
        }
        out.number(index_in(STRATEGIES, &plan.strategy()));
        out.flag(plan.options.condition.is_some());
        if let Some(condition) = &plan.options.condition {
            write_condition(condition, out);
        }
        let overrides = plan.overrides.as_ref().map_or(&[][..], |overrides| &overrides.0);
        out.number(overrides.len() as u64);
        for (name, value) in overrides {
            out.number(index_in(HEADERS, name));
            out.text(value);
        }
        out.number(plan.options.request.query.len() as u64);
        for (name, value) in &plan.options.request.query {
            out.text(name);
            out.text(value);
        }
        out.maybe(plan.options.limit);
        out.flag(plan.options.freeze);
        out.flag(plan.options.report == Report::Entries);
        for number in [
            counts.done,
            counts.not_found,
            counts.unconfirmed,
            counts.failed,
            counts.requests,
            counts.retries,
            counts.waited_ms,
            counts.elapsed_ms,
        ] {
            out.number(number);
        }
    }

    pub fn read(input: &mut Reader) -> Self {
        let operation = input.pick(OPERATIONS);
        let origin = input.text();
        let mut ids = None;
        let selection = match input.pick(&[0, 1, 2]) {
            0 => Selection::All,
            1 => Selection::Filter(read_filter(input)),
            _ => {
                ids = Some(Ids { count: input.count(), hash: input.number() });
                Selection::Ids(Vec::new())
            }
        };
        let strategy = input.pick(STRATEGIES);
        let condition = input.flag().then(|| read_condition(input));
        let mut overrides = Overrides::default();
        for _ in 0..input.length() {
            let (name, value) = (input.pick(HEADERS), input.text());
            input.refuse(header_fault(&value).is_some());
            overrides.0.push((name, value));
        }
        let mut query = Vec::new();
        for _ in 0..input.length() {
            query.push((input.text(), input.text()));
        }
        Header {
            operation,
            origin,
            selection,
            ids,
            overrides,
            strategy,
            condition,
            query,
            limit: input.maybe(),
            freeze: input.flag(),
            report_entries: input.flag(),
            counts: Counts {
                done: input.count(),
                not_found: input.count(),
                unconfirmed: input.count(),
                failed: input.count(),
                requests: input.count(),
                retries: input.count(),
                waited_ms: input.count(),
                elapsed_ms: input.count(),
            },
        }
    }
}

fn read_filter(input: &mut Reader) -> Filter {
    let mut filter = Filter::default();
    for _ in 0..input.length() {
        let (_, field) = input.pick(FIELDS);
        let values = input.texts();
        match field {
            Field::FromDate => filter.from = timestamp(&values),
            Field::ToDate => filter.to = timestamp(&values),
            _ => {}
        }
        filter.terms.push(Term { field, values });
    }
    filter
}

fn write_condition(condition: &Where, out: &mut Writer) {
    out.number(condition.response_status.len() as u64);
    for range in &condition.response_status {
        out.number(u64::from(range.first));
        out.number(u64::from(range.last));
    }
    out.maybe_text(condition.response_body.as_deref());
    for texts in [&condition.error, &condition.fingerprint, &condition.step] {
        out.texts(texts);
    }
}

fn read_condition(input: &mut Reader) -> Where {
    let mut response_status = Vec::new();
    for _ in 0..input.length() {
        let [first, last] = [input.small(), input.small()].map(|status| status as u16);
        response_status.push(StatusRange { first, last });
    }
    Where {
        response_status,
        response_body: input.maybe_text(),
        error: input.texts(),
        fingerprint: input.texts(),
        step: input.texts(),
    }
}

/// The index of `item` in `list`, which is what a checkpoint stores.
fn index_in<T: PartialEq>(list: &[T], item: &T) -> u64 {
    list.iter().position(|other| other == item).unwrap_or_default() as u64
}
