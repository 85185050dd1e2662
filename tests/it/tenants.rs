//! Two installations in one database: what happens in the one moves nothing in the other.

use super::{App, CHECKLIST, ROCKET, gate, released};
use holdpoint::ids::{IssueNumber, RepositoryId};
use holdpoint::sandbox::Pick;
use holdpoint::sandbox::repo::Role;

/// The other tenant's repository. It has the name, the checklist, the tag and the issue's number of the first.
const OTHER: &str = "globex/rocket";

impl App {
    fn gate_of_other(&self) -> String {
        let run = self.github.check(OTHER, "main", "holdpoint/release").expect("a check");
        format!("{} · {}", run.conclusion.unwrap_or_default(), run.output.title.unwrap_or_default())
    }

    fn comment_of_other(&self, number: u64) -> String {
        self.github.comments(OTHER, number).first().map(|comment| comment.body.clone()).unwrap_or_default()
    }

    async fn known(&self) -> Vec<String> {
        let known = self.holdpoint.context().store.repositories().await.unwrap();
        known.iter().map(|repository| repository.name.to_string()).collect()
    }
}

/// `v1.0.0` is open at both tenants, with one item. `bob` may tick at the first alone, `gina` at the other.
async fn both() -> (App, u64) {
    let (app, number) = released("- [ ] Fuel\n").await;
    {
        let mut world = app.github.world();
        world.add_org("globex");
        world.add_user("gina", "Gina");
        world.create_repository("globex", "rocket", &[(CHECKLIST, "- [ ] Fuel\n")]).unwrap();
        world.set_role(OTHER, "gina", Some(Role::Admin)).unwrap();
        world.install("globex", None, "gina").unwrap();
        world.create_tag(OTHER, "v1.0.0", "main", "gina", None).unwrap();
    }
    app.settle().await;
    assert_eq!(app.github.issues(OTHER).iter().map(|issue| issue.number).collect::<Vec<_>>(), [number]);
    assert_eq!(app.gate_of_other(), "action_required · v1.0.0: 0 of 1 done · 1 open");
    (app, number)
}

#[tokio::test]
async fn a_tick_counts_in_its_own_repository_and_not_in_anothers_issue_of_the_same_number() {
    let (app, number) = both().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    assert_eq!(app.gate_of_other(), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.github.world().tick(OTHER, number, "gina", Pick::Nth(0)).unwrap();
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert_eq!(app.gate_of_other(), "success · v1.0.0: 1 of 1 done");
    // Each says who ticked there, and nothing of the other.
    assert!(app.comment_of_other(number).contains("gina") && !app.comment_of_other(number).contains("bob"));
    assert!(!app.comments(number)[0].contains("gina"), "{}", app.comments(number)[0]);
    app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    assert_eq!(app.gate_of_other(), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn who_may_tick_in_one_repository_may_not_in_another_within_the_minute() {
    let (app, number) = both().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.github.world().comment(OTHER, number, "bob", "/hp done 1").unwrap();
    app.settle().await;
    assert_eq!(app.gate_of_other(), "action_required · v1.0.0: 0 of 1 done · 1 open");
    let reply = app.github.comments(OTHER, number).pop().unwrap().body;
    assert!(reply.contains("write access is needed, and bob has read"), "{reply}");
    app.finish().await;
}

#[tokio::test]
async fn after_a_lost_database_the_signed_line_of_one_tenant_means_nothing_at_the_other() {
    let (mut app, number) = both().await;
    app.lose_database().await;
    // All of the first one's text, with its line, over the other's.
    let body = app.github.body(ROCKET, number);
    app.github.world().edit_issue_body(OTHER, number, "gina", &body).unwrap();
    app.github.world().tick(OTHER, number, "gina", Pick::Nth(0)).unwrap();
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn a_tenant_that_uninstalls_is_forgotten_and_the_others_are_looked_at_as_before() {
    let (app, _) = both().await;
    assert_eq!(app.known().await, [ROCKET, OTHER]);
    let other = *app.github.world().installations.keys().last().unwrap();
    app.github.world().uninstall(other, "gina").unwrap();
    app.settle().await;
    assert_eq!(app.known().await, [ROCKET]);
    app.github.clear_exchanges();
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let calls: Vec<String> = app.github.exchanges().into_iter().map(|call| call.path).collect();
    assert!(calls.iter().any(|path| path.starts_with("/repos/acme/rocket/")), "{calls:?}");
    assert!(!calls.iter().any(|path| path.contains("globex") || path.contains(&other.to_string())), "{calls:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_kept_of_a_tenant_that_uninstalled_is_deleted_a_month_later_and_its_gate_stays_shut() {
    for back_in_time in [true, false] {
        let (app, number) = both().await;
        app.github.world().tick(OTHER, number, "gina", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert!(app.gate_of_other().starts_with("success"));
        let store = app.holdpoint.context().store.clone();
        let id = RepositoryId(app.github.world().repo(OTHER).unwrap().id);
        let other = *app.github.world().installations.keys().last().unwrap();
        app.github.world().uninstall(other, "gina").unwrap();
        app.settle().await;
        let install = || app.github.world().install("globex", None, "gina").unwrap();
        if back_in_time {
            install();
            app.settle().await;
        }
        assert_eq!(store.delete_lost(i64::MAX).await.unwrap(), usize::from(!back_in_time));
        let row = store.release_of_issue(id, IssueNumber(number)).await.unwrap().unwrap();
        assert_eq!(row.opened_body.contains("Fuel"), back_in_time, "{}", row.opened_body);
        assert!(!store.ledger_lines(row.id).await.unwrap().is_empty(), "the ledger is the record");
        if !back_in_time {
            install();
            app.settle().await;
            assert!(!app.gate_of_other().starts_with("success"), "{}", app.gate_of_other());
        }
        assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_job_that_waited_while_the_app_was_uninstalled_keeps_nothing_of_the_repository() {
    let (app, number) = both().await;
    let store = app.holdpoint.context().store.clone();
    let id = RepositoryId(app.github.world().repo(OTHER).unwrap().id);
    let other = *app.github.world().installations.keys().last().unwrap();
    app.github.world().tick(OTHER, number, "gina", Pick::Nth(0)).unwrap();
    app.github.world().uninstall(other, "gina").unwrap();
    // The tick is the last to arrive.
    app.github.world().hooks.pending.make_contiguous().reverse();
    app.settle().await;
    assert_eq!(store.delete_lost(i64::MAX).await.unwrap(), 1);
    let row = store.release_of_issue(id, IssueNumber(number)).await.unwrap().unwrap();
    assert!(!row.opened_body.contains("Fuel"), "{}", row.opened_body);
}
