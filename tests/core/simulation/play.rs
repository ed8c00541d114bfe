//! A drive against a service, with whatever goes wrong on the way.

mod invocations;
mod requests;

use super::audit::{self, Books};
use super::random::Random;
use super::scenario::{Scenario, START};
use super::service::{Arrival, Fault, Id, Service};
use crate::client_of;
use crate::json::InMemory;
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::engine::follow::Follow;
use upstash_workflow_dlq::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket};
use upstash_workflow_dlq::id::DlqId;
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

fn plan(scenario: &Scenario) -> Result<Plan, String> {
    let options = Value::Map(scenario.drive.clone());
    let mut args = vec![scenario.selection.clone()];
    if scenario.operation != Operation::Delete {
        args.push(Value::Undefined);
    }
    args.push(options);
    Plan::read(scenario.operation, &args, &client_of("https://qstash.upstash.io"))
        .map_err(|issues| format!("{issues:?}"))
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

    fn finish_orphans(&mut self) {
        self.now += 3_600_000;
        self.work();
    }
}

/// Whether some runs have not ended: an undecided canary looks at them again.
fn has_open(runs: &Follow) -> bool {
    runs.outcome().open() > 0
}
