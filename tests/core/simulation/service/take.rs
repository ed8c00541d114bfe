//! Resumes and deletions: what takes entries, and what the new runs become.

use super::*;

impl Service {
    pub(super) fn resume_page(&mut self, query: &Query, now: i64) -> Reply {
        if self.semantics.refuses_cursors && query.cursor.is_some() {
            return (400, json!({"error": "invalid cursor"}));
        }
        let (page, cursor) = self.page(query);
        if let Some(refusal) = self.refusal(&page) {
            return refusal;
        }
        let mut runs = Vec::new();
        for id in page {
            if self.entries[&id].resumable {
                runs.push(self.take(id, now));
            }
        }
        let cursor = self.moved(cursor, runs.len());
        (200, self.with_cursor(json!({ "workflowRuns": runs }), cursor))
    }

    /// The ids of a request that the service looks at, and its cursor; or its refusal of so many.
    fn within_cap<'a>(
        &mut self,
        ids: &'a [String],
    ) -> Result<(&'a [String], Option<String>), Reply> {
        if ids.iter().any(|id| parse(id).is_none()) {
            return Err((400, json!({"error": "invalid DLQ id"})));
        }
        let over = ids.len() > self.semantics.cap;
        self.over_cap += u32::from(over);
        if over && self.semantics.beyond == Beyond::BadRequest {
            return Err((400, json!({"error": "too many ids"})));
        }
        let some = &ids[..ids.len().min(self.semantics.cap)];
        let cursor = over && self.semantics.beyond == Beyond::Cursor;
        Ok((some, cursor.then(|| "1-1".into())))
    }

    pub(super) fn resume_ids(&mut self, ids: &[String], now: i64) -> Reply {
        let (ids, cursor) = match self.within_cap(ids) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        };
        let ids: Vec<Option<Id>> =
            ids.iter().map(|id| parse(id).filter(|id| self.entries.contains_key(id))).collect();
        let there: Vec<Id> = ids.iter().flatten().copied().collect();
        if let Some(refusal) = self.refusal(&there) {
            return refusal;
        }
        let missing = ids.iter().any(Option::is_none);
        if missing && self.semantics.missing == Missing::Atomic {
            self.not_found_responses += 1;
            return (404, json!({"error": "some DLQ messages were not found"}));
        }
        let mut runs = Vec::new();
        for id in ids {
            match id {
                Some(id) if self.entries[&id].resumable => runs.push(self.take(id, now)),
                Some(_) => {}
                None if self.semantics.missing == Missing::StopAtFirst => break,
                None => {}
            }
        }
        if missing {
            self.not_found_responses += 1;
            return (404, json!({"error": "some DLQ messages were not found"}));
        }
        if self.semantics.shuffled {
            runs.reverse();
        }
        (200, self.with_cursor(json!({ "workflowRuns": runs }), cursor))
    }

    /// Passes over what is not there.
    pub(super) fn delete(&mut self, query: &Query, now: i64) -> Reply {
        let (ids, cursor): (Vec<Id>, _) = if query.ids.is_empty() {
            if self.semantics.refuses_cursors && query.cursor.is_some() {
                return (400, json!({"error": "invalid cursor"}));
            }
            self.page(query)
        } else {
            match self.within_cap(&query.ids) {
                Ok((ids, cursor)) => (ids.iter().filter_map(|id| parse(id)).collect(), cursor),
                Err(refusal) => return refusal,
            }
        };
        let silent = !self.semantics.says_deleted && !query.ids.is_empty();
        if silent && ids.len() == 1 && !self.entries.contains_key(&ids[0]) {
            return (404, json!({"error": "not found"}));
        }
        let mut deleted = 0;
        for id in ids {
            if let Some(entry) = self.entries.remove(&id) {
                self.haunt(id, entry, now);
                *self.taken.entry(id).or_default() += 1;
                deleted += 1;
            }
        }
        let cursor = if query.ids.is_empty() { self.moved(cursor, deleted) } else { cursor };
        let body = if silent { json!({}) } else { json!({ "deleted": deleted }) };
        (200, self.with_cursor(body, cursor))
    }

    /// Lists show what was taken for some time.
    fn haunt(&mut self, id: Id, entry: Entry, now: i64) {
        if self.semantics.listed_after > 0 {
            self.ghosts.insert(id, (entry, now.saturating_add(self.semantics.listed_after)));
        }
    }

    pub(super) fn take(&mut self, id: Id, now: i64) -> serde_json::Value {
        let entry = self.entries.remove(&id).expect("an entry that is there");
        let status = entry.status;
        self.haunt(id, entry, now);
        *self.taken.entry(id).or_default() += 1;
        self.next += 1;
        let run = format!("wfr_{}", self.next);
        let fate = self.fate(now);
        if fate.ending == Ending::Failure {
            self.failed_again += 1;
            let date = fate.ends_at;
            let entry = Entry { date, run_created: now, resumable: true, run: self.next, status };
            self.upcoming.push(((date, 1_000_000 + self.next), entry));
            self.fail_by(now);
        }
        self.fates.insert(run.clone(), fate);
        json!({"workflowRunId": run, "workflowCreatedAt": now})
    }

    /// What becomes of a run that begins now.
    fn fate(&mut self, now: i64) -> Fate {
        let fails = self.random.chance(self.semantics.fail_again);
        let takes = match (fails, self.semantics.slow) {
            (true, false) => 0,
            (true, true) => self.random.pick(&[0, 3_000, 200_000, 1_969_000]),
            _ => self.random.pick(&[0, 300, 20_000, 500_000, 50_000_000]),
        };
        let canceled = self.random.chance(30);
        let recovers = self.random.chance(150);
        Fate {
            created: now,
            ends_at: now + takes,
            ending: match fails {
                true => Ending::Failure,
                false if canceled => Ending::Canceled,
                false => Ending::Success,
            },
            fails_at: if fails || recovers { now + takes / 100 } else { i64::MAX },
            recovers_at: if fails { i64::MAX } else { now + takes / 2 },
            hidden: self.random.chance(self.semantics.hidden),
        }
    }

    /// Runs that have failed by now are in the DLQ.
    pub(super) fn fail_by(&mut self, now: i64) {
        let (due, rest) = self.upcoming.drain(..).partition(|(_, entry)| entry.date <= now);
        self.upcoming = rest;
        self.entries.extend::<Vec<_>>(due);
    }
}
