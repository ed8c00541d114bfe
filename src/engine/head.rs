//! What a checkpoint holds whatever the strategy: what was to be done, and the counts.

use super::checkpoint::{Fault, Reader, Writer};
use super::known::hash;
use super::ledger::Counts;
use super::Context;
use crate::params::drive::Where;
use crate::params::filter::{Term, FIELDS};
use crate::params::overrides::HEADERS;
use crate::params::{Field, Filter, Overrides, Report, Selection, Strategy};
use crate::wire::Operation;
use alloc::string::String;
use alloc::vec::Vec;

pub struct Head {
    pub operation: Operation,
    pub origin: String,
    /// Without the ids, where ids were named: those that are owed are kept by the strategy.
    pub selection: Selection,
    pub ids: Option<Ids>,
    pub overrides: Overrides,
    pub strategy: Strategy,
    pub condition: Option<Where>,
    /// Query parameters passed through: they select, as a filter does. Headers passed through may
    /// be secrets, and are not kept.
    pub query: Vec<(String, String)>,
    pub limit: Option<u64>,
    pub freeze: bool,
    pub lines: bool,
    pub counts: Counts,
}

/// What tells one list of ids from another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ids {
    pub count: u64,
    hash: u64,
}

impl Ids {
    pub fn of(ids: &[String]) -> Self {
        let mut text = String::new();
        for id in ids {
            text.push_str(id);
            text.push(',');
        }
        Ids { count: ids.len() as u64, hash: hash(text.as_bytes()) }
    }
}

const STRATEGIES: &[Strategy] = &[Strategy::Pages, Strategy::Batches, Strategy::Each];

/// The operations that a drive can have; a checkpoint stores the index.
const OPERATIONS: &[Operation] =
    &[Operation::Resume, Operation::Restart, Operation::Delete, Operation::Scan];

impl Head {
    pub fn of(cx: &Context, counts: Counts) -> Self {
        let plan = &cx.plan;
        let (selection, ids) = match &plan.selection {
            Selection::Ids(_) => (Selection::Ids(Vec::new()), cx.ids),
            other => (other.clone(), None),
        };
        Head {
            operation: plan.operation,
            origin: plan.origin.clone(),
            selection,
            ids,
            overrides: plan.overrides.clone(),
            strategy: plan.strategy(),
            condition: plan.options.condition.clone(),
            query: plan.options.request.query.clone(),
            limit: plan.options.limit,
            freeze: plan.options.freeze,
            lines: plan.options.report == Report::Entries,
            counts,
        }
    }

    /// Whether it is a checkpoint of this selection.
    pub fn is_of(&self, selection: &Selection) -> bool {
        match selection {
            Selection::Ids(ids) => self.ids == Some(Ids::of(ids)),
            other => self.selection == *other,
        }
    }

    pub fn write(&self, out: &mut Writer) {
        let operation = OPERATIONS.iter().position(|operation| *operation == self.operation);
        out.number(operation.unwrap_or_default() as u64);
        out.text(&self.origin);
        match &self.selection {
            Selection::All => out.number(0),
            Selection::Filter(filter) => {
                out.number(1);
                out.number(filter.terms.len() as u64);
                for term in &filter.terms {
                    out.number(term.field as u64);
                    out.number(term.values.len() as u64);
                    term.values.iter().for_each(|value| out.text(value));
                }
            }
            Selection::Ids(_) => {
                let ids = self.ids.unwrap_or(Ids { count: 0, hash: 0 });
                out.number(2);
                out.number(ids.count);
                out.number(ids.hash);
            }
        }
        let strategy = STRATEGIES.iter().position(|strategy| *strategy == self.strategy);
        out.number(strategy.unwrap_or_default() as u64);
        out.flag(self.condition.is_some());
        if let Some(condition) = &self.condition {
            out.number(condition.response_status.len() as u64);
            condition.response_status.iter().for_each(|status| out.number(u64::from(*status)));
            out.maybe_text(condition.response_body.as_deref());
        }
        out.number(self.overrides.0.len() as u64);
        for (name, value) in &self.overrides.0 {
            let index = HEADERS.iter().position(|header| header == name);
            out.number(index.unwrap_or_default() as u64);
            out.text(value);
        }
        out.number(self.query.len() as u64);
        for (name, value) in &self.query {
            out.text(name);
            out.text(value);
        }
        out.maybe(self.limit);
        out.flag(self.freeze);
        out.flag(self.lines);
        let counts = &self.counts;
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

    pub fn read(input: &mut Reader) -> Result<Self, Fault> {
        let operation = *pick(OPERATIONS, input.number()?)?;
        let origin = input.text()?;
        let mut ids = None;
        let selection = match input.number()? {
            0 => Selection::All,
            1 => Selection::Filter(read_filter(input)?),
            2 => {
                ids = Some(Ids { count: input.count()?, hash: input.number()? });
                Selection::Ids(Vec::new())
            }
            _ => return Err(Fault::Damaged),
        };
        let strategy = *pick(STRATEGIES, input.number()?)?;
        let condition = if input.flag()? { Some(read_condition(input)?) } else { None };
        let mut overrides = Overrides::default();
        for _ in 0..input.length()? {
            let name = *pick(HEADERS, input.number()?)?;
            overrides.0.push((name, input.text()?));
        }
        let mut query = Vec::new();
        for _ in 0..input.length()? {
            query.push((input.text()?, input.text()?));
        }
        Ok(Head {
            operation,
            origin,
            selection,
            ids,
            overrides,
            strategy,
            condition,
            query,
            limit: input.maybe()?,
            freeze: input.flag()?,
            lines: input.flag()?,
            counts: Counts {
                done: input.count()?,
                not_found: input.count()?,
                unconfirmed: input.count()?,
                failed: input.count()?,
                requests: input.count()?,
                retries: input.count()?,
                waited_ms: input.count()?,
                elapsed_ms: input.count()?,
            },
        })
    }
}

fn read_filter(input: &mut Reader) -> Result<Filter, Fault> {
    let mut filter = Filter::default();
    for _ in 0..input.length()? {
        let (_, field) = *pick(FIELDS, input.count()?)?;
        let mut values = Vec::new();
        for _ in 0..input.length()? {
            values.push(input.text()?);
        }
        let moment = || values.first().and_then(|ms| ms.parse().ok());
        match field {
            Field::FromDate => filter.from = moment(),
            Field::ToDate => filter.to = moment(),
            _ => {}
        }
        filter.terms.push(Term { field, values });
    }
    Ok(filter)
}

fn read_condition(input: &mut Reader) -> Result<Where, Fault> {
    let mut condition = Where::default();
    for _ in 0..input.length()? {
        condition.response_status.push(input.count()? as u32);
    }
    condition.response_body = input.maybe_text()?;
    Ok(condition)
}

fn pick<T>(list: &[T], index: u64) -> Result<&T, Fault> {
    list.get(index as usize).ok_or(Fault::Damaged)
}
