//! The number of ids in a batch. The service documents a maximum for some operations and does not report that it is
//! exceeded: the response contains fewer runs than ids, and each id then costs a look-up. Batches start at the
//! documented maximum, shrink to the number in a partial response, and grow again after some complete responses.

use crate::wire::Operation;

/// The size of the next batches.
#[derive(Debug)]
pub struct BatchSize {
    /// Maximum number of ids in a request: the caller's `pageSize`.
    max: u32,
    documented: u32,
    now: u32,
    /// Number of consecutive batches of the current size that were processed completely.
    whole: u32,
    /// The current size is larger than any before, and no batch of it was processed completely yet.
    tried: bool,
    /// Factor by which partial responses slow down the growth.
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

    /// Maximum number of ids in the next batch.
    pub fn get(&self) -> u32 {
        self.now
    }

    /// Records that a batch of `ids` ids was processed completely.
    pub fn succeeded(&mut self, ids: u32) {
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
        // Below the documented maximum a larger batch is likely to succeed; above it, it is likely to be processed in
        // part, and each of its ids would need a look-up.
        let below = self.now < self.documented;
        let needed = self.caution.saturating_mul(if below { 1 } else { GROW_AFTER });
        if self.whole >= needed {
            let end = if below { self.max.min(self.documented) } else { self.max };
            self.resize((self.now * 2).min(end));
            self.tried = true;
        }
    }

    /// Records a partial response, which processed `processed` ids and left the others.
    pub fn cut(&mut self, processed: u32) {
        // Batches that were in flight together have the same cause.
        if processed < self.now {
            self.resize(processed.max(1));
            self.caution = self.caution.saturating_mul(CAUTION);
        }
    }

    /// Records that a batch of `ids` ids was refused. Up to the documented maximum an id is the cause; beyond it the
    /// size may be.
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

    /// The size for a checkpoint, if it differs from that of a new drive.
    pub fn learned(&self) -> Option<u64> {
        (self.now != self.max.min(self.documented)).then_some(u64::from(self.now))
    }

    /// Restores the size of a checkpoint.
    pub fn restore(&mut self, learned: Option<u64>) {
        if let Some(size) = learned {
            self.now = size.clamp(1, u64::from(self.max)) as u32;
        }
    }
}

/// The service's documented maximum number of ids in a resume or restart request.
const RESUME_CAP: u32 = 50;
/// The service's documented maximum number of entries in a delete request.
const DELETE_CAP: u32 = 100;
/// Number of complete responses before a batch beyond the documented maximum: a thousand ids take twenty
/// requests of fifty, and no look-ups.
const GROW_AFTER: u32 = 20;
/// Factor by which each partial response slows down the growth.
const CAUTION: u32 = 8;
