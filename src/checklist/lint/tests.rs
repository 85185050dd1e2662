//! Each finding: where it fires, what it underlines, and its near neighbour that is fine.

mod meant;

use super::super::{Severity, parse::parse};
use super::{LintContext, lint, lint_within};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A finding: how much it matters, what is underlined, what it says, what it advises.
#[derive(Debug)]
struct Said {
    severity: Severity,
    marked: String,
    message: String,
    hint: String,
}

fn within(source: &str, around: &LintContext<'_>) -> Vec<Said> {
    let (list, _) = parse(source);
    let problems = lint_within(source, &list, around);
    let said = problems.into_iter().map(|p| {
        let line = source.lines().nth(p.line - 1).unwrap_or_default();
        let marked = line.chars().skip(p.column - 1).take(p.width).collect();
        Said { severity: p.severity, marked, message: p.message, hint: p.hint }
    });
    said.collect()
}

fn findings(source: &str) -> Vec<Said> {
    within(source, &LintContext::default())
}

/// The one finding of a text whose sentence or advice holds the words.
fn only(source: &str, words: &str) -> Said {
    let mut found: Vec<Said> = findings(source);
    found.retain(|s| s.message.contains(words) || s.hint.contains(words));
    assert_eq!(found.len(), 1, "{words} in {source:?}: {found:?}, all: {:?}", findings(source));
    found.remove(0)
}

fn nothing(source: &str) {
    let found = findings(source);
    assert!(found.is_empty(), "{source:?}: {found:?}");
}

#[test]
fn a_file_without_items_names_the_first_line_that_may_have_been_meant() {
    let cases = [
        (
            "# Ship\n\nIntro.\n\n- Tag the commit\n- Sign it\n",
            "Tag the commit",
            "only 2 plain bullets",
            "write `- [ ] Tag the commit`, and",
        ),
        ("1. Tag the commit\n2. Sign it\n3) Upload\n", "Tag the commit", "3 numbered lines", "- [ ] Tag the commit"),
        ("* Tag `it`\n", "Tag `it`", "only a plain bullet", "write `- [ ] ` before the text"),
        ("Do:\n\n  • Tag it\n  • Sign it\n", "Tag it", "only 2 plain bullets", "- [ ] Tag it"),
        ("\n# Ship\n", "#", "no items", "write each step as"),
        ("- [] Tag it\n", "-", "plain text for GitHub", "correct the lines"),
    ];
    for (source, marked, message, hint) in cases {
        let found = only(source, "no items");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Error, marked), "{source:?}");
        assert!(found.message.contains(message) && found.hint.contains(hint), "{source:?}: {found:?}");
    }
    assert_eq!(findings("Tag vX.Y.Z, see [below](#below).\n").len(), 1, "no suggestions where there is no checklist");
    nothing("- Prepare\n  - [ ] Tag the commit\n- Plain beside it\n");
}

#[test]
fn what_looks_like_a_box_is_told_with_what_is_wrong_with_it() {
    let cases = [
        ("- [] a", "[]", "missing between the brackets"),
        ("-[ ] a", "[ ]", "missing before the bracket"),
        ("- [ ]a", "[ ]", "missing behind the bracket"),
        ("- [ ]\u{a0}a", "[ ]", "missing behind the bracket"),
        ("- [\u{a0}] a", "[\u{a0}]", "between the brackets is no plain space"),
        ("- [\u{3000}] a", "[\u{3000}]", "between the brackets is no plain space"),
        ("-\u{a0}[ ] a", "[ ]", "before it is no plain space"),
        ("- ［ ］ a", "［ ］", "not the brackets"),
        ("- 【x】 a", "【x】", "not the brackets"),
        ("- [-] a", "[-]", "only knows"),
        ("- [✅] a", "[✅]", "only knows"),
        ("- [~] a", "[~]", "only knows"),
        ("- ☐ a", "☐", "GitHub makes no checkbox of it"),
        ("• [ ] a", "•", "no list marker"),
        ("– [ ] a", "–", "no list marker"),
        ("[ ] a", "[ ]", "list marker is missing"),
        ("text\n2. [ ] a", "[ ]", "part of the paragraph above"),
        ("- text\n        - [ ] a", "[ ]", "part of the paragraph above"),
    ];
    for (line, marked, words) in cases {
        let source = format!("{line}\n\n## Next\n\n- [ ] an item\n");
        let found = only(&source, words);
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, marked), "{line:?}");
        assert_eq!(findings(&source).len(), 1, "{line:?}");
    }
    for line in [
        "- 【重要】 a",
        "- [a] b",
        "- [-](link.md)",
        "- [x][ref]",
        "- [1]: https://example.com",
        "– a dash",
        "- ✅ done",
        "the [ ] in a text",
        "- `- [] a`",
        "[ ](link.md)",
        "```\n- [] a\n- ☐ b\n```",
    ] {
        nothing(&format!("{line}\n\n## Next\n\n- [ ] an item\n"));
    }
}

