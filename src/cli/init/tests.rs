//! Proposals for every kind of repository, and the questions before anything is written.

use super::destination::Destination;
use super::environments;
use super::findings::{CHECKLIST, Checklist, Findings, Survey};
use super::next_steps::{Setting, next_steps};
use super::project::{self, Kind, Project};
use super::proposal::{Choice, Proposal, propose};
use super::ruleset::rulesets;
use super::survey::{LONGEST_TEXT, MOST_ENTRIES, survey as look};
use super::tags::{self, Tags};
use crate::cli::git::Git;
use crate::cli::tests::World;
use crate::config;
use crate::ids::RepoName;
use crate::release::Site;
use clap::ValueEnum as _;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn survey(paths: &[&str], branches: &[&str], tags: &[&str], texts: &[(&str, &str)]) -> Survey {
    let texts: BTreeMap<String, String> = texts.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let mut paths = names(paths);
    paths.extend(texts.keys().cloned());
    Survey {
        paths,
        texts,
        branches: names(branches),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        whole: true,
        ..Survey::default()
    }
}

const WORKFLOW: &str = "jobs:\n  deploy:\n    environment: production\n  stage:\n    environment: {name: staging}\n  \
                        other:\n    environment: ${{ inputs.production }}\n";

/// Surveys of repositories that differ in everything that a proposal depends on.
fn surveys() -> Vec<Survey> {
    let files: [&[&str]; 6] = [
        &[],
        &["Dockerfile", "db/migrate/1.rb", "a/migrations/1.sql"],
        &["Cargo.toml", "package.json", "pyproject.toml"],
        &["manage.py", "shop/migrations/0001_initial.py"],
        &["ios/Podfile"],
        &["dbt_project.yml", "dags/daily.py", "android/build.gradle"],
    ];
    let tags: [&[&str]; 4] =
        [&[], &["v1.0.0", "v1.1.0"], &["api/v1.0.0", "api/v1.1.0", "web@1.0.0", "web@1.2.0"], &["2026-01-31"]];
    let mut all = Vec::new();
    for paths in files {
        for tags in tags {
            all.push(survey(paths, &["main"], tags, &[]));
            all.push(survey(paths, &["main", "production"], tags, &[(".github/workflows/a.yml", WORKFLOW)]));
        }
    }
    all.push(survey(&[], &[], &[], &[("docs/RELEASING.md", "# Ship\n\n- [ ] Look\n")]));
    all.push(survey(&[], &[], &[], &[("process/release checklist: v2.md", "- [ ] Look\n")]));
    all
}

/// The files of a proposal, over those of its survey, in a folder of their own.
fn written(survey: &Survey, proposal: &Proposal) -> World {
    let world = World::new();
    for path in &survey.paths {
        world.write(path, survey.texts.get(path).map_or("", String::as_str));
    }
    for file in &proposal.files {
        world.write(&file.path, &file.text);
    }
    world
}

#[test]
fn every_checklist_for_every_repository_is_read_and_linted_without_a_word() {
    let kinds: Vec<Option<Kind>> =
        Kind::value_variants().iter().map(|kind| Some(*kind)).chain(std::iter::once(None)).collect();
    for survey in surveys() {
        for kind in &kinds {
            let findings = Findings::of(survey.clone());
            let proposal = propose(&findings, Choice { kind: *kind, keep: false });
            let texts: Vec<&str> = proposal.files.iter().map(|file| file.text.as_str()).collect();
            let (config, problems) = config::parse(texts[0]);
            assert_eq!(problems, [], "{}", texts[0]);
            assert!(config.is_some() && config == proposal.config);
            assert!(proposal.files.iter().all(|file| file.text.ends_with('\n') && !file.text.contains("\n\n\n")));
            let ran = written(&survey, &proposal).run(&["lint", "--strict"]);
            let files = 2 + proposal.files.iter().filter(|file| file.path.contains("steps")).count();
            assert_eq!(ran.out, format!("0 problems in {files} files\n"), "{kind:?} {survey:?} {texts:?}");
            assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        }
    }
}

