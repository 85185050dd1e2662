//! The commands as a user sees them: what goes in, what comes out on which stream, and the exit code.

mod diffs;
mod lints;
mod previews;
mod unread;

use super::local::Local;
use super::outcome::Outcome;
use super::terminal::{Console, Paint};
use clap::Parser as _;
use git2::{Repository, Signature};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(clap::Parser)]
struct Cli {
    #[command(subcommand)]
    command: Local,
}

/// A folder of its own that goes away with the test.
pub(super) struct World {
    pub(super) root: PathBuf,
    pub(super) input: Vec<u8>,
    colours: bool,
    /// Whether somebody answers questions, with [`World::input`].
    pub(super) interactive: bool,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

impl World {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("holdpoint-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        Self { root: root.canonicalize().unwrap(), input: Vec::new(), colours: false, interactive: false }
    }

    /// A world that is a git repository with a branch `main`.
    pub(super) fn git() -> Self {
        let world = Self::new();
        let mut options = git2::RepositoryInitOptions::new();
        Repository::init_opts(&world.root, options.initial_head("main")).unwrap();
        world
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(super) fn repository(&self) -> Repository {
        Repository::open(&self.root).unwrap()
    }

    /// Commits all files to the branch that is checked out.
    pub(super) fn commit(&self, message: &str) -> git2::Oid {
        let repository = self.repository();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = Signature::now("Ann", "ann@example.com").unwrap();
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents).unwrap()
    }

    pub(super) fn branch(&self, name: &str) -> &Self {
        let repository = self.repository();
        let head = repository.head().unwrap().peel_to_commit().unwrap();
        repository.branch(name, &head, false).unwrap();
        self.switch(name)
    }

    fn switch(&self, name: &str) -> &Self {
        let repository = self.repository();
        repository.set_head(&format!("refs/heads/{name}")).unwrap();
        repository.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).unwrap();
        self
    }

    pub(super) fn tag(&self, name: &str) -> &Self {
        let repository = self.repository();
        let head = repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        let author = Signature::now("Ann", "ann@example.com").unwrap();
        repository.tag(name, &head, &author, "annotated", false).unwrap();
        self
    }

    pub(super) fn run(&self, args: &[&str]) -> Ran {
        self.run_in("", args)
    }

    pub(super) fn run_in(&self, folder: &str, args: &[&str]) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let outcome = match Cli::try_parse_from(["holdpoint"].iter().chain(args)) {
            Err(error) => Err(anyhow::anyhow!("{error}")),
            Ok(cli) => cli.command.on(&mut Console {
                input: &mut self.input.as_slice(),
                out: &mut out,
                err: &mut err,
                paint: Paint::when(self.colours),
                interactive: self.interactive,
                directory: self.root.join(folder),
                today: "2026-11-23".to_owned(),
            }),
        };
        let mut err = String::from_utf8(err).unwrap();
        let code = match outcome {
            Ok(Outcome::Fine) => 0,
            Ok(Outcome::Problems) => 1,
            Err(error) => {
                err.push_str(&format!("{error:#}\n"));
                2
            }
        };
        Ran { code, out: String::from_utf8(out).unwrap(), err }
    }
}

const FORM: &str = "\
name: Release
title: \"Release {{ version }}\"
labels: release
body:
  - type: checkboxes
    attributes:
      label: Before
      options:
        - label: Green
        - label: Tagged
  - type: textarea
    attributes:
      label: 'Notes <!-- hp: phase=after -->'
      value: |
        - [ ] Written
";

const LIST: &str = "# Ship it\n\n## Build\n\n- [ ] Tag the commit\n- [ ] Build the image\n  - [ ] for two processors\n\n## Tell\n\n- [ ] Write to support <!-- hp: optional phase=after owner=@acme/help -->\n";

