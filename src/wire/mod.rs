//! Parameters to HTTP requests and HTTP responses to pages and errors, as plain data. Nothing here sends.
//!
//! | to find | look in |
//! |---|---|
//! | the request of an operation | `request`; that of a single call: `call` |
//! | what a response means | `response` |
//! | errors, lost responses, and whether they may have acted | `refusal` |
//! | the reset of a 429 | `rate_limit` |
//! | a listed entry, and the caller's condition | `entry`; groups of a preview: `tally`, `fingerprint` |
//! | the logs and the state of a run | `logs` |
//! | a body and headers as the shell holds them | `body` |
//!
//! No module here uses another that uses it.

pub mod body;
pub mod call;
pub mod entry;
pub mod fingerprint;
pub mod logs;
pub mod rate_limit;
pub mod refusal;
pub mod request;
pub mod response;
pub mod tally;

pub use body::{Body, Headers};
pub use entry::Listed;
pub use refusal::Refusal;
pub use request::{encode_component, Method, Operation, Request};
pub use response::{Page, Response};