#[test]
fn what_is_commented_out_in_a_configuration_is_right_too() {
    let mut rules = 0;
    for survey in surveys() {
        let text = propose(&Findings::of(survey), Choice::default()).files[0].text.clone();
        let mut open = String::new();
        let mut inside = false;
        for line in text.lines() {
            let start = line.trim_start();
            let begins = ["# gate:", "# ticks:", "# require_steps:"].contains(&start);
            inside = start.starts_with('#') && (begins || inside && start.starts_with("#   "));
            rules += usize::from(begins);
            open.push_str(&if inside { line.replacen("# ", "", 1) } else { line.to_owned() });
            open.push('\n');
        }
        let (config, problems) = config::parse(&open);
        assert_eq!(problems, [], "{open}");
        assert!(config.is_some_and(|config| !config.checklists["release"].gate.branches.is_empty()
            || !config.checklists["release"].gate.environments.is_empty()));
    }
    assert!(rules > 80, "only {rules} rules are commented out");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{1,30}",
        Just("on".to_owned()),
        Just("1.0".to_owned()),
        Just("*".to_owned()),
        Just("[".to_owned()),
        Just("refs/heads/x".to_owned()),
        Just("a: b # c".to_owned()),
        "[a-z{}!,\\\\*?\\[\\]]{1,12}",
        "[\u{7f}-\u{a0}\u{2028}\u{feff}\u{fffe}a]{1,4}",
    ]
}

fn any_path() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text(),
        Just("manage.py".to_owned()),
        Just("shop/migrations/1.py".to_owned()),
        Just("ios/a".to_owned()),
        Just("dags/a".to_owned()),
        Just("Dockerfile".to_owned()),
        "docs/release[ -~]{0,8}checklist[^/]{0,4}\\.md",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_repository_gets_a_configuration_without_a_problem(
        paths in btree_set(any_path(), 0..8),
        branches in btree_set(prop_oneof![any_text(), Just("production".to_owned())], 0..4),
        tags in vec(prop_oneof![any_text(), "[a-z@/+_-]{0,6}v?[0-9]{1,3}(\\.[0-9]{1,2}){0,3}(-rc[0-9])?"], 0..12),
        environments in vec(any_text(), 0..4),
        kind in 0..=Kind::value_variants().len(),
    ) {
        let jobs: Vec<String> = environments.iter().enumerate()
            .map(|(at, name)| format!("  j{at}:\n    environment: {}\n", serde_json::json!(format!("prod {name}")))).collect();
        let mut texts: BTreeMap<String, String> = paths.iter().map(|path| (path.clone(), "- [ ] Do it\n".to_owned())).collect();
        texts.insert(".github/workflows/a.yml".to_owned(), format!("jobs:\n{}", jobs.concat()));
        let survey = Survey { paths: texts.keys().cloned().collect(), texts, branches, tags, ..Survey::default() };
        let kind = Kind::value_variants().get(kind).copied();
        let proposal = propose(&Findings::of(survey), Choice { kind, keep: false });
        prop_assert_eq!(config::parse(&proposal.files[0].text).1, []);
        prop_assert!(proposal.config.is_some());
    }

    #[test]
    fn any_findings_give_a_configuration_without_a_problem(
        branches in vec(any_text(), 0..5),
        environments in btree_map(any_text(), any_text(), 0..5),
        globs in vec(any_text(), 0..5),
        components in btree_set(any_text(), 0..3),
        checklist in proptest::option::of(any_text()),
    ) {
        let findings = Findings {
            branches,
            environments,
            tags: Tags { versions: globs.len(), components, globs },
            checklist: checklist.map(|path| Checklist { path, items: 1, usual: false }),
            migrations: vec![("**/migrations/**", "migrations".to_owned())],
            ..Findings::default()
        };
        let proposal = propose(&findings, Choice::default());
        prop_assert_eq!(config::parse(&proposal.files[0].text).1, []);
        prop_assert!(proposal.config.is_some());
    }
}