#[test]
fn boxes_in_a_table_are_told_once_for_each_table() {
    let found = only("- [ ] a\n\n| step | who |\n|---|---|\n| [ ] Tag | ann |\n| [x] Sign | ben |\n", "table");
    assert_eq!((found.marked.as_str(), found.message.as_str()), ("[ ]", "2 boxes in a table: GitHub shows plain text"));
    only("- [ ] a\n\n[ ] b | c\n--- | ---\n", "a box in a table");
    nothing("- [ ] a\n\n| step | link |\n|---|---|\n| Tag | [x](y.md) |\n| Sign | |\n");
    nothing("- [ ] a\n\n```\n| a | b |\n|---|---|\n| [ ] c | d |\n```\n");
    nothing("- [ ] a | b\n- [ ] c | d\n");
}

#[test]
fn boxes_that_html_swallows_are_told_with_the_line_that_lacks_a_blank_one() {
    let found = only("- [ ] z\n\n<details>\n<summary>More</summary>\n- [ ] a\n- [ ] b\n</details>\n", "HTML block");
    assert_eq!(
        (found.marked.as_str(), found.hint.as_str()),
        ("[ ]", "leave a blank line below `<summary>More</summary>`")
    );
    assert!(found.message.starts_with("2 boxes inside"), "{found:?}");
    nothing("<details>\n<summary>More</summary>\n\n- [ ] a\n- [ ] b\n\n</details>\n");
}

#[test]
fn boxes_in_a_comment_are_told_once_for_each_comment() {
    let found = only("- [ ] z\n\n<!--\n- [ ] a\n1. [x] b\n-->\n", "inside a comment");
    assert!(found.message.starts_with("2 boxes inside a comment"), "{found:?}");
    nothing("- [ ] z\n\n<!-- tick `[ ]` when done\n- a note\n-->\n");
}

#[test]
fn a_code_block_that_is_never_closed_is_told_where_it_begins() {
    let found = only("- [ ] z\n\n```sh\nmake\n\n- [ ] a\n- [ ] b ```\n", "never closed");
    assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, "```"));
    assert!(found.message.ends_with("swallows 2 boxes") && found.hint.contains("```"), "{found:?}");
    only("- [ ] z\n\n~~~~\n- [ ] a\n~~~\n", "swallows a box");
    only("- [ ] z\n\n  ```\n  - [ ] in an item that ends\n\n- [ ] next\n", "swallows a box");
    nothing("- [ ] z\n\n```\n- [ ] an example\n```\n\n~~~~\n- [ ] a\n~~~~~~\n");
    nothing("- [ ] z\n\n```\nno boxes\n");
    nothing("> ```\n> - [ ] an example\n> ```\n\n- [ ] z\n");
}

#[test]
fn boxes_that_are_indented_into_code_are_told() {
    let found = only("- [ ] z\n\n      - [ ] a\n      - [ ] b\n", "indented so far");
    assert_eq!(found.marked, "[ ]");
    assert!(found.message.starts_with("2 boxes"), "{found:?}");
    nothing("- [ ] z\n\n      make - [ ] a\n      - [ ] b\n");
    nothing("- [ ] z\n\n  - [ ] a\n");
}

#[test]
fn placeholders_that_stay_are_told_once_with_the_name_that_was_meant() {
    let cases = [
        ("{{ versoin }}", "did you mean `{{ version }}`?"),
        ("{{ Version }}", "did you mean `{{ version }}`?"),
        ("{{PREVIOUS_VERSION}}", "did you mean `{{ previous }}`?"),
        ("{{ env.RELEASE_DATE }}", "did you mean `{{ date }}`?"),
        ("{{ compare-url }}", "did you mean `{{ compare_url }}`?"),
        ("{{ captain }}", "known are version, tag"),
        ("{{ date | date('dddd') }}", "did you mean `{{ date }}`?"),
    ];
    for (form, hint) in cases {
        let found = only(&format!("- [ ] Ask {form}\n- [ ] Tell {form}\n"), "stays as it is");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, form), "{form}");
        assert!(found.hint.contains(hint), "{form}: {}", found.hint);
    }
    only("---\ntitle: Release {{ vresion }}\n---\n- [ ] a\n", "{{ version }}");
    only("- [ ] `git tag {{ VERSION_ }}`\n", "{{ version }}");
    for form in [
        "{{ version }}",
        "{{VERSION}}",
        "{{ env.VERSION }}",
        "{{ .Values.image }}",
        "{{.Tag}}",
        "{{ matrix.os }}",
        "${{ version_ }}",
        "${{ secrets.TOKEN }}",
        "{{ $x }}",
        "{{ 'text' }}",
        "{{ open",
        "`{{ image }}`",
        "{{{ raw }}}",
        "<!-- {{ note }} -->",
    ] {
        nothing(&format!("- [ ] Ask {form}\n"));
    }
}

