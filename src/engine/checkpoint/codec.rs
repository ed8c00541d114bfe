//! A checkpoint as text: `wdlq2.` + checksum + `.` + base64url of a compact binary form. Nothing
//! secret goes in: no token, no header that the caller passed through.

use crate::id::{DlqId, RunId};
use crate::time::Timestamp;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is wrong with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointError {
    /// Not one of ours, cut off or altered.
    Damaged,
    /// Written in the format of another version of this package.
    Version,
    /// Of another drive than the one that is asked for.
    Mismatch(Mismatch),
}

/// What of a checkpoint differs from the drive that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mismatch {
    Operation,
    /// The base URL.
    Origin,
    Selection,
    Overrides,
}

impl Mismatch {
    /// What differs, by the name that the caller knows.
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
    pub fn code(self) -> &'static str {
        match self {
            CheckpointError::Damaged => "checkpoint_damaged",
            CheckpointError::Version => "checkpoint_version",
            CheckpointError::Mismatch(_) => "checkpoint_mismatch",
        }
    }

    /// What differs, where the checkpoint is of another drive.
    pub fn detail(self) -> Option<&'static str> {
        match self {
            CheckpointError::Mismatch(what) => Some(what.name()),
            _ => None,
        }
    }
}

/// Writes the binary form.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new() -> Self {
        Self::default()
    }

    /// A number, seven bits a byte.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A number of which any bit may be set.
    pub fn hash(&mut self, hash: u64) {
        self.0.extend_from_slice(&hash.to_be_bytes());
    }

    pub fn flag(&mut self, flag: bool) {
        self.number(u64::from(flag));
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    pub fn hashes(&mut self, hashes: &[u64]) {
        self.number(hashes.len() as u64);
        hashes.iter().for_each(|hash| self.hash(*hash));
    }

    /// A number or nothing; `u64::MAX` can't be told from nothing and does not occur.
    pub fn maybe(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |n| n + 1));
    }

    /// A point in time since 1970; an earlier one is written as 1970.
    pub fn timestamp(&mut self, at: Timestamp) {
        self.number(at.ms().max(0) as u64);
    }

    /// A point in time since 1970, or nothing.
    pub fn maybe_timestamp(&mut self, at: Option<Timestamp>) {
        self.maybe(at.map(|at| at.ms() as u64));
    }

    /// The id of a run with a small number; packed where it is of the service's own making, `wfr_`
    /// and 21 letters of base64url.
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

    /// A point in time or nothing, as the difference to the one before it.
    pub fn step(&mut self, at: Option<Timestamp>, before: &mut Timestamp) {
        self.maybe(at.map(|at| fold(at - core::mem::replace(before, at))));
    }

    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A list of DLQ ids, packed: most are a time and a number, and near the one before.
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
                    // The first bit says that it is packed.
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

    /// The text of the checkpoint.
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

/// Reads the binary form. What is damaged reads as zeros and nothings, and is told at the end: a
/// result at each of a hundred numbers would be half the code of those who read.
pub struct Reader {
    bytes: Vec<u8>,
    at: usize,
    damaged: bool,
}

impl Reader {
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

    /// Takes note of what can't be.
    pub fn refuse(&mut self, what: bool) {
        self.damaged |= what;
    }

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

    pub fn small(&mut self) -> u32 {
        self.number() as u32
    }

    /// A number of entries, requests or milliseconds: sums of such have room.
    pub fn count(&mut self) -> u64 {
        let count = self.number();
        self.damaged |= count > BOUND;
        count.min(BOUND)
    }

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

    pub fn hashes(&mut self) -> Vec<u64> {
        let mut hashes = Vec::new();
        for _ in 0..self.length() {
            hashes.push(self.hash());
        }
        hashes
    }

    pub fn flag(&mut self) -> bool {
        self.number() != 0
    }

    /// One of `list`, by its index.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let index = self.number() as usize;
        self.damaged |= index >= list.len();
        list[index.min(list.len() - 1)]
    }

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

    pub fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..self.length() {
            texts.push(self.text());
        }
        texts
    }

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

    pub fn maybe(&mut self) -> Option<u64> {
        self.number().checked_sub(1)
    }

    /// A point in time.
    pub fn timestamp(&mut self) -> Timestamp {
        Timestamp::from_ms(self.count() as i64)
    }

    /// A point in time, or nothing.
    pub fn maybe_timestamp(&mut self) -> Option<Timestamp> {
        let ms = self.maybe()?;
        self.damaged |= ms > BOUND;
        Some(Timestamp::from_ms(ms.min(BOUND) as i64))
    }

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

    pub fn step(&mut self, before: &mut Timestamp) -> Option<Timestamp> {
        let folded = self.maybe()?;
        let ms = before.ms().wrapping_add(unfold(folded));
        self.damaged |= !(0..=BOUND as i64).contains(&ms);
        *before = Timestamp::from_ms(ms);
        Some(*before)
    }

    pub fn maybe_text(&mut self) -> Option<String> {
        self.flag().then(|| self.text())
    }

    /// How many items follow; a list can't be longer than the bytes that are left.
    pub fn length(&mut self) -> usize {
        let length = self.number() as usize;
        if length > self.bytes.len() - self.at {
            self.damaged = true;
            return 0;
        }
        length
    }

    /// Whether all was well so far.
    pub fn check(&self) -> Result<(), CheckpointError> {
        if self.damaged {
            Err(CheckpointError::Damaged)
        } else {
            Ok(())
        }
    }

    /// Everything must have been read.
    pub fn finish(mut self) -> Result<(), CheckpointError> {
        self.damaged |= self.at < self.bytes.len();
        self.check()
    }
}

/// A number with its sign in the last bit, so that small ones of either sign stay short.
fn fold(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}

/// The parts of an id such as `1752829295505-0`; `None` where they would not give it back.
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

/// FNV-1a with a final mix: finds damage, and is not meant to withstand forgery.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5u32;
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^ hash >> 12
}

/// What JavaScript counts to; no moment of its is later.
const BOUND: u64 = 1 << 53;
const PREFIX: &str = "wdlq";
/// What the service's own run ids are: a prefix and a nanoid.
const RUN_PREFIX: &str = "wfr_";
const RUN_LENGTH: usize = 21;
/// Makes their letters a multiple of four, which are a multiple of three bytes.
const FILLER: &str = "AAA";
const PACKED_LENGTH: usize = 18;
/// The version of the format.
const VERSION: &str = "2";
