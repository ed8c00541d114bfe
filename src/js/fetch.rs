//! Sends one request with the caller's or the runtime's `fetch` and reads the response, within the limits of time
//! and size. The only place that sends the token.

use super::body::{self, Json};
use super::cancel::{race, Cancellation, Raced, Sleep, Timers};
use super::error::Fault;
use super::hooks::Listener;
use super::input::Input;
use super::interop::{global, key, message_of, monotonic, property, text_of};
use super::output::Fields;
use super::promise::settled;
use crate::params::{Auth, ClientOptions};
use crate::value::Value;
use crate::wire::body::Headers;
use crate::wire::rate_limit::LIMIT_HEADERS;
use crate::wire::refusal::Loss;
use crate::wire::response::{Outcome, Payload, HEADERS};
use crate::wire::{encode_component, Method, Request};
use core::cell::Cell;
use core::future::Future;
use js_sys::{Function, JsString, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCache, RequestInit, RequestRedirect};

/// Sends the requests of a client.
pub struct Transport {
    options: ClientOptions,
    fetch: Option<Function>,
    on_request: Option<Listener>,
    /// Maximum size of a response in bytes.
    max_size: f64,
    /// Headers of every request, including the token. They are copied for each request.
    headers: Object,
    timers: Timers,
    /// Whether `Request` supports `cache: "no-store"`; `None` until checked.
    takes_no_store: Cell<Option<bool>>,
}

/// The outcome of a request, with JavaScript values.
pub enum Received {
    Response {
        status: u16,
        headers: ReadHeaders,
        body: Option<Json>,
        /// The start of a body that is not JSON.
        text: String,
        /// Length of the body in characters.
        length: u32,
    },
    /// `cause` is the error of `fetch`, or `undefined`.
    Lost { loss: Loss, cause: JsValue },
}

