//! Validation of the caller's parameters: [`Value`](crate::value::Value)s in, typed parameters out. All issues
//! are collected, not only the first.

pub mod base_url;
pub mod client;
pub mod condition;
pub mod date;
pub mod drive;
pub mod duration;
pub mod expression;
pub mod filter;
pub mod follow;
pub mod issue;
pub mod logs;
pub mod overrides;
pub mod request;
pub mod selection;
pub mod spelling;
pub mod token;

pub use client::{Auth, ClientOptions, RetryOptions};
pub use condition::{Narrowing, StatusRange, Where};
pub use drive::{DriveOptions, Report, Strategy};
pub use filter::{Field, Filter};
pub use follow::{Followable, FollowedRun, Following};
pub use issue::{Issue, Issues, Place, Received};
pub use logs::{LogsQuery, RunName};
pub use overrides::Overrides;
pub use request::RequestOptions;
pub use selection::{Selection, SingleSelection};
pub use token::Token;

/// The keys that are accepted, by the object that they belong to. The fuzz targets build their objects from them.
pub const ACCEPTED_KEYS: &[&[&str]] = &[
    client::KEYS,
    client::RETRY_KEYS,
    condition::KEYS,
    drive::CANARY_KEYS,
    drive::KEYS,
    filter::ACTION_KEYS,
    filter::LIST_KEYS,
    follow::FOLLOWING_KEYS,
    follow::OPTION_KEYS,
    logs::FILTER_KEYS,
    logs::KEYS,
    overrides::FLOW_CONTROL_KEYS,
    overrides::KEYS,
    request::KEYS,
    selection::LEGACY_KEYS,
    selection::LIST_KEYS,
    selection::SELECTION_KEYS,
];
