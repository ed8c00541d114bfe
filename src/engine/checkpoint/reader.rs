//! The reader of a checkpoint's binary form.

use super::encoding::{
    checksum, hash_on, unbase64, unfold, Base64, BOUND, FILLER, HASH_START, PACKED_LENGTH, PREFIX,
    RUN_PREFIX, VERSION,
};
use super::CheckpointError;
use crate::decimal::decimal;
use crate::id::{DlqId, RunId};
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// Reads the binary form of a checkpoint. Invalid values read as zero or empty, and [`Reader::check`] and
/// [`Reader::finish`] report them: a `Result` for each of about a hundred values would be half the code of the
/// callers.
pub struct Reader {
    bytes: Vec<u8>,
    at: usize,
    damaged: bool,
}

impl Reader {
    /// Verifies version and checksum of a checkpoint.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Version`] for another version, [`CheckpointError::Damaged`] for anything else that is not
    /// a checkpoint.
    pub fn open(text: &str) -> Result<Self, CheckpointError> {
        let rest = text.trim_ascii().strip_prefix(PREFIX).ok_or(CheckpointError::Damaged)?;
        let (version, rest) = rest.split_once('.').ok_or(CheckpointError::Damaged)?;
        if version.is_empty() || !version.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CheckpointError::Damaged);
        }
        if version != VERSION {
            return Err(CheckpointError::Version);
        }
        let (bytes, sum) = rest.split_once('.').ok_or(CheckpointError::Damaged)?;
        let bytes = unbase64(bytes).ok_or(CheckpointError::Damaged)?;
        let expected = checksum(bytes.iter().fold(HASH_START, |hash, byte| hash_on(hash, *byte)));
        if unbase64(sum).ok_or(CheckpointError::Damaged)? != expected {
            return Err(CheckpointError::Damaged);
        }
        Ok(Reader { bytes, at: 0, damaged: false })
    }

    /// Marks the checkpoint as damaged if `what` holds.
    pub fn refuse(&mut self, what: bool) {
        self.damaged |= what;
    }

    /// Reads a number.
    pub fn number(&mut self) -> u64 {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.bytes.get(self.at) else {
                break;
            };
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return number;
            }
        }
        self.damaged = true;
        0
    }

    /// Reads a number and keeps its lowest 32 bits.
    pub fn small(&mut self) -> u32 {
        self.number() as u32
    }

    /// Reads a number of entries, requests or milliseconds, at most 2^53, so that sums do not overflow.
    pub fn count(&mut self) -> u64 {
        let count = self.number();
        self.damaged |= count > BOUND;
        count.min(BOUND)
    }

    /// Reads a hash.
    pub fn hash(&mut self) -> u64 {
        match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => {
                self.at += 8;
                u64::from_be_bytes(*bytes)
            }
            None => {
                self.damaged = true;
                0
            }
        }
    }

    /// Reads a list of hashes.
    pub fn hashes(&mut self) -> Vec<u64> {
        let mut hashes = Vec::new();
        for _ in 0..self.length() {
            hashes.push(self.hash());
        }
        hashes
    }

    /// Reads a boolean.
    pub fn flag(&mut self) -> bool {
        self.number() != 0
    }

    /// Reads an index and returns that item of `list`.
    ///
    /// # Panics
    ///
    /// If `list` is empty.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let index = self.number() as usize;
        self.damaged |= index >= list.len();
        list[index.min(list.len() - 1)]
    }

    /// Reads a string.
    pub fn text(&mut self) -> String {
        let length = self.length();
        self.take(length)
    }

    /// Reads a string of `length` bytes, or of those that are left.
    fn take(&mut self, length: usize) -> String {
        let end = self.at.saturating_add(length).min(self.bytes.len());
        let bytes = self.bytes[self.at..end].to_vec();
        self.at = end;
        String::from_utf8(bytes).unwrap_or_else(|_| {
            self.damaged = true;
            String::new()
        })
    }

    /// Reads a list of strings.
    pub fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..self.length() {
            texts.push(self.text());
        }
        texts
    }

    /// Reads a list of DLQ ids. None is empty, since a request without an id acts on all entries: the length of an
    /// empty id ends the list.
    pub fn ids(&mut self) -> Vec<DlqId> {
        let mut ids = Vec::new();
        let mut before = 0i64;
        loop {
            let head = self.number();
            if head == 0 {
                return ids;
            }
            let folded = head >> 1;
            if head & 1 == 0 {
                // If fewer bytes are left, none is left for the end of the list, which is read next.
                ids.push(self.take(usize::try_from(folded).unwrap_or(usize::MAX)).into());
                continue;
            }
            before = before.wrapping_add(unfold(folded));
            let mut id = decimal(before);
            id.push('-');
            id.push_str(&decimal(self.number()));
            ids.push(id.into());
        }
    }

    /// Reads an optional number.
    pub fn maybe(&mut self) -> Option<u64> {
        self.number().checked_sub(1)
    }

    /// Reads a point in time.
    pub fn timestamp(&mut self) -> Timestamp {
        Timestamp::from_ms(self.count() as i64)
    }

    /// Reads an optional point in time.
    pub fn maybe_timestamp(&mut self) -> Option<Timestamp> {
        let ms = self.maybe()?;
        self.damaged |= ms > BOUND;
        Some(Timestamp::from_ms(ms.min(BOUND) as i64))
    }

    /// Reads the id of a run and a small number.
    pub fn run_id(&mut self) -> (RunId, u64) {
        let more = self.number();
        if more & 1 == 0 {
            return (self.text().into(), more >> 1);
        }
        let end = (self.at + PACKED_LENGTH).min(self.bytes.len());
        self.damaged |= end - self.at < PACKED_LENGTH;
        let mut packed = Base64::new(String::new());
        self.bytes[self.at..end].iter().for_each(|byte| packed.push(*byte));
        packed.end();
        self.at = end;
        let mut id = String::from(RUN_PREFIX);
        id.push_str(packed.text.get(FILLER.len()..).unwrap_or_default());
        (id.into(), more >> 1)
    }

    /// Reads an optional point in time that was written as the difference to `before`, and replaces `before` by it.
    pub fn step(&mut self, before: &mut Timestamp) -> Option<Timestamp> {
        let folded = self.maybe()?;
        let ms = before.ms().wrapping_add(unfold(folded));
        self.damaged |= !(0..=BOUND as i64).contains(&ms);
        *before = Timestamp::from_ms(ms);
        Some(*before)
    }

    /// Reads an optional string.
    pub fn maybe_text(&mut self) -> Option<String> {
        self.flag().then(|| self.text())
    }

    /// Reads the number of items of a list, at most the number of remaining bytes.
    pub fn length(&mut self) -> usize {
        let length = self.number() as usize;
        if length > self.bytes.len() - self.at {
            self.damaged = true;
            return 0;
        }
        length
    }

    /// Whether all values so far are valid.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Damaged`] if one is not.
    pub fn check(&self) -> Result<(), CheckpointError> {
        if self.damaged {
            Err(CheckpointError::Damaged)
        } else {
            Ok(())
        }
    }

    /// Verifies that all values are valid and that none is left.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Damaged`] otherwise.
    pub fn finish(mut self) -> Result<(), CheckpointError> {
        self.damaged |= self.at < self.bytes.len();
        self.check()
    }
}
