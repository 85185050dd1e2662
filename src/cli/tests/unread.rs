//! Files that were meant as checklists, and that nothing reads.

use super::{FORM, LIST, World};
use crate::config::{Config, parse, unread};

fn steps(config: &str, paths: &[&str]) -> Vec<String> {
    let config = parse(config).0.unwrap();
    unread::steps(&config, paths).into_iter().map(|(path, problem)| format!("{path}: {}", problem.hint)).collect()
}

#[test]
fn step_files_that_no_glob_matches_are_told_with_the_name_that_would_be_read() {
    for (path, better) in [
        ("release-steps/1-cdn.MD", "release-steps/1-cdn.md"),
        ("release-steps/old/2.markdown", "release-steps/old/2.md"),
        ("release-steps/3.txt", "release-steps/3.md"),
        ("release_steps/4.md", "release-steps/4.md"),
        ("release-step/5.md", "release-steps/5.md"),
        ("ReleaseSteps/6.mkd", "release-steps/6.md"),
        (".github/release-steps/7.md", "release-steps/7.md"),
    ] {
        let found = unread::steps(&Config::default(), &[path]);
        let [(told, problem)] = found.as_slice() else { panic!("{path}: {found:?}") };
        assert_eq!((told.as_str(), problem.severity), (path, crate::checklist::Severity::Warning));
        assert!(problem.message.contains("`release-steps/**/*.md`"), "{problem:?}");
        assert!(problem.hint.contains(&format!("name it `{better}`,")), "{problem:?}");
    }
    let paths = ["release-steps/a.md", "release-steps/a.png", "release-steps/README.txt", "releases/a.md", "step.md"];
    assert_eq!(unread::steps(&Config::default(), &paths), []);
}

#[test]
fn the_configured_globs_say_what_a_step_file_is() {
    let config = "checklists:\n  release:\n    steps: [\"once/steps/[0-9]*.md\", \"**/*.step.md\"]\n";
    let paths = ["once/steps/1.md", "once/steps/notes.md", "release-steps/a.MD", "a/b.step.md"];
    assert_eq!(steps(config, &paths), Vec::<String>::new());
    assert_eq!(steps(config, &["once/steps/2.MD", "Once/Step/3.md"]).len(), 2);
    assert_eq!(steps("checklists:\n  release:\n    steps: []\n", &["release-steps/a.MD"]), Vec::<String>::new());
    let named = "checklists:\n  release:\n    template: release_steps/all.md\n";
    assert_eq!(steps(named, &["release_steps/all.md"]), Vec::<String>::new());
}

#[test]
fn lint_and_diff_tell_of_step_files_that_nothing_reads() {
    let world = World::git();
    world.write("release-checklist.md", LIST);
    world.commit("one");
    world.write("release-steps/cdn.MD", "- [ ] Purge\n").write("release_steps/key.md", "- [ ] Rotate\n");
    let ran = world.run(&["lint"]);
    assert_eq!((ran.code, ran.out.matches("warning: nothing reads this file").count()), (0, 2), "{}", ran.out);
    assert_eq!(world.run(&["lint", "--strict"]).code, 1);
    let ran = world.run(&["diff", "--worktree", "HEAD"]);
    assert_eq!(ran.out.matches("nothing reads this file").count(), 2, "{}", ran.out);
    world.commit("two");
    let ran = world.run(&["diff", "--worktree", "HEAD"]);
    assert!(!ran.out.contains("nothing reads"), "only what the change brings: {}", ran.out);
}

#[test]
fn a_checklist_at_no_usual_place_is_told_where_no_other_is_read() {
    for (path, words) in [
        (".github/ISSUE_TEMPLATE/releases/list.md", "it lies at no usual place"),
        (".github/ISSUE_TEMPLATE/sub/release_checklist.md", "it lies at no usual place"),
        ("docs/process/release-check-list.md", "it lies at no usual place"),
        ("docs/release/checklist.markdown", "it lies at no usual place"),
        (".github/ISSUE_TEMPLATE/release_list.yml", "its name ends in `.yml`"),
        ("RELEASING.markdown", "its name ends in `.markdown`"),
        ("docs/releasing.txt", "its name ends in `.txt`"),
    ] {
        let world = World::git();
        world.write(path, format!("---\nname: Release\nlabels: task\n---\n\n{LIST}"));
        let ran = world.run(&["lint"]);
        assert_eq!(ran.code, 0, "{path}");
        assert!(
            ran.out.contains(&format!("{path}:1:1: warning: nothing reads this checklist: {words}")),
            "{}",
            ran.out
        );
        assert!(ran.err.contains("there is no checklist here"), "{path}: {}", ran.err);
        world.write("release-checklist.md", LIST);
        let ran = world.run(&["lint"]);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("0 problems in 1 file\n", ""), "{path}");
    }
    let world = World::git();
    world.write("docs/release-checklist-history.md", "- plain\n").write("docs/todo.md", LIST);
    assert_eq!(world.run(&["lint"]).out, "0 problems in 0 files\n");
}

