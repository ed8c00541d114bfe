//! Requests of a follow, and what it does with their responses.

use super::round::{Batch, Sending};
use super::{key_of, Follow, FollowRequest, Key, Logs, Phase};
use crate::engine::context::Context;
use crate::engine::End;
use crate::params::{Filter, Overrides, RequestOptions, RunName};
use crate::time::Timestamp;
use crate::wire::logs::{self, LogsPath, RunState};
use crate::wire::refusal::Fate;
use crate::wire::{Operation, Page, Refusal, Request, Response};
use alloc::vec::Vec;

impl Follow {
    /// The HTTP request; `count`: maximum number of entries of a list.
    pub fn request(&self, request: FollowRequest, count: u32, options: &RequestOptions) -> Request {
        match request {
            FollowRequest::Entries => {
                let bounds = (self.walk.from, None);
                let (all, none) = (Filter::default(), Overrides::default());
                let cursor = self.walk.cursor.as_ref();
                let scan = Operation::Scan;
                Request::page(scan, &all, bounds, count, cursor, &none, options)
            }
            FollowRequest::Logs(slot) => {
                let mut names: Vec<&RunName> = Vec::new();
                for key in self.batches.get(slot).map_or(&[][..], |batch| &batch.keys) {
                    names.extend(self.runs.get(*key).map(|run| &run.name));
                }
                logs::request(self.path, &names, options)
            }
        }
    }

    /// The number of the attempt of a request, from 1.
    pub fn attempt(&self, request: FollowRequest) -> u32 {
        let sending = match request {
            FollowRequest::Entries => Some(&self.walk.sending),
            FollowRequest::Logs(slot) => self.batches.get(slot).map(|batch| &batch.sending),
        };
        sending.map_or(1, |sending| sending.failed + 1)
    }

    fn sending(&mut self, request: FollowRequest) -> Option<&mut Sending> {
        match request {
            FollowRequest::Entries => Some(&mut self.walk.sending),
            FollowRequest::Logs(slot) => self.batches.get_mut(slot).map(|batch| &mut batch.sending),
        }
    }

    /// Queues a request again that was not sent, or that the service certainly did not process.
    pub fn requeue(&mut self, request: FollowRequest) {
        if let Some(sending) = self.sending(request) {
            sending.in_flight = false;
        }
    }

    /// Handles a response. Returns an end only for an error that a later retry would get again.
    pub fn handle_response(
        &mut self,
        request: FollowRequest,
        response: Response,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let sending = self.sending(request)?;
        sending.in_flight = false;
        match &response {
            Response::Refused(refusal) if refusal.fate != Fate::Refused => {
                if let Some(at) = cx.retry_at(&mut sending.failed, refusal, now, false) {
                    sending.not_before = at;
                    return None;
                }
            }
            _ => {}
        }
        let batch = match request {
            FollowRequest::Entries => None,
            FollowRequest::Logs(slot) => self.batches.get_mut(slot).map(core::mem::take),
        };
        let done = match (&response, batch) {
            (Response::Page(page), Some(batch)) => self.logs_received(&batch, page),
            (Response::Page(page), None) => self.entries_received(page),
            (Response::Refused(refusal), Some(batch)) => self.logs_refused(&batch, refusal),
            (Response::Refused(refusal), None) => self.entries_refused(refusal),
        };
        match response {
            Response::Refused(refusal) if !done => Some(End::Failed(refusal)),
            _ => None,
        }
    }

    fn entries_received(&mut self, page: &Page) -> bool {
        let found = page.states.iter().filter(|seen| self.observe(seen)).count();
        let known = self.outcome.failed_again / u64::from(super::PAGE);
        let dry_max = if self.has_logs() { DRY_PAGES + known as u32 } else { u32::MAX };
        self.walk.page(page, found as u32, dry_max);
        true
    }

