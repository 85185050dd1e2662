//! Who is who: accounts that are renamed, names that somebody else has by now, edited comments, Apps, strangers, and whoever made
//! the evidence.

use super::{App, CHECKLIST, ROCKET, gate, released};
use holdpoint::ids::IssueNumber;
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{Fault, NewIssue, Pick, World};
use holdpoint::store::ReleaseRow;

const CONFIG: &str = ".github/holdpoint.yml";
pub(super) const SECOND: &str = "- [ ] Review the plan <!-- hp: second-person -->\n";
pub(super) const NO_SECOND: &str =
    "this item needs a second person: neither an author of the change nor who opened the release";
pub(super) const NOBODY: &str = "who opened this release is not known: it takes somebody with maintain access";

pub(super) async fn look_again(app: &App) {
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
}

/// Something of which no delivery comes.
pub(super) async fn unheard(app: &App, act: impl FnOnce(&mut World)) {
    let before = app.github.world().hooks.pending.len();
    act(&mut app.github.world());
    let lost = app.github.world().hooks.pending.len() - before;
    app.github.world().hooks.lose_next = u32::try_from(lost).unwrap();
    app.settle().await;
}

async fn row(app: &App, number: u64) -> ReleaseRow {
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    store.release_of_issue(id, IssueNumber(number)).await.unwrap().unwrap()
}

fn id(app: &App, login: &str) -> u64 {
    app.github.world().users[login].id
}

pub(super) fn last_issue(app: &App) -> u64 {
    app.github.issues(ROCKET).last().unwrap().number
}

pub(super) async fn tick(app: &App, number: u64, who: &str) {
    app.github.world().untick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, who, Pick::Nth(0)).unwrap();
    app.settle().await;
}

