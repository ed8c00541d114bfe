//! The fuzz targets over their corpora: inputs that once found new ground, or a fault. `npm run fuzz`
//! looks for more.

use crate::targets::{checkpoints, drives, follows, logs, parsers, responses, values};
use std::fs;
use std::path::{Path, PathBuf};

/// An input whose name is told when it fails.
struct Input(PathBuf);

impl Drop for Input {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input: {}", self.0.display());
        }
    }
}

fn inputs(target: &str) -> impl Iterator<Item = Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).expect("a corpus");
    entries.map(|entry| Input(entry.expect("an entry").path()))
}

fn replay(target: &str, check: fn(&[u8])) {
    let mut inputs = 0;
    for input in self::inputs(target) {
        check(&fs::read(&input.0).expect("an input"));
        inputs += 1;
    }
    println!("{target}: {inputs} inputs");
    assert!(inputs >= 10, "{target}: too small a corpus");
}

#[test]
fn arguments_of_callers() {
    replay("values", values::check);
}

#[test]
fn texts_to_parse() {
    replay("parsers", parsers::check);
}

#[test]
fn responses_of_the_service() {
    replay("responses", responses::check);
}

#[test]
fn altered_checkpoints() {
    replay("checkpoints", checkpoints::check);
    // Of a format that is not read any more, they would all be refused at once.
    let is_valid = |input: &Input| checkpoints::is_valid(&fs::read(&input.0).expect("an input"));
    let valid = inputs("checkpoints").filter(is_valid).count();
    assert!(valid >= 10, "{valid} valid checkpoints");
}

#[test]
fn drives_under_anything() {
    replay("drives", drives::check);
}

#[test]
fn logs_of_runs() {
    replay("logs", logs::check);
}

#[test]
fn follows_under_anything() {
    replay("follows", follows::check);
}
