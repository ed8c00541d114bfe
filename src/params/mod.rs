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
