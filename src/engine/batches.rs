//! The strategies that send ids: `batches`, and `each`, which is `batches` of one.
//!
//! Ids come from the caller, or from lists that run ahead of the batches. What was sent and whose
//! answer does not settle each id's fate is looked up, id by id, before anything is sent again:
//!
//! | answer | still there | gone |
//! |---|---|---|
//! | lost | sent again | unconfirmed |
//! | 404 | sent again | not found, where an id before it is still there and can be taken; else unconfirmed |
//! | fewer runs than ids | sent again | done as many as there are runs, the rest unconfirmed; not found, where they were to be deleted |

use super::checkpoint::{Reader, Writer};
use super::known::Known;
use super::ledger::Fate;
use super::queue::Queue;
use super::retry::Backoff;
use super::source::Source;
use super::{Choice, Context, End, Flight, Job, Reason};
use crate::params::{Selection, Strategy};
use crate::wire::call::URL_MAX;
use crate::wire::response::{self, DELETED_UNSAID};
use crate::wire::{encode_component, Answer, Operation, Page, Refusal};
use alloc::string::String;
use alloc::vec::Vec;

/// Ids that go out in one request.
#[derive(Debug, Default)]
pub struct Batch {
    ids: Vec<String>,
    not_before: i64,
    /// Attempts at these ids that came to nothing.
    failed: u32,
    /// Answers that took none of them and did not say why.
    fruitless: u32,
    /// An earlier attempt may have acted: what is gone can't be told from what was never there.
    uncertain: bool,
}

/// Ids whose fate is being looked up.
#[derive(Debug)]
struct Check {
    key: u32,
    batch: Batch,
    seen: Vec<Seen>,
    cause: Cause,
    /// Look-ups in a row that came to nothing.
    failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Unasked,
    Asked,
    There,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cause {
    Lost,
    Missing,
    /// So many runs for more ids; how often the ids were looked up.
    Short {
        runs: u32,
        rounds: u32,
    },
}

/// Ids that were gone after a 404, behind one that was still there. If that one can be taken, the
/// service had not come as far as them, and they are not found; if the service refuses it, it may
/// have stepped over it and taken them.
#[derive(Debug)]
struct Suspects {
    witness: String,
    ids: Vec<String>,
}

#[derive(Debug)]
pub struct Batches {
    /// Where ids come from; `None` where the caller named them.
    source: Option<Source>,
    fresh: Queue,
    due: Vec<Batch>,
    checks: Vec<Check>,
    suspects: Vec<Suspects>,
    /// What lists may show again.
    known: Known,
    /// Ids in flight.
    flying: u64,
    /// Ids a request at most.
    size: u32,
    /// Fewer, as the service has shown.
    cap: Option<u32>,
    /// Entries refused, each alone, before any was taken; `None` once one was.
    refused_first: Option<u32>,
    keys: u32,
}

impl Batches {
    pub fn new(cx: &Context) -> Self {
        let (source, fresh) = match &cx.plan.selection {
            Selection::Ids(ids) => (None, Queue::of(ids.clone())),
            _ => (Some(Source::new(cx)), Queue::default()),
        };
        let size = match cx.plan.strategy() {
            Strategy::Each => 1,
            _ if !cx.plan.operation.acts() => 1,
            _ => cx.plan.options.page_size,
        };
        Batches {
            source,
            fresh,
            due: Vec::new(),
            checks: Vec::new(),
            suspects: Vec::new(),
            known: Known::default(),
            flying: 0,
            size,
            cap: None,
            refused_first: Some(0),
            keys: 0,
        }
    }

    /// As a new one, with the time bound that an earlier strategy has found.
    pub fn frozen_at(bound: Option<i64>, cx: &Context) -> Self {
        let mut batches = Batches::new(cx);
        if let (Some(bound), Some(source)) = (bound, &mut batches.source) {
            source.freeze(bound);
        }
        batches
    }

    pub fn bound(&self) -> Option<i64> {
        self.source.as_ref().and_then(Source::bound)
    }

    /// Ids that may have been acted on, and whose fate is open.
    pub fn uncertain(&self) -> u64 {
        let checks = self.checks.iter().map(|check| &check.batch);
        let due = self.due.iter().filter(|batch| batch.uncertain);
        let open = checks.chain(due).map(|batch| batch.ids.len() as u64).sum::<u64>();
        open + self.suspected() - self.counted_short()
    }

