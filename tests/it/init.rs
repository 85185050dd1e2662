//! `holdpoint init` as people run it: the real binary in folders of their own, and what lies there afterwards.

use super::Folder;
use git2::{Repository, RepositoryInitOptions, Signature};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CONFIGURATION: &str = ".github/holdpoint.yml";
const CHECKLIST: &str = ".github/release-checklist.md";
const STEPS: &str = "release-steps/README.md";

/// A folder that goes with the test.
struct Place {
    folder: Folder,
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: Folder::new() }
    }

    /// A repository without a commit.
    fn repository() -> Self {
        let place = Self::new();
        Repository::init_opts(place.root(), RepositoryInitOptions::new().initial_head("main")).unwrap();
        place
    }

    fn root(&self) -> &Path {
        &self.folder.0
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn commit(&self) -> &Self {
        let repository = Repository::open(self.root()).unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = Signature::now("Ann", "ann@example.com").unwrap();
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &author, &author, "A change", &tree, &parents).unwrap();
        self
    }

    fn branch(&self, name: &str) -> &Self {
        let repository = Repository::open(self.root()).unwrap();
        let head = repository.head().unwrap().peel_to_commit().unwrap();
        repository.branch(name, &head, false).unwrap();
        self
    }

    fn tag(&self, name: &str) -> &Self {
        let repository = Repository::open(self.root()).unwrap();
        let head = repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        repository.tag_lightweight(name, &head, false).unwrap();
        self
    }

    fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
        command.args(args).current_dir(self.root().join(folder)).env_remove("HOLDPOINT_GITHUB_APP_ID");
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        ran(&mut self.command("", args))
    }

    /// Every file outside of `.git`, with its text.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.root().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() && entry.file_name() != ".git" {
                    open.push(entry.path());
                } else if kind.is_file() {
                    let path = entry.path().strip_prefix(self.root()).unwrap().to_string_lossy().into_owned();
                    found.insert(path, fs::read_to_string(entry.path()).unwrap());
                }
            }
        }
        found
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    fn is_clean(&self) {
        let ran = self.run(&["lint", "--strict"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        assert!(ran.out.starts_with("0 problems in "), "{}", ran.out);
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn a_fresh_repository_without_a_commit_gets_its_files_and_the_second_run_has_nothing_to_do() {
    let place = Place::repository();
    let first = place.run(&["init", "--yes"]);
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{}", first.out);
    assert_eq!(place.names(), [CONFIGURATION, CHECKLIST, STEPS]);
    place.is_clean();
    assert!(first.out.contains("git add .github/holdpoint.yml .github/release-checklist.md release-steps/README.md\n"));
    let before = place.files();
    let second = place.run(&["init", "--yes"]);
    assert_eq!((second.code, second.err.as_str()), (0, ""));
    assert!(second.out.contains("\nNothing to do: "), "{}", second.out);
    assert!(!second.out.contains("+++") && !second.out.contains("git add"), "{}", second.out);
    assert_eq!(place.files(), before);
    // Once it is committed too.
    place.commit();
    assert_eq!(place.run(&["init"]).code, 0);
    let issue = place.run(&["preview", "--tag", "v1.0.0"]);
    assert!(issue.err.contains("Title: Release 1.0.0\n") && issue.out.contains("## Before the release\n"));
}

#[test]
fn without_a_terminal_nothing_is_written_until_it_is_told_yes() {
    let place = Place::repository();
    for args in [&["init"][..], &["init", "--force"], &["init", "--format", "json"]] {
        let ran = place.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        assert_eq!(place.names(), Vec::<String>::new(), "{args:?}");
        assert!(ran.out.contains(CHECKLIST), "{args:?}");
    }
    let mut command = place.command("", &["init"]);
    let yes = place.root().join("yes");
    fs::write(&yes, "y\ny\ny\n").unwrap();
    let told = ran(command.stdin(fs::File::open(&yes).unwrap()));
    assert!(
        told.err.ends_with("nothing was written; to write the files, run `holdpoint init --yes`\n"),
        "{}",
        told.err
    );
    assert_eq!(place.names(), ["yes"], "a pipe is nobody who agrees");
}

#[test]
fn a_file_that_exists_is_replaced_by_force_alone_and_keeps_its_permissions() {
    let place = Place::repository();
    let own = "checklists:\n  release: {}\n";
    place.write(CONFIGURATION, own).write(CHECKLIST, "- [ ] Look\n");
    fs::set_permissions(place.root().join(CONFIGURATION), fs::Permissions::from_mode(0o640)).unwrap();
    let kept = place.run(&["init", "--yes"]);
    assert_eq!((kept.code, place.read(CONFIGURATION).as_str()), (0, own));
    assert!(kept.out.contains(".github/holdpoint.yml stays as it is; --force shows"), "{}", kept.out);
    let shown = place.run(&["init", "--force"]);
    assert_eq!((shown.code, place.read(CONFIGURATION).as_str()), (1, own));
    assert!(shown.out.contains("--- a/.github/holdpoint.yml\n+++ b/.github/holdpoint.yml\n"), "{}", shown.out);
    assert_eq!(place.names(), [CONFIGURATION, CHECKLIST, STEPS], "what is new is written");
    let replaced = place.run(&["init", "--yes", "--force"]);
    assert_eq!(replaced.code, 0, "{}", replaced.err);
    assert!(place.read(CONFIGURATION).contains("template: .github/release-checklist.md"));
    assert_eq!(place.read(CHECKLIST), "- [ ] Look\n", "it is used, and not replaced");
    assert_eq!(fs::metadata(place.root().join(CONFIGURATION)).unwrap().permissions().mode() & 0o777, 0o640);
    let chosen = place.run(&["init", "--template", "library", "--yes"]);
    assert_eq!((chosen.code, place.read(CHECKLIST).as_str()), (0, "- [ ] Look\n"));
    assert!(chosen.err.contains("exists, and stays as it is; --force replaces it"), "{}", chosen.err);
    assert!(chosen.out.contains("\n-- [ ] Look\n"), "{}", chosen.out);
    assert_eq!(place.run(&["init", "--template", "library", "--yes", "--force"]).code, 0);
    assert!(place.read(CHECKLIST).contains("The registry shows the new version"));
    place.is_clean();
}

#[test]
fn a_configuration_with_errors_stays_and_is_pointed_out() {
    let place = Place::repository();
    place.write(CONFIGURATION, "checklists:\n  release:\n    tempalte: a.md\n");
    let ran = place.run(&["init", "--yes"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("has errors, so nothing fits it: `holdpoint lint` shows them"), "{}", ran.err);
    assert_eq!(place.names(), [CONFIGURATION]);
    assert_eq!(place.run(&["init", "--yes", "--force"]).code, 0);
    place.is_clean();
}

#[test]
fn in_a_subfolder_the_files_go_to_the_root_of_the_repository() {
    let place = Place::repository();
    place.write("a/b/c.txt", "");
    let ran = ran(&mut place.command("a/b", &["init", "--yes"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(place.names(), [CONFIGURATION, CHECKLIST, "a/b/c.txt", STEPS]);
    assert!(ran.out.contains("wrote ../../.github/holdpoint.yml\n"), "{}", ran.out);
    assert!(ran.out.contains("git add ../../.github/holdpoint.yml ../../.github/release-checklist.md "), "{}", ran.out);
}

#[test]
fn outside_of_a_repository_it_says_where_it_is_and_what_to_do() {
    let place = Place::new();
    let outside = place.run(&["init", "--yes"]);
    assert_eq!((outside.code, outside.out.as_str()), (2, ""));
    let folder = place.root().canonicalize().unwrap();
    assert_eq!(
        outside.err,
        format!(
            "holdpoint: {} is in no git repository. Go to the folder of your repository, or make one with `git init`, and run `holdpoint init` again\n",
            folder.display()
        )
    );
    assert_eq!(place.names(), Vec::<String>::new());
    let bare = Place::new();
    Repository::init_bare(bare.root()).unwrap();
    let before = bare.names();
    let in_bare = bare.run(&["init", "--yes"]);
    assert_eq!(in_bare.code, 2);
    assert!(in_bare.err.contains("is bare") && in_bare.err.contains("in a clone of it"), "{}", in_bare.err);
    assert_eq!(bare.names(), before);
}

#[test]
fn nothing_is_written_through_a_symbolic_link_and_none_is_followed() {
    let outside = Place::new();
    outside.write("holdpoint.yml", "mine\n").write("release-checklist.md", "- [ ] Of another repository\n");
    // Each of the folders and of the files, and a link to nothing.
    for (link, target) in [
        (".github", outside.root().to_path_buf()),
        ("release-steps", outside.root().to_path_buf()),
        (CONFIGURATION, outside.root().join("holdpoint.yml")),
        (CHECKLIST, outside.root().join("release-checklist.md")),
        (CHECKLIST, PathBuf::from("/nowhere/at all")),
    ] {
        let place = Place::repository();
        fs::create_dir_all(place.root().join(link).parent().unwrap()).unwrap();
        symlink(&target, place.root().join(link)).unwrap();
        for args in [&["init", "--yes"][..], &["init", "--yes", "--force"]] {
            let ran = place.run(args);
            assert_eq!(ran.code, 2, "{link}: {}", ran.out);
            assert!(ran.err.contains(&format!("{link} is a symbolic link. GitHub does not follow it")), "{}", ran.err);
            assert_eq!(place.names(), Vec::<String>::new(), "{link}: nothing is written, also no other file");
            assert!(fs::symlink_metadata(place.root().join(link)).unwrap().is_symlink());
            assert!(!ran.out.contains("Of another repository"), "{}", ran.out);
        }
    }
    assert_eq!(outside.names(), ["holdpoint.yml", "release-checklist.md"]);
    assert_eq!(outside.read("holdpoint.yml"), "mine\n");
}

#[test]
fn a_file_that_git_ignores_is_not_overwritten_unseen() {
    let place = Place::repository();
    place.write(".gitignore", ".github/\n").write(CONFIGURATION, "a secret\n");
    let ran = place.run(&["init", "--yes", "--force"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("exists, and was not read: git ignores it"), "{}", ran.err);
    assert_eq!(place.read(CONFIGURATION), "a secret\n");
    assert_eq!(place.names(), [CONFIGURATION, ".gitignore"]);
}

#[test]
fn in_a_folder_that_is_read_only_it_says_what_cannot_be_written() {
    /// Nobody's number. A superuser may write everywhere.
    const NOBODY: u32 = 65_534;
    let place = Place::repository();
    let is_superuser = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if is_superuser {
        let mut open = vec![place.root().to_path_buf()];
        while let Some(path) = open.pop() {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
    }
    // A place that everybody may run it from. Another process copies it: a file that this one has open for writing is busy in every
    // process that another test starts meanwhile.
    let binary = Place::new();
    let program = binary.root().join("holdpoint");
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_holdpoint")).arg(&program).status().unwrap().success());
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = Command::new(&program);
    command.args(["init", "--yes"]).current_dir(place.root()).env("HOME", "/").stdin(Stdio::null());
    if is_superuser {
        command.uid(NOBODY).gid(NOBODY);
    }
    let ran = ran(&mut command);
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let file = place.root().canonicalize().unwrap().join(CONFIGURATION);
    let expected = format!("holdpoint: nothing was written: cannot write {}: Permission denied", file.display());
    assert!(ran.err.starts_with(&expected), "{}", ran.err);
    assert!(
        ran.err.ends_with("make the folder writable for your user, and run `holdpoint init` again\n"),
        "{}",
        ran.err
    );
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn a_monorepo_gets_a_glob_for_the_tags_of_each_component() {
    let place = Place::repository();
    place.write("package.json", "{}\n").commit();
    for tag in ["api/v1.0.0", "api/v1.1.0", "web/v2.0.0", "web/v2.0.1"] {
        place.tag(tag);
    }
    assert_eq!(place.run(&["init", "--yes"]).code, 0);
    assert!(place.read(CONFIGURATION).contains("      match:\n        - \"api/v*\"\n        - \"web/v*\"\n"));
    assert!(place.read(CHECKLIST).starts_with("---\ntitle: Release {{ tag }}\n---\n"));
    assert!(place.read(CHECKLIST).contains("- [ ] `npm publish --dry-run` reports no problem\n"));
    place.is_clean();
    place.commit();
    let issue = place.run(&["preview", "--tag", "web/v2.1.0"]);
    assert!(issue.err.contains("Title: Release web/v2.1.0\n"), "{}", issue.err);
}

/// A repository of a Django site with a branch and an environment that ship.
fn django() -> Place {
    let place = Place::repository();
    let workflow = "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment:\n      name: production\n    steps: []\n";
    place.write("manage.py", "").write("shop/migrations/0001_initial.py", "").write("buildspec.yml", "");
    place.write(".github/workflows/deploy.yml", workflow).commit().branch("production");
    let repository = Repository::open(place.root()).unwrap();
    repository.remote("origin", "git@github.com:acme/shop.git").unwrap();
    place
}

#[test]
fn a_django_site_gets_its_own_checklist_and_a_gate_on_its_branch_and_environment() {
    let place = django();
    let ran = place.run(&["init", "--yes", "--app-id", "4711"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let config = holdpoint::config::parse(&place.read(CONFIGURATION)).0.unwrap();
    let release = &config.checklists["release"];
    assert!(release.gates("production") && !release.gates("main"));
    assert!(release.gates_environment("production") && !release.gates_environment("staging"));
    assert!(place.read(CHECKLIST).contains("## Database <!-- hp: when=paths(**/migrations/**) -->\n"));
    place.is_clean();
    // The ruleset of the last command is what GitHub takes.
    let json = ran.out.split_once("--input - <<'EOF'\n").and_then(|(_, rest)| rest.split_once("\nEOF\n")).unwrap().0;
    let ruleset: Value = serde_json::from_str(json).unwrap();
    assert_eq!(ruleset["conditions"]["ref_name"]["include"], serde_json::json!(["refs/heads/production"]));
    assert_eq!(
        ruleset["rules"][0]["parameters"]["required_status_checks"],
        serde_json::json!([{ "context": "holdpoint/release", "integration_id": 4711 }])
    );
    for page in ["settings/installations", "settings/rules", "settings/environments", "compare/add-release-checklist"] {
        assert!(ran.out.contains(&format!("https://github.com/acme/shop/{page}")), "{page}");
    }
    // Reviewers see no problem, and nothing about the page that explains the steps.
    place.commit();
    let review = place.run(&["diff", "production", "main", "--format", "json"]);
    let review: Value = serde_json::from_str(&review.out).unwrap();
    assert_eq!((&review["problems"], &review["suggestions"]), (&serde_json::json!([]), &serde_json::json!([])));
    let files: Vec<&str> = review["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(files, [CHECKLIST]);
}

/// The keys of an object and of those in it; a ruleset's are GitHub's.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                found.insert(key.clone());
                if key != "rulesets" {
                    keys(inner, found);
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|inner| keys(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn programs_get_the_proposal_as_json_with_the_keys_that_are_explained() {
    let place = django();
    let before = place.names();
    let proposed = place.run(&["init", "--format", "json"]);
    assert_eq!((proposed.code, proposed.err.as_str()), (1, ""));
    assert_eq!(place.names(), before);
    let json: Value = serde_json::from_str(&proposed.out).unwrap();
    assert_eq!((&json["written"], &json["template"]), (&false.into(), &"django-aws".into()));
    assert_eq!((&json["repository"], &json["checks"][0]), (&"acme/shop".into(), &"holdpoint/release".into()));
    let actions: Vec<&str> = json["files"].as_array().unwrap().iter().map(|f| f["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["create", "create", "create"]);
    let written = place.run(&["init", "--format", "json", "--yes"]);
    let done: Value = serde_json::from_str(&written.out).unwrap();
    assert_eq!((written.code, &done["written"]), (0, &true.into()));
    for file in done["files"].as_array().unwrap() {
        assert_eq!(place.read(file["path"].as_str().unwrap()), file["text"].as_str().unwrap());
    }
    let again: Value = serde_json::from_str(&place.run(&["init", "--format", "json"]).out).unwrap();
    let actions: Vec<&str> = again["files"].as_array().unwrap().iter().map(|f| f["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["none"]);
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md")).unwrap();
    let part = page.split("\n## `holdpoint ").find(|part| part.starts_with("init`")).unwrap();
    let mut found = BTreeSet::new();
    keys(&json, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for key in found {
        assert!(part.contains(&format!("`{key}`")), "nothing explains `{key}`");
    }
    for name in ["service", "library", "django-aws", "mobile-app", "data-pipeline"] {
        assert!(part.contains(&format!("| `{name}` |")), "nothing explains --template {name}");
    }
}
