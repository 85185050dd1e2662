//! `lint` and `items` as somebody tries them for the first time.

use super::{LIST, World};

#[test]
fn a_note_is_a_suggestion_that_never_counts() {
    let world = World::new();
    world.write("list.md", "## Post-release\n- [ ] Tag vX.Y.Z\n");
    let ran = world.run(&["lint", "list.md", "--strict"]);
    insta::assert_snapshot!(ran.out, @r#"
    list.md:1:4: note: these items must be done before the release, though the heading sounds as if they came after it
        1 | ## Post-release
          |    ^^^^^^^^^^^^ if they may, write `<!-- hp: phase=after -->` behind the heading
    list.md:2:11: note: `vX.Y.Z` stays as it is in the issue
        2 | - [ ] Tag vX.Y.Z
          |           ^^^^^^ to have it filled in, write in the configuration: `replace: { "vX.Y.Z": "v{{ version }}" }`
    0 problems and 2 notes in 1 file
    "#);
    assert_eq!(ran.code, 0);
    let ran = world.run(&["lint", "list.md", "--format", "github"]);
    assert!(ran.out.lines().all(|line| line.starts_with("::notice file=list.md,line=")), "{}", ran.out);
    let ran = world.run(&["lint", "list.md", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&rows[0]["severity"], &rows[1]["severity"]), (&"note".into(), &"note".into()));
    assert_eq!(world.run(&["items", "list.md"]).err, "", "notes are no problems");
}

#[test]
fn reviewers_of_a_change_hear_of_problems_and_find_suggestions_folded() {
    let world = World::new();
    world.write("old.md", "- [ ] Tag\n## After the launch\n- [ ] Watch\n").write(
        "new.md",
        "- [ ] Tag vX.Y.Z for {{ versoin }}\n## After the launch\n- [ ] Watch\n## Post-release\n- [ ] Tell\n",
    );
    let ran = world.run(&["diff", "--files", "old.md", "new.md"]);
    assert!(ran.out.contains("did you mean `{{ version }}`?"), "{}", ran.out);
    assert!(ran.out.ends_with("\n\n2 suggestions for new.md: see `holdpoint lint`\n"), "{}", ran.out);
    let ran = world.run(&["diff", "--files", "old.md", "new.md", "--format", "markdown"]);
    let (told, folded) = ran.out.split_once("<details>\n<summary>2 suggestions</summary>\n").unwrap();
    assert!(told.contains("did you mean") && !told.contains("phase=after"), "{}", ran.out);
    assert!(folded.contains("- `new.md` line 1: `vX.Y.Z` stays as it is in the issue; "), "{}", ran.out);
    assert!(folded.contains("- `new.md` line 4: these items must be done before"), "line 2 was so before: {}", ran.out);
    assert!(folded.ends_with("</details>\n") && !folded.contains("line 2:"), "{}", ran.out);
    let ran = world.run(&["diff", "--files", "old.md", "new.md", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let lines: Vec<&serde_json::Value> = view["suggestions"].as_array().unwrap().iter().map(|s| &s["line"]).collect();
    assert_eq!(lines, [1, 4]);
}

#[test]
fn what_is_wrong_alike_on_many_lines_is_told_three_times() {
    let world = World::new();
    world.write("list.md", format!("- [ ] a\n{}\n- [ ] b\n- [] c\n", "- [] c\n".repeat(24)));
    let ran = world.run(&["lint", "list.md"]);
    assert_eq!(ran.out.matches("warning: this looks like a box").count(), 3, "{}", ran.out);
    assert!(
        ran.out.ends_with(
            "      |   ^^ write `[ ]`\n      = and 22 more like this, in lines 5-25, 28\n25 problems in 1 file\n"
        ),
        "{}",
        ran.out
    );
    let ran = world.run(&["lint", "list.md", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&ran.out).unwrap().len(), 25, "programs hear of each");
    assert_eq!(world.run(&["lint", "list.md", "--format", "github"]).out.lines().count(), 25);
    // One more is told as well: to leave it out would save nothing.
    world.write("list.md", "- [ ] a\n- [] b\n- [] c\n- [] d\n- [] e\n");
    let ran = world.run(&["lint", "list.md"]);
    assert!(ran.out.matches("warning:").count() == 4 && !ran.out.contains("more like this"), "{}", ran.out);
}

#[test]
fn what_the_configuration_says_is_not_suggested_whether_the_file_is_named_or_found() {
    let world = World::git();
    let configuration = "checklists:\n  app:\n    template: docs/ship.md\n    after: [\"post-release*\"]\n    replace: { \"vX.Y.Z\": \"v{{ version }}\" }\n";
    world
        .write(".github/holdpoint.yml", configuration)
        .write("docs/ship.md", "## Post-release\n- [ ] Tag vX.Y.Z, see [the plan](plan.md)\n")
        .write("docs/plan.md", "# Plan\n");
    for args in [&["lint"][..], &["lint", "docs/ship.md"], &["lint", "."], &["lint", "docs"]] {
        let ran = world.run(args);
        assert!(ran.out.starts_with("0 problems in "), "{args:?}: {}", ran.out);
    }
    std::fs::remove_file(world.root.join("docs/plan.md")).unwrap();
    assert!(world.run(&["lint"]).out.contains("there is no file `docs/plan.md`"));
}

#[test]
fn a_folder_in_a_repository_stands_for_the_checklists_in_it() {
    let world = World::git();
    world
        .write(".github/holdpoint.yml", "checklists:\n  app:\n    template: [docs/ship.md, more/ship.md]\n")
        .write("docs/ship.md", LIST)
        .write("docs/other.md", "no checklist\n")
        .write("more/ship.md", "- [] a\n- [ ] b\n")
        .write("package/release-checklist.md", LIST);
    assert_eq!(world.run(&["lint", "docs"]).out, "0 problems in 1 file\n");
    assert!(world.run(&["lint", "more/"]).out.starts_with("more/ship.md:1:3: warning"));
    assert!(world.run(&["lint", "docs", "more"]).out.ends_with("1 problem in 2 files\n"));
    assert_eq!(world.run(&["lint", "package"]).out, "0 problems in 1 file\n", "a root of its own");
    assert_eq!(world.run_in("more", &["lint", "."]).out.lines().last(), Some("1 problem in 1 file"));
}

#[test]
fn a_folder_without_a_checklist_is_no_success() {
    let world = World::git();
    world.write("docs/notes.txt", "x\n").write("release-checklist.md", LIST);
    let ran = world.run(&["lint", "docs"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err, "there is no checklist in docs; name the files, as in `holdpoint lint docs/*.md`\n");
    let empty = World::git();
    for args in [&["lint"][..], &["lint", "."]] {
        let ran = empty.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (0, "0 problems in 0 files\n"), "a repository may have none");
        assert_eq!(ran.err, "holdpoint: there is no checklist here, and no .github/holdpoint.yml\n");
    }
}

#[test]
fn what_can_be_read_is_told_even_where_other_files_are_missing() {
    let world = World::new();
    world.write("a.md", "- [] a\n- [ ] b\n").write("b.md", LIST);
    let ran = world.run(&["lint", "gone.md", "a.md", "lost/*.md", "b.md"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.ends_with("1 problem in 2 files\n"), "{}", ran.out);
    assert!(ran.err.contains("cannot read gone.md") && ran.err.contains("`lost/*.md` matches no file"), "{}", ran.err);
    let ran = world.run(&["items", "gone.md", "b.md", "--format", "json"]);
    assert_eq!((ran.code, ran.out.lines().count()), (2, 1));
    assert!(ran.err.contains("cannot read gone.md"), "{}", ran.err);
}

#[test]
fn items_reads_standard_input_beside_files() {
    let mut world = World::new();
    world.write("b.md", LIST);
    world.input = b"- [ ] from a pipe\n".to_vec();
    let ran = world.run(&["items", "-", "b.md"]);
    assert!(ran.out.starts_with("<stdin> · 1 item\n\n[ ] from a pipe\n\nb.md · 4 items"), "{}", ran.out);
}

#[test]
fn marks_stand_under_what_they_mean_behind_tabs_and_wide_letters() {
    let world = World::new();
    world.write("a.md", "- [ ] b\n\n1.\t日本 👩\u{200d}🚀 e\u{301}\n   -\t[] 日本\n- [ ] 日本語 {{ versoin }} 😀\n");
    let ran = world.run(&["lint", "a.md"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let mut seen = 0;
    for pair in lines.windows(2) {
        let Some(mark) = pair[1].find('^') else { continue };
        let word = if pair[0].contains("versoin") { "{{ versoin }}" } else { "[]" };
        let before = pair[0].split(word).next().unwrap();
        assert_eq!(unicode_width::UnicodeWidthStr::width(before), mark, "{}", ran.out);
        let marks = pair[1].chars().filter(|c| *c == '^').count();
        assert_eq!(marks, word.len(), "{}", ran.out);
        seen += 1;
    }
    assert_eq!(seen, 2, "{}", ran.out);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let world = World::new();
    let text = "# Go\n\n- [ ] Tag\n- [] Sign\n";
    world.write("unix.md", text).write("windows.md", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let unix = world.run(&["lint", "unix.md"]).out;
    assert_eq!(world.run(&["lint", "windows.md"]).out, unix.replace("unix.md", "windows.md"));
}

#[test]
fn names_and_texts_of_strangers_are_harmless_in_every_format() {
    let world = World::new();
    let name = "a\u{1b}[31m\u{202e}.md";
    world.write(name, "- [ ] a {{ x\u{7}y }}\n- [ ] b <!-- hp: \u{1b}]0;x -->\n## Post-release \u{2028}\n- [ ] c\n");
    for format in ["text", "json", "github"] {
        let ran = world.run(&["lint", name, "--format", format]);
        assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{2028}']), "{format}: {:?}", ran.out);
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn yaml_that_is_no_form_and_a_form_without_boxes_are_told_as_such() {
    let world = World::new();
    for (yaml, told) in [
        ("name: Release\nbody: []\n", "form.yml:1:1: error: this form has no boxes"),
        ("name: Release\n", "form.yml:1:1: error: this YAML is no issue form: it has no `body`"),
        ("name: Release\nbody:\n\t- type: markdown\n", "form.yml:3:2: error: this line is indented with a tab"),
    ] {
        world.write("form.yml", yaml);
        let ran = world.run(&["lint", "form.yml"]);
        assert_eq!((ran.code, ran.out.matches("error:").count()), (1, 1), "{}", ran.out);
        assert!(ran.out.contains(told), "{}", ran.out);
    }
}

#[test]
fn a_branch_that_the_clone_would_have_and_has_not_is_a_warning() {
    let world = World::git();
    world
        .write("release-checklist.md", LIST)
        .write(".github/holdpoint.yml", "checklists:\n  release:\n    gate: { branches: [prodcution, main] }\n");
    assert_eq!(
        world.run(&["lint"]).out,
        "0 problems in 2 files\n",
        "a repository without a commit has no branches yet"
    );
    world.commit("one");
    world.branch("production");
    let said = ".github/holdpoint.yml:3:24: warning: there is no branch `prodcution`, so nothing waits by that name";
    for args in [&["lint"][..], &["lint", ".github/holdpoint.yml"]] {
        let ran = world.run(args);
        assert!(ran.out.starts_with(said) && ran.out.contains("did you mean `production`?"), "{}", ran.out);
        assert_eq!(ran.code, 0);
    }
    // A clone of one branch, or one that was never fetched, does not know the others.
    let repository = world.repository();
    repository.remote_with_fetch("origin", "https://example.com/a/b", "+refs/heads/*:refs/remotes/origin/*").unwrap();
    assert_eq!(world.run(&["lint"]).out, "0 problems in 2 files\n");
    let head = repository.head().unwrap().target().unwrap();
    repository.reference("refs/remotes/origin/live", head, false, "fetched").unwrap();
    assert!(world.run(&["lint"]).out.starts_with(said));
    repository.reference("refs/remotes/origin/prodcution", head, false, "fetched").unwrap();
    assert_eq!(world.run(&["lint"]).out, "0 problems in 2 files\n");
    std::fs::write(world.root.join(".git/shallow"), format!("{head}\n")).unwrap();
    repository.find_reference("refs/remotes/origin/prodcution").unwrap().delete().unwrap();
    assert_eq!(world.run(&["lint"]).out, "0 problems in 2 files\n");
}

#[test]
fn lint_fails_for_what_would_keep_the_gate_shut_on_the_day_of_the_release() {
    let world = World::git();
    let long = format!("- [ ] Short\n- [ ] Read {}\n", "x".repeat(90_000));
    let several: String = (0..2_000).map(|n| format!("- [ ] number {n:04} of many items, as said\n")).collect();
    let large = format!("- [ ] a\n\n{}\n", "word ".repeat(220_000));
    world
        .write("release-checklist.md", &long)
        .write("release-steps/1.md", &large)
        .write("release-steps/2.md", &several);
    let ran = world.run(&["lint"]);
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.contains(".md:")).collect();
    let [item, size, parts] = lines.as_slice() else { panic!("{}", ran.out) };
    assert!(item.starts_with("release-checklist.md:2:1: error: `Read xxx"), "{item}");
    assert!(item.ends_with("is longer than the 65,000 characters that Holdpoint puts into an issue"), "{item}");
    assert!(ran.out.contains("shorten it, or make it several items"), "{}", ran.out);
    let bytes = "release-steps/1.md:1:1: error: 1,100,010 bytes: Holdpoint reads no checklist above 1 MiB (1,048,576)";
    assert_eq!(*size, bytes);
    assert!(parts.starts_with("release-steps/2.md:1:1: note: 82,000 characters: "), "{parts}");
    assert!(ran.out.contains("the release is opened in several linked issues"), "{}", ran.out);
    assert_eq!(ran.code, 1);
    // Named by themselves they are as wrong, and a list that is merely long is not.
    assert_eq!(world.run(&["lint", "release-checklist.md"]).code, 1);
    assert_eq!(world.run(&["lint", "release-steps/1.md"]).code, 1);
    assert_eq!(world.run(&["lint", "release-steps/2.md", "--strict"]).code, 0);
}

#[test]
fn lint_fails_where_only_the_templates_together_make_no_issue() {
    let world = World::git();
    world
        .write(".github/holdpoint.yml", "checklists:\n  release:\n    template: [a.md, b.md]\n")
        .write("a.md", "- [ ] Tag\n\n<!-- to be continued\n")
        .write("b.md", "- [ ] Watch\n");
    let ran = world.run(&["lint"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(
        ran.out.contains("a.md:1:1: error: `a.md` leaves a code fence, a comment or an HTML block open"),
        "{}",
        ran.out
    );
    world.write("a.md", "- [ ] Tag\n");
    assert_eq!(world.run(&["lint"]).code, 0);
}

#[test]
fn of_a_readme_among_steps_only_what_was_meant_as_a_box_is_told() {
    let world = World::new();
    world
        .write("RELEASING.md", LIST)
        .write("release-steps/README.md", "# Steps\n\n1. Add a file.\n2. Add a box to it.\n");
    assert_eq!(world.run(&["lint", "--strict", "."]).out, "0 problems in 2 files\n");
    world.write("release-steps/README.md", "# Steps\n\n- [] Add a file.\n");
    let ran = world.run(&["lint", "."]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("release-steps/README.md:3:3: warning: this looks like a box"), "{}", ran.out);
    // With another name it was meant as steps.
    world.write("release-steps/README.md", "").write("release-steps/1.md", "1. Pause the importer.\n");
    let ran = world.run(&["lint", "."]);
    assert!(ran.out.contains("release-steps/1.md:1:4: warning: this file has no items"), "{}", ran.out);
}