    fn suspected(&self) -> u64 {
        self.suspects.iter().map(|suspects| suspects.ids.len() as u64).sum()
    }

    /// Runs of short answers were counted when they arrived.
    fn counted_short(&self) -> u64 {
        let runs = |check: &Check| match check.cause {
            Cause::Short { runs, .. } => u64::from(runs),
            _ => 0,
        };
        self.checks.iter().map(runs).sum()
    }

    /// Ids whose fate is open, in flight or not.
    fn owed(&self) -> u64 {
        let checks = self.checks.iter().map(|check| check.batch.ids.len() as u64);
        let due = self.due.iter().map(|batch| batch.ids.len() as u64);
        self.flying + checks.chain(due).sum::<u64>() + self.suspected() - self.counted_short()
    }

    pub fn open_ids(&self) -> u64 {
        self.fresh.rest().len() as u64 + self.owed()
    }

    pub fn next(&mut self, cx: &mut Context, now: i64) -> Choice {
        if let Some(source) = &mut self.source {
            if let Some(choice) = source.open(now) {
                return choice;
            }
        }
        let mut soonest: Option<i64> = None;
        let mut later = |at: i64| soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
        for check in &mut self.checks {
            let Some(index) = check.seen.iter().position(|seen| *seen == Seen::Unasked) else {
                continue;
            };
            if check.batch.not_before <= now {
                check.seen[index] = Seen::Asked;
                return Choice::Send(Job::Fetch { check: check.key, index });
            }
            later(check.batch.not_before);
        }
        // Until the first new runs are dated, nothing runs beside the batch that brings them.
        let undated = self.source.as_ref().filter(|source| source.is_undated());
        let (alone, crowded) = (undated.is_some(), undated.is_some_and(Source::busy));
        if alone && self.flying > 0 {
            return soonest.map_or(Choice::Idle, Choice::At);
        }
        for index in 0..self.due.len() {
            if crowded {
                break;
            }
            if self.due[index].not_before <= now {
                let most = self.due[index].ids.len().min(self.most()) as u32;
                match cx.allowance(most, now) {
                    Ok(count) => {
                        return Choice::Send(Job::Batch(self.cut_due(index, count as usize)))
                    }
                    Err(at) => later(at),
                }
            } else {
                later(self.due[index].not_before);
            }
        }
        let left = cx.left(self.owed());
        let batches = if alone && !self.fresh.rest().is_empty() { 1 } else { cx.concurrency };
        let ahead = u64::from(self.size) * u64::from(batches);
        if let Some(source) = &mut self.source {
            if self.fresh.rest().len() as u64 + source.coming() < left.min(ahead) {
                match source.next(now) {
                    Some(Choice::At(at)) => later(at),
                    Some(choice) => return choice,
                    None => {}
                }
            }
        }
        // A batch that is not full waits for the list that may fill it.
        let more = self.source.as_ref().is_some_and(Source::busy);
        let ready = if alone { !crowded } else { self.fresh.rest().len() >= self.most() || !more };
        if left > 0 && !self.fresh.rest().is_empty() && ready {
            let most = (self.most() as u64).min(left) as usize;
            let fits = self.fitting(cx).min(most);
            match cx.allowance(fits as u32, now) {
                Ok(count) => {
                    let ids = self.fresh.take(count as usize);
                    self.flying += ids.len() as u64;
                    return Choice::Send(Job::Batch(Batch { ids, ..Batch::default() }));
                }
                Err(at) => later(at),
            }
        }
        if let Some(at) = soonest {
            return Choice::At(at);
        }
        let busy = self.source.as_ref().is_some_and(Source::busy);
        if self.owed() > 0 || busy {
            return Choice::Idle;
        }
        if left == 0 && (self.source.is_some() || !self.fresh.rest().is_empty()) {
            return Choice::End(End::Reason(Reason::Limit));
        }
        if let Some(source) = &mut self.source {
            if source.again() {
                return self.next(cx, now);
            }
            if source.shows_done() {
                source.close();
                return Choice::End(End::Reason(Reason::Remaining));
            }
        }
        Choice::End(End::Reason(Reason::Complete))
    }

    /// Ids a request at most.
    fn most(&self) -> usize {
        self.cap.map_or(self.size, |cap| cap.min(self.size)).max(1) as usize
    }