#[tokio::test]
async fn who_pushes_a_tag_beside_a_pull_request_is_no_second_person() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(SECOND))]);
    let before = app.release("v0.9.0").await;
    tick(&app, before, "bob").await;
    let mut world = app.github.world();
    world.open_pull_request(ROCKET, "alice", "main", "production", "Ship it", "").unwrap();
    drop(world);
    app.settle().await;
    // The push to the pull request is handled first, and finds the tag by itself.
    let head = app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", &head, "bob", None).unwrap();
    app.settle().await;
    let number = last_issue(&app);
    assert_eq!(row(&app, number).await.release.actor.login, "bob");
    tick(&app, number, "bob").await;
    assert!(app.comments(number)[0].contains(NO_SECOND), "{}", app.comments(number)[0]);
    assert!(!app.check(&head, "holdpoint/release").starts_with("success"));
    tick(&app, number, "erin").await;
    assert_eq!(app.check("v1.0.0", "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn where_nobody_is_known_to_have_released_it_takes_a_maintainer_as_second_person() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(SECOND))]);
    app.release("v0.9.0").await;
    let head = app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    // GitHub tells nothing of more than three tags in one push.
    let tags = ["v1.0.0", "one", "two", "three"].map(|tag| (tag, head.as_str()));
    app.github.world().push_tags(ROCKET, "bob", &tags, None).unwrap();
    app.settle().await;
    look_again(&app).await;
    let number = last_issue(&app);
    tick(&app, number, "bob").await;
    assert!(app.comments(number)[0].contains(NOBODY), "{}", app.comments(number)[0]);
    assert_eq!(app.check("v1.0.0", "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
    tick(&app, number, "erin").await;
    assert_eq!(app.check("v1.0.0", "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn who_renames_their_account_is_still_who_opened_the_release_and_who_ticked() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(&format!("{SECOND}- [ ] Fuel <!-- hp: owner=@bob -->\n")))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "bob", None).unwrap();
    app.settle().await;
    let number = last_issue(&app);
    // One tick is on its way while its maker is renamed.
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.github.world().rename_user("bob", "robert").unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.github.world().tick(ROCKET, number, "robert", Pick::Text("Review")).unwrap();
    app.settle().await;
    assert!(app.comments(number)[0].contains(NO_SECOND), "{}", app.comments(number)[0]);
    // An owner is who was meant, whatever they are called now.
    for act in [World::untick, World::tick] {
        act(&mut app.github.world(), ROCKET, number, "robert", Pick::Text("Fuel")).unwrap();
        app.settle().await;
    }
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    let lines = app.holdpoint.context().store.ledger_lines(1).await.unwrap();
    assert!(lines.iter().all(|line| line.by_id.is_some_and(|of| of.0 == id(&app, "robert"))), "{lines:?}");
    app.finish().await;
}

#[tokio::test]
async fn who_registers_a_login_that_somebody_gave_up_is_somebody_else() {
    let (app, number) = released("- [ ] Test <!-- hp: owner=@bob -->\n").await;
    {
        let mut world = app.github.world();
        world.rename_user("bob", "robert").unwrap();
        world.add_user("bob", "Another Bob");
        world.set_role(ROCKET, "bob", Some(Role::Write)).unwrap();
    }
    tick(&app, number, "bob").await;
    let progress = app.comments(number)[0].replace('\u{2060}', "");
    assert!(progress.contains("@bob was another account when this release was opened"), "{progress}");
    tick(&app, number, "robert").await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn a_role_is_that_of_the_account_and_not_of_whoever_has_its_login_by_now() {
    let (app, number) = released("- [ ] Fuel\n").await;
    {
        let mut world = app.github.world();
        // dave may only read; his comment is on its way while he leaves his login to somebody who may write.
        world.comment(ROCKET, number, "dave", "/hp done 1").unwrap();
        world.rename_user("dave", "david").unwrap();
        world.add_user("dave", "Another Dave");
        world.set_role(ROCKET, "dave", Some(Role::Write)).unwrap();
    }
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn the_signed_line_knows_who_opened_the_release_after_a_rename_and_a_lost_database() {
    let (mut app, number) = released(SECOND).await;
    app.lose_database().await;
    app.github.world().rename_user("alice", "alicia").unwrap();
    app.github.world().tick(ROCKET, number, "alicia", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().untick(ROCKET, number, "alicia", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, "alicia", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(row(&app, number).await.release.actor.id.map(|of| of.0), Some(id(&app, "alicia")));
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_comment_that_was_edited_within_its_first_second_commands_nothing() {
    for heard in [true, false] {
        let (app, number) = released("- [ ] Fuel\n").await;
        let write = |world: &mut World| {
            let comment = world.comment(ROCKET, number, "erin", "Looks good so far").unwrap();
            world.edit_comment(ROCKET, comment, "bob", "/hp override ship it").unwrap();
            let found = world.repo_mut(ROCKET).unwrap().comments.get_mut(&comment).unwrap();
            found.updated_at = found.created_at;
        };
        if heard {
            write(&mut app.github.world());
            app.settle().await;
        } else {
            unheard(&app, write).await;
        }
        for _ in 0..2 {
            look_again(&app).await;
            assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
        }
        let told = app.comments(number).iter().filter(|c| c.contains("nobody knows whose words these are")).count();
        assert_eq!(told, usize::from(!heard), "{:?}", app.comments(number));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_comment_that_nobody_edited_is_carried_out_though_its_delivery_was_lost() {
    let (app, number) = released("- [ ] Fuel\n").await;
    unheard(&app, |world| {
        world.comment(ROCKET, number, "bob", "/hp done 1").unwrap();
    })
    .await;
    look_again(&app).await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn where_github_does_not_say_whether_a_comment_was_edited_it_waits() {
    let (app, number) = released("- [ ] Fuel\n").await;
    unheard(&app, |world| {
        world.comment(ROCKET, number, "bob", "/hp done 1").unwrap();
    })
    .await;
    // Twice for the edit history of the issue, which the comment made newer, and once for the comment.
    app.github.fail_next("POST", "/graphql", Fault::Status(502), 3);
    look_again(&app).await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    look_again(&app).await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn a_stranger_who_is_named_does_not_count_and_somebody_who_was_let_in_does() {
    let owned = "- [ ] Test <!-- hp: owner=@mallory owner=@dave -->\n";
    let listed = "checklists:\n  release:\n    ticks: { by: [\"@mallory\", \"@dave\"] }\n";
    for (template, config) in [(owned, None), ("- [ ] Test\n", Some(listed))] {
        let app = App::start().await;
        app.commit("main", &[(CHECKLIST, Some(template)), (CONFIG, config)]);
        app.settle().await;
        let number = app.release("v1.0.0").await;
        app.github.world().comment(ROCKET, number, "mallory", "/hp done 1").unwrap();
        app.settle().await;
        assert!(gate(&app).starts_with("action_required · v1.0.0: 0 of 1 done"), "{}", gate(&app));
        let reply = app.comments(number).pop().unwrap();
        assert!(reply.contains("mallory is named here and has no access to this repository"), "{reply}");
        app.github.world().comment(ROCKET, number, "dave", "/hp done 1").unwrap();
        app.settle().await;
        assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_issue_is_evidence_where_whoever_closed_it_may_tick_the_item() {
    let app = App::start().await;
    let new = NewIssue { title: "A leak".to_owned(), ..NewIssue::default() };
    let leak = app.github.world().open_issue(ROCKET, "dave", &new).unwrap();
    let plain = format!("- [ ] The leak <!-- hp: verify=closed(#{leak}) -->\n");
    let owned = format!("- [ ] The tank <!-- hp: owner=@erin verify=closed(#{leak}) -->\n");
    let second = format!("- [ ] The plan <!-- hp: second-person verify=closed(#{leak}) -->\n");
    app.commit("main", &[(CHECKLIST, Some(&format!("{plain}{owned}{second}")))]);
    let number = app.release("v1.0.0").await;
    for (closer, done) in [("carol", 0), ("dave", 0), ("github-actions[bot]", 0), ("bob", 2), ("alice", 1), ("erin", 3)]
    {
        app.github.world().close_issue(ROCKET, leak, closer, None).unwrap();
        app.settle().await;
        let said = gate(&app);
        assert!(said.contains(&format!("{done} of 3 done")), "{closer}: {said}");
        if closer == "carol" {
            let progress = app.comments(number)[0].replace(['\u{2060}', '\\'], "");
            let why = format!(
                "#{leak} was closed by carol, which does not count: write access is needed, and carol has triage"
            );
            assert!(progress.contains(&why), "{progress}");
        }
        if closer != "erin" {
            app.github.world().reopen_issue(ROCKET, leak, "alice").unwrap();
            app.settle().await;
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_an_app_writes_in_a_persons_name_counts_as_that_apps() {
    for (bots, done) in [("deny", false), ("allow", true)] {
        let app = App::start().await;
        let config = format!("checklists:\n  release:\n    ticks: {{ bots: {bots} }}\n");
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Test\n")), (CONFIG, Some(&config))]);
        app.settle().await;
        let number = app.release("v1.0.0").await;
        let say = |text: &str| {
            app.github.world().comment_through(ROCKET, number, "erin", Some(15_368), text).unwrap();
        };
        say("/hp done 1");
        app.settle().await;
        let expected = if done { "1 of 2 done · 1 open" } else { "0 of 2 done · 2 open" };
        assert_eq!(gate(&app), format!("action_required · v1.0.0: {expected}"));
        if !done {
            let reply = app.comments(number).pop().unwrap();
            assert!(reply.contains("the App github-actions did it in the name of erin"), "{reply}");
        }
        // To override is a person's own to do.
        for text in ["/hp override hurry", "/hp open main"] {
            say(text);
            app.settle().await;
            let reply = app.comments(number).pop().unwrap();
            assert!(reply.contains("the App github-actions wrote it, and only erin themselves may"), "{reply}");
        }
        assert_eq!(gate(&app), format!("action_required · v1.0.0: {expected}"));
        // Nor does it pass when its delivery is lost.
        unheard(&app, |world| {
            world.comment_through(ROCKET, number, "erin", Some(15_368), "/hp override hurry").unwrap();
        })
        .await;
        look_again(&app).await;
        assert_eq!(gate(&app), format!("action_required · v1.0.0: {expected}"));
        app.finish().await;
    }
}

#[tokio::test]
async fn where_bots_may_tick_one_stands_for_write_access_and_is_neither_owner_nor_second_person() {
    for (rule, expected) in
        [("bots: allow", "1 of 3 done"), ("bots: deny", "0 of 3 done"), ("bots: allow, by: maintain", "0 of 3 done")]
    {
        let app = App::start().await;
        let config = format!("checklists:\n  release:\n    ticks: {{ {rule} }}\n");
        let template = format!("- [ ] Fuel\n- [ ] Test <!-- hp: owner=@acme/qa -->\n{SECOND}");
        app.commit("main", &[(CHECKLIST, Some(&template)), (CONFIG, Some(&config))]);
        app.settle().await;
        let number = app.release("v1.0.0").await;
        for text in ["Fuel", "Test", "Review"] {
            app.github.world().tick(ROCKET, number, "github-actions[bot]", Pick::Text(text)).unwrap();
        }
        app.settle().await;
        let said = gate(&app);
        assert!(said.contains(expected), "{rule}: {said}");
        app.finish().await;
    }
}

#[tokio::test]
async fn who_was_invited_into_a_team_and_has_not_accepted_owns_none_of_its_items() {
    let (app, number) = released("- [ ] Test <!-- hp: owner=@acme/qa -->\n").await;
    app.github.world().invite_to_team("acme", "qa", "erin");
    tick(&app, number, "erin").await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · waiting for @acme/qa");
    assert!(app.comments(number)[0].contains("it belongs to"), "{}", app.comments(number)[0]);
    app.github.world().set_team("acme", "qa", &["bob", "erin"]);
    tick(&app, number, "erin").await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn whoever_puts_a_tag_somewhere_is_no_second_person_though_others_put_it_there_too() {
    for back in [false, true] {
        let app = App::start().await;
        let first = app.commit("main", &[(CHECKLIST, Some(SECOND))]);
        app.settle().await;
        app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
        let other = app.commit("main", &[("src/engine.py", Some("more\n"))]);
        if back {
            // The release is open, and the tag is put elsewhere and back before anybody hears of it.
            app.settle().await;
            app.github.world().move_tag(ROCKET, "v1.0.0", &other, "bob").unwrap();
            app.github.world().move_tag(ROCKET, "v1.0.0", &first, "bob").unwrap();
        } else {
            // Both deliveries are processed at once.
            app.github.world().move_tag(ROCKET, "v1.0.0", &other, "bob").unwrap();
        }
        app.settle().await;
        let number = last_issue(&app);
        for who in ["bob", "alice"] {
            app.github.world().tick(ROCKET, number, who, Pick::Nth(0)).unwrap();
            app.settle().await;
            assert!(app.comments(number)[0].contains(NO_SECOND), "{who}: {}", app.comments(number)[0]);
            app.github.world().untick(ROCKET, number, "erin", Pick::Nth(0)).unwrap();
            app.settle().await;
        }
        app.github.world().tick(ROCKET, number, "erin", Pick::Nth(0)).unwrap();
        app.settle().await;
        let check = app.check("v1.0.0", "holdpoint/release");
        assert!(check.starts_with("success"), "{check}");
        app.finish().await;
    }
}
