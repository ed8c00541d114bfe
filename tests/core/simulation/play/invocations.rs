//! The invocations of a drive: where one ends or is cut off, and the next continues.

use super::*;

impl Player<'_> {
    /// The process dies here; another goes on from the checkpoint of this moment.
    pub(super) fn cut(&mut self, drive: &Drive) -> Result<Drive, String> {
        if self.flights.iter().any(|flight| flight.acts) {
            self.clean = false;
            self.coverage.cut_in_flight = true;
        }
        self.coverage.cut_while_following |= drive.followed().is_some_and(|runs| runs.is_begun());
        let text = drive.checkpoint();
        self.record(drive);
        self.go_on(&text, 1_000)
    }

    pub(super) fn go_on(&mut self, text: &str, later: i64) -> Result<Drive, String> {
        for flight in self.flights.drain(..).filter(|flight| flight.arrival.is_none()) {
            let at = match flight.fault {
                Fault::Late(ms) => flight.response_at + ms,
                fault if fault.is_done() => flight.work_at,
                _ => continue,
            };
            self.orphans.push(Orphan { at, method: flight.method, target: flight.target });
        }
        self.now += later;
        self.work();
        self.invocations += 1;
        self.service.processes += 1;
        self.acknowledged.clear();
        self.limited_since = None;
        self.asked_here = 0;
        self.began = self.local();
        let seed = self.seed ^ u64::from(self.invocations);
        let mut plan = plan(self.scenario)?;
        plan.options.skip_canary = self.skip_canary;
        // The time that is left is the checkpoint's.
        plan.options.follow = None;
        let mut drive = Drive::resume_from(text, plan, Expected::Selection, self.began, seed)
            .map_err(|fault| format!("{fault:?}"))?;
        if self.scenario.paged {
            drive.hand_out_pages();
        }
        Ok(drive)
    }

    fn record(&mut self, drive: &Drive) {
        let lines = drive.report_entries().unwrap_or_default();
        self.lines.extend(lines.iter().map(|line| line.id.clone().map(DlqId::into_string)));
        let runs = drive.new_runs().filter(|runs| runs.reports());
        let ended = runs.into_iter().flat_map(Follow::lines).filter(|line| line.state.is_final());
        self.run_lines.extend(ended.map(|line| Some(line.run.into_string())));
    }

    /// What an invocation came to; its end where that is the last.
    pub(super) fn done(
        &mut self,
        drive: &Drive,
        end: End,
        before: &BTreeMap<Id, bool>,
    ) -> Result<Option<End>, String> {
        if !self.flights.is_empty() {
            if !matches!(end, End::Reason(Reason::Aborted)) {
                return Err("ended with requests in flight".into());
            }
            self.clean &= !self.flights.iter().any(|flight| flight.acts);
        }
        self.record(drive);
        if let End::Failed(refusal) = &end {
            self.coverage.limited_for_long |= refusal.status == Some(429);
            if refusal.code == "response_too_large" {
                return Err("ended by a list that was too large, and smaller ones are not".into());
            }
            // One moment's losses end nothing.
            let moment = matches!(self.scenario.outage, Some((_, 0)));
            let lost = matches!(refusal.code, "network_error" | "timeout");
            if moment && lost && self.scenario.fault_rate == 0 {
                return Err(format!("one broken connection ends it: {refusal:?}"));
            }
        }
        if let Some(runs) = drive.new_runs() {
            let books = self.books(drive, before);
            books.outcome(&runs.outcome())?;
            if drive.is_following() && runs.is_ended() {
                books.outcome_at_the_end(&runs.outcome())?;
                self.coverage.followed |= runs.outcome().open() == 0;
                self.coverage.timed_out |= runs.is_timed_out();
            }
        }
        let last = match &end {
            End::Reason(reason) => reason.is_done() || *reason == Reason::Remaining,
            // The first page was refused, which may be for the sake of the overrides.
            End::Failed(refusal) if refusal.code == "cursor_stuck" => {
                if self.service.circled == 0 {
                    return Err("stuck where no cursor leads in a circle".into());
                }
                true
            }
            End::Failed(refusal) => {
                let refused = matches!(refusal.status, Some(400 | 404));
                let stuck = before.values().any(|resumable| !resumable);
                refused && self.scenario.by_pages && stuck
            }
        };
        if last {
            return Ok(Some(end));
        }
        self.books(drive, before).bounds()?;
        if end == End::Reason(Reason::Canary) {
            self.books(drive, before).canary_stop(self.coverage.canary_stopped)?;
            self.coverage.canary_stopped = true;
            self.canary_over = true;
        }
        if end == End::Reason(Reason::Undecided) {
            self.books(drive, before).canary_undecided()?;
            // Whoever is told twice goes on without.
            self.skip_canary = self.coverage.canary_undecided;
            self.canary_over |= self.skip_canary || !drive.canary_runs().is_some_and(has_open);
            self.coverage.canary_undecided = true;
        }
        if self.invocations > 300 {
            return Err(format!("never finishes: {end:?}"));
        }
        Ok(None)
    }
}
