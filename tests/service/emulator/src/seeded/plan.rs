//! The plan of resumed runs of seeded entries.

use serde::Deserialize;

use crate::dlq::entry::HeaderLists;
use crate::engine::deliver::retry_delay_ms;
use crate::values::expression::evaluate;
use crate::values::range::{within, SPAN_MS};
use crate::values::rng::Rng;

/// Retries of a run. More would only fill the logs with attempts.
const RETRIES_MAX: u32 = 1_000;

/// Response header in which the SDK names the failed step.
pub const STEP_NAME_HEADER: &str = "Upstash-Error-Step-Name";

/// Outcomes of resumed runs: a probability for each outcome but success, which has the rest. Delays are divided by the
/// clock factor.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RunPlan {
    /// Probability that a run fails again, as a new entry.
    pub fail_again: f64,
    /// Probability that the first attempt fails and the retry succeeds.
    pub flaky: f64,
    /// Probability that the run is canceled.
    pub cancel: f64,
    /// Probability that the run never ends.
    pub stuck: f64,
    /// Milliseconds until the first attempt ends. 0: before the response to the resume is sent.
    pub after_ms: u64,
    /// Maximum of a random addition to `afterMs`, evenly distributed.
    pub spread_ms: u64,
    /// Retries of a run that fails again, which `Upstash-Retries` overrides. `None`: no retries, whatever the header
    /// says.
    pub retries: Option<u32>,
    /// Expression for the delay of a retry; `None`: the service's default.
    pub retry_delay: Option<String>,
    /// Response of failed attempts; `None`: that of the entry.
    pub fails_with: Option<FailedResponse>,
}

/// A failed response of an endpoint.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FailedResponse {
    /// Status code; 0: the endpoint was not reached.
    pub status: u16,
    /// Response body.
    pub body: String,
    /// Failed step, named in the response header `Upstash-Error-Step-Name`.
    pub step: Option<String>,
}

impl Default for FailedResponse {
    fn default() -> Self {
        FailedResponse {
            status: 500,
            body: r#"{"error":"Error","message":"seeded failure"}"#.into(),
            step: None,
        }
    }
}

impl FailedResponse {
    /// Response headers: the content type, and the step if there is one.
    pub fn headers(&self) -> HeaderLists {
        let mut headers = vec![("Content-Type".to_owned(), vec!["application/json".to_owned()])];
        if let Some(step) = &self.step {
            headers.push((STEP_NAME_HEADER.into(), vec![step.clone()]));
        }
        headers
    }
}

/// The next change of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An attempt fails and is retried.
    Retry,
    /// The last attempt fails.
    Fail,
    /// The run finishes.
    Succeed,
    /// The run is canceled.
    Cancel,
}

impl RunPlan {
    /// Checks the probabilities, the numbers and the expression.
    ///
    /// # Errors
    /// Which field is wrong, and what it takes.
    pub fn check(&self) -> Result<(), String> {
        let parts = [self.fail_again, self.flaky, self.cancel, self.stuck];
        if !parts.iter().all(|part| (0.0..=1.0).contains(part))
            || parts.iter().sum::<f64>() > 1.0 + 1e-9
        {
            return Err(
                "failAgain, flaky, cancel and stuck are probabilities from 0 to 1, with a sum of at most 1"
                    .into(),
            );
        }
        within("afterMs", self.after_ms, SPAN_MS)?;
        within("spreadMs", self.spread_ms, SPAN_MS)?;
        within("retries", self.retries.unwrap_or_default(), 0..=RETRIES_MAX)?;
        match self.retry_delay.as_deref().map(|expression| evaluate(expression, 0)) {
            Some(Err(why)) => Err(format!("retryDelay: {why}")),
            _ => Ok(()),
        }
    }

