//! What holds for every text.

use holdpoint::checklist::diff::{Version, diff};
use holdpoint::checklist::identity::normalise;
use holdpoint::checklist::{file, lint, parse::parse};
use holdpoint::config::ChecklistConfig;
use holdpoint::ids::{IssueNumber, RepoName, RepositoryId, Sha, Timestamp};
use holdpoint::message::review::{ChangedFile, Review};
use holdpoint::release::candidates::{Candidate, Candidates};
use holdpoint::release::contents::{File, IssueInputs, RangeFacts};
use holdpoint::release::issue_body::{LIMIT, Outcome, draft};
use holdpoint::release::issue_problem::IssueProblem;
use holdpoint::release::ledger::MarkSource;
use holdpoint::release::marker::{Keys, MarkerStatus, read};
use holdpoint::release::parts::{MAX_PARTS, join};
use holdpoint::release::placeholder::harmless;
use holdpoint::release::progress::{Mark, Record, changes, marks, progress};
use holdpoint::release::verify::Verified;
use holdpoint::release::{Release, Site};
use proptest::prelude::*;

/// A release that was never at another commit.
fn alone() -> Candidates {
    let commit = Sha::parse(&"a".repeat(40)).unwrap();
    Candidates::new(Vec::new(), Candidate { label: "v1.4.0".to_owned(), commit })
}

/// Lines of which checklists and near misses are made.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z][a-z ]{2,14}[a-z]".prop_map(|t| format!("- [ ] {t}")),
        2 => "[A-Za-z][a-z ]{2,14}[a-z]".prop_map(|t| format!("  - [ ] {t}")),
        1 => "[a-z]{3,8}".prop_map(|t| format!("* [x] {t} <!-- hp: optional -->")),
        1 => "[a-z]{3,8}".prop_map(|t| format!("1. [ ] **{t}** `code` [l](a/b.md)")),
        1 => "[A-Z][a-z]{3,8}".prop_map(|t| format!("## {t}")),
        1 => "[A-Z][a-z]{3,8}".prop_map(|t| format!("# {t} <!-- hp: phase=after -->")),
        1 => Just(String::new()),
        1 => Just("plain text".to_owned()),
        1 => Just("> - [ ] quoted".to_owned()),
        1 => Just("```\n- [ ] code\n```".to_owned()),
        1 => "\\PC{0,20}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    (proptest::collection::vec(line(), 0..30), prop_oneof![Just("\n"), Just("\r\n")])
        .prop_map(|(lines, end)| lines.join(end) + end)
}

/// Pieces of Markdown in any order, with bytes that nobody types.
fn torn() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            "- [ ] ", "- [x] ", "* ", "1. ", "10) ", "[ ]", "[x]", "> ", "  ", "\t", "\n", "\n", "\r\n", "\r", "\n\n", "# ", "\n## ",
            "---\n", "===\n", "```\n", "~~", "~~- [ ] a~~\n", "<!--", "-->", "<!-- hp: ", "optional", " id=a", "<details>\n", "](a.md)", "![",
            "`", "**", "\\", "&#91;", "| a |\n|---|\n", "[^1]: ", "\u{feff}", "\u{a0}", "\u{0}", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{202e}", "é", "\u{1f980}",
        ]).prop_map(str::to_owned),
        1 => "[a-z]{1,4}",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn release() -> Release {
    let commit = Sha::parse(&"a".repeat(40)).unwrap();
    let (checklist, key) = ("release".to_owned(), "tag:v1.2.3".to_owned());
    let label = "v1.2.3".to_owned();
    Release {
        checklist,
        key: key.into(),
        tag: Some(label.clone()),
        label,
        commit,
        previous: None,
        actor: holdpoint::ids::Account::nobody(),
        date: String::new(),
    }
}

/// What becomes of a template.
fn drafted(template: &str) -> Outcome {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let (release, config, range) = (release(), ChecklistConfig::default(), RangeFacts::default());
    let templates = [File { path: "docs/list.md".to_owned(), text: template.to_owned() }];
    let ingredients = IssueInputs {
        reference: None,
        release: &release,
        named: &release,
        config: &config,
        site: &site,
        templates: &templates,
        steps: &[],
        range: &range,
    };
    draft(&ingredients, RepositoryId(1), &keys())
}

/// The issue of a template, with its signed marker.
fn opened(template: &str) -> Option<String> {
    match drafted(template) {
        Outcome::Open(draft) => Some(draft.body),
        Outcome::Nothing | Outcome::Impossible(_) => None,
    }
}

