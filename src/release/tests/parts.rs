//! Cutting a text into parts, and reading parts as one.

use super::super::marker::{self, Marker, MarkerStatus};
use super::super::parts::{Part, base_title, join, split, titled};
use super::{keys, release};
use crate::checklist::parse::parse;
use crate::ids::{IssueNumber, RepositoryId};

fn cut(text: &str, room: usize) -> Vec<String> {
    split("", text, room).unwrap()
}

#[test]
fn a_text_is_cut_before_headings_and_inside_of_a_section_only_where_it_must() {
    let cases: [(&str, usize, &[&str]); 8] = [
        ("## A\n\n- [ ] a\n", 100, &["## A\n\n- [ ] a\n"]),
        // The next section goes whole into the next part, though some of it had room.
        ("## A\n\n- [ ] a\n\n## B\n\n- [ ] b\n- [ ] bb\n", 32, &["## A\n\n- [ ] a\n\n", "## B\n\n- [ ] b\n- [ ] bb\n"]),
        // A section that is too long for any part is cut between its items, and its headings are repeated.
        (
            "# T\n\n## A\n\n- [ ] one\n- [ ] two\n- [ ] three\n",
            40,
            &["# T\n\n## A\n\n- [ ] one\n- [ ] two\n", "# T\n\n## A\n\n- [ ] three\n"],
        ),
        // No heading stands alone at the end of a part.
        (
            "- [ ] zero, and more words\n\n# T\n\n## A\n\n- [ ] one\n",
            36,
            &["- [ ] zero, and more words\n\n", "# T\n\n## A\n\n- [ ] one\n"],
        ),
        // What is nested stays with what it is nested in.
        ("- [ ] a\n  - [ ] aa\n- b\n  - [ ] bb\n", 22, &["- [ ] a\n  - [ ] aa\n", "- b\n  - [ ] bb\n"]),
        // Numbers of a list go on.
        ("1. [ ] one\n2. [ ] two\n", 14, &["1. [ ] one\n", "2. [ ] two\n"]),
        // What is folded away is folded in both, and closed in each.
        (
            "<details>\n\n- [ ] one\n- [ ] two\n\n</details>\n",
            40,
            &["<details>\n\n- [ ] one\n\n</details>\n", "<details open>\n\n- [ ] two\n\n</details>\n"],
        ),
        // Where a named link leads is known in each part.
        (
            "- [ ] read [a][x]\n- [ ] read [b][x]\n\n[x]: https://example.org\n",
            80,
            &["- [ ] read [a][x]\n\n[x]: https://example.org\n", "- [ ] read [b][x]\n\n[x]: https://example.org\n"],
        ),
    ];
    for (text, room, expected) in cases {
        let parts = cut(text, room);
        assert_eq!(parts, expected, "{text}");
        let read = |texts: &[String]| -> Vec<String> {
            texts.iter().flat_map(|t| parse(t).0.items).map(|i| i.plain).collect()
        };
        assert_eq!(read(&parts), read(&[text.to_owned()]), "{text}");
    }
}

#[test]
fn what_cannot_be_cut_is_named() {
    let text = format!("# T\n\n- [ ] short\n- [ ] long\n  {}\n", "x".repeat(80));
    assert_eq!(split("", &text, 60), Err("- [ ] long".to_owned()));
}

#[test]
fn a_part_names_those_behind_it() {
    let part = Part {
        number: 2,
        of: 4,
        title: titled("Release 1.0.0", 2, 4),
        facts: "**v1.0.0**".to_owned(),
        text: "- [ ] a\n".to_owned(),
        marker: "<!-- -->".to_owned(),
    };
    assert_eq!(part.title, "Release 1.0.0 (part 2 of 4)");
    let body = part.body(&[IssueNumber(12), IssueNumber(11)]);
    assert_eq!(body, "**v1.0.0** · part 2 of 4: part 3 is #12, part 4 is #11\n\n- [ ] a\n\n<!-- -->\n");
}

#[test]
fn the_signed_line_of_a_part_is_none_of_a_whole_issue() {
    let whole =
        Marker { repository: RepositoryId(7), release: release(), files: Vec::new(), part: None, reference: None };
    let part = Marker { part: Some((2, 3)), ..whole.clone() };
    let (one, two) = (marker::write(&whole, &keys()), marker::write(&part, &keys()));
    assert!(one.starts_with("<!-- holdpoint v1 ") && two.starts_with("<!-- holdpoint v2 "), "{one} {two}");
    assert_eq!(marker::read(&one, &keys()), MarkerStatus::Ours(Box::new(whole)));
    assert_eq!(marker::read(&two, &keys()), MarkerStatus::Ours(Box::new(part)));
    // Nobody makes one of the other by its version, which is not signed.
    assert_eq!(marker::read(&one.replace(" v1 ", " v2 "), &keys()), MarkerStatus::Forged);
    assert_eq!(marker::read(&two.replace(" v2 ", " v1 "), &keys()), MarkerStatus::Forged);
    assert_eq!(marker::read(&two.replace(" v2 ", " v3 "), &keys()), MarkerStatus::UnknownVersion("v3".to_owned()));
}

#[test]
fn the_place_of_a_part_in_a_title_is_told_from_other_words() {
    for (title, base) in [
        ("Release 1 (part 2 of 3)", "Release 1"),
        ("Release 1 (part two of three)", "Release 1 (part two of three)"),
        ("Release 1 (beta)", "Release 1 (beta)"),
        ("Release 1", "Release 1"),
    ] {
        assert_eq!(base_title(title), base);
    }
    assert_eq!(titled("Release 1 (part 2 of 2)", 2, 3), "Release 1 (part 2 of 3)");
}

#[test]
fn what_one_text_leaves_open_does_not_swallow_the_next() {
    for open in [
        "```",
        "````` rust",
        "~~~",
        "<!-- hidden",
        "<pre>",
        "<script>",
        "<?php",
        "<![CDATA[",
        "<!DOCTYPE",
        "> ```",
        "- ```",
    ] {
        let whole = join([format!("- [ ] a\n\n{open}\n").as_str(), "- [ ] b\n", "- [ ] c\n"]);
        let items: Vec<String> = parse(&whole).0.items.into_iter().map(|i| i.plain).collect();
        assert_eq!(items, ["a", "b", "c"], "{open}: {whole}");
    }
    assert_eq!(join(["- [ ] a\n"]), "- [ ] a\n", "one text is left as it is");
}
