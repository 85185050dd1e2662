//! A pull request's own boxes, and the check that waits for them.

use super::{App, ROCKET};
use holdpoint::sandbox::{Fault, PullEdit};

const CONFIG: &str = ".github/holdpoint.yml";
const CHECK: &str = "holdpoint/tasks";
const BODY: &str = "pull_requests: { tasks: body }\n";
const COMMENTS: &str = "pull_requests: { tasks: body+comments }\n";

async fn asking(config: &str) -> App {
    let app = App::start().await;
    app.commit("main", &[(CONFIG, Some(config))]);
    app.settle().await;
    app
}

/// Opens a pull request with this text, and waits.
async fn opened(app: &App, body: &str) -> u64 {
    let number = {
        let mut world = app.github.world();
        let branch = format!("change-{}", world.now());
        world.create_branch(ROCKET, &branch, "main", "erin").unwrap();
        world.commit_to(ROCKET, &branch, "erin", "A change", &[("src/engine.py", Some("pass\n"))]).unwrap();
        world.open_pull_request(ROCKET, "erin", &branch, "main", "Change something", body).unwrap()
    };
    app.settle().await;
    number
}

async fn edit(app: &App, pull: u64, body: &str) {
    let edit = PullEdit { body: Some(body.to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, pull, "erin", &edit).unwrap();
    app.settle().await;
}

fn check(app: &App, pull: u64) -> String {
    app.check(&app.head(pull), CHECK)
}

fn said(app: &App, pull: u64) -> String {
    app.summary(&app.head(pull), CHECK)
}

#[tokio::test]
async fn it_waits_until_the_boxes_of_the_text_are_ticked_and_follows_them_both_ways() {
    let app = asking(BODY).await;
    let text = "- [x] one\n- [ ] two @acme/qa\n- [x] three\n* [ ] four\n1. [X] five\n";
    let pull = opened(&app, text).await;
    assert_eq!(check(&app, pull), "action_required · 3 of 5 done · 2 open");
    let summary = said(&app, pull);
    let page = format!("({}/{ROCKET}/pull/{pull})", app.github.url());
    assert!(summary.contains("- two @") && summary.contains("- four") && !summary.contains("- one"), "{summary}");
    assert!(summary.contains(&page) && !summary.contains("@acme"), "{summary}");
    edit(&app, pull, &text.replace("[ ]", "[x]")).await;
    assert_eq!(check(&app, pull), "success · 5 of 5 done");
    edit(&app, pull, text).await;
    assert_eq!(check(&app, pull), "action_required · 3 of 5 done · 2 open");
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "More", &[("a.txt", Some("a"))]).unwrap();
    app.settle().await;
    assert_eq!(check(&app, pull), "action_required · 3 of 5 done · 2 open", "on the new head");
    app.finish().await;
}

#[tokio::test]
async fn without_boxes_it_passes_and_says_so() {
    let app = asking(COMMENTS).await;
    let pull = opened(&app, "").await;
    assert_eq!(check(&app, pull), "success · No boxes");
    app.finish().await;
}

