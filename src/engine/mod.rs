//! The engine of a drive, without I/O: it decides which request to send next, how long to wait and
//! when to end. The shell around it sends the requests, reads the clock (`now`) and draws the seed.
//!
//! ```
//! use upstash_workflow_dlq::engine::{Drive, Expected, Next, Plan};
//! use upstash_workflow_dlq::params::ClientOptions;
//! use upstash_workflow_dlq::time::Timestamp;
//! use upstash_workflow_dlq::value::Value;
//! use upstash_workflow_dlq::wire::Operation;
//! # use upstash_workflow_dlq::params::{Auth, RetryOptions, Token};
//! # let client = ClientOptions {
//! #     base_url: "https://qstash.upstash.io".into(),
//! #     token: Token::new("token"),
//! #     auth: Auth::Header,
//! #     timeout: 60_000,
//! #     retry: RetryOptions::default(),
//! #     headers: Vec::new(),
//! #     dev_mode: false,
//! # };
//! let ids = Value::List(vec![Value::String("1752829295505-0".into())]);
//! let plan = Plan::read(Operation::Resume, &[ids], &client).expect("valid arguments");
//! let now = Timestamp::from_ms(1_790_000_000_000);
//! let mut drive = Drive::new(plan.clone(), now, 7);
//!
//! // The shell sends the request, and polls again.
//! let Next::Send(_, request) = drive.poll(now) else { panic!("a request") };
//! assert_eq!(request.target, "/v2/workflows/dlq/resume?dlqIds=1752829295505-0");
//! assert!(matches!(drive.poll(now), Next::Wait { until: None, .. }));
//!
//! // The process may end here: whoever continues from the checkpoint looks the entry up before it
//! // is sent again.
//! let checkpoint = drive.checkpoint();
//! let mut continued = Drive::resume_from(&checkpoint, plan, Expected::Selection, now, 8)
//!     .expect("a checkpoint of the same drive");
//! assert!(matches!(continued.poll(now), Next::Wait { until: Some(_), .. }));
//! ```
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
//! | 429s, and how long they are waited out | `rate_limits` |
//! | burst limits, concurrency, velocity | `pacing` |
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
mod rate_limits;
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
