//! The runs that have not ended, and the order in which they are requested.

use crate::engine::checkpoint::{Reader, Writer};
use crate::engine::hash::{hash, ByHash};
use crate::id::{DlqId, RunId};
use crate::params::{FollowedRun, RunName};
use crate::time::Timestamp;
use crate::wire::logs::{is_listable, Cause, RunState};
use alloc::vec::Vec;

/// The hash of a run's id.
pub type Key = u64;

/// A run that has not ended, as far as is known.
#[derive(Debug)]
pub struct Run {
    pub name: RunName,
    /// The DLQ entry that was resumed or restarted as this run, if known.
    pub entry: Option<DlqId>,
    /// Last known state, never a final one.
    pub state: RunState,
    /// Its last error, while it is retried.
    pub cause: Cause,
    /// The round in which it was last requested; 0 for never.
    pub round: u32,
}

/// A queue of runs to request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pool {
    /// Never requested.
    #[default]
    Fresh,
    /// Requested before, the least recently requested first.
    Asked,
}

/// The runs, and a queue of keys for each pool. Keys whose run has ended are skipped.
#[derive(Debug, Default)]
pub struct Runs {
    /// In the order in which they were added; `None` for a run that has ended.
    list: Vec<Option<Run>>,
    /// The index in `list` of each run that has not ended.
    places: ByHash,
    queues: [Vec<Key>; 2],
}

pub fn key_of(id: &RunId) -> Key {
    hash(id.as_str())
}

impl Runs {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds a run; `false` if it is already there.
    pub fn add(&mut self, run: &FollowedRun, pool: Pool, state: RunState) -> bool {
        let key = key_of(&run.name.id);
        let new = !self.places.contains_key(&key);
        if new {
            let FollowedRun { name, entry } = run.clone();
            self.places.insert(key, self.list.len() as u32);
            self.list.push(Some(Run { name, entry, state, cause: Cause::default(), round: 0 }));
            self.queues[pool as usize].push(key);
        }
        new
    }

    /// Replaces the run at `index` of those never requested.
    pub fn replace(&mut self, index: usize, run: &FollowedRun) {
        let key = self.queues[Pool::Fresh as usize].swap_remove(index);
        self.remove(key);
        self.add(run, Pool::Fresh, RunState::Unknown);
    }

    pub fn get(&self, key: Key) -> Option<&Run> {
        self.list.get(*self.places.get(&key)? as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Run> {
        self.list.get_mut(*self.places.get(&key)? as usize)?.as_mut()
    }

    pub fn remove(&mut self, key: Key) {
        if let Some(place) = self.places.remove(&key) {
            self.list[place as usize] = None;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Run> {
        self.list.iter().flatten()
    }

    /// The earliest creation date; `None` if a run has no date.
    pub fn first_created(&self) -> Option<Timestamp> {
        let mut first = Timestamp::MAX;
        for run in self.iter() {
            first = first.min(run.name.created?);
        }
        Some(first)
    }

    /// Takes up to `max` runs that were not requested in this round. A run that can't be part of a
    /// list of runs is returned alone.
    pub fn take(&mut self, pool: Pool, max: usize, round: u32) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut passed = 0;
        for key in &self.queues[pool as usize] {
            if let Some(run) = self.get(*key) {
                let alone = !is_listable(&run.name);
                if keys.len() >= max || run.round == round || (alone && !keys.is_empty()) {
                    break;
                }
                keys.push(*key);
                if alone {
                    passed += 1;
                    break;
                }
            }
            passed += 1;
        }
        self.queues[pool as usize].drain(..passed);
        keys
    }

    /// Returns runs that [`Runs::take`] returned and that were not requested to the front of their queue.
    pub fn put_back(&mut self, pool: Pool, keys: &[Key]) {
        for (at, key) in keys.iter().enumerate() {
            self.queues[pool as usize].insert(at, *key);
        }
    }

    /// Appends a run that was requested in this round and has not ended.
    pub fn put_behind(&mut self, key: Key, round: u32) {
        if let Some(run) = self.get_mut(key) {
            run.round = round;
            self.queues[Pool::Asked as usize].push(key);
        }
    }

    /// Writes all runs. `in_flight` are those in flight, which are in no queue. For the others it stores
    /// whether they were requested in `round`.
    pub fn write(&self, in_flight: &[Key], round: Option<u32>, out: &mut Writer) {
        out.number(self.len() as u64);
        let mut before = Timestamp::EPOCH;
        let [fresh, asked] = &self.queues;
        for (keys, pool) in [(&fresh[..], 0), (in_flight, 4), (&asked[..], 4)] {
            for run in keys.iter().filter_map(|key| self.get(*key)) {
                let state = match run.state {
                    RunState::Running => 1,
                    RunState::Retrying => 2,
                    _ => 0,
                };
                let asked = if round == Some(run.round) { 8 } else { 0 };
                out.run_id(&run.name.id, state | pool | asked);
                out.step(run.name.created, &mut before);
                out.maybe_text(run.entry.as_ref().map(DlqId::as_str));
            }
        }
    }

    /// Adds the runs from a checkpoint.
    pub fn read(&mut self, input: &mut Reader) {
        let mut before = Timestamp::EPOCH;
        for _ in 0..input.length() {
            let (id, more) = input.run_id();
            let created = input.step(&mut before);
            let run = FollowedRun {
                name: RunName { id, created },
                entry: input.maybe_text().map(DlqId::from),
            };
            let state = match more & 3 {
                1 => RunState::Running,
                2 => RunState::Retrying,
                _ => RunState::Unknown,
            };
            let pool = if more & 4 == 0 { Pool::Fresh } else { Pool::Asked };
            let key = key_of(&run.name.id);
            let new = self.add(&run, pool, state);
            input.refuse(!new);
            if let Some(run) = self.get_mut(key) {
                // The round that continues is number 1 of this invocation.
                run.round = (more >> 3 & 1) as u32;
            }
        }
    }
}
