//! Parameters to HTTP requests, HTTP answers to pages and errors: as plain data, sending nothing.

pub mod call;
pub mod entry;
pub mod fingerprint;
pub mod logs;
pub mod rate_limit;
pub mod request;
pub mod response;
pub mod tally;

pub use entry::Listed;
pub use request::{encode_component, Method, Operation, Request};
pub use response::{Answer, Body, Headers, Page, Refusal};
