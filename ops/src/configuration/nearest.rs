//! The known word that a mistyped one most likely meant.

/// The known word nearest to `typed`, where one is near enough to be worth suggesting: a third of its letters wrong.
///
/// ```
/// # use fulmar::configuration::nearest;
/// assert_eq!(nearest("instrumets", ["name", "instruments"]), Some("instruments"));
/// assert_eq!(nearest("leverage", ["name", "instruments"]), None);
/// ```
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    known
        .into_iter()
        .map(|word| (distance(&typed, &word.to_lowercase()), word))
        .filter(|(edits, word)| *edits <= (word.len().max(typed.len()) / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// How many letters must be added, removed, changed or swapped with their neighbor to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let best = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if is_swap { best.min(rows[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_additions_removals_changes_and_swaps() {
        for (a, b, edits) in
            [("", "", 0), ("mode", "", 4), ("mode", "mdoe", 1), ("mode", "node", 1), ("log", "logs", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }
}
