//! Any text is read: spans lie within it, items stand in its order, each has its own identity.
#![no_main]

use holdpoint_fuzz::checklist::{lint, parse::parse};
use holdpoint_fuzz::tellable;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

fuzz_target!(|source: &str| {
    let (list, problems) = parse(source);
    tellable(source, &problems);
    tellable(source, &lint::lint(source, &list));
    assert!(source.is_char_boundary(list.body_start));
    let cuts: Vec<usize> = list.sections.iter().map(|s| s.span.start).collect();
    assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
    for (n, section) in list.sections.iter().enumerate() {
        assert!(source.get(section.span.clone()).is_some());
        assert!(section.parent.is_none_or(|above| above < n && list.sections[above].level < section.level));
    }
    let part = |at: usize| cuts.partition_point(|cut| *cut <= at).checked_sub(1);
    let mut last = 0;
    for (n, item) in list.items.iter().enumerate() {
        assert!(source.get(item.span.clone()).is_some() && item.span.contains(&item.box_at));
        assert!(item.box_at > last, "out of order");
        last = item.box_at;
        assert_eq!(source.as_bytes()[item.box_at - 1], b'[');
        assert_eq!(item.checked, source.as_bytes()[item.box_at] != b' ');
        assert_eq!(source.as_bytes()[item.box_at + 1], b']');
        assert!(source.is_char_boundary(item.suffix_at) && item.suffix_at > item.box_at);
        assert_eq!(part(item.span.start), item.section);
        assert_eq!(item.groups.len(), item.depth);
        if let Some(above) = item.parent {
            assert!(above < n && list.items[above].span.end >= item.span.end);
        }
    }
    let ids: BTreeSet<_> = list.items.iter().map(|i| &i.id).collect();
    assert_eq!(ids.len(), list.items.len(), "two items of one identity");
    for range in list.verbatim.iter().chain(&list.relative_links) {
        assert!(source.get(range.clone()).is_some());
    }
    // Ticking a box is one byte, and changes that one item.
    if let Some(item) = list.items.first() {
        let mut bytes = source.as_bytes().to_vec();
        bytes[item.box_at] = if item.checked { b' ' } else { b'x' };
        let ticked = String::from_utf8(bytes).unwrap();
        let (again, _) = parse(&ticked);
        assert_eq!(again.items.len(), list.items.len());
        let changed = again.items.iter().zip(&list.items).filter(|(a, b)| a.checked != b.checked).count();
        assert_eq!(changed, 1);
    }
});
