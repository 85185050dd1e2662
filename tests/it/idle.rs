//! Repositories without a checklist: what the hourly look at them costs, and that whatever changes there is seen all the same.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::Fault;
use holdpoint::sandbox::world::World;

impl App {
    /// An hour later: what is to be looked at is. Gives what was read of GitHub for it, tokens apart.
    async fn hour(&self) -> Vec<String> {
        self.github.clear_exchanges();
        holdpoint::sweep::recheck(self.holdpoint.context()).await;
        self.settle().await;
        let exchanges = self.github.exchanges();
        let all = exchanges.iter().filter(|exchange| !exchange.route.ends_with("/access_tokens"));
        all.map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect()
    }

    /// After a first hour for what a new database lists, and a second one that notes what each repository is like.
    async fn hours(&self) {
        self.hour().await;
        self.hour().await;
    }

    /// What happens, and none of its deliveries arrives.
    async fn unheard(&self, change: impl FnOnce(&mut World)) {
        {
            let mut world = self.github.world();
            world.hooks.drop_next = u32::MAX;
            change(&mut world);
        }
        self.settle().await;
        self.github.world().hooks.drop_next = 0;
    }
}

/// Where a configuration is.
const CONFIG: &str = ".github/holdpoint.yml";

const QUESTION: [&str; 1] = ["POST /graphql"];

/// An organisation of `many` repositories without a checklist.
async fn organisation(many: usize) -> App {
    let app = App::start().await;
    {
        let mut world = app.github.world();
        for n in 0..many {
            world.create_repository("acme", &format!("part-{n}"), &[("README.md", "A part.\n")]).unwrap();
        }
    }
    app.commit("main", &[(CHECKLIST, None)]);
    app.settle().await;
    app
}

#[tokio::test]
async fn an_hour_in_which_nothing_changes_costs_one_question_for_fifty_repositories() {
    let app = organisation(120).await;
    app.hours().await;
    assert_eq!(app.hour().await, ["POST /graphql"; 3]);
    app.finish().await;
}

#[tokio::test]
async fn whatever_changes_without_a_delivery_has_its_repository_looked_at() {
    type Change = fn(&mut World);
    let changes: [(&str, Change); 6] = [
        ("a branch", |world| drop(world.commit_to(ROCKET, "main", "alice", "Work", &[("a.txt", Some("a"))]).unwrap())),
        ("another branch", |world| drop(world.create_branch(ROCKET, "topic", "main", "alice").unwrap())),
        ("a tag", |world| drop(world.create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap())),
        ("a pull request", |world| {
            world.create_branch(ROCKET, "change", "main", "erin").unwrap();
            world.commit_to(ROCKET, "change", "erin", "Work", &[("b.txt", Some("b"))]).unwrap();
            world.open_pull_request(ROCKET, "erin", "change", "main", "Change", "").unwrap();
        }),
        ("a push to it", |world| drop(world.commit_to(ROCKET, "change", "erin", "More", &[("b.txt", None)]).unwrap())),
        ("the organisation's configuration", |world| {
            world.create_repository("acme", ".github", &[(CONFIG, GATED)]).unwrap();
        }),
    ];
    let app = organisation(0).await;
    app.hours().await;
    assert_eq!(app.hour().await, QUESTION);
    for (what, change) in changes {
        app.unheard(change).await;
        assert!(app.hour().await.len() > 2, "{what} was not seen");
        app.hour().await;
        assert_eq!(app.hour().await, QUESTION, "after {what}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_checklist_that_comes_without_a_delivery_is_found_and_looked_at_every_hour() {
    let app = organisation(0).await;
    app.hours().await;
    app.unheard(|world| drop(world.commit_to(ROCKET, "main", "alice", "List", &[(CHECKLIST, Some("- [ ] Fuel\n"))])))
        .await;
    for _ in 0..3 {
        assert!(app.hour().await.len() > 2);
    }
    app.unheard(|world| drop(world.create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap())).await;
    app.hour().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn what_github_does_not_say_of_a_repository_has_it_looked_at() {
    let app = organisation(0).await;
    app.hours().await;
    app.github.fail_next("POST", "/graphql", Fault::Status(502), 1);
    assert!(app.hour().await.len() > 2, "GitHub did not answer");
    app.github.forget_faults();
    assert_eq!(app.hour().await, QUESTION);
    app.github.fail_next("POST", "/graphql", Fault::LimitedInBody, 1);
    assert!(app.hour().await.len() > 2, "GitHub answered with errors");
    app.github.forget_faults();
    app.github.world().rename_repository(ROCKET, "booster", "alice").unwrap();
    app.github.world().hooks.drop_next = u32::MAX;
    app.settle().await;
    assert!(app.hour().await.len() > 2, "the repository has another name");
    app.github.world().hooks.drop_next = 0;
    app.finish().await;
}

#[tokio::test]
async fn what_branches_require_is_read_anew_before_a_check_of_an_idle_repository_turns_green() {
    let app = organisation(0).await;
    let gates = "checklists:\n  release:\n    gate:\n      branches: [main]\n";
    app.github.world().create_repository("acme", ".github", &[(CONFIG, gates)]).unwrap();
    app.settle().await;
    app.hours().await;
    assert_eq!(app.hour().await, QUESTION);
    let reads_rules = |app: &App| {
        let exchanges = app.github.exchanges();
        exchanges.iter().filter(|exchange| exchange.path.ends_with("/rocket/branches")).count()
    };
    for _ in 0..2 {
        app.github.clear_exchanges();
        let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
        app.settle().await;
        assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("success"));
        assert_eq!(reads_rules(&app), 1);
        app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
        app.settle().await;
        app.hours().await;
        assert_eq!(app.hour().await, QUESTION);
    }
    app.finish().await;
}