/// A text of which each line that is a list item or a paragraph is several thousand characters long.
fn lengthy() -> impl Strategy<Value = String> {
    (text(), 500_usize..4_000).prop_map(|(text, words)| {
        let long = |line: &str| match line.trim_end().strip_suffix(|c: char| c.is_alphabetic()) {
            Some(_) if !line.contains('#') && !line.contains('`') => {
                format!("{} {}\n", line.trim_end(), "é ".repeat(words))
            }
            Some(_) | None => line.to_owned(),
        };
        text.split_inclusive('\n').map(long).collect()
    })
}

fn keys() -> Keys {
    Keys::derive([b"a secret".as_slice()].into_iter())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(source in "\\PC{0,400}") {
        let (list, _) = parse(&source);
        let _ = lint::lint(&source, &list);
        let _ = holdpoint::config::parse(&source);
    }

    #[test]
    fn a_form_loses_no_box_unsaid_and_all_of_it_stands_on_its_lines(label in torn(), value in text(), fold in any::<bool>()) {
        let quoted = serde_json::to_string(&label).unwrap();
        let sign = if fold { ">2" } else { "|2" };
        let block: String = value.lines().map(|line| format!("        {line}\n")).collect();
        let form = format!("name: R\nbody:\n  - type: checkboxes\n    attributes:\n      label: A\n      options:\n        - label: {quoted}\n  - type: textarea\n    attributes:\n      label: B\n      value: {sign}\n{block}");
        let parsed = file::parse("release.yml", &form);
        let problems = parsed.problems.iter().cloned().chain(parsed.lint(&lint::LintContext::default()));
        let lines = form.lines().count();
        for line in problems.map(|p| p.line).chain(parsed.list.items.iter().map(|i| i.line)) {
            prop_assert!((1..=lines).contains(&line), "{} of {}\n{}", line, lines, form);
        }
        let boxes = form.split_inclusive('\n').collect::<Vec<_>>();
        if parsed.broken.is_none() && !fold {
            let alone = parse(&format!("\n{}", value.lines().collect::<Vec<_>>().join("\n"))).0.items.len();
            prop_assert_eq!(parsed.list.items.len(), 1 + alone, "{}", form);
            for item in parsed.list.items.iter().skip(1) {
                prop_assert!(boxes.get(item.line - 1).is_some_and(|line| line.contains("[ ]") || line.contains("[x]")), "{}", form);
            }
        }
    }

    #[test]
    fn every_item_knows_its_own_box(source in text()) {
        let (list, _) = parse(&source);
        for item in &list.items {
            let byte = source.as_bytes()[item.box_at];
            prop_assert!(matches!(byte, b' ' | b'x' | b'X'));
            prop_assert_eq!(item.checked, byte != b' ');
            prop_assert!(item.span.contains(&item.box_at));
        }
        let ids: std::collections::BTreeSet<_> = list.items.iter().map(|i| &i.id).collect();
        prop_assert_eq!(ids.len(), list.items.len());
    }

    #[test]
    fn no_byte_is_lost_and_everything_stands_within_what_holds_it(source in prop_oneof![text(), torn()]) {
        let (list, problems) = parse(&source);
        prop_assert!(list.body_start <= source.len());
        // The headings cut the text into parts: each byte belongs to exactly one.
        let cuts: Vec<usize> = list.sections.iter().map(|s| s.span.start).collect();
        prop_assert!(cuts.iter().all(|cut| (list.body_start..source.len()).contains(cut)));
        prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", cuts);
        let part = |at: usize| cuts.partition_point(|cut| *cut <= at).checked_sub(1);
        for (n, section) in list.sections.iter().enumerate() {
            prop_assert!(section.parent.is_none_or(|above| above < n && list.sections[above].level < section.level));
            prop_assert_eq!(source.bytes().take(section.span.start).filter(|b| *b == b'\n').count() + 1, section.line);
        }
        for (n, item) in list.items.iter().enumerate() {
            prop_assert!(source.get(item.span.clone()).is_some_and(|bytes| bytes.starts_with(|c: char| "-+*".contains(c) || c.is_ascii_digit())));
            prop_assert!(item.span.contains(&item.box_at));
            prop_assert_eq!(source.as_bytes()[item.box_at - 1], b'[');
            prop_assert_eq!(part(item.span.start), item.section);
            prop_assert_eq!(part(item.span.end - 1), item.section, "an item ends with its section");
            prop_assert!(item.box_at < item.suffix_at && item.suffix_at <= source.len());
            prop_assert!(source.is_char_boundary(item.suffix_at));
            if let Some(above) = item.parent {
                let outer = &list.items[above];
                prop_assert!(above < n && outer.span.start < item.span.start && item.span.end <= outer.span.end);
                prop_assert!(outer.depth < item.depth);
            }
            prop_assert_eq!(item.groups.len(), item.depth);
        }
        prop_assert!(list.items.windows(2).all(|pair| pair[0].box_at < pair[1].box_at), "items stand in the order of the text");
        for range in list.verbatim.iter().chain(&list.relative_links) {
            prop_assert!(source.get(range.clone()).is_some(), "{:?}", range);
        }
        for problem in problems.iter().chain(&lint::lint(&source, &list)) {
            prop_assert!(problem.line <= source.matches('\n').count() + 1 && problem.column > 0 && problem.width > 0);
        }
    }

    #[test]
    fn how_a_line_ends_changes_no_item(source in text()) {
        let seen = |source: &str| -> Vec<(bool, usize, String)> {
            parse(source).0.items.iter().map(|i| (i.checked, i.depth, i.plain.clone())).collect()
        };
        let lines = source.replace("\r\n", "\n");
        let as_it_is = seen(&lines);
        prop_assert_eq!(&seen(&lines.replace('\n', "\r\n")), &as_it_is);
        prop_assert_eq!(&seen(&lines.replace('\n', "\r")), &as_it_is);
        prop_assert_eq!(&seen(&format!("\u{feff}{lines}")), &as_it_is);
    }

    #[test]
    fn every_diff_can_be_shown(old in torn(), new in torn()) {
        let ((was, _), (is, _)) = (parse(&old), parse(&new));
        let none = globset::GlobSet::empty();
        let base = Version { text: &old, list: &was, after: &none };
        let head = Version { text: &new, list: &is, after: &none };
        prop_assert!(diff(base, base).is_empty());
        let diff = diff(base, head);
        prop_assert_eq!(was.items.len() - diff.counts.removed + diff.counts.added, is.items.len());
        let file = ChangedFile { path: "list.md".to_owned(), renamed_from: None, is_step: false, front_matter: Vec::new(), checklist: "release".to_owned(), diff, existence: None };
        let comment = Review { files: vec![file], ..Review::default() }.comment();
        prop_assert!(comment.chars().count() <= 65_536);
    }

    #[test]
    fn a_text_does_not_differ_from_itself(source in text()) {
        let (list, _) = parse(&source);
        let none = globset::GlobSet::empty();
        let same = Version { text: &source, list: &list, after: &none };
        prop_assert!(diff(same, same).is_empty());
    }

    #[test]
    fn the_counts_of_a_diff_add_up(old in text(), new in text()) {
        let ((was, _), (is, _)) = (parse(&old), parse(&new));
        let none = globset::GlobSet::empty();
        let base = Version { text: &old, list: &was, after: &none };
        let diff = diff(base, Version { text: &new, list: &is, after: &none });
        prop_assert_eq!(was.items.len() - diff.counts.removed + diff.counts.added, is.items.len());
    }

    #[test]
    fn the_issue_holds_every_item_of_its_template_and_its_marker_reads_back(source in text()) {
        let (list, _) = parse(&source);
        if let Some(body) = opened(&source) {
            let (issue, _) = parse(&body);
            prop_assert_eq!(issue.items.len(), list.items.len());
            for (asked, given) in issue.items.iter().zip(&list.items) {
                prop_assert_eq!(asked.checked, given.checked);
                prop_assert_eq!(asked.depth, given.depth);
                prop_assert_eq!(asked.directives.id.as_ref(), given.directives.id.as_ref());
                // What the directives say was put at the end of the item's first line, and nothing else was touched.
                let text = asked.plain.replace(" · optional", "").replace(" · after the release", "");
                prop_assert_eq!(normalise(&text), given.plain.as_str());
            }
            match read(&body, &keys()) {
                MarkerStatus::Ours(marker) => prop_assert_eq!(marker.release, release()),
                other @ (MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing) => prop_assert!(false, "{:?}", other),
            }
            prop_assert_eq!(read(&body.replace("v1 e", "v1 f"), &keys()), MarkerStatus::Forged);
        } else {
            prop_assert!(list.items.is_empty());
        }
    }

    #[test]
    fn flipping_one_box_is_one_change_of_one_item(source in text(), pick in any::<prop::sample::Index>()) {
        let Some(body) = opened(&source) else { return Ok(()) };
        let (asked, _) = parse(&body);
        let item = &asked.items[pick.index(asked.items.len())];
        let mut bytes = body.into_bytes();
        bytes[item.box_at] = if item.checked { b' ' } else { b'x' };
        let (now, _) = parse(std::str::from_utf8(&bytes).unwrap());
        let changed = changes(&marks(&asked, &asked), &marks(&asked, &now));
        prop_assert_eq!(changed.len(), 1);
        prop_assert_eq!(&changed[0].item, &item.id);
        prop_assert_eq!(&changed[0].now, if item.checked { &Mark::Open } else { &Mark::Done });
    }

    #[test]
    fn nothing_is_finished_that_is_not_ticked_and_signed(source in text(), edited in text(), signed in any::<u64>()) {
        let Some(body) = opened(&source) else { return Ok(()) };
        let (asked, _) = parse(&body);
        // Any text at all in place of the body, and a ledger that signs some of the items.
        let (now, _) = parse(&edited);
        let ledger: Vec<Record> = asked.items.iter().enumerate().filter(|(n, _)| signed >> (n % 64) & 1 == 1).map(|(_, item)| Record {
            item: item.id.clone(), mark: Mark::Done, by: "bob".into(), at: Timestamp(1), refused: None, how: MarkSource::Box,
        }).collect();
        let progress = progress(&asked, &now, &ledger, &Default::default(), &Verified::default(), &alone(), &ChecklistConfig::default());
        for entry in progress.entries.iter().filter(|e| e.settled()) {
            let shown = marks(&asked, &now).marks.get(&entry.id).cloned();
            prop_assert_eq!(shown, Some(Mark::Done));
            prop_assert!(ledger.iter().any(|r| r.item == entry.id));
        }
    }

    #[test]
    fn a_strangers_value_breaks_out_of_nothing(value in "[\\PC\\n\\r\u{202e}]{0,60}") {
        let safe = harmless(&value);
        prop_assert!(!safe.contains(['\n', '\r', '<', '`', '[', ']', '|', '\u{202e}']), "{safe:?}");
        let (list, _) = parse(&format!("- [ ] before {safe} after\n"));
        prop_assert_eq!(list.items.len(), 1);
        prop_assert!(!list.items[0].checked);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn in_parts_every_item_stands_once_where_it_stood(source in proptest::collection::vec(lengthy(), 1..6).prop_map(|t| t.join("\n\n"))) {
        let draft = match drafted(&source) {
            Outcome::Open(draft) => draft,
            Outcome::Nothing => return Ok(()),
            Outcome::Impossible(why) => {
                prop_assert_ne!(why, IssueProblem::DiffersInParts);
                return Ok(());
            }
        };
        let seen = |text: &str| -> Vec<(String, bool, usize, Vec<String>)> {
            let (list, _) = parse(text);
            let path = |item: &holdpoint::checklist::Item| list.path(item.section).iter().map(|t| (*t).to_owned()).collect();
            list.items.iter().map(|i| (i.plain.clone(), i.checked, i.depth, path(i))).collect()
        };
        prop_assert_eq!(draft.parts.is_empty(), draft.body.chars().count() <= LIMIT);
        if draft.parts.is_empty() {
            return Ok(());
        }
        let later: Vec<IssueNumber> = (0..MAX_PARTS).map(|n| IssueNumber(10_000_000 + n as u64)).collect();
        let bodies: Vec<String> = draft.parts.iter().map(|p| p.body(&later[..draft.parts.len() - p.number])).collect();
        for (at, body) in bodies.iter().enumerate() {
            prop_assert!(body.chars().count() <= LIMIT, "{}", body.chars().count());
            match read(body, &keys()) {
                MarkerStatus::Ours(marker) => prop_assert_eq!(marker.part, Some((at + 1, bodies.len()))),
                other @ (MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing) => prop_assert!(false, "{:?}", other),
            }
        }
        let alone: Vec<_> = bodies.iter().flat_map(|body| seen(body)).collect();
        prop_assert_eq!(&alone, &seen(&draft.body));
        let joined = join(bodies.iter().map(String::as_str));
        prop_assert_eq!(&alone, &seen(&joined));
        // Whatever one part looks like later, what another one shows stays what it is.
        let asked = parse(&joined).0;
        let torn = join(bodies.iter().enumerate().map(|(n, body)| if n == 0 { "```\n<!--" } else { body.as_str() }));
        let shown = marks(&asked, &parse(&torn).0).marks;
        let lost = shown.values().filter(|mark| **mark == Mark::Missing).count();
        prop_assert!(lost <= parse(&bodies[0]).0.items.len());
    }
}
