//! Tags as people write them: which are releases of their own, and which go on in another one's issue.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";

impl App {
    /// A gated repository with this checklist; `match: "*"` opens a release for each tag.
    async fn tagged_as_people_like() -> Self {
        let app = Self::gated().await;
        let config = "checklists:\n  release:\n    open: { match: \"**\" }\n    gate: { branches: [production] }\n";
        app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
        app.settle().await;
        app
    }

    fn titles_of_issues(&self) -> Vec<String> {
        self.github.issues(ROCKET).into_iter().map(|issue| issue.title).collect()
    }
}

#[tokio::test]
async fn two_versions_have_two_issues_however_they_are_written() {
    for (first, second) in [
        ("v2026-01-31", "v2026-02-14"),
        ("2026-03-01", "2026-03-15"),
        ("kube2iam-2.5.2", "kube2iam-2.6.0"),
        ("1.2.3-1", "1.2.3-2"),
        ("v4.1.0.Final", "v4.2.0.Final"),
        ("REL_15_3", "REL_15_4"),
        ("1.0.2a", "1.0.2b"),
        ("2.0.0", "2.0.0.post1"),
        ("jdk-21+35", "jdk-21+36"),
    ] {
        let app = App::tagged_as_people_like().await;
        let one = app.release(first).await;
        app.github.world().tick(ROCKET, one, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        app.commit("main", &[("src/pay.py", Some("pay\n"))]);
        let two = app.release(second).await;
        assert_ne!(one, two, "{first} {second}");
        assert!(app.body_of(two).contains("- [ ] Fuel"), "{first} {second}");
        let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        app.settle().await;
        let check = app.check(&app.head(pull), GATE);
        assert!(check.starts_with("action_required"), "{first} {second}: {check}");
        app.finish().await;
    }
}

impl App {
    fn body_of(&self, issue: u64) -> String {
        self.github.body(ROCKET, issue)
    }
}

#[tokio::test]
async fn a_candidate_shares_the_issue_of_its_version_however_it_is_written() {
    for (candidate, version) in [
        ("v1.4.0-rc1", "v1.4.0"),
        ("2.0.0b1", "2.0.0"),
        ("6.4.0.CR1", "6.4.0.Final"),
        ("pkg@1.2.3-beta.1", "pkg@1.2.3"),
    ] {
        let app = App::tagged_as_people_like().await;
        let one = app.release(candidate).await;
        app.commit("main", &[("src/pay.py", Some("pay\n"))]);
        app.release(version).await;
        assert_eq!(app.titles_of_issues().len(), 1, "{candidate} {version}: {:?}", app.titles_of_issues());
        assert_eq!(app.github.issues(ROCKET)[0].number, one);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_candidate_that_comes_after_its_version_is_a_release_of_its_own() {
    let app = App::tagged_as_people_like().await;
    app.release("v1.4.0").await;
    app.commit("main", &[("src/pay.py", Some("pay\n"))]);
    app.release("v1.4.0-rc1").await;
    assert_eq!(app.titles_of_issues(), ["Release 1.4.0", "Release 1.4.0-rc1"]);
    app.finish().await;
}

#[tokio::test]
async fn final_says_that_this_is_the_release() {
    let app = App::gated().await;
    let config = "checklists:\n  release:\n    open: { prereleases: ignore }\n    gate: { branches: [production] }\n";
    let list = "- [ ] Minor <!-- hp: when=version(minor) -->\n- [ ] Candidate <!-- hp: when=version(prerelease) -->\n- [ ] Fuel\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some(list))]);
    app.release("v4.1.100.Final").await;
    app.commit("main", &[("src/pay.py", Some("pay\n"))]);
    let number = app.release("v4.2.0.Final").await;
    let body = app.body_of(number);
    assert!(body.contains("Minor · because this is a minor release") && !body.contains("Candidate"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_floating_name_on_the_commit_of_a_release_opens_none_and_neither_does_its_move() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n")), ("release-steps/1.md", Some("- [ ] Once\n"))]);
    app.release("v5.0.0").await;
    for name in ["v5", "v5.0"] {
        app.github.world().create_tag(ROCKET, name, "main", "alice", None).unwrap();
        app.settle().await;
    }
    assert_eq!(app.titles_of_issues(), ["Release 5.0.0"]);
    let next = app.commit("main", &[("release-steps/2.md", Some("- [ ] Twice\n"))]);
    app.release("v5.1.0").await;
    app.github.world().move_tag(ROCKET, "v5", &next, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.titles_of_issues(), ["Release 5.0.0", "Release 5.1.0"]);
    let body = app.body_of(app.github.issues(ROCKET)[1].number);
    assert!(body.contains("Twice") && !body.contains("Once"), "it is compared with v5.0.0: {body}");
    // Where the full version is elsewhere nothing else asks for what the name brings.
    let other = app.commit("main", &[("src/pay.py", Some("pay\n"))]);
    app.github.world().move_tag(ROCKET, "v5", &other, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.titles_of_issues().len(), 3);
    app.finish().await;
}

#[tokio::test]
async fn a_v_that_was_left_out_once_does_not_ask_for_a_step_twice() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n")), ("release-steps/p1.md", Some("- [ ] P1\n"))]);
    for (tag, step) in [("v6.2.10", "p2"), ("6.2.11", "p3"), ("v6.2.12", "p4")] {
        app.release(tag).await;
        app.commit("main", &[(&format!("release-steps/{step}.md"), Some(&format!("- [ ] {step}\n")))]);
        app.settle().await;
    }
    let bodies: Vec<String> = app.github.issues(ROCKET).into_iter().map(|i| app.body_of(i.number)).collect();
    assert!(bodies[1].contains("- [ ] p2") && !bodies[1].contains("- [ ] P1"), "{}", bodies[1]);
    assert!(bodies[2].contains("- [ ] p3") && !bodies[2].contains("- [ ] p2"), "{}", bodies[2]);
    app.finish().await;
}

#[tokio::test]
async fn the_version_is_the_number_and_the_tag_is_the_tag() {
    for (tag, version) in [
        ("rocket-v1.2.3", "1.2.3"),
        ("pkg@1.3.0", "1.3.0"),
        ("api/v1.4.0", "1.4.0"),
        ("v4.2.0.Final", "4.2.0.Final"),
        ("kube2iam-2.5.2", "2.5.2"),
    ] {
        let app = App::tagged_as_people_like().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Build of {{ version }}, tag {{ tag }}\n"))]);
        let number = app.release(tag).await;
        assert_eq!(app.titles_of_issues(), [format!("Release {version}")]);
        let body = app.body_of(number);
        assert!(body.contains(&format!("Build of {version}, tag ")), "{tag}: {body}");
        app.finish().await;
    }
}
