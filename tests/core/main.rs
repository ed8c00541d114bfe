//! Native tests of the core: what is refused, what is sent, what an answer means, and the engine
//! against a simulated service.

mod json;
mod refused;
mod simulation;
