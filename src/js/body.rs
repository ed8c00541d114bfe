//! Reads the body of a response, up to the size limit. Parsed bodies stay in JavaScript; the core reads only the
//! fields that it needs.

use super::interop::{key, property};
use super::output::Fields;
use super::promise::settled;
use crate::wire::Body;
use js_sys::{Array, Function, JsString, JSON};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Object, js_name = hasOwn)]
    fn has_own(value: &JsValue, key: &JsString) -> bool;
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse(text: &JsString) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ArrayBuffer, js_name = isView)]
    fn is_view(value: &JsValue) -> bool;

    /// An object created by `JSON.parse`.
    type Parsed;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn at(this: &Parsed, key: &JsString) -> JsValue;
    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set(this: &Parsed, key: &JsString, value: &JsValue);

    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextDecoder;
    #[wasm_bindgen(catch, method)]
    fn decode(this: &TextDecoder, chunk: &JsValue, options: &JsValue) -> Result<JsString, JsValue>;
}

/// The text of the body of `response`; `None` if it has more than `max_size` bytes. `is_small`: it is known to have
/// fewer.
///
/// # Errors
///
/// The error of reading the body, or that its chunks are not bytes.
pub async fn text(
    response: &JsValue,
    max_size: f64,
    is_small: bool,
) -> Result<Option<JsString>, JsValue> {
    // Accessing `body` creates a JavaScript stream, through which Bun and Deno then also read the text.
    if is_small {
        return whole(response, max_size).await;
    }
    let body = property(response, "body");
    let Ok(get_reader) = property(&body, "getReader").dyn_into::<Function>() else {
        // A test double, or a response without a body.
        return whole(response, max_size).await;
    };
    // Bytes are counted as they arrive: `Content-Length` may be the size of the compressed body.
    let reader = get_reader.call0(&body)?;
    let read = method(&reader, "read")?;
    let decoder = TextDecoder::new();
    let stream = Fields::new().with("stream", true).into_js();
    let mut text = JsString::from("");
    let mut size = 0.0;
    loop {
        let chunk = settled(&read.call0(&reader)?).await?;
        if property(&chunk, "done").is_truthy() {
            let rest = decoder.decode(&JsValue::UNDEFINED, &JsValue::UNDEFINED)?;
            return Ok(Some(text.concat(&rest.into())));
        }
        let bytes = property(&chunk, "value");
        if !is_view(&bytes) {
            return Err(JsValue::from_str("the body is not of bytes"));
        }
        size += property(&bytes, "byteLength").as_f64().unwrap_or(f64::INFINITY);
        if size > max_size {
            cancel(&reader);
            return Ok(None);
        }
        text = text.concat(&decoder.decode(&bytes, &stream)?.into());
    }
}

async fn whole(response: &JsValue, max_size: f64) -> Result<Option<JsString>, JsValue> {
    let text = settled(&method(response, "text")?.call0(response)?).await?;
    if !text.is_string() {
        return Err(JsValue::from_str("the body is not text"));
    }
    let text = text.unchecked_into::<JsString>();
    Ok((f64::from(text.length()) <= max_size).then_some(text))
}

fn method(object: &JsValue, name: &'static str) -> Result<Function, JsValue> {
    let found = property(object, name).dyn_into::<Function>();
    found.map_err(|_| JsValue::from_str(&(String::from(name) + " is not a function")))
}

/// Cancels the stream to free the connection. Errors of the cancellation are ignored.
fn cancel(reader: &JsValue) {
    let Ok(Ok(cancelled)) = method(reader, "cancel").map(|cancel| cancel.call0(reader)) else {
        return;
    };
    super::task(Box::pin(async move {
        let _ = settled(&cancelled).await;
    }));
}

/// A parsed JSON value. It was created by `JSON.parse`, so reading a property can't throw.
pub struct Json(pub JsValue);

impl Json {
    /// Parses a text; `None` if it is not valid JSON.
    pub fn read(text: &JsString) -> Option<Self> {
        parse(text).ok().map(Json)
    }

    /// The elements of the list `name` at `positions`.
    pub fn elements(&self, name: &'static str, positions: &[u32]) -> Array {
        let list = self.get(name);
        let element = |index: &u32| Some(list.as_ref()?.at(*index)?.0);
        positions.iter().filter_map(element).collect()
    }

    /// Replaces `null` by an empty list, since callers iterate over lists: Go encodes an empty slice as `null`.
    pub fn repair_lists(&self) {
        if !self.0.is_object() {
            return;
        }
        let body = self.0.unchecked_ref::<Parsed>();
        for name in LISTS {
            let name = key(name);
            if body.at(&name).is_null() {
                body.set(&name, &Array::new());
            }
        }
    }
}

impl Body for Json {
    fn get(&self, name: &'static str) -> Option<Self> {
        let key = key(name);
        // Only what the service sent: `toString` and the like are not there.
        if !self.0.is_object() || !has_own(&self.0, &key) {
            return None;
        }
        let found = self.0.unchecked_ref::<Parsed>().at(&key);
        (!found.is_null()).then_some(Json(found))
    }

    fn length(&self) -> Option<u32> {
        self.0.dyn_ref::<Array>().map(Array::length)
    }

    fn at(&self, index: u32) -> Option<Self> {
        // `length` is only `Some` for an array.
        Some(Json(self.0.unchecked_ref::<Array>().get(index)))
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_object(&self) -> bool {
        self.0.is_object() && !Array::is_array(&self.0)
    }

    fn parse(&self) -> Option<Self> {
        self.0.dyn_ref::<JsString>().and_then(Json::read)
    }

    fn stringify(&self) -> Option<String> {
        JSON::stringify(&self.0).ok()?.as_string()
    }
}

/// The fields of responses that contain lists.
const LISTS: &[&str] = &["workflowRuns", "messages", "runs"];
