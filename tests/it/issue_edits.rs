//! What people, and GitHub by itself, do to a release issue beside ticking one box after the other.

use super::{App, CHECKLIST, GATED, ROCKET, gate, released};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::world::Clock;
use holdpoint::sandbox::{Method, NewIssue, Pick};

const TWO: &str = "## Before\n- [ ] Fuel the tanks\n- [ ] Tell the support team\n## Team\n- [ ] Wake them\n";

fn rewrite(app: &App, number: u64, who: &str, from: &str, to: &str) {
    let body = app.github.body(ROCKET, number);
    assert!(body.contains(from), "{from:?} is not in {body}");
    app.github.world().edit_issue_body(ROCKET, number, who, &body.replacen(from, to, 1)).unwrap();
}

#[tokio::test]
async fn two_people_who_tick_in_one_second_both_count() {
    let (app, number) = released(TWO).await;
    {
        let mut world = app.github.world();
        let now = world.now();
        for (who, text) in [("bob", "Fuel"), ("alice", "Tell"), ("carol", "Wake")] {
            world.clock = Clock::Counted(now);
            world.tick(ROCKET, number, who, Pick::Text(text)).unwrap();
        }
    }
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 2 of 3 done · 1 open");
    let progress = &app.comments(number)[0];
    assert!(progress.contains("| Fuel the tanks | bob |") && progress.contains("| Tell the support team | alice |"));
    assert!(progress.contains("ticked by carol"), "{progress}");
    app.finish().await;
}

#[tokio::test]
async fn whoever_saves_an_older_text_takes_the_others_tick_back_and_signs_only_the_own() {
    let (app, number) = released(TWO).await;
    // alice opened the editor before bob ticked, and saves after.
    let old = app.github.body(ROCKET, number);
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    let text = old.replace("- [ ] Tell", "- [x] Tell");
    app.github.world().edit_issue_body(ROCKET, number, "alice", &text).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 3 done · 2 open");
    assert!(app.comments(number)[0].contains("| Tell the support team | alice |"));
    // bob saves a text in which the support team was not told: that is alice's to tell again.
    let text = old.replace("- [ ] Fuel", "- [x] Fuel");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &text).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 3 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn ten_ticks_in_one_edit_are_ten_lines_each_by_its_own_rule() {
    let template: String = (0..10)
        .map(|n| format!("- [ ] Step {n}{}\n", if n % 5 == 4 { " <!-- hp: owner=@acme/qa -->" } else { "" }))
        .collect();
    let (app, number) = released(&template).await;
    let body = app.github.body(ROCKET, number);
    app.github.world().edit_issue_body(ROCKET, number, "alice", &body.replace("[ ]", "[x]")).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 8 of 10 done · waiting for @acme/qa");
    let lines = app.holdpoint.context().store.ledger_lines(1).await.unwrap();
    assert_eq!((lines.len(), lines.iter().filter(|l| l.refused.is_some()).count()), (10, 2));
    app.finish().await;
}

