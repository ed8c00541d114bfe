//! A checkpoint as text: `wdlq4.` + base64url of a compact binary form + `.` + checksum. It contains no secrets:
//! neither the token nor headers that the caller passed.

use alloc::string::String;
use alloc::vec::Vec;

/// Zigzag encoding: the sign is in the lowest bit, so that small numbers of either sign are short varints.
pub fn fold(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

pub fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}

/// The parts of an id such as `1752829295505-0`; `None` if the id can't be restored from them.
pub fn split_id(id: &str) -> Option<(i64, u64)> {
    let (ms, number) = id.split_once('-')?;
    let plain = |digits: &str| {
        let short = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        short && (digits == "0" || !digits.starts_with("0"))
    };
    (plain(ms) && plain(number)).then(|| Some((ms.parse().ok()?, number.parse().ok()?)))?
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bytes as base64url, one after the other.
#[derive(Debug)]
pub struct Base64 {
    pub text: String,
    /// The bytes that are not yet in the text, at most two, behind a bit that shows their number.
    pub rest: u32,
}

impl Base64 {
    /// Continues `text` behind whole bytes.
    pub fn new(text: String) -> Self {
        Base64 { text, rest: 1 }
    }

    pub fn push(&mut self, byte: u8) {
        self.rest = self.rest << 8 | u32::from(byte);
        if self.rest >> 24 == 1 {
            self.letters(4);
        }
    }

    /// Ends the text.
    pub fn end(&mut self) {
        match self.rest.leading_zeros() {
            23 => {
                self.rest <<= 16;
                self.letters(2);
            }
            15 => {
                self.rest <<= 8;
                self.letters(3);
            }
            _ => {}
        }
    }

    fn letters(&mut self, count: u32) {
        for at in 0..count {
            let letter = self.rest >> (18 - 6 * at) & 63;
            self.text.push(char::from(ALPHABET[letter as usize]));
        }
        self.rest = 1;
    }
}

pub fn unbase64(text: &str) -> Option<Vec<u8>> {
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

/// Continues the FNV-1a hash of earlier bytes, [`HASH_START`] if there are none, with `byte`.
pub fn hash_on(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// The checksum of bytes with the FNV-1a hash `hash`. Detects damage; it does not protect from forgery.
pub fn checksum(mut hash: u32) -> [u8; 4] {
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    (hash ^ hash >> 12).to_be_bytes()
}

/// The FNV-1a hash of no bytes.
pub const HASH_START: u32 = 0x811c_9dc5;
/// The largest exact integer of a JavaScript number, and later than any JavaScript date in milliseconds.
pub const BOUND: u64 = 1 << 53;
pub const PREFIX: &str = "wdlq";
/// The service's run ids are a prefix and a nanoid.
pub const RUN_PREFIX: &str = "wfr_";
pub const RUN_LENGTH: usize = 21;
/// Pads the nanoid to a multiple of four characters, which base64 decodes to whole bytes.
pub const FILLER: &str = "AAA";
pub const PACKED_LENGTH: usize = 18;
/// The version of the format.
pub const VERSION: &str = "4";
