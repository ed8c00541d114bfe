//! The writer of a checkpoint's binary form.

use super::encoding::{
    checksum, fold, hash_on, split_id, unbase64, Base64, FILLER, HASH_START, PREFIX, RUN_LENGTH,
    RUN_PREFIX, VERSION,
};
use crate::id::{DlqId, RunId};
use crate::time::Timestamp;
use alloc::string::String;

/// Writes the binary form of a checkpoint. [`Reader`](super::Reader) reads the same values in the same order.
///
/// ```
/// use upstash_workflow_dlq::engine::checkpoint::{CheckpointError, Reader, Writer};
///
/// let mut out = Writer::new();
/// out.number(300);
/// out.text("cursor");
/// let text = out.finish();
///
/// let mut input = Reader::open(&text)?;
/// assert_eq!((input.number(), input.text()), (300, "cursor".to_string()));
/// input.finish()?;
/// assert_eq!(Reader::open(&text[1..]).err(), Some(CheckpointError::Damaged));
/// # Ok::<(), CheckpointError>(())
/// ```
pub struct Writer {
    /// Version and values.
    pub(super) form: Base64,
    /// The FNV-1a hash of the values.
    pub(super) hash: u32,
}

impl Default for Writer {
    fn default() -> Self {
        let mut text = String::from(PREFIX);
        text.push_str(VERSION);
        text.push('.');
        Writer { form: Base64::new(text), hash: HASH_START }
    }
}

impl Writer {
    /// A writer without values.
    pub fn new() -> Self {
        Self::default()
    }

    fn byte(&mut self, byte: u8) {
        self.form.push(byte);
        self.hash = hash_on(self.hash, byte);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    /// Writes a number as a varint (LEB128): seven bits per byte.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// Writes a number of eight bytes, which is shorter than a varint for uniformly distributed numbers.
    pub fn hash(&mut self, hash: u64) {
        self.bytes(&hash.to_be_bytes());
    }

    /// Writes a boolean.
    pub fn flag(&mut self, flag: bool) {
        self.number(u64::from(flag));
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// Writes a list of strings.
    pub fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    /// Writes a list of hashes.
    pub fn hashes(&mut self, hashes: &[u64]) {
        self.number(hashes.len() as u64);
        hashes.iter().for_each(|hash| self.hash(*hash));
    }

    /// Writes an optional number below [`u64::MAX`].
    pub fn maybe(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |n| n + 1));
    }

    /// Writes a point in time since 1970; an earlier one is written as 1970.
    pub fn timestamp(&mut self, at: Timestamp) {
        self.number(at.ms().max(0) as u64);
    }

    /// Writes an optional point in time since 1970.
    pub fn maybe_timestamp(&mut self, at: Option<Timestamp>) {
        self.maybe(at.map(|at| at.ms() as u64));
    }

    /// Writes the id of a run and a small number; the id is packed if it has the service's format: `wfr_` and 21
    /// characters of base64url.
    pub fn run_id(&mut self, id: &RunId, more: u64) {
        let id = id.as_str();
        let packed =
            id.strip_prefix(RUN_PREFIX).filter(|rest| rest.len() == RUN_LENGTH).and_then(|rest| {
                let mut text = String::from(FILLER);
                text.push_str(rest);
                unbase64(&text)
            });
        self.number(more << 1 | u64::from(packed.is_some()));
        match packed {
            Some(bytes) => self.bytes(&bytes),
            None => self.text(id),
        }
    }

    /// Writes an optional point in time as the difference to `before`, and replaces `before` by it.
    pub fn step(&mut self, at: Option<Timestamp>, before: &mut Timestamp) {
        self.maybe(at.map(|at| fold(at - core::mem::replace(before, at))));
    }

    /// Writes an optional string.
    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// Writes a list of DLQ ids, none of which is empty.
    pub fn ids(&mut self, ids: &[DlqId]) {
        let mut before = 0;
        ids.iter().for_each(|id| self.id(id, &mut before));
        self.end_ids();
    }

    /// Ends a list of DLQ ids, with the length of an empty id.
    pub(super) fn end_ids(&mut self) {
        self.number(0);
    }

    /// Writes an item of a list of DLQ ids. Most are a time and a serial number; these are packed as the difference
    /// to the time of the previous packed id, which is `before`.
    pub(super) fn id(&mut self, id: &DlqId, before: &mut i64) {
        let id = id.as_str();
        match split_id(id) {
            Some((ms, number)) => {
                // The lowest bit marks a packed id.
                self.number(fold(ms - core::mem::replace(before, ms)) << 1 | 1);
                self.number(number);
            }
            None => {
                self.number((id.len() as u64) << 1);
                self.bytes(id.as_bytes());
            }
        }
    }

    /// The text of the checkpoint, with version and checksum.
    pub fn finish(mut self) -> String {
        self.form.end();
        self.form.text.push('.');
        checksum(self.hash).into_iter().for_each(|byte| self.form.push(byte));
        self.form.end();
        self.form.text
    }
}
