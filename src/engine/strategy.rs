//! The strategy of a drive: pages by the service's choice, or batches of ids.

use super::action::{Choice, Flight, Job};
use super::batches::Batches;
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::pages::Pages;
use super::source::Source;
use super::End;
use crate::params::{Selection, Strategy};
use crate::wire::Answer;
use alloc::string::String;

#[derive(Debug)]
pub enum Course {
    Pages(Pages),
    Batches(Batches),
}

impl Course {
    pub fn new(cx: &Context) -> Self {
        let ids = matches!(cx.plan.selection, Selection::Ids(_));
        if !ids && (cx.plan.strategy() == Strategy::Pages || !cx.plan.operation.acts()) {
            Course::Pages(Pages::new(cx))
        } else {
            Course::Batches(Batches::new(cx))
        }
    }

    pub fn bound(&self) -> Option<i64> {
        match self {
            Course::Pages(pages) => pages.bound(),
            Course::Batches(batches) => batches.bound(),
        }
    }

    pub fn next(&mut self, cx: &mut Context, now: i64) -> Choice {
        if let Course::Pages(pages) = self {
            if pages.gave_up() {
                let bound = pages.bound();
                cx.plan.options.strategy = Some(Strategy::Batches);
                *self = Course::Batches(Batches::frozen_at(bound, cx));
            }
        }
        match self {
            Course::Pages(pages) => pages.next(cx, now),
            Course::Batches(batches) => batches.next(cx, now),
        }
    }

    /// The ids that a job names; none for a page or a list.
    pub fn ids<'a>(&'a self, job: &'a Job) -> &'a [String] {
        match self {
            Course::Pages(_) => &[],
            Course::Batches(batches) => batches.ids(job),
        }
    }

    /// Bounds, count and cursor of a job's page or list.
    pub fn page(&self, job: &Job) -> ((Option<i64>, Option<i64>), u32, Option<&str>) {
        match self {
            Course::Pages(pages) => pages.request(job),
            Course::Batches(batches) => {
                batches.source().map_or(((None, None), 1, None), |source| source.request(job))
            }
        }
    }

    pub fn attempt(&self, job: &Job) -> u32 {
        match self {
            Course::Pages(pages) => pages.attempt(job),
            Course::Batches(batches) => batches.attempt(job),
        }
    }

    /// Whether the dates of new runs are wanted.
    pub fn want_created(&self) -> bool {
        match self {
            Course::Pages(pages) => pages.want_created(),
            Course::Batches(batches) => batches.source().is_some_and(Source::is_undated),
        }
    }

    /// Lists are to be smaller from now on.
    pub fn lighten(&mut self, cx: &mut Context) {
        match self {
            Course::Pages(_) => {
                let size = &mut cx.plan.options.page_size;
                *size = (*size / 2).max(1);
            }
            Course::Batches(batches) => {
                if let Some(source) = batches.source_mut() {
                    source.lighten();
                }
            }
        }
    }

    pub fn put_back(&mut self, job: Job) {
        match self {
            Course::Pages(pages) => pages.put_back(&job),
            Course::Batches(batches) => batches.put_back(job),
        }
    }

    pub fn give_up(&mut self, job: Job, cx: &mut Context) {
        match self {
            Course::Pages(pages) => pages.give_up(&job, cx),
            Course::Batches(batches) => batches.give_up(job, cx),
        }
    }

    pub fn answered(
        &mut self,
        job: Job,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        match self {
            Course::Pages(pages) => pages.answered(&job, answer, cx, now),
            Course::Batches(batches) => batches.answered(job, answer, cx, now),
        }
    }

    /// Ids that are still to be dealt with, or whose fate is open.
    pub fn open_ids(&self) -> u64 {
        match self {
            Course::Pages(_) => 0,
            Course::Batches(batches) => batches.open_ids(),
        }
    }

    /// Entries whose fate is open.
    pub fn uncertain(&self) -> u64 {
        match self {
            Course::Pages(_) => 0,
            Course::Batches(batches) => batches.uncertain(),
        }
    }

    /// Entries by the service's choice that a lost answer would leave unconfirmed.
    pub fn risked(&self, cx: &Context) -> u64 {
        match self {
            Course::Pages(pages) if cx.plan.operation.acts() => pages.in_flight(),
            _ => 0,
        }
    }

    /// Writes it as if the answers in flight were lost.
    pub fn write(&self, flights: &[Flight], cx: &Context, out: &mut Writer) {
        match self {
            Course::Pages(pages) => pages.write(self.risked(cx), out),
            Course::Batches(batches) => batches.write(flights, cx, out),
        }
    }

    pub fn read(input: &mut Reader, cx: &Context) -> Self {
        match Course::new(cx) {
            Course::Pages(_) => Course::Pages(Pages::read(input, cx)),
            Course::Batches(_) => Course::Batches(Batches::read(input, cx)),
        }
    }
}
