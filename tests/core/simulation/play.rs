//! A drive against a service, with whatever goes wrong on the way.

use super::audit::{self, Books};
use super::scenario::{Scenario, START};
use super::service::{Arrival, Fault, Id, Random, Service};
use crate::json::InMemory;
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::engine::follow::Follow;
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket};
use upstash_workflow_dlq::id::DlqId;
use upstash_workflow_dlq::params::{Auth, ClientOptions, RetryOptions, Token};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

/// What a scenario has met.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coverage {
    pub lost: bool,
    pub late: bool,
    pub cut_in_flight: bool,
    pub jumped: bool,
    pub withheld: bool,
    /// The velocity limit was kept over several processes.
    pub paced_slices: bool,
    pub canary_stopped: bool,
    pub canary_passed: bool,
    pub canary_undecided: bool,
    /// Runs were followed until each had ended, or the time was up.
    pub followed: bool,
    pub timed_out: bool,
    pub cut_while_following: bool,
    /// Several requests were lost at once.
    pub lost_together: bool,
    /// The drive ended for want of a response other than 429.
    pub limited_for_long: bool,
}

pub struct Played {
    pub coverage: Coverage,
    /// What was sent, and when.
    pub trace: u64,
}

/// The ids that a request names.
fn ids_of(target: &str) -> impl Iterator<Item = &str> {
    target.split(['?', '&']).filter_map(|pair| pair.strip_prefix("dlqIds="))
}

/// How many entries a response says were taken.
fn taken(payload: &Payload<InMemory>) -> Option<usize> {
    let Payload::Json(InMemory(body)) = payload else { return None };
    let runs = body["workflowRuns"].as_array().map(Vec::len);
    runs.or_else(|| body["deleted"].as_u64().map(|count| count as usize))
}

/// Milliseconds of nothing but 429s after which a drive must have ended, and the last wait.
const NO_PROGRESS_MAX: i64 = 15 * 60_000 + 60_000;
/// Milliseconds that a drive may wait for at most, whatever the clocks show: a canary's, or a limit's.
const LONGEST_WAIT: i64 = 120_000;

/// Pages of a circle of at most five cursors that eight lanes may be led over.
const CIRCLED_MAX: u32 = 600;

struct Flight {
    ticket: Ticket,
    acts: bool,
    method: &'static str,
    target: String,
    fault: Fault,
    work_at: i64,
    response_at: i64,
    arrival: Option<Arrival>,
}

/// Work that the service does although nobody waits for it any more.
struct Orphan {
    at: i64,
    method: &'static str,
    target: String,
}

struct Player<'a> {
    scenario: &'a Scenario,
    service: &'a mut Service,
    random: &'a mut Random,
    seed: u64,
    /// By the service's clock.
    now: i64,
    /// What the local clock is ahead of it.
    ahead: i64,
    flights: Vec<Flight>,
    orphans: Vec<Orphan>,
    sent: u32,
    acting: u32,
    /// Requests of this invocation, and when it began by the local clock.
    asked_here: u64,
    began: Timestamp,
    invocations: u32,
    coverage: Coverage,
    /// Every response to what acts has arrived.
    clean: bool,
    lines: Vec<Option<String>>,
    /// Runs that the report says have ended.
    run_lines: Vec<Option<String>>,
    /// The canary is through, or was left out.
    canary_over: bool,
    skip_canary: bool,
    /// When the last request that acts was sent, and the longest time without one.
    acted_at: i64,
    pause: (i64, i64),
    trace: u64,
    /// Everything is lost until then.
    outage_until: i64,
    /// Everything is answered with 429 until then.
    limited_until: i64,
    /// When the first of the 429s in a row was answered, in this invocation.
    limited_since: Option<i64>,
    /// What answers of this invocation acknowledged.
    acknowledged: HashSet<String>,
}

