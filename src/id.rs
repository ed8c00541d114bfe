//! Names that the service gives: of an entry, of a run, of a position in a list. Each has a type of its own,
//! so that the compiler refuses one where another is meant.

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
    /// The id of an entry of the dead letter queue: most are a time in milliseconds and a number,
    /// `1752829295505-0`.
    DlqId
    /// The id of a workflow run, `wfr_…`. Two runs may have the same id and differ in their creation date.
    RunId
    /// A position in a list of the service. It is valid only for the filter that it was returned for, and it
    /// expires.
    Cursor
}
