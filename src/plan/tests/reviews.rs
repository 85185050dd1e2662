//! What a review says beyond the diff.

use super::sha;
use crate::config::Config;
use crate::effect::{CheckRun, Comment, Effect};
use crate::gate::Conclusion;
use crate::ids::PullNumber;
use crate::plan::Configuration;
use crate::plan::review::{Facts, FileChange, Released, Role, Source, review};

fn reviewed(before: &str, after: &str, config: Config) -> (CheckRun, Comment) {
    of_files(vec![template("RELEASING.md", Some(before), Some(after))], config)
}

fn template(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    let role = Role::Template("release".to_owned());
    let (before, after) = (before.map(str::to_owned), after.map(str::to_owned));
    FileChange { path: path.to_owned(), role, before, after, released: Released::Unknown }
}

fn of_files(files: Vec<FileChange>, config: Config) -> (CheckRun, Comment) {
    let facts = Facts {
        title: String::new(),
        source: Source { site: "https://github.com".to_owned(), home: None, branch: "change".to_owned() },
        number: PullNumber(1),
        head: sha(),
        configuration: Configuration::Usable(config),
        organisation: None,
        there: crate::config::named::There::default(),
        has_checklist: true,
        paths: files.iter().map(|file| file.path.clone()).collect(),
        added: Vec::new(),
        files,
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

const LONG: &str = "## Database\n\n- [ ] Take a snapshot\n- [ ] Run the migrations\n- [ ] Compare row counts\n";

#[test]
fn a_template_that_is_put_elsewhere_is_one_file_that_was_renamed() {
    let now = LONG.replace("Take a snapshot", "Take a snapshot of the orders");
    let files = vec![template("RELEASING.md", Some(LONG), None), template("docs/releasing.md", None, Some(&now))];
    let (check, comment) = of_files(files, Config::default());
    assert_eq!((check.conclusion, check.title.as_str()), (Conclusion::Success, "1 reworded"));
    assert!(
        comment.body.starts_with(
            "### Checklist changes\n\n`docs/releasing.md` (`release`) · renamed from `RELEASING.md` · 1 reworded (3 → 3 items)\n"
        ),
        "{}",
        comment.body
    );
    assert!(!comment.body.contains("removed") && !comment.body.contains("added"), "{}", comment.body);

    let files = vec![template("docs/releasing.md", None, Some(LONG)), template("RELEASING.md", Some(LONG), None)];
    let (check, comment) = of_files(files, Config::default());
    assert_eq!(check.title, "Only the file's path changed");
    assert!(comment.body.ends_with("renamed from `RELEASING.md` · no item changed (3 → 3 items)"), "{}", comment.body);
}

#[test]
fn a_template_with_other_items_or_of_another_checklist_is_no_renamed_one() {
    let other = "- [ ] Write the news\n- [ ] Tell support\n- [ ] Run the migrations\n";
    let apart = |new: FileChange| {
        let (check, comment) = of_files(vec![template("RELEASING.md", Some(LONG), None), new], Config::default());
        assert_eq!(check.title, "3 removed · 3 added");
        assert!(
            comment.body.contains("**checklist removed**") && !comment.body.contains("renamed"),
            "{}",
            comment.body
        );
    };
    apart(template("docs/releasing.md", None, Some(other)));
    apart(FileChange { role: Role::Template("app".to_owned()), ..template("docs/app.md", None, Some(LONG)) });
}

#[test]
fn of_two_files_that_might_be_the_renamed_one_the_more_alike_is() {
    let half = "- [ ] Take a snapshot\n- [ ] Run the migrations\n- [ ] Tell support\n";
    let files = vec![
        template("a.md", None, Some(half)),
        template("b.md", None, Some(LONG)),
        template("RELEASING.md", Some(LONG), None),
    ];
    let (check, comment) = of_files(files, Config::default());
    assert_eq!(check.title, "3 added");
    assert!(comment.body.contains("`a.md` (`release`) · **new checklist** · 3 added"), "{}", comment.body);
    assert!(comment.body.contains("`b.md` (`release`) · renamed from `RELEASING.md`"), "{}", comment.body);
}

#[test]
fn a_removed_template_is_an_error_only_while_the_configuration_that_will_hold_names_it() {
    let named = "checklists: { release: { template: RELEASING.md } }\n";
    let config = || crate::config::parse(named).0.unwrap();
    let files = |text: Option<&str>| {
        let (path, role) = (crate::config::PATH.to_owned(), Role::Configuration);
        let (before, after) = (Some(named.to_owned()), text.map(str::to_owned));
        let settings = FileChange { path, role, before, after, released: Released::Unknown };
        vec![settings, template("RELEASING.md", Some(LONG), None), template("docs/b.md", None, Some(LONG))]
    };
    let error = "the template is removed, and .github/holdpoint.yml still names it";
    for (text, names_it) in [
        (Some("checklists: { release: { template: docs/b.md } }\n"), false),
        (Some("checklists: { release: {} }\n"), false),
        (None, false),
        (Some("checklists: { release: { template: [docs/b.md, RELEASING.md] } }\n"), true),
        (Some("checklists: { release: { template: RELEASING.md, skip: forbid } }\n"), true),
        // What cannot be used changes nothing.
        (Some("checklists: { release: { tempate: docs/b.md } }\n"), true),
    ] {
        let (check, comment) = of_files(files(text), config());
        assert_eq!(check.summary.contains(error), names_it, "{text:?}: {}", check.summary);
        assert_eq!(check.conclusion == Conclusion::Failure, names_it, "{text:?}");
        assert!(comment.body.contains("`docs/b.md` (`release`) · renamed from `RELEASING.md`"), "{}", comment.body);
    }
}

fn step(path: &str, before: Option<&str>, after: Option<&str>, released: Released) -> FileChange {
    FileChange { role: Role::Step("release".to_owned()), released, ..template(path, before, after) }
}

const RULE: &str = "require_steps: [{ paths: ['release-steps/**'] }]\n";

/// The review where every change of a step file has to bring a step.
fn ruleset_checks(files: Vec<FileChange>) -> (CheckRun, Comment) {
    of_files(files, crate::config::parse(RULE).0.unwrap())
}

#[test]
fn a_step_file_that_is_put_elsewhere_is_one_file_that_was_renamed_and_brings_no_step() {
    for released in [Released::Unknown, Released::Not, Released::As(LONG.to_owned())] {
        let files = vec![
            step("release-steps/1.md", Some(LONG), None, released.clone()),
            step("release-steps/2.md", None, Some(LONG), Released::Not),
        ];
        let (check, comment) = of_files(files.clone(), Config::default());
        assert_eq!(check.title, "Only the file's path changed", "{released:?}");
        assert!(
            comment
                .body
                .contains("`release-steps/2.md` (`release`) · renamed from `release-steps/1.md` · no item changed"),
            "{}",
            comment.body
        );
        let already = comment.body.contains("`release-steps/2.md`: a release has these steps already");
        assert_eq!(already, released == Released::As(LONG.to_owned()), "{released:?}: {}", comment.body);
        assert!(!comment.body.contains("removed") && !comment.body.contains("brings"), "{}", comment.body);
        assert_eq!(ruleset_checks(files).0.title, "A step file is missing", "{released:?}");
    }
}

#[test]
fn a_step_file_that_is_renamed_and_edited_is_new_and_so_is_a_copy_beside_a_renamed_one() {
    let now = format!("{LONG}- [ ] Drop the table\n");
    let files = |copy: bool| {
        let mut files = vec![
            step("release-steps/1.md", Some(LONG), None, Released::As(LONG.to_owned())),
            step("release-steps/2.md", None, Some(if copy { LONG } else { &now }), Released::Not),
        ];
        if copy {
            files.push(step("release-steps/3.md", None, Some(LONG), Released::Not));
        }
        files
    };
    let (check, comment) = ruleset_checks(files(false));
    assert_eq!(check.title, "3 removed · 4 steps for the next release");
    assert!(comment.body.contains("- `release-steps/2.md`\n  - Take a snapshot"), "{}", comment.body);
    let (check, comment) = ruleset_checks(files(true));
    assert_eq!(check.title, "3 steps for the next release");
    assert!(comment.body.contains("- `release-steps/3.md`\n  - Take a snapshot"), "{}", comment.body);
}

#[test]
fn of_two_step_files_that_go_the_one_that_no_release_has_is_the_renamed_one() {
    let files = vec![
        step("release-steps/1.md", Some(LONG), None, Released::As(LONG.to_owned())),
        step("release-steps/2.md", Some(LONG), None, Released::Not),
        step("release-steps/3.md", None, Some(LONG), Released::Not),
    ];
    let (_, comment) = of_files(files, Config::default());
    assert!(comment.body.contains("renamed from `release-steps/2.md`"), "{}", comment.body);
    assert!(comment.body.contains("`release-steps/1.md` (`release`) · **step file removed**"), "{}", comment.body);
    assert!(!comment.body.contains("no release has"), "{}", comment.body);
}

#[test]
fn an_edited_step_file_says_what_the_next_release_has_to_do_because_of_it() {
    let old = "- [ ] Pauze the exports\n- [ ] Move the couriers\n";
    let new = "- [ ] Pause the exports\n- [ ] Move the couriers\n- [ ] Tell support <!-- hp: phase=after -->\n";
    for released in [Released::Unknown, Released::Not, Released::As(old.to_owned())] {
        let (check, comment) = ruleset_checks(vec![step("release-steps/1.md", Some(old), Some(new), released.clone())]);
        assert_eq!(check.title, "1 added · 1 reworded · 2 steps for the next release", "{released:?}");
        assert!(
            comment.body.contains("- `release-steps/1.md`\n  - Pause the exports\n  - Tell support (after)"),
            "{}",
            comment.body
        );
    }
}

#[test]
fn an_edit_back_to_what_a_release_had_brings_no_step() {
    let (old, new) = ("- [ ] Pause the exports\n", "- [ ] Pause every export\n");
    let back = step("release-steps/1.md", Some(new), Some(old), Released::As(old.to_owned()));
    let (check, comment) = ruleset_checks(vec![back]);
    assert_eq!(check.title, "A step file is missing");
    assert!(!comment.body.contains("brings steps"), "{}", comment.body);
    // Nor does a file that is there again as a release had it.
    let again = step("release-steps/1.md", None, Some(old), Released::As(old.to_owned()));
    let (check, comment) = ruleset_checks(vec![again]);
    assert_eq!(check.title, "A step file is missing");
    assert!(comment.body.contains("a release has these steps already"), "{}", comment.body);
}

#[test]
fn steps_that_are_taken_away_before_any_release_has_them_are_pointed_out() {
    let two = "- [ ] Pause the exports\n- [ ] Tell support\n";
    let said = |after: Option<&str>, released| {
        of_files(vec![step("release-steps/1.md", Some(two), after, released)], Config::default()).1.body
    };
    let gone = said(None, Released::Not);
    assert!(
        gone.contains("`release-steps/1.md`: no release has these 2 steps yet, and none will, unless the tagged commit itself deletes the file"),
        "{gone}"
    );
    let less = said(Some("- [ ] Pause the exports\n"), Released::Not);
    assert!(less.ends_with("`release-steps/1.md`: no release has this step yet, and none will"), "{less}");
    let unknown = said(None, Released::Unknown);
    assert!(unknown.contains("a release that does not have these steps yet will not get them, unless"), "{unknown}");
    assert!(!said(None, Released::As(two.to_owned())).contains("no release has"), "it was released");
}

#[test]
fn an_item_that_no_issue_holds_fails_the_review_before_the_release() {
    let long = format!("- [ ] a\n- [ ] Read this\n\n  {}\n", "word ".repeat(14_000));
    let (check, comment) = reviewed("- [ ] a\n", &long, Config::default());
    assert_eq!(check.conclusion, Conclusion::Failure);
    assert_eq!(check.annotations.iter().map(|a| a.line).collect::<Vec<_>>(), [2]);
    assert!(comment.body.contains("is longer than the 65,000 characters"), "{}", comment.body);
    // A list that is merely long is opened in parts.
    let many: String = (0..3_000).map(|n| format!("- [ ] number {n} of very many items\n")).collect();
    assert_eq!(reviewed("- [ ] a\n", &many, Config::default()).0.conclusion, Conclusion::Success);
}
