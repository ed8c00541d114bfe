//! What goes on, line by line on stderr, for someone who develops an app.

use crate::values::now_ms;

/// Where lines go: to stderr, or nowhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Notes {
    /// Whether lines are written.
    pub on: bool,
}

impl Notes {
    /// Writes a line with the time in UTC.
    pub fn line(self, text: impl FnOnce() -> String) {
        if self.on {
            eprintln!("{}  {}", time_of_day(now_ms()), text());
        }
    }
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
    fn times() {
        assert_eq!(time_of_day(0), "00:00:00.000");
        assert_eq!(time_of_day(1_752_829_295_505), "09:01:35.505");
    }
}
