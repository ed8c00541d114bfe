//! One request: builds it, sends it by the caller's or the runtime's `fetch`, reads the response up to
//! the limits of time and size, and says why there is none. The one place that sends the token.

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
    /// Bytes of a response.
    max_size: f64,
    /// Those that each request has, the token among them. Copied, never handed out.
    headers: Object,
    timers: Timers,
    /// Whether `fetch` takes `cache: "no-store"`, once that is known.
    takes_no_store: Cell<Option<bool>>,
}

/// What came of a request.
pub enum Received {
    Response {
        status: u16,
        headers: ReadHeaders,
        body: Option<Json>,
        /// The beginning of a body that is not JSON.
        text: String,
        /// Characters of the body.
        length: u32,
    },
    /// `cause` is what was thrown, or `undefined`.
    Lost { loss: Loss, cause: JsValue },
}

/// Those headers of a response that the core reads, read before the core is borrowed: `get` may be the
/// caller's.
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

    /// As the core reads it.
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

    /// What was thrown, or `undefined`.
    pub fn cause(&self) -> JsValue {
        match self {
            Received::Lost { cause, .. } => cause.clone(),
            Received::Response { .. } => JsValue::UNDEFINED,
        }
    }
}

impl Transport {
    /// Takes from the caller's input, whose first value are the client's options, what is not plain data.
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
    /// A [`Fault`] where nothing was sent, because the runtime lacks what that takes, or because a
    /// framework needs to see what its `fetch` has thrown.
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
        // Before anything is sent: without timers nothing is.
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
            // To whatever place.
            Some("opaqueredirect") => 302,
            // What is no status reads as 0, which is none of success.
            _ => property(&response, "status").as_f64().unwrap_or(0.0) as u16,
        };
        let from = HeadersOf::of(&response);
        let headers = from.read(status);
        // Of a response from another origin a page sees `Content-Length`, and no `Content-Encoding`; the
        // caller's `fetch` may show or leave out what it likes.
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
            // A gateway's page may be long.
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
        // A followed redirect would carry the request, and with it perhaps the token, elsewhere; workerd
        // does not know "error".
        init.set_redirect(RequestRedirect::Manual);
        // Nothing but the response to a GET is ever cached.
        if method == Method::Get && self.takes_no_store() {
            init.set_cache(RequestCache::NoStore);
        }
        init
    }

    /// workerd of older compatibility dates throws for it.
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

/// What ends a request before its response does.
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
    /// What `work` comes to within them. Not every `fetch` heeds its signal, so it is left alone, too.
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

/// Sets a header: the last of a name counts.
fn put(headers: &Object, name: &str, value: &str) {
    // A plain object without a prototype's setters for names of headers takes everything.
    let _ = Reflect::set(headers, &JsValue::from_str(name), &JsValue::from_str(value));
}

/// A request that `fetch` threw for, or whose response broke off.
fn lost(cause: JsValue, begun: bool) -> Result<Received, Fault> {
    if is_control_flow(&cause) {
        return Err(Fault::Thrown(cause));
    }
    Ok(Received::Lost { loss: loss_of(&cause, begun), cause })
}

/// Why `fetch` threw. Most runtimes hide it; where the cause says that no connection came about,
/// nothing was done. `begun`: the response had begun.
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

/// Whether a framework threw this through its own `fetch` to catch it again, as React's and Next's do to
/// suspend or to leave a prerender: it must be neither wrapped nor tried again.
fn is_control_flow(error: &JsValue) -> bool {
    property(error, "digest").is_string()
        || property(error, "$$typeof").is_symbol()
        || text_of(error, "code").is_some_and(|code| code.starts_with("NEXT_"))
}

/// The headers of a response as they are, with their `get`; without, there are none.
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

    /// Those that the core reads of a response with this status.
    fn read(&self, status: u16) -> ReadHeaders {
        let limits = if matches!(status, 429 | 503) { LIMIT_HEADERS } else { &[] };
        let read = |name: &&'static str| Some((*name, self.get(name)?));
        ReadHeaders(HEADERS.iter().chain(limits).filter_map(read).collect())
    }

    /// Whether they announce a body that is short enough to be read at once. All of them have to be
    /// visible: the length of a compressed body is that before decompression, which multiplies it without
    /// a bound that would help (gzip by 1,032, brotli by far more).
    fn announce_small(&self, max_size: f64) -> bool {
        let length = self.get("Content-Length").and_then(|text| text.parse::<u32>().ok());
        length.is_some_and(|length| length <= SMALL_MAX && f64::from(length) <= max_size)
            && self.get("Content-Encoding").is_none()
    }
}

/// Bytes of a response, unless the caller says otherwise.
const SIZE_MAX: f64 = 67_108_864.0;
/// Bytes of a body that is read at once.
const SMALL_MAX: u32 = 1_048_576;
/// Characters that are kept of a body that is not JSON.
const TEXT_MAX: u32 = 2_000;
/// The codes by which runtimes name a connection that never came about.
const NOT_SENT: &[&str] = &[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
    "ConnectionRefused",
];
