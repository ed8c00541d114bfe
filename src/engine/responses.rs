//! What a response does to a drive.

use super::action::{Flight, Job};
use super::canary::Verdict;
use super::context::WAIT_MAX_MS;
use super::drive::Drive;
use super::{End, Ticket};
use crate::wire::rate_limit;
use crate::wire::response::{self, interpret, Body, Kind, Outcome};
use crate::wire::{Answer, Refusal};
use alloc::string::String;

impl Drive {
    /// What became of a request. A ticket that is not in flight (any more) is passed over.
    pub fn answer<B: Body>(&mut self, ticket: Ticket, outcome: &Outcome<B>, now: i64) {
        let now = self.tick(now);
        let Some(at) = self.flights.iter().position(|flight| flight.ticket == ticket) else {
            return;
        };
        let flight = self.flights.swap_remove(at);
        let operation = self.operation_of(&flight.job);
        self.cx.service_now = match outcome {
            Outcome::Response { headers, .. } if matches!(flight.job, Job::Look) => {
                rate_limit::service_now(*headers, now)
            }
            _ => None,
        };
        let answer = interpret(operation, outcome, self.want(&flight.job), now);
        let heavy = match (&answer, outcome) {
            (Answer::Refused(refusal), _) => {
                let lost = refusal.fate == response::Fate::Unknown;
                lost && matches!(refusal.kind, Kind::Timeout | Kind::Network | Kind::ResponseFormat)
            }
            (_, Outcome::Response { length, .. }) => *length > LIST_LENGTH_MAX,
            _ => false,
        };
        if heavy && matches!(flight.job, Job::Page { .. } | Job::List(_)) && !operation.acts() {
            self.course.lighten(&mut self.cx);
        }
        let entries = self.entries_of(&flight.job);
        let not_done =
            matches!(&answer, Answer::Refused(refusal) if refusal.fate == response::Fate::NotDone);
        self.cx.pace.landed(entries, !not_done, now);
        self.settle(flight, answer, now);
        self.assert_invariants();
    }

    /// A request was not sent: the caller's `onCheckpoint` rejected, so that the drive ends, or it
    /// was ending anyway before that was done.
    pub fn withhold(&mut self, ticket: Ticket, why: String, now: i64) {
        self.tick(now);
        if let Some(at) = self.flights.iter().position(|flight| flight.ticket == ticket) {
            let flight = self.flights.swap_remove(at);
            self.put_back(flight.job);
            self.requests -= 1;
            self.cx.counts.requests -= 1;
            let refusal = Refusal {
                detail: Some(why),
                ..Refusal::new(Kind::Checkpoint, "checkpoint_hook", response::Fate::Refused)
            };
            self.ending.get_or_insert(End::Failed(refusal));
        }
    }

    fn settle(&mut self, flight: Flight, answer: Answer, now: i64) {
        let end = match answer {
            Answer::Refused(refusal) if refusal.kind == Kind::RateLimit => {
                self.put_back(flight.job);
                self.cx.counts.retries += 1;
                self.rate_limited(flight.ticket, refusal, now)
            }
            answer => {
                if let Answer::Page(_) = &answer {
                    self.unnamed_limits = 0;
                    self.cx.pace.answered();
                    self.cx.bucket.refund();
                    if self.paged && matches!(flight.job, Job::Page { .. } | Job::Batch(_)) {
                        self.pages.push(flight.ticket);
                    }
                }
                self.hand_on(flight.job, answer, now)
            }
        };
        match (&self.ending, end) {
            // A failure is worth more than the reason for which the drive was about to end.
            (None | Some(End::Reason(_)), Some(End::Failed(refusal))) => {
                self.ending = Some(End::Failed(refusal))
            }
            (None, Some(end)) => self.ending = Some(end),
            _ => {}
        }
    }

    /// The answer to a job, to whom it concerns.
    fn hand_on(&mut self, job: Job, answer: Answer, now: i64) -> Option<End> {
        let Some(trial) = &mut self.trial else {
            return self.course.answered(job, answer, &mut self.cx, now);
        };
        if !matches!(job, Job::Trial) {
            if let (Answer::Page(page), Job::Page { .. } | Job::Batch(_)) = (&answer, &job) {
                trial.taken(page);
            }
            return self.course.answered(job, answer, &mut self.cx, now);
        }
        let verdict = trial.answered(answer, &mut self.cx, now);
        match verdict {
            Verdict::Open => None,
            Verdict::Passed => {
                self.trial = None;
                None
            }
            Verdict::Ended(end) => Some(end),
        }
    }

    fn rate_limited(&mut self, ticket: Ticket, refusal: Refusal, now: i64) -> Option<End> {
        // What was in flight together is refused together, and says the same but once.
        let news = ticket > self.limited_until;
        if news {
            self.limited_until = self.tickets;
        }
        let until = match refusal.limit.reset_at {
            Some(at) => at,
            None if !news => return None,
            None => {
                self.unnamed_limits += 1;
                now + self.cx.backoff.delay(self.unnamed_limits).max(1)
            }
        };
        if until - now > WAIT_MAX_MS || self.unnamed_limits > UNNAMED_LIMITS_MAX {
            return Some(End::Failed(refusal));
        }
        self.cx.pace.limited(&refusal.limit, until, news);
        None
    }
}

/// Characters of a list: one that is longer is followed by smaller ones.
const LIST_LENGTH_MAX: u32 = 4_000_000;
/// Refusals in a row that name no reset: several minutes of back-off.
const UNNAMED_LIMITS_MAX: u32 = 20;
