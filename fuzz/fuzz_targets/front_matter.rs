//! Any front matter is read and stripped, and what is wrong with it stands on its line.
#![no_main]

use holdpoint_fuzz::checklist::front_matter::read;
use holdpoint_fuzz::tellable;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|yaml: &str| {
    for text in [yaml.to_owned(), format!("---\n{yaml}\n---\n- [ ] a\n")] {
        let (front, end, problems) = read(&text);
        tellable(&text, &problems);
        assert!(text.is_char_boundary(end));
        assert_eq!(front.is_some(), end > 0);
        assert!(problems.len() <= 1);
        if let Some(front) = front {
            let said = front.title.iter().chain(&front.name).chain(&front.labels).chain(&front.assignees);
            for word in said {
                assert!(!word.trim().is_empty());
            }
        }
    }
});
