//! The caller's `AbortSignal`: one listener for a call or a drive, whatever it sends.

use super::read::{function, get};
use super::timer::{Gate, Stop};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

#[derive(Clone)]
pub struct Signal(AbortSignal);

/// A listener that is removed when it is dropped.
pub struct Listener {
    signal: AbortSignal,
    callback: Closure<dyn FnMut()>,
}

impl Signal {
    /// The signal among a call's or a drive's options.
    pub fn of(options: &JsValue) -> Option<Self> {
        let signal = get(options, "signal")?;
        function(&signal, "addEventListener").map(|_| Signal(signal.unchecked_into()))
    }

    pub fn aborted(&self) -> bool {
        get(&self.0, "aborted").is_some_and(|aborted| aborted.is_truthy())
    }

    /// What an aborted call rejects with: the signal's own reason, as it is.
    pub fn reason(&self) -> JsValue {
        js_sys::Reflect::get(&self.0, &JsValue::from_str("reason")).unwrap_or_default()
    }

    /// Runs `callback` at the abort, or at once where that has happened.
    pub fn listen(&self, mut callback: impl FnMut() + 'static) -> Listener {
        if self.aborted() {
            callback();
        }
        let callback = Closure::<dyn FnMut()>::new(callback);
        // A signal that can't be listened to is one that never fires.
        let _ = self.0.add_event_listener_with_callback("abort", callback.as_ref().unchecked_ref());
        Listener { signal: self.0.clone(), callback }
    }

    /// Stops what waits at `gate`.
    pub fn stops(&self, gate: &Rc<Gate>) -> Listener {
        let gate = gate.clone();
        self.listen(move || gate.stop(Stop::Aborted))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .signal
            .remove_event_listener_with_callback("abort", self.callback.as_ref().unchecked_ref());
    }
}
