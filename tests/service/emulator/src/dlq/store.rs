//! The entries, ordered by dlqId, and pages of them.

use std::collections::{BTreeMap, HashMap};

use super::entry::Entry;
use super::filter::Filter;
use super::Key;
use crate::config::{Config, CursorKind, DateCompares, Order};
use crate::values::cursor::Cursor;
use crate::values::now_ms;

/// The entries of the queue.
#[derive(Debug, Default)]
pub struct Store {
    entries: BTreeMap<Key, Entry>,
    /// For each millisecond that entries have left, the first unused number: no id is used twice.
    free: HashMap<i64, u32>,
    made: u64,
}

/// The keys of a page, and the cursor of the next.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// In the configured order.
    pub keys: Vec<Key>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
}

impl Store {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds an entry that failed at `ms` and returns its key.
    pub fn insert(&mut self, ms: i64, entry: Entry) -> Key {
        let all = Key { ms, seq: 0 }..=Key { ms, seq: u32::MAX };
        let next = self.entries.range(all).next_back().map_or(0, |(key, _)| key.seq + 1);
        let free = self.free.get(&ms).copied().unwrap_or(0);
        self.insert_at(Key { ms, seq: next.max(free) }, entry)
    }

    /// Adds an entry under an unused key.
    pub fn insert_at(&mut self, key: Key, entry: Entry) -> Key {
        self.made += 1;
        self.entries.insert(key, entry);
        key
    }

    /// Number of entries ever added.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// An entry.
    pub fn get(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// A mutable entry.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut Entry> {
        self.entries.get_mut(&key)
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: Key) -> Option<Entry> {
        let entry = self.entries.remove(&key)?;
        let free = self.free.entry(key.ms).or_default();
        *free = (*free).max(key.seq + 1);
        Some(entry)
    }

    /// Whether an entry exists and can be taken.
    pub fn takable(&self, key: Key, config: &Config) -> bool {
        self.get(key).is_some_and(|entry| !entry.leaving || config.late_removal_takable)
    }

    /// At most `limit` matching entries from `cursor` on. `taking` leaves out entries that were taken already.
    pub fn page(
        &self,
        filter: &Filter,
        cursor: Option<Cursor>,
        limit: usize,
        taking: bool,
        config: &Config,
    ) -> Page {
        let (mut low, mut high) = (Key { ms: 0, seq: 0 }, Key { ms: i64::MAX, seq: u32::MAX });
        if config.date_compares == DateCompares::Failure {
            low.ms = filter.from.unwrap_or(0).max(0);
            high.ms = filter.to.unwrap_or(i64::MAX);
        }
        let mut skip = 0;
        match cursor {
            Some(Cursor::Position(position)) => skip = position,
            Some(Cursor::After(key)) if config.order == Order::Oldest => {
                low = low.max(successor(key))
            }
            Some(Cursor::After(key)) => match predecessor(key) {
                Some(before) => high = high.min(before),
                None => return Page { keys: Vec::new(), next: None },
            },
            Some(Cursor::Top) | None => {}
        }
        if low > high {
            return Page { keys: Vec::new(), next: None };
        }
        let until = match config.late_listing_ms {
            0 => i64::MAX,
            late => now_ms() - late as i64,
        };
        let selected = |(key, entry): &(&Key, &Entry)| {
            key.ms <= until
                && !(taking && entry.leaving && !config.late_removal_takable)
                && filter.matches(**key, entry, config)
        };
        let range = self.entries.range(low..=high);
        let mut matching: Box<dyn Iterator<Item = (&Key, &Entry)>> = match config.order {
            Order::Oldest => Box::new(range.filter(selected)),
            Order::Newest => Box::new(range.rev().filter(selected)),
        };
        for _ in 0..skip {
            if matching.next().is_none() {
                break;
            }
        }
        let keys: Vec<Key> = matching.by_ref().take(limit).map(|(key, _)| *key).collect();
        let full = !keys.is_empty() && keys.len() == limit;
        let next = match keys.last() {
            Some(last) if full && (config.trailing_empty_page || matching.next().is_some()) => {
                Some(match config.cursor_kind {
                    CursorKind::Id => Cursor::After(*last),
                    // A list can't start from the top again: unlike a resume it removes nothing.
                    CursorKind::Filter if taking => Cursor::Top,
                    CursorKind::Filter => Cursor::After(*last),
                    CursorKind::Position => Cursor::Position(skip + keys.len() as u64),
                })
            }
            _ => None,
        };
        Page { keys, next }
    }
}