    /// How many of the fresh ids make a URL that servers take.
    fn fitting(&self, cx: &Context) -> usize {
        let options = &cx.plan.options.request;
        let fixed: usize = options
            .query
            .iter()
            .map(|(name, value)| encode_component(name).len() + encode_component(value).len() + 2)
            .sum();
        let mut room = URL_MAX.saturating_sub(cx.plan.origin.len() + PATH_MAX + fixed);
        let mut fits = 0;
        for id in self.fresh.rest().iter().take(self.most()) {
            let length = encode_component(id).len() + "&dlqIds=".len();
            if length > room {
                break;
            }
            room -= length;
            fits += 1;
        }
        fits.max(1)
    }

    /// Takes the first `count` ids of a batch that is due.
    fn cut_due(&mut self, index: usize, count: usize) -> Batch {
        let batch = &mut self.due[index];
        let batch = if count >= batch.ids.len() {
            self.due.remove(index)
        } else {
            let rest = batch.ids.split_off(count);
            let ids = core::mem::replace(&mut batch.ids, rest);
            Batch { ids, ..*batch }
        };
        self.flying += batch.ids.len() as u64;
        batch
    }

    /// The ids of a batch, or the one that is looked up.
    pub fn ids<'a>(&'a self, job: &'a Job) -> &'a [String] {
        match job {
            Job::Batch(batch) => &batch.ids,
            Job::Fetch { check, index } => match self.checks.iter().find(|c| c.key == *check) {
                Some(check) => &check.batch.ids[*index..*index + 1],
                None => &[],
            },
            _ => &[],
        }
    }

    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    pub fn source_mut(&mut self) -> Option<&mut Source> {
        self.source.as_mut()
    }

    pub fn attempt(&self, job: &Job) -> u32 {
        match job {
            Job::Batch(batch) => batch.failed + 1,
            Job::Fetch { check, .. } => {
                self.checks.iter().find(|c| c.key == *check).map_or(1, |check| check.failed + 1)
            }
            _ => self.source.as_ref().map_or(1, |source| source.attempt(job)),
        }
    }

    /// The service never took up the job: it is due again.
    pub fn put_back(&mut self, job: Job) {
        match job {
            Job::Batch(batch) => {
                self.flying -= batch.ids.len() as u64;
                self.due.push(batch);
            }
            Job::Fetch { check, index } => self.mark(check, index, Seen::Unasked),
            job => {
                if let Some(source) = &mut self.source {
                    source.put_back(&job);
                }
            }
        }
    }

    /// The job's answer will never be known.
    pub fn give_up(&mut self, job: Job, cx: &Context) {
        match job {
            Job::Batch(batch) if cx.plan.operation.acts() => {
                self.flying -= batch.ids.len() as u64;
                self.look_up(batch, Cause::Lost);
            }
            job => self.put_back(job),
        }
    }

    pub fn answered(
        &mut self,
        job: Job,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        match job {
            Job::Batch(batch) => {
                self.flying -= batch.ids.len() as u64;
                match answer {
                    Answer::Page(page) => self.taken(batch, page, cx),
                    Answer::Refused(refusal) => self.refused(batch, refusal, cx, now),
                }
            }
            Job::Fetch { check, index } => self.fetched(check, index, answer, cx, now),
            Job::Look => {
                let source = self.source.as_mut()?;
                source.looked(answer, cx, now)
            }
            Job::List(window) => {
                let source = self.source.as_mut()?;
                source.listed(window, answer, &mut self.known, &mut self.fresh, cx, now)
            }
            Job::Page { .. } | Job::Trial => None,
        }
    }

    /// A good answer to a batch.
    fn taken(&mut self, mut batch: Batch, mut page: Page, cx: &mut Context) -> Option<End> {
        let asked = batch.ids.len() as u32;
        if page.size == DELETED_UNSAID && asked > 1 {
            // Not all of them need have been there.
            page.size = 0;
            batch.uncertain = true;
        }
        if page.size > 0 {
            self.refused_first = None;
            if let Some(source) = self.source.as_mut().filter(|source| source.is_undated()) {
                source.dated(page.first_created);
            }
        }
        let deletes = cx.plan.operation == Operation::Delete;
        if deletes && asked == 1 && page.size == 0 && !batch.uncertain {
            cx.add(Fate::NotFound, 1);
            self.settle(&batch.ids, Fate::NotFound, &[], cx);
            return None;
        }
        if page.size >= asked || !cx.plan.operation.acts() {
            cx.add(Fate::Done, u64::from(asked));
            self.settle(&batch.ids, Fate::Done, &page.runs, cx);
            return None;
        }
        cx.add(Fate::Done, u64::from(page.size));
        self.look_up(Batch { failed: 0, ..batch }, Cause::Short { runs: page.size, rounds: 0 });
        None
    }