#[tokio::test]
async fn items_that_are_moved_keep_their_ticks_wherever_they_are_put() {
    let (app, number) = released(TWO).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    // Dragged below its neighbour, below another heading, and one level down. carol may sort, and signs nothing by it.
    for (from, to) in [
        ("- [x] Fuel the tanks\n- [ ] Tell the support team\n", "- [ ] Tell the support team\n- [x] Fuel the tanks\n"),
        ("- [x] Fuel the tanks\n## Team\n", "## Team\n- [x] Fuel the tanks\n"),
        ("- [x] Fuel the tanks\n- [ ] Wake them\n", "- [ ] Wake them\n  - [x] Fuel the tanks\n"),
    ] {
        rewrite(&app, number, "carol", from, to);
        app.settle().await;
        assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 3 done · 2 open", "{to}");
    }
    // Moved and ticked in one edit is a tick.
    rewrite(&app, number, "bob", "- [ ] Tell the support team\n", "");
    rewrite(&app, number, "bob", "- [ ] Wake them\n", "- [x] Tell the support team\n- [ ] Wake them\n");
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 2 of 3 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_is_converted_to_an_issue_is_asked_for_until_its_words_are_back() {
    for reference in ["#N", "[Fuel the tanks](URL)", "URL"] {
        let (app, number) = released(TWO).await;
        app.github.world().tick(ROCKET, number, "bob", Pick::Text("Tell")).unwrap();
        app.settle().await;
        // GitHub opens an issue of that title, and puts its number in place of the text.
        let new = NewIssue { title: "Fuel the tanks".to_owned(), ..NewIssue::default() };
        let made = app.github.world().open_issue(ROCKET, "carol", &new).unwrap();
        let url = format!("{}/{ROCKET}/issues/{made}", app.github.url());
        let text = reference.replace("#N", &format!("#{made}")).replace("URL", &url);
        rewrite(&app, number, "carol", "Fuel the tanks", &text);
        app.settle().await;
        // It is closed, and GitHub ticks its box in the name of somebody who may.
        app.github.world().close_issue(ROCKET, made, "bob", None).unwrap();
        if app.github.body(ROCKET, number).contains(&format!("- [ ] {text}")) {
            rewrite(&app, number, "bob", &format!("- [ ] {text}"), &format!("- [x] {text}"));
        }
        app.settle().await;
        if text.contains("Fuel the tanks") {
            // Links are no part of an item's identity.
            assert_eq!(gate(&app), "action_required · v1.0.0: 2 of 3 done · 1 open", "{reference}");
        } else {
            // The number is an item that people added, and the words are missed.
            assert_eq!(gate(&app), "action_required · v1.0.0: 2 of 4 done · 2 open", "{reference}");
            let progress = &app.comments(number)[0];
            assert!(progress.contains("Fuel the tanks (taken out of the issue: put it back)"), "{progress}");
        }
        // With the reference behind the words both are there.
        rewrite(&app, number, "bob", &format!("- [x] {text}"), &format!("- [ ] Fuel the tanks #{made}"));
        rewrite(&app, number, "bob", "- [ ] Fuel", "- [x] Fuel");
        app.settle().await;
        // The number alone was an item of its own, and bob, who may tick, took it out.
        let own = if text.contains("Fuel the tanks") { "2 of 3 done" } else { "2 of 4 done · 1 skipped" };
        assert_eq!(gate(&app), format!("action_required · v1.0.0: {own} · 1 open"), "{reference}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_box_that_github_ticks_because_an_issue_was_closed_counts_where_the_closer_may_tick() {
    for (closer, counts) in [("bob", true), ("carol", false), ("dave", false), ("github-actions[bot]", false)] {
        let app = App::start().await;
        let new = NewIssue { title: "A leak".to_owned(), ..NewIssue::default() };
        let leak = app.github.world().open_issue(ROCKET, "dave", &new).unwrap();
        app.commit("main", &[(CHECKLIST, Some(&format!("- [ ] Mend #{leak}\n- [ ] Fuel\n")))]);
        let number = app.release("v1.0.0").await;
        app.github.world().close_issue(ROCKET, leak, closer, None).unwrap();
        app.settle().await;
        assert!(app.github.body(ROCKET, number).contains(&format!("- [x] Mend #{leak}")));
        let done = if counts { "1 of 2 done · 1 open" } else { "0 of 2 done · 2 open" };
        assert_eq!(gate(&app), format!("action_required · v1.0.0: {done}"), "{closer}");
        app.finish().await;
    }
}

#[tokio::test]
async fn locking_pinning_and_labelling_change_nothing_and_ticks_count_on() {
    let (app, number) = released(TWO).await;
    app.github.clear_exchanges();
    app.github.world().lock_issue(ROCKET, number, "alice").unwrap();
    app.github.world().pin_issue(ROCKET, number, "alice").unwrap();
    app.github.world().label(ROCKET, number, "carol", "urgent").unwrap();
    app.settle().await;
    assert_eq!(app.github.counts().keys().filter(|call| !call.contains("access_tokens")).count(), 0);
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 3 done · 2 open");
    assert!(app.comments(number)[0].contains("| Fuel the tanks | bob |"));
    app.finish().await;
}

#[tokio::test]
async fn a_complete_issue_that_is_reopened_is_closed_again_unless_something_is_taken_back() {
    let (app, number) = released("- [ ] Fuel\n").await;
    let state = |app: &App| app.github.issue(ROCKET, number).unwrap().state;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Closed, "success · v1.0.0: 1 of 1 done"));
    app.github.world().reopen_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Closed, "success · v1.0.0: 1 of 1 done"));
    app.github.world().reopen_issue(ROCKET, number, "alice").unwrap();
    app.github.world().untick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Open, "action_required · v1.0.0: 0 of 1 done · 1 open"));
    app.finish().await;
}

