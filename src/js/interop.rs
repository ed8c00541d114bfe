//! Bindings that are safe for any value: a getter, `then` or method of the caller's values may throw. An exception
//! becomes an `Err`, never a trap.

use crate::time::Timestamp;
use core::cell::RefCell;
use core::ptr;
use js_sys::{JsString, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn random() -> f64;
    #[wasm_bindgen(catch, js_namespace = console, js_name = error)]
    fn console_error(name: &str, error: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<f64, JsValue>;
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;
}

/// The current time.
pub fn now() -> Timestamp {
    Timestamp::from_ms(date_now() as i64)
}

/// [`now`] without `Date.now`, which Next.js refuses before the first request of a prerendered page. Wrong if the
/// system's clock was set, or the machine slept, since the process started.
pub fn estimated_now() -> Timestamp {
    let origin = property(&property(&global(), "performance"), "timeOrigin").as_f64();
    match (origin, performance_now()) {
        (Some(origin), Ok(since)) => Timestamp::from_ms((origin + since) as i64),
        _ => now(),
    }
}

/// Milliseconds by a monotonic clock. Frameworks that prerender pages allow it where they refuse `Date.now`.
pub fn monotonic() -> f64 {
    performance_now().unwrap_or_else(|_| date_now())
}

/// `globalThis`.
pub fn global() -> JsValue {
    GLOBAL.with(JsValue::clone)
}

/// A seed for the jitter of retry delays.
pub fn seed() -> u64 {
    (random() * 9_007_199_254_740_992.0) as u64
}

/// `name` as a JavaScript string, created once per constant: constants are compared by address.
pub fn key(name: &'static str) -> JsString {
    thread_local! {
        static KEYS: RefCell<Vec<(&'static str, JsString)>> = const { RefCell::new(Vec::new()) };
    }
    KEYS.with_borrow_mut(|keys| match keys.iter().find(|(known, _)| ptr::eq(*known, name)) {
        Some((_, key)) => key.clone(),
        None => {
            let key = JsString::from(name);
            keys.push((name, key.clone()));
            key
        }
    })
}

/// The property `name` of any value; `undefined` if it is missing or can't be read.
pub fn property(value: &JsValue, name: &'static str) -> JsValue {
    Reflect::get(value, &key(name)).unwrap_or_default()
}

/// The property `name` if it is a string.
pub fn text_of(value: &JsValue, name: &'static str) -> Option<String> {
    property(value, name).as_string()
}

/// The message of an error, or the string that was thrown.
pub fn message_of(error: &JsValue) -> String {
    error.as_string().or_else(|| text_of(error, "message")).unwrap_or_default()
}

/// Logs the error of a hook to the console, which may be missing or throw itself.
pub fn report(name: &str, error: &JsValue) {
    let _ = console_error(name, error);
}