    fn refused(
        &mut self,
        mut batch: Batch,
        refusal: Refusal,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        if refusal.fate != response::Fate::Refused {
            let unknown = refusal.fate == response::Fate::Unknown && cx.plan.operation.acts();
            let at = cx.retry_at(&mut batch.failed, &refusal, now, unknown);
            batch.not_before = at.unwrap_or(now);
            if unknown {
                self.look_up(batch, Cause::Lost);
            } else {
                self.due.push(batch);
            }
            return at.is_none().then_some(End::Failed(refusal));
        }
        let alone = batch.ids.len() == 1;
        match refusal.status {
            // Refused as a whole, perhaps for the sake of one: halves find out which. Some servers
            // say in this way that the URL is too long.
            Some(400 | 413 | 414 | 422) if !alone => {
                let rest = batch.ids.split_off(batch.ids.len() / 2);
                // Depth first: what is refused whatever the ids shows after a few requests.
                self.due.insert(0, Batch { ids: rest, ..batch });
                self.due.insert(0, batch);
                None
            }
            Some(400 | 422) => {
                cx.add(Fate::Failed, 1);
                self.settle(&batch.ids, Fate::Failed, &[], cx);
                self.refused_first = self.refused_first.map(|entries| entries + 1);
                // So many and not one taken: it is not the entries that are refused.
                let hopeless = self.refused_first.is_some_and(|most| most >= REFUSED_FIRST_MAX);
                hopeless.then_some(End::Failed(refusal))
            }
            // One that was listed, or looked up, a moment ago may be refused in this way.
            Some(404) if alone && batch.fruitless == 0 && self.source.is_none() => {
                let fate = if batch.uncertain { Fate::Unconfirmed } else { Fate::NotFound };
                cx.add(fate, 1);
                self.settle(&batch.ids, fate, &[], cx);
                None
            }
            Some(404) => {
                self.look_up(batch, Cause::Missing);
                None
            }
            _ => {
                self.due.push(batch);
                Some(End::Failed(refusal))
            }
        }
    }

    fn look_up(&mut self, batch: Batch, cause: Cause) -> &mut Check {
        self.keys += 1;
        let seen = alloc::vec![Seen::Unasked; batch.ids.len()];
        let place = self.checks.len();
        self.checks.push(Check { key: self.keys, batch, seen, cause, failed: 0 });
        &mut self.checks[place]
    }