#[tokio::test]
async fn a_closed_issue_is_opened_again_once_when_something_of_it_is_open_again() {
    let (app, number) = released(TWO).await;
    let state = |app: &App| app.github.issue(ROCKET, number).unwrap().state;
    // Closed early, it stays closed: people may keep it as they like.
    app.github.world().close_issue(ROCKET, number, "alice", None).unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert_eq!(state(&app), State::Closed);
    app.github.world().comment(ROCKET, number, "bob", "/hp done 2 3").unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Closed, "success · v1.0.0: 3 of 3 done"));
    app.github.world().untick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Open, "action_required · v1.0.0: 2 of 3 done · 1 open"));
    // Whoever closes it now means it: nothing opens it again but another turn.
    app.github.world().close_issue(ROCKET, number, "alice", None).unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, number, "bob", "/hp undo 2\n/hp recheck").unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Closed, "action_required · v1.0.0: 1 of 3 done · 2 open"));
    app.github.world().comment(ROCKET, number, "bob", "/hp done 1 2").unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, number, "bob", "/hp undo 1").unwrap();
    app.settle().await;
    assert_eq!((state(&app), gate(&app).as_str()), (State::Open, "action_required · v1.0.0: 2 of 3 done · 1 open"));
    app.finish().await;
}

#[tokio::test]
async fn an_issue_that_is_transferred_shuts_the_gate_and_goes_on_where_it_was_once_it_is_back() {
    let (app, number) = released(TWO).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    app.github.world().create_repository("acme", "attic", &[("README.md", "Old things\n")]).unwrap();
    app.github.world().set_role("acme/attic", "alice", Some(holdpoint::sandbox::repo::Role::Admin)).unwrap();
    let there = app.github.world().transfer_issue(ROCKET, number, "acme/attic", "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure") && gate(&app).contains("transferred"), "{}", gate(&app));
    // What is ticked there is no release issue's.
    app.github.world().tick("acme/attic", there, "alice", Pick::Text("Tell")).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    let back = app.github.world().transfer_issue("acme/attic", there, ROCKET, "alice").unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, back, "bob", Pick::Text("Wake")).unwrap();
    app.settle().await;
    // alice may tick here too, and the history came along.
    assert_eq!(gate(&app), "success · v1.0.0: 3 of 3 done");
    assert!(app.comments(back)[0].contains("| Tell the support team | alice (from the edit history) |"));
    app.finish().await;
}