    /// Draws the outcome of a run: changes with their delays. `override_retries`: from the resume's header.
    pub fn draw(&self, rng: &mut Rng, override_retries: Option<u32>) -> Vec<(u64, Next)> {
        let roll = if *self == RunPlan::default() { 1.0 } else { rng.fraction() };
        let spread = if self.spread_ms == 0 { 0 } else { rng.below(self.spread_ms + 1) };
        let first = self.after_ms + spread;
        let mut bound = self.fail_again;
        if roll < bound {
            let retries = self.retries.map_or(0, |retries| override_retries.unwrap_or(retries));
            let retries = retries.min(RETRIES_MAX);
            let mut course = vec![(first, Next::Retry)];
            course.extend((0..retries).map(|retried| (self.delay(retried), Next::Retry)));
            if let Some((_, last)) = course.last_mut() {
                *last = Next::Fail;
            }
            return course;
        }
        bound += self.flaky;
        if roll < bound {
            return vec![(first, Next::Retry), (self.delay(0), Next::Succeed)];
        }
        bound += self.cancel;
        if roll < bound {
            return vec![(first, Next::Cancel)];
        }
        bound += self.stuck;
        if roll < bound {
            return Vec::new();
        }
        vec![(first, Next::Succeed)]
    }

    /// Milliseconds before the retry after `retried` others.
    pub fn delay(&self, retried: u32) -> u64 {
        retry_delay_ms(self.retry_delay.as_deref(), retried) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, Value};

    fn plan(json: Value) -> RunPlan {
        serde_json::from_value(json).unwrap()
    }

    fn draw(json: Value, header: Option<u32>) -> Vec<(u64, Next)> {
        plan(json).draw(&mut Rng::new(1), header)
    }

    #[test]
    fn courses() {
        use Next::{Cancel, Fail, Retry, Succeed};
        let delay = "retryDelay";
        for (fate, header, want) in [
            (json!({}), Some(3), vec![(0, Succeed)]),
            (json!({"failAgain": 1, "afterMs": 5}), Some(3), vec![(5, Fail)]),
            (
                json!({"failAgain": 1, "retries": 2, delay: "(1 + retried) * 10"}),
                None,
                vec![(0, Retry), (10, Retry), (20, Fail)],
            ),
            (json!({"failAgain": 1, "retries": 2, delay: "10"}), Some(0), vec![(0, Fail)]),
            (json!({"flaky": 1, "afterMs": 1}), None, vec![(1, Retry), (12_182, Succeed)]),
            (json!({"cancel": 1}), None, vec![(0, Cancel)]),
            (json!({"stuck": 1, "afterMs": 9}), None, vec![]),
        ] {
            assert_eq!(draw(fate.clone(), header), want, "{fate}");
        }
        let unbounded = draw(json!({"failAgain": 1, "retries": 0}), Some(u32::MAX));
        assert_eq!(unbounded.len(), 1 + RETRIES_MAX as usize);
    }

    #[test]
    fn outcomes_and_delays_are_spread() {
        let plan = plan(json!({"failAgain": 0.25, "stuck": 0.25, "afterMs": 100, "spreadMs": 100}));
        let mut rng = Rng::new(7);
        let all: Vec<_> = (0..4_000).map(|_| plan.draw(&mut rng, None)).collect();
        let count =
            |next| all.iter().filter(|course| course.first().map(|(_, n)| *n) == next).count();
        for (next, want) in [(Some(Next::Fail), 1_000), (None, 1_000), (Some(Next::Succeed), 2_000)]
        {
            assert!(count(next).abs_diff(want) < 200, "{next:?}: {}", count(next));
        }
        let delays: Vec<u64> = all.iter().flatten().map(|(delay, _)| *delay).collect();
        assert!(delays.iter().all(|delay| (100..=200).contains(delay)));
        assert!(delays.iter().any(|delay| *delay < 110) && delays.iter().any(|delay| *delay > 190));
    }

    #[test]
    fn refusals() {
        for bad in [
            json!({"failAgain": 1.5}),
            json!({"flaky": -0.1}),
            json!({"failAgain": 0.6, "stuck": 0.6}),
            json!({"retryDelay": "soon"}),
            json!({"spreadMs": u64::MAX}),
            json!({"afterMs": u64::MAX}),
            json!({"retries": u32::MAX}),
        ] {
            assert!(plan(bad.clone()).check().is_err(), "{bad}");
        }
        assert!(plan(json!({"failAgain": 0.7, "flaky": 0.2, "cancel": 0.1})).check().is_ok());
    }
}