    fn logs_received(&mut self, batch: &Batch, page: &Page) -> bool {
        self.logs = Logs::Available;
        let mut shown: Vec<Key> = Vec::new();
        // By place in the batch, how often the page shows the run; it may show it any number of times.
        let mut times = alloc::vec![0u32; batch.keys.len()];
        for seen in &page.states {
            let key = key_of(&seen.name.id);
            if let Some(at) = batch.keys.iter().position(|other| *other == key) {
                times[at] += 1;
            }
        }
        for seen in &page.states {
            let key = key_of(&seen.name.id);
            let Some(at) = batch.keys.iter().position(|other| *other == key) else {
                // A run that was not requested: the service ignores the list of runs.
                self.by_list &= batch.keys.len() == 1;
                continue;
            };
            let dated = self.runs.get(key).is_some_and(|run| run.name.created.is_some());
            // Without a date, several runs with the same id can't be told apart.
            if (dated || times[at] == 1) && self.observe(seen) {
                shown.push(key);
            }
        }
        // Runs that are not shown are requested again at once if the page has no room for them, or if
        // the list was ignored: from now on, one at a time.
        let several = batch.keys.len() > 1;
        let full = page.cursor.is_some() && !shown.is_empty();
        let again = several && (full || !self.by_list);
        let mut rest: Vec<Key> = Vec::new();
        let mut ended = 0;
        for key in &batch.keys {
            let Some(run) = self.runs.get_mut(*key) else {
                ended += 1;
                continue;
            };
            if !shown.contains(key) {
                if again {
                    rest.push(*key);
                    continue;
                }
                // Its last known state may be outdated.
                *self.outcome.of(run.state) -= 1;
                self.outcome.unknown += 1;
                run.state = RunState::Unknown;
            }
            self.runs.put_behind(*key, self.round.number);
        }
        let yields = &mut self.round.yields[batch.pool as usize];
        yields.runs += (batch.keys.len() - rest.len()) as u32;
        yields.ended += ended;
        self.runs.put_back(batch.pool, &rest);
        true
    }

    /// Handles an error after the last attempt; returns whether the follow continues.
    fn logs_refused(&mut self, batch: &Batch, refusal: &Refusal) -> bool {
        let mut continues = true;
        let unlisted = refusal.status == Some(400) || refusal.is_too_large();
        match refusal.status {
            // The endpoint does not exist, or this token may not use it.
            Some(403..=405) if self.logs == Logs::Untried => match self.path {
                LogsPath::Logs => self.path = LogsPath::Events,
                LogsPath::Events => self.logs = Logs::Unavailable,
            },
            // The service does not know the list of runs, or their logs are too large together.
            _ if unlisted && batch.keys.len() > 1 => self.by_list = false,
            _ if unlisted || matches!(refusal.status, Some(403 | 404)) => {
                for key in &batch.keys {
                    self.runs.put_behind(*key, self.round.number);
                }
                return true;
            }
            _ if refusal.fate == Fate::Refused => continues = false,
            _ => {
                self.round.stopped = true;
                // Before the time is up, the next round tries again.
                continues = self.phase != Phase::Closing;
            }
        }
        self.runs.put_back(batch.pool, &batch.keys);
        continues
    }

    /// Handles an error after the last attempt; returns whether the follow continues.
    fn entries_refused(&mut self, refusal: &Refusal) -> bool {
        self.walk.active = false;
        if refusal.is_too_large() {
            // What neither the lists nor the logs show is unknown.
            true
        } else if refusal.fate == Fate::Refused {
            // If the cursor has expired, the next list starts at the first page.
            refusal.status == Some(400) && self.walk.cursor.is_some()
        } else {
            // The logs show failures too.
            self.phase != Phase::Closing || self.logs == Logs::Available
        }
    }
}

/// Consecutive DLQ pages without a newly failed run after which the logs are cheaper. Runs that
/// failed earlier fill further pages.
const DRY_PAGES: u32 = 3;
