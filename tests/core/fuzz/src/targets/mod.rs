//! Each target takes any bytes, and panics where the core does, or where it breaks a rule.

pub mod checkpoints;
pub mod drives;
pub mod follows;
pub mod logs;
mod make;
pub mod parsers;
pub mod responses;
pub mod values;
