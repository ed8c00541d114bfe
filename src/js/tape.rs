//! Reads what `values.js` has made of the caller's values: a flat array of their kinds and contents,
//! which nothing the caller does can change any more.

use crate::params::request::{FUNCTION, SIGNAL};
use crate::value::{Value, UNREADABLE};
use js_sys::Array;
use wasm_bindgen::JsValue;

/// The values of a tape, which holds a list of them.
pub fn values(tape: &Array) -> Vec<Value> {
    match (Tape { tape, at: 0 }).value() {
        Value::List(values) => values,
        _ => Vec::new(),
    }
}

struct Tape<'a> {
    tape: &'a Array,
    at: u32,
}

impl Tape<'_> {
    fn next(&mut self) -> JsValue {
        let item = self.tape.get(self.at);
        self.at += 1;
        item
    }

    fn number(&mut self) -> f64 {
        self.next().as_f64().unwrap_or(f64::NAN)
    }

    fn text(&mut self) -> String {
        self.next().as_string().unwrap_or_default()
    }

    fn value(&mut self) -> Value {
        // The numbers are those of `values.js`.
        match self.number() as u32 {
            0 => Value::Undefined,
            1 => Value::Null,
            2 => Value::Bool(self.next().is_truthy()),
            3 => Value::Number(self.number()),
            4 => Value::String(self.text()),
            5 => Value::Date(self.number()),
            6 => {
                let mut items = Vec::new();
                for _ in 0..self.number() as u32 {
                    items.push(self.value());
                }
                Value::List(items)
            }
            7 => {
                let mut entries = Vec::new();
                for _ in 0..self.number() as u32 {
                    entries.push((self.text(), self.value()));
                }
                Value::Map(entries)
            }
            8 => Value::Other(FUNCTION),
            9 => Value::Other("symbol"),
            10 => Value::Other("bigint"),
            11 => Value::Other(UNREADABLE),
            12 => Value::Other(SIGNAL),
            _ => Value::Other("object"),
        }
    }
}
