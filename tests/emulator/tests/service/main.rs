//! The emulator as its clients see it: the binary, over HTTP.

mod logs;
mod queue;
mod support;
mod trouble;
