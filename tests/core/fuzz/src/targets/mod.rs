//! Each target takes any bytes, and panics where the core does, or where it breaks a rule.

pub mod checkpoints;
pub mod drives;
mod make;
pub mod parsers;
pub mod responses;
pub mod values;
