//! What stands beside a release issue's text: labels, people, type, milestone; and what is said where GitHub takes none of it.

use super::{App, CHECKLIST, ROCKET};

const PATH: &str = ".github/holdpoint.yml";

fn progress(app: &App) -> String {
    let number = app.github.issues(ROCKET).pop().unwrap().number;
    app.comments(number)[0].clone()
}

#[tokio::test]
async fn front_matter_and_configuration_sort_the_issue_and_nothing_is_said_where_all_was_taken() {
    let app = App::start().await;
    app.github.world().create_milestone(ROCKET, "Release 1.0.0", "alice").unwrap();
    let config = "checklists:\n  release:\n    issue:\n      title: \"{{ version }} <Version from repository>\"\n      labels: [qa]\n      assignees: bob\n      type: Task\n      milestone: \"Release {{ version }}\"\n";
    let text =
        "---\ntitle: Never\nlabels: release, qa\nassignees: ['@alice']\ntype: Bug\n---\n- [ ] Tell the support team\n";
    app.commit("main", &[(CHECKLIST, Some(text)), (PATH, Some(config))]);
    let number = app.release("v1.0.0").await;
    let issue = app.github.issue(ROCKET, number).unwrap();
    assert_eq!(issue.title, "1.0.0 1.0.0");
    assert!(issue.labels.iter().eq(["qa", "release"]), "{:?}", issue.labels);
    assert_eq!(issue.assignees, ["alice", "bob"]);
    assert_eq!((issue.kind.as_deref(), issue.milestone), (Some("Task"), Some(1)));
    assert!(!progress(&app).contains("Could not"), "{}", progress(&app));
    app.finish().await;
}

#[tokio::test]
async fn who_cannot_be_assigned_is_named_and_the_others_are() {
    let app = App::start().await;
    let text = "---\nassignees: alice, ghost, bob\n---\n- [ ] Tell the support team\n";
    app.commit("main", &[(CHECKLIST, Some(text))]);
    let number = app.release("v1.0.0").await;
    assert_eq!(app.github.issue(ROCKET, number).unwrap().assignees, ["alice", "bob"]);
    assert!(progress(&app).contains("Could not be assigned: ghost."), "{}", progress(&app));
    app.finish().await;
}

#[tokio::test]
async fn of_more_than_ten_assignees_the_others_are_named() {
    let app = App::start().await;
    let people: Vec<String> = (1..=12).map(|n| format!("person-{n}")).collect();
    {
        let mut world = app.github.world();
        for login in &people {
            world.add_user(login, login);
            world.repo_mut(ROCKET).unwrap().roles.insert(login.clone(), holdpoint::sandbox::repo::Role::Write);
        }
    }
    let text = format!("---\nassignees: {}\n---\n- [ ] Tell the support team\n", people.join(", "));
    app.commit("main", &[(CHECKLIST, Some(&text))]);
    let number = app.release("v1.0.0").await;
    assert_eq!(app.github.issue(ROCKET, number).unwrap().assignees.len(), 10);
    assert!(progress(&app).contains("Could not be assigned: person-11, person-12."), "{}", progress(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_type_and_a_milestone_that_are_not_there_are_said_and_the_issue_opens_without() {
    let app = App::start().await;
    let config =
        "checklists:\n  release:\n    issue: { type: Nonsense, milestone: \"{{ version }}\", labels: [new] }\n";
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n")), (PATH, Some(config))]);
    let number = app.release("v1.0.0").await;
    let issue = app.github.issue(ROCKET, number).unwrap();
    assert!(issue.kind.is_none() && issue.milestone.is_none() && issue.labels.contains("new"), "{issue:?}");
    let said = progress(&app);
    assert!(said.contains("no issue type Nonsense") && said.contains("no open milestone 1.0.0"), "{said}");
    app.finish().await;
}

#[tokio::test]
async fn the_parts_of_a_long_issue_are_sorted_alike() {
    let app = App::start().await;
    let item = |n: usize| format!("- [ ] Check {n}\n\n  {}\n\n", "Look closely. ".repeat(140));
    let text = format!("---\nlabels: release\nassignees: bob, ghost\n---\n{}", (0..45).map(item).collect::<String>());
    app.commit("main", &[(CHECKLIST, Some(&text))]);
    app.release("v1.0.0").await;
    let issues = app.github.issues(ROCKET);
    assert_eq!(issues.len(), 2);
    assert!(issues.iter().all(|i| i.labels.contains("release") && i.assignees == ["bob"]), "{issues:?}");
    assert!(progress(&app).contains("Could not be assigned: ghost."), "{}", progress(&app));
    app.finish().await;
}

#[tokio::test]
async fn without_the_permission_the_gate_says_so_where_people_look_and_the_issue_opens_once_it_is_given() {
    let app = App::gated().await;
    let allow = |level: &str| {
        for installation in app.github.world().installations.values_mut() {
            installation.permissions.insert("issues".to_owned(), level.to_owned());
        }
        app.github.world().expire_tokens();
    };
    allow("read");
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    for rev in ["main".to_owned(), app.head(pull)] {
        let check = app.check(&rev, "holdpoint/release");
        assert!(check.starts_with("failure") && check.contains("does not let Holdpoint open"), "{check}");
        let summary = app.summary(&rev, "holdpoint/release");
        assert!(summary.contains("permissions"), "{summary}");
    }
    allow("write");
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"));
    // Posts that were refused are the point here.
    app.server.abort();
}

#[tokio::test]
async fn issues_that_are_switched_off_are_told_to_pull_requests_and_switched_on_the_sweep_opens_one() {
    let app = App::gated().await;
    app.github.world().set_issues(ROCKET, false).unwrap();
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let check = app.check(&app.head(pull), "holdpoint/release");
    assert!(check.starts_with("failure") && check.contains("issues are switched off"), "{check}");
    app.github.world().set_issues(ROCKET, true).unwrap();
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_suspended_app_opens_what_was_tagged_meanwhile_once_it_may() {
    let app = App::gated().await;
    app.release("v1.0.0").await;
    let id = *app.github.world().installations.keys().next().unwrap();
    app.github.world().suspend(id, "alice").unwrap();
    app.github.world().create_tag(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.github.world().unsuspend(id, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 2, "the sweep of what came back finds it");
    app.finish_with_dead_letters();
}