#[test]
fn lint_shows_the_line_and_underlines_what_is_wrong() {
    let world = World::new();
    world.write("list.md", "# Go\n\n- [ ] Warm the caches\n\t- [] Empty the queue\n").write("fine.md", LIST);
    let ran = world.run(&["lint", "list.md", "./fine.md"]);
    insta::assert_snapshot!(ran.out, @r"
    list.md:4:4: warning: this looks like a box, but GitHub shows plain text: a space is missing between the brackets
        4 |     - [] Empty the queue
          |       ^^ write `[ ]`
    1 problem in 2 files
    ");
    assert_eq!(ran.code, 0, "a warning is no failure");
    assert_eq!(world.run(&["lint", "list.md", "--strict"]).code, 1);
    assert_eq!(world.run(&["lint", "fine.md", "--strict"]).code, 0);
}

#[test]
fn lint_fails_where_a_release_would_be_wrong() {
    let world = World::new();
    world.write("empty.md", "# Nothing here\n");
    let ran = world.run(&["lint", "empty.md"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("empty.md:1:1: error: this file has no items"), "{}", ran.out);
}

#[test]
fn lint_writes_annotations_that_github_reads_and_json_that_programs_read() {
    let world = World::new();
    world.write("a, b: 100%.md", "- [ ] one\n-[ ] two\n");
    let ran = world.run(&["lint", "a, b: 100%.md", "--format", "github"]);
    insta::assert_snapshot!(ran.out, @"::warning file=a%2C b%3A 100%25.md,line=2,col=2,endColumn=4::this looks like a box, but GitHub shows plain text: a space is missing before the bracket; write `- [ ] text`");
    let ran = world.run(&["lint", "a, b: 100%.md", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["column", "file", "hint", "line", "message", "severity"]);
    assert_eq!((&rows[0]["line"], &rows[0]["severity"]), (&2.into(), &"warning".into()));
    assert_eq!(world.run(&["lint", "--format", "json"]).out, "[]\n");
}

#[test]
fn lint_without_paths_looks_at_the_repository_around_it() {
    let world = World::git();
    world
        .write(
            ".github/holdpoint.yml",
            "checklists:\n  app:\n    template: [docs/ship.md, docs/gone.md]\n    steps: todo/*.md\n",
        )
        .write("docs/ship.md", LIST)
        .write("docs/other.md", "- [] not a checklist of ours\n")
        .write("todo/1.md", "-[ ] drop the column\n- [ ] add the index\n")
        .write("todo/README.md", "How to write a step.\n")
        .write("built/todo/2.md", "-[ ] a copy\n")
        .write(".gitignore", "/built\n");
    let ran = world.run_in("docs", &["lint"]);
    insta::assert_snapshot!(ran.out, @r"
    ../.github/holdpoint.yml:3:30: error: there is no file `docs/gone.md`
        3 |     template: [docs/ship.md, docs/gone.md]
          |                              ^^^^^^^^^^^^ write the path from the root of the repository
    ../todo/1.md:1:2: warning: this looks like a box, but GitHub shows plain text: a space is missing before the bracket
        1 | -[ ] drop the column
          |  ^^^ write `- [ ] text`
    2 problems in 4 files
    ");
    assert_eq!(ran.code, 1);
    assert!(world.run(&["lint", "."]).out.starts_with(".github/holdpoint.yml:3:30:"));
}

#[test]
fn lint_reads_configuration_as_configuration_and_says_when_it_cannot_be_used() {
    let world = World::new();
    world.write(".github/holdpoint.yml", "checklists:\n  release:\n    templat: x.md\n").write("RELEASING.md", LIST);
    let ran = world.run(&["lint", "."]);
    insta::assert_snapshot!(ran.out, @r"
    .github/holdpoint.yml:3:5: error: unknown field `templat`
        3 |     templat: x.md
          |     ^^^^^^^ did you mean `template`?
    1 problem in 2 files
    ");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("looking in the usual places"), "{}", ran.err);
    let named = world.run(&["lint", ".github/holdpoint.yml"]);
    assert!(named.out.ends_with("1 problem in 1 file\n"), "{}", named.out);
}

#[test]
fn lint_takes_globs_and_standard_input_and_each_file_once() {
    let mut world = World::new();
    world.write("a/one.md", LIST).write("a/b/two.md", LIST).write("a/b/three.txt", LIST);
    world.input = b"- [x] done already\n".to_vec();
    let ran = world.run(&["lint", "a/**/*.md", "a/one.md", "-"]);
    assert!(ran.out.starts_with("<stdin>:1:3: warning: this box is ticked in the file"), "{}", ran.out);
    assert!(ran.out.ends_with("1 problem in 3 files\n"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_ends_with_2_and_one_clear_sentence() {
    let world = World::new();
    world.write("a/one.md", LIST);
    for (args, said) in [
        (&["lint", "gone.md"][..], "cannot read gone.md"),
        (&["lint", "*.txt"], "`*.txt` matches no file"),
        (&["items", "a"], "there is no checklist in a; name the files"),
        (&["items", "*.txt"], "`*.txt` matches no file"),
        (&["items", "gone.md"], "cannot read gone.md"),
        (&["items"], "required"),
        (&["lint", "--format", "xml"], "invalid value"),
        (&["diff"], "is in no git repository; go to one, or use --files"),
        (&["diff", "--files", "a/one.md"], "2 values required"),
        (&["diff", "--files", "-", "-"], "only one of the two files can be standard input"),
        (&["preview", "--files", "gone.md"], "cannot read gone.md"),
    ] {
        let ran = world.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn items_are_one_object_a_file_with_everything_that_holds_for_them() {
    let world = World::new();
    world.write("list.md", LIST).write("other.md", "- [x] a\n- [] b\n");
    let ran = world.run(&["items", "list.md", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(view["file"], "list.md");
    let last = &view["items"][3];
    let expected = serde_json::json!({
        "id": last["id"], "text": "Write to support", "checked": false, "line": 11, "depth": 0,
        "section": ["Ship it", "Tell"], "under": [], "phase": "after", "optional": true, "owners": ["@acme/help"],
    });
    assert_eq!(*last, expected);
    assert_eq!(
        (&view["items"][2]["depth"], &view["items"][2]["under"]),
        (&1.into(), &serde_json::json!(["Build the image"]))
    );
    assert_eq!(view["problems"], serde_json::json!([]));

    let ran = world.run(&["items", "list.md", "other.md", "--format", "json"]);
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["problems"][1]["line"], 2);
    assert_eq!(ran.code, 0, "problems are for lint to judge");
}

#[test]
fn items_as_text_are_an_outline_with_boxes() {
    let world = World::new();
    world.write("list.md", LIST);
    let ran = world.run(&["items", "list.md"]);
    insta::assert_snapshot!(ran.out, @r"
    list.md · 4 items · 1 after the release · 1 optional

    Ship it
      Build
        [ ] Tag the commit
        [ ] Build the image
          [ ] for two processors

      Tell
        [ ] Write to support · optional · after the release · @acme/help
    ");
}

#[test]
fn the_outline_names_the_plain_bullets_that_items_are_nested_in() {
    let world = World::new();
    let images = "- Upload the images for\n  - [ ] Linux\n  - [ ] Windows\n- Try the images for\n  - [ ] Linux\n\n";
    let text = format!(
        "# One\n\n{images}- [ ] Tell\n  - by mail\n    - [ ] the team\n    - [ ] the rest\n\n# Two\n\n{images}"
    );
    world.write("list.md", text);
    let ran = world.run(&["items", "list.md"]);
    insta::assert_snapshot!(ran.out, @r"
    list.md · 9 items

    One
      - Upload the images for
        [ ] Linux
        [ ] Windows
      - Try the images for
        [ ] Linux
      [ ] Tell
        - by mail
          [ ] the team
          [ ] the rest

    Two
      - Upload the images for
        [ ] Linux
        [ ] Windows
      - Try the images for
        [ ] Linux
    ");
}

#[test]
fn items_takes_globs_and_folders_too() {
    let world = World::git();
    world
        .write(".github/release-checklist.md", LIST)
        .write("release-steps/1.md", "- [ ] Once\n")
        .write("README.md", "");
    let files = |args: &[&str]| -> Vec<String> {
        let ran = world.run(&[&["items", "--format", "json"], args].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let objects = serde_json::Deserializer::from_str(&ran.out).into_iter::<serde_json::Value>();
        objects.map(|object| object.unwrap()["file"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(files(&["."]), [".github/release-checklist.md", "release-steps/1.md"]);
    assert_eq!(files(&["release-steps"]), ["release-steps/1.md"]);
    assert_eq!(files(&["release-steps/*.md", "README.md"]), ["release-steps/1.md", "README.md"]);
}

#[test]
fn headings_that_the_configuration_calls_after_are_after_here_too() {
    let world = World::new();
    world
        .write(".github/holdpoint.yml", "checklists:\n  release:\n    template: docs/ship.md\n    after: [\"tell*\"]\n")
        .write("docs/ship.md", "## Build\n- [ ] a\n## Tell them\n- [ ] b\n");
    let ran = world.run_in("docs", &["items", "../docs/ship.md", "--format", "json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&view["items"][0]["phase"], &view["items"][1]["phase"]), (&"before".into(), &"after".into()));
}

#[test]
fn a_hostile_text_cannot_speak_to_the_terminal() {
    let world = World::new();
    world.write("list.md", "- [ ] go \u{1b}[2J\u{202e}on\n-[ ] \u{7}\u{1b}]0;x\n").write("bad.md", b"- [ ] caf\xe9\n");
    for args in [&["items", "list.md"][..], &["lint", "list.md"], &["diff", "--files", "/dev/null", "list.md"]] {
        let ran = world.run(args);
        assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{args:?}: {:?}", ran.out);
    }
    assert!(world.run(&["lint", "bad.md"]).out.contains("bad.md:1:1: warning: this file is not UTF-8"));
}

#[test]
fn a_long_line_is_cut_around_the_place_that_is_meant() {
    let world = World::new();
    let line = format!("- [ ] {}<!-- hp: optionl -->{}", "日本 ".repeat(60), " tail".repeat(60));
    world.write("long.md", &line);
    let ran = world.run(&["lint", "long.md"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let text = unicode_width::UnicodeWidthStr::width(lines[1].split("optionl").next().unwrap());
    assert_eq!(lines[2].find('^'), Some(text), "{}", ran.out);
    assert!(lines[1].contains("| …") && lines[1].ends_with('…'), "{}", ran.out);
}

#[test]
fn colours_are_only_where_they_are_asked_for() {
    let mut world = World::new();
    world.write("list.md", "-[ ] a\n- [ ] b\n");
    assert!(!world.run(&["lint", "list.md"]).out.contains('\u{1b}'));
    world.colours = true;
    assert!(world.run(&["lint", "list.md"]).out.contains("\u{1b}[33mwarning:\u{1b}[0m"));
}

#[test]
fn the_command_line_is_well_formed() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
}