#[test]
fn the_globs_match_all_versions_and_the_usual_tags_need_none() {
    let cases: [(&[&str], &[&str]); 12] = [
        (&[], &[]),
        (&["v1.0.0", "1.1.0", "v2.0.0-rc.1"], &[]),
        (&["nightly", "latest", "stable"], &[]),
        (&["api/v1.0.0", "api/v1.1.0", "web/v2.0.0", "web/v2.1.0"], &["api/v*", "web/v*"]),
        (&["@acme/core@1.0.0", "@acme/core@1.1.0", "cli@2.0.0", "cli@2.0.1"], &["@acme/core@[0-9]*", "cli@[0-9]*"]),
        (&["rocket-1.0.0", "rocket-1.1.0"], &["rocket-[0-9]*"]),
        (&["v1.0.0", "v1.1.0", "chart-v1.0.0", "chart-v1.1.0"], &["chart-v*", "v*"]),
        // One of its kind beside a line of releases.
        (&["v1.0.0", "v1.1.0", "before-upgrade-2.0"], &[]),
        (&["2026-01-31", "2026-02-28"], &["[0-9]*"]),
        (&["release/1.0", "release/1.1"], &["release/[0-9]*"]),
        (&["a{b}-1.0.0", "a{b}-1.1.0"], &[]),
        (&["Ärger-1.0", "Ärger-1.1"], &[]),
    ];
    for (given, globs) in cases {
        let given: Vec<String> = given.iter().map(|tag| (*tag).to_owned()).collect();
        assert_eq!(tags::read(&given).globs, globs, "{given:?}");
    }
    let many: Vec<String> = (0..60).map(|at| format!("@acme/part{}@1.{}.0", at % 30, at / 30)).collect();
    assert_eq!(tags::read(&many).globs, ["@acme/*@[0-9]*"]);
    assert_eq!(tags::read(&many).components.len(), 30);
    let folders: Vec<String> = (0..60).map(|at| format!("part{}/v1.{}.0", at % 30, at / 30)).collect();
    assert_eq!(tags::read(&folders).globs, ["*/v*"]);
}

#[test]
fn the_project_is_what_lies_nearest_to_the_root() {
    type Case<'a> = (&'a [&'a str], Option<(Kind, &'a str)>);
    let cases: [Case<'_>; 14] = [
        (&["README.md"], None),
        (&["Cargo.toml", "src/lib.rs"], Some((Kind::Library, "Cargo.toml"))),
        (&["Cargo.toml", "Dockerfile"], Some((Kind::Service, "Dockerfile"))),
        (&["package.json", "deploy/k8s/a.yaml"], Some((Kind::Service, "deploy/k8s/"))),
        (&["manage.py", "Dockerfile", "package.json"], Some((Kind::DjangoAws, "manage.py"))),
        (&["backend/manage.py", "ios/Podfile"], Some((Kind::MobileApp, "ios/"))),
        (&["backend/manage.py", "mobile/ios/Podfile"], Some((Kind::DjangoAws, "backend/manage.py"))),
        (&["Rocket.xcodeproj/project.pbxproj"], Some((Kind::MobileApp, "Rocket.xcodeproj/"))),
        (&["dags/daily.py", "pyproject.toml"], Some((Kind::DataPipeline, "dags/"))),
        (&["transform/dbt_project.yml"], Some((Kind::DataPipeline, "transform/dbt_project.yml"))),
        (&["tests/manage.py", "examples/ios/a", "docs/dags/x", "setup.py"], Some((Kind::Library, "setup.py"))),
        (&["rocket.gemspec"], Some((Kind::Library, "rocket.gemspec"))),
        (&["ios", "dags", "k8s"], None),
        (&["a/b/c/d/manage.py"], None),
    ];
    for (paths, expected) in cases {
        let expected = expected.map(|(kind, because)| Project { kind, because: because.to_owned() });
        assert_eq!(project::recognize(&names(paths)), expected, "{paths:?}");
    }
}

