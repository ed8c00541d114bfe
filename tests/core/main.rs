//! Native tests of params, wire and engine.

mod checkpoint;
mod engine;
mod json;
mod large;
mod params;
mod refused;
mod retry;
mod simulation;
mod wire;
