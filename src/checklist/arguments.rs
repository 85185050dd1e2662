//! `name(a, b)`, the form of conditions and of evidence. Knows no name.

/// `name(a, b)` as its name and what is listed.
pub(super) fn call(text: &str) -> Option<(&str, Vec<String>)> {
    let (name, rest) = text.split_once('(')?;
    let inside = rest.strip_suffix(')')?;
    // A comma within parentheses belongs to a name: jobs of a matrix are called `build (linux, 18)`.
    let mut open = 0_usize;
    let parts = inside.split(|c: char| {
        open = match c {
            '(' => open + 1,
            ')' => open.saturating_sub(1),
            _ => open,
        };
        c == ',' && open == 0
    });
    let list = parts.map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect();
    Some((name, list))
}