#[test]
fn only_environments_that_are_written_out_and_sound_like_production_are_gated() {
    assert_eq!(environments::named(WORKFLOW), ["production", "staging"]);
    for text in ["", "jobs: 1", "jobs: [a]", "a: [", "jobs:\n  a:\n    environment: [x]\n", "jobs:\n  a: {uses: b}\n"] {
        assert_eq!(environments::named(text), Vec::<String>::new(), "{text}");
    }
    for name in ["production", "Prod", "prod-eu", "live", "pypi", "npm publish", "app/release"] {
        assert!(environments::is_production(name), "{name}");
    }
    for name in ["staging", "non-prod", "pre-production", "testpypi-test", "product", "github-pages", "", "delivery"] {
        assert!(!environments::is_production(name), "{name}");
    }
}

#[test]
fn a_checklist_that_exists_is_used_and_none_is_added() {
    let with = |files: &[(&str, &str)], kind| {
        propose(&Findings::of(survey(&[], &[], &[], files)), Choice { kind, keep: false })
    };
    let template = |proposal: &Proposal| {
        proposal.config.as_ref().unwrap().checklists["release"].template.clone().unwrap().join(" ")
    };
    let paths = |proposal: &Proposal| -> Vec<String> {
        proposal.files.iter().map(|file| file.path.clone()).filter(|path| path.ends_with("list.md")).collect()
    };
    for path in [".github/ISSUE_TEMPLATE/release.md", "RELEASING.md", "docs/dev/release_checklist.md"] {
        let proposal = with(&[(path, "- [ ] Look\n")], None);
        assert_eq!((template(&proposal).as_str(), proposal.kind), (path, None));
        assert_eq!(paths(&proposal), Vec::<String>::new());
        let chosen = with(&[(path, "- [ ] Look\n")], Some(Kind::Library));
        assert_eq!((template(&chosen).as_str(), chosen.kind), (CHECKLIST, Some(Kind::Library)));
        assert_eq!(paths(&chosen), [CHECKLIST]);
    }
    // Without boxes it is no checklist.
    let prose = with(&[("RELEASING.md", "1. Look\n2. Leap\n")], None);
    assert_eq!((template(&prose).as_str(), paths(&prose)), (CHECKLIST, vec![CHECKLIST.to_owned()]));
    let empty = with(&[(CHECKLIST, "Nothing yet\n")], None);
    assert_eq!(paths(&empty), [CHECKLIST]);
    assert_eq!(empty.files[1].before.as_deref(), Some("Nothing yet\n"));
}

#[test]
fn a_configuration_that_is_kept_gets_what_it_lacks_and_nothing_else() {
    let with = |text: &str, files: &[&str]| {
        let mut survey = survey(files, &["production"], &[], &[(config::PATH, text)]);
        survey.paths.insert("README.md".to_owned());
        let proposal = propose(&Findings::of(survey), Choice { kind: None, keep: true });
        proposal.files.into_iter().skip(1).map(|file| file.path).collect::<Vec<_>>()
    };
    let own = "checklists:\n  app:\n    template: [a.md, docs/b.md]\n    steps: app/steps/*.md\n";
    assert_eq!(with(own, &["a.md"]), ["docs/b.md", "app/steps/README.md"]);
    assert_eq!(with(own, &["a.md", "docs/b.md", "app/steps/Readme.txt"]), Vec::<String>::new());
    assert_eq!(with("checklists:\n  app:\n    steps: []\n", &[]), [CHECKLIST]);
    assert_eq!(with("checklists:\n  app:\n    steps: '**/steps.md'\n", &[]), [CHECKLIST]);
    assert_eq!(with("checklists:\n  app:\n    steps: '../*.md'\n", &[]), [CHECKLIST]);
    assert_eq!(with("checklists: [", &[]), Vec::<String>::new());
}