fn client() -> ClientOptions {
    ClientOptions {
        base_url: "https://qstash.upstash.io".into(),
        token: Token::new("token"),
        auth: Auth::Header,
        timeout: 60_000,
        retry: RetryOptions::default(),
        headers: Vec::new(),
        dev_mode: false,
    }
}

fn plan(scenario: &Scenario) -> Result<Plan, String> {
    let options = Value::Map(scenario.drive.clone());
    let mut args = vec![scenario.selection.clone()];
    if scenario.operation != Operation::Delete {
        args.push(Value::Undefined);
    }
    args.push(options);
    Plan::read(scenario.operation, &args, &client()).map_err(|issues| format!("{issues:?}"))
}

/// Plays a scenario to its end, and holds it to every rule.
pub fn play(
    scenario: &Scenario,
    service: &mut Service,
    random: &mut Random,
    seed: u64,
) -> Result<Played, String> {
    let before = chosen(scenario, service);
    // Slices that are shorter than what a cursor has to pass would never come further.
    let sliced = scenario.max_requests.is_some() || scenario.time_budget.is_some();
    service.semantics.expiring_cursors &= !sliced;
    let mut player = Player {
        scenario,
        service,
        random,
        seed,
        now: START,
        ahead: scenario.clock,
        flights: Vec::new(),
        orphans: Vec::new(),
        sent: 0,
        acting: 0,
        asked_here: 0,
        began: Timestamp::from_ms(START + scenario.clock),
        invocations: 1,
        coverage: Coverage::default(),
        clean: true,
        lines: Vec::new(),
        run_lines: Vec::new(),
        canary_over: scenario.canary.is_none(),
        skip_canary: false,
        acted_at: START,
        pause: (START, 0),
        trace: 0,
        outage_until: i64::MIN,
        limited_until: i64::MIN,
        limited_since: None,
        acknowledged: HashSet::new(),
    };
    let (drive, end) = player.run_to_end(&before)?;
    player.finish_orphans();
    let steady = player.is_steady();
    let Player { clean, lines, run_lines, mut coverage, invocations, trace, now, .. } = player;
    let books = Books {
        scenario,
        service,
        before: &before,
        counts: drive.counts(),
        bound: drive.cutoff().map(Timestamp::ms),
        now,
        steady,
        clean,
        jumped: coverage.jumped,
        // A bound that is too late is corrected by the first new runs, if their answer arrives.
        early: clean || !may_be_late(scenario, service, coverage.jumped),
    };
    books.bounds()?;
    books.end(&end)?;
    if service.circled > CIRCLED_MAX {
        return Err(format!("{} pages of a circle of cursors", service.circled));
    }
    if !coverage.jumped && !coverage.late {
        books.pace()?;
        coverage.paced_slices = invocations > 1 && scenario.per_second.is_some();
    }
    audit::unique(&run_lines, service.fates.len())?;
    if let Some(ids) = &scenario.ids {
        audit::unique(&lines, ids.len() + scenario.gone_before)?;
    }
    Ok(Played { coverage, trace })
}

/// The entries that are meant, and whether each can be taken.
fn chosen(scenario: &Scenario, service: &Service) -> BTreeMap<Id, bool> {
    let (from, to) = scenario.dates;
    let deletes = scenario.operation == Operation::Delete;
    let meant = service.entries.iter().filter(|(_, entry)| {
        let status = scenario.status.is_none_or(|status| entry.status == status);
        status && (from..=to).contains(&service.date(entry))
    });
    meant.map(|(id, entry)| (*id, entry.resumable || deletes)).collect()
}

/// Whether the clock that freezes the selection may be ahead of the entries' dates.
fn may_be_late(scenario: &Scenario, service: &Service, jumped: bool) -> bool {
    let date = service.semantics.has_date && service.semantics.date_skew > 0;
    date || scenario.clock > 0 || jumped
}

