//! A checkpoint as text: `wdlq2.` + checksum + `.` + base64url of a compact binary form. It contains no secrets:
//! neither the token nor headers that the caller passed.

use crate::id::{DlqId, RunId};
use crate::time::Timestamp;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Why a checkpoint can't be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointError {
    /// Not a checkpoint, truncated or modified.
    Damaged,
    /// In the format of another version of this package.
    Version,
    /// The checkpoint of a different drive.
    Mismatch(Mismatch),
}

/// The difference between a checkpoint and the drive that is to continue from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mismatch {
    /// The operation.
    Operation,
    /// The base URL.
    Origin,
    /// The selection.
    Selection,
    /// The overrides.
    Overrides,
}

impl Mismatch {
    /// The difference as part of an error message, with the names of the caller's parameters.
    pub fn name(self) -> &'static str {
        match self {
            Mismatch::Operation => "the operation differs",
            Mismatch::Origin => "the baseUrl differs",
            Mismatch::Selection => "the selection differs",
            Mismatch::Overrides => "the overrides differ",
        }
    }
}

impl CheckpointError {
    /// The stable code of the error that the caller gets.
    pub fn code(self) -> &'static str {
        match self {
            CheckpointError::Damaged => "checkpoint_damaged",
            CheckpointError::Version => "checkpoint_version",
            CheckpointError::Mismatch(_) => "checkpoint_mismatch",
        }
    }

    /// The difference, if the checkpoint is of a different drive.
    pub fn detail(self) -> Option<&'static str> {
        match self {
            CheckpointError::Mismatch(what) => Some(what.name()),
            _ => None,
        }
    }
}

/// Writes the binary form of a checkpoint. [`Reader`] reads the same values in the same order.
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
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A writer without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a number as a varint (LEB128): seven bits per byte.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Writes a number of eight bytes, which is shorter than a varint for uniformly distributed numbers.
    pub fn hash(&mut self, hash: u64) {
        self.0.extend_from_slice(&hash.to_be_bytes());
    }

    /// Writes a boolean.
    pub fn flag(&mut self, flag: bool) {
        self.number(u64::from(flag));
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
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
            Some(bytes) => self.0.extend_from_slice(&bytes),
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

    /// Writes a list of DLQ ids. Most are a time and a serial number; these are packed as the difference to the
    /// previous id.
    pub fn ids<'a, I>(&mut self, ids: I)
    where
        I: IntoIterator<Item = &'a DlqId, IntoIter: ExactSizeIterator>,
    {
        let ids = ids.into_iter();
        self.number(ids.len() as u64);
        let mut before = 0i64;
        for id in ids {
            let id = id.as_str();
            match split_id(id) {
                Some((ms, number)) => {
                    // The lowest bit marks a packed id.
                    self.number(fold(ms - before) << 1 | 1);
                    self.number(number);
                    before = ms;
                }
                None => {
                    self.number((id.len() as u64) << 1);
                    self.0.extend_from_slice(id.as_bytes());
                }
            }
        }
    }

    /// The text of the checkpoint, with version and checksum.
    pub fn finish(self) -> String {
        let mut text = String::from(PREFIX);
        text.push_str(VERSION);
        text.push('.');
        base64(&mut text, &checksum(&self.0).to_be_bytes());
        text.push('.');
        base64(&mut text, &self.0);
        text
    }
}

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
        let (sum, bytes) = rest.split_once('.').ok_or(CheckpointError::Damaged)?;
        let bytes = unbase64(bytes).ok_or(CheckpointError::Damaged)?;
        if unbase64(sum).ok_or(CheckpointError::Damaged)? != checksum(&bytes).to_be_bytes() {
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

    fn take(&mut self, length: usize) -> String {
        let end = self.at.saturating_add(length).min(self.bytes.len());
        self.damaged |= end - self.at < length;
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

    /// Reads a list of DLQ ids.
    pub fn ids(&mut self) -> Vec<DlqId> {
        let mut ids = Vec::new();
        let mut before = 0i64;
        for _ in 0..self.length() {
            let head = self.number();
            let folded = head >> 1;
            if head & 1 == 0 {
                ids.push(self.take(folded as usize).into());
                continue;
            }
            before = before.wrapping_add(unfold(folded));
            let mut id = before.to_string();
            id.push('-');
            id.push_str(&self.number().to_string());
            ids.push(id.into());
        }
        ids
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
        let mut text = String::new();
        base64(&mut text, &self.bytes[self.at..end]);
        self.at = end;
        let mut id = String::from(RUN_PREFIX);
        id.push_str(text.get(FILLER.len()..).unwrap_or_default());
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

/// Zigzag encoding: the sign is in the lowest bit, so that small numbers of either sign are short varints.
fn fold(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}

/// The parts of an id such as `1752829295505-0`; `None` if the id can't be restored from them.
fn split_id(id: &str) -> Option<(i64, u64)> {
    let (ms, number) = id.split_once('-')?;
    let plain = |digits: &str| {
        let short = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        short && (digits == "0" || !digits.starts_with("0"))
    };
    (plain(ms) && plain(number)).then(|| Some((ms.parse().ok()?, number.parse().ok()?)))?
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let mut word = 0u32;
        for at in 0..3 {
            word = word << 8 | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * at) & 63) as usize]));
        }
    }
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for at in 0..4 {
            let value = match chunk.get(at) {
                Some(byte) => ALPHABET.iter().position(|letter| letter == byte)? as u32,
                None => 0,
            };
            word = word << 6 | value;
        }
        if chunk.len() == 1 {
            return None;
        }
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

/// FNV-1a with a final mix. Detects damage; it does not protect from forgery.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5u32;
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^ hash >> 12
}

/// The largest exact integer of a JavaScript number, and later than any JavaScript date in milliseconds.
const BOUND: u64 = 1 << 53;
const PREFIX: &str = "wdlq";
/// The service's run ids are a prefix and a nanoid.
const RUN_PREFIX: &str = "wfr_";
const RUN_LENGTH: usize = 21;
/// Pads the nanoid to a multiple of four characters, which base64 decodes to whole bytes.
const FILLER: &str = "AAA";
const PACKED_LENGTH: usize = 18;
/// The version of the format.
const VERSION: &str = "2";
