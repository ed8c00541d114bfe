//! Bulk resume of the Upstash Workflow dead letter queue: the core, for WebAssembly.
//!
//! | module | decides | knows nothing of |
//! |---|---|---|
//! | [`value`] | what came from JavaScript, as plain data | what it means |
//! | [`id`], [`time`] | the types of ids, cursors and points in time | where they come from |
//! | [`params`] | what may be asked; every issue with its path | HTTP |
//! | [`wire`] | the request that is sent, what an answer means | when to send, whether to try again |
//! | [`engine`] | what to send next, how long to wait, when it ends | how to send, what time it is |
//! | `js` | nothing: exports, the loop of a drive, values in and out | – |
//!
//! Arrows run one way: `js -> engine -> wire -> params -> value`. Only `js`, which exists on wasm32
//! alone, names a JavaScript type; everything else is plain Rust and is tested natively.

extern crate alloc;

pub mod engine;
pub mod id;
pub mod params;
pub mod time;
pub mod value;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod js;
