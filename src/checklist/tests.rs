//! The language, case by case.

use super::diff::{Facet, Version, diff};
use super::parse::parse;
use super::{Checklist, lint};

fn items(source: &str) -> Vec<String> {
    let (list, _) = parse(source);
    list.items.iter().map(|i| format!("{}{} {}", if i.checked { "x" } else { "o" }, i.depth, i.text)).collect()
}

#[test]
fn the_forms_that_github_shows_as_boxes_are_items() {
    let cases: &[(&str, &[&str])] = &[
        ("- [ ] a", &["o0 a"]),
        ("* [x] a\n+ [X] b\n1. [ ] c\n2) [ ] d", &["x0 a", "x0 b", "o0 c", "o0 d"]),
        ("- [ ] a\r\n- [x] b\r\n", &["o0 a", "x0 b"]),
        ("\u{feff}- [ ] a", &["o0 a"]),
        ("- [ ] parent\n  - [x] child\n    more", &["o0 parent", "x1 child more"]),
        ("- plain\n  - [ ] child", &["o1 child"]),
        ("> - [ ] quoted", &["o0 quoted"]),
        ("- [ ] a\n\n- [ ] b", &["o0 a", "o0 b"]),
        ("<details>\n<summary>s</summary>\n\n- [ ] a\n\n</details>", &["o0 a"]),
        ("- [ ] see [x]", &["o0 see [x]"]),
        ("- [ ] ~~a~~ not needed", &["o0 ~~a~~ not needed"]),
        ("- [ ] a <!-- note --> b", &["o0 a b"]),
    ];
    for (source, expected) in cases {
        assert_eq!(items(source), *expected, "{source:?}");
    }
}

#[test]
fn what_github_shows_as_text_is_no_item() {
    for source in [
        "- []  a",
        "-[ ] a",
        "- [ ]a",
        "- [  ] a",
        "- \\[ ] a",
        "- [ ]",
        "- [ ]\n",
        "    - [ ] code",
        "```\n- [ ] a\n```",
        "<!--\n- [ ] a\n-->",
        "- [\u{a0}] a",
        "- ~~[ ] a~~",
        "- a [ ] b",
        "[ ] a",
        "| [ ] a | b |\n|---|---|\n",
        "<details>\n<summary>s</summary>\n- [ ] a\n</details>",
    ] {
        assert_eq!(items(source), Vec::<String>::new(), "{source:?}");
    }
}

#[test]
fn near_misses_are_pointed_at() {
    for source in
        ["- [] a", "-[ ] a", "- [ ]a", "- [  ] a", "- [ x ] a", "- [\u{2713}] a", "1. [] a", "<!--\n- [ ] a\n-->"]
    {
        let (list, _) = parse(source);
        let found: Vec<_> = lint::lint(source, &list).into_iter().filter(|p| p.message.contains("box")).collect();
        assert_eq!(found.len(), 1, "{source:?}: {found:?}");
    }
    for source in ["- [a](b)", "- [x][ref]", "```\n- [] a\n```", "- [ ] a", "- text [] b"] {
        let (list, _) = parse(source);
        assert!(lint::lint(source, &list).iter().all(|p| !p.message.contains("box")), "{source:?}");
    }
}

