//! Step files that are renamed, edited, copied and deleted between releases: what a release lists, and that the reviews of the
//! pull requests said so.

use super::histories::start;
use super::random_ticks::{Dice, seeds};
use super::{App, CHECKLIST, ROCKET};
use holdpoint::checklist::parse::parse;
use holdpoint::sandbox::Method;
use std::collections::{BTreeMap, BTreeSet};

/// Files of a change: path and text, or nothing where it goes.
type Files<'f> = [(&'f str, Option<&'f str>)];

const A: &str = "release-steps/a.md";
const B: &str = "release-steps/b.md";
const TEXT: &str = "- [ ] Do a\n- [ ] Do b\n";

impl App {
    /// Opens a pull request with these commits; its number.
    async fn proposed(&self, commits: &[&Files<'_>]) -> u64 {
        let pull = {
            let mut world = self.github.world();
            let branch = format!("change-{}", world.now());
            world.create_branch(ROCKET, &branch, "main", "erin").unwrap();
            for files in commits {
                world.commit_to(ROCKET, &branch, "erin", "A change", files).unwrap();
            }
            world.open_pull_request(ROCKET, "erin", &branch, "main", "Change", "").unwrap()
        };
        self.settle().await;
        pull
    }

    async fn merged(&self, pull: u64, method: Method) {
        self.github.world().merge_pull_request(ROCKET, pull, "alice", method).unwrap();
        self.settle().await;
    }

    /// Tags a commit that touches no step.
    async fn shipped(&self, tag: &str) {
        self.commit("main", &[("src/engine.py", Some(tag))]);
        self.tag(tag, "main").await;
    }

    /// The last line of [`App::told`].
    fn last(&self) -> String {
        self.told().pop().unwrap()
    }

    fn last_body(&self) -> String {
        self.github.issues(ROCKET).pop().unwrap().body.unwrap()
    }
}

/// A repository whose `v1.0.0` had the steps of `a.md`.
async fn with_a() -> App {
    let app = start().await;
    app.commit("main", &[(A, Some(TEXT))]);
    app.tag("v1.0.0", "main").await;
    app
}

#[tokio::test]
async fn a_step_file_that_is_only_renamed_after_its_release_is_not_listed_again() {
    for method in [Method::Merge, Method::Squash, Method::Rebase] {
        let app = with_a().await;
        let pull = app.proposed(&[&[(A, None), (B, Some(TEXT))]]).await;
        app.merged(pull, method).await;
        app.shipped("v1.1.0").await;
        assert_eq!(app.last(), "1.1.0 since v1.0.0: ", "{method:?}");
        app.shipped("v1.2.0").await;
        assert_eq!(app.last(), "1.2.0 since v1.1.0: ", "{method:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_step_file_that_is_renamed_and_edited_after_its_release_is_listed_whole() {
    let app = with_a().await;
    let now = "- [ ] Do a\n- [ ] Do b\n- [ ] Do c\n";
    let pull = app.proposed(&[&[(A, None), (B, Some(now))]]).await;
    app.merged(pull, Method::Squash).await;
    app.shipped("v1.1.0").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b, c");
    app.finish().await;
}

#[tokio::test]
async fn a_step_that_is_cleared_away_alone_or_with_other_edits_is_no_revert_and_is_listed() {
    let step = "release-steps/x.md";
    for code in [None, Some("2\n")] {
        let app = start().await;
        app.tag("v1.0.0", "main").await;
        let mut came: Vec<(&str, Option<&str>)> = vec![(step, Some("- [ ] Do x\n"))];
        came.extend(code.map(|_| ("src/db.py", Some("1\n"))));
        app.commit("main", &came);
        let mut went: Vec<(&str, Option<&str>)> = vec![(step, None)];
        went.extend(code.map(|now| ("src/db.py", Some(now))));
        app.commit("main", &went);
        app.tag("v1.1.0", "main").await;
        assert_eq!(app.last(), "1.1.0 since v1.0.0: x", "{code:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_step_file_that_is_renamed_before_its_release_is_listed_once() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.commit("main", &[(A, Some(TEXT))]);
    app.commit("main", &[(A, None), (B, Some(TEXT))]);
    app.shipped("v1.1.0").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b");
    // Also where the released commit itself does it.
    app.commit("main", &[("release-steps/c.md", Some("- [ ] Do c\n"))]);
    app.commit("main", &[("release-steps/c.md", None), ("release-steps/d.md", Some("- [ ] Do c\n"))]);
    app.tag("v1.2.0", "main").await;
    assert_eq!(app.last(), "1.2.0 since v1.1.0: c");
    assert_eq!(app.last_body().matches("- [ ] Do c").count(), 1, "{}", app.last_body());
    app.finish().await;
}

#[tokio::test]
async fn nothing_that_only_looks_like_a_rename_keeps_a_step_from_being_listed() {
    const C: &str = "release-steps/c.md";
    let cases: [(&str, &[&[&Files<'_>]]); 5] = [
        ("a copy beside it", &[&[&[(B, Some(TEXT))]]]),
        ("two copies, of which one is the file", &[&[&[(A, None), (B, Some(TEXT)), (C, Some(TEXT))]]]),
        ("taken away by one change and needed anew by another", &[&[&[(A, None)]], &[&[(B, Some(TEXT))]]]),
        (
            "one that waits is renamed while the old one goes",
            &[&[&[(C, Some(TEXT))]], &[&[(A, None), (C, None), (B, Some(TEXT))]]],
        ),
        (
            "brought back and renamed in one pull request",
            &[&[&[(A, None)]], &[&[(A, Some(TEXT))], &[(A, None), (B, Some(TEXT))]]],
        ),
    ];
    for (what, pulls) in cases {
        for method in [Method::Merge, Method::Rebase, Method::Squash] {
            let app = with_a().await;
            for commits in pulls {
                let pull = app.proposed(commits).await;
                app.merged(pull, method).await;
            }
            app.shipped("v1.1.0").await;
            assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b", "{what}, {method:?}");
            app.finish().await;
        }
    }
}

#[tokio::test]
async fn steps_that_the_released_commit_deletes_are_listed_and_by_no_later_release() {
    for method in [None, Some(Method::Merge), Some(Method::Squash), Some(Method::Rebase)] {
        let app = start().await;
        app.tag("v1.0.0", "main").await;
        let brought = app.proposed(&[&[(A, Some(TEXT))]]).await;
        app.merged(brought, Method::Squash).await;
        app.commit("main", &[(B, Some("- [ ] Do c\n"))]);
        let release: &Files<'_> = &[(A, None), (B, None), ("CHANGELOG.md", Some("1.1.0\n"))];
        match method {
            None => drop(app.commit("main", release)),
            Some(method) => {
                let pull = app.proposed(&[release]).await;
                app.merged(pull, method).await;
            }
        }
        app.tag("v1.1.0", "main").await;
        assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b, c", "{method:?}");
        let lead = format!("### #{brought} Change · erin · deleted in the released commit");
        assert!(app.last_body().replace('\u{2060}', "").contains(&lead), "{}", app.last_body());
        app.shipped("v1.2.0").await;
        assert_eq!(app.last(), "1.2.0 since v1.1.0: ", "{method:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_released_commit_with_more_files_than_github_lists_hides_no_step_that_it_deletes() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.commit("main", &[(A, Some(TEXT))]);
    let many: Vec<String> = (0..310).map(|n| format!("assets/{n}.svg")).collect();
    let mut files: Vec<(&str, Option<&str>)> = many.iter().map(|path| (path.as_str(), Some("<svg/>\n"))).collect();
    files.push((A, None));
    app.commit("main", &files);
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b");
    app.finish().await;
}

#[tokio::test]
async fn what_a_candidate_listed_is_not_listed_again_where_its_version_deletes_the_file() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.commit("main", &[(A, Some(TEXT))]);
    app.tag("v1.1.0-rc1", "main").await;
    app.commit("main", &[(B, Some("- [ ] Do c\n"))]);
    app.commit("main", &[(A, None), (B, None), ("CHANGELOG.md", Some("1.1.0\n"))]);
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b, c");
    for step in ["a", "b", "c"] {
        assert_eq!(app.last_body().matches(&format!("- [ ] Do {step}")).count(), 1, "{}", app.last_body());
    }
    app.finish().await;
}

#[tokio::test]
async fn steps_are_listed_whose_file_the_released_commit_empties() {
    let app = start().await;
    app.commit("main", &[("release-steps/next.md", Some("# Next\n"))]);
    app.tag("v1.0.0", "main").await;
    app.commit("main", &[("release-steps/next.md", Some("# Next\n\n- [ ] Do a\n"))]);
    app.commit("main", &[("release-steps/next.md", Some("# Next\n")), ("CHANGELOG.md", Some("1.1.0\n"))]);
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a");
    app.shipped("v1.2.0").await;
    assert_eq!(app.last(), "1.2.0 since v1.1.0: ");
    app.finish().await;
}

#[tokio::test]
async fn steps_are_listed_that_a_release_branch_deletes_before_it_is_merged() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.branch("develop", "main");
    app.commit("develop", &[(A, Some(TEXT))]);
    app.commit("develop", &[(A, None), ("CHANGELOG.md", Some("1.1.0\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "develop", "main", "Release 1.1.0", "").unwrap();
    app.settle().await;
    app.merged(pull, Method::Merge).await;
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: a, b");
    app.finish().await;
}

#[tokio::test]
async fn a_released_commit_that_takes_a_change_back_lists_none_of_its_steps_and_names_their_file() {
    for method in [Method::Merge, Method::Squash] {
        let app = start().await;
        app.tag("v1.0.0", "main").await;
        let code: &Files<'_> = &[("src/couriers.py", Some("pass\n"))];
        let step: &Files<'_> = &[(A, Some(TEXT))];
        let pull = app.proposed(&[code, step]).await;
        app.merged(pull, method).await;
        let back = app.proposed(&[&[("src/couriers.py", None), (A, None)]]).await;
        app.merged(back, method).await;
        app.tag("v1.1.0", "main").await;
        assert_eq!(app.last(), "1.1.0 since v1.0.0: ", "{method:?}");
        let named = "Steps not listed, because the released commit takes back the changes that brought them: `release-steps/a.md`";
        assert!(app.last_body().contains(named), "{}", app.last_body());
        // Taken back twice it is there again.
        app.commit("main", &[("src/couriers.py", Some("pass\n")), (A, Some(TEXT))]);
        app.tag("v1.2.0", "main").await;
        assert_eq!(app.last(), "1.2.0 since v1.1.0: a, b", "{method:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_step_that_came_and_went_before_the_released_commit_is_named_and_not_listed() {
    let app = with_a().await;
    for method in [Method::Merge, Method::Squash] {
        let came = app.proposed(&[&[(B, Some("- [ ] Do c\n"))]]).await;
        app.merged(came, method).await;
        let went = app.proposed(&[&[(B, None), ("CHANGELOG.md", Some("1.1.0\n"))]]).await;
        app.merged(went, method).await;
        app.shipped(&format!("v1.{}.0", app.told().len())).await;
        assert!(app.last().ends_with(": "), "{method:?}: {}", app.last());
        let named = "Steps not listed, because an earlier commit deleted their files again: `release-steps/b.md`\n";
        assert!(app.last_body().contains(named), "{method:?}: {}", app.last_body());
        app.shipped(&format!("v1.{}.0", app.told().len())).await;
        assert!(!app.last_body().contains("not listed"), "{method:?}: {}", app.last_body());
    }
    app.finish().await;
}

#[tokio::test]
async fn a_step_of_a_release_is_not_listed_again_where_the_next_one_deletes_its_file() {
    let app = with_a().await;
    app.commit("main", &[(A, None), ("CHANGELOG.md", Some("1.1.0\n"))]);
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.last(), "1.1.0 since v1.0.0: ");
    // Of one that was edited meanwhile, what is new.
    app.commit("main", &[(A, Some(TEXT))]);
    app.shipped("v1.2.0").await;
    app.commit("main", &[(A, Some("- [ ] Do a\n- [ ] Do b\n- [ ] Do c\n"))]);
    app.commit("main", &[(A, None), ("CHANGELOG.md", Some("1.3.0\n"))]);
    app.tag("v1.3.0", "main").await;
    assert_eq!(app.last(), "1.3.0 since v1.2.0: c");
    app.finish().await;
}

/// The steps that a review says the next release will have.
fn announced(summary: &str) -> Vec<String> {
    let below = summary.split_once("for the next release:").map_or("", |(_, below)| below);
    let items = below.lines().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    items.filter_map(|line| line.strip_prefix("  - Do ")).map(str::to_owned).collect()
}

/// The names of a text's steps.
fn names(text: &str) -> Vec<String> {
    parse(text).0.items.into_iter().map(|item| item.text.trim_start_matches("Do ").to_owned()).collect()
}

/// A step file in a random history.
#[derive(Clone, Default)]
struct Had {
    text: String,
    /// What the last release had, and what it was before the last edit: an edit may go back to either.
    released: Option<String>,
    earlier: Option<String>,
    /// What happened to it since that release. A file of a release that was renamed and changed otherwise too is listed anew:
    /// nothing announces that.
    touched: bool,
    renamed: bool,
}

/// Pull requests that add, edit, rename, delete and bring back step files, in three releases. What their reviews announced and is
/// still there is what the release lists.
async fn history(seed: u64) {
    let mut dice = Dice(seed);
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    let (mut steps, mut paths) = (0, 0);
    let mut here: BTreeMap<String, Had> = BTreeMap::new();
    let mut gone: BTreeMap<String, Had> = BTreeMap::new();
    for minor in 1..=3 {
        let mut expected = BTreeSet::new();
        for _ in 0..6 {
            let mut new = || {
                steps += 1;
                format!("- [ ] Do s{steps}\n")
            };
            let at = here.keys().nth(dice.roll(here.len().max(1))).cloned();
            let mut files: Vec<(String, Option<String>)> = Vec::new();
            match (dice.roll(6), at) {
                (1, Some(path)) if !here[&path].renamed => {
                    let had = here.get_mut(&path).unwrap();
                    let now = match dice.roll(4) {
                        0 => format!("{}{}", had.text, new()),
                        1 => had.text.replacen("- [ ] Do s", "- [ ] Do t", 1),
                        2 => had.released.clone().unwrap_or_else(|| format!("{}{}", new(), had.text)),
                        _ => had.earlier.clone().unwrap_or_else(&mut new),
                    };
                    had.touched = true;
                    had.earlier = Some(std::mem::replace(&mut had.text, now.clone()));
                    files.push((path, Some(now)));
                }
                (2, Some(path)) if here[&path].released.is_none() || !here[&path].touched => {
                    let mut had = here.remove(&path).unwrap();
                    if dice.roll(2) == 0 {
                        had.text.push_str(&new());
                    }
                    paths += 1;
                    let to = format!("release-steps/p{paths}.md");
                    (had.renamed, had.touched) = (had.released.is_some(), true);
                    files.extend([(path, None), (to.clone(), Some(had.text.clone()))]);
                    here.insert(to, had);
                }
                (3, Some(path)) if !here[&path].renamed => {
                    let had = here.remove(&path).unwrap();
                    files.push((path.clone(), None));
                    gone.insert(path, had);
                }
                (4, _) if !gone.is_empty() => {
                    let (path, mut had) = gone.pop_first().unwrap();
                    had.touched = true;
                    files.push((path.clone(), Some(had.text.clone())));
                    here.insert(path, had);
                }
                _ => {
                    paths += 1;
                    let (path, text) = (format!("release-steps/p{paths}.md"), format!("{}{}", new(), new()));
                    files.push((path.clone(), Some(text.clone())));
                    here.insert(path, Had { text, ..Had::default() });
                }
            }
            files.push((
                "src/change.py".to_owned(),
                Some(format!("{minor} {steps} {paths} {}\n", dice.roll(1_000_000))),
            ));
            let lent: Vec<(&str, Option<&str>)> = files.iter().map(|(p, t)| (p.as_str(), t.as_deref())).collect();
            let pull = app.proposed(&[&lent]).await;
            expected.extend(announced(&app.summary(&app.head(pull), "holdpoint/review")));
            app.merged(pull, [Method::Merge, Method::Squash, Method::Rebase][dice.roll(3)]).await;
        }
        let there: BTreeSet<String> = here.values().flat_map(|had| names(&had.text)).collect();
        expected.retain(|step| there.contains(step));
        app.shipped(&format!("v1.{minor}.0")).await;
        let listed: BTreeSet<String> =
            names(&app.last_body()).into_iter().filter(|name| name != "Tell the support team").collect();
        assert_eq!(listed, expected, "seed {seed}, v1.{minor}.0: left the release, right the reviews");
        for had in here.values_mut() {
            *had = Had { text: had.text.clone(), released: Some(had.text.clone()), ..Had::default() };
        }
        gone.values_mut().for_each(|had| *had = Had { text: had.text.clone(), ..Had::default() });
    }
    app.finish().await;
}

#[tokio::test]
async fn in_any_history_a_release_lists_what_the_reviews_said_that_it_will() {
    for seed in seeds(6) {
        history(seed).await;
    }
}

#[tokio::test]
async fn a_tag_of_the_same_commit_that_no_release_is_known_of_takes_no_step_from_the_release() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let commit = app.commit("main", &[("release-steps/1.md", Some("- [ ] Do step 1\n"))]);
    // GitHub sends no event for four tags in one push, and the database is lost before the sweep.
    let tags = ["v1.0.0", "one", "two", "three"].map(|tag| (tag, commit.as_str()));
    app.github.world().push_tags(ROCKET, "alice", &tags, None).unwrap();
    app.github.world().create_tag(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.lose_database().await;
    app.settle().await;
    let issues = app.github.issues(ROCKET);
    let body = issues.iter().find(|issue| issue.title.contains("1.1.0")).and_then(|issue| issue.body.clone());
    assert!(body.is_some_and(|body| body.contains("Do step 1")), "{issues:?}");
    app.finish().await;
}
