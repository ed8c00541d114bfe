//! Checkpoints that were altered, with a checksum that fits all the same: refused, or a drive that
//! does no harm.

use super::drives;
use super::make::{client, NOW};
use arbitrary::Unstructured;
use upstash_workflow_dlq::engine::{Drive, Expected, Plan};
use upstash_workflow_dlq::value::Value;

/// The binary form of `data`, whose length is in the first two bytes, and what happens to the drive.
fn parts(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let [low, high, rest @ ..] = data else {
        return None;
    };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    Some(rest.split_at(length.min(rest.len())))
}

/// Whether the checkpoint in `data` is valid.
pub fn is_valid(data: &[u8]) -> bool {
    parts(data).is_some_and(|(form, _)| open(&seal(form)).is_ok())
}

pub fn check(data: &[u8]) {
    let Some((form, answers)) = parts(data) else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(form) {
        assert!(open(text).is_err(), "not one of ours: {text}");
    }
    let Ok(drive) = open(&seal(form)) else {
        return;
    };
    let text = drive.checkpoint();
    let again = open(&text).expect("our own");
    // What is only for the invocation that wrote it is gone the second time.
    let once = again.checkpoint();
    assert_eq!(open(&once).expect("our own").checkpoint(), once);
    drives::run(drive, &mut Unstructured::new(answers));
}

fn open(text: &str) -> Result<Drive, impl std::fmt::Debug> {
    let args = [Value::String(text.into()), Value::Undefined];
    let plan = Plan::read_continued(&args, &client());
    let plan = plan.unwrap_or_else(|_| {
        let args = [Value::Map(vec![("all".into(), Value::Bool(true))])];
        Plan::read(super::make::OPERATIONS[0], &args, &client()).expect("all")
    });
    Drive::resume_from(text, plan, Expected::Anything, NOW, 1)
}

/// The text form, written down once more: what is stored today has to be read tomorrow.
pub fn seal(form: &[u8]) -> String {
    let mut sum = 0x811c_9dc5u32;
    for byte in form {
        sum = (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    sum = (sum ^ sum >> 15).wrapping_mul(0x2c1b_3c6d);
    sum ^= sum >> 12;
    format!("wdlq4.{}.{}", base64(form), base64(&sum.to_be_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..bytes.len() * 8)
        .step_by(6)
        .map(|from| (from..from + 6).fold(0, |letter, at| letter << 1 | bit(at)))
        .map(|letter| char::from(LETTERS[usize::from(letter)]))
        .collect()
}
