//! The diff of two checklists, as people read it, and what holds for every diff.

use holdpoint::checklist::diff::{Diff, Facet, Version, WordKind, diff};
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
    let (old, new) = (parse(base).0, parse(head).0);
    diff(Version { text: base, list: &old, after: &after }, Version { text: head, list: &new, after: &after })
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
    fn the_old_version_and_the_diff_make_the_new_one(base in text(), head in text()) {
        prop_assert_eq!(applied(&base, &changed(&base, &head)), items_of(&head));
    }

    #[test]
    fn a_few_edits_make_the_new_version_too(base in text(), picks in proptest::collection::vec((0_usize..25, 0_u8..5), 0..6)) {
        let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
        for (at, how) in picks {
            if at >= lines.len() {
                continue;
            }
            match how {
                0 => drop(lines.remove(at)),
                1 => lines[at].push_str(" more"),
                2 => { let line = lines.remove(at); lines.push(line); }
                3 => lines[at].push_str(" <!-- hp: optional -->"),
                _ => lines[at] = lines[at].replacen("[ ]", "[x]", 1),
            }
        }
        let head = lines.join("\n") + "\n";
        prop_assert_eq!(applied(&base, &changed(&base, &head)), items_of(&head), "{}", head);
    }

    #[test]
    fn an_item_stays_the_same_whatever_happens_elsewhere(
        names in proptest::collection::btree_set("[a-z]{4,9} [a-z]{4,9} [a-z]{4,9}", 3..9),
        moved in 0_usize..9,
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let list = |names: &[String], heading: &str, marker: &str, blank: &str| -> String {
            let items = names.iter().map(|name| format!("{marker} [ ] {name}{blank}\n"));
            format!("intro\n\n{heading} Part\n\n{}", items.collect::<String>())
        };
        let base = list(&names, "## 1.", "-", "");
        let ids = |text: &str| -> Vec<String> { parse(text).0.items.iter().map(|i| i.id.0.clone()).collect() };
        // Renumbered, with other markers, other white space and a reworded neighbour.
        let mut edited = names.clone();
        edited[0] = "something else altogether".to_owned();
        let other = list(&edited, "## 2.", "*  ", "  \n");
        prop_assert_eq!(&ids(&base)[1..], &ids(&other)[1..]);
        // Put last, or below another item.
        let at = moved % names.len();
        let mut order = names.clone();
        let last = order.remove(at);
        order.push(last);
        let nested = base.replace(&format!("- [ ] {}\n", names[1]), &format!("  - [ ] {}\n", names[1]));
        for head in [list(&order, "## 1.", "-", ""), nested] {
            let (old, new) = (parse(&base).0, parse(&head).0);
            let matching = match_items(&old, &new);
            for (b, h) in matching.head_of.iter().enumerate() {
                prop_assert_eq!(Some(&old.items[b].plain), h.map(|h| &new.items[h].plain));
            }
        }
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
        renamed_from: None,
        is_step: false,
        front_matter: Vec::new(),
        checklist: "release".to_owned(),
        diff: changed(&base, &head),
        existence: None,
    };
    let review = Review { files: vec![file], ..Review::default() };
    let comment = review.comment();
    assert!(comment.len() < 65_535, "in bytes, and so in characters");
    assert!(comment.len() > 1_000);
    assert!(comment.contains("more lines are left out here"));
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
}

#[test]
fn a_long_diff_is_folded_and_what_weakens_the_gate_stands_before_the_fold() {
    let base: String = (0..400).map(|n| format!("- [ ] step {n}\n")).collect();
    let head = base.replace("- [ ] step 7\n", "").replace("step 9\n", "step 9 <!-- hp: optional -->\n");
    let head = head.replace("- [ ] step", "- [ ] my step");
    let diff = changed(&base, &head);
    assert!(diff.weakens());
    let file = ChangedFile {
        path: "list.md".to_owned(),
        renamed_from: None,
        is_step: false,
        front_matter: Vec::new(),
        checklist: String::new(),
        diff,
        existence: None,
    };
    let comment = Review { files: vec![file], ..Review::default() }.comment();
    let (before, folded) = comment.split_once("<details>").unwrap();
    assert!(before.contains("- − **removed, was required**: step 7\n"), "{before}");
    assert!(before.contains("! **now optional**: **my** step 9\n"), "{before}");
    assert!(folded.contains("<summary>400 changes</summary>") && folded.contains("… and 150 more changes"), "{folded}");
}