fn successor(key: Key) -> Key {
    match key.seq.checked_add(1) {
        Some(seq) => Key { seq, ..key },
        None => Key { ms: key.ms.saturating_add(1), seq: 0 },
    }
}

fn predecessor(key: Key) -> Option<Key> {
    match key.seq.checked_sub(1) {
        Some(seq) => Some(Key { seq, ..key }),
        None if key.ms == 0 => None,
        None => Some(Key { ms: key.ms - 1, seq: u32::MAX }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::seed::{seed, SeedRequest};
    use crate::values::query::Query;
    use crate::values::rng::Rng;
    use serde_json::json;

    fn store(count: u32) -> Store {
        let mut store = Store::default();
        let request: SeedRequest = serde_json::from_value(
            json!({"count": count, "from": 1_000, "to": 2_000, "labels": ["a", "b"]}),
        )
        .unwrap();
        seed(&mut store, &request, &mut Rng::new(1), 5_000).unwrap();
        store
    }

    fn dated(query: &str) -> Filter {
        Filter::parse(&Query::parse(query), &Config::default()).unwrap()
    }

    fn walk(store: &Store, config: &Config, filter: &Filter, limit: usize) -> Vec<Vec<Key>> {
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.page(filter, cursor, limit, false, config);
            pages.push(page.keys);
            match page.next {
                Some(next) => cursor = Cursor::parse(&next.to_string()),
                None => return pages,
            }
        }
    }

    #[test]
    fn every_order_and_cursor_kind_sees_all_once() {
        let store = store(95);
        for order in ["oldest", "newest"] {
            for kind in ["id", "position"] {
                for (trailing, pages) in [(false, 5), (true, 5)] {
                    let patch =
                        json!({"order": order, "cursorKind": kind, "trailingEmptyPage": trailing});
                    let config = Config::default().patched(patch).unwrap();
                    let seen = walk(&store, &config, &Filter::default(), 20);
                    assert_eq!(seen.len(), pages);
                    let mut all: Vec<Key> = seen.concat();
                    assert_eq!(all.len(), 95);
                    all.sort_unstable();
                    all.dedup();
                    assert_eq!(all.len(), 95);
                }
            }
        }
    }

    #[test]
    fn a_key_is_given_once() {
        let mut store = store(1);
        let first = *store.entries.keys().next().unwrap();
        let entry = store.remove(first).unwrap();
        let second = store.insert(first.ms, entry.clone());
        assert_eq!(second, Key { ms: first.ms, seq: first.seq + 1 });
        store.remove(second);
        assert!(store.insert(first.ms, entry) > second);
    }

    #[test]
    fn trailing_empty_page() {
        let store = store(40);
        let exact = walk(&store, &Config::default(), &Filter::default(), 20);
        assert_eq!(exact.len(), 2);
        let config = Config::default().patched(json!({"trailingEmptyPage": true})).unwrap();
        let trailing = walk(&store, &config, &Filter::default(), 20);
        assert_eq!(trailing.len(), 3);
        assert!(trailing[2].is_empty());
    }

    #[test]
    fn id_cursor_survives_removal_and_position_does_not() {
        for (kind, want) in [("id", 20), ("position", 40)] {
            let mut store = store(100);
            let config = Config::default().patched(json!({"cursorKind": kind})).unwrap();
            let all = store.page(&Filter::default(), None, 100, true, &config).keys;
            let page = store.page(&Filter::default(), None, 20, true, &config);
            for key in &page.keys {
                store.remove(*key);
            }
            let second = store.page(&Filter::default(), page.next, 20, true, &config);
            assert_eq!(second.keys[0], all[want]);
        }
    }

    #[test]
    fn dates_bound_the_range() {
        let store = store(100);
        let config = Config::default();
        let filter = dated("fromDate=1500&toDate=1599");
        let keys = store.page(&filter, None, 100, false, &config).keys;
        assert_eq!(keys.len(), 10);
        assert!(keys.iter().all(|key| (1_500..=1_599).contains(&key.ms)));
        let nothing = dated("fromDate=2&toDate=1");
        assert!(store.page(&nothing, None, 100, false, &config).keys.is_empty());
    }
}
