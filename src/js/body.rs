//! Bodies and headers of answers stay in JavaScript; the core reads of them what it needs.

use crate::wire::{Body, Headers};
use js_sys::{Array, Object, Reflect, JSON};
use wasm_bindgen::prelude::*;

/// A parsed JSON value. It came from `JSON.parse`, so that no getter of it can throw.
pub struct Json(pub JsValue);

impl Body for Json {
    fn get(&self, key: &str) -> Option<Self> {
        let key = JsValue::from_str(key);
        // Only what the service sent: `toString` and the like are not there.
        let own = self.0.is_object() && Object::has_own(self.0.unchecked_ref::<Object>(), &key);
        let found = if own { Reflect::get(&self.0, &key).ok()? } else { JsValue::UNDEFINED };
        (!found.is_undefined() && !found.is_null()).then_some(Json(found))
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

    fn parse(&self) -> Option<Self> {
        JSON::parse(&self.0.as_string()?).ok().map(Json)
    }

    fn stringify(&self) -> Option<String> {
        JSON::stringify(&self.0).ok()?.as_string()
    }
}

impl Json {
    /// The list under `key` as an object of its own, with the elements at `positions` alone.
    pub fn with_elements(&self, key: &str, positions: &[u32]) -> JsValue {
        let list = self.get(key);
        let elements = positions.iter().filter_map(|index| Some(list.as_ref()?.at(*index)?.0));
        let page = Object::new();
        // A new object takes any property.
        let _ = Reflect::set(&page, &JsValue::from_str(key), &elements.collect::<Array>());
        page.into()
    }
}

/// The headers of an answer.
pub struct AnswerHeaders(pub Option<web_sys::Headers>);

impl Headers for AnswerHeaders {
    fn get(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.get(name).ok().flatten()
    }
}
