//! What somebody meant as a box, where GitHub shows brackets or code.

use super::super::super::Severity;
use super::{findings, nothing, only};

#[test]
fn brackets_at_the_beginning_of_a_line_are_told_with_and_without_what_belongs_around_them() {
    for (line, marked, words) in [
        ("[] Tag", "[]", "list marker and the space"),
        ("   [] Tag", "[]", "list marker and the space"),
        ("[]Tag", "[]", "list marker and the space"),
        ("[]**Tag**", "[]", "list marker and the space"),
        ("> [] Tag", "[]", "list marker and the space"),
        ("[ ]Tag", "[ ]", "the list marker is missing"),
        ("[  ] Tag", "[  ]", "the list marker is missing"),
        ("[\u{a0}] Tag", "[\u{a0}]", "the list marker is missing"),
        ("[X] Tag", "[X]", "the list marker is missing"),
        ("[✅] Tag", "[✅]", "the list marker is missing"),
        ("［ ］ Tag", "［ ］", "the list marker is missing"),
    ] {
        let source = format!("- [ ] an item\n\n## Next\n\n{line}\n");
        let found = only(&source, words);
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, marked), "{line}");
        assert_eq!(findings(&source).len(), 1, "{line}: {:?}", findings(&source));
    }
    let lines = findings("[] Tag\n   [] Watch\n[ ] Sign\n[x] Tell\n");
    assert_eq!(lines.iter().filter(|s| s.message.contains("list marker")).count(), 4, "{lines:?}");
    for line in ["[](a.md)", "[][ref]", "[]: https://example.com", "[x]y", "[]", "[] ", "[-] a", "[a] b", "[]=[]"] {
        nothing(&format!("- [ ] an item\n\n## Next\n\n{line}\n"));
    }
}

#[test]
fn a_code_block_that_calls_itself_a_list_is_told_with_how_many_boxes_are_in_it() {
    for fence in ["```[tasklist]", "``` [Tasklist]", "~~~tasklist", "````[tasks] title", "```{checklist}"] {
        let end: String = fence.chars().take_while(|c| matches!(c, '`' | '~')).collect();
        let source = format!("- [ ] z\n\n{fence}\n### Build\n- [ ] a\n- [ ] b\n{end}\n");
        let found = only(&source, "2 boxes in a code block that begins here: GitHub shows code");
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Warning, fence));
        assert!(found.hint.contains("take out this line"), "{found:?}");
    }
    let found = only("## Steps\n\n```[tasklist]\n- [ ] a\n```\n", "no items");
    assert!(found.hint.contains("named below"), "{found:?}");
    nothing("- [ ] z\n\n```[tasklist]\nnothing\n```\n");
    nothing("- [ ] z\n\n```markdown\n- [ ] an example\n```\n");
}

#[test]
fn a_file_that_is_one_code_block_is_told_where_it_begins() {
    for fence in ["```", "```markdown", "~~~md"] {
        let end: String = fence.chars().take(3).collect();
        let source = format!("# Release\n\n{fence}\n- [ ] a\n{end}\n");
        assert_eq!(only(&source, "a box in a code block").marked, fence);
    }
    let words = findings("Write it like this:\n\n```\n- [ ] an example\n```\n");
    assert_eq!(words.len(), 1, "{words:?}");
}

#[test]
fn boxes_behind_words_are_noted_where_they_offer_a_choice() {
    for (line, marked, words) in [
        ("- **Kind**: [ ] patch [ ] minor [ ] major", "[ ]", "3 boxes come after words"),
        ("Kind [x] patch / [ ] minor", "[x]", "2 boxes come after words"),
        ("- Environment: [ ] staging", "[ ]", "this box comes after words"),
        ("1. **Signed:** [ ] yes", "[ ]", "this box comes after words"),
        ("- [ ] Kind: [ ] patch, [ ] minor", "[ ]", "2 boxes come after words"),
        ("> Kind: [ ] **patch** | [ ] minor", "[ ]", "2 boxes come after words"),
    ] {
        let source = format!("- [ ] an item\n\n## Next\n\n{line}\n");
        let found = only(&source, words);
        assert_eq!((found.severity, found.marked.as_str()), (Severity::Note, marked), "{line}");
        assert_eq!(findings(&source).len(), 1, "{line}: {:?}", findings(&source));
    }
    for line in [
        "- [ ] tick [ ] there",
        "the [ ] in a text",
        "- an array a[ ] b[ ] c",
        "- Form: `[ ] a [ ] b`",
        "- Kind: [ ](a.md) [ ](b.md)",
        "```\nKind: [ ] a [ ] b\n```",
    ] {
        nothing(&format!("- [ ] an item\n\n## Next\n\n{line}\n"));
    }
}