#[test]
fn other_tools_templates_are_told_once_and_their_names_are_theirs() {
    for (form, marked) in [
        ("{% if x %}", "{% if x %}"),
        ("{%- for a in b %}", "{%- for a in b %}"),
        ("<%= version %>", "<%= version %>"),
        ("{{if .Final}}", "{{if .Final}}"),
        ("{{ range .Items }}", "{{ range .Items }}"),
        ("{{#each items}}", "{{#each items}}"),
    ] {
        let source = format!("- [ ] a {form}\n- [ ] b {{{{ name }}}} {form}\n");
        let found = only(&source, "another tool");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, marked));
        assert_eq!(findings(&source).len(), 1, "{form}");
    }
    nothing("- [ ] Run `{% include x %}`\n- [ ] 5 <% 6\n- [ ] {%\n");
    nothing("- [ ] a\n\n```\n{{ if .x }}\n```\n");
}

#[test]
fn words_between_angles_that_github_hides_are_told() {
    for (form, hint) in [("<version>", "{{ version }}"), ("<new version>", "{{ version }}"), ("<Month>", "backticks")] {
        let found = only(&format!("- [ ] Tag {form} and {form}\n"), "does not show it");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, form));
        assert!(found.hint.contains(hint), "{form}: {}", found.hint);
    }
    for form in [
        "<br>",
        "<kbd>x</kbd>",
        "<https://example.com>",
        "<ann@example.com>",
        "<x.y>",
        "`<month>`",
        "<my-tag data=\"1\">",
        "<!-- <month> -->",
        "a < b > c",
        "<img src=\"a.png\">",
    ] {
        nothing(&format!("- [ ] Tag {form}\n"));
    }
}

#[test]
fn letters_for_a_version_are_suggested_once_a_style_with_the_line_to_write() {
    for (letters, with) in [
        ("vX.Y.Z", "v{{ version }}"),
        ("X.Y.Z", "{{ version }}"),
        ("X.Y.0", "{{ version }}"),
        ("vX.X.X", "v{{ version }}"),
        ("x.y.z", "{{ version }}"),
        ("1.XX", "{{ version }}"),
        ("v0.x.0", "v{{ version }}"),
        ("vX.Y", "v{{ version }}"),
        ("#.#.#", "{{ version }}"),
        ("M.m.p", "{{ version }}"),
        ("$VERSION", "{{ version }}"),
        ("${NEW_VERSION}", "{{ version }}"),
        ("$TAG", "{{ tag }}"),
    ] {
        let source = format!("- [ ] Tag `{letters}`\n- [ ] Push {letters}, and all\n");
        let found = only(&source, "stays as it is");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Note, letters));
        let line = format!("replace: {{ \"{letters}\": \"{with}\" }}");
        assert!(found.hint.contains(&line), "{letters}: {}", found.hint);
        let replace = BTreeMap::from([(letters.to_owned(), with.to_owned())]);
        let around = LintContext { replace: Some(&replace), ..LintContext::default() };
        assert!(within(&source, &around).is_empty(), "{letters} is replaced");
    }
    let found = only("- [ ] Tag vX.Y.Z\n- [ ] Update X.Y.Z\n", "replace");
    assert!(found.hint.contains("\"X.Y.Z\": \"{{ version }}\""), "the one without the v finds both: {found:?}");
    assert_eq!(only("- [ ] Upload app-X.Y.Z.tgz\n", "replace").marked, "X.Y.Z");
    only("---\ntitle: Release vX.Y.Z\nname: Release vA\n---\n- [ ] Tag it\n", "replace");
    only("- [ ] `git tag v<version>`\n", "\"<version>\": \"{{ version }}\"");
    for text in [
        "node 18.x.x",
        "the 2.x branch",
        "an X.509 certificate",
        "10.x.x.x",
        "release/vX.Y.x",
        "minor releases (`X.Y.0`)",
        "X.Y.Z.W",
        "x.y.z.a0",
        "X.Y.Z-rc.N",
        "vX.Y.Z-rc.N, the last before vX.Y.0",
        "a.b.c",
        "self.x.y.z",
        "e.g. this",
        "$VERSION_ID",
        "`VERSION=1.2.3 make && echo $VERSION`",
        "`<version>1</version>`",
        "#1.2.3",
        "1.2.3",
        "<!-- vX.Y.Z -->",
    ] {
        nothing(&format!("- [ ] Mind {text}\n"));
    }
    let found = only("- [ ] Tag X.Y.Z from release-X.Y\n- [ ] For X.Y.0 too\n", "replace");
    assert_eq!(found.marked, "X.Y.Z");
}

