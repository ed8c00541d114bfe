//! Flow control: how many deliveries of a key may be in flight, and how many may start in a period.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::Work;
use crate::overrides::FlowControl;

/// Deliveries of a key.
#[derive(Debug, Default)]
struct Gate {
    running: u32,
    max_running: u32,
    window: Option<Instant>,
    started: u32,
    queue: VecDeque<Work>,
}

/// Flow control of all keys.
#[derive(Debug, Default)]
pub struct Gates(HashMap<String, Gate>);

/// Whether a delivery may start now.
#[derive(Debug)]
pub enum Admission {
    /// Yes; it counts as in flight.
    Go,
    /// Try again at this time.
    Later(Instant, Work),
    /// It waits until another one ends.
    Queued,
}

impl Gates {
    /// Requests the start of a delivery at `now`. `period`: length of the period after the clock factor.
    pub fn admit(
        &mut self,
        flow: &FlowControl,
        work: Work,
        now: Instant,
        period: Duration,
    ) -> Admission {
        let gate = self.0.entry(flow.key.clone()).or_default();
        if flow.limits.parallelism.is_some_and(|most| gate.running >= most) {
            gate.queue.push_back(work);
            return Admission::Queued;
        }
        if let Some(rate) = flow.limits.rate {
            let end = gate.window.map(|start| start + period).filter(|end| *end > now);
            match end {
                None => (gate.window, gate.started) = (Some(now), 0),
                Some(end) if gate.started >= rate => return Admission::Later(end, work),
                Some(_) => {}
            }
            gate.started += 1;
        }
        gate.running += 1;
        gate.max_running = gate.max_running.max(gate.running);
        Admission::Go
    }

    /// Ends a delivery and returns the next one of its key.
    pub fn release(&mut self, key: &str) -> Option<Work> {
        let gate = self.0.get_mut(key)?;
        gate.running = gate.running.saturating_sub(1);
        self.next(key)
    }

    /// The longest-waiting delivery of a key.
    pub fn next(&mut self, key: &str) -> Option<Work> {
        self.0.get_mut(key)?.queue.pop_front()
    }

    /// The maximum of deliveries in flight per key.
    pub fn max_running(&self) -> serde_json::Map<String, serde_json::Value> {
        self.0.iter().map(|(key, gate)| (key.clone(), gate.max_running.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Message;
    use crate::overrides::parse_flow;

    fn work() -> Work {
        Work::Deliver(Message::first(&"wfr_1".into(), 0))
    }

    #[test]
    fn parallelism_and_rate() {
        let second = Duration::from_secs(1);
        let now = Instant::now();
        let flow = |value: &str| parse_flow(Some("k".into()), Some(value.into())).unwrap().unwrap();
        let mut gates = Gates::default();
        let two = flow("parallelism=2");
        assert!(matches!(gates.admit(&two, work(), now, second), Admission::Go));
        assert!(matches!(gates.admit(&two, work(), now, second), Admission::Go));
        assert!(matches!(gates.admit(&two, work(), now, second), Admission::Queued));
        assert!(gates.release("k").is_some());
        assert!(gates.release("k").is_none());
        assert_eq!(gates.max_running()["k"], 2);
        let mut gates = Gates::default();
        let slow = flow("rate=1");
        assert!(matches!(gates.admit(&slow, work(), now, second), Admission::Go));
        assert!(
            matches!(gates.admit(&slow, work(), now, second), Admission::Later(at, _) if at == now + second)
        );
        assert!(matches!(gates.admit(&slow, work(), now + second, second), Admission::Go));
    }
}