#[test]
fn a_ruleset_requires_the_check_of_the_app_alone_on_the_branches_that_wait() {
    let text = "checklists:\n  release:\n    gate: {branches: [production, 'hotfix/*', 'a{b,c}']}\n  web:\n    gate: {branches: [production, 'hotfix/*']}\n  app:\n    gate: {branches: [live]}\n  none: {}\n";
    let config = config::parse(text).0.unwrap();
    let found = rulesets(&config, Some(42));
    let checks: Vec<String> = found.iter().map(|required| required.checks.join(" ")).collect();
    assert_eq!(checks, ["holdpoint/release holdpoint/web", "holdpoint/app"]);
    let json = serde_json::to_value(&found[0].ruleset).unwrap();
    assert_eq!(json["conditions"]["ref_name"]["include"][0], "refs/heads/hotfix/*");
    assert_eq!(json["conditions"]["ref_name"]["include"][1], "refs/heads/production");
    let required = &json["rules"][0]["parameters"]["required_status_checks"];
    assert_eq!(required[0], serde_json::json!({"context": "holdpoint/release", "integration_id": 42}));
    // A text, which GitHub refuses, so that a forgotten number requires nothing of any source.
    let open = serde_json::to_value(&rulesets(&config, None)[0].ruleset).unwrap();
    assert_eq!(open["rules"][0]["parameters"]["required_status_checks"][0]["integration_id"], "APP_ID");
}

#[test]
fn the_next_steps_are_commands_that_a_shell_takes_and_pages_of_the_repository() {
    let config = config::parse("checklists: {release: {gate: {branches: [production]}}}\n").0.unwrap();
    let required = rulesets(&config, None);
    let name = RepoName::parse("acme/rocket").unwrap();
    let site = Site { url: "https://ghe.example".to_owned(), name };
    let files = ["../release steps/it's.md".to_owned()];
    let setting = Setting {
        config: &config,
        required: &required,
        files: &files,
        site: Some(&site),
        has_commits: true,
        has_app_id: false,
    };
    let steps = next_steps(&setting);
    let commands: Vec<&str> = steps.iter().flat_map(|step| &step.commands).map(String::as_str).collect();
    assert!(commands.contains(&r"git add '../release steps/it'\''s.md'"), "{commands:?}");
    let api = commands.iter().find(|command| command.starts_with("gh api")).unwrap();
    assert!(
        api.starts_with("gh api --hostname ghe.example --method POST repos/acme/rocket/rulesets --input - <<'EOF'\n{")
    );
    assert!(steps.iter().any(|step| step.link.as_deref() == Some("https://ghe.example/acme/rocket/settings/rules")));
    let fresh = next_steps(&Setting { has_commits: false, site: None, ..setting });
    assert!(fresh.iter().all(|step| step.commands.iter().all(|command| !command.contains("switch"))));
    assert!(fresh.iter().any(|step| step.link.as_deref() == Some("https://github.com/OWNER/REPO/settings/rules")));
}

#[test]
fn a_repository_is_looked_at_within_limits_and_from_the_root_down() {
    let world = World::git();
    let long = "- [ ] Look\n".repeat(usize::try_from(LONGEST_TEXT).unwrap() / 10);
    world.write("manage.py", "").write("a/b/c.txt", "").write("a/d.txt", "").write("RELEASING.md", &long);
    world.write("built/x.py", "").write(".gitignore", "built\n");
    std::os::unix::fs::symlink(&world.root, world.root.join("a/link")).unwrap();
    let git = Git::around(&world.root).unwrap().unwrap();
    let all = look(&git, &world.root, MOST_ENTRIES).unwrap();
    assert_eq!(all.paths, names(&[".gitignore", "RELEASING.md", "a/b/c.txt", "a/d.txt", "manage.py"]));
    assert!(all.whole && all.texts.is_empty(), "a text that is too long is not read");
    // `.git`, `.gitignore`, `RELEASING.md`, `a`, `built`, `manage.py`, and one of what is in `a`.
    let part = look(&git, &world.root, 7).unwrap();
    assert!(!part.whole && part.paths.contains("manage.py") && !part.paths.contains("a/b/c.txt"));
}

