//! Suggestions for misspelt names.

/// The name in `known` that is most similar to `word`; `None` if more than a third of the characters differ.
///
/// ```
/// use upstash_workflow_dlq::params::spelling::nearest;
///
/// assert_eq!(nearest("fromdate", &["toDate", "fromDate"]), Some("fromDate"));
/// assert_eq!(nearest("color", &["toDate", "fromDate"]), None);
/// ```
pub fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let mut best = None;
    let mut best_distance = word.len().max(3) / 3 + 1;
    for name in known {
        let distance = edit_distance(word.as_bytes(), name.as_bytes());
        if distance < best_distance {
            best_distance = distance;
            best = Some(*name);
        }
    }
    best
}

/// The edit distance of `a` and `b`, with transpositions of neighbours and without regard to case;
/// [`usize::MAX`] if one is longer than 40 bytes.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    const LONGEST: usize = 40;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let same = |i: usize, j: usize| a[i].eq_ignore_ascii_case(&b[j]);
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|i| i);
    let mut above = row;
    for i in 0..a.len() {
        let two_above = core::mem::replace(&mut above, row);
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = above[j] + usize::from(!same(i, j));
            row[j + 1] = substituted.min(row[j] + 1).min(above[j + 1] + 1);
            if i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j) {
                row[j + 1] = row[j + 1].min(two_above[j - 1] + 1);
            }
        }
    }
    row[b.len()]
}
