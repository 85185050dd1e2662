//! What becomes of a form: its Markdown, its items, and their lines.

use crate::checklist::file::{has_items, markdown, parse};
use crate::checklist::lint::LintContext;
use crate::checklist::{Problem, Severity};

const PATH: &str = ".github/ISSUE_TEMPLATE/release.yml";

const FORM: &str = "\
name: Release
description: All that a release needs
title: \"Release {{ version }}\"
labels: [release, \"needs care\"]
assignees:
- octocat
body:
  - type: markdown
    attributes:
      value: |
        Read this first.

        - [ ] Freeze the branch
  - type: input
    id: manager
    attributes:
      label: Release manager
      placeholder: \"@octocat\"
  - type: checkboxes
    attributes:
      label: 'Before <!-- hp: owner=@acme/qa -->'
      description: Each by itself
      options:
        - label: The build is green
          required: true
        - label: \"Snapshot: taken <!-- hp: id=snapshot -->\"
        - required: false
          label: >-
            Everything else
            is done
  - type: dropdown
    attributes:
      label: Kind
      options: [major, 2, minor]
  - type: textarea
    attributes:
      label: \"Afterwards <!-- hp: phase=after -->\"
      value: |-

        Once it is out:
        - [ ] Write the note
          - [ ] Link it

        - [x] Rest
  - type: textarea
    attributes:
      label: Log
      render: shell
      value: \"- [ ] no box\"
";

fn items(text: &str) -> Vec<String> {
    let parsed = parse(PATH, text);
    let item = |i: &crate::checklist::Item| {
        let tick = if i.checked { "x" } else { " " };
        format!("{} {}[{tick}] {}", i.line, ">".repeat(i.depth), i.text)
    };
    parsed.list.items.iter().map(item).collect()
}

fn messages(text: &str) -> Vec<String> {
    let parsed = parse(PATH, text);
    let mut problems = parsed.problems.clone();
    problems.extend(parsed.lint(&LintContext::default()));
    problems.sort_by_key(|p| (p.line, p.column));
    let place = |p: &Problem| format!("{}:{}+{} {}", p.line, p.column, p.width, p.message);
    problems.iter().map(place).collect()
}

#[test]
fn a_form_becomes_what_github_makes_of_it_when_it_is_submitted() {
    insta::assert_snapshot!(markdown(PATH, FORM), @r#"
    ---
    name: Release
    title: "Release {{ version }}"
    labels: [release, "needs care"]
    assignees:
    - octocat
    ---

    Read this first.

    - [ ] Freeze the branch

    ### Release manager

    ### Before <!-- hp: owner=@acme/qa -->

    - [ ] The build is green
    - [ ] Snapshot: taken <!-- hp: id=snapshot -->
    - [ ] Everything else is done

    ### Kind

    major / 2 / minor

    ### Afterwards <!-- hp: phase=after -->

    Once it is out:
    - [ ] Write the note
      - [ ] Link it

    - [x] Rest

    ### Log

    ```shell
    - [ ] no box
    ```
    "#);
}

#[test]
fn options_and_boxes_in_texts_are_items_on_the_lines_of_the_file() {
    let expected = [
        "13 [ ] Freeze the branch",
        "24 [ ] The build is green",
        "26 [ ] Snapshot: taken",
        "29 [ ] Everything else is done",
        "41 [ ] Write the note",
        "42 >[ ] Link it",
        "44 [x] Rest",
    ];
    assert_eq!(items(FORM), expected);
    assert_eq!(items(&FORM.replace('\n', "\r\n")), expected);
    assert_eq!(items(&format!("\u{feff}{FORM}")), expected);
    let list = parse(PATH, FORM).list;
    assert_eq!(list.items[1].directives.owners, ["@acme/qa"]);
    assert_eq!(list.items[2].id.to_string(), "#snapshot");
    assert_eq!(list.items[4].directives.phase, Some(crate::checklist::directive::Phase::After));
    let lines: Vec<(usize, &str)> = list.sections.iter().map(|s| (s.line, s.title.as_str())).collect();
    assert_eq!(lines, [(17, "Release manager"), (21, "Before"), (33, "Kind"), (37, "Afterwards"), (47, "Log")]);
}

#[test]
fn title_labels_and_assignees_are_those_of_the_issue() {
    let front = parse(PATH, FORM).list.front_matter.unwrap();
    assert_eq!(front.title.as_deref(), Some("Release {{ version }}"));
    assert_eq!((front.labels, front.assignees), (vec!["release".into(), "needs care".into()], vec!["octocat".into()]));
    let text = "name: R\ntitle: {{ version }}\n# title: no\nlabels: a, b\nbody:\n  - type: textarea\n    attributes: { label: A, value: '- [ ] a' }\ntype: Task\n";
    let front = parse(PATH, text).list.front_matter.unwrap();
    assert_eq!((front.labels, front.issue_type.as_deref()), (vec!["a".to_owned(), "b".to_owned()], Some("Task")));
    assert_eq!(messages(text), ["2:1+5 `title` is no text in YAML, and is not read"]);
}

#[test]
fn problems_stand_where_the_text_stands_in_the_file() {
    let text = "\
body:
  - type: checkboxes
    attributes:
      label: Steps
      options:
        - label: 'Tag <!-- hp: optionl -->'
        - label: 'Push'
        - label: 'Push'
  - type: textarea
    attributes:
      label: More
      value: |
        - [] Missed
          - [x] Ticked
  - type: textarea
    attributes: { label: Quoted, value: \"One\\n\\n- [ ] two\\n\\n-[ ] three\" }
  - type: textarea
    attributes:
      label: Folded
      description: \"- [ ] never seen\"
      value: >
        One
        and two

        -[ ] three
";
    assert_eq!(
        messages(text),
        [
            "6:32+7 `optionl` is no directive",
            "8:19+5 the same item is in line 7",
            "13:11+2 this looks like a box, but GitHub shows plain text: a space is missing between the brackets",
            "14:13+3 this box is ticked in the file",
            "16:63+3 this looks like a box, but GitHub shows plain text: a space is missing before the bracket",
            "20:21+17 a box in `description` is none: GitHub shows it in the form, and leaves it out of the issue",
            "25:10+3 this looks like a box, but GitHub shows plain text: a space is missing before the bracket",
        ]
    );
}

#[test]
fn what_would_lose_a_box_breaks_the_form_and_is_told_on_its_line() {
    let element = |kind: &str, attributes: &str| {
        format!(
            "body:\n  - type: {kind}\n    attributes: {{ {attributes} }}\n  - type: checkboxes\n    attributes: {{ label: Z, options: [{{ label: last }}] }}\n"
        )
    };
    for (text, line, said) in [
        (element("checkbox", "label: A, options: [{ label: a }]"), 2, "`checkbox` is no type of a form's element"),
        (element("''", "label: A, value: '- [ ] a'"), 2, "`` is no type"),
        (element("checkboxes", "options: [{ label: a }]"), 2, "this element has no `label`"),
        (element("checkboxes", "label: A, options: [{ required: true }]"), 3, "this option has no `label`"),
        (element("checkboxes", "label: A, options: [~]"), 3, "this option has no `label`"),
        (element("checkboxes", "label: A, options: [{ label: [a] }]"), 3, "a text is expected here"),
        (element("checkboxes", "label: A, options: { label: a }"), 3, "a list is expected here"),
        (element("markdown", "value: \"```\\n- [ ] a\""), 3, "this text leaves a code fence"),
        (element("textarea", "label: A, value: '<!-- a'"), 3, "this text leaves a code fence"),
        ("body:\n  - attributes: { value: '- [ ] a' }\n".to_owned(), 2, "this element has no `type`"),
        ("name: a\nbody: checkboxes\n".to_owned(), 2, "a list is expected here"),
        ("name: a\nname: b\nbody: []\n".to_owned(), 2, "`name` is given twice"),
        ("name: checkboxes\n".to_owned(), 1, "this YAML is no issue form"),
        ("body:\n  - type: checkboxes\n   attributes: {}\n".to_owned(), 3, "the indentation of this line fits no line"),
        ("body:\n  - type: checkboxes\n    label: Tag <!-- hp: optional -->\n".to_owned(), 3, "`: ` is in a text"),
    ] {
        let parsed = parse(PATH, &text);
        let broken = parsed.broken.clone().unwrap_or_else(|| panic!("{text}\n{:?}", parsed.problems));
        assert_eq!((broken.line, broken.severity), (line, Severity::Error), "{text}");
        assert!(broken.message.starts_with(said) && !broken.hint.is_empty(), "{text}\n{broken:?}");
        assert!(parsed.problems.contains(&broken));
        let after: Vec<_> = parsed.list.items.iter().map(|i| i.text.as_str()).collect();
        assert!(has_items(PATH, &text) || text.starts_with("name: a"), "{after:?}");
    }
}

#[test]
fn a_form_without_boxes_is_no_checklist_and_markdown_is_no_form() {
    let form = |element: &str| format!("name: Bug in a release\nbody:\n  - {element}\n");
    for text in [
        form("{ type: input, attributes: { label: Version } }"),
        form("{ type: textarea, attributes: { label: What, value: 'no box' } }"),
        form("{ type: dropdown, attributes: { label: Which, options: [a, b] } }"),
        form("{ type: input"),
        "name: a\nbody: []\n".to_owned(),
        "---\nname: Release\n---\n- [ ] Markdown\n".to_owned(),
    ] {
        assert!(!has_items(PATH, &text), "{text}");
    }
    for text in [
        form("{ type: checkboxes, attributes: { label: A, options: [{ label: a }] } }"),
        form("{ type: markdown, attributes: { value: '- [ ] a' } }"),
        form("{ type: checkboxes"),
        "x".repeat(200_000),
    ] {
        assert!(has_items(PATH, &text), "{text:.100}");
    }
    let text = "---\nname: Release\n---\n- [ ] Markdown\n";
    assert_eq!(markdown(PATH, text), text);
    let form = form("{ type: markdown, attributes: { value: '- [ ] a' } }");
    assert_eq!(markdown("release.md", &form), form);
}

#[test]
fn aliases_make_no_long_text_of_a_short_one() {
    let label = "x".repeat(2_000);
    let mut text =
        format!("body:\n  - type: checkboxes\n    attributes:\n      label: &l {label}\n      options: &o [");
    text.push_str(&"{ label: *l }, ".repeat(8));
    text.push_str("]\n");
    text.push_str(&"  - type: checkboxes\n    attributes: { label: *l, options: *o }\n".repeat(4));
    let parsed = parse(PATH, &text);
    assert!(parsed.broken.is_some() && parsed.text.len() < 24_000, "{} of {}", parsed.text.len(), text.len());
    text.push_str("x: [*l, *l, *l, *l]\n");
    assert_eq!(parse(PATH, &text).broken.unwrap().message, "this holds or repeats more than can be read");
    let text = "body:\n  - &e { type: checkboxes, attributes: { label: A, options: [{ label: a }] } }\n  - *e\n";
    assert_eq!(items(text), ["2 [ ] a", "2 [ ] a"]);
}