#[tokio::test]
async fn what_stands_in_code_or_comments_of_html_is_no_box_and_no_front_matter_hides_one() {
    let app = asking(BODY).await;
    let hidden = "```\n- [ ] code\n```\n\n    - [ ] indented\n\n<!--\n- [ ] unseen\n-->\n\n`- [ ] span`\n";
    let pull = opened(&app, hidden).await;
    assert_eq!(check(&app, pull), "success · No boxes");
    edit(&app, pull, "---\n- [ ] shown by GitHub\n---\n").await;
    assert_eq!(check(&app, pull), "action_required · 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn struck_out_with_a_reason_is_settled_and_without_one_stays_open() {
    let app = asking(BODY).await;
    let pull = opened(&app, "- [ ] ~~Tell support~~ nothing changes for them\n- [ ] ~~Update the docs~~\n").await;
    assert_eq!(check(&app, pull), "action_required · 1 of 2 done · 1 open");
    let summary = said(&app, pull);
    assert!(summary.contains("nothing changes for them") && summary.contains("without a reason"), "{summary}");
    edit(&app, pull, "~~- [ ] Update the docs~~\n").await;
    assert_eq!(check(&app, pull), "action_required · 0 of 1 done · 1 open", "the whole line is struck out");
    edit(&app, pull, "- [ ] ~~Tell support~~ n/a\n- [ ] ~~Update the docs~~ none\n- ~~an idea~~\n").await;
    assert_eq!(check(&app, pull), "success · 2 of 2 done");
    app.finish().await;
}

#[tokio::test]
async fn optional_boxes_are_not_waited_for() {
    let app = asking(BODY).await;
    let pull = opened(&app, "- [x] one\n- [ ] nice to have <!-- hp: optional -->\n").await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    assert!(said(&app, pull).contains("Optional boxes are not waited for: 1."), "{}", said(&app, pull));
    app.finish().await;
}

#[tokio::test]
async fn comments_count_where_asked_for_and_are_looked_at_again_when_they_change() {
    let app = asking(COMMENTS).await;
    let pull = opened(&app, "- [x] one\n").await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    let id = app.github.world().comment(ROCKET, pull, "bob", "Please:\n\n- [ ] rename it\n").unwrap();
    app.settle().await;
    assert_eq!(check(&app, pull), "action_required · 1 of 2 done · 1 open");
    let place = format!("{}/{ROCKET}/pull/{pull}#issuecomment-{id}", app.github.url());
    assert!(said(&app, pull).contains(&place), "{}", said(&app, pull));
    app.github.world().edit_comment(ROCKET, id, "bob", "Please:\n\n- [x] rename it\n").unwrap();
    app.settle().await;
    assert_eq!(check(&app, pull), "success · 2 of 2 done");
    app.github.world().edit_comment(ROCKET, id, "bob", "- [ ] rename it\n").unwrap();
    app.settle().await;
    assert_eq!(check(&app, pull), "action_required · 1 of 2 done · 1 open");
    app.github.world().delete_comment(ROCKET, id, "bob").unwrap();
    app.settle().await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn boxes_in_comments_of_bots_are_no_ones_task() {
    let app = asking(COMMENTS).await;
    let pull = opened(&app, "- [x] one\n").await;
    let bot = format!("{}[bot]", app.holdpoint.context().github.me().await.unwrap().slug);
    app.github.world().comment(ROCKET, pull, &bot, "- [ ] rebase this pull request\n").unwrap();
    app.settle().await;
    edit(&app, pull, "- [x] one more\n").await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn boxes_in_the_text_of_a_bots_pull_request_are_no_ones_task() {
    let app = asking(BODY).await;
    let bot = format!("{}[bot]", app.holdpoint.context().github.me().await.unwrap().slug);
    let pull = {
        let mut world = app.github.world();
        world.create_branch(ROCKET, "update", "main", "erin").unwrap();
        world.commit_to(ROCKET, "update", "erin", "An update", &[("x.txt", Some("x"))]).unwrap();
        world.open_pull_request(ROCKET, &bot, "update", "main", "Update", "- [ ] Rebase this\n").unwrap()
    };
    app.settle().await;
    assert_eq!(check(&app, pull), "success · No boxes");
    app.finish().await;
}

#[tokio::test]
async fn a_ticked_alternative_lets_the_others_of_its_text_be() {
    let app = asking(BODY).await;
    let text = "- [ ] yes <!-- hp: one-of=docs -->\n- [ ] no <!-- hp: one-of=docs -->\n";
    let pull = opened(&app, text).await;
    assert_eq!(check(&app, pull), "action_required · 0 of 2 done · 2 open");
    edit(&app, pull, &text.replace("[ ] no", "[x] no")).await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn boxes_behind_the_first_page_of_comments_are_found() {
    let app = asking(COMMENTS).await;
    let pull = opened(&app, "").await;
    {
        let mut world = app.github.world();
        for n in 0..120 {
            world.comment(ROCKET, pull, "bob", &format!("Thought {n}")).unwrap();
        }
        world.comment(ROCKET, pull, "bob", "- [ ] the last one\n").unwrap();
    }
    app.settle().await;
    assert_eq!(check(&app, pull), "action_required · 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn comments_that_cannot_be_read_are_never_taken_for_none() {
    let app = asking(COMMENTS).await;
    let pull = opened(&app, "- [x] one\n").await;
    app.github.world().comment(ROCKET, pull, "bob", "- [ ] rename it\n").unwrap();
    app.github.fail_next("GET", &format!("/repos/{ROCKET}/issues/{pull}/comments"), Fault::Status(502), 3);
    app.settle().await;
    app.settle().await;
    assert_ne!(check(&app, pull), "success · 2 of 2 done");
    edit(&app, pull, "- [x] one again\n").await;
    assert_eq!(check(&app, pull), "action_required · 1 of 2 done · 1 open");
    app.github.forget_faults();
    app.finish().await;
}

#[tokio::test]
async fn drafts_and_forks_are_asked_too() {
    let app = asking(BODY).await;
    let (draft, fork) = {
        let mut world = app.github.world();
        let fork = world.fork(ROCKET, "mallory").unwrap();
        world.create_branch(&fork, "theirs", "main", "mallory").unwrap();
        world.commit_to(&fork, "theirs", "mallory", "A change", &[("x.txt", Some("x"))]).unwrap();
        let theirs =
            world.open_pull_request(ROCKET, "mallory", "mallory:theirs", "main", "From afar", "- [ ] sign\n").unwrap();
        world.create_branch(ROCKET, "early", "main", "erin").unwrap();
        world.commit_to(ROCKET, "early", "erin", "A change", &[("y.txt", Some("y"))]).unwrap();
        let draft = world.open_pull_request(ROCKET, "erin", "early", "main", "Early", "- [ ] finish\n").unwrap();
        world.set_draft(ROCKET, draft, "erin", true).unwrap();
        (draft, theirs)
    };
    app.settle().await;
    for pull in [draft, fork] {
        assert_eq!(check(&app, pull), "action_required · 0 of 1 done · 1 open");
    }
    app.finish().await;
}

#[tokio::test]
async fn where_it_is_off_there_is_no_check_and_comments_cost_nothing() {
    let app = App::start().await;
    let pull = opened(&app, "- [ ] one\n").await;
    assert_eq!(check(&app, pull), "none");
    app.github.world().comment(ROCKET, pull, "bob", "- [ ] two\n").unwrap();
    app.settle().await;
    app.github.clear_exchanges();
    for text in ["- [ ] three\n", "- [ ] four\n"] {
        app.github.world().comment(ROCKET, pull, "bob", text).unwrap();
        app.settle().await;
    }
    let asked: Vec<String> = app.github.counts().into_keys().collect();
    assert_eq!(asked, Vec::<String>::new());
    assert_eq!(check(&app, pull), "none");
    app.finish().await;
}

#[tokio::test]
async fn switching_it_on_asks_every_open_pull_request_and_loosening_it_is_said_aloud() {
    let app = App::start().await;
    let pull = opened(&app, "- [ ] one\n").await;
    app.commit("main", &[(CONFIG, Some(COMMENTS))]);
    app.settle().await;
    assert_eq!(check(&app, pull), "action_required · 0 of 1 done · 1 open");
    let cases =
        [("off", "**The boxes of pull requests would no longer"), ("body", "**`holdpoint/tasks` would no longer")];
    for (word, sentence) in cases {
        let config = format!("pull_requests: {{ tasks: {word} }}\n");
        let change = app.pull_request("main", &[(CONFIG, Some(&config))]);
        app.settle().await;
        let summary = app.summary(&app.head(change), "holdpoint/review");
        assert!(summary.contains(sentence), "{summary}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_configuration_that_breaks_later_fails_closed() {
    let app = asking(BODY).await;
    let pull = opened(&app, "- [x] one\n").await;
    assert_eq!(check(&app, pull), "success · 1 of 1 done");
    app.commit("main", &[(CONFIG, Some("pull_requests: { tasks: sometimes }\n"))]);
    app.settle().await;
    assert_eq!(check(&app, pull), "failure · The configuration has errors");
    app.finish().await;
}
