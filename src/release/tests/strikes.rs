//! Struck lines: that an index finds for each item the line that a search through all of them finds.

use super::super::strikes::strikes;
use super::super::suffix::core;
use crate::checklist::matching::continues;
use crate::checklist::parse::parse;
use crate::checklist::{Checklist, Item};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The plain definition: each item takes the first line that fits, in four rounds.
fn searched<'c>(opened: &Checklist, current: &'c Checklist, wanted: &[(usize, &Item)]) -> BTreeMap<usize, &'c Item> {
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let struck_words = |line: &Item| {
        let mut left = words(&line.plain);
        for word in words(&line.behind_strike) {
            if let Some(at) = left.iter().rposition(|w| *w == word) {
                left.remove(at);
            }
        }
        left.sort();
        left
    };
    let place = |list: &Checklist, item: &Item| list.path(item.section).join("\u{1f}").to_lowercase();
    let mut lines: Vec<&Item> = current.struck.iter().collect();
    let mut left: Vec<(usize, &Item)> = wanted.to_vec();
    let mut found = BTreeMap::new();
    for (exact, near) in [(true, true), (true, false), (false, true), (false, false)] {
        left.retain(|(at, item)| {
            let mut own = words(core(item));
            own.sort();
            let fits = |line: &&Item| {
                let struck = struck_words(line);
                let mut rest = struck.iter();
                (!exact || struck.len() == own.len())
                    && (!near || place(current, line) == place(opened, item))
                    && continues(core(item), &line.plain)
                    && own.iter().all(|word| rest.any(|other| other == word))
            };
            let Some(line) = lines.iter().position(fits) else { return true };
            found.insert(*at, lines.remove(line));
            false
        });
    }
    found
}

fn unstruck(list: &Checklist) -> Vec<(usize, &Item)> {
    list.items.iter().enumerate().collect()
}

/// A heading or a line of few words, so that many lines are equal, begin alike, or have the same words in another order.
fn lines() -> impl Strategy<Value = Vec<(u8, String, String)>> {
    let words = |most| {
        prop::collection::vec(
            prop::sample::select(vec!["a", "b", "A", "é", "a.b", "(a)", "b-a", "1", "ab", "水"]),
            0..=most,
        )
        .prop_map(|words| words.join(" "))
    };
    prop::collection::vec((0_u8..8, words(4), words(2)), 0..24)
}

fn text_of(lines: &[(u8, String, String)]) -> String {
    let line = |(kind, text, _): &(u8, String, String)| match kind {
        0 => format!("## {text}\n"),
        1 => format!("- [ ] {text} <!-- hp: optional -->\n"),
        _ => format!("- [ ] {text}\n"),
    };
    lines.iter().map(line).collect()
}

fn left(lines: &[(u8, String, String)]) -> String {
    let line = |(kind, text, reason): &(u8, String, String)| match kind {
        0 => format!("## {text}\n"),
        1 => format!("~~- [ ] {text}~~ {reason}\n"),
        2 => format!("- ~~{text} {reason}~~\n"),
        3 => format!("- ~~{text}~~ and ~~{reason}~~\n"),
        _ => format!("- ~~{text}~~ {reason}\n"),
    };
    lines.iter().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_index_finds_what_a_search_finds(one in lines(), more in lines(), is_own in any::<bool>()) {
        let opened = parse(&text_of(&one)).0;
        // Half of the texts strike the very items that were asked for, in their order and out of it.
        let shown = if is_own { [left(&one), left(&more)].concat() } else { [left(&more), left(&one)].concat() };
        let current = parse(&shown).0;
        let (found, expected) = (strikes(&opened, &current, &unstruck(&opened)), searched(&opened, &current, &unstruck(&opened)));
        let lines = |of: &BTreeMap<usize, &Item>| of.iter().map(|(at, line)| (*at, line.line)).collect::<Vec<_>>();
        prop_assert_eq!(lines(&found), lines(&expected), "{} against {}", text_of(&one), shown);
    }
}
