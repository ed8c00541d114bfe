//! One attempt at one request: the only place that touches the network, and that knows the token.

use super::body::{fill_lists, AnswerHeaders, Json};
use super::read::{function, get};
use super::timer::{Gate, Stop, Timer};
use super::{out::Fields, Shared};
use crate::params::Auth;
use crate::wire::response::{Loss, Outcome, Payload};
use crate::wire::Request;
use js_sys::{Array, Function, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, Response};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse_json(text: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub fn date_now() -> f64;
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &Init) -> Result<JsValue, JsValue>;

    /// The second argument of `fetch`, a plain object: only what every runtime takes is set.
    type Init;
    #[wasm_bindgen(method, setter)]
    fn set_method(this: &Init, method: &str);
    #[wasm_bindgen(method, setter)]
    fn set_headers(this: &Init, headers: &PlainHeaders);
    #[wasm_bindgen(method, setter)]
    fn set_signal(this: &Init, signal: &AbortSignal);
    #[wasm_bindgen(method, setter)]
    fn set_redirect(this: &Init, redirect: &str);
    #[wasm_bindgen(method, setter)]
    fn set_cache(this: &Init, cache: &str);

    type PlainHeaders;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &PlainHeaders, name: &str, value: &str);

    /// What a `fetch` of the caller's returns may lack any of it.
    type Answered;
    #[wasm_bindgen(method, getter, js_name = type)]
    fn kind(this: &Answered) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Answered) -> Option<web_sys::Headers>;
}

/// The time, in milliseconds since the epoch.
pub fn now() -> i64 {
    date_now() as i64
}

/// What arrived.
pub enum Received {
    Answer {
        status: u16,
        headers: AnswerHeaders,
        payload: Payload<Json>,
        length: u32,
        body: JsValue,
    },
    Lost(Loss),
}

impl Received {
    /// As the core reads it.
    pub fn outcome(&self) -> Outcome<'_, Json> {
        match self {
            Received::Answer { status, headers, payload, length, .. } => Outcome::Response {
                status: *status,
                headers,
                length: *length,
                payload: match payload {
                    Payload::Json(json) => Payload::Json(Json(json.0.clone())),
                    Payload::Text(text) => Payload::Text(text.clone()),
                    Payload::Empty => Payload::Empty,
                },
            },
            Received::Lost(loss) => Outcome::Lost(loss.clone()),
        }
    }

    /// The parsed body, for the caller.
    pub fn body(&self) -> JsValue {
        match self {
            Received::Answer { body, .. } => body.clone(),
            Received::Lost(_) => JsValue::UNDEFINED,
        }
    }
}

/// Sends a request once. `gate` stops it; the time limit is a stop as well.
pub async fn attempt(
    shared: &Shared,
    request: &Request,
    timeout: u32,
    number: u32,
    gate: &Rc<Gate>,
) -> Received {
    let started = now();
    let received = exchange(shared, request, timeout, gate).await;
    if let Some(hook) = &shared.on_request {
        let (status, error) = match &received {
            Received::Answer { status, .. } => (Some(u32::from(*status)), None),
            Received::Lost(loss) => (None, Some(loss_word(loss))),
        };
        let url = shared.options.base_url.clone() + &request.target;
        let event = Fields::new()
            .with("method", request.operation.method().name())
            .with("url", shared.options.token.redact(&url))
            .with("operation", request.operation.name())
            .with("attempt", number)
            .maybe("status", status)
            .maybe("error", error)
            .with("ms", now() - started);
        hook.call(&event.into_js());
    }
    received
}

fn loss_word(loss: &Loss) -> &'static str {
    match loss {
        Loss::Timeout => "timeout",
        Loss::Aborted => "aborted",
        _ => "network_error",
    }
}

async fn exchange(shared: &Shared, request: &Request, timeout: u32, gate: &Rc<Gate>) -> Received {
    let Ok(controller) = AbortController::new() else {
        return Received::Lost(Loss::NotSent(String::from("AbortController is missing")));
    };
    let _timer = {
        let gate = gate.clone();
        Timer::new(i64::from(timeout), move || gate.stop(Stop::Timeout))
    };
    let received = match begin(shared, request, &controller) {
        Ok(promise) => match gate.pass(JsFuture::from(promise)).await {
            Ok(Ok(response)) if response.is_object() => {
                read_answer(shared, response.unchecked_into(), gate).await
            }
            Ok(Ok(_)) => Received::Lost(Loss::Network(String::from(
                "fetch returned something else than a Response",
            ))),
            Ok(Err(error)) => Received::Lost(loss_of(shared, &error)),
            Err(stop) => Received::Lost(stopped(stop)),
        },
        Err(error) => Received::Lost(loss_of(shared, &error)),
    };
    if let (Some(_), Received::Lost(_)) = (gate.stopped(), &received) {
        // Frees the connection; the answer is of no more use.
        controller.abort();
    }
    received
}

fn stopped(stop: Stop) -> Loss {
    match stop {
        Stop::Timeout => Loss::Timeout,
        Stop::Aborted => Loss::Aborted,
    }
}