#[test]
fn a_required_item_that_became_a_bullet_or_a_comment_weakens_the_gate() {
    let base = "- [ ] Test the app\n  - [ ] sign in\n- [ ] Tell\n";
    for (head, said) in [
        ("- [ ] Test the app\n  - sign in\n- [ ] Tell\n", "**1 no longer a checkbox**"),
        ("- [ ] Test the app\n  - [ ] sign in\n<!-- - [ ] Tell -->\n", "**1 commented out**"),
        ("- [ ] Test the app\n  - [ ] sign in <!-- hp: optional -->\n- [ ] Tell\n", "**1 no longer required**"),
        ("- [ ] Test the app\n  - [ ] sign in <!-- hp: phase=after -->\n- [ ] Tell\n", "**1 no longer required**"),
    ] {
        let diff = changed(base, head);
        assert!(diff.weakens(), "{head}");
        assert_eq!(diff.counts.removed, diff.counts.removed_required, "{head}");
        assert_eq!(holdpoint::message::change_summary::numbers(&diff.counts, true), said);
        assert!(!changed(head, base).weakens(), "{head}");
    }
}

#[test]
fn the_fields_of_the_json_are_these() {
    let base = "## A\n- [ ] Go\n- [ ] Read [it](x)\n- [ ] Bye\n## B\n- [ ] Run it once\n- [ ] End\n";
    let head = "## A\n- [ ] Read [it](y)\n## B\n- [ ] Run it twice\n- [ ] End\n- [ ] Bye <!-- hp: optional -->\n";
    let value = serde_json::to_value(changed(base, head)).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let items: Vec<&serde_json::Value> =
        value["sections"].as_array().unwrap().iter().flat_map(|s| s["items"].as_array().unwrap()).collect();
    assert_eq!(keys(&value), "counts sections");
    assert_eq!(keys(&value["sections"][0]), "existence items kept moved path renamed_from");
    assert_eq!(keys(items[0]), "below facets id instead line no_longer_required phase required text under was");
    assert_eq!(keys(&items[0]["was"]), "id line text");
    assert_eq!(
        keys(&value["counts"]),
        "added boxes_got boxes_lost boxes_lost_required bullets_reworded commented_out commented_out_required details invisible \
         items_after items_before links markup moved no_longer_required removed removed_required reworded rules \
         sections_moved sections_renamed ticked versions"
    );
    let facets: Vec<String> = items.iter().map(|i| i["facets"].to_string()).collect();
    assert_eq!(
        facets.join("\n"),
        [
            r#"[{"change":"removed"}]"#,
            r#"[{"change":"links","links":[{"from":"x","text":"it","to":"y"}]}]"#,
            r#"[{"change":"reworded","words":[{"kind":"kept","text":"Run it "},{"kind":"gone","text":"once "},{"kind":"new","text":"twice "}]}]"#,
            r#"[{"change":"moved","from":["A"]},{"change":"optional","now":true}]"#,
        ]
        .join("\n")
    );
}

/// What a diff says of a version's items, read by somebody who knows the old version and the diff, and nothing else: text
/// (words only), whether it may be left open, and whether it is ticked.
fn applied(base: &str, diff: &Diff) -> Vec<(String, bool, bool)> {
    let items = parse(base).0.items;
    let mut now: std::collections::BTreeMap<String, (String, bool, bool)> =
        items.iter().map(|i| (i.id.0.clone(), (i.text.clone(), i.directives.optional, i.checked))).collect();
    let mut found = Vec::new();
    for change in diff.sections.iter().flat_map(|section| &section.items) {
        let mut item = match &change.was {
            Some(was) => {
                let old = now.remove(&was.id.0).expect("an item of the old version, and each only once");
                assert_eq!(old.0, was.text);
                old
            }
            None => (change.text.clone(), !change.required, false),
        };
        let mut stays = true;
        for facet in &change.facets {
            if let Facet::Reworded { words }
            | Facet::Versions { words }
            | Facet::Case { words }
            | Facet::Markup { words } = facet
            {
                item.0 = words.iter().filter(|w| w.kind != WordKind::Gone).map(|w| w.text.as_str()).collect();
            } else if let Facet::Optional { now } = facet {
                item.1 = *now;
            } else if let Facet::Ticked { now } = facet {
                item.2 = *now;
            } else if *facet == Facet::Removed {
                stays = false;
            }
        }
        if stays {
            found.push(item);
        }
    }
    found.extend(now.into_values());
    found.iter_mut().for_each(|(text, _, _)| *text = words_of(text));
    found.sort();
    found
}

fn words_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_knows_the_old_version_and_the_diff_knows_the_new_one() {
    for case in cases() {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let (base, head) = (read("base.md"), read("head.md"));
        let linked =
            |text: &str| text.contains("](") || text.chars().any(holdpoint::checklist::invisible::is_invisible);
        if linked(&base) || linked(&head) || head.contains("after") {
            continue;
        }
        assert_eq!(applied(&base, &changed(&base, &head)), items_of(&head), "{}", case.display());
    }
}

fn items_of(text: &str) -> Vec<(String, bool, bool)> {
    let items = parse(text).0.items;
    let mut found: Vec<_> = items.iter().map(|i| (words_of(&i.text), i.directives.optional, i.checked)).collect();
    found.sort();
    found
}
