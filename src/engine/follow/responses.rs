//! Requests of a follow, and what it does with their responses.

use super::round::Batch;
use super::{key_of, Follow, FollowRequest, Key, Logs, Phase};
use crate::engine::context::Context;
use crate::engine::End;
use crate::params::{Filter, Overrides, RequestOptions, RunName};
use crate::time::Timestamp;
use crate::wire::logs::{self, LogsPath, RunState};
use crate::wire::refusal::{Fate, Kind};
use crate::wire::{Operation, Page, Refusal, Request, Response};
use alloc::vec::Vec;

impl Follow {
    /// The HTTP request of an ask.
    pub fn request(&self, request: FollowRequest, options: &RequestOptions) -> Request {
        match request {
            FollowRequest::Entries => {
                let bounds = (self.walk.from, None);
                let (all, none) = (Filter::default(), Overrides::default());
                let cursor = self.walk.cursor.as_ref();
                let scan = Operation::Scan;
                Request::page(scan, &all, bounds, super::PAGE, cursor, &none, options)
            }
            FollowRequest::Logs(number) => {
                let batch = self.batches.iter().find(|one| one.number == number);
                let mut names: Vec<&RunName> = Vec::new();
                for key in batch.map_or(&[][..], |one| &one.keys) {
                    names.extend(self.runs.get(*key).map(|run| &run.name));
                }
                logs::request(self.path, &names, options)
            }
        }
    }

    /// The number of the attempt of an ask, from 1.
    pub fn attempt(&self, request: FollowRequest) -> u32 {
        match request {
            FollowRequest::Entries => self.walk.failed + 1,
            FollowRequest::Logs(number) => {
                self.batches.iter().find(|one| one.number == number).map_or(1, |one| one.failed + 1)
            }
        }
    }

    /// Queues a request again that was not sent, or that the service certainly did not process.
    pub fn requeue(&mut self, request: FollowRequest) {
        match request {
            FollowRequest::Entries => self.walk.in_flight = false,
            FollowRequest::Logs(number) => {
                if let Some(batch) = self.batches.iter_mut().find(|one| one.number == number) {
                    batch.in_flight = false;
                }
            }
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
        match (request, response) {
            (FollowRequest::Entries, Response::Page(page)) => {
                self.walk.in_flight = false;
                let found = page.states.iter().filter_map(|seen| self.observe(seen)).count();
                let known = self.outcome.failed_again / u64::from(super::PAGE);
                let dry_max = if self.has_logs() { DRY_PAGES + known as u32 } else { u32::MAX };
                self.walk.page(&page, found as u32, dry_max);
                None
            }
            (FollowRequest::Entries, Response::Refused(refusal)) => {
                self.entries_refused(refusal, cx, now)
            }
            (FollowRequest::Logs(number), response) => {
                let at = self.batches.iter().position(|one| one.number == number)?;
                let mut batch = self.batches.swap_remove(at);
                batch.in_flight = false;
                match response {
                    Response::Page(page) => {
                        self.logs_received(batch, page);
                        None
                    }
                    Response::Refused(refusal) => self.logs_refused(batch, refusal, cx, now),
                }
            }
        }
    }

    fn logs_received(&mut self, batch: Batch, page: Page) {
        self.logs = Logs::Available;
        let mut shown: Vec<Key> = Vec::new();
        for seen in &page.states {
            let key = key_of(&seen.name.id);
            if !batch.keys.contains(&key) {
                // A run that was not requested: the service ignores the list of runs.
                self.by_list &= batch.keys.len() == 1;
                continue;
            }
            let twins = page.states.iter().filter(|other| other.name.id == seen.name.id).count();
            let dated = self.runs.get(key).is_some_and(|run| run.name.created.is_some());
            // Without a date, several runs with the same id can't be told apart.
            if (dated || twins == 1) && self.observe(seen).is_some() {
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
    }

    fn logs_refused(
        &mut self,
        mut batch: Batch,
        refusal: Refusal,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let several = batch.keys.len() > 1;
        match refusal.status {
            // The endpoint does not exist, or this token may not use it.
            Some(403..=405) if self.logs == Logs::Untried => {
                self.runs.put_back(batch.pool, &batch.keys);
                match self.path {
                    LogsPath::Logs => self.path = LogsPath::Events,
                    LogsPath::Events => self.logs = Logs::Unavailable,
                }
                return None;
            }
            // The service does not know the list of runs.
            Some(400) if several => {
                self.by_list = false;
                self.runs.put_back(batch.pool, &batch.keys);
                return None;
            }
            Some(400 | 403 | 404) => {
                for key in batch.keys {
                    self.runs.put_behind(key, self.round.number);
                }
                return None;
            }
            _ => {}
        }
        if refusal.fate == Fate::Refused && refusal.kind != Kind::ResponseFormat {
            self.runs.put_back(batch.pool, &batch.keys);
            return Some(End::Failed(refusal));
        }
        if let Some(at) = cx.retry_at(&mut batch.failed, &refusal, now, false) {
            batch.not_before = at;
            self.batches.push(batch);
            return None;
        }
        self.runs.put_back(batch.pool, &batch.keys);
        self.round.stopped = true;
        // Before the time is up, the next round tries again.
        (self.phase == Phase::Closing).then_some(End::Failed(refusal))
    }

    fn entries_refused(
        &mut self,
        refusal: Refusal,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        self.walk.in_flight = false;
        let again = refusal.fate != Fate::Refused;
        if again {
            if let Some(at) = cx.retry_at(&mut self.walk.failed, &refusal, now, false) {
                self.walk.not_before = at;
                return None;
            }
        }
        self.walk.active = false;
        if refusal.status == Some(400) && self.walk.cursor.is_some() {
            // The cursor has expired: the next list starts at the first page.
            return None;
        }
        // The logs show failures too.
        let waits = again && (self.phase != Phase::Closing || self.logs == Logs::Available);
        (!waits).then_some(End::Failed(refusal))
    }
}

/// Consecutive DLQ pages without a newly failed run after which the logs are cheaper. Runs that
/// failed earlier fill further pages.
const DRY_PAGES: u32 = 3;