#[test]
fn a_file_is_written_whole_over_what_was_seen_and_over_nothing_else() {
    let world = World::new();
    world.write("seen", "a").write("folder/x", "").write("file", "");
    let write = |path: &str, before: Option<&str>| {
        let written = Destination { root: &world.root, path, before }.write("new");
        written.map_err(|error| error.to_string().replace(&format!("{}/", world.root.display()), ""))
    };
    assert_eq!(write("seen", Some("b")), Err("seen changed in the meantime".to_owned()));
    assert_eq!(write("folder", None), Err("folder is not a file".to_owned()));
    assert_eq!(write("file/x", None), Err("file is not a folder".to_owned()));
    assert_eq!(write("../x", None), Err("../x is no path in the repository".to_owned()));
    assert!(write("missing.txt", Some("a")).is_err());
    assert_eq!((write("seen", Some("a")), write("deep/er/new", None)), (Ok(()), Ok(())));
    let mut names: Vec<String> =
        fs::read_dir(&world.root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["deep", "file", "folder", "seen"], "no draft is left");
    let read = |path: &str| fs::read_to_string(world.root.join(path)).unwrap();
    assert_eq!((read("seen").as_str(), read("deep/er/new").as_str()), ("new", "new"));
}

#[test]
fn somebody_at_a_terminal_is_asked_and_only_a_yes_writes() {
    let answered =
        |input: &str| {
            let mut world = World::git();
            (world.interactive, world.input) = (true, input.as_bytes().to_vec());
            let ran = world.run(&["init"]);
            let exists = world.root.join(config::PATH).exists();
            assert!(ran.err.starts_with(
                "Write .github/holdpoint.yml, .github/release-checklist.md, release-steps/README.md? [Y/n] "
            ));
            assert_eq!(ran.out.contains("Next"), exists);
            (ran.code, exists)
        };
    for yes in ["y\n", "YES\n", "\n", "perhaps\ny\n"] {
        assert_eq!(answered(yes), (0, true), "{yes:?}");
    }
    for no in ["n\n", "no\n", "", "perhaps\n"] {
        assert_eq!(answered(no), (1, false), "{no:?}");
    }
}

#[test]
fn what_exists_is_shown_and_replaced_only_after_a_yes_to_that_very_file() {
    let own = "checklists:\n  own: {tempalte: list.md, steps: []}\n";
    let answered = |input: &str, args: &[&str], interactive: bool| {
        let mut world = World::git();
        world.write(config::PATH, own).write("list.md", "- [ ] Look\n");
        (world.interactive, world.input) = (interactive, input.as_bytes().to_vec());
        let ran = world.run(&[&["init"], args].concat());
        assert!(ran.out.contains("\n-  own: {tempalte: list.md, steps: []}\n"), "{}", ran.out);
        assert!(ran.out.contains("\n+  release:\n"), "{}", ran.out);
        (ran.code, fs::read_to_string(world.root.join(config::PATH)).unwrap() == own)
    };
    for (input, args, interactive) in [
        ("\n", &[][..], true),
        ("n\n", &[], true),
        ("", &["--yes"], true),
        ("", &[], false),
        ("y\ny\n", &["--yes"], false),
    ] {
        assert_eq!(answered(input, args, interactive), (1, true), "{input:?} {args:?}");
    }
    assert_eq!(answered("y\nn\n", &[], true), (1, true), "the second question is whether to write");
    assert_eq!(answered("", &["--force"], false), (1, true), "without a terminal, --force alone writes nothing");
    assert_eq!(answered("y\ny\n", &[], true), (0, false));
    assert_eq!(answered("", &["--force", "--yes"], false), (0, false));
    assert_eq!(answered("y\n", &["--force"], true), (0, false));
}

#[test]
fn a_configuration_without_errors_stays_and_nobody_is_asked_about_it() {
    let mut world = World::git();
    let own = "checklists:\n  own: {template: list.md, steps: [], gate: {branches: [live]}}\n";
    world.write(config::PATH, own).write("list.md", "- [ ] Look\n");
    (world.interactive, world.input) = (true, b"y\ny\n".to_vec());
    let ran = world.run(&["init"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("Nothing to do: ") && ran.out.contains("stays as it is; --force shows"), "{}", ran.out);
    assert!(!ran.out.contains("+++ b/") && ran.out.contains("require holdpoint/own on live"), "{}", ran.out);
    assert_eq!(fs::read_to_string(world.root.join(config::PATH)).unwrap(), own);
}
