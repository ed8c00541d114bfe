//! Native tests of params, wire and engine.

mod checkpoint;
mod engine;
mod json;
mod params;
mod refused;
mod simulation;
mod wire;
