//! `holdpoint diff`.

use super::World;

const OLD: &str = "# Ship it\n\n## Build\n\n- [ ] Tag the commit\n- [ ] Build the image on a test machine\n- [ ] Take a snapshot of the orders\n- [ ] Upload it\n\n## Tell\n\n- [ ] Write to support\n- [ ] Write to partners\n- [ ] Write to sales\n";
const NEW: &str = "# Ship it\n\n## Build\n\n- [ ] Tag the commit\n- [ ] Build the image on a copy of production\n- [ ] Upload it <!-- hp: optional -->\n- [ ] Check the image\n  - [ ] for viruses\n\n## Announce\n\n- [ ] Write to support\n- [ ] Write to partners\n\n## Later\n\n- [ ] Write to sales <!-- hp: phase=after -->\n- [ ] Tidy up <!-- hp: phase=after -->\n";

#[test]
fn a_terminal_shows_the_numbers_and_then_each_section() {
    let world = World::new();
    world.write("old.md", OLD).write("new.md", NEW);
    let ran = world.run(&["diff", "--files", "old.md", "new.md"]);
    insta::assert_snapshot!(ran.out, @r"
    new.md
    1 removed (required) · 2 no longer required · 3 added · 1 reworded · 1 section renamed · 7 → 9 items

      Ship it › Build
        ~ Build the image on a [-test machine-] {+copy of production+}
        − Take a snapshot of the orders  (removed, was required)
        ! Upload it  (now optional)
        + Check the image
        +   for viruses

      Ship it › Announce  (renamed, was: Tell)

      Ship it › Later  (new heading over 1 item that stood here)
        ! Write to sales  (now after the release)
        + Tidy up  (after the release)
    ");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn with_colours_words_are_struck_and_bold_instead_of_in_brackets() {
    let mut world = World::new();
    world.colours = true;
    world.write("old.md", "- [ ] Warm one cache\n").write("new.md", "- [ ] Warm every cache\n");
    let ran = world.run(&["diff", "--files", "old.md", "new.md"]);
    assert!(ran.out.contains("Warm \u{1b}[9;31mone\u{1b}[0m \u{1b}[1;32mevery\u{1b}[0m cache"), "{:?}", ran.out);
}

#[test]
fn an_item_that_is_nested_is_shown_in_what_it_is_nested_in() {
    let world = World::new();
    let old = "- Trial run\n  - [ ] Stage\n  - [ ] Release\n- Real run\n  - [ ] Stage\n  - [ ] Release\n";
    let new = "- Real run\n  - [ ] Stage\n  - [ ] Release\n";
    world.write("old.md", old).write("new.md", new);
    let ran = world.run(&["diff", "--files", "old.md", "new.md"]);
    insta::assert_snapshot!(ran.out, @r"
    new.md
    2 removed (required) · 4 → 2 items

          Trial run
        −   Stage  (removed, was required)
        −   Release  (removed, was required)
    ");
}

#[test]
fn a_branch_is_compared_with_the_commit_at_which_it_left() {
    let world = World::git();
    world.write("RELEASING.md", OLD).commit("start");
    world.branch("work").write("RELEASING.md", OLD.replace("Upload it", "Upload it twice")).commit("change");
    world.switch("main").write("RELEASING.md", OLD.replace("- [ ] Tag the commit\n", "")).commit("meanwhile");
    world.switch("work");
    let ran = world.run(&["diff"]);
    insta::assert_snapshot!(ran.out, @r"
    RELEASING.md · release
    1 reworded · 7 items

      Ship it › Build
        ~ Upload it {+twice+}
    ");
    assert_eq!(ran.code, 0);
    assert_eq!(world.run(&["diff", "main", "work"]).out, ran.out);
    let same = world.switch("main").run(&["diff"]);
    assert_eq!(same.out, "No checklist files changed.\n");
    assert!(same.err.contains("HEAD has no commit that main does not have"), "{}", same.err);
}

#[test]
fn the_branch_of_the_remote_is_the_usual_base() {
    let world = World::git();
    let start = world.write("RELEASING.md", OLD).commit("start");
    let repository = world.repository();
    repository.reference("refs/remotes/origin/trunk", start, false, "").unwrap();
    repository.reference_symbolic("refs/remotes/origin/HEAD", "refs/remotes/origin/trunk", false, "").unwrap();
    world.write("RELEASING.md", NEW).commit("next");
    assert!(world.run(&["diff"]).out.contains("1 removed (required)"));
    assert_eq!(world.run(&["diff", "trunk"]).out, world.run(&["diff"]).out, "a branch that is only on the remote");
}

#[test]
fn files_on_the_disk_are_compared_only_when_asked_for() {
    let world = World::git();
    world.write("RELEASING.md", OLD).commit("start");
    world.write("RELEASING.md", NEW).write("release-steps/1.md", "- [ ] Drop the column\n");
    assert_eq!(world.run(&["diff"]).out, "No checklist files changed.\n");
    let ran = world.run(&["diff", "--worktree"]);
    assert!(ran.out.contains("1 removed (required)"), "{}", ran.out);
    assert!(
        ran.out.contains("1 new step for the next release\n\n  release-steps/1.md\n    + Drop the column\n"),
        "{}",
        ran.out
    );
}

#[test]
fn the_bases_configuration_decides_and_what_becomes_of_it_is_told() {
    let world = World::git();
    let config = "checklists:\n  app:\n    template: ship.md\n    gate: { branches: [production] }\n";
    world.write(".github/holdpoint.yml", config).write("ship.md", OLD).write("RELEASING.md", OLD).commit("start");
    world.branch("work").write("RELEASING.md", NEW).commit("no checklist");
    assert_eq!(world.run(&["diff"]).out, "No checklist files changed.\n");
    let weaker = config.replace("[production]", "[]");
    world.write(".github/holdpoint.yml", weaker).write("ship.md", NEW).commit("weaker");
    let ran = world.run(&["diff"]);
    assert!(ran.out.starts_with("ship.md · app\n1 removed (required)"), "{}", ran.out);
    let changes = "\nThe configuration changes\n  ! The gate for `production` would no longer wait for `app`.\n";
    assert!(ran.out.ends_with(changes), "{}", ran.out);
    let ran = world.run(&["diff", "--format", "markdown"]);
    let changes = "**The configuration changes**\n\n- **The gate for `production` would no longer wait for `app`.**\n";
    assert!(ran.out.ends_with(changes), "{}", ran.out);
}

#[test]
fn a_newcomers_slips_are_answered_with_what_to_do() {
    let world = World::git();
    world.write("RELEASING.md", OLD).commit("start");
    world.write("RELEASING.md", NEW);
    let ran = world.run(&["diff"]);
    assert!(ran.err.ends_with("; --worktree compares what is not committed yet\n"), "{}", ran.err);
    let ran = world.run(&["diff", "RELEASING.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err, "RELEASING.md is a file; two files are compared with --files OLD NEW\n");
    let ran = world.run(&["diff", ".oh ~ no"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, "`.oh ~ no` is no commit, branch or tag here\n"));
    assert_eq!(world.run(&["diff", "--worktree", "--format", "text"]).out, world.run(&["diff", "--worktree"]).out);
}

#[test]
fn markdown_is_the_comment_and_json_is_the_diff() {
    let world = World::git();
    world.write("RELEASING.md", OLD).commit("start");
    world.branch("work").write("RELEASING.md", NEW).write("release-steps/7.md", "- [ ] x <!-- hp: phase=after -->\n");
    world.commit("change");
    let ran = world.run(&["diff", "--format", "markdown"]);
    assert!(ran.out.starts_with("### Checklist changes\n\n`RELEASING.md` (`release`) · **1 removed**"), "{}", ran.out);
    let ran = world.run(&["diff", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(view["files"][0]["path"], "RELEASING.md");
    assert_eq!(view["files"][0]["counts"]["removed_required"], 1);
    assert_eq!(view["files"][0]["sections"][0]["items"][0]["facets"][0]["change"], "reworded");
    assert_eq!(
        view["steps"],
        serde_json::json!([{"path": "release-steps/7.md", "items": [{"text": "x", "phase": "after"}]}])
    );
    assert_eq!(view["problems"], serde_json::json!([]));
}

#[test]
fn trouble_with_git_is_told_in_a_sentence() {
    let world = World::git();
    assert!(world.run(&["diff"]).err.contains("there is no origin/HEAD, main or master to compare with; name a BASE"));
    world.write("RELEASING.md", OLD).commit("start");
    let ran = world.run(&["diff", "nowhere"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, "`nowhere` is no commit, branch or tag here\n"));
    let repository = world.repository();
    repository.set_head("refs/heads/alone").unwrap();
    world.commit("another beginning");
    let ran = world.run(&["diff", "main"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, "`main` and `HEAD` have no commit in common\n"));
}

#[test]
fn two_files_that_are_the_same_are_said_to_be_the_same() {
    let world = World::new();
    world.write("old.md", OLD).write("new.md", OLD);
    let ran = world.run(&["diff", "--files", "old.md", "new.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "No item changed: the two files are the same.\n"));
}

#[test]
fn a_step_file_is_compared_with_what_the_last_release_has_of_it() {
    let world = World::git();
    let (old, path) = ("- [ ] Pauze the exports\n- [ ] Move the couriers\n", "release-steps/1.md");
    world.write("RELEASING.md", OLD).write(path, old).commit("start");
    world.tag("v1.0.0").write("main.rs", "").commit("more");
    let better = format!("{}- [ ] Tell support\n", old.replace("Pauze", "Pause"));
    world.branch("edit").write(path, &better).commit("edit");
    let ran = world.run(&["diff", "main", "edit"]);
    assert!(
        ran.out.ends_with(
            "\n\n2 new steps for the next release\n\n  release-steps/1.md\n    + Pause the exports\n    + Tell support\n"
        ),
        "{}",
        ran.out
    );
    let preview = world.run(&["preview", "--tag", "v1.1.0"]);
    assert!(
        preview.out.ends_with("### `release-steps/1.md`\n\n- [ ] Pause the exports\n- [ ] Tell support\n"),
        "{}",
        preview.out
    );
    world.branch("back").write(path, old).commit("back");
    assert_eq!(world.run(&["preview", "--tag", "v1.1.0"]).out.matches("exports").count(), 0);
    let ran = world.run(&["diff", "edit", "back"]);
    assert!(!ran.out.contains("for the next release"), "{}", ran.out);
    assert!(ran.out.contains("! release-steps/1.md: no release has this step yet, and none will"), "{}", ran.out);
}

#[test]
fn a_renamed_step_file_is_shown_as_one_file() {
    let world = World::git();
    let text = "- [ ] Move the couriers\n";
    world.write("RELEASING.md", OLD).write("release-steps/11.md", text).commit("start");
    world.branch("work");
    std::fs::remove_file(world.root.join("release-steps/11.md")).unwrap();
    world.write("release-steps/12.md", text).commit("rename");
    insta::assert_snapshot!(world.run(&["diff", "main"]).out, @r"
    release-steps/12.md · release
    renamed from release-steps/11.md · 1 item
    ");
    world.switch("main").tag("v1.0.0");
    let ran = world.run(&["diff", "main", "work", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(view["steps"], serde_json::json!([]));
    assert_eq!(view["not_listed"][0]["path"], "release-steps/12.md");
    assert_eq!(view["not_listed"][0]["text"], "a release has these steps already, so the next one does not list them");
}
