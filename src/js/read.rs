//! Reads what the caller gave into plain [`Value`]s, once: every getter is run at most one time, and
//! one that throws is an issue of the input, not an exception out of WebAssembly.

use crate::params::client::ENV_KEYS;
use crate::params::request::{FUNCTION, SIGNAL};
use crate::value::{Value, UNREADABLE};
use js_sys::{Array, Date, Function, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // js-sys has these without `catch`, and a revoked proxy makes each of them throw.
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn keys(value: &JsValue) -> Result<Array, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = getPrototypeOf, catch)]
    fn prototype_of(value: &JsValue) -> Result<JsValue, JsValue>;

    type AnyDate;
    #[wasm_bindgen(method, js_name = getTime, catch)]
    fn get_time(this: &AnyDate) -> Result<f64, JsValue>;
}

/// A value of the caller's as plain data.
pub fn read(value: &JsValue) -> Value {
    read_level(value, 0).unwrap_or(Value::Other(UNREADABLE))
}

/// The variables of an environment that concern the client. Nothing else of it is touched: on
/// Workers it holds bindings, and some environments refuse to be listed.
pub fn read_env(env: &JsValue) -> Value {
    let mut entries = Vec::new();
    for key in ENV_KEYS {
        if let Some(text) = get(env, key).and_then(|value| value.as_string()) {
            entries.push((String::from(*key), Value::String(text)));
        }
    }
    Value::Map(entries)
}

/// The property `key` of an object; `None` where there is none.
pub fn get(value: &JsValue, key: &str) -> Option<JsValue> {
    if !value.is_object() && !value.is_function() {
        return None;
    }
    Reflect::get(value, &JsValue::from_str(key))
        .ok()
        .filter(|found| !found.is_undefined() && !found.is_null())
}

/// The function under `key`.
pub fn function(value: &JsValue, key: &str) -> Option<Function> {
    get(value, key)?.dyn_into().ok()
}

fn read_level(value: &JsValue, depth: u32) -> Result<Value, JsValue> {
    if let Some(flag) = value.as_bool() {
        return Ok(Value::Bool(flag));
    }
    if let Some(number) = value.as_f64() {
        return Ok(Value::Number(number));
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::String(text));
    }
    if value.is_undefined() {
        return Ok(Value::Undefined);
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    if value.is_function() {
        return Ok(Value::Other(FUNCTION));
    }
    if value.is_symbol() {
        return Ok(Value::Other("symbol"));
    }
    if value.is_bigint() {
        return Ok(Value::Other("bigint"));
    }
    if depth == DEPTH_MAX {
        return Ok(Value::Other(UNREADABLE));
    }
    if is_array(value)? {
        let list: &Array = value.unchecked_ref();
        let mut items = Vec::new();
        let length = Reflect::get(value, &JsValue::from_str("length"))?.as_f64().unwrap_or(0.0);
        for index in 0..length as u32 {
            items.push(read_level(&Reflect::get_u32(list, index)?, depth + 1)?);
        }
        return Ok(Value::List(items));
    }
    if value.is_instance_of::<Date>() {
        return Ok(Value::Date(value.unchecked_ref::<AnyDate>().get_time()?));
    }
    if is_signal(value) {
        return Ok(Value::Other(SIGNAL));
    }
    let names = keys(value)?;
    if names.length() == 0 && !is_plain(value)? {
        // A Map, a Promise, a URL: their content is not in properties.
        return Ok(Value::Other("object"));
    }
    let mut entries = Vec::new();
    for index in 0..names.length() {
        let name = names.get(index);
        let entry =
            read_level(&Reflect::get(value, &name)?, depth + 1).unwrap_or(Value::Other(UNREADABLE));
        entries.push((name.as_string().unwrap_or_default(), entry));
    }
    Ok(Value::Map(entries))
}

/// Whether it can be used as an `AbortSignal`; one of another realm or of a polyfill can.
fn is_signal(value: &JsValue) -> bool {
    get(value, "aborted").is_some_and(|aborted| aborted.as_bool().is_some())
        && function(value, "addEventListener").is_some()
}

fn is_plain(value: &JsValue) -> Result<bool, JsValue> {
    let prototype = prototype_of(value)?;
    Ok(prototype.is_null() || prototype_of(&prototype)?.is_null())
}

/// No parameter lies deeper; a cycle does.
const DEPTH_MAX: u32 = 8;
