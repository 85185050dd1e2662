//! Characters that nobody sees: they can make two texts differ that look the same, or one text read as another.

/// Whether a character has no picture of its own: of no width, a filler, or one that turns the direction of writing.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// A text as it looks: without them, and with single blanks.
pub(super) fn as_it_looks(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Their names in order of the text, `U+200B`, each once.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for c in text.chars().filter(|c| is_invisible(*c)) {
        let name = format!("U+{:04X}", u32::from(c));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
