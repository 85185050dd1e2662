//! Any words of a directive are read; what is misread is a word of the text.
#![no_main]

use holdpoint_fuzz::checklist::directive::{Directives, Phase, inside, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (directives, misread) = read(text);
    for word in &misread {
        assert!(word.len > 0 && (word.at + word.len <= text.len() || text.is_empty()), "{word:?}");
        assert!(text.get(word.at..).is_some() || text.len() > 1_000, "{word:?}");
        assert!(!word.message.is_empty() && !word.hint.is_empty());
    }
    assert!(directives.owners.iter().all(|owner| owner.starts_with('@') && owner.len() > 1));
    if let Some((at, words)) = inside(text) {
        assert_eq!(text.get(at..at + words.len()), Some(words));
    }
    // Laid over itself it says the same, but for conditions, which all must hold.
    let twice = directives.clone().under(&directives);
    assert_eq!((&twice.id, twice.phase, &twice.owners), (&directives.id, directives.phase, &directives.owners));
    let under_nothing = directives.clone().under(&Directives::default());
    assert_eq!(under_nothing, directives);
    let suffix = directives.suffix(Phase::Before, None);
    assert!(suffix.is_empty() || suffix.starts_with(" · "));
});
