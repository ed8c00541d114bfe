//! Cursors of all kinds. A `~n` suffix makes a cursor unique and has no meaning.

use crate::dlq::Key;

/// Position cursors start here, so that reading one as a double loses digits.
const POSITION_BASE: u64 = 1 << 60;

/// The cursor that is the same on every page.
const TOP: &str = "top";

/// Start of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// After this entry, even if it has left the queue.
    After(Key),
    /// After this number of the matching entries that are listed now.
    Position(u64),
    /// At the first matching entry that is listed now.
    Top,
}

impl Cursor {
    /// Parses a cursor of any kind.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split_once('~').map_or(text, |(meaning, _)| meaning);
        if text == TOP {
            return Some(Cursor::Top);
        }
        if text.contains('-') {
            return Key::parse(text).map(Cursor::After);
        }
        let number: u64 = text.parse().ok()?;
        number.checked_sub(POSITION_BASE).map(Cursor::Position)
    }
}

/// The text of a cursor sent at `now`; with the time, if cursors expire after `life`.
pub fn write(cursor: Cursor, life: Option<u64>, now: i64) -> String {
    match life {
        None => cursor.to_string(),
        Some(_) => format!("{cursor}~t{now}"),
    }
}

/// Parses a cursor.
///
/// # Errors
/// Malformed or expired.
pub fn read(text: &str, life: Option<u64>, now: i64) -> Result<Cursor, String> {
    let cursor = Cursor::parse(text).ok_or_else(|| format!("cursor: `{text}` is not a cursor"))?;
    let given = text.split_once("~t").and_then(|(_, at)| at.parse::<i64>().ok());
    match (life, given) {
        (Some(life), Some(at)) if now.saturating_sub(at) > life as i64 => {
            Err("cursor: it has expired".into())
        }
        _ => Ok(cursor),
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cursor::After(key) => key.fmt(f),
            Cursor::Top => f.write_str(TOP),
            Cursor::Position(position) => write!(f, "{}", POSITION_BASE + position),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for cursor in [
            Cursor::After(Key { ms: 1_752_829_295_505, seq: 3 }),
            Cursor::Position(0),
            Cursor::Position(100),
            Cursor::Top,
        ] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
            assert_eq!(Cursor::parse(&format!("{cursor}~7")), Some(cursor));
        }
        for bad in ["", "abc", "12", "1-", "-1", "1-x"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_expires() {
        let text = write(Cursor::Position(3), Some(100), 1_000);
        assert_eq!(read(&text, Some(100), 1_100), Ok(Cursor::Position(3)));
        assert!(read(&text, Some(100), 1_101).is_err());
        assert_eq!(read(&text, None, 9_000), Ok(Cursor::Position(3)));
        assert_eq!(read(&write(Cursor::Top, None, 1), Some(1), 9_000), Ok(Cursor::Top));
        assert!(read("x", None, 0).is_err());
        assert!(read(&format!("top~t{}", i64::MIN), Some(1), 9_000).is_err());
    }

    #[test]
    fn positions_do_not_fit_a_double() {
        let text = Cursor::Position(1).to_string();
        let double: f64 = text.parse().unwrap();
        assert_ne!(format!("{double:.0}"), text);
    }
}
