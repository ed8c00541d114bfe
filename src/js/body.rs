//! Bodies and headers of answers stay in JavaScript; the core reads of them what it needs.

use super::read::get;
use crate::wire::{Body, Headers};
use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;

/// A parsed JSON value. It came from `JSON.parse`, so that no getter of it can throw.
pub struct Json(pub JsValue);

/// Makes an empty list of one that is `null`, as services in Go write it: callers iterate over them.
pub fn fill_lists(body: &JsValue) {
    for name in ["workflowRuns", "messages"] {
        let name = JsValue::from_str(name);
        if Reflect::get(body, &name).is_ok_and(|list| list.is_null()) {
            let _ = Reflect::set(body, &name, &Array::new());
        }
    }
}

impl Body for Json {
    fn get(&self, key: &str) -> Option<Self> {
        // Only what the service sent: `toString` and the like are not there.
        let own = self.0.is_object()
            && js_sys::Object::has_own(self.0.unchecked_ref::<js_sys::Object>(), &key.into());
        get(&self.0, key).filter(|_| own).map(Json)
    }

    fn length(&self) -> Option<u32> {
        self.0.dyn_ref::<Array>().map(Array::length)
    }

    fn at(&self, index: u32) -> Option<Self> {
        self.0.dyn_ref::<Array>().map(|list| Json(list.get(index)))
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
}

/// The headers of an answer.
pub struct AnswerHeaders(pub Option<web_sys::Headers>);

impl Headers for AnswerHeaders {
    fn get(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.get(name).ok().flatten()
    }
}
