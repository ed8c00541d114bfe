//! What a strategy asks for, and the request that it becomes.

use super::batches::Batch;
use super::canary::{self, Trial};
use super::drive::Drive;
use super::{End, Ticket};
use crate::params::{Filter, Overrides, Report};
use crate::wire::response::Want;
use crate::wire::{Operation, Request};

/// What a strategy wants sent.
#[derive(Debug)]
pub enum Job {
    /// A list of one entry.
    Look,
    /// A page by the service's choice.
    Page {
        lane: usize,
        count: u32,
    },
    /// A list that runs ahead of the batches, of one of its windows.
    List(usize),
    Batch(Batch),
    /// A look at one id of a check.
    Fetch {
        check: u32,
        index: usize,
    },
    /// A list of what is newer than the canary's runs.
    Trial,
}

impl Job {
    pub fn batch(&self) -> Option<&Batch> {
        match self {
            Job::Batch(batch) => Some(batch),
            _ => None,
        }
    }
}

/// What a strategy wants done.
pub enum Choice {
    Send(Job),
    /// Nothing before then.
    At(i64),
    /// Nothing before an answer.
    Idle,
    End(End),
}

#[derive(Debug)]
pub struct Flight {
    pub ticket: Ticket,
    pub job: Job,
}

impl Drive {
    /// Entries that a job may take.
    pub(super) fn entries_of(&self, job: &Job) -> u32 {
        match job {
            _ if !self.operation_of(job).acts() => 0,
            Job::Page { count, .. } => *count,
            job => self.course.ids(job).len() as u32,
        }
    }

    pub(super) fn operation_of(&self, job: &Job) -> Operation {
        match job {
            Job::Look | Job::List(_) | Job::Trial => Operation::Scan,
            Job::Fetch { .. } => Operation::Get,
            // A list of ids is a look at each.
            Job::Batch(_) if !self.operation().acts() => Operation::Get,
            Job::Page { .. } | Job::Batch(_) => self.cx.plan.operation,
        }
    }

    pub(super) fn request(&self, job: &Job) -> Request {
        let plan = &self.cx.plan;
        let operation = self.operation_of(job);
        let options = &plan.options.request;
        let none = Overrides::default();
        let overrides = if operation.acts() { &plan.overrides } else { &none };
        if let (Job::Trial, Some(trial)) = (job, &self.trial) {
            let (from, cursor) = trial.request();
            let all = Filter::default();
            let bounds = (Some(from), None);
            return Request::page(operation, &all, bounds, canary::PAGE, cursor, &none, options);
        }
        let ids = self.course.ids(job);
        match (operation, ids.first()) {
            (Operation::Get, Some(id)) => Request::of_entry(operation, id, options),
            (_, Some(_)) => Request::batch(operation, ids, overrides, options),
            (_, None) => {
                let (bounds, count, cursor) = self.course.page(job);
                Request::page(operation, &self.cx.filter, bounds, count, cursor, overrides, options)
            }
        }
    }

    /// What is to be read of the answer to a job.
    pub(super) fn want(&self, job: &Job) -> Want<'_> {
        let acts = self.operation_of(job).acts();
        let canary = acts && self.trial.as_ref().is_some_and(Trial::is_taking);
        let reported = acts && self.cx.plan.options.report == Report::Entries;
        let dated = acts && self.course.want_created();
        Want {
            first_created: dated || canary || matches!(job, Job::Look),
            runs: reported || canary || matches!(job, Job::Trial),
            // The opening list as well: where the filter is not heard, a page would take all.
            listed: matches!(job, Job::Look | Job::List(_))
                .then_some((&self.cx.filter, self.cx.plan.options.condition.as_ref())),
        }
    }
}
