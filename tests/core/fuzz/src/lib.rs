//! The fuzz targets as a library, which libFuzzer's programs in `bin/` call. The core's tests have
//! the same modules, and replay `corpus/` through them (`tests/core/corpus.rs`).

#[path = "../../json.rs"]
pub mod json;
pub mod targets;
