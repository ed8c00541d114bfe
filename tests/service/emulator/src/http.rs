//! Requests and responses as plain data, and a response body that can be slow, cut off or missing.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use serde_json::{json, Value};
use tokio::time::Sleep;

use crate::values::query::Query;

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// A request, with its whole body.
#[derive(Debug, Clone)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// The raw query, without the `?`.
    pub raw_query: String,
    /// The decoded query.
    pub query: Query,
    /// As sent.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Address of the client.
    pub peer: String,
}

impl Request {
    /// A header's value; `None` if it is missing or not printable ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; null if it is empty.
    ///
    /// # Errors
    /// Where the body is not JSON, and why.
    pub fn json(&self) -> Result<Value, String> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|e| format!("the body is not JSON: {e}"))
    }
}

/// A response, or what a fault does instead.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// In order; a name may repeat.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
    /// How it is sent.
    pub manner: Manner,
}

/// How a response is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As usual.
    Whole,
    /// The connection is closed after this number of bytes of the body.
    CutAt(usize),
    /// The body is sent in ten parts over this time.
    Slow(Duration),
    /// The connection is closed without a response.
    Drop,
    /// The connection stays open, without a response.
    Hang,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Bytes::new(), manner: Manner::Whole }
    }

    /// A body of JSON text.
    pub fn json_text(status: u16, text: String) -> Self {
        Response {
            status,
            headers: vec![("content-type".into(), JSON.into())],
            body: text.into(),
            manner: Manner::Whole,
        }
    }

    /// A body of JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Response::json_text(status, body.to_string())
    }

    /// `{"error": …}`.
    pub fn error(status: u16, message: impl AsRef<str>) -> Self {
        Response::json(status, &json!({ "error": message.as_ref() }))
    }

    /// Adds a header.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// The response for hyper. An error makes hyper close the connection, which is how `Drop` is done.
    pub async fn into_hyper(self) -> io::Result<hyper::Response<Paced>> {
        match self.manner {
            Manner::Drop => return Err(io::Error::other("dropped on purpose")),
            Manner::Hang => std::future::pending().await,
            _ => {}
        }
        let length = self.body.len();
        let mut sent = hyper::Response::new(Paced::new(self.body, self.manner));
        *sent.status_mut() = hyper::StatusCode::from_u16(self.status).map_err(io::Error::other)?;
        let headers = sent.headers_mut();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_str(value))
            {
                headers.append(name, value);
            }
        }
        if self.status >= 200 && self.status != 204 && self.status != 304 {
            headers.insert("content-length", length.into());
        }
        Ok(sent)
    }
}

/// Time for the written bytes to leave before the connection is closed; otherwise none would arrive.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// A body of chunks with a pause before each, which may end in an error.
pub struct Paced {
    chunks: VecDeque<Bytes>,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    fails: bool,
}

impl Paced {
    fn new(body: Bytes, manner: Manner) -> Self {
        let whole = |body: Bytes| -> VecDeque<Bytes> {
            Some(body).into_iter().filter(|chunk| !chunk.is_empty()).collect()
        };
        let (chunks, pause, fails) = match manner {
            Manner::CutAt(at) => (whole(body.slice(..at.min(body.len()))), None, true),
            Manner::Slow(time) => {
                let size = body.len().div_ceil(10).max(1);
                let chunks: VecDeque<Bytes> = (0..body.len())
                    .step_by(size)
                    .map(|at| body.slice(at..(at + size).min(body.len())))
                    .collect();
                let pause = time / chunks.len().max(1) as u32;
                (chunks, Some(pause), false)
            }
            _ => (whole(body), None, false),
        };
        Paced { chunks, pause, sleep: None, fails }
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.chunks.is_empty() && !self.fails {
            return Poll::Ready(None);
        }
        if let Some(pause) = self.pause {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
        Poll::Ready(Some(match self.chunks.pop_front() {
            Some(chunk) => {
                self.pause = self.pause.or(self.fails.then_some(BEFORE_CUT));
                Ok(Frame::data(chunk))
            }
            None => Err(io::Error::other("cut off on purpose")),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && !self.fails
    }

    fn size_hint(&self) -> http_body::SizeHint {
        if self.fails {
            http_body::SizeHint::default()
        } else {
            http_body::SizeHint::with_exact(
                self.chunks.iter().map(|chunk| chunk.len() as u64).sum(),
            )
        }
    }
}
