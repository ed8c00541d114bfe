//! A follow in a checkpoint. Requests in flight are not stored: they are sent again.

use super::outcome::Outcome;
use super::runs::Key;
use super::{Follow, Logs, Phase, Round, WALK_INTERVAL_MAX_MS};
use crate::engine::checkpoint::{Reader, Writer};
use crate::params::Following;
use crate::time::Timestamp;
use crate::wire::logs::LogsPath;
use alloc::vec::Vec;

impl Follow {
    /// Writes the state. `set_back`: milliseconds by which the drive's clock is ahead of the host's.
    pub fn write(&self, set_back: i64, out: &mut Writer) {
        out.number(u64::from(self.options.timeout));
        out.number(u64::from(self.options.interval));
        out.maybe(self.options.sample.map(u64::from));
        out.number(self.interval_max as u64);
        out.number(match self.phase {
            Phase::Collecting => 0,
            Phase::Watching => 1,
            Phase::Closing => 2,
            Phase::Ended => 3,
        });
        out.timestamp(self.began - set_back);
        out.timestamp(self.until - set_back);
        out.maybe_timestamp(self.floor);
        out.number(match self.logs {
            Logs::Untried => 0,
            Logs::Available => 1,
            Logs::Unavailable => 2,
        });
        out.flag(self.path == LogsPath::Events);
        out.flag(self.by_list);
        out.number(self.added);
        for number in [self.outcome.succeeded, self.outcome.failed_again, self.outcome.canceled] {
            out.number(number);
        }
        self.errors.write(out);
        self.walk.write(set_back, out);
        out.flag(self.round.walked);
        let mut in_flight: Vec<Key> = Vec::new();
        for batch in &self.batches {
            in_flight.extend_from_slice(&batch.keys);
        }
        // The closing round has to finish even if each invocation sends only a few requests.
        let round = (self.phase == Phase::Closing).then_some(self.round.number);
        self.runs.write(&in_flight, round, out);
    }

    /// Reads the state and continues at `now`. `reports` and `seed` are those of [`Follow::new`].
    pub fn read(input: &mut Reader, reports: bool, now: Timestamp, seed: u64) -> Self {
        let options = Following {
            timeout: input.small(),
            interval: input.small().max(1),
            sample: input.maybe().map(|size| size as u32),
        };
        let interval_max = input.count() as i64;
        let phase = input.pick(&[Phase::Collecting, Phase::Watching, Phase::Closing, Phase::Ended]);
        // This machine's clock may be behind that of the one that wrote the checkpoint.
        let began = input.timestamp().min(now);
        let until = input.timestamp().min(now + i64::from(options.timeout));
        let floor = input.maybe_timestamp();
        let mut follow = Follow::new(options, reports, floor, seed);
        follow.interval_max = interval_max.max(i64::from(options.interval));
        follow.logs = input.pick(&[Logs::Untried, Logs::Available, Logs::Unavailable]);
        follow.path = input.pick(&[LogsPath::Logs, LogsPath::Events]);
        follow.by_list = input.flag();
        follow.added = input.count();
        let Outcome { succeeded, failed_again, canceled, .. } = &mut follow.outcome;
        for number in [succeeded, failed_again, canceled] {
            *number = input.count();
        }
        follow.errors.read(input);
        follow.walk.read(input);
        follow.walk.due = follow.walk.due.min(now + WALK_INTERVAL_MAX_MS);
        let walked = input.flag();
        follow.runs.read(input);
        for run in follow.runs.iter() {
            *follow.outcome.of(run.state) += 1;
        }
        if phase == Phase::Ended {
            // Continuing after a timeout starts a new one.
            follow.begin(now);
        } else {
            follow.phase = phase;
            follow.began = began;
            follow.until = until;
            // The first round is due at once.
            let walked = walked && phase == Phase::Closing;
            follow.round = Round { number: 1, walked, ..Round::default() };
        }
        follow
    }
}
