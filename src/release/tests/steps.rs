//! Which step files were renamed, and which changes were taken back.

use crate::config::ChecklistConfig;
use crate::release::steps::{Change, folders, renames, took_away};
use std::collections::BTreeSet;

fn paths(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A commit with one parent that brings and takes files.
fn change(brought: &[&str], taken: &[&str]) -> Change {
    let touched = paths(&[brought, taken].concat());
    Change { parents: 1, whole: true, brought: paths(brought), taken: paths(taken), touched }
}

#[test]
fn a_file_may_be_one_that_its_commit_takes_away_and_every_doubt_makes_it_new() {
    let config = ChecklistConfig::default();
    let globs = config.step_globs();
    let plain = change(&["release-steps/b.md"], &["release-steps/a.md", "src/old.py"]);
    for (what, change, found) in [
        ("one commit", plain.clone(), vec!["release-steps/a.md"]),
        ("a merge", Change { parents: 2, ..plain.clone() }, vec![]),
        ("the first commit", Change { parents: 0, ..plain.clone() }, vec![]),
        ("a list of files that is cut", Change { whole: false, ..plain.clone() }, vec![]),
        ("a file that was there", Change { brought: BTreeSet::new(), ..plain }, vec![]),
        (
            "a step goes that no release has",
            change(&["release-steps/b.md"], &["release-steps/a.md", "release-steps/new.md"]),
            vec![],
        ),
        ("nothing goes", change(&["release-steps/b.md"], &["src/old.py"]), vec![]),
    ] {
        assert_eq!(
            change.renamed_from("release-steps/b.md", globs, |path| path == "release-steps/a.md"),
            found,
            "{what}"
        );
    }
}

#[test]
fn a_change_is_taken_back_by_one_that_touches_the_same_files_and_none_beside() {
    let steps = globset::GlobSet::builder().add(globset::Glob::new("steps/*").unwrap()).build().unwrap();
    let undoes = |change: &Change, step: &Change| change.undoes(step, &steps);
    let step = change(&["steps/a.md", "src/new.py"], &[]);
    let alone = change(&["steps/a.md"], &[]);
    assert!(!undoes(&change(&[], &["steps/a.md"]), &alone), "somebody may have cleared it away");
    assert!(undoes(&change(&[], &["steps/a.md", "src/new.py"]), &step));
    assert!(!undoes(&change(&[], &["steps/a.md"]), &step), "the code stays");
    assert!(!undoes(&change(&["CHANGELOG.md"], &["steps/a.md", "src/new.py"]), &step), "it is a release");
    let cut = Change { whole: false, ..change(&[], &["steps/a.md", "src/new.py"]) };
    assert!(!undoes(&cut, &step), "nobody knows what else it touches");
}

#[test]
fn of_two_new_files_with_one_text_one_is_the_old_one() {
    let text = |path| (path, "- [ ] Move the couriers\n".to_owned());
    let found = renames(&[text("a")], &[text("b"), text("c")]);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("b", "a")]);
    assert!(renames(&[text("a")], &[("b", "- [ ] Tell the support team\n".to_owned())]).is_empty());
}

#[test]
fn steps_are_taken_away_with_their_file_or_from_it_all_at_once() {
    let (full, less, none) = ("- [ ] a\n- [ ] b\n", "- [ ] a\n", "# Next\n");
    assert!(took_away("step.md", full, None) && took_away("step.md", full, Some(none)));
    assert!(!took_away("step.md", full, Some(less)) && !took_away("step.md", none, None));
}

#[test]
fn steps_are_looked_for_in_the_folders_that_their_globs_name() {
    let globs = ["release-steps/**/*.md", "ops/steps/*.md", "ops/{a,b}/*.md", "one/step.md", "**/*.md", "*.md"];
    let globs: Vec<String> = globs.map(str::to_owned).to_vec();
    assert_eq!(folders(&globs).into_iter().collect::<Vec<_>>(), ["one", "ops", "ops/steps", "release-steps"]);
}
