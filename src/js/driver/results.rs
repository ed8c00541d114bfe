//! What the caller of a drive gets: pages, progress, the report, the summary and errors.

use super::{Ended, Inner};
use crate::acts::ACTS;
use crate::engine::ledger::{Counts, ReportEntry};
use crate::engine::{Drive, End, Reason, Ticket, WaitReason};
use crate::js::body::Json;
use crate::js::interop::property;
use crate::js::output::{Fields, Out};
use crate::js::{error, follow};
use crate::time::Timestamp;
use crate::wire::tally::{Tally, STATUS};
use crate::wire::{Body, Operation};
use core::cell::Cell;
use js_sys::Array;
use wasm_bindgen::JsValue;

impl Inner {
    /// The page of a response, for the caller.
    pub(super) fn page(&self, ticket: Ticket) -> JsValue {
        let body = {
            let mut bodies = self.bodies.borrow_mut();
            match bodies.iter().position(|(other, _)| *other == ticket) {
                Some(at) => bodies.swap_remove(at).1,
                None => JsValue::UNDEFINED,
            }
        };
        let (fields, name, chosen) = {
            let drive = self.drive.borrow();
            let fields = Fields::new()
                .maybe("checkpoint", checkpoint(&drive, true))
                .with("progress", progress(&drive, None))
                .maybe("entries", self.entries_since(&drive, &self.shown));
            (fields, drive.operation().list_name(), drive.chosen().map(<[u32]>::to_vec))
        };
        let list = match chosen {
            Some(chosen) => Json(body).elements(name, &chosen).into(),
            None => match property(&body, name) {
                // A list by ids requests each entry by itself: the body is the entry.
                found if name == "messages" && !Array::is_array(&found) => {
                    Array::of(&[body]).into()
                }
                found => found,
            },
        };
        if let Some(tally) = &self.tally {
            let messages = Json(list.clone());
            let entries = (0..messages.length().unwrap_or(0)).filter_map(|at| messages.at(at));
            entries.for_each(|entry| tally.borrow_mut().add(&entry));
        }
        fields.maybe(name, (!list.is_undefined() && !list.is_null()).then_some(list)).into_js()
    }

    /// The report's entries from the index `mark` on, which is moved to their end; `None` without a report.
    pub(super) fn entries_since(&self, drive: &Drive, mark: &Cell<usize>) -> Option<Vec<Out>> {
        let entries = drive.report_entries()?;
        let from = mark.replace(entries.len());
        Some(report(&entries[from..], drive.operation()))
    }

    /// The report's entries of runs that ended since the previous checkpoint; `None` without a report.
    pub(super) fn ended_runs_since_stored(&self, drive: &Drive) -> Option<Vec<Out>> {
        let runs = drive.new_runs().filter(|runs| runs.reports())?.ended_lines();
        let from = self.stored_runs.replace(runs.len());
        Some(runs[from..].iter().map(follow::line).collect())
    }

    /// The error that the caller's promise is rejected with; `None` if the drive has not failed.
    pub(super) fn failure(&self) -> Option<JsValue> {
        let ended = self.ended.borrow().clone();
        let options = &self.client.options;
        let operation = self.drive.borrow().operation();
        let failure = match ended {
            Some(Ended::Fault(fault)) => fault.into_failure(operation, options),
            Some(Ended::Drive(End::Failed(refusal))) => {
                let cause = match refusal.code {
                    "network_error" | "checkpoint_hook" => self.cause.borrow().clone(),
                    _ => JsValue::UNDEFINED,
                };
                error::refusal(options, operation, &refusal, &cause)
            }
            _ => return None,
        };
        let (acted, checkpoint) = {
            let drive = self.drive.borrow();
            (!self.follows && drive.may_have_acted(), checkpoint(&drive, true))
        };
        let failure = failure
            .with("mayHaveActed", acted)
            .maybe("checkpoint", checkpoint)
            .with("summary", self.summary());
        Some(failure.into_js())
    }

