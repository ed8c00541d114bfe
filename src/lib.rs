//! Bulk resume of the Upstash Workflow dead letter queue: the core, for WebAssembly.
//!
//! | module | contains | does not depend on |
//! |---|---|---|
//! | [`value`] | JavaScript values as plain data | their meaning |
//! | [`acts`] | whether this build can act, or only read | – |
//! | [`id`], [`time`], [`decimal`] | types for ids, cursors and points in time; numbers as text | their source |
//! | [`params`] | validation of the caller's parameters; every issue with its path | HTTP |
//! | [`wire`] | the request of an operation, the meaning of a response | when to send, whether to retry |
//! | [`engine`] | what to send next, how long to wait, when to end | how to send, the current time |
//! | `js` | exports, the loop that drives the engine, conversion of values; no decisions | – |
//!
//! Dependencies point in one direction: `js -> engine -> wire -> params -> value`. Only `js`, which is compiled
//! for wasm32 only, uses JavaScript types; everything else is plain Rust and is tested natively.

#![deny(missing_docs)]
#![deny(clippy::missing_errors_doc, clippy::missing_panics_doc)]

extern crate alloc;

pub mod acts;
pub mod decimal;
pub mod engine;
pub mod id;
pub mod params;
pub mod time;
pub mod value;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod js;
