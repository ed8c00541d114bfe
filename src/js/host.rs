//! What the core asks of its runtime, by `host.js`: there are `fetch`, timers and hooks, and the
//! Error classes. A promise of these never rejects, but for a wait where there are no timers.

use super::body::{AnswerHeaders, Json};
use super::out::Out;
use crate::params::{Auth, ClientOptions};
use crate::wire::response::{Loss, Outcome, Payload};
use crate::wire::Request;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// What a client's core asks of its runtime.
    pub type Host;
    #[wasm_bindgen(method)]
    fn open(this: &Host, base: &str, headers: JsValue, token: &str, in_query: bool);
    /// Whether requests are told to the caller.
    #[wasm_bindgen(method, getter)]
    fn listens(this: &Host) -> bool;
    #[wasm_bindgen(method)]
    pub fn delay(this: &Host, index: u32) -> f64;
    #[wasm_bindgen(method)]
    pub fn fail(this: &Host, data: JsValue) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn page(this: &Host, page: JsValue, key: &str, body: JsValue) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn gate(this: &Host) -> Gate;
    #[wasm_bindgen(method)]
    fn attempt(
        this: &Host,
        gate: &Gate,
        operation: &str,
        method: &str,
        target: &str,
        headers: JsValue,
        timeout: u32,
        shown: &str,
        number: u32,
    ) -> Promise;

    /// What one waits at, until somebody opens it.
    #[derive(Clone)]
    pub type Gate;
    #[wasm_bindgen(method, getter)]
    pub fn opened(this: &Gate) -> bool;
    #[wasm_bindgen(method)]
    pub fn open(this: &Gate);
    #[wasm_bindgen(method)]
    fn first(this: &Gate, promise: JsValue, ms: Option<f64>) -> Promise;

    /// The hooks of a drive.
    pub type Hooks;
    #[wasm_bindgen(method, getter)]
    pub fn listens(this: &Hooks) -> bool;
    #[wasm_bindgen(method, getter)]
    pub fn stores(this: &Hooks) -> bool;
    #[wasm_bindgen(method)]
    pub fn progress(this: &Hooks, event: JsValue);
    #[wasm_bindgen(method)]
    fn store(this: &Hooks, checkpoint: &str, lines: JsValue, gate: &Gate) -> Promise;

    /// What arrived, or why nothing did.
    pub type Received;
    /// One of `LOSSES` in `host.js`, by its number; 0 where an answer came.
    #[wasm_bindgen(method, getter)]
    fn lost(this: &Received) -> u32;
    #[wasm_bindgen(method, getter)]
    fn detail(this: &Received) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Received) -> u16;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Received) -> Option<web_sys::Headers>;
    /// Parsed; `undefined` where it was not JSON.
    #[wasm_bindgen(method, getter)]
    pub fn body(this: &Received) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn text(this: &Received) -> Option<String>;
    /// Characters of the body.
    #[wasm_bindgen(method, getter)]
    fn length(this: &Received) -> u32;

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn random() -> f64;
}

/// The time, in milliseconds since the epoch.
pub fn now() -> i64 {
    date_now() as i64
}

pub fn seed() -> u64 {
    (random() * 9_007_199_254_740_992.0) as u64
}

/// What a promise comes to, either way.
async fn outcome(promise: Promise) -> JsValue {
    match JsFuture::from(promise).await {
        Ok(value) | Err(value) => value,
    }
}

/// Names and values in turn.
fn flat(headers: &[(String, String)]) -> JsValue {
    let mut list = Vec::new();
    for (name, value) in headers {
        list.push(Out::Text(name.clone()));
        list.push(Out::Text(value.clone()));
    }
    Out::List(list).into_js()
}

impl Host {
    /// Hands over what is not needed in here any more: the runtime sends the token.
    pub fn adopt(&self, options: &ClientOptions) {
        let in_query = options.auth == Auth::Query;
        let headers = flat(&options.headers);
        self.open(&options.base_url, headers, options.token.reveal(), in_query);
    }

    /// Sends a request once.
    pub async fn send(
        &self,
        options: &ClientOptions,
        gate: &Gate,
        request: &Request,
        number: u32,
        timeout: u32,
    ) -> Received {
        let operation = request.operation;
        let mut shown = String::new();
        if self.listens() {
            shown = options.token.redact(&(options.base_url.clone() + &request.target));
        }
        let promise = self.attempt(
            gate,
            operation.name(),
            operation.method().name(),
            &request.target,
            flat(&request.headers),
            timeout,
            &shown,
            number,
        );
        outcome(promise).await.unchecked_into()
    }
}

impl Gate {
    /// Until it opens, or so many milliseconds have passed; else the error for why there is no waiting.
    pub async fn wait(&self, ms: Option<i64>) -> JsValue {
        outcome(self.first(JsValue::UNDEFINED, ms.map(|ms| ms.max(0) as f64))).await
    }
}

impl Hooks {
    /// Has the caller store a checkpoint; the words for why not.
    pub async fn stored(&self, checkpoint: &str, lines: JsValue, gate: &Gate) -> Option<String> {
        outcome(self.store(checkpoint, lines, gate)).await.as_string()
    }
}

impl Received {
    /// The headers of an answer.
    pub fn answer_headers(&self) -> AnswerHeaders {
        AnswerHeaders(self.headers())
    }

    /// As the core reads it.
    pub fn outcome<'h>(&self, headers: &'h AnswerHeaders) -> Outcome<'h, Json> {
        Outcome::Lost(match self.lost() {
            0 => {
                let body = self.body();
                let payload = match self.text().filter(|text| !text.is_empty()) {
                    _ if !body.is_undefined() => Payload::Json(Json(body)),
                    Some(text) => Payload::Text(text),
                    None => Payload::Empty,
                };
                return Outcome::Response {
                    status: self.status(),
                    headers,
                    payload,
                    length: self.length(),
                };
            }
            1 => Loss::Timeout,
            2 => Loss::Aborted,
            3 => Loss::TooLarge,
            why => {
                let detail = self.detail().unwrap_or_default();
                if why == 4 {
                    Loss::NotSent(detail)
                } else {
                    Loss::Network(detail)
                }
            }
        })
    }
}
