//! The engine of a drive, without I/O: it decides which request to send next, how long to wait and
//! when to end. Its host sends the requests and provides the time (`now`) and a random seed.
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
//! // The host sends the request, and polls again.
//! let Next::Send(_, request) = drive.poll(now) else { panic!("a request") };
//! assert_eq!(request.target, "/v2/workflows/dlq/resume?dlqIds=1752829295505-0");
//! assert!(matches!(drive.poll(now), Next::Wait { until: None, .. }));
//!
//! // The process may end here: a drive that continues from the checkpoint looks the entry up before
//! // it sends it again.
//! let checkpoint = drive.checkpoint();
//! let mut continued = Drive::resume_from(&checkpoint, plan, Expected::Selection, now, 8)
//!     .expect("a checkpoint of the same drive");
//! assert!(matches!(continued.poll(now), Next::Wait { until: Some(_), .. }));
//! ```
//!
//! The methods of [`Drive`] form four groups. *Commands*: [`Drive::new`], [`Drive::resume_from`],
//! [`Drive::abort`]. *Polling*: [`Drive::poll`] returns what the host has to do. *Responses*:
//! [`Drive::handle_response`], [`Drive::handle_not_sent`]. *Getters*: [`Drive::counts`], [`Drive::progress`],
//! [`Drive::checkpoint`].
//!
//! The contract is "poll until you wait": after each command or response the host polls until it gets
//! [`Next::Wait`] or [`Next::Done`]. The hosts in `js/` and in the tests are both this loop.
//!
//! Invariants, which debug builds assert at every step and the simulation compares with the state of the simulated
//! service: each id is in exactly one place, the number of requests in flight does not exceed the concurrency, no
//! budget is exceeded.
//!
//! | to find | look in |
//! |---|---|
//! | input and output: [`Plan`], [`Next`], [`End`], [`Progress`] | `api` |
//! | the state machine | `drive`; its getters: `status` |
//! | how a response changes the state | `responses` |
//! | the request of an action | `action` |
//! | the abort of a drive | `abort` |
//! | what the strategies share: limits, retries, counts | `context` |
//! | iteration along the service's cursors | `scan` |
//! | ranges of time that are walked at once, and where they are cut | `windows`, by what `extent` knows |
//! | the date that ends a frozen selection | `cutoff` |
//! | pages of entries that the service selects | `pages`; pages queued for the caller: `handout` |
//! | ids, sent in batches; look-ups after an incomplete response | `batches`; their ids: `source` |
//! | the choice between pages and batches | `strategy` |
//! | a few entries first | `canary` |
//! | the outcome of the new runs | [`follow`] |
//! | consecutive 429s and their maximum wait | `rate_limits` |
//! | burst limits, concurrency, velocity | `pacing` |
//! | requests that fail together | `outage` |
//! | back-off and the retry budget | [`retry`] |
//! | hashes of ids, and the map by them | `hash` |
//! | checkpoints | [`checkpoint`] |

mod abort;
mod action;
mod api;
mod batches;
mod canary;
pub mod checkpoint;
mod context;
mod cutoff;
mod drive;
mod extent;
pub mod follow;
mod handout;
mod hash;
pub mod ledger;
mod outage;
mod pacing;
mod pages;
mod rate_limits;
mod responses;
pub mod retry;
mod scan;
mod seen;
mod source;
mod status;
mod strategy;
mod windows;

pub use api::{End, Expected, Next, Plan, Progress, Reason, Ticket, WaitReason};
pub use drive::Drive;
