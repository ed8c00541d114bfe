//! `POST /_emulator/seed`.

use serde_json::{json, Value};

use crate::dlq::exact::{seed_exact, ExactEntry};
use crate::dlq::seed::{seed as seed_many, SeedRequest};
use crate::dlq::Key;
use crate::state::State;
use crate::values::now_ms;
use crate::values::rng::Rng;

/// Maximum entries whose ids the response lists unless `ids` says otherwise.
const NAMED: u64 = 10_000;

/// Seeds entries from a pattern, or exactly those of `entries`.
pub fn seed(state: &mut State, mut body: Value) -> Result<Value, String> {
    let named_all =
        body.as_object_mut().and_then(|fields| fields.remove("ids")).and_then(|ids| ids.as_bool());
    let entries = body.as_object_mut().and_then(|fields| fields.remove("entries"));
    let now = now_ms();
    let State { store, ids, .. } = state;
    if let Some(entries) = entries {
        let entries: Vec<ExactEntry> =
            serde_json::from_value(entries).map_err(|e| format!("seed: {e}"))?;
        return Ok(named(&seed_exact(store, entries, ids, now)?));
    }
    let request: SeedRequest = serde_json::from_value(body).map_err(|e| format!("seed: {e}"))?;
    let mut own = request.seed.map(Rng::new);
    let keys = seed_many(store, &request, own.as_mut().unwrap_or(ids), now)?;
    Ok(match (named_all, keys.as_slice()) {
        (Some(true), _) => named(&keys),
        (None, _) if keys.len() as u64 <= NAMED => named(&keys),
        (_, [first, .., last]) => {
            json!({"count": keys.len(), "first": first.to_string(), "last": last.to_string()})
        }
        _ => json!({"count": keys.len()}),
    })
}

fn named(keys: &[Key]) -> Value {
    json!({"count": keys.len(), "dlqIds": keys.iter().map(Key::to_string).collect::<Vec<_>>()})
}
