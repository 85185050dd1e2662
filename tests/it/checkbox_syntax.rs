//! Each form in which people write a box, and what becomes of it. The table is `tests/forms.json`; what GitHub's own library
//! says of the same texts is asked in `tests/oracle`.

use holdpoint::checklist::{lint, parse::parse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Form {
    form: String,
    text: String,
    /// `LINE [ ] TEXT`, with a `>` before the box for each level of nesting.
    items: Vec<String>,
    /// Line of each problem about a box, and words of it.
    #[serde(default)]
    told: Vec<(usize, String)>,
}

#[test]
fn every_form_of_a_box_is_read_as_github_shows_it_and_doubtful_ones_are_told() {
    let forms: Vec<Form> = serde_json::from_str(include_str!("../forms.json")).expect("a table of forms");
    assert!(forms.len() > 90, "only {} forms", forms.len());
    let mut wrong = Vec::new();
    for Form { form, text, items: expected, told } in forms {
        let (list, mut problems) = parse(&text);
        problems.extend(lint::lint(&text, &list));
        problems.retain(|p| !p.message.contains("no items") && !p.message.contains("the same item"));
        let shown = |i: &holdpoint::checklist::Item| {
            let tick = if i.checked { 'x' } else { ' ' };
            format!("{} {}[{tick}] {}", i.line, ">".repeat(i.depth), i.text).trim_end().to_owned()
        };
        let items: Vec<String> = list.items.iter().map(shown).collect();
        if items != expected {
            wrong.push(format!("{form}: {text:?}\n  expected {expected:?}\n  read     {items:?}"));
        }
        problems.sort_by_key(|p| p.line);
        let as_told = problems.len() == told.len()
            && problems
                .iter()
                .zip(&told)
                .all(|(p, (line, words))| p.line == *line && p.message.contains(words.as_str()));
        if !as_told {
            let said: Vec<String> = problems.iter().map(|p| format!("{} {}", p.line, p.message)).collect();
            wrong.push(format!("{form}: {text:?}\n  expected {told:?}\n  told     {said:?}"));
        }
        for item in &list.items {
            assert!(text.get(item.box_at - 1..item.box_at).is_some_and(|open| open == "["), "{form}: the box's byte");
            assert!(item.span.contains(&item.box_at), "{form}: the item's span");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the front matter of an issue template says, one key a line.
fn keys(yaml: &str) -> (String, Vec<(usize, String)>) {
    let text = format!("---\n{yaml}\n---\n- [ ] a\n");
    let (list, problems) = parse(&text);
    let front = list.front_matter.expect("front matter");
    assert_eq!(list.items.len(), 1, "{yaml}");
    assert_eq!(list.items[0].line, text.lines().count(), "{yaml}");
    let one = |name: &str, value: &Option<String>| value.as_ref().map(|v| format!("{name} {v}"));
    let many = |name: &str, values: &[String]| (!values.is_empty()).then(|| format!("{name} {}", values.join("|")));
    let said = [
        one("name", &front.name),
        one("title", &front.title),
        many("labels", &front.labels),
        many("assignees", &front.assignees),
        one("type", &front.issue_type),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (said.join("; "), problems.into_iter().map(|p| (p.line, p.message)).collect())
}

#[test]
fn every_key_of_an_issue_template_is_read_in_each_of_its_forms() {
    let cases = [
        (
            "name: Release\nabout: What we do by hand\ntitle: Release 1\nlabels: a\nassignees: ann\ntype: Task\nprojects: acme/1",
            "name Release; title Release 1; labels a; assignees ann; type Task",
        ),
        ("name: \"Release: all\"\ntitle: 'It''s {{ version }}'", "name Release: all; title It's {{ version }}"),
        ("title: Release <Version X.Y.Z>", "title Release <Version X.Y.Z>"),
        ("title: \"<Version 1> of 2\"", "title <Version 1> of 2"),
        ("labels: a, b c,d", "labels a|b c|d"),
        ("labels: [a, \"b, c\"]", "labels a|b, c"),
        ("labels:\n  - a\n  - b", "labels a|b"),
        ("labels:\n- a\n-\n- b", "labels a|b"),
        ("assignees: '@ann, ben'", "assignees ann|ben"),
        ("assignees: '@, ben'", "assignees ben"),
        ("assignees:\n  - '@ann'\n  - ben", "assignees ann|ben"),
        ("name:\ntitle: ''\nlabels: ''\nassignees: []\ntype: ~", ""),
        ("title: '  '", ""),
        ("title: 1.4", "title 1.4"),
        ("labels: [1.4, a]", "labels 1.4|a"),
        ("title: true", "title true"),
        ("title: 2026-01-31", "title 2026-01-31"),
        ("unknown: { a: [b] }\nbody: 5\ntitle: a", "title a"),
        ("# a comment\ntitle: a # and another", "title a"),
        ("title: >\n  folded\n  text", "title folded text"),
        ("", ""),
    ];
    for (yaml, expected) in cases {
        assert_eq!(keys(yaml), (expected.to_owned(), Vec::new()), "{yaml}");
    }
}

#[test]
fn front_matter_that_is_no_yaml_is_a_problem_on_its_line_and_stripped_all_the_same() {
    for (yaml, line) in [
        ("title: a\nlabels: [a\ntype: b", 0),
        ("title: 'a", 0),
        ("name: a\ntitle: b: c", 3),
        ("name: a\n\tlabels: b", 0),
        ("name: a\nname: b", 3),
        ("just words", 2),
    ] {
        let (said, problems) = keys(yaml);
        assert_eq!(said, "", "{yaml}");
        assert_eq!(problems.len(), 1, "{yaml}: {problems:?}");
        let (at, message) = &problems[0];
        assert!((2..=yaml.lines().count() + 2).contains(at), "{yaml}: line {at}");
        assert!(line == 0 || *at == line, "{yaml}: {message} in line {at}");
        assert!(message.starts_with("the front matter is no valid YAML: "), "{message}");
    }
    // YAML ends a line at a carriage return alone, and git does not.
    assert_eq!(keys("name: a\r\r\r\rtitle: 'a' b").1[0].0, 2);
    assert_eq!(holdpoint::config::parse("a: b\r\r\rc: 'a' b\n").1[0].line, 1);
    // A rule is no front matter, and one that does not end neither.
    for text in ["---\n- [ ] a\n", "\n---\ntitle: a\n---\n- [ ] a\n", "----\ntitle: a\n---\n- [ ] a\n"] {
        assert_eq!(parse(text).0.front_matter, None, "{text}");
        assert_eq!(parse(text).0.items.len(), 1, "{text}");
    }
    for text in [
        "\u{feff}---\r\ntitle: a\r\n---\r\n- [ ] a\r\n",
        "---  \ntitle: a\n---\t\n- [ ] a",
        "---\ntitle: a\n---\n- [ ] a",
    ] {
        assert_eq!(parse(text).0.front_matter.and_then(|f| f.title).as_deref(), Some("a"), "{text:?}");
        assert_eq!(parse(text).0.items.len(), 1, "{text:?}");
    }
}

#[test]
fn no_item_is_lost_however_deep_it_stands_or_much_stands_above_it() {
    let deep: String = (0..400).map(|n| format!("{}- [ ] item {n}\n", "  ".repeat(n))).collect();
    let list = parse(&deep).0;
    assert_eq!(list.items.len(), 400);
    assert_eq!(list.items.last().map(|i| (i.depth, i.groups.len())), Some((399, 399)));
    // One line opens thousands of lists; what is nested in all of them is an item as any other.
    let opened = format!("{}[ ] a\n{}- [ ] b\n", "- ".repeat(3_000), "  ".repeat(3_000));
    let list = parse(&opened).0;
    assert_eq!(list.items.iter().map(|i| i.depth).collect::<Vec<_>>(), [2_999, 3_000]);
    assert_eq!(list.items[1].parent, Some(0));
    let quoted = format!("{}- [x] a\n", "> ".repeat(3_000));
    assert_eq!(parse(&quoted).0.items.len(), 1);

    let many = "- [ ] a\n".repeat(20_000);
    assert_eq!(parse(&many).0.items.len(), 20_000);
}

#[test]
fn what_stands_above_many_items_is_kept_once() {
    let long = "word ".repeat(6_000);
    let list = parse(&format!("- {long}\n{}", "  - [ ] a\n".repeat(3_000))).0;
    assert_eq!(list.items.len(), 3_000);
    let first = &list.items[0].groups[0];
    assert!(list.items.iter().all(|i| std::sync::Arc::ptr_eq(first, &i.groups[0])), "a bullet's text is shared");

    let owners: Vec<String> = (0..30).map(|n| format!("@acme/team-{n}")).collect();
    let text = format!("# {long} <!-- hp: owner={} -->\n{}", owners.join(","), "- [ ] a\n".repeat(3_000));
    let (list, problems) = parse(&text);
    assert_eq!(problems, []);
    assert_eq!(list.items[0].directives.owners, owners);
    let said = &list.sections[0].directives;
    assert!(
        list.items.iter().all(|i| std::sync::Arc::ptr_eq(said, &i.directives)),
        "a heading's directives are shared"
    );
}

#[test]
fn a_heading_of_more_directives_than_are_read_says_so_once() {
    let comment = "<!-- hp: when=paths(a/**) verify=tag() owner=@ann -->";
    let (list, problems) = parse(&format!("# A {}\n- [ ] a\n", comment.repeat(500)));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("more than"), "{problems:?}");
    assert_eq!(list.items[0].directives.when.len(), 16);
    let owners = vec!["@a"; 33].join(",");
    let (list, problems) = parse(&format!("- [ ] a <!-- hp: owner={owners} -->\n"));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(list.items[0].directives.owners.len(), 32);
}
