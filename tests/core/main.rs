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

use upstash_workflow_dlq::time::Timestamp;

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}
