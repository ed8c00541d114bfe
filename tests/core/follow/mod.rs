//! What became of the new runs: exact, cheap, and never better than it is.

mod fleet;
mod sample;
