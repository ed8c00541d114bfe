//! The caller's hooks: `onRequest`, `onProgress` and `onCheckpoint`.

use super::cancel::{race, Cancellation, Raced};
use super::input::Input;
use super::interop::report;
use super::output::{Fields, Out};
use super::promise::settled;
use crate::acts::ACTS;
use core::cell::Cell;
use js_sys::Function;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The last checkpoint of a drive, kept by `instance.js` in case the wasm traps.
    pub type Salvage;
    #[wasm_bindgen(method, setter)]
    fn set_checkpoint(this: &Salvage, checkpoint: &JsValue);
}

/// A hook whose return value is ignored. The first error it throws is logged to the console.
pub struct Listener {
    hook: Function,
    name: &'static str,
    reported: Rc<Cell<bool>>,
}

impl Listener {
    /// The hook `name` of the argument at `index`; `None` if there is none.
    pub fn new(input: &Input, index: usize, name: &'static str) -> Option<Self> {
        let hook = input.function(index, name)?;
        Some(Listener { hook, name, reported: Rc::default() })
    }

    /// Calls the hook.
    pub fn tell(&self, event: Fields) {
        let (name, reported) = (self.name, self.reported.clone());
        let report_once = move |error: &JsValue| {
            if !reported.replace(true) {
                report(name, error);
            }
        };
        match self.hook.call1(&JsValue::UNDEFINED, &event.into_js()) {
            Err(error) => report_once(&error),
            // An unhandled rejection would end the process.
            Ok(returned) if returned.is_object() => super::task(Box::pin(async move {
                if let Err(error) = settled(&returned).await {
                    report_once(&error);
                }
            })),
            Ok(_) => {}
        }
    }
}

/// The hooks of a drive.
pub struct Hooks {
    on_progress: Option<Listener>,
    on_checkpoint: Option<Function>,
    salvage: Salvage,
}

impl Hooks {
    /// Reads the hooks of the argument at `index`.
    pub fn new(input: &Input, index: usize, salvage: Salvage) -> Self {
        Hooks {
            on_progress: Listener::new(input, index, "onProgress"),
            on_checkpoint: input.function(index, "onCheckpoint"),
            salvage,
        }
    }

    /// `onProgress`; `None` if the caller passed none.
    pub fn on_progress(&self) -> Option<&Listener> {
        self.on_progress.as_ref()
    }

    /// Whether the caller passed `onCheckpoint`.
    pub fn stores(&self) -> bool {
        ACTS && self.on_checkpoint.is_some()
    }

    /// Calls `onCheckpoint` with a checkpoint and the report since the previous one: entries, and runs that ended.
    /// Call it again only after it has returned.
    ///
    /// # Errors
    ///
    /// The hook's error; `undefined` if the drive ended in the meantime.
    pub async fn store(
        &self,
        checkpoint: &str,
        lines: [Option<Vec<Out>>; 2],
        cancellation: &Cancellation,
    ) -> Result<(), JsValue> {
        let Some(hook) = &self.on_checkpoint else {
            return Ok(());
        };
        let checkpoint = JsValue::from_str(checkpoint);
        self.salvage.set_checkpoint(&checkpoint);
        let [entries, runs] =
            lines.map(|lines| lines.map_or(JsValue::UNDEFINED, |lines| Out::List(lines).into_js()));
        let returned = hook.call3(&JsValue::UNDEFINED, &checkpoint, &entries, &runs)?;
        if returned.is_object() {
            match race(settled(&returned), cancellation, None).await {
                Raced::Done(stored) => stored.map(|_| ())?,
                Raced::Cancelled | Raced::TimedOut => return Err(JsValue::UNDEFINED),
            }
        }
        Ok(())
    }
}
