//! What a cursor says, in both kinds; a `~n` at the end changes its looks and not its meaning.

use crate::dlq::Key;

/// Position cursors start here, so that reading one as a double loses digits.
const POSITION_BASE: u64 = 1 << 60;

/// The cursor that is the same on every page.
const TOP: &str = "top";

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// After this entry, whether or not it is still there.
    After(Key),
    /// After so many matching entries of those that are there now.
    Position(u64),
    /// At the beginning of what is there now.
    Top,
}

impl Cursor {
    /// Reads a cursor of either kind.
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
    fn positions_do_not_fit_a_double() {
        let text = Cursor::Position(1).to_string();
        let double: f64 = text.parse().unwrap();
        assert_ne!(format!("{double:.0}"), text);
    }
}
