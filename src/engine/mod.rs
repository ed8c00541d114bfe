//! A drive decides what to send next, how long to wait and when it ends, and does none of it: time
//! comes in as `now`, chance as a seed, and the shell around it sends.
//!
//! The methods of [`Drive`] are of four families. *Commands*: [`Drive::new`], [`Drive::resume_from`],
//! [`Drive::abort`]. *Polling*: [`Drive::poll`] says what the shell has to do. *Answers*:
//! [`Drive::handle_answer`], [`Drive::handle_not_sent`]. *Getters*: [`Drive::counts`], [`Drive::progress`],
//! [`Drive::checkpoint`].
//!
//! The contract, "poll until you wait": after any command or answer the shell polls until it gets
//! [`Next::Wait`] or [`Next::Done`]. The shell in `js/` and the one in the tests are that one loop.
//!
//! Invariants, which debug builds assert at every step and the simulation holds against the service's
//! books: each id is in exactly one place, requests in flight stay within concurrency, no budget is
//! overdrawn.
//!
//! | to find | look in |
//! |---|---|
//! | what goes in and out: [`Plan`], [`Next`], [`End`], [`Progress`] | `api` |
//! | the state machine | `drive`; what it reports about itself: `status` |
//! | what a response does to it | `responses` |
//! | the request that an action becomes | `action` |
//! | what the strategies share: limits, retries, counts | `context` |
//! | a walk along the service's cursors | `scan` |
//! | ranges of time that are walked at once, and where they are cut | `windows`, by what `sight` knows |
//! | the date that ends a frozen selection | `cutoff` |
//! | pages that the service chooses | `pages`; those that wait for the caller: `handout` |
//! | ids, sent in batches; look-ups after an incomplete answer | `batches`; their ids: `source` |
//! | which of the two a drive follows | `strategy` |
//! | a few entries first | `canary` |
//! | what became of the new runs | [`follow`] |
//! | rate limits, concurrency, velocity | `pacing` |
//! | requests that fail together | `outage` |
//! | back-off and the retry budget | [`retry`] |
//! | checkpoints | [`checkpoint`] |

mod action;
mod api;
mod batches;
mod canary;
pub mod checkpoint;
mod context;
mod cutoff;
mod drive;
pub mod follow;
mod handout;
pub mod ledger;
mod outage;
mod pacing;
mod pages;
mod queue;
mod responses;
pub mod retry;
mod scan;
mod seen;
mod sight;
mod source;
mod status;
mod strategy;
mod windows;

pub use api::{End, Expected, Next, Plan, Progress, Reason, Ticket, WaitReason};
pub use drive::Drive;
