//! A failed attempt of a delivery, as the logs show it.

use serde_json::{json, Map, Value};

use super::Bodies;
use crate::dlq::entry::HeaderLists;
use crate::engine::send::Reply;
use crate::seeded::plan::STEP_NAME_HEADER;

/// A failed attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Time in Unix milliseconds.
    pub at: i64,
    /// Status of the response; 0: none arrived, and the body says why.
    pub status: u16,
    /// Headers of the response.
    pub headers: HeaderLists,
    /// Body of the response.
    pub body: Vec<u8>,
}

impl Attempt {
    /// An attempt from a reply that was not a success.
    pub fn of(reply: &Reply, at: i64) -> Self {
        Attempt {
            at,
            status: reply.status,
            headers: reply.headers.clone(),
            body: reply.body.clone(),
        }
    }

    /// The step that failed, if the response named it.
    pub fn step_name(&self) -> Option<&str> {
        let named =
            |(name, _): &&(String, Vec<String>)| name.eq_ignore_ascii_case(STEP_NAME_HEADER);
        self.headers.iter().find(named)?.1.first().map(String::as_str)
    }

    /// An item of `errors`.
    pub fn to_json(&self, bodies: &Bodies) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        let mut shown = Map::new();
        if bodies.error_text || self.status == 0 {
            shown.insert("error".into(), (*text).into());
        }
        if self.status != 0 {
            bodies.put(&mut shown, "body", &text);
            shown.insert("status".into(), self.status.into());
            shown.insert("headers".into(), headers_json(&self.headers));
        }
        shown.insert("time".into(), json!(self.at));
        shown.into()
    }
}

/// Headers as an object of lists.
pub fn headers_json(headers: &HeaderLists) -> Value {
    headers.iter().map(|(name, values)| (name.clone(), json!(values))).collect::<Map<_, _>>().into()
}
