//! The value of a flow-control header: `parallelism=<n>, rate=<n>, period=<duration>`.

use super::duration::parse_duration;

const WEEK_MS: u64 = 7 * 86_400_000;

/// Limits of a flow-control key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowLimits {
    /// Maximum deliveries in flight.
    pub parallelism: Option<u32>,
    /// Maximum deliveries that start per period.
    pub rate: Option<u32>,
    /// The period, in milliseconds.
    pub period_ms: u64,
}

/// Parses the header's value; parts may be in any order, with any spaces.
pub fn parse_flow_control(text: &str) -> Result<FlowLimits, String> {
    let mut limits = FlowLimits { parallelism: None, rate: None, period_ms: 1_000 };
    for part in text.split(',').map(str::trim) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is not name=value"))?;
        let value = value.trim();
        let number = || match value.parse::<u32>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(format!("`{value}` is not a positive integer")),
        };
        match name.trim() {
            "parallelism" => limits.parallelism = number()?,
            "rate" => limits.rate = number()?,
            "period" => {
                limits.period_ms = parse_duration(value)
                    .filter(|ms| (1..=WEEK_MS).contains(ms))
                    .ok_or_else(|| format!("`{value}` is not a period of at most a week"))?;
            }
            other => return Err(format!("unknown part `{other}`")),
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let limits = |parallelism, rate, period_ms| Ok(FlowLimits { parallelism, rate, period_ms });
        assert_eq!(parse_flow_control("parallelism=3"), limits(Some(3), None, 1_000));
        assert_eq!(
            parse_flow_control("period=1m,rate=10 , parallelism = 2"),
            limits(Some(2), Some(10), 60_000)
        );
        assert_eq!(parse_flow_control("period=7d"), limits(None, None, 604_800_000));
        for bad in [
            "",
            "rate=1,",
            "rate=0",
            "rate=x",
            "rate",
            "speed=1",
            "rate=1,period=8d",
            "rate=1,period=5",
        ] {
            assert!(parse_flow_control(bad).is_err(), "{bad}");
        }
    }
}
