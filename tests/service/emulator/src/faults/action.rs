//! What a fault does to a request and its answer.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{json, Map, Value};

use crate::http::{Answer, Manner, Request};

/// What happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type",
    deny_unknown_fields
)]
pub enum Action {
    /// The connection is closed without an answer.
    Drop,
    /// The connection is closed at once, and the work is done so much later.
    WorkLater {
        /// Milliseconds.
        ms: u64,
    },
    /// This answer instead.
    Status {
        /// Status code.
        status: u16,
        /// A string as it is, anything else as JSON.
        #[serde(default)]
        body: Value,
        /// Its headers.
        #[serde(default)]
        headers: Map<String, Value>,
    },
    /// A gateway's 502 page.
    Html,
    /// JSON cut in the middle; `clean`: the transfer itself is whole.
    CutOff {
        /// Whether the transfer is well-formed.
        #[serde(default)]
        clean: bool,
    },
    /// JSON of another shape.
    WrongShape {
        /// What is sent.
        #[serde(default = "odd_shape")]
        body: Value,
    },
    /// The body takes so long.
    SlowBody {
        /// Milliseconds.
        ms: u64,
    },
    /// The answer takes so long; with `when: before` the work too, whether or not anybody still waits.
    SlowHeaders {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer ever.
    Hang,
    /// The cursor of the answer is the one just sent.
    RepeatCursor,
    /// The first `length` cursors are repeated for ever, one after the other.
    CycleCursor {
        /// How many there are; 1 at least.
        #[serde(default = "two")]
        length: usize,
    },
    /// All connections with a request under way are reset at once, this one among them.
    ResetAll,
    /// No entries, nothing done, and a cursor that goes on.
    EmptyPage,
    /// The answer with so many bytes more.
    HugeBody {
        /// How many.
        bytes: usize,
    },
    /// A redirect.
    Redirect {
        /// The target.
        to: String,
        /// Status code.
        #[serde(default = "found")]
        status: u16,
    },
}

fn odd_shape() -> Value {
    json!({"workflowRuns": "none", "messages": 7, "deleted": [], "cursor": {}})
}

fn found() -> u16 {
    302
}

fn two() -> usize {
    2
}

impl Action {
    /// As it is written in a rule.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Drop => "drop",
            Action::WorkLater { .. } => "workLater",
            Action::Status { .. } => "status",
            Action::Html => "html",
            Action::CutOff { .. } => "cutOff",
            Action::WrongShape { .. } => "wrongShape",
            Action::SlowBody { .. } => "slowBody",
            Action::SlowHeaders { .. } => "slowHeaders",
            Action::Hang => "hang",
            Action::RepeatCursor => "repeatCursor",
            Action::CycleCursor { .. } => "cycleCursor",
            Action::ResetAll => "resetAll",
            Action::EmptyPage => "emptyPage",
            Action::HugeBody { .. } => "hugeBody",
            Action::Redirect { .. } => "redirect",
        }
    }

    /// What is sent, given the answer of the work (or none, if the work was not done).
    pub fn apply(&self, request: &Request, answer: Option<Answer>, nonce: u64) -> Answer {
        let sent = request.query.get("cursor");
        let worked = answer.is_some();
        let answer = answer.unwrap_or_else(|| blank_page(request, sent.map(str::to_owned)));
        match self {
            Action::Drop | Action::WorkLater { .. } => Answer { manner: Manner::Drop, ..answer },
            Action::Hang | Action::ResetAll => Answer { manner: Manner::Hang, ..answer },
            Action::Status { status, body, headers } => {
                let answer = match body {
                    Value::Null => Answer::empty(*status),
                    Value::String(text) => Answer { body: text.clone().into(), ..Answer::empty(*status) },
                    other => Answer::json(*status, other),
                };
                headers.iter().fold(answer, |answer, (name, value)| match value {
                    Value::String(text) => answer.with(name, text),
                    other => answer.with(name, other),
                })
            }
            Action::Html => Answer {
                body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
                    .into(),
                ..Answer::empty(502).with("content-type", "text/html")
            },
            Action::CutOff { clean } => {
                let half = answer.body.len() / 2;
                if *clean {
                    Answer { body: answer.body.slice(..half), ..answer }
                } else {
                    Answer { manner: Manner::CutAt(half), ..answer }
                }
            }
            Action::WrongShape { body } => Answer::json(200, body),
            Action::SlowBody { ms } => Answer { manner: Manner::Slow(Duration::from_millis(*ms)), ..answer },
            // The server waits, or has turned the ring.
            Action::SlowHeaders { .. } | Action::CycleCursor { .. } => answer,
            Action::RepeatCursor => match (worked, sent) {
                (false, _) => answer,
                (true, None) => answer,
                (true, Some(cursor)) => with_field(answer, "cursor", cursor.into()),
            },
            Action::EmptyPage => {
                let place = sent.unwrap_or("top").split('~').next().unwrap_or("top");
                blank_page(request, Some(format!("{place}~{nonce}")))
            }
            Action::HugeBody { bytes } => with_field(answer, "padding", "x".repeat(*bytes).into()),
            Action::Redirect { to, status } => Answer::empty(*status).with("location", to),
        }
    }
}

/// A page without entries, of the shape that the request expects.
fn blank_page(request: &Request, cursor: Option<String>) -> Answer {
    let is_logs = request.path.starts_with("/v2/workflows/") && !request.path.contains("/dlq");
    let mut page = match request.method.as_str() {
        "GET" if is_logs => json!({ "runs": [] }),
        "GET" => json!({ "messages": [] }),
        "DELETE" => json!({ "deleted": 0 }),
        _ => json!({ "workflowRuns": [] }),
    };
    // In either order there is something behind it.
    page["cursor"] = cursor.map_or(json!("top"), Value::from);
    Answer::json(200, &page)
}

/// The answer with another value of a field of its JSON.
pub fn with_field(answer: Answer, name: &str, value: Value) -> Answer {
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(name.into(), value);
            Answer { body: Value::Object(fields).to_string().into(), ..answer }
        }
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::query::Query;

    #[test]
    fn answers() {
        let request = Request {
            method: "POST".into(),
            path: "/v2/workflows/dlq/resume".into(),
            raw_query: "cursor=7-1".into(),
            query: Query::parse("cursor=7-1"),
            headers: Default::default(),
            body: Default::default(),
            peer: String::new(),
        };
        let page = || Some(Answer::json(200, &json!({"workflowRuns": [1], "cursor": "9-0"})));
        let body = |answer: Answer| -> Value { serde_json::from_slice(&answer.body).unwrap() };
        let repeated = body(Action::RepeatCursor.apply(&request, page(), 1));
        assert_eq!(repeated, json!({"workflowRuns": [1], "cursor": "7-1"}));
        let stuck = body(Action::RepeatCursor.apply(&request, None, 1));
        assert_eq!(stuck, json!({"workflowRuns": [], "cursor": "7-1"}));
        let empty = body(Action::EmptyPage.apply(&request, None, 4));
        assert_eq!(empty, json!({"workflowRuns": [], "cursor": "7-1~4"}));
        let huge = Action::HugeBody { bytes: 1_000 }.apply(&request, page(), 1);
        assert!(huge.body.len() > 1_000);
        let cut = Action::CutOff { clean: true }.apply(&request, page(), 1);
        assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
        assert_eq!(Action::Drop.apply(&request, page(), 1).manner, Manner::Drop);
    }
}