#[test]
fn headings_that_sound_like_after_the_release_are_suggested_once_for_a_branch() {
    for title in
        ["Post-release", "After the Release", "post release tasks", "Follow-up", "After releasing", "Postrelease"]
    {
        let source = format!("## Build\n- [ ] a\n## {title}\n- [ ] b\n### After the release: people\n- [ ] c\n");
        let found = only(&source, "phase=after");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Note, title));
    }
    for source in [
        "## Post-release <!-- hp: phase=after -->\n- [ ] a\n",
        "## Post-release <!-- hp: phase=before -->\n- [ ] a\n",
        "## Post-release\n- [ ] a <!-- hp: phase=after -->\n",
        "## Post-release\nText.\n## Build\n- [ ] a\n",
        "## After the release branch is cut\n- [ ] a\n",
        "## Post-release candidate\n- [ ] a\n",
        "## Before release\n- [ ] a\n",
        "## Posting the release\n- [ ] a\n",
    ] {
        nothing(source);
    }
    let after = crate::checklist::globs::Globs::headings(vec!["post*".to_owned()]).unwrap();
    let around = LintContext { after: Some(after.set()), ..LintContext::default() };
    assert!(within("## Post-release\n- [ ] a\n", &around).is_empty(), "the configuration says so");
}

#[test]
fn links_that_lead_nowhere_in_an_issue_are_told() {
    let around = LintContext { path: Some("docs/ship.md"), ..LintContext::default() };
    let found = within("- [ ] See [below](#notes) and [more](#more)\n", &around);
    assert_eq!((found.len(), found[0].severity, found[0].marked.as_str()), (1, Severity::Note, "#notes"));
    assert!(found[0].message.ends_with("and so does 1 more") && found[0].hint.contains("(ship.md#notes)"), "{found:?}");
    let found = only("- [ ] See [the plan][plan]\n\n[plan]: docs/plan.md\n", "relative link");
    assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, "docs/plan.md"));
    let found = only("- [ ] See [the plan](/docs/plan.md)\n", "root of GitHub");
    assert_eq!(found.marked, "/docs/plan.md");
    nothing(
        "- [ ] See [a](https://example.com/#x), [b](plan.md#x), [c](plan.md), [d](//example.com), [e](mailto:a@b.c)\n",
    );
    nothing("- [ ] See [the plan][plan]\n\n[plan]: https://example.com\n[unused]: docs/plan.md\n[//]: # (note)\n");
}

#[test]
fn relative_links_to_files_that_are_not_there_are_told_where_the_repository_is_known() {
    let paths = ["README.md", "docs/a.md", "docs/plans/b.md", "docs/ship.md"];
    let around = LintContext { path: Some("docs/ship.md"), paths: Some(&paths), ..LintContext::default() };
    let found = within("- [ ] [a](b.md) [b](b.md#again) [c](../docs/gone.md) [d](../../x.md)\n", &around);
    let marked: Vec<&str> = found.iter().map(|s| s.marked.as_str()).collect();
    assert_eq!(marked, ["b.md", "../docs/gone.md", "../../x.md"]);
    assert_eq!(found[0].message, "there is no file `docs/b.md`");
    assert!(found[2].message.contains("out of the repository"), "{found:?}");
    let fine = "- [ ] [a](a.md) [b](./a.md?plain=1#x) [c](plans/b.md) [d](plans) [e](plans/) [f](../README.md) [g](..) [h](a%20b.md)\n";
    assert!(within(fine, &around).is_empty(), "{:?}", within(fine, &around));
    nothing("- [ ] [a](b.md)\n");
}

