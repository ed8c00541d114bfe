//! The emulator as its clients see it: the binary, over HTTP.

mod queue;
mod support;
mod trouble;