/// The headers of a response that the core reads. They are read before the drive is borrowed: `get` may be code of
/// the caller.
#[derive(Default)]
pub struct ReadHeaders(Vec<(&'static str, String)>);

impl Headers for ReadHeaders {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

impl Received {
    fn lost(loss: Loss) -> Self {
        Received::Lost { loss, cause: JsValue::UNDEFINED }
    }

    /// The outcome for the core.
    pub fn outcome(&self) -> Outcome<'_, Json> {
        match self {
            Received::Lost { loss, .. } => Outcome::Lost(loss.clone()),
            Received::Response { status, headers, body, text, length } => Outcome::Response {
                status: *status,
                headers,
                payload: match body {
                    Some(body) => Payload::Json(Json(body.0.clone())),
                    None if text.is_empty() => Payload::Empty,
                    None => Payload::Text(text.clone()),
                },
                length: *length,
            },
        }
    }

    /// The parsed body, or `undefined`.
    pub fn body(&self) -> JsValue {
        match self {
            Received::Response { body: Some(body), .. } => body.0.clone(),
            _ => JsValue::UNDEFINED,
        }
    }

    /// The error of `fetch`, or `undefined`.
    pub fn cause(&self) -> JsValue {
        match self {
            Received::Lost { cause, .. } => cause.clone(),
            Received::Response { .. } => JsValue::UNDEFINED,
        }
    }
}

impl Transport {
    /// Takes the functions and the size limit from `input`, whose first value is the client's options.
    pub fn new(options: ClientOptions, input: &Input, timers: Timers) -> Self {
        let headers = Object::new();
        for (name, value) in &options.headers {
            put(&headers, name, value);
        }
        if options.auth == Auth::Header {
            put(&headers, "Authorization", &(String::from("Bearer ") + options.token.reveal()));
        }
        let max_size = match input.values.first().map(|options| options.field("maxResponseSize")) {
            Some(Value::Number(size)) => *size,
            _ => SIZE_MAX,
        };
        Transport {
            fetch: input.function(0, "fetch"),
            on_request: Listener::new(input, 0, "onRequest"),
            max_size,
            headers,
            timers,
            takes_no_store: Cell::new(None),
            options,
        }
    }

    /// Sends a request once. `attempt` counts from 1; `timeout` is in milliseconds.
    ///
    /// # Errors
    ///
    /// A [`Fault`] if the runtime lacks a required global, or if a framework threw an error through its `fetch` that
    /// has to be rethrown unchanged.
    pub async fn send(
        &self,
        request: &Request,
        attempt: u32,
        timeout: u32,
        cancellation: &Cancellation,
    ) -> Result<Received, Fault> {
        let Some(on_request) = &self.on_request else {
            return self.exchange(request, timeout, cancellation).await;
        };
        let began = monotonic();
        let received = self.exchange(request, timeout, cancellation).await?;
        let url = self.options.base_url.clone() + &request.target;
        let event = Fields::new()
            .with("method", request.operation.method().name())
            .with("url", self.options.token.redact(&url))
            .with("operation", request.operation.name())
            .with("attempt", attempt);
        let event = match &received {
            Received::Response { status, .. } => event.with("status", u32::from(*status)),
            Received::Lost { loss, .. } => event.with("error", loss.code()),
        };
        on_request.tell(event.with("ms", (monotonic() - began).round()));
        Ok(received)
    }

    async fn exchange(
        &self,
        request: &Request,
        timeout: u32,
        cancellation: &Cancellation,
    ) -> Result<Received, Fault> {
        let fetch = match &self.fetch {
            Some(fetch) => fetch.clone(),
            None => property(&global(), "fetch")
                .dyn_into::<Function>()
                .map_err(|_| Fault::Missing("fetch"))?,
        };
        let controller = AbortController::new().map_err(|_| Fault::Missing("AbortController"))?;
        // Before the request: without timers no request is sent.
        let sleep = self.timers.sleep(f64::from(timeout)).map_err(Fault::no_timers)?;
        let url = JsValue::from_str(&self.url(request));
        let init = self.init(request, &controller);
        let limits = Limits { cancellation, sleep: &sleep, controller: &controller };
        let sent = fetch.call2(&JsValue::UNDEFINED, &url, &init);
        let response = limits.within(async { settled(&sent?).await }).await;
        match response {
            Ok(response) => self.read(response, &limits).await,
            Err(Interrupted::Thrown(error)) => lost(error, false),
            Err(interrupted) => Ok(interrupted.into()),
        }
    }

    /// Reads a response. A status of 300 or more decides; the unread body would only add detail.
    async fn read(&self, response: JsValue, limits: &Limits<'_>) -> Result<Received, Fault> {
        if !response.is_object() {
            let detail = String::from("fetch returned something else than a Response");
            return Ok(Received::lost(Loss::Network(detail)));
        }
        let kind = text_of(&response, "type");
        let status = match kind.as_deref() {
            // The runtime hides the status and the target.
            Some("opaqueredirect") => 302,
            // A value that is not a number reads as 0, which is not a success.
            _ => property(&response, "status").as_f64().unwrap_or(0.0) as u16,
        };
        let from = HeadersOf::of(&response);
        let headers = from.read(status);
        // For a cross-origin response a browser shows `Content-Length` but not `Content-Encoding`, and the caller's
        // `fetch` may omit either.
        let shows_encoding =
            self.fetch.is_none() && matches!(kind.as_deref(), Some("basic" | "default"));
        let is_small = shows_encoding && from.announce_small(self.max_size);
        let text = limits.within(body::text(&response, self.max_size, is_small)).await;
        let refused = !(200..300).contains(&status);
        let text = match text {
            Ok(Some(text)) => text,
            Ok(None) if !refused => return Ok(Received::lost(Loss::TooLarge)),
            Err(Interrupted::Thrown(error)) if !refused => return lost(error, true),
            Err(interrupted) if !refused => return Ok(interrupted.into()),
            _ => JsString::from(""),
        };
        let body = Json::read(&text);
        if let Some(body) = &body {
            body.repair_lists();
        }
        let beginning = match &body {
            Some(_) => String::new(),
            // The error page of a gateway may be long.
            None => String::from(text.slice(0, TEXT_MAX).trim()),
        };
        Ok(Received::Response { status, headers, body, text: beginning, length: text.length() })
    }

    fn url(&self, request: &Request) -> String {
        let mut url = self.options.base_url.clone() + &request.target;
        if self.options.auth == Auth::Query {
            url.push(if request.target.contains('?') { '&' } else { '?' });
            url.push_str("qstash_token=");
            url.push_str(&encode_component(self.options.token.reveal()));
        }
        url
    }

    fn init(&self, request: &Request, controller: &AbortController) -> RequestInit {
        let headers = Object::assign(&Object::new(), &self.headers);
        for (name, value) in &request.headers {
            put(&headers, name, value);
        }
        let init = RequestInit::new();
        let method = request.operation.method();
        init.set_method(method.name());
        init.set_headers(&headers);
        init.set_signal(Some(&controller.signal()));
        // Following a redirect would send the request, possibly with the token, to another place. workerd does not
        // support "error".
        init.set_redirect(RequestRedirect::Manual);
        // Only responses to GET are cached.
        if method == Method::Get && self.takes_no_store() {
            init.set_cache(RequestCache::NoStore);
        }
        init
    }

    /// workerd throws for `cache` with older compatibility dates.
    fn takes_no_store(&self) -> bool {
        self.takes_no_store.get().unwrap_or_else(|| {
            let init = RequestInit::new();
            init.set_cache(RequestCache::NoStore);
            let takes = web_sys::Request::new_with_str_and_init("http://localhost/", &init).is_ok();
            self.takes_no_store.set(Some(takes));
            takes
        })
    }
}

/// The limits of a request: cancellation and timeout.
struct Limits<'a> {
    cancellation: &'a Cancellation,
    sleep: &'a Sleep,
    controller: &'a AbortController,
}

enum Interrupted {
    Thrown(JsValue),
    Lost(Loss),
}

impl From<Interrupted> for Received {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Lost(loss) => Received::lost(loss),
            Interrupted::Thrown(cause) => Received::Lost { loss: loss_of(&cause, true), cause },
        }
    }
}

