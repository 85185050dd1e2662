//! What a review says beyond the diff.

use super::sha;
use crate::config::Config;
use crate::effect::{CheckRun, Comment, Effect};
use crate::gate::Conclusion;
use crate::ids::PullNumber;
use crate::plan::Configuration;
use crate::plan::review::{Facts, FileChange, Role, Source, review};

fn reviewed(before: &str, after: &str, config: Config) -> (CheckRun, Comment) {
    of_files(vec![template("RELEASING.md", Some(before), Some(after))], config)
}

fn template(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    let role = Role::Template("release".to_owned());
    FileChange { path: path.to_owned(), role, before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

fn of_files(files: Vec<FileChange>, config: Config) -> (CheckRun, Comment) {
    let facts = Facts {
        title: String::new(),
        source: Source { site: "https://github.com".to_owned(), home: None, branch: "change".to_owned() },
        number: PullNumber(1),
        head: sha(),
        configuration: Configuration::Usable(config),
        organisation: None,
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
        let settings = FileChange { path, role, before: Some(named.to_owned()), after: text.map(str::to_owned) };
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

#[test]
fn a_step_file_that_is_put_elsewhere_is_told_as_removed_and_as_new_for_it_is_asked_for_again() {
    let step = |path: &str, before, after| FileChange {
        role: Role::Step("release".to_owned()),
        ..template(path, before, after)
    };
    let files = vec![step("release-steps/1.md", Some(LONG), None), step("release-steps/2.md", None, Some(LONG))];
    let (check, comment) = of_files(files, Config::default());
    assert_eq!(check.title, "3 removed · 3 steps for the next release");
    assert!(
        comment.body.contains("`release-steps/1.md` (`release`) · **step file removed** · **3 removed**"),
        "{}",
        comment.body
    );
    assert!(!comment.body.contains("checklist removed"), "{}", comment.body);
}
