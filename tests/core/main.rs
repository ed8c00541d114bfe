//! Native tests of params, wire and engine.

mod checkpoint;
mod corpus;
mod engine;
mod entry;
mod fates;
mod follow;
mod json;
mod large;
mod layers;
mod logs;
mod params;
mod refused;
mod retry;
mod simulation;
#[path = "fuzz/src/targets/mod.rs"]
mod targets;
mod wire;

use upstash_workflow_dlq::params::{Auth, ClientOptions, RetryOptions, Token};
use upstash_workflow_dlq::time::Timestamp;

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// The options of a client that sends to `base_url`, with every default.
fn client_of(base_url: &str) -> ClientOptions {
    ClientOptions {
        base_url: base_url.into(),
        token: Token::new("t"),
        auth: Auth::Header,
        timeout: 60_000,
        retry: RetryOptions::default(),
        headers: Vec::new(),
        dev_mode: false,
    }
}