#[test]
fn headings_make_sections_and_their_directives_are_inherited() {
    let (list, problems) = parse(
        "# Top\n## One <!-- hp: phase=after owner=@acme/qa -->\n- [ ] a\n- [ ] b <!-- hp: phase=before optional id=bee -->\n### Deep\n- [ ] c\n## Two\n- [ ] d\n",
    );
    assert_eq!(problems, []);
    let seen: Vec<String> = list
        .items
        .iter()
        .map(|i| {
            format!(
                "{} {:?} {:?} {:?}",
                list.path(i.section).join("/"),
                i.directives.phase,
                i.directives.owners,
                i.directives.optional
            )
        })
        .collect();
    insta::assert_snapshot!(seen.join("\n"), @r#"
    Top/One Some(After) ["@acme/qa"] false
    Top/One Some(Before) ["@acme/qa"] true
    Top/One/Deep Some(After) ["@acme/qa"] false
    Top/Two None [] false
    "#);
    assert_eq!(list.items[1].id.0, "#bee");
}

#[test]
fn a_misspelt_directive_is_reported_with_the_nearest_word() {
    let source = "- [ ] a <!-- hp: optionl phase=later -->\n";
    let (_, problems) = parse(source);
    let said: Vec<String> =
        problems.iter().map(|p| format!("{}:{}+{} {} ({})", p.line, p.column, p.width, p.message, p.hint)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    1:18+7 `optionl` is no directive (did you mean `optional`?)
    1:26+11 `later` is no phase (write `phase=before` or `phase=after`)
    ");
}

#[test]
fn struck_lines_and_bullets_are_kept_apart_and_do_not_spoil_their_neighbour() {
    let (list, _) = parse("- [x] first\n~~- [ ] second~~\n- ~~third~~ not this time\n- ~~[ ] fourth~~\n");
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.items[0].plain, "first");
    let struck: Vec<String> = list.struck.iter().map(|s| format!("{}|{}", s.plain, s.behind_strike)).collect();
    assert_eq!(struck, ["third not this time|not this time", "fourth|", "second|"]);
}

#[test]
fn two_items_with_one_id_are_a_problem_and_both_count() {
    let (list, problems) = parse("- [ ] a <!-- hp: id=x -->\n- [ ] b <!-- hp: id=x -->\n");
    assert_eq!(list.items.len(), 2);
    assert_ne!(list.items[0].id, list.items[1].id);
    assert_eq!(problems.len(), 1);
}

#[test]
fn front_matter_is_read_and_stripped() {
    let (list, problems) = parse(
        "---\nname: R\ntitle: \"Release <Version>\"\nlabels: release, qa\nassignees: ['@ann']\nunknown: 1\n---\n\n- [ ] a\n",
    );
    assert_eq!(problems, []);
    let front = list.front_matter.expect("front matter");
    assert_eq!(front.title.as_deref(), Some("Release <Version>"));
    assert_eq!(front.labels, ["release", "qa"]);
    assert_eq!(front.assignees, ["ann"]);
    assert_eq!(list.items[0].line, 9);
}

fn changes(base: &str, head: &str) -> Vec<String> {
    let none = globset::GlobSet::empty();
    let ((old, _), (new, _)) = (parse(base), parse(head));
    let base = Version { text: base, list: &old, after: &none };
    let diff = diff(base, Version { text: head, list: &new, after: &none });
    let mut said = Vec::new();
    for section in &diff.sections {
        if let Some(from) = &section.renamed_from {
            said.push(format!("{from} => {}", section.path.join("/")));
        }
        if let Some(existence) = section.existence {
            said.push(format!("{} {existence:?}", section.path.join("/")));
        }
        for item in &section.items {
            let facets: Vec<&str> = item
                .facets
                .iter()
                .map(|f| match f {
                    Facet::Added => "added",
                    Facet::Removed => "removed",
                    Facet::Reworded { .. } => "reworded",
                    Facet::Moved { .. } => "moved",
                    Facet::Reordered => "reordered",
                    Facet::Renested => "renested",
                    Facet::Optional { .. } => "optional",
                    Facet::Phase { .. } => "phase",
                    Facet::Owners { .. } => "owners",
                    Facet::Rule { .. } => "rule",
                    Facet::Above { .. } => "above",
                    Facet::Details { .. } => "details",
                    Facet::Versions { .. } => "versions",
                    Facet::Links { .. } => "links",
                    Facet::Case { .. } => "case",
                    Facet::Markup { .. } => "markup",
                    Facet::Invisible { .. } => "invisible",
                    Facet::Ticked { .. } => "ticked",
                })
                .collect();
            said.push(format!("{}: {}", item.text, facets.join("+")));
        }
    }
    said
}

#[test]
fn the_diff_says_what_a_reviewer_would_say() {
    let base = "## Build\n- [ ] Tag the commit\n- [ ] Build the image on a test machine\n- [ ] Upload it\n## Tell\n- [ ] Write to support\n- [ ] Write to sales\n";
    let cases: &[(&str, &[&str])] = &[
        (base, &[]),
        (&base.replace("- [", "*  [").replace("## Tell", "## 2. Tell"), &[]),
        (&base.replace("- [ ] Upload it\n", ""), &["Upload it: removed"]),
        (
            &base.replace("a test machine", "a copy of production"),
            &["Build the image on a copy of production: reworded"],
        ),
        (&base.replace("## Tell", "## Announce"), &["Tell => Announce"]),
        (&base.replace("- [ ] Upload it\n", "").replace("sales\n", "sales\n- [ ] Upload it\n"), &["Upload it: moved"]),
        (
            &base.replace(
                "- [ ] Write to support\n- [ ] Write to sales\n",
                "- [ ] Write to sales\n- [ ] Write to support\n",
            ),
            &["Write to sales: reordered"],
        ),
        (&base.replace("Upload it", "Upload it <!-- hp: optional phase=after -->"), &["Upload it: optional+phase"]),
        (&format!("{base}## More\n- [ ] Rest\n"), &["More Added", "Rest: added"]),
        (&base.replace("- [ ] Upload it", "  - [ ] Upload it"), &["Upload it: renested"]),
    ];
    for (head, expected) in cases {
        assert_eq!(changes(base, head), *expected, "{head}");
    }
}

#[test]
fn two_long_files_that_share_no_heading_are_compared_without_trying_every_pair() {
    let file =
        |word: &str| -> String { (0..2_500).map(|n| format!("## {word} {n}\n- [ ] {word} step {n}\n")).collect() };
    assert_eq!(changes(&file("old"), &file("new")).len(), 10_000);
}

#[test]
fn a_heading_that_comes_or_goes_above_items_moves_none_of_them() {
    let flat = "- [ ] Freeze the branch\n- [ ] Build the image\n- [ ] Tell support\n";
    let with_headings =
        "## Before\n- [ ] Freeze the branch\n- [ ] Build the image\n## Afterwards\n- [ ] Tell support\n";
    assert_eq!(changes(flat, with_headings), ["Before Added", "Afterwards Added"]);
    assert_eq!(changes(with_headings, flat), ["Before Removed", "Afterwards Removed"]);
    let swapped = "## Before\n- [ ] Build the image\n- [ ] Freeze the branch\n## Afterwards\n- [ ] Tell support\n";
    assert_eq!(changes(flat, swapped), ["Before Added", "Build the image: moved", "Afterwards Added"]);
    let apart = "## Afterwards\n- [ ] Build the image\n- [ ] Tell support\n## Before\n- [ ] Freeze the branch\n";
    let said = changes(with_headings, apart);
    assert_eq!(said, ["Build the image: moved"], "a heading that both have is a place");
}

#[test]
fn what_is_nested_goes_with_its_parent_and_is_told_once() {
    let base = "## Build\n- [ ] Sign\n  - [ ] on a Mac\n  - [ ] on Windows\n- [ ] Upload\n## Check\n- [ ] Scan\n";
    let head = "## Build\n- [ ] Upload\n## Check\n- [ ] Scan\n- [ ] Sign\n  - [ ] on a Mac\n  - [ ] on Windows\n";
    assert_eq!(changes(base, head), ["Sign: moved"]);
    let left_behind =
        head.replace("\n  - [ ] on Windows", "").replace("- [ ] Upload", "- [ ] on Windows\n- [ ] Upload");
    assert_eq!(changes(base, &left_behind), ["on Windows: renested", "Sign: moved"]);
}

#[test]
fn another_person_behind_an_item_is_another_wording_of_the_same_item() {
    let base = "- [ ] Update the charts - @ann @ben\n- [ ] Upload\n";
    assert_eq!(changes(base, &base.replace("@ann", "@cleo")), ["Update the charts - @cleo @ben: reworded"]);
    assert_eq!(changes(base, &base.replace("charts", "**charts**")), ["Update the **charts** - @ann @ben: markup"]);
}

#[test]
fn a_removed_item_stands_behind_the_one_that_it_followed() {
    let base = "intro\n\n- [ ] Freeze\n- [ ] Sign\n- [ ] Upload\n";
    let head = "a\n\nlonger\n\nintro\n\n- [ ] Freeze\n- [ ] Upload <!-- hp: optional -->\n";
    assert_eq!(changes(base, head), ["Sign: removed", "Upload: optional"]);
}

#[test]
fn the_last_word_is_the_same_word_where_more_follows_it() {
    let words = super::diff::words("Scan the image", "Scan the image twice");
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    assert_eq!(texts, ["Scan the image ", "twice "]);
}

#[test]
fn two_long_texts_with_the_same_words_in_another_order_are_not_aligned_word_by_word() {
    let there: Vec<String> = (0..20_000).map(|n| format!("w{n}")).collect();
    let back: Vec<String> = there.iter().rev().cloned().collect();
    let words = super::diff::words(&format!("Do {} now", there.join(" ")), &format!("Do {} now", back.join(" ")));
    let kinds: Vec<super::diff::WordKind> = words.iter().map(|w| w.kind).collect();
    use super::diff::WordKind::{Gone, Kept, New};
    assert_eq!(kinds, [Kept, Gone, New, Kept]);
}

#[test]
fn numbers_of_versions_are_quiet_and_other_numbers_are_not() {
    let quiet = |old: &str, new: &str| changes(&format!("- [ ] {old}\n"), &format!("- [ ] {new}\n"));
    assert_eq!(quiet("Use version 3.1 of it", "Use version 3.10 of it"), ["Use version 3.10 of it: versions"]);
    assert_eq!(quiet("Build it with v4 only", "Build it with v5 only"), ["Build it with v5 only: versions"]);
    assert_eq!(quiet("Ask 2 people for leave", "Ask 0 people for leave"), ["Ask 0 people for leave: reworded"]);
    assert_eq!(quiet("Use version 3.1 of it", "Use version 3.2 twice"), ["Use version 3.2 twice: reworded"]);
}

#[test]
fn broken_front_matter_is_told_without_the_readers_own_words() {
    let (_, problems) = parse("---\nname: x\nabout: one\nabout: two\n---\n- [ ] a\n");
    assert_eq!(problems[0].message, "the front matter is no valid YAML: duplicate mapping key: about");
    assert_eq!(problems[0].line, 4);
}

#[test]
fn front_matter_that_is_no_text_is_told_on_its_line() {
    for (line, key) in [("title: {{ version }}", Some("title")), ("labels : {a: b}", Some("labels"))] {
        let (_, problems) = parse(&format!("---\r\nname: x\r\n{line}\r\n---\r\n- [ ] a\r\n"));
        let said: Vec<_> = problems.iter().map(|p| (p.line, p.column, p.width, p.message.as_str())).collect();
        let message = format!("`{}` is no text in YAML, and is not read", key.unwrap());
        assert_eq!(said, [(3, 1, key.unwrap().len(), message.as_str())], "{line}");
    }
    for fine in
        ["title: '{{ version }}'", "title:", "title: 1.4", "labels: []", "labels: [a, {b: c}]", "projects: {{ x }}"]
    {
        let (_, problems) = parse(&format!("---\n{fine}\n---\n- [ ] a\n"));
        assert_eq!(problems, [], "{fine}");
    }
}

#[test]
fn an_owner_that_nobody_can_be_is_told() {
    for (owner, fine) in
        [("@ann", true), ("@ann_acme", true), ("@acme/q.a", true), ("@-x", false), ("@acme/", false), ("ann", false)]
    {
        let (_, problems) = parse(&format!("- [ ] a <!-- hp: owner={owner} -->\n"));
        assert_eq!(problems.is_empty(), fine, "{owner}");
    }
}

#[test]
fn deep_nesting_and_long_lines_are_read_in_one_pass_without_a_panic() {
    let mut sources = vec![
        "- ".repeat(30_000),
        "> ".repeat(30_000),
        "- [ ] a\n".repeat(8_000),
        "[".repeat(65_536),
        "*a ".repeat(20_000),
    ];
    sources.push((0..400).map(|n| format!("{}- [ ] item {n}\n", "  ".repeat(n))).collect());
    sources.push("~~- [ ] x~~\n".repeat(5_000));
    sources.push("- [ ] a <!-- hp: id=x -->\n".repeat(2_500));
    for source in sources {
        let (list, _) = parse(&source);
        let _ = lint::lint(&source, &list);
        assert!(list.items.len() <= 8_000);
    }
}

#[test]
fn an_item_knows_the_bytes_of_its_box_and_where_a_suffix_goes() {
    let source = "- [ ] a  \n1. [x] b <!-- hp: optional -->  \n   more\n> * [ ] c <!-- note -->\n";
    let (list, _): (Checklist, _) = parse(source);
    let marked: Vec<String> = list
        .items
        .iter()
        .map(|i| {
            format!(
                "{:?} {:?}",
                source.get(i.box_at..=i.box_at).unwrap_or_default(),
                source.get(i.suffix_at..).unwrap_or_default().lines().next().unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(marked.join("\n"), @r#"
    " " "  "
    "x" " <!-- hp: optional -->  "
    " " ""
    "#);
}

#[test]
fn what_is_normalised_stays_as_it_is() {
    let cases = [
        ("Tag it :", "tag it"),
        ("Tag it - @ann :", "tag it"),
        ("Tag it (@ann, @acme/qa).", "tag it"),
        ("Build (x64) @ann", "build (x64)"),
        ("@ann", "@ann"),
        ("- @ann", "-"),
        ("!", ""),
    ];
    for (text, normal) in cases {
        assert_eq!(super::identity::normalise(text), normal, "{text}");
        assert_eq!(super::identity::normalise(normal), normal, "{text}");
    }
}

#[test]
fn what_can_be_verified_is_read_and_what_cannot_is_told() {
    use super::verification::Verification::{self, Changed, Checks, Closed, Deployment, Release, Tag};
    let texts = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let good = [
        ("checks(build)", Checks(texts(&["build"]))),
        ("checks(test (linux, 18) , ci/circle)", Checks(texts(&["test (linux, 18)", "ci/circle"]))),
        ("tag()", Tag(None)),
        ("tag(v*)", Tag(Some("v*".to_owned()))),
        ("release()", Release),
        ("deployment(pre production)", Deployment("pre production".to_owned())),
        ("changed(docs/**, CHANGELOG.md)", Changed(texts(&["docs/**", "CHANGELOG.md"]))),
        ("closed(#1, #23)", Closed(vec![1, 23])),
    ];
    for (text, expected) in good {
        assert_eq!(Verification::parse(text), Ok(expected), "{text}");
    }
    let bad = [
        ("checks()", "names nothing"),
        ("checks(build, Holdpoint/release)", "would wait for itself"),
        ("tag(a, b)", "takes one name"),
        ("tag([)", "is no glob"),
        ("release(v1)", "takes nothing"),
        ("deployment()", "names nothing"),
        ("deployment(a, b)", "takes one name"),
        ("changed()", "names nothing"),
        ("changed([)", "is no glob"),
        ("closed()", "names nothing"),
        ("closed(12)", "is no issue of this repository"),
        ("closed(acme/rocket#1)", "is no issue of this repository"),
        ("closed(#0)", "is no issue of this repository"),
        ("closed(#99999999999999999999)", "is no issue of this repository"),
        ("check(build)", "nothing that can be verified"),
        ("build", "nothing that can be verified"),
    ];
    for (text, expected) in bad {
        let (message, hint) = Verification::parse(text).unwrap_err();
        assert!(message.contains(expected) && !hint.is_empty(), "{text}: {message}; {hint}");
    }
}
