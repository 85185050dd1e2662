//! The diff of two checklists, as people read it, and what holds for every diff.

use holdpoint::checklist::diff::{Diff, Version, diff};
use holdpoint::checklist::matching::match_items;
use holdpoint::checklist::parse::parse;
use holdpoint::message::review::{ChangedFile, Review};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every case has.
const FILES: [&str; 4] = ["base.md", "expected.md", "expected.txt", "head.md"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checklists");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn changed(base: &str, head: &str) -> Diff {
    let after = globset::GlobSet::empty();
    let (base, head) = (parse(base).0, parse(head).0);
    diff(Version { list: &base, after: &after }, Version { list: &head, after: &after })
}

fn shown(case: &Path, format: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
    command.args(["diff", "--files", "base.md", "head.md", "--format", format]).current_dir(case);
    let output = command.env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{}: {}", case.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_pair_of_checklists_reads_as_it_did() {
    let update = std::env::var_os("HOLDPOINT_UPDATE_SNAPSHOTS").is_some_and(|value| value == "1");
    let mut wrong = String::new();
    for case in cases() {
        for (format, name) in [("terminal", "expected.txt"), ("markdown", "expected.md")] {
            let (file, now) = (case.join(name), shown(&case, format));
            if update {
                std::fs::write(&file, &now).unwrap();
            }
            let before = std::fs::read_to_string(&file).unwrap_or_default();
            if before != now {
                let lines = similar::TextDiff::from_lines(&before, &now);
                wrong += &lines.unified_diff().header(&file.display().to_string(), "now").to_string();
            }
        }
    }
    assert!(wrong.is_empty(), "HOLDPOINT_UPDATE_SNAPSHOTS=1 takes over what is meant:\n{wrong}");
}

#[test]
fn there_are_enough_cases_and_each_has_its_files() {
    assert!(cases().len() >= 42, "only {} cases", cases().len());
    for case in cases() {
        let mut names: Vec<String> =
            std::fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, FILES, "{}", case.display());
    }
}

#[test]
fn a_checklist_does_not_differ_from_itself() {
    for case in cases() {
        for name in ["base.md", "head.md"] {
            let text = std::fs::read_to_string(case.join(name)).unwrap();
            assert!(changed(&text, &text).is_empty(), "{} {name}", case.display());
        }
    }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[A-Z][a-z]{2,6}( [a-z]{2,7}){2,5}".prop_map(|t| format!("- [ ] {t}")),
        2 => "[A-Z][a-z]{2,6}( [a-z]{2,7}){2,5}".prop_map(|t| format!("  - [ ] {t}")),
        1 => "[a-z]{3,8}".prop_map(|t| format!("- {t}")),
        1 => "[A-Z][a-z]{3,8}".prop_map(|t| format!("## {t}")),
        1 => Just("- [ ] Same again and again".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(line(), 0..25).prop_map(|lines| lines.join("\n") + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_item_is_paired_once_or_added_or_removed(base in text(), head in text()) {
        let (a, b) = (parse(&base).0, parse(&head).0);
        let matching = match_items(&a, &b);
        prop_assert_eq!((matching.head_of.len(), matching.base_of.len()), (a.items.len(), b.items.len()));
        for (from, to) in matching.head_of.iter().enumerate() {
            prop_assert!(to.is_none_or(|to| matching.base_of[to] == Some(from)));
        }
        for (to, from) in matching.base_of.iter().enumerate() {
            prop_assert!(from.is_none_or(|from| matching.head_of[from] == Some(to)));
        }
        let counts = changed(&base, &head).counts;
        prop_assert_eq!(counts.items_before - counts.removed + counts.added, counts.items_after);
        prop_assert_eq!(counts.removed, matching.head_of.iter().filter(|to| to.is_none()).count());
    }

    #[test]
    fn markers_and_blank_lines_are_no_change(base in text()) {
        let spread: String = base.lines().map(|line| format!("{}  \n", line.replacen("- ", "* ", 1))).collect();
        prop_assert!(changed(&base, &spread).is_empty());
        prop_assert!(changed(&base, &base).is_empty());
        prop_assert!(changed(&base, &base.replace('\n', "\r\n")).is_empty());
    }
}

#[test]
fn a_comment_stays_below_githubs_limit_however_much_changed() {
    let long = "word ".repeat(60);
    let base: String = (0..900).map(|n| format!("- [ ] old {n} {long}\n")).collect();
    let head: String = (0..900).map(|n| format!("- [ ] new x{n} {}\n", long.replace('o', "ö"))).collect();
    let file = ChangedFile {
        path: "RELEASING.md".to_owned(),
        checklist: "release".to_owned(),
        diff: changed(&base, &head),
        existence: None,
    };
    let review = Review { files: vec![file], ..Review::default() };
    assert!(review.comment().chars().count() < 65_535);
    assert!(review.comment().len() > 1_000);
}
