//! What a review says beyond the diff.

use super::sha;
use crate::config::Config;
use crate::effect::{CheckRun, Comment, Effect};
use crate::gate::Conclusion;
use crate::ids::PullNumber;
use crate::plan::Configuration;
use crate::plan::review::{Facts, FileChange, Role, Source, review};

fn reviewed(before: &str, after: &str, config: Config) -> (CheckRun, Comment) {
    let facts = Facts {
        title: String::new(),
        source: Source { site: "https://github.com".to_owned(), home: None, branch: "change".to_owned() },
        number: PullNumber(1),
        head: sha(),
        configuration: Configuration::Usable(config),
        organisation: None,
        has_checklist: true,
        files: vec![FileChange {
            path: "RELEASING.md".to_owned(),
            role: Role::Template("release".to_owned()),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        }],
        paths: vec!["RELEASING.md".to_owned()],
        labels: Vec::new(),
        unreadable: None,
    };
    match <[Effect; 2]>::try_from(review(&facts)) {
        Ok([Effect::PutCheckRun(check), Effect::PutComment(comment)]) => (check, comment),
        other => panic!("{other:?}"),
    }
}

#[test]
fn suggestions_are_folded_at_the_end_and_neither_annotated_nor_counted() {
    let before = "## After the launch\n- [ ] Watch\n";
    let after = "## After the launch\n- [ ] Watch\n## Post-release\n- [ ] Tell\n- [x] Tag vX.Y.Z\n";
    let (check, comment) = reviewed(before, after, Config::default());
    assert_eq!((check.conclusion, check.title.as_str()), (Conclusion::Success, "2 added"));
    assert_eq!(check.annotations.len(), 1, "the ticked box, and no suggestion: {:?}", check.annotations);
    assert!(
        comment.body.ends_with(
            "**Problems**\n\n- `RELEASING.md` line 5: this box is ticked in the file; write `[ ]`: every release starts with \
             open boxes\n\n<details>\n<summary>2 suggestions</summary>\n\n\
             - `RELEASING.md` line 3: these items must be done before the release, though the heading sounds as if they came \
             after it; if they may, write `<!-- hp: phase=after -->` behind the heading\n\
             - `RELEASING.md` line 5: `vX.Y.Z` stays as it is in the issue; to have it filled in, write in the \
             configuration: `replace: { \"vX.Y.Z\": \"v{{ version }}\" }`\n\n</details>"
        ),
        "{}",
        comment.body
    );
}

#[test]
fn nothing_is_suggested_that_the_configuration_settles() {
    let text = "checklists: { release: { after: ['post*'], replace: { vX.Y.Z: '{{ tag }}' } } }\n";
    let config = crate::config::parse(text).0.unwrap();
    let (_, comment) = reviewed("- [ ] a\n", "- [ ] a\n## Post-release\n- [ ] Announce vX.Y.Z\n", config);
    assert!(comment.body.contains("| + added (after) |") && !comment.body.contains("suggestion"), "{}", comment.body);
}

#[test]
fn a_change_of_prose_alone_brings_no_comment_for_a_suggestion() {
    let (check, comment) = reviewed("- [ ] a\n", "Say vX.Y.Z.\n\n- [ ] a\n", Config::default());
    assert_eq!((check.conclusion, check.title.as_str()), (Conclusion::Success, "No checklist files changed"));
    assert!(!comment.create && check.annotations.is_empty(), "{comment:?}");
}

#[test]
fn what_is_wrong_alike_on_many_lines_is_told_three_times_and_annotated_on_each() {
    let after = format!("- [ ] a\n{}", "- [] b\n".repeat(25));
    let (check, comment) = reviewed("- [ ] a\n", &after, Config::default());
    assert_eq!(check.annotations.len(), 25);
    assert_eq!(check.summary.matches("this looks like a box").count(), 3, "{}", check.summary);
    assert!(check.summary.ends_with("(and 22 more like this, in lines 5-26)"), "{}", check.summary);
    assert!(!comment.create, "no item changed");
}