    fn mark(&mut self, key: u32, index: usize, seen: Seen) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.key == key) {
            check.seen[index] = seen;
        }
    }

    /// The answer to a look-up.
    fn fetched(
        &mut self,
        key: u32,
        index: usize,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let at = self.checks.iter().position(|check| check.key == key)?;
        let check = &mut self.checks[at];
        match answer {
            Answer::Page(_) => {
                check.failed = 0;
                check.seen[index] = Seen::There;
            }
            Answer::Refused(refusal) if refusal.status == Some(404) => {
                check.failed = 0;
                check.seen[index] = Seen::Gone;
            }
            Answer::Refused(refusal) => {
                check.seen[index] = Seen::Unasked;
                let end = Some(End::Failed(refusal.clone()));
                if refusal.fate == response::Fate::Refused {
                    return end;
                }
                match cx.retry_at(&mut check.failed, &refusal, now, false) {
                    Some(at) => check.batch.not_before = at,
                    None => return end,
                }
            }
        }
        if check.seen.iter().all(|seen| matches!(seen, Seen::There | Seen::Gone)) {
            let check = self.checks.remove(at);
            self.resolve(check, cx, now);
        }
        None
    }

    /// All of a check's ids were looked up.
    fn resolve(&mut self, check: Check, cx: &mut Context, now: i64) {
        let Check { mut batch, seen, cause, .. } = check;
        if let (Cause::Missing, [seen]) = (&cause, &seen[..]) {
            let fate = match seen {
                Seen::There => Fate::Failed,
                Seen::Gone if !batch.uncertain && batch.fruitless == 0 => Fate::NotFound,
                _ => Fate::Unconfirmed,
            };
            cx.add(fate, 1);
            self.settle(&batch.ids, fate, &[], cx);
            return;
        }
        let total = batch.ids.len() as u32;
        let mut there = Vec::new();
        let mut gone = Vec::new();
        // Whether an id before it is still there.
        let mut behind = Vec::new();
        for (id, seen) in core::mem::take(&mut batch.ids).into_iter().zip(&seen) {
            if *seen == Seen::There {
                there.push(id);
                continue;
            }
            gone.push(id);
            behind.push(!there.is_empty());
        }
        let fruitless = match cause {
            Cause::Lost => false,
            Cause::Missing => gone.is_empty(),
            Cause::Short { runs, .. } => runs == 0,
        };
        if let Cause::Short { runs, rounds } = cause {
            let gone_count = gone.len() as u32;
            if gone_count < runs && rounds < SHORT_ROUNDS {
                // Entries may leave the DLQ a moment after their run is there.
                there.append(&mut gone);
                batch.ids = there;
                batch.not_before = now + Backoff::settle_ms(rounds + 1);
                self.look_up(batch, Cause::Short { runs, rounds: rounds + 1 });
                return;
            }
            if gone_count == runs && runs > 0 && !there.is_empty() {
                self.cap = Some(runs);
            }
            let rest = if gone_count < runs {
                // More runs than entries gone: sending any of them again might double it.
                self.settle(&core::mem::take(&mut there), Fate::Unconfirmed, &[], cx);
                total - runs
            } else {
                gone_count - runs
            };
            // What an answer does not count as deleted was not there, unless an earlier one was lost.
            let missing = cx.plan.operation == Operation::Delete && gone_count >= runs;
            let rest_is =
                if missing && !batch.uncertain { Fate::NotFound } else { Fate::Unconfirmed };
            cx.add(rest_is, u64::from(rest));
            let fate = match (rest, runs) {
                (0, _) => Fate::Done,
                (_, 0) => rest_is,
                // Which of them, nothing tells.
                _ => Fate::Unconfirmed,
            };
            self.settle(&gone, fate, &[], cx);
        } else {
            let suspect = cause == Cause::Missing && !batch.uncertain;
            batch.uncertain |= cause == Cause::Lost;
            let mut suspects = Vec::new();
            for (id, behind) in gone.into_iter().zip(behind) {
                if suspect && behind {
                    suspects.push(id);
                } else {
                    cx.add(Fate::Unconfirmed, 1);
                    self.settle(&[id], Fate::Unconfirmed, &[], cx);
                }
            }
            if let (Some(witness), false) = (there.first(), suspects.is_empty()) {
                self.suspects.push(Suspects { witness: witness.clone(), ids: suspects });
            }
        }
        if fruitless {
            batch.fruitless += 1;
            batch.not_before = now + cx.backoff.delay(batch.fruitless);
            if there.len() > 1 {
                // Alone each must be taken, or be refused.
                let rest = there.split_off(there.len() / 2);
                self.due.push(Batch { ids: rest, ..batch });
            } else if batch.fruitless >= FRUITLESS_MAX {
                cx.add(Fate::Failed, there.len() as u64);
                self.settle(&core::mem::take(&mut there), Fate::Failed, &[], cx);
            }
        }
        if !there.is_empty() {
            self.due.push(Batch { ids: there, ..batch });
        }
    }

    /// Ids whose fate is known now, and their lines in the report.
    fn settle(&mut self, ids: &[String], fate: Fate, runs: &[String], cx: &mut Context) {
        if self.source.is_some() {
            match fate {
                Fate::Failed => self.known.refused(ids),
                _ => self.known.done(ids),
            }
        }
        for id in ids {
            // Only one id's answer says which run it became.
            let run = if ids.len() == 1 { runs.first() } else { None };
            cx.line(Some(id), run, fate);
        }
        while let Some(at) = self.suspects.iter().position(|s| ids.contains(&s.witness)) {
            let suspects = self.suspects.swap_remove(at);
            let fate = if fate == Fate::Done { Fate::NotFound } else { Fate::Unconfirmed };
            cx.add(fate, suspects.ids.len() as u64);
            self.settle(&suspects.ids, fate, &[], cx);
        }
    }

    /// Writes it as if the answers in flight were lost.
    pub fn write(&self, flights: &[Flight], cx: &Context, out: &mut Writer) {
        out.flag(self.source.is_some());
        if let Some(source) = &self.source {
            source.write(out);
        }
        out.maybe(self.cap.map(u64::from));
        out.maybe(self.refused_first.map(u64::from));
        out.ids(self.fresh.rest());
        let flying: Vec<&Batch> = flights.iter().filter_map(|flight| flight.job.batch()).collect();
        // What may have acted is looked up; what only looked is due again.
        let (checks, due) =
            if cx.plan.operation.acts() { (&flying[..], &[][..]) } else { (&[][..], &flying[..]) };
        out.number((self.due.len() + due.len()) as u64);
        self.due.iter().chain(due.iter().copied()).for_each(|batch| batch.write(out));
        out.number((self.checks.len() + checks.len()) as u64);
        for check in &self.checks {
            check.batch.write(out);
            check.cause.write(out);
            // What was asked is written as what was not: the answer is lost.
            check.seen.iter().for_each(|seen| out.number((*seen as u64).saturating_sub(1)));
        }
        for batch in checks {
            batch.write(out);
            Cause::Lost.write(out);
            batch.ids.iter().for_each(|_| out.number(0));
        }
        out.number(self.suspects.len() as u64);
        for suspects in &self.suspects {
            out.text(&suspects.witness);
            out.ids(&suspects.ids);
        }
        self.known.write(out);
    }

    pub fn read(input: &mut Reader, cx: &Context) -> Self {
        let mut batches = Batches::new(cx);
        let listed = input.flag();
        input.refuse(listed != batches.source.is_some());
        if let Some(source) = &mut batches.source {
            source.read(input);
        }
        batches.cap = input.maybe().map(|cap| cap as u32);
        // Whoever goes on all the same has seen the refusals.
        batches.refused_first = input.maybe().map(|_| 0);
        batches.fresh = Queue::of(input.ids());
        for _ in 0..input.length() {
            batches.due.push(Batch::read(input));
        }
        for _ in 0..input.length() {
            let batch = Batch::read(input);
            let cause = Cause::read(input);
            if let Cause::Short { runs, rounds } = cause {
                input.refuse(runs as usize > batch.ids.len() || rounds > SHORT_ROUNDS);
            }
            let check = batches.look_up(batch, cause);
            for seen in &mut check.seen {
                *seen = input.pick(&[Seen::Unasked, Seen::There, Seen::Gone]);
            }
            // It is the last look-up that settles a check.
            input.refuse(!check.seen.contains(&Seen::Unasked));
        }
        for _ in 0..input.length() {
            batches.suspects.push(Suspects { witness: input.text(), ids: input.ids() });
        }
        batches.known = Known::read(input);
        let open = batches.due.iter().chain(batches.checks.iter().map(|check| &check.batch));
        let open = open.flat_map(|batch| &batch.ids);
        // What waits for a witness that nobody asks for would wait for ever.
        input.refuse(batches.suspects.iter().any(|s| !open.clone().any(|id| *id == s.witness)));
        for id in open.chain(batches.fresh.rest()) {
            batches.known.add(id);
        }
        batches
    }
}