#[test]
fn a_form_without_boxes_is_noted_and_markdown_that_is_named_as_yaml_is_told_as_such() {
    let world = World::git();
    let path = ".github/ISSUE_TEMPLATE/release.yml";
    for form in ["  - { type: input, attributes: { label: Version } }\n", "  - { type: input\n"] {
        world.write(path, format!("name: Release\nbody:\n{form}"));
        let ran = world.run(&["lint", "--strict"]);
        assert_eq!((ran.code, ran.out.matches("note: ").count()), (0, 1), "{}", ran.out);
        assert!(ran.err.contains("there is no checklist here"), "{}", ran.err);
    }
    assert!(world.run(&["lint"]).out.contains("0 problems and 1 note in 1 file"));
    world.write("docs/release/checklist.yml", FORM);
    let ran = world.run(&["lint"]);
    assert!(
        ran.out.contains("checklist.yml:1:1: warning: nothing reads this checklist: it lies at no usual"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("put it into `.github/ISSUE_TEMPLATE`, with `release` in its name"), "{}", ran.out);
    world.write("steps.yml", LIST);
    let ran = world.run(&["lint", "steps.yml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("error: this is Markdown in a file that is named as YAML"), "{}", ran.out);
}

#[test]
fn every_command_reads_a_form_alike_by_name_at_its_usual_place_and_where_it_is_configured() {
    let world = World::git();
    let path = ".github/ISSUE_TEMPLATE/new-release.yml";
    world.write(path, FORM).write(".github/ISSUE_TEMPLATE/bug.yml", "name: Bug\nbody: []\n");
    world.commit("one");
    let items = |name: &str| world.run(&["items", name]).out;
    assert!(
        items(path).contains("[ ] Tagged") && items(path).contains("[ ] Written · after the release"),
        "{}",
        items(path)
    );
    for args in [vec!["lint"], vec!["lint", path]] {
        let ran = world.run(&args);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "0 problems in 1 file\n", ""), "{args:?}");
    }
    let ran = world.run(&["preview", "--tag", "v1.2.3"]);
    assert!(
        ran.out
            .contains("### Before\n\n- [ ] Green\n- [ ] Tagged\n\n### Notes <!-- hp: phase=after -->\n\n- [ ] Written"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("Title: Release 1.2.3\nLabels: release\n"), "{}", ran.err);
    assert!(world.run(&["preview", "--files", path]).out.contains("- [ ] Green\n- [ ] Tagged\n"));
    world.write(path, FORM.replace("        - label: Green\n", "        - label: All green\n").replace("[ ]", "[]"));
    let told = [format!("{path}:15:11: warning: this looks like a box"), "   15 |         - [] Written".to_owned()];
    for args in [vec!["lint"], vec!["lint", path], vec!["diff", "--worktree", "HEAD"]] {
        let ran = world.run(&args);
        assert!(told.iter().all(|line| ran.out.contains(line)), "{args:?}: {}", ran.out);
    }
    let ran = world.run(&["diff", "--worktree", "HEAD"]);
    assert!(ran.out.contains("{+All green+}"), "{}", ran.out);
    world
        .write("ops/list.yaml", FORM)
        .write(".github/holdpoint.yml", "checklists:\n  release:\n    template: ops/list.yaml\n");
    assert_eq!(world.run(&["lint"]).out, "0 problems in 2 files\n");
    assert_eq!(world.run(&["lint", "ops"]).out, "0 problems in 1 file\n");
    // What cannot be read is told in the same words everywhere, and no issue is made of it.
    world.write("ops/list.yaml", FORM.replace("'Notes", "Notes"));
    for args in [vec!["lint"], vec!["lint", "ops/list.yaml"]] {
        let ran = world.run(&args);
        assert_eq!((ran.code, ran.out.matches("error: ").count()), (1, 1), "{args:?}: {}", ran.out);
        assert!(ran.out.contains("ops/list.yaml:13:27: error: `: ` is in a text without quotes"), "{}", ran.out);
    }
    world.commit("two");
    let ran = world.run(&["preview"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("`ops/list.yaml` cannot be used: line 13: `: ` is in a text"), "{}", ran.err);
}
