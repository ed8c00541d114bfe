//! How many ids a batch holds. The service's cap on a request is documented for some operations and
//! not said when it is exceeded: a response names fewer runs than ids, and each id then costs a
//! look-up. Batches begin at what is documented, shrink to what a response showed, and grow again
//! once the service has taken some batches whole.

use crate::wire::Operation;

/// The size of the batches to come.
#[derive(Debug)]
pub struct BatchSize {
    /// Ids a request at most: the caller's `pageSize`.
    max: u32,
    documented: u32,
    now: u32,
    /// Batches of the present size in a row that were taken whole.
    whole: u32,
    /// No batch of the present size, which is larger than those before, was taken whole yet.
    tried: bool,
    /// By how much growing is slowed down after responses that took a part.
    caution: u32,
}

impl BatchSize {
    pub fn new(max: u32, operation: Operation) -> Self {
        let documented = match operation {
            Operation::Delete => DELETE_CAP,
            _ => RESUME_CAP,
        };
        BatchSize { max, documented, now: max.min(documented), whole: 0, tried: false, caution: 1 }
    }

    /// Ids in the next batch, at most.
    pub fn get(&self) -> u32 {
        self.now
    }

    /// A batch of `ids` was taken whole.
    pub fn taken(&mut self, ids: u32) {
        if ids < self.now {
            return;
        }
        if core::mem::take(&mut self.tried) {
            self.caution = 1;
        }
        if self.now >= self.max {
            return;
        }
        self.whole += 1;
        // Below the documented cap a larger batch most likely fits; above it most likely does not,
        // and each of its ids would have to be looked up.
        let below = self.now < self.documented;
        let needed = self.caution.saturating_mul(if below { 1 } else { GROW_AFTER });
        if self.whole >= needed {
            let end = if below { self.max.min(self.documented) } else { self.max };
            self.resize((self.now * 2).min(end));
            self.tried = true;
        }
    }

    /// A response took `taken` ids of more, and left the others where they were.
    pub fn cut(&mut self, taken: u32) {
        // Batches that were in flight together show the same.
        if taken < self.now {
            self.resize(taken.max(1));
            self.caution = self.caution.saturating_mul(CAUTION);
        }
    }

    /// A batch of `ids` was refused as a whole. Up to the documented cap that is for the sake of an
    /// id; beyond it the size may be the reason.
    pub fn refused(&mut self, ids: u32) {
        if ids > self.documented {
            self.cut((ids / 2).max(self.documented));
        }
    }

    fn resize(&mut self, size: u32) {
        self.now = size;
        self.whole = 0;
        self.tried = false;
    }

    /// What a checkpoint keeps: the size, where it is not that of a new drive.
    pub fn learned(&self) -> Option<u64> {
        (self.now != self.max.min(self.documented)).then_some(u64::from(self.now))
    }

    /// Continues with a size that a checkpoint kept.
    pub fn restore(&mut self, learned: Option<u64>) {
        if let Some(size) = learned {
            self.now = size.clamp(1, u64::from(self.max)) as u32;
        }
    }
}

/// Ids a request of resume and restart, as documented.
const RESUME_CAP: u32 = 50;
/// Entries a request of delete, as documented.
const DELETE_CAP: u32 = 100;
/// Batches taken whole before one beyond the documented cap is tried: a thousand ids take twenty
/// requests of fifty, and no look-ups.
const GROW_AFTER: u32 = 20;
/// How many times longer growing takes after each response that took a part.
const CAUTION: u32 = 8;
