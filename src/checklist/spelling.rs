//! The known word that was probably meant by one that is not known.

/// The known word within two edits of a typed one, if there is one.
#[must_use]
pub fn nearest<'w>(typed: &str, known: &[&'w str]) -> Option<&'w str> {
    known
        .iter()
        .map(|word| (edits(&typed.to_lowercase(), word), *word))
        .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein distance, in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let substitute = row.get(j).copied().unwrap_or_default() + usize::from(ca != *cb);
            let delete = row.get(j + 1).copied().unwrap_or_default() + 1;
            let insert = next.get(j).copied().unwrap_or_default() + 1;
            next.push(substitute.min(delete).min(insert));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
