//! A checkpoint as text: `wdlq2.` + checksum + `.` + base64url of a compact binary form. It contains no secrets:
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

pub fn base64(out: &mut String, bytes: &[u8]) {
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

/// FNV-1a with a final mix. Detects damage; it does not protect from forgery.
pub fn checksum(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5u32;
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^ hash >> 12
}

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
pub const VERSION: &str = "2";
