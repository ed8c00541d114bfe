//! The caller's values, which `snapshot.js` has read once into a flat array of their kinds and contents, so that the
//! caller can't change them any more.

use crate::decimal::decimal;
use crate::params::request::{FUNCTION, SIGNAL};
use crate::value::{Value, UNREADABLE};
use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue};

/// The arguments of a call.
pub struct Input {
    /// The arguments as plain data, in order.
    pub values: Vec<Value>,
    /// The functions in them, by path: `2.onProgress`.
    functions: Vec<(String, Function)>,
}

impl Input {
    /// Reads a snapshot of a list of values.
    pub fn read(snapshot: &Array) -> Self {
        let mut reader = Reader { snapshot, at: 0, place: String::new(), functions: Vec::new() };
        // Skips the kind of the list; its length follows.
        reader.at += 1;
        let mut values = Vec::new();
        for index in 0..reader.number() as usize {
            reader.place = decimal(index);
            values.push(reader.value());
        }
        Input { values, functions: reader.functions }
    }

    /// The function that is `key` of the argument at `index`; `key` may be a path, `retry.backoff`.
    pub fn function(&self, index: usize, key: &str) -> Option<Function> {
        let place = decimal(index) + "." + key;
        self.functions.iter().find(|(name, _)| *name == place).map(|(_, found)| found.clone())
    }
}

struct Reader<'a> {
    snapshot: &'a Array,
    at: u32,
    /// The path of the current value, without indices of lists.
    place: String,
    functions: Vec<(String, Function)>,
}

impl Reader<'_> {
    fn next(&mut self) -> JsValue {
        let item = self.snapshot.get(self.at);
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
        // The kinds are defined in `snapshot.js`.
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
                let length = self.place.len();
                for _ in 0..self.number() as u32 {
                    let name = self.text();
                    self.place.push('.');
                    self.place.push_str(&name);
                    entries.push((name, self.value()));
                    self.place.truncate(length);
                }
                Value::Map(entries)
            }
            8 => {
                let found = self.next().unchecked_into();
                self.functions.push((self.place.clone(), found));
                Value::Other(FUNCTION)
            }
            9 => Value::Other("symbol"),
            10 => Value::Other("bigint"),
            11 => Value::Other(UNREADABLE),
            12 => Value::Other(SIGNAL),
            _ => Value::Other("object"),
        }
    }
}