impl Batch {
    fn write(&self, out: &mut Writer) {
        out.ids(&self.ids);
        out.flag(self.uncertain);
        out.number(u64::from(self.fruitless));
    }

    fn read(input: &mut Reader) -> Self {
        let ids = input.ids();
        input.refuse(ids.is_empty());
        let uncertain = input.flag();
        let fruitless = input.number().min(u64::from(FRUITLESS_MAX)) as u32;
        Batch { ids, uncertain, fruitless, ..Batch::default() }
    }
}

impl Cause {
    fn write(self, out: &mut Writer) {
        match self {
            Cause::Lost => out.number(0),
            Cause::Missing => out.number(1),
            Cause::Short { runs, rounds } => {
                out.number(2);
                out.number(u64::from(runs));
                out.number(u64::from(rounds));
            }
        }
    }

    fn read(input: &mut Reader) -> Self {
        match input.pick(&[0, 1, 2]) {
            0 => Cause::Lost,
            1 => Cause::Missing,
            _ => Cause::Short { runs: input.small(), rounds: input.small() },
        }
    }
}

/// The longest path of a bulk request, and its question mark.
const PATH_MAX: usize = 32;
/// Answers that take nothing and give no reason, until an entry counts as refused; halving a batch
/// of a thousand takes ten of them.
const FRUITLESS_MAX: u32 = 12;
/// Refusals in a row, of an entry each, that no acceptance came before: a bad override would
/// otherwise be told as ten thousand entries that can't be resumed.
const REFUSED_FIRST_MAX: u32 = 10;
/// How often the ids of an answer with more runs than entries gone are looked up again.
const SHORT_ROUNDS: u32 = 3;