/// Calls `fetch`.
fn begin(
    shared: &Shared,
    request: &Request,
    controller: &AbortController,
) -> Result<Promise, JsValue> {
    let options = &shared.options;
    let mut url = options.base_url.clone() + &request.target;
    let headers: PlainHeaders = Object::new().unchecked_into();
    for (name, value) in options.headers.iter().chain(&request.headers) {
        headers.set(name, value);
    }
    match options.auth {
        Auth::Header => {
            headers.set("Authorization", &(String::from("Bearer ") + options.token.reveal()));
        }
        Auth::Query => {
            url.push_str(if url.contains('?') { "&qstash_token=" } else { "?qstash_token=" });
            url.push_str(&crate::wire::encode_component(options.token.reveal()));
        }
        Auth::None => {}
    }
    let init: Init = Object::new().unchecked_into();
    init.set_method(request.operation.method().name());
    init.set_headers(&headers);
    init.set_signal(&controller.signal());
    // A followed redirect would carry the request, and with it perhaps the token, elsewhere;
    // workerd does not know "error".
    init.set_redirect("manual");
    if shared.uncached() {
        init.set_cache("no-store");
    }
    let promise = match &shared.fetch {
        Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &JsValue::from_str(&url), &init)?,
        None => global_fetch(&url, &init)?,
    };
    Ok(Promise::resolve(&promise))
}

async fn read_answer(shared: &Shared, response: Response, gate: &Rc<Gate>) -> Received {
    let answered: &Answered = response.unchecked_ref();
    let opaque = answered.kind() == "opaqueredirect";
    let status = if opaque { FOUND } else { response.status() };
    let headers = AnswerHeaders(answered.headers());
    let text = match response.text() {
        Ok(promise) => gate.pass(JsFuture::from(promise)).await,
        Err(error) => Ok(Err(error)),
    };
    let text = match text {
        Ok(Ok(text)) => text,
        // A refusal is one, whatever it had to say.
        _ if status >= 300 => {
            let payload = Payload::Empty;
            let body = JsValue::UNDEFINED;
            return Received::Answer { status, headers, payload, length: 0, body };
        }
        Ok(Err(error)) => return Received::Lost(loss_of_body(shared, &error)),
        Err(stop) => return Received::Lost(stopped(stop)),
    };
    let characters: &js_sys::JsString = text.unchecked_ref();
    let length = characters.length();
    let (payload, body) = match parse_json(&text) {
        Ok(body) => {
            fill_lists(&body);
            (Payload::Json(Json(body.clone())), body)
        }
        Err(_) => {
            // A gateway's page may be long, and no one reads it to the end.
            let start = String::from(characters.slice(0, TEXT_MAX)).trim().to_owned();
            let payload = match start.is_empty() {
                true => Payload::Empty,
                false => Payload::Text(start),
            };
            (payload, JsValue::UNDEFINED)
        }
    };
    Received::Answer { status, headers, payload, length, body }
}

/// Why `fetch` threw. Most runtimes hide it; where the cause says that no connection came about,
/// nothing was done.
fn loss_of(shared: &Shared, error: &JsValue) -> Loss {
    let cause = get(error, "cause");
    let code = [Some(error), cause.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|error| get(error, "code")?.as_string());
    let detail = describe(shared, error, cause.as_ref());
    match code {
        Some(code) if NOT_SENT.contains(&code.as_str()) => Loss::NotSent(detail),
        _ => Loss::Network(detail),
    }
}

/// A body that broke off came after the request was sent.
fn loss_of_body(shared: &Shared, error: &JsValue) -> Loss {
    Loss::Network(describe(shared, error, get(error, "cause").as_ref()))
}

fn describe(shared: &Shared, error: &JsValue, cause: Option<&JsValue>) -> String {
    let message = |error: &JsValue| match error.as_string() {
        Some(text) => Some(text),
        None => get(error, "message")?.as_string(),
    };
    let mut text = message(error).unwrap_or_default();
    if let Some(more) = cause.and_then(message).filter(|more| !more.is_empty()) {
        text.push_str(": ");
        text.push_str(&more);
    }
    shared.options.token.redact(&text)
}

/// Whether this runtime takes `cache: "no-store"`; workerd of older compatibility dates throws.
pub fn takes_no_store() -> bool {
    let Some(constructor) = function(&js_sys::global(), "Request") else {
        return false;
    };
    let init = Object::new();
    let set = Reflect::set(&init, &JsValue::from_str("cache"), &JsValue::from_str("no-store"));
    let args = Array::of2(&JsValue::from_str("http://localhost/"), &init);
    set.is_ok() && Reflect::construct(constructor.unchecked_ref::<Function>(), &args).is_ok()
}

/// The codes with which runtimes name a connection that never came about.
const NOT_SENT: &[&str] = &[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
    "ConnectionRefused",
];
/// What an opaque redirect stands for.
const FOUND: u16 = 302;
/// Characters of a body that is not JSON.
const TEXT_MAX: u32 = 2_000;
