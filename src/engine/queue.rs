//! Ids in the order in which they are to be sent.

use alloc::string::String;
use alloc::vec::Vec;

/// A list that is taken from the front. A `VecDeque` would do the same with ten times the code.
#[derive(Debug, Default)]
pub struct Queue {
    ids: Vec<String>,
    /// How many of them were taken: their places are empty.
    taken: usize,
}

impl Queue {
    pub fn of(ids: Vec<String>) -> Self {
        Queue { ids, taken: 0 }
    }

    pub fn push(&mut self, id: String) {
        self.ids.push(id);
    }

    /// What was not taken yet.
    pub fn rest(&self) -> &[String] {
        &self.ids[self.taken..]
    }

    /// Takes the first `count`.
    pub fn take(&mut self, count: usize) -> Vec<String> {
        let end = self.taken + count;
        let ids = self.ids[self.taken..end].iter_mut().map(core::mem::take).collect();
        self.taken = end;
        // The rest moves up once it is the smaller part, so that an id moves about once.
        if self.taken * 2 >= self.ids.len() {
            self.ids.drain(..self.taken);
            self.taken = 0;
        }
        ids
    }
}
