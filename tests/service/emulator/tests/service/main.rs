//! The emulator as its clients see it: the binary, over HTTP.

mod described;
mod logs;
mod product;
mod queue;
mod support;
mod trouble;
