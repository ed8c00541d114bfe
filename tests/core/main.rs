//! Native tests of params, wire and engine.

mod checkpoint;
mod json;
mod params;
mod refused;
mod simulation;
mod wire;