    pub(super) fn summary(&self) -> Fields {
        let reason = match &*self.ended.borrow() {
            Some(Ended::Drive(End::Reason(reason))) => Some(*reason),
            Some(_) => None,
            None => Some(Reason::Aborted),
        };
        let drive = self.drive.borrow();
        let counts = drive.counts();
        let finished = reason.is_some_and(Reason::is_done);
        let name = reason.map_or("failed", Reason::name);
        if self.follows {
            return follow::summary(&drive, name);
        }
        let canary = drive.canary_runs();
        // The new runs are followed only once the canary has passed.
        let new_runs = drive.new_runs().filter(|_| canary.is_none());
        let fields = Fields::new()
            .with("done", finished)
            .with("reason", name)
            .with(drive.operation().done_name(), counts.done);
        let entries = drive.report_entries().map(|entries| report(entries, drive.operation()));
        with_counts(fields, &counts)
            .maybe("checkpoint", checkpoint(&drive, !finished))
            .maybe("frozenToDate", drive.cutoff())
            .maybe("entries", entries)
            .maybe("canary", canary.map(|runs| follow::outcome(&drive, runs, name)))
            .maybe("outcome", new_runs.map(|runs| follow::outcome(&drive, runs, name)))
    }
}

/// The checkpoint, if it is `wanted`; `None` in a build that only reads.
fn checkpoint(drive: &Drive, wanted: bool) -> Option<String> {
    (ACTS && wanted).then(|| drive.checkpoint())
}

/// The argument of `onProgress`. `waiting`: why the drive waits, and until when.
pub(super) fn progress(drive: &Drive, waiting: Option<(WaitReason, Option<Timestamp>)>) -> Fields {
    let progress = drive.progress();
    let fields = Fields::new()
        .with("done", progress.counts.done)
        .maybe("of", progress.of)
        .with("strategy", drive.strategy().name());
    with_counts(fields, &progress.counts)
        .with("inFlight", progress.in_flight)
        .with("perSecond", progress.per_second)
        .maybe("etaMs", progress.eta_ms)
        .maybe("waiting", waiting.map(|(why, _)| why.name()))
        .maybe("waitingUntil", waiting.and_then(|(_, until)| until))
        .maybe("canary", drive.canary_runs().map(follow::counts))
        .maybe("outcome", drive.new_runs().filter(|_| drive.is_following()).map(follow::counts))
}

/// Adds all counts except `done`, whose name depends on the operation.
fn with_counts(fields: Fields, counts: &Counts) -> Fields {
    let fields = fields
        .with("notFound", counts.not_found)
        .with("unconfirmed", counts.unconfirmed)
        .with("failed", counts.failed);
    with_spent(fields, counts)
}

/// Adds the numbers of requests and retries, and the times.
pub fn with_spent(fields: Fields, counts: &Counts) -> Fields {
    fields
        .with("requests", counts.requests)
        .with("retries", counts.retries)
        .with("waitedMs", counts.waited_ms)
        .with("elapsedMs", counts.elapsed_ms)
}

/// The result of a preview.
pub(super) fn tally_fields(tally: &Tally) -> Fields {
    let groups = tally.groups().fold(Fields::new(), |fields, (name, group)| {
        let values = group.values.into_iter().map(|(key, count)| {
            let number = key.parse::<u64>().ok().filter(|_| name == STATUS).map(Out::from);
            let key = number.unwrap_or(Out::Text(key));
            Fields::new().with("key", key).with("count", count).into()
        });
        let values: Vec<Out> = values.collect();
        fields.with(name, Fields::new().with("values", values).with("others", group.others))
    });
    Fields::new()
        .with("count", tally.count)
        .maybe("firstDate", tally.first)
        .maybe("lastDate", tally.last)
        .with("groups", groups)
}

/// Entries of the report, for the caller.
fn report(entries: &[ReportEntry], operation: Operation) -> Vec<Out> {
    let entry = |entry: &ReportEntry| {
        Fields::new()
            .maybe("dlqId", entry.id.clone())
            .maybe("workflowRunId", entry.run.as_ref().map(|run| run.id.clone()))
            .maybe("workflowCreatedAt", entry.run.as_ref().and_then(|run| run.created))
            .with("outcome", entry.outcome.name(operation.done_name()))
            .into()
    };
    entries.iter().map(entry).collect()
}
