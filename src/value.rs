//! JavaScript values as plain data. They are copied once, when the call is made, so that later changes to the
//! caller's objects can't change what was validated.

/// A JavaScript value that the caller passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `undefined`, or a property that does not exist.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, NaN and the infinities included.
    Number(f64),
    /// A string.
    String(String),
    /// Milliseconds since the epoch; NaN for an invalid `Date`.
    Date(f64),
    /// An array.
    List(Vec<Value>),
    /// A plain object's own enumerable string keys, in the caller's order.
    Map(Vec<(String, Value)>),
    /// Not data, such as a function or an `AbortSignal`; the word is the type's name in error messages.
    Other(&'static str),
}

/// The word of [`Value::Other`] for a value that could not be read: a getter that throws, a revoked
/// proxy, a cycle, or more levels of nesting than any parameter has.
pub const UNREADABLE: &str = "unreadable";

impl Value {
    /// The value under `key`; [`Value::Undefined`] if there is none or this is not an object.
    ///
    /// ```
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let options = Value::Map(vec![("limit".into(), Value::Number(10.0))]);
    /// assert_eq!(options.field("limit"), &Value::Number(10.0));
    /// assert!(options.field("freeze").is_undefined());
    /// assert!(Value::Null.field("limit").is_undefined());
    /// ```
    pub fn field(&self, key: &str) -> &Value {
        match self {
            Value::Map(entries) => {
                entries.iter().find(|(name, _)| name == key).map_or(&Value::Undefined, |(_, v)| v)
            }
            _ => &Value::Undefined,
        }
    }

    /// Whether this is [`Value::Undefined`].
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined)
    }

    /// The name of this value's type in error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Date(ms) if ms.is_nan() => "invalid Date",
            Value::Date(_) => "Date",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            Value::Other(word) => word,
        }
    }
}