#[tokio::test]
async fn a_second_person_is_neither_who_brought_the_step_nor_who_opened_the_release() {
    let app = App::start().await;
    let template = "- [ ] Review the plan <!-- hp: second-person -->\n";
    app.commit("main", &[(CHECKLIST, Some(template))]);
    let pull = app.pull_request(
        "main",
        &[("release-steps/1.md", Some("- [ ] Check the migration <!-- hp: second-person -->\n"))],
    );
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "bob", Method::Squash).unwrap();
    // alice opens the release; erin wrote the pull request.
    let number = app.release("v1.0.0").await;
    for (who, command) in [("alice", "/hp done 1, 2"), ("erin", "/hp done 2")] {
        app.github.world().comment(ROCKET, number, who, command).unwrap();
    }
    for (who, text) in [("alice", "Review"), ("erin", "Check")] {
        app.github.world().tick(ROCKET, number, who, Pick::Text(text)).unwrap();
    }
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    assert_eq!(app.comments(number)[0].matches("this item needs a second person").count(), 2);
    for text in ["Review", "Check"] {
        app.github.world().untick(ROCKET, number, "alice", Pick::Text(text)).unwrap();
        app.github.world().tick(ROCKET, number, "bob", Pick::Text(text)).unwrap();
    }
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn each_role_and_list_decides_who_may_tick() {
    for (by, may) in [
        ("write", &["alice", "bob", "erin"][..]),
        ("maintain", &["alice", "erin"]),
        ("admin", &["alice"]),
        ("[\"@dave\"]", &["dave"]),
        ("[\"@acme/qa\", \"@erin\"]", &["bob", "erin"]),
    ] {
        let app = App::start().await;
        let config = format!("checklists:\n  release:\n    ticks: {{ by: {by} }}\n");
        let people = ["alice", "bob", "erin", "carol", "dave"];
        let template: String = people.iter().map(|who| format!("- [ ] Ask {who}\n")).collect();
        app.commit("main", &[(".github/holdpoint.yml", Some(&config)), (CHECKLIST, Some(&template))]);
        app.settle().await;
        let number = app.release("v1.0.0").await;
        for who in people {
            app.github
                .world()
                .comment(
                    ROCKET,
                    number,
                    who,
                    &format!("/hp done {}", 1 + people.iter().position(|p| *p == who).unwrap()),
                )
                .unwrap();
        }
        app.settle().await;
        let progress = &app.comments(number)[0];
        for who in people {
            let done = progress.contains(&format!("| Ask {who} | {who} (in a comment) |"));
            assert_eq!(done, may.contains(&who), "{by}: {who}: {progress}");
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn what_was_said_and_done_on_an_issue_that_is_gone_by_then_leaves_no_dead_letter() {
    let (app, number) = released(TWO).await;
    app.github.world().create_repository("acme", "attic", &[("README.md", "Old things\n")]).unwrap();
    app.github.world().set_role("acme/attic", "alice", Some(holdpoint::sandbox::repo::Role::Admin)).unwrap();
    app.github.world().comment(ROCKET, number, "carol", "/hp done 1").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.github.world().transfer_issue(ROCKET, number, "acme/attic", "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure") && gate(&app).contains("transferred"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_changed_rule_opens_no_issue_of_a_release_again_that_is_in_every_gated_branch() {
    for shipped in [true, false] {
        let app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Paint\n"))]);
        let number = app.release("v1.0.0").await;
        let state = |app: &App| app.github.issue(ROCKET, number).unwrap().state;
        app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        app.github.world().comment(ROCKET, number, "bob", "/hp skip 2 nothing to paint").unwrap();
        app.settle().await;
        assert_eq!(state(&app), State::Closed);
        if shipped {
            let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
            app.settle().await;
            app.github.world().merge_pull_request(ROCKET, pull, "erin", Method::Merge).unwrap();
            app.settle().await;
        }
        let strict = GATED.replacen("release:\n", "release:\n    skip: forbid\n", 1);
        app.commit("main", &[(".github/holdpoint.yml", Some(&strict))]);
        app.settle().await;
        app.sweep().await;
        assert_eq!(state(&app), if shipped { State::Closed } else { State::Open });
        // A box that somebody unticks opens it all the same.
        app.github.world().untick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        app.settle().await;
        assert_eq!(state(&app), State::Open);
        app.finish().await;
    }
}