#[test]
fn a_group_of_one_is_told() {
    let found = only("- [ ] a <!-- hp: one-of=way -->\n- [ ] b\n", "group of one");
    assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, "one-of=way"));
    nothing("- [ ] a <!-- hp: one-of=way -->\n- [ ] b <!-- hp: one-of=way -->\n");
    nothing("## Ways <!-- hp: one-of=way -->\n- [ ] a\n- [ ] b\n");
}

#[test]
fn comments_that_were_meant_as_directives_are_told() {
    for (comment, right) in [
        ("<!-- HP: optional -->", "<!-- hp: optional -->"),
        ("<!-- hp optional -->", "<!-- hp: optional -->"),
        ("<!-- holdpoint: phase=after owner=@ann -->", "<!-- hp: phase=after owner=@ann -->"),
    ] {
        let found = only(&format!("- [ ] a {comment}\n"), "not read as a directive");
        assert_eq!(found.marked, comment);
        assert_eq!(found.hint, format!("write `{right}`"));
    }
    let found = only("- [ ] a\n<!-- hp: optional -->\n- [ ] b\n", "holds for nothing");
    assert_eq!(found.marked, "<!-- hp: optional -->");
    nothing("- [ ] a <!-- HP printers only -->\n\n<!-- holdpoint v1 x=1 -->\n\n<!-- holdpoint -->\n");
    nothing("- [ ] a <!-- hp: optional -->\n");
}

#[test]
fn ticked_items_items_without_text_and_namesakes_are_told() {
    assert_eq!(only("- [x] a\n", "ticked").marked, "[x]");
    assert_eq!(only("- [ ] <!-- later -->\n- [ ] b\n", "without a text").marked, "[ ]");
    only("- [ ] see [x] there\n", "inside an item's text");
    only("- [ ] a\n- [ ] a\n", "is in line 1");
    nothing("- [ ] a\n- [ ] a <!-- hp: id=second -->\n## More\n- [ ] a\n");
}

#[test]
fn places_are_right_in_lines_with_wide_letters_and_windows_line_ends() {
    let source = "\u{feff}# 日本\r\n\r\n- [ ] 日本 😀 {{ versoin }}\r\n";
    let (list, _) = parse(source);
    let problems = lint(source, &list);
    assert_eq!((problems.len(), problems[0].line, problems[0].column, problems[0].width), (1, 3, 12, 13));
}

#[test]
fn the_worst_texts_are_read_in_time_that_grows_with_their_length_only() {
    let full = |piece: &str| piece.repeat(65_536 / piece.len());
    let pieces = [
        "{{ a",
        "{{ ab }}",
        "{% ",
        "<a1",
        "<version>",
        "<b> <c",
        "`<version>` ",
        "X.Y.Z ",
        "$VERSION ",
        "VERSION ",
        "v",
        "1.",
        "[a](/b) ",
        "![",
        "[a](#b) ",
        "- [] a\n",
        "-[ ] a\n",
        "<!-- - [ ] a -->\n",
        "<!--\n- [ ] a\n",
        "| [ ] a | b |\n",
        "|[ ]",
        "```\n- [ ] a\n",
        "<details>\n- [ ] a\n",
        "      - [ ] a\n\n",
        "[a]: b\n",
        "## After the release\n- [ ] a\n",
        "- [ ] a <!-- hp: one-of=a -->\n",
        "<!-- HP: optional -->",
        "-",
        "> ",
        "[ ",
        "•",
        "{",
        "(`X.Y.Z`)",
        "\u{a0}",
    ];
    for piece in pieces {
        let sources = [full(piece), format!("- [ ] {}\n", full(piece))];
        for source in sources {
            let begun = Instant::now();
            let (list, _) = parse(&source);
            let parsed = begun.elapsed();
            let _ = lint(&source, &list);
            let took = begun.elapsed() - parsed;
            // Without optimisation on a machine with other work: a quadratic reading takes minutes.
            assert!(took < Duration::from_secs(5), "{piece:?}: {took:?}");
        }
    }
    let distinct: String = (0..6_000).map(|n| format!("<w{n}> {{{{ w{n} }}}}")).collect();
    let begun = Instant::now();
    let (list, _) = parse(&distinct);
    let _ = lint(&distinct, &list);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn an_item_that_is_struck_out_in_the_file_is_told() {
    let found = only("- [ ] ~~Take a snapshot~~ not this time\n- [ ] b\n", "struck out");
    assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, "[ ]"));
    nothing("- [ ] Take a ~~picture~~ snapshot\n- [ ] b\n");
}
