//! The caller's ids that are not yet sent, encoded once for all checkpoints of a drive.
//!
//! A checkpoint contains all of them, and there may be one before each request: encoded each time, half a million
//! ids would take longer than the request. So they come first in a checkpoint, the last id first. As the drive sends
//! ids, those that are left are a prefix of the encoded list, and a checkpoint copies that prefix.

use super::encoding::Base64;
use super::Writer;
use crate::id::DlqId;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

/// An encoded list of ids, the last id first.
#[derive(Debug, Default)]
pub struct OwedIds {
    text: String,
    /// The state of the writer after each [`STEP`] ids.
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Length of the text.
    length: usize,
    /// Bytes that are not yet in the text.
    rest: u32,
    hash: u32,
    /// The time of the last packed id.
    before: i64,
}

impl OwedIds {
    /// Encodes `ids`.
    pub fn new(ids: &VecDeque<DlqId>) -> Self {
        let mut marks = Vec::new();
        let mut out = Writer::new();
        let mut before = 0;
        for at in (0..ids.len()).rev() {
            out.id(&ids[at], &mut before);
            if (ids.len() - at) % STEP == 0 {
                let (length, rest, hash) = (out.form.text.len(), out.form.rest, out.hash);
                marks.push(Mark { length, rest, hash, before });
            }
        }
        OwedIds { text: out.form.text, marks }
    }

    /// A writer with the list of `ids`, which are the last of the encoded ones, or any if none are encoded.
    pub fn writer(&self, ids: &VecDeque<DlqId>) -> Writer {
        let marks = self.marks.len().min(ids.len() / STEP);
        let mut out = Writer::new();
        let mut before = 0;
        if let Some(mark) = self.marks[..marks].last() {
            out.hash = mark.hash;
            out.form = Base64 { text: String::from(&self.text[..mark.length]), rest: mark.rest };
            before = mark.before;
        }
        for at in (0..ids.len() - marks * STEP).rev() {
            out.id(&ids[at], &mut before);
        }
        out.end_ids();
        out
    }
}

/// Number of ids between marks: a checkpoint encodes fewer itself.
const STEP: usize = 256;
