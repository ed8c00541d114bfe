//! Durations such as `10s`, `5m` and `1d10h30m`.

/// Milliseconds of a duration with units s, m, h, d (compounds allowed).
pub fn parse_duration(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut digits: Option<u64> = None;
    for byte in text.trim().bytes() {
        match byte {
            b'0'..=b'9' => {
                let value = digits.unwrap_or(0).checked_mul(10)?;
                digits = Some(value.checked_add(u64::from(byte - b'0'))?);
            }
            _ => {
                let unit = match byte {
                    b's' => 1_000,
                    b'm' => 60_000,
                    b'h' => 3_600_000,
                    b'd' => 86_400_000,
                    _ => return None,
                };
                total = total.checked_add(digits.take()?.checked_mul(unit)?)?;
            }
        }
    }
    (digits.is_none() && !text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("10s", 10_000),
            ("0s", 0),
            ("5m", 300_000),
            ("1d10h30m", 86_400_000 + 36_000_000 + 1_800_000),
            (" 2h ", 7_200_000),
        ] {
            assert_eq!(parse_duration(text), Some(ms), "{text}");
        }
        for text in ["", "10", "s", "10x", "1.5s", "-1s", "10s5", "10 s", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