impl Limits<'_> {
    /// Runs `work` within the limits. Stops waiting even if `fetch` ignores its signal.
    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, JsValue>>,
    ) -> Result<T, Interrupted> {
        let loss = match race(work, self.cancellation, Some(self.sleep)).await {
            Raced::Done(result) => return result.map_err(Interrupted::Thrown),
            Raced::Cancelled => Loss::Aborted,
            Raced::TimedOut => Loss::Timeout,
        };
        // Frees the connection.
        self.controller.abort();
        Err(Interrupted::Lost(loss))
    }
}

/// Sets a header; replaces one with the same name.
fn put(headers: &Object, name: &str, value: &str) {
    // Setting a property of a plain object does not fail.
    let _ = Reflect::set(headers, &JsValue::from_str(name), &JsValue::from_str(value));
}

/// The outcome of a request for which `fetch` failed or whose body was incomplete. `begun`: the response had begun.
fn lost(cause: JsValue, begun: bool) -> Result<Received, Fault> {
    if is_control_flow(&cause) {
        return Err(Fault::Thrown(cause));
    }
    Ok(Received::Lost { loss: loss_of(&cause, begun), cause })
}

/// Classifies an error of `fetch`. Most runtimes hide the reason; if a code shows that there was no connection, the
/// request was not sent. `begun`: the response had begun.
fn loss_of(error: &JsValue, begun: bool) -> Loss {
    let cause = property(error, "cause");
    let mut detail = message_of(error);
    let inner = message_of(&cause);
    if !detail.is_empty() && !inner.is_empty() {
        detail.push_str(": ");
    }
    detail.push_str(&inner);
    let code = text_of(error, "code").or_else(|| text_of(&cause, "code"));
    let not_sent = code.is_some_and(|code| NOT_SENT.contains(&code.as_str()));
    if not_sent && !begun {
        Loss::NotSent(detail)
    } else {
        Loss::Network(detail)
    }
}

/// Whether a framework threw this error through its `fetch` in order to catch it, as React and Next.js do to suspend
/// or to stop a prerender. Such an error must be neither wrapped nor retried.
fn is_control_flow(error: &JsValue) -> bool {
    property(error, "digest").is_string()
        || property(error, "$$typeof").is_symbol()
        || text_of(error, "code").is_some_and(|code| code.starts_with("NEXT_"))
}

/// The headers of a response and their `get`; none without `get`.
struct HeadersOf {
    headers: JsValue,
    get: Option<Function>,
}

impl HeadersOf {
    fn of(response: &JsValue) -> Self {
        let headers = property(response, "headers");
        HeadersOf { get: property(&headers, "get").dyn_into().ok(), headers }
    }

    fn get(&self, name: &'static str) -> Option<String> {
        self.get.as_ref()?.call1(&self.headers, &key(name)).ok()?.as_string()
    }

    /// Reads the headers that the core uses for this status.
    fn read(&self, status: u16) -> ReadHeaders {
        let limits = if matches!(status, 429 | 503) { LIMIT_HEADERS } else { &[] };
        let mut read = Vec::new();
        for names in [HEADERS, limits] {
            read.extend(names.iter().filter_map(|name| Some((*name, self.get(name)?))));
        }
        ReadHeaders(read)
    }

    /// Whether the body is short enough to be read at once, by its headers, all of which have to be visible:
    /// `Content-Length` of a compressed body is the compressed size, and decompression may multiply it (gzip by up to
    /// 1,032, brotli by far more).
    fn announce_small(&self, max_size: f64) -> bool {
        let length = self.get("Content-Length").and_then(|text| text.parse::<u64>().ok());
        length.is_some_and(|length| length <= SMALL_MAX && length as f64 <= max_size)
            && self.get("Content-Encoding").is_none()
    }
}

/// Default maximum size of a response in bytes.
const SIZE_MAX: f64 = 67_108_864.0;
/// Maximum size in bytes of a body that is read at once.
const SMALL_MAX: u64 = 1_048_576;
/// Maximum number of characters kept of a body that is not JSON.
const TEXT_MAX: u32 = 2_000;
/// Error codes of runtimes for a connection that was not established.
const NOT_SENT: &[&str] = &[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
    "ConnectionRefused",
];
