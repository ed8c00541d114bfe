//! The log on stderr for someone who develops an app: requests, deliveries, entries and ends of runs. (`log.rs` is
//! the log of requests that tests query.)

use crate::values::now_ms;

/// Writes to stderr, or nowhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console {
    /// Whether lines are written.
    pub on: bool,
}

impl Console {
    /// Writes a line with the time in UTC. Steps, ids and paths come from the app, so control characters are escaped:
    /// a terminal would interpret them.
    pub fn line(self, text: impl FnOnce() -> String) {
        if self.on {
            eprintln!("{}  {}", time_of_day(now_ms()), visible(&text()));
        }
    }
}

/// Escapes control characters, bidirectional marks and line separators.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

fn time_of_day(ms: i64) -> String {
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{ms:03}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_terminal_interprets_is_escaped() {
        assert_eq!(visible("größe → 1"), "größe → 1");
        let steering = "a\u{1b}[2J\nb\u{9b}c\u{202e}\u{2066}\u{2028}\u{7f}";
        assert_eq!(visible(steering), r"a\u{1b}[2J\u{a}b\u{9b}c\u{202e}\u{2066}\u{2028}\u{7f}");
    }

    #[test]
    fn times() {
        assert_eq!(time_of_day(0), "00:00:00.000");
        assert_eq!(time_of_day(1_752_829_295_505), "09:01:35.505");
    }
}
