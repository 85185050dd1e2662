//! `holdpoint preview`.

use super::super::git::site_of;
use super::{LIST, World};

const TEMPLATE: &str = "---\ntitle: \"Ship {{ version }}\"\nlabels: [release, qa]\nassignees: ann\n---\n# Ship {{ tag }}\n\n- [ ] Read [the guide](guide.md)\n- [ ] Migrate <!-- hp: when=paths(db/**) -->\n- [ ] Celebrate <!-- hp: phase=after -->\n";

#[test]
fn named_files_are_shown_under_a_made_up_release_without_git() {
    let world = World::new();
    world.write("ship.md", TEMPLATE);
    let ran = world.run(&["preview", "--files", "ship.md", "--tag", "v2.0.0"]);
    insta::assert_snapshot!(ran.out, @r"
    **v2.0.0** · commit [`0123456`](https://github.com/OWNER/REPOSITORY/commit/0123456789abcdef0123456789abcdef01234567)

    # Ship v2.0.0

    - [ ] Read [the guide](https://github.com/OWNER/REPOSITORY/blob/0123456789abcdef0123456789abcdef01234567/guide.md)
    - [ ] Migrate · because this is the first release <!-- hp: when=paths(db/**) -->
    - [ ] Celebrate · after the release <!-- hp: phase=after -->
    ");
    assert_eq!(ran.err, "Title: Ship 2.0.0\nLabels: release, qa\nAssignees: ann\n");
    assert_eq!(ran.code, 0);
    assert!(world.run(&["preview", "--files", "ship.md"]).err.starts_with("Title: Ship 0.0.0\n"));
}

#[test]
fn json_holds_everything_about_the_issue() {
    let world = World::new();
    world.write("ship.md", TEMPLATE);
    let ran = world.run(&["preview", "--files", "ship.md", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(view["title"], "Ship 0.0.0");
    assert_eq!(view["labels"], serde_json::json!(["release", "qa"]));
    assert_eq!(view["assignees"], serde_json::json!(["ann"]));
    assert_eq!(view["items"].as_array().unwrap().len(), 3);
    assert_eq!(view["items"][2]["phase"], "after");
    assert!(!view["body"].as_str().unwrap().contains("<!-- holdpoint"));
    assert_eq!(ran.err, "");
}

/// Two releases, then a migration with a step, and a step that an earlier release had.
fn history() -> World {
    let world = World::git();
    world.repository().remote("origin", "git@github.com:acme/rocket.git").unwrap();
    world.write(".github/release-checklist.md", TEMPLATE).write("release-steps/1.md", "- [ ] Turn the old key off\n");
    world.commit("start");
    world.tag("v1.9.0").write("main.rs", "").commit("more");
    world.tag("v1.10.0").write("db/1.sql", "").write("release-steps/2.md", "- [ ] Drop the column\n").commit("migrate");
    world
}

#[test]
fn a_tag_that_does_not_exist_yet_is_previewed_at_the_present_commit() {
    let world = history();
    let ran = world.run(&["preview", "--tag", "v1.11.0"]);
    let commit = world.repository().head().unwrap().target().unwrap().to_string();
    let previous = world.repository().revparse_single("v1.10.0^{commit}").unwrap().id().to_string();
    let body = ran.out.replace(&commit, "HEAD").replace(commit.get(..7).unwrap(), "HEAD").replace(&previous, "BEFORE");
    insta::assert_snapshot!(body, @r"
    **v1.11.0** · commit [`HEAD`](https://github.com/acme/rocket/commit/HEAD) · [changes since v1.10.0](https://github.com/acme/rocket/compare/BEFORE...HEAD)

    # Ship v1.11.0

    - [ ] Read [the guide](https://github.com/acme/rocket/blob/HEAD/.github/guide.md)
    - [ ] Migrate · because `db/1.sql` changed <!-- hp: when=paths(db/**) -->
    - [ ] Celebrate · after the release <!-- hp: phase=after -->

    # Steps that changes brought

    ### `release-steps/2.md`

    - [ ] Drop the column
    ");
    assert!(ran.err.starts_with("holdpoint: there is no tag v1.11.0 yet: taking HEAD, "), "{}", ran.err);
    assert!(ran.err.contains("\nTitle: Ship 1.11.0\nLabels: release, qa\n"), "{}", ran.err);
}

#[test]
fn without_a_tag_the_next_minor_version_is_assumed_and_said() {
    let world = history();
    let ran = world.run(&["preview"]);
    assert!(ran.err.contains("no --tag is given and HEAD has none: called v1.11.0 here"), "{}", ran.err);
    world.tag("v3.0.0-rc1");
    assert!(world.run(&["preview"]).err.contains("\nTitle: Ship 3.0.0-rc1\n"));
}

#[test]
fn a_tag_that_would_open_nothing_is_shown_and_said() {
    let world = history();
    let ran = world.run(&["preview", "--tag", "release-5"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("holdpoint: the tag release-5 would open nothing: it matches no glob of"), "{}", ran.err);
    assert!(!world.run(&["preview", "--tag", "v5"]).err.contains("would open nothing"));
    let config = "checklists: { release: { open: { prereleases: ignore } } }\n";
    world.write(".github/holdpoint.yml", config).commit("no candidates");
    let ran = world.run(&["preview", "--tag", "v5-rc1"]);
    assert!(ran.err.contains("would open nothing: `open.prereleases` is `ignore`"), "{}", ran.err);
}

#[test]
fn an_existing_tag_and_another_beginning_can_be_named() {
    let world = history();
    let old = world.run(&["preview", "--tag", "v1.10.0"]);
    assert!(!old.out.contains("Drop the column") && !old.out.contains("Migrate"), "{}", old.out);
    let all = world.run(&["preview", "--tag", "v1.11.0", "--since", "v1.9.0"]);
    assert!(all.out.contains("[changes since v1.9.0]"), "{}", all.out);
    let ran = world.run(&["preview", "--since", "v0.1"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.ends_with("`v0.1` is no commit, branch or tag here\n"), "{}", ran.err);
}

#[test]
fn where_no_issue_can_be_opened_the_reason_is_told_and_the_code_is_1() {
    let world = World::git();
    world.write(".github/holdpoint.yml", "checklists:\n  app: { template: ship.md }\n").commit("no template");
    let ran = world.run(&["preview", "--tag", "v1.0.0"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("there is no template ship.md at "), "{}", ran.err);
    world.write("ship.md", "# Soon\n").commit("no items");
    let ran = world.run(&["preview", "--tag", "v1.0.0"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("the template `ship.md` has no items"), "{}", ran.err);
    world.write(".github/holdpoint.yml", "checklist: 1\n").commit("broken");
    let ran = world.run(&["preview", "--tag", "v1.0.0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with(".github/holdpoint.yml:1:1: error: "), "{}", ran.out);
}

#[test]
fn nothing_to_do_is_fine_and_said() {
    let world = World::git();
    world.write("main.rs", "").commit("start");
    let ran = world.run(&["preview", "--tag", "v1.0.0", "--format", "json"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "null\n"));
    assert!(ran.err.contains("nothing to do in this release"), "{}", ran.err);
}

#[test]
fn of_several_checklists_one_is_named() {
    let world = World::git();
    let config = "checklists:\n  app: { template: a.md, open: { match: \"app/v*\" } }\n  web: { template: w.md, open: { on: merge, match: main } }\n";
    world.write(".github/holdpoint.yml", config).write("a.md", "- [ ] a\n").write("w.md", "- [ ] w\n").commit("start");
    let ran = world.run(&["preview"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, "which checklist? Name one with --checklist: app, web\n"));
    assert!(world.run(&["preview", "--checklist", "app", "--tag", "app/v1.2.0"]).out.contains("- [ ] a"));
    let merge = world.run(&["preview", "--checklist", "web"]);
    let short = world.repository().head().unwrap().target().unwrap().to_string();
    let short = short.get(..7).unwrap();
    assert_eq!(merge.err, format!("Title: Release {short}\n"));
    assert_eq!(world.run(&["preview", "--checklist", "api"]).err, "there is no checklist `api`: known are app, web\n");
}

#[test]
fn the_remote_says_where_links_lead_and_its_password_stays_unsaid() {
    for (remote, page) in [
        ("git@github.com:acme/rocket.git", Some("https://github.com/acme/rocket")),
        ("https://x:secret@github.com/acme/rocket", Some("https://github.com/acme/rocket")),
        ("ssh://git@git.example.com:2222/acme/rocket.git", Some("https://git.example.com/acme/rocket")),
        ("http://localhost:3000/acme/rocket.git/", Some("http://localhost:3000/acme/rocket")),
        ("file:///srv/rocket.git", None),
        ("../rocket", None),
        ("https://github.com/rocket", None),
    ] {
        assert_eq!(site_of(remote).map(|s| s.repository()).as_deref(), page, "{remote}");
    }
}

#[test]
fn a_list_that_is_too_long_for_one_issue_is_shown_in_its_parts() {
    let world = World::new();
    let item = |n: usize| format!("- [ ] Check {n}\n\n  {}\n\n", "Look closely. ".repeat(200));
    let list: String = (1..=30).map(item).collect();
    world.write("ship.md", format!("# Ship\n\n{list}"));
    let ran = world.run(&["preview", "--files", "ship.md"]);
    assert_eq!(ran.err, "Title: Release 0.0.0 (part 1 of 2)\nTitle: Release 0.0.0 (part 2 of 2)\n");
    let (first, second) = ran.out.split_once("\n---\n\n").unwrap();
    assert!(first.contains("part 1 of 2") && second.contains("part 2 of 2\n\n# Ship\n\n- [ ] Check "), "{second}");
    assert_eq!(ran.out.matches("- [ ] Check ").count(), 30);
    assert!(!ran.out.contains("<!-- holdpoint"));
    let ran = world.run(&["preview", "--files", "ship.md", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(view["items"].as_array().unwrap().len(), 30);
    assert_eq!(view["parts"][1]["title"], "Release 0.0.0 (part 2 of 2)");
    world.write("ship.md", format!("# Ship\n\n- [ ] Check\n\n  {}\n", "word ".repeat(14_000)));
    let ran = world.run(&["preview", "--files", "ship.md"]);
    assert!(
        ran.code == 1 && ran.err.contains("`Check` and what belongs to it is longer than the 65,000 characters"),
        "{}",
        ran.err
    );
}

#[test]
fn a_preview_in_a_shallow_clone_says_what_it_cannot_know() {
    let world = World::git();
    world.write("release-checklist.md", LIST);
    world.commit("one");
    world.tag("v1.0.0");
    world.write("release-steps/1.md", "- [ ] Purge\n");
    let head = world.commit("two");
    assert!(!world.run(&["preview"]).err.contains("shallow"));
    std::fs::write(world.root.join(".git/shallow"), format!("{head}\n")).unwrap();
    let ran = world.run(&["preview"]);
    assert!(ran.err.contains("the clone is shallow") && ran.err.contains("`fetch-depth: 0`"), "{}", ran.err);
    assert!(ran.err.contains("the release before is not known"), "{}", ran.err);
    assert_eq!(ran.code, 0);
    let ran = world.run(&["preview", "--tag", "v1.1.0", "--since", "HEAD"]);
    assert!(ran.err.contains("the clone is shallow") && !ran.err.contains("the release before"), "{}", ran.err);
    assert!(!world.run(&["preview", "--files", "release-checklist.md"]).err.contains("shallow"));
}

#[test]
fn a_file_that_the_app_does_not_read_opens_no_issue_here_either() {
    let world = World::git();
    let long = format!("- [ ] a\n\n{}\n", "word ".repeat(220_000));
    world.write("release-checklist.md", &long);
    world.commit("one");
    for args in [&["preview"][..], &["preview", "--files", "release-checklist.md"]] {
        let ran = world.run(args);
        assert!(ran.err.contains("`release-checklist.md` is larger than 1 MiB"), "{}", ran.err);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    }
}

/// Takes a file away.
fn remove(world: &World, path: &str) {
    std::fs::remove_file(world.root.join(path)).unwrap();
}

/// The steps of the issue.
fn steps(world: &World) -> String {
    let ran = world.run(&["preview", "--tag", "v1.1.0"]);
    let below =
        ran.out.split_once("# Steps that changes brought\n").map_or(String::new(), |(_, below)| below.to_owned());
    below.lines().filter(|line| line.starts_with(['-', '#'])).collect::<Vec<_>>().join("\n")
}

/// A repository whose `v1.0.0` has a step file.
fn released() -> World {
    let world = World::git();
    world
        .write("RELEASING.md", "- [ ] Ship\n")
        .write("release-steps/1.md", "- [ ] Move the couriers\n")
        .commit("start");
    world.tag("v1.0.0");
    world
}

#[test]
fn a_step_file_that_was_only_renamed_is_not_previewed_again() {
    let world = released();
    remove(&world, "release-steps/1.md");
    world.write("release-steps/2.md", "- [ ] Move the couriers\n").commit("rename");
    assert_eq!(steps(&world), "");
    // What is new in it is.
    world.write("release-steps/3.md", "- [ ] Tell support\n").commit("another");
    assert_eq!(steps(&world), "### `release-steps/3.md`\n- [ ] Tell support");
}

#[test]
fn a_step_in_the_words_of_an_old_one_is_previewed_unless_one_commit_renames_it() {
    let world = released();
    remove(&world, "release-steps/1.md");
    world.commit("tidy");
    world.write("release-steps/2.md", "- [ ] Move the couriers\n").commit("again");
    assert_eq!(steps(&world), "### `release-steps/2.md`\n- [ ] Move the couriers");
}

#[test]
fn steps_that_the_released_commit_deletes_are_previewed_and_a_revert_is_named() {
    let world = released();
    world.write("release-steps/20.md", "- [ ] Turn the old key off\n").commit("key");
    remove(&world, "release-steps/20.md");
    world.write("CHANGELOG.md", "1.1.0\n").commit("Release 1.1.0");
    let lead = "### `release-steps/20.md` · deleted in the released commit";
    assert_eq!(steps(&world), format!("{lead}\n- [ ] Turn the old key off"));
    world.write("main.rs", "").commit("later");
    assert_eq!(steps(&world), "", "another commit deletes it");
    let ran = world.run(&["preview", "--tag", "v1.1.0"]);
    assert!(ran.out.contains("an earlier commit deleted their files again: `release-steps/20.md`\n"), "{}", ran.out);
    world.write("key.rs", "").write("release-steps/21.md", "- [ ] Turn the new key on\n").commit("key");
    remove(&world, "release-steps/21.md");
    remove(&world, "key.rs");
    world.commit("Revert");
    assert_eq!(steps(&world), "");
    let ran = world.run(&["preview", "--tag", "v1.1.0"]);
    assert!(ran.out.contains("takes back the changes that brought them: `release-steps/21.md`"), "{}", ran.out);
}
