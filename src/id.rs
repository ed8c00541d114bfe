//! Identifiers that the service assigns: to an entry, to a run, to a position in a list. Each has its own type,
//! so that the compiler rejects one in place of another.

use alloc::string::String;
use core::fmt;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text, as the service wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, as the service wrote it.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(String::from(text))
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                self.0 == text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.0 == *text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The id of an entry of the dead letter queue. Usually the time of the failure in milliseconds and a serial
    /// number: `1752829295505-0`.
    ///
    /// ```
    /// use upstash_workflow_dlq::id::DlqId;
    ///
    /// let id = DlqId::from("1752829295505-0");
    /// assert_eq!(id.as_str(), "1752829295505-0");
    /// ```
    DlqId
    /// The id of a workflow run, `wfr_…`. Two runs can have the same id; they differ in their creation date.
    RunId
    /// A position in a list of the service. It is valid only with the filter of the response that contained it,
    /// and it expires.
    Cursor
}
