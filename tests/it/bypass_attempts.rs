//! Attempts to get past the gate, and accidents that look like one.

use super::{App, CHECKLIST, GATED, ROCKET, gate, released};
use holdpoint::sandbox::{Fault, Method, Pick};

const CONFIG: &str = ".github/holdpoint.yml";

fn tick_all(app: &App, number: u64, who: &str) {
    let body = app.github.body(ROCKET, number).replace("[ ]", "[x]");
    app.github.world().edit_issue_body(ROCKET, number, who, &body).unwrap();
}

fn edit(app: &App, number: u64, who: &str, from: &str, to: &str) {
    let body = app.github.body(ROCKET, number);
    assert!(body.contains(from), "{body}");
    app.github.world().edit_issue_body(ROCKET, number, who, &body.replacen(from, to, 1)).unwrap();
}

#[tokio::test]
async fn a_check_whose_answer_was_lost_does_not_stay_green_when_the_box_is_unticked_meanwhile() {
    let (app, number) = released("- [ ] Fuel\n").await;
    assert!(gate(&app).starts_with("action_required"));
    app.github.fail_next("PATCH", "/repos/acme/rocket/check-runs", Fault::DropAfter, 1);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.github.deliver_pending().await;
    // One look at the queue: GitHub executes the write, and its answer is lost.
    let now = app.holdpoint.context().github.now_ms();
    while app.holdpoint.worker().step(now).await.unwrap() {}
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn of_two_releases_of_one_commit_the_one_that_is_behind_decides() {
    let (app, first) = released("- [ ] Fuel\n").await;
    let second = app.release("v1.0.1").await;
    assert_ne!(first, second);
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_template_that_leaves_a_fence_or_a_comment_open_does_not_swallow_the_steps() {
    for open in ["```sh\nmake\n", "<!-- a note\n", "<pre>\nmake\n", "~~~~\nmake\n"] {
        let app = App::start().await;
        let template = format!("- [ ] Fuel\n\n{open}");
        app.commit("main", &[(CHECKLIST, Some(&template)), ("release-steps/1.md", Some("- [ ] Drop the column\n"))]);
        app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
        app.settle().await;
        if let Some(issue) = app.github.issues(ROCKET).last() {
            app.github.world().tick(ROCKET, issue.number, "bob", Pick::Nth(0)).unwrap();
            app.settle().await;
        }
        assert!(!gate(&app).starts_with("success"), "{open}: {}", gate(&app));
        app.finish().await;
    }
}

#[tokio::test]
async fn leaving_out_the_first_of_a_numbered_list_does_not_swallow_the_others() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Old\n"))]);
    app.release("v1.0.0").await;
    let template = "- [ ] Fuel\n\nThen:\n1. [ ] Migrate <!-- hp: when=paths(migrations/**) -->\n2. [ ] Close the hatch\n3. [ ] Count\n";
    app.commit("main", &[(CHECKLIST, Some(template))]);
    let number = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.1.0: 1 of 3 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn a_conditional_item_takes_no_other_item_with_it_whatever_ends_the_lines() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Old\n"))]);
    app.release("v1.0.0").await;
    let template =
        "- [ ] Fuel\r- [ ] Migrate <!-- hp: when=paths(migrations/**) -->\r- [ ] Close the hatch\r- [ ] Count\r";
    app.commit("main", &[(CHECKLIST, Some(template))]);
    app.release("v1.1.0").await;
    assert_eq!(gate(&app), "action_required · v1.1.0: 0 of 3 done · 3 open");
    app.finish().await;
}

#[tokio::test]
async fn the_title_of_a_pull_request_moves_no_step_behind_the_release() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    after: [\"*post-release*\"]\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    let pull = {
        let mut world = app.github.world();
        world.create_branch(ROCKET, "step", "main", "erin").unwrap();
        world
            .commit_to(ROCKET, "step", "erin", "A step", &[("release-steps/2.md", Some("- [ ] Drop the column\n"))])
            .unwrap();
        world.open_pull_request(ROCKET, "erin", "step", "main", "Fix the post-release mail", "").unwrap()
    };
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
    let number = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required · v1.1.0: 1 of 2 done"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn unticking_an_item_that_its_author_struck_in_part_is_no_skip() {
    let (app, number) = released("- [ ] ~~Ask Ops~~ Ask the platform team\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn striking_a_part_of_an_item_does_not_skip_all_of_it() {
    let (app, number) = released("- [ ] Run the migrations and tell support\n").await;
    edit(&app, number, "bob", "Run the migrations and", "~~Run the migrations~~ and");
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    edit(&app, number, "bob", "- [ ] ~~Run the migrations~~ and", "- ~~Run the migrations~~ and");
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    edit(&app, number, "bob", "- ~~Run the migrations~~ and", "- [ ] Run the migrations and");
    app.settle().await;
    edit(
        &app,
        number,
        "bob",
        "Run the migrations and tell support",
        "~~Run the migrations and tell support~~ no change",
    );
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 0 of 1 done · 1 skipped");
    app.finish().await;
}

#[tokio::test]
async fn one_struck_line_skips_one_item() {
    let (app, number) = released("- [ ] Migrate\n- [ ] Migrate: the second database\n").await;
    let body = app.github.body(ROCKET, number);
    let body = body
        .replace("- [ ] Migrate\n", "")
        .replace("- [ ] Migrate: the second database", "- ~~Migrate: the second database~~ it is empty");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required · v1.0.0: 0 of 2 done · 1 skipped"), "{}", gate(&app));
    app.finish().await;

    let (app, number) = released("## A\n- [ ] Sign off\n## B\n- [ ] Sign off\n").await;
    let body = app.github.body(ROCKET, number);
    let body = body.replacen("- [ ] Sign off\n", "", 1).replace("- [ ] Sign off", "- ~~Sign off~~ nobody is here");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required · v1.0.0: 0 of 2 done · 1 skipped"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn boxes_that_somebody_ticked_where_they_do_not_count_are_not_ticked_by_whoever_brings_them_back() {
    for (hide, back) in
        [("```\n- [x] Fuel\n```\n", "- [x] Fuel\n"), ("- [x] Fool\n", "- [x] Fuel\n"), ("- [x]Fuel\n", "- [x] Fuel\n")]
    {
        let (app, number) = released("- [ ] Fuel\n").await;
        edit(&app, number, "carol", "- [ ] Fuel\n", hide);
        app.settle().await;
        edit(&app, number, "bob", hide, back);
        app.settle().await;
        assert!(gate(&app).starts_with("action_required"), "{hide}: {}", gate(&app));
        app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        // What stood there instead was an item that people added, and bob took it out.
        assert!(gate(&app).starts_with("success · v1.0.0: 1 of "), "{hide}: {}", gate(&app));
        app.finish().await;
    }
}

#[tokio::test]
async fn what_only_a_major_release_needs_is_asked_for_when_a_release_candidate_went_before_it() {
    let app = App::start().await;
    let template = "- [ ] Fuel\n- [ ] Tell the press <!-- hp: when=version(major) -->\n";
    app.commit("main", &[(CHECKLIST, Some(template))]);
    app.release("v1.9.0").await;
    app.commit("main", &[("src/engine.py", Some("two\n"))]);
    app.release("v2.0.0-rc1").await;
    app.commit("main", &[("src/engine.py", Some("three\n"))]);
    let number = app.release("v2.0.0").await;
    assert!(app.github.body(ROCKET, number).contains("- [ ] Tell the press"), "{}", app.github.body(ROCKET, number));
    app.finish().await;
}

#[tokio::test]
async fn an_untick_of_which_no_event_came_closes_the_gate_at_the_next_sweep() {
    let (app, number) = released("- [ ] Fuel\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"));
    app.github.world().hooks.lose_next = 1;
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_deletion_of_which_no_event_came_closes_the_gate_at_the_next_sweep() {
    let (app, number) = released("- [ ] Fuel\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().hooks.lose_next = 1;
    app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_gated_branch_that_is_set_back_makes_its_pull_requests_wait_again() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let before = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    app.github.world().push_commit(ROCKET, "production", &before, "alice").unwrap();
    app.commit("main", &[("src/engine.py", Some("two\n"))]);
    app.release("v1.0.0").await;
    // Somebody pushes past the gate.
    let released = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    app.github.world().push_commit(ROCKET, "production", &released, "alice").unwrap();
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · No release holds this commit.");
    app.github.world().push_commit(ROCKET, "production", &before, "alice").unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn steps_of_a_tag_that_was_never_a_release_are_asked_for_by_the_next_one() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    open: { on: release }\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    app.commit("main", &[("release-steps/1.md", Some("- [ ] Drop the column\n"))]);
    app.github.world().create_tag(ROCKET, "v1.1.0-build7", "main", "alice", None).unwrap();
    app.settle().await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    app.github.world().publish_release(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    let number = app.github.issues(ROCKET).last().unwrap().number;
    assert!(app.github.body(ROCKET, number).contains("- [ ] Drop the column"), "{}", app.github.body(ROCKET, number));
    app.finish().await;
}

#[tokio::test]
async fn a_template_or_step_that_is_too_large_to_read_closes_the_gate() {
    let large = format!("- [ ] Fuel\n\n{}\n", "text ".repeat(220_000));
    for path in ["release-steps/1.md", "second.md"] {
        let app = App::start().await;
        let config = "checklists:\n  release:\n    template: [.github/release-checklist.md, second.md]\n";
        let config = if path == "second.md" { config } else { GATED };
        app.commit(
            "main",
            &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Close the hatch\n")), (path, Some(&large))],
        );
        app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
        app.settle().await;
        assert!(gate(&app).starts_with("failure"), "{path}: {}", gate(&app));
        app.finish().await;
    }
}

#[tokio::test]
async fn of_several_templates_each_must_have_items() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    template: [a.md, b.md]\n";
    app.commit(
        "main",
        &[(CONFIG, Some(config)), ("a.md", Some("- [ ] Fuel\n")), ("b.md", Some("- [] Close the hatch\n"))],
    );
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn where_no_condition_of_a_template_holds_there_is_nothing_to_do() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Migrate <!-- hp: when=version(major) -->\n"))]);
    app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.1", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.1: nothing to do");
    app.finish().await;
}

#[tokio::test]
async fn a_group_of_alternatives_ends_with_its_file() {
    let app = App::start().await;
    let template =
        "- [ ] Roll out by hand <!-- hp: one-of=rollout -->\n- [ ] Roll out by robot <!-- hp: one-of=rollout -->\n";
    let step = "- [ ] Say hello <!-- hp: one-of=rollout -->\n";
    app.commit("main", &[(CHECKLIST, Some(template)), ("release-steps/1.md", Some(step))]);
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Say hello")).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn words_of_the_item_that_look_like_our_own_suffix_belong_to_the_item() {
    let template = "- [ ] Deploy · optional cleanup of the orders table <!-- hp: owner=@acme/qa -->\n";
    let (app, number) = released(template).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    edit(&app, number, "bob", "cleanup of the orders table", "cleanup of the users table");
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn front_matter_put_above_the_issue_hides_no_item() {
    let (app, number) = released("- [ ] Fuel\n- [ ] Close the hatch\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Close the hatch")).unwrap();
    app.settle().await;
    let body = app.github.body(ROCKET, number);
    let body = format!("---\n{}", body.replace("- [ ] Fuel\n", "- [ ] Fuel\n---\n"));
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required · v1.0.0: 1 of 2 done"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn copies_of_an_item_do_not_stand_in_for_it() {
    let (app, number) = released("## A\n- [ ] Sign off <!-- hp: owner=@acme/qa -->\n## B\n- [ ] Sign off\n").await;
    // alice may tick the second and not the first; she tries copies, quotes, other headings and the marker.
    let body = app.github.body(ROCKET, number);
    let tries = [
        body.replace("## A\n", "## A\n- [x] Sign off\n"),
        body.replace("## A\n", "> - [x] Sign off\n\n## A\n"),
        body.replace("## A\n", "## X\n").replace("## B\n- [ ]", "## A\n- [x]").replace("## X\n", "## B\n"),
        body.replace("- [ ] Sign off", "- [x] Sіgn off"),
        format!("{body}\n{body}").replace("[ ]", "[x]"),
        body.replace('\n', "\r\n").replace("[ ]", "[X]"),
        body.replace("- [ ] Sign off", "- [x] Sign off <!-- hp: id=x optional owner=@alice -->"),
    ];
    for text in tries {
        app.github.world().edit_issue_body(ROCKET, number, "alice", &text).unwrap();
        app.settle().await;
        assert!(!gate(&app).starts_with("success"), "{text}: {}", gate(&app));
        app.github.world().edit_issue_body(ROCKET, number, "alice", &body).unwrap();
        app.settle().await;
    }
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_step_with_a_large_heading_for_later_leaves_the_others_before_the_release() {
    let app = App::start().await;
    app.commit(
        "main",
        &[
            (CHECKLIST, Some("- [ ] Fuel\n\nLater <!-- hp: phase=after -->\n===\n- [ ] Watch\n")),
            ("release-steps/1.md", Some("# All of it <!-- hp: phase=after optional -->\n- [ ] Watch more\n")),
            ("release-steps/2.md", Some("- [ ] Drop the column\n")),
        ],
    );
    app.release("v1.0.0").await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn ticking_everything_at_once_counts_for_what_one_may_tick() {
    let (app, number) = released("- [ ] Fuel\n- [ ] Test <!-- hp: owner=@acme/qa -->\n").await;
    tick_all(&app, number, "alice");
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · waiting for @acme/qa");
    app.finish().await;
}

#[tokio::test]
async fn a_new_step_in_the_words_of_an_old_one_that_was_cleared_away_is_asked_for() {
    let app = App::start().await;
    app.commit("main", &[("release-steps/1-restart.md", Some("- [ ] Restart the workers\n"))]);
    app.release("v1.0.0").await;
    // One commit that did both would rename it: its review says so.
    app.commit("main", &[("release-steps/1-restart.md", None)]);
    app.commit("main", &[("release-steps/7-again.md", Some("- [ ] Restart the workers\n"))]);
    let number = app.release("v1.1.0").await;
    assert!(app.github.body(ROCKET, number).contains("- [ ] Restart the workers"));
    app.commit("main", &[("release-steps/7-again.md", Some("- [ ] Restart the servers\n"))]);
    let number = app.release("v1.2.0").await;
    assert!(app.github.body(ROCKET, number).contains("- [ ] Restart the servers"));
    app.finish().await;
}

#[test]
fn a_stranger_s_large_file_is_read_in_time_and_in_memory() {
    use holdpoint::checklist::parse::parse;
    let million = |unit: &str| unit.repeat(1_000_000 / unit.len());
    assert_eq!(parse(&million("#\n")).0.sections.len(), 500_000);
    let owners = format!("# x <!-- hp: owner={}@b -->\n{}", "@a,".repeat(100_000), "- [ ] a\n".repeat(60_000));
    let (list, problems) = parse(&owners);
    assert_eq!(list.items.len(), 60_000);
    assert!(problems.iter().any(|p| p.message.contains("is not read")), "{:?}", problems.first());
}