impl Player<'_> {
    fn local(&self) -> Timestamp {
        Timestamp::from_ms(self.now + self.ahead)
    }

    /// Whether anything may still go wrong.
    fn is_troubled(&self) -> bool {
        self.sent <= self.scenario.troubled
    }

    fn run_to_end(&mut self, before: &BTreeMap<Id, bool>) -> Result<(Drive, End), String> {
        let mut drive = self.begin()?;
        for _ in 0..60_000 {
            self.pass_canary(&drive, before)?;
            match drive.poll(self.local()) {
                Next::Send(ticket, request) => {
                    let acts = request.operation.acts();
                    self.pause_before(acts);
                    if acts && self.is_troubled() && self.random.chance(self.scenario.withhold_rate)
                    {
                        self.sent += 1;
                        self.coverage.withheld = true;
                        drive.handle_not_sent(ticket, "no room".into(), self.local());
                        continue;
                    }
                    self.send(ticket, acts, request.operation.method().name(), request.target)?;
                    let cut = self.is_troubled() && self.random.chance(self.scenario.cut_rate);
                    if acts && (cut || self.scenario.cut_at == Some(self.acting)) {
                        drive = self.cut(&drive)?;
                    }
                    if self.scenario.abort_at == Some(self.sent) {
                        drive.abort(self.local());
                        if self.random.chance(500) {
                            drive.abort(self.local());
                        }
                    }
                }
                Next::Wait { until, .. } => {
                    self.wait(until.map(Timestamp::ms))?;
                    self.respond(&mut drive);
                    if self.is_troubled() && self.random.chance(self.scenario.jump_rate) {
                        let jumps = [3_600_000, -3_600_000, 2_000, -2_000, 90_000_000];
                        self.ahead += self.random.pick(&jumps);
                        self.coverage.jumped = true;
                    }
                    if self.is_troubled() && self.random.chance(self.scenario.cut_rate / 4) {
                        drive = self.cut(&drive)?;
                    }
                }
                Next::Page(_) if !self.scenario.paged => {
                    return Err("a page that nobody asked for".into());
                }
                Next::Page(_) => {
                    // The caller leaves the loop, and goes on from the page's checkpoint.
                    if self.is_troubled() && self.random.chance(100) {
                        drive = self.cut(&drive)?;
                    }
                }
                Next::Done(end) => {
                    if let Some(end) = self.done(&drive, end, before)? {
                        return Ok((drive, end));
                    }
                    // Runs take their time: whoever looks again does so a minute later. Otherwise a job of
                    // slices goes on at once, a person later.
                    let waits = drive.followed().is_some_and(Follow::is_begun);
                    let later = if waits { 60_000 } else { self.random.pick(&[0, 30, 5_000]) };
                    drive = self.go_on(&drive.checkpoint(), later)?;
                }
            }
        }
        Err("does not end".into())
    }

    fn is_steady(&self) -> bool {
        self.invocations == 1 && !self.coverage.jumped && !self.coverage.late
    }

    fn books<'a>(&'a self, drive: &Drive, before: &'a BTreeMap<Id, bool>) -> Books<'a> {
        Books {
            scenario: self.scenario,
            service: self.service,
            before,
            counts: drive.counts(),
            bound: drive.cutoff().map(Timestamp::ms),
            now: self.now,
            steady: self.is_steady(),
            jumped: self.coverage.jumped,
            clean: self.clean,
            early: true,
        }
    }

    /// The longest time between two requests that act is the one that the canary waited.
    fn pause_before(&mut self, acts: bool) {
        if acts {
            let pause = self.now - self.acted_at;
            if pause > self.pause.1 {
                self.pause = (self.acted_at, pause);
            }
            self.acted_at = self.now;
        }
    }

    /// More entries than the canary's are taken: it has passed.
    fn pass_canary(&mut self, drive: &Drive, before: &BTreeMap<Id, bool>) -> Result<(), String> {
        let Some(canary) = self.scenario.canary.filter(|_| !self.canary_over) else {
            return Ok(());
        };
        if self.service.taken.len() as u64 > canary.entries {
            self.books(drive, before).canary_passed(self.pause)?;
            self.canary_over = true;
            self.coverage.canary_passed = true;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<Drive, String> {
        let mut drive = Drive::new(plan(self.scenario)?, self.local(), self.seed);
        if self.scenario.paged {
            drive.hand_out_pages();
        }
        Ok(drive)
    }

    fn send(
        &mut self,
        ticket: Ticket,
        acts: bool,
        method: &'static str,
        target: String,
    ) -> Result<(), String> {
        self.sent += 1;
        self.asked_here += 1;
        self.acting += u32::from(acts);
        if self.scenario.max_requests.is_some_and(|most| self.asked_here > most) {
            return Err("maxRequests overdrawn".into());
        }
        let spent = self.local() - self.began;
        if !self.coverage.jumped && self.scenario.time_budget.is_some_and(|most| spent >= most) {
            return Err("a request after the time budget".into());
        }
        if let Some(id) = ids_of(&target).find(|id| acts && self.acknowledged.contains(*id)) {
            return Err(format!("{id} was acknowledged, and is sent again"));
        }
        let waited = self.limited_since.map_or(0, |since| self.now - since);
        if waited > NO_PROGRESS_MAX && !self.coverage.jumped {
            return Err(format!("429s for {waited} ms, and no end"));
        }
        let fault = self.fault(acts);
        if acts && !fault.is_told() {
            self.clean = false;
            self.coverage.lost = true;
            self.coverage.late |= matches!(fault, Fault::Late(_));
        }
        if std::env::var_os("SEED").is_some() {
            println!("{} {ticket} {fault:?} {method} {target}", self.now);
        }
        let hash = target
            .bytes()
            .fold(7u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)));
        self.trace = self.trace.wrapping_mul(31).wrapping_add(hash ^ self.now as u64);
        // Half of the time the service is quick, and it may be slower than with the next one.
        let latency = self.random.pick(&[1, 5, 40, 300]) + self.random.below(20) as i64;
        let work_at = self.now + self.random.below(latency as u64 + 1) as i64;
        let response_at = self.now + latency;
        let arrival = None;
        self.flights.push(Flight {
            ticket,
            acts,
            method,
            target,
            fault,
            work_at,
            response_at,
            arrival,
        });
        if self.flights.len() > self.scenario.concurrency {
            return Err("more in flight than concurrency allows".into());
        }
        Ok(())
    }

    /// What befalls the request that is sent now.
    fn fault(&mut self, acts: bool) -> Fault {
        if let Some((_, ms)) = self.scenario.outage.filter(|(at, _)| *at == self.sent) {
            self.outage_until = self.now + ms;
            self.coverage.lost_together |= !self.flights.is_empty();
            // What is in flight is lost with it; some of it was done by then.
            for flight in &mut self.flights {
                if flight.acts {
                    self.clean = false;
                    self.coverage.lost = true;
                }
                flight.response_at = self.now;
                match &mut flight.arrival {
                    Some(arrival) => *arrival = Arrival::Lost(Loss::Timeout),
                    None => {
                        flight.fault = Fault::LostBefore;
                        flight.work_at = self.now;
                    }
                }
            }
            return Fault::LostBefore;
        }
        if self.now < self.outage_until {
            return self.random.pick(&[Fault::NotSent, Fault::LostBefore, Fault::ErrorBefore]);
        }
        if let Some((_, ms)) = self.scenario.limited.filter(|(at, _)| *at == self.sent) {
            self.limited_until = self.now + ms;
        }
        if self.now < self.limited_until {
            return Fault::LimitedFor(30);
        }
        self.scenario.fault(self.random, self.sent, acts.then_some(self.acting))
    }

    /// Lets time pass until something happens, at most until the drive wants to be asked again.
    fn wait(&mut self, until: Option<i64>) -> Result<(), String> {
        let moment = |flight: &Flight| match flight.arrival {
            None => flight.work_at,
            Some(_) => flight.response_at,
        };
        let flown = self.flights.iter().map(moment).min();
        let asked = until.map(|until| until - self.ahead);
        if asked.is_some_and(|at| at - self.now > LONGEST_WAIT) {
            return Err(format!("a wait until {asked:?} at {}", self.now));
        }
        let next = flown.into_iter().chain(asked).min().ok_or("waits for nothing")?;
        self.now = self.now.max(next);
        self.work();
        Ok(())
    }

    /// The service does what is due by now.
    fn work(&mut self) {
        loop {
            let orphan = (0..self.orphans.len()).min_by_key(|index| self.orphans[*index].at);
            let flight = (0..self.flights.len())
                .filter(|index| self.flights[*index].arrival.is_none())
                .min_by_key(|index| self.flights[*index].work_at);
            let orphan_at = orphan.map_or(i64::MAX, |index| self.orphans[index].at);
            let flight_at = flight.map_or(i64::MAX, |index| self.flights[index].work_at);
            if orphan_at.min(flight_at) > self.now {
                return;
            }
            if let (Some(index), true) = (orphan, orphan_at <= flight_at) {
                let Orphan { at, method, target } = self.orphans.swap_remove(index);
                self.service.work(method, &target, at);
            } else if let Some(index) = flight {
                let flight = &mut self.flights[index];
                let (method, fault) = (flight.method, flight.fault);
                flight.arrival = Some(self.service.serve(method, &flight.target, fault, flight_at));
                if let Fault::Late(ms) = fault {
                    let at = flight.response_at + ms;
                    self.orphans.push(Orphan { at, method, target: flight.target.clone() });
                }
            }
        }
    }

    /// The responses that have arrived by now.
    fn respond(&mut self, drive: &mut Drive) {
        let (now, local) = (self.now, self.local());
        let arrived = |flight: &Flight| flight.arrival.is_some() && flight.response_at <= now;
        while let Some(index) = self.flights.iter().position(arrived) {
            let flight = self.flights.swap_remove(index);
            match &flight.arrival {
                Some(Arrival::Response { status: 429, .. }) => {
                    self.limited_since.get_or_insert(now);
                }
                Some(Arrival::Response { status, payload, .. }) if *status < 500 => {
                    self.limited_since = None;
                    let ids: Vec<&str> = ids_of(&flight.target).collect();
                    if flight.acts && *status == 200 && taken(payload) >= Some(ids.len()) {
                        self.acknowledged.extend(ids.into_iter().map(String::from));
                    }
                }
                _ => {}
            }
            match flight.arrival.expect("an arrival") {
                Arrival::Lost(loss) => {
                    let lost: Outcome<crate::json::InMemory> = Outcome::Lost(loss);
                    drive.handle_response(flight.ticket, &lost, local);
                }
                Arrival::Response { status, headers, payload } => {
                    let outcome =
                        Outcome::Response { status, headers: &headers, payload, length: 0 };
                    drive.handle_response(flight.ticket, &outcome, local);
                }
            }
        }
    }

    /// The process dies here; another goes on from the checkpoint of this moment.
    fn cut(&mut self, drive: &Drive) -> Result<Drive, String> {
        if self.flights.iter().any(|flight| flight.acts) {
            self.clean = false;
            self.coverage.cut_in_flight = true;
        }
        self.coverage.cut_while_following |= drive.followed().is_some_and(|runs| runs.is_begun());
        let text = drive.checkpoint();
        self.record(drive);
        self.go_on(&text, 1_000)
    }

    fn go_on(&mut self, text: &str, later: i64) -> Result<Drive, String> {
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
    fn done(
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

    fn finish_orphans(&mut self) {
        self.now += 3_600_000;
        self.work();
    }
}

/// Whether some runs have not ended: an undecided canary looks at them again.
fn has_open(runs: &Follow) -> bool {
    runs.outcome().open() > 0
}
