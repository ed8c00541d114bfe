//! The faults, and what each does to a response.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{json, Map, Value};

use crate::http::{Manner, Request, Response};

/// A fault.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type",
    deny_unknown_fields
)]
pub enum Action {
    /// Closes the connection without a response.
    Drop,
    /// Closes the connection at once and runs the handler later.
    WorkLater {
        /// Delay in milliseconds.
        ms: u64,
    },
    /// Replaces the response.
    Status {
        /// Status code.
        status: u16,
        /// A string is sent as it is, any other value as JSON; null: no body.
        #[serde(default)]
        body: Value,
        /// Its headers.
        #[serde(default)]
        headers: Map<String, Value>,
    },
    /// Sends the 502 page of a proxy.
    Html,
    /// Cuts the JSON in half.
    CutOff {
        /// Whether `Content-Length` is that of the half; otherwise the connection is closed.
        #[serde(default)]
        clean: bool,
    },
    /// Sends JSON of other types.
    WrongShape {
        /// The body.
        #[serde(default = "odd_shape")]
        body: Value,
    },
    /// Sends the body slowly.
    SlowBody {
        /// Total time in milliseconds.
        ms: u64,
    },
    /// Waits after the handler, or with `when: before` in front of it; it then runs even if the client has left.
    SlowHeaders {
        /// Time in milliseconds.
        ms: u64,
    },
    /// Never responds.
    Hang,
    /// Sends the cursor of the request back.
    RepeatCursor,
    /// Repeats the first `length` cursors forever, in turn.
    CycleCursor {
        /// Number of cursors, at least 1.
        #[serde(default = "two")]
        length: usize,
    },
    /// Resets all connections with a request in flight, including this one.
    ResetAll,
    /// Sends a page without entries but with a new cursor; the handler does not run.
    EmptyPage,
    /// Adds padding to the body.
    HugeBody {
        /// Bytes to add.
        bytes: usize,
    },
    /// Sends a redirect.
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
    /// Its name in a rule.
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

    /// The response to send, given the handler's (`None` if it did not run).
    pub fn apply(&self, request: &Request, response: Option<Response>, nonce: u64) -> Response {
        let sent = request.query.get("cursor");
        let worked = response.is_some();
        let response = response.unwrap_or_else(|| blank_page(request, sent.map(str::to_owned)));
        match self {
            Action::Drop | Action::WorkLater { .. } => Response { manner: Manner::Drop, ..response },
            Action::Hang | Action::ResetAll => Response { manner: Manner::Hang, ..response },
            Action::Status { status, body, headers } => {
                let response = match body {
                    Value::Null => Response::empty(*status),
                    Value::String(text) => Response { body: text.clone().into(), ..Response::empty(*status) },
                    other => Response::json(*status, other),
                };
                headers.iter().fold(response, |response, (name, value)| match value {
                    Value::String(text) => response.with(name, text),
                    other => response.with(name, other),
                })
            }
            Action::Html => Response {
                body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
                    .into(),
                ..Response::empty(502).with("content-type", "text/html")
            },
            Action::CutOff { clean } => {
                let half = response.body.len() / 2;
                if *clean {
                    Response { body: response.body.slice(..half), ..response }
                } else {
                    Response { manner: Manner::CutAt(half), ..response }
                }
            }
            Action::WrongShape { body } => Response::json(200, body),
            Action::SlowBody { ms } => Response { manner: Manner::Slow(Duration::from_millis(*ms)), ..response },
            // The server does these two.
            Action::SlowHeaders { .. } | Action::CycleCursor { .. } => response,
            Action::RepeatCursor => match (worked, sent) {
                (false, _) => response,
                (true, None) => response,
                (true, Some(cursor)) => with_field(response, "cursor", cursor.into()),
            },
            Action::EmptyPage => {
                let place = sent.unwrap_or("top").split('~').next().unwrap_or("top");
                blank_page(request, Some(format!("{place}~{nonce}")))
            }
            Action::HugeBody { bytes } => with_field(response, "padding", "x".repeat(*bytes).into()),
            Action::Redirect { to, status } => Response::empty(*status).with("location", to),
        }
    }
}

/// A page without entries, of the request's type.
fn blank_page(request: &Request, cursor: Option<String>) -> Response {
    let is_logs = request.path.starts_with("/v2/workflows/") && !request.path.contains("/dlq");
    let mut page = match request.method.as_str() {
        "GET" if is_logs => json!({ "runs": [] }),
        "GET" => json!({ "messages": [] }),
        "DELETE" => json!({ "deleted": 0 }),
        _ => json!({ "workflowRuns": [] }),
    };
    // More follows after "top" in either order.
    page["cursor"] = cursor.map_or(json!("top"), Value::from);
    Response::json(200, &page)
}

/// Sets a field of the response's JSON.
pub fn with_field(response: Response, name: &str, value: Value) -> Response {
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(name.into(), value);
            Response { body: Value::Object(fields).to_string().into(), ..response }
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::query::Query;

    #[test]
    fn responses() {
        let request = Request {
            method: "POST".into(),
            path: "/v2/workflows/dlq/resume".into(),
            raw_query: "cursor=7-1".into(),
            query: Query::parse("cursor=7-1"),
            headers: Default::default(),
            body: Default::default(),
            peer: String::new(),
        };
        let page = || Some(Response::json(200, &json!({"workflowRuns": [1], "cursor": "9-0"})));
        let body =
            |response: Response| -> Value { serde_json::from_slice(&response.body).unwrap() };
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
