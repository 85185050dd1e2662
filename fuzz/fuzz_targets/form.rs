//! Any form is read: items and problems stand on its lines, no option is lost unsaid, and nothing is blown up.
#![no_main]

use holdpoint_fuzz::checklist::lint::LintContext;
use holdpoint_fuzz::checklist::{Severity, file};
use holdpoint_fuzz::tellable;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|yaml: &str| {
    let element = format!("body:\n  - type: checkboxes\n    attributes: {{ label: a, options: [{{ label: {yaml:?} }}] }}\n");
    for text in [yaml.to_owned(), format!("body:\n{yaml}"), element] {
        let parsed = file::parse("release.yml", &text);
        tellable(&text, &parsed.problems);
        tellable(&text, &parsed.lint(&LintContext::default()));
        let lines = text.matches('\n').count() + 1;
        assert!(parsed.list.items.iter().all(|item| (1..=lines).contains(&item.line)));
        assert!(parsed.list.sections.iter().all(|section| (1..=lines).contains(&section.line)));
        assert!(parsed.text.len() < 4 * text.len() + (64 << 10));
        if let Some(broken) = &parsed.broken {
            assert!(broken.severity == Severity::Error && parsed.problems.contains(broken));
        }
        if !parsed.list.items.is_empty() && parsed.text != text {
            assert!(file::has_items("release.yml", &text));
        }
    }
});
