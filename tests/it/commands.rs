//! People write commands in comments.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::{NewIssue, Pick};

const LIST: &str = "## Before\n- [ ] Fuel the tanks <!-- hp: id=fuel -->\n- [ ] Test it <!-- hp: owner=@acme/qa -->\n- [ ] Tell the support team\n## After <!-- hp: phase=after -->\n- [ ] Thank the team\n";

async fn released(template: &str) -> (App, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(template))]);
    let number = app.release("v1.0.0").await;
    (app, number)
}

impl App {
    fn say(&self, issue: u64, who: &str, body: &str) -> u64 {
        self.github.world().comment(ROCKET, issue, who, body).unwrap()
    }

    /// An issue that is no release issue.
    fn ask(&self, title: &str) -> u64 {
        let new = NewIssue { title: title.to_owned(), ..NewIssue::default() };
        self.github.world().open_issue(ROCKET, "alice", &new).unwrap()
    }

    fn gate(&self) -> String {
        self.check("main", "holdpoint/release")
    }

    /// What the bot answered to a comment; empty for nothing.
    fn answer(&self, issue: u64, comment: u64) -> String {
        let marker = format!("<!-- holdpoint comment reply-{comment} v1 -->");
        self.comments(issue).into_iter().find(|body| body.contains(&marker)).unwrap_or_default()
    }

    fn reactions(&self, issue: u64, comment: u64) -> Vec<String> {
        let all = self.github.comments(ROCKET, issue);
        let found = all.into_iter().find(|c| c.id == comment).unwrap();
        found.reactions.into_iter().map(|(_, _, content)| content).collect()
    }
}

#[tokio::test]
async fn a_command_does_what_a_tick_does_and_the_text_of_the_issue_stays() {
    let (app, number) = released(LIST).await;
    let before = app.github.body(ROCKET, number);
    let first = app.say(number, "alice", "Good morning.\n\n/hp done 1 snap-4711\n/hp skip 3 nobody is there today");
    app.settle().await;
    assert_eq!(app.gate(), "action_required · v1.0.0: 1 of 3 done · 1 skipped · waiting for @acme/qa");
    assert_eq!(app.reactions(number, first), ["+1"]);
    assert_eq!(app.answer(number, first), "", "what was done needs no words");
    assert_eq!(app.github.body(ROCKET, number), before);
    let progress = &app.comments(number)[0];
    assert!(progress.contains("| `1` | Fuel the tanks | alice (in a comment) |"), "{progress}");
    assert!(progress.contains("`3` Tell the support team: nobody is there today (alice"), "{progress}");
    app.say(number, "alice", "/hp undo fuel, 3");
    app.settle().await;
    assert_eq!(app.gate(), "action_required · v1.0.0: 0 of 3 done · 3 open, 1 of them @acme/qa");
    app.finish().await;
}

#[tokio::test]
async fn who_may_not_tick_may_not_command_either_and_is_told_who_may() {
    let (app, number) = released(LIST).await;
    let comment = app.say(number, "alice", "/hp done 2\n/hp done 9\n/hp doen 1");
    app.settle().await;
    let answer = app.answer(number, comment);
    assert!(answer.contains("`/hp done 2`: it belongs to"), "{answer}");
    assert!(answer.contains("`/hp done 9`: there is no such item; they are numbered from 1 to 4"), "{answer}");
    assert!(answer.contains("did you mean `/hp done`?"), "{answer}");
    assert!(!answer.contains("@acme"), "nobody is called: {answer}");
    assert_eq!(app.reactions(number, comment), Vec::<String>::new());
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    // A refused command does not stand in the way of who may.
    let qa = app.say(number, "bob", "/hp done 2");
    app.settle().await;
    assert!(app.gate().contains("1 of 3 done"), "{} {}", app.gate(), app.answer(number, qa));
    let stranger = app.say(number, "mallory", "/hp undo 2");
    app.settle().await;
    assert!(app.gate().contains("1 of 3 done"), "{}", app.gate());
    assert!(app.answer(number, stranger).contains("`/hp undo 2`: it belongs to"), "{}", app.answer(number, stranger));
    app.finish().await;
}

#[tokio::test]
async fn a_maintainer_overrides_what_is_open_now_and_nothing_that_comes_later() {
    let (app, number) = released(LIST).await;
    let comment = app.say(number, "bob", "/hp override the site is down");
    app.settle().await;
    assert!(app.gate().starts_with("action_required"), "{}", app.gate());
    assert!(app.answer(number, comment).contains("maintain access is needed"), "{}", app.answer(number, comment));
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.say(number, "alice", "/hp override the site is down");
    app.settle().await;
    assert_eq!(app.gate(), "success · v1.0.0: 1 of 3 done · 2 overridden");
    let summary = app.summary("main", "holdpoint/release");
    assert!(
        summary.contains("**Overridden**") && summary.contains("Tell the support team: the site is down (alice"),
        "{summary}"
    );
    // What was done then and is taken back is open, and so is what is added.
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.gate().starts_with("action_required"), "{}", app.gate());
    app.say(number, "alice", "/hp done 1\n/hp undo 3");
    app.settle().await;
    assert_eq!(app.gate(), "action_required · v1.0.0: 1 of 3 done · 1 overridden · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn an_override_where_nothing_is_open_before_the_release_finishes_nothing_unasked() {
    let (app, number) = released(LIST).await;
    app.say(number, "alice", "/hp override the site is down");
    app.settle().await;
    // Said twice, by two maintainers, as people do in a hurry.
    let again = app.say(number, "erin", "/hp override after the talk with ops we ship");
    app.settle().await;
    let answer = app.answer(number, again);
    assert!(
        answer.contains("nothing is open before the release") && answer.contains("`/hp override-after"),
        "{answer}"
    );
    assert!(app.comments(number)[0].contains("`4` *After*: Thank the team"), "{}", app.comments(number)[0]);
    assert!(app.github.issue(ROCKET, number).unwrap().closed_at.is_none(), "the team was not thanked yet");
    let stranger = app.say(number, "bob", "/hp override-after nobody is left to thank");
    app.settle().await;
    assert!(app.answer(number, stranger).contains("`/hp override-after`: maintain access"));
    // Said in so many words, it is done.
    app.say(number, "alice", "/hp override-after nobody is left to thank");
    app.settle().await;
    assert!(app.comments(number)[0].starts_with("**Complete"), "{}", app.comments(number)[0]);
    assert!(app.github.issue(ROCKET, number).unwrap().closed_at.is_some());
    let nothing = app.say(number, "alice", "/hp override-after once more");
    app.settle().await;
    assert!(app.answer(number, nothing).contains("nothing is open after the release"));
    app.finish().await;
}

#[tokio::test]
async fn items_after_the_release_are_overridden_without_those_before_it() {
    let (app, number) = released(LIST).await;
    app.say(number, "alice", "/hp override-after nobody is left to thank");
    app.settle().await;
    assert_eq!(app.gate(), "action_required · v1.0.0: 0 of 3 done · 3 open, 1 of them @acme/qa");
    assert!(app.comments(number)[0].contains("`4` Thank the team: nobody is left to thank (alice"));
    app.finish().await;
}

#[tokio::test]
async fn other_words_for_undo_do_the_same_and_status_says_how_far_it_is() {
    let (app, number) = released(LIST).await;
    for word in ["undo", "undone", "untick", "reopen"] {
        app.say(number, "alice", "/hp done 1");
        app.settle().await;
        assert!(app.gate().contains("1 of 3 done"), "{}", app.gate());
        app.say(number, "alice", &format!("/hp {word} 1"));
        app.settle().await;
        assert!(app.gate().contains("0 of 3 done"), "{word}: {}", app.gate());
    }
    let comment = app.say(number, "alice", "/hp done 1\n/hp status");
    app.settle().await;
    let answer = app.answer(number, comment);
    assert!(answer.contains("1 of 3 done") && answer.contains("2 open"), "{answer}");
    let other = app.ask("A question");
    let comment = app.say(other, "alice", "/hp status");
    app.settle().await;
    assert!(app.answer(other, comment).contains("v1.0.0 is #"), "{}", app.answer(other, comment));
    app.finish().await;
}

#[tokio::test]
async fn a_comment_is_executed_once_and_an_edited_one_not_again() {
    let (app, number) = released(LIST).await;
    app.github.world().hooks.duplicate_next = 5;
    let comment = app.say(number, "alice", "/hp done 1");
    app.settle().await;
    app.say(number, "alice", "/hp undo 1");
    app.settle().await;
    app.github.world().edit_comment(ROCKET, comment, "alice", "/hp done 1\n/hp done 3").unwrap();
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn quotes_code_bots_and_other_issues_command_nothing() {
    let (app, number) = released(LIST).await;
    app.say(number, "alice", "> /hp done 1\n\n```\n/hp done 3\n```\n");
    let other = app.ask("A question");
    let comment = app.say(other, "alice", "/hp done 1");
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    assert!(app.answer(other, comment).contains("on the release issue"), "{}", app.answer(other, comment));
    let bot = app.github.world().bot();
    app.say(number, &bot, "/hp done 1");
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn a_command_does_not_bring_back_what_was_taken_out_of_the_issue() {
    let (app, number) = released(LIST).await;
    app.say(number, "alice", "/hp done 1");
    app.settle().await;
    let body = app.github.body(ROCKET, number);
    let without: String = body.lines().filter(|l| !l.contains("Fuel")).map(|l| format!("{l}\n")).collect();
    app.github.world().edit_issue_body(ROCKET, number, "bob", &without).unwrap();
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    let comment = app.say(number, "alice", "/hp done fuel");
    app.settle().await;
    assert!(app.answer(number, comment).contains("put it back first"), "{}", app.answer(number, comment));
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn a_tick_after_a_command_counts_and_so_does_taking_it_back() {
    let (app, number) = released(LIST).await;
    app.say(number, "alice", "/hp done 1");
    app.settle().await;
    // Something else is edited: the box of the item is open as ever, and the command holds.
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Tell the support team")).unwrap();
    app.settle().await;
    assert!(app.gate().contains("2 of 3 done"), "{}", app.gate());
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.github.world().untick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert!(app.gate().contains("1 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn skipping_by_command_is_forbidden_where_skipping_is() {
    let app = App::gated().await;
    let config = GATED.replace("  release:\n", "  release:\n    skip: forbid\n");
    app.commit("main", &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(&config))]);
    let number = app.release("v1.0.0").await;
    let comment = app.say(number, "alice", "/hp skip 1 not now");
    app.settle().await;
    assert!(app.answer(number, comment).contains("skipping is not allowed here"));
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn help_and_recheck_answer_where_they_are_asked() {
    let (app, number) = released(LIST).await;
    let help = app.say(number, "bob", "/hp help");
    app.settle().await;
    assert!(app.answer(number, help).contains("| `/hp skip 3 REASON` |"), "{}", app.answer(number, help));
    let pull = app.pull_request("production", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    app.github.clear_exchanges();
    let recheck = app.say(pull, "alice", "/hp recheck");
    app.settle().await;
    assert_eq!(app.reactions(pull, recheck), ["+1"]);
    app.finish().await;
}

#[tokio::test]
async fn a_release_is_opened_by_hand() {
    let app = App::gated().await;
    let config = GATED.replace("  release:\n", "  release:\n    open: { on: manual }\n");
    app.commit("main", &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(&config))]);
    app.settle().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    let other = app.ask("Let us go");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1, "nothing is opened by itself");
    let refused = app.say(other, "bob", "/hp open v1.0.0");
    let comment = app.say(other, "alice", "/hp open v1.0.0");
    app.settle().await;
    assert!(app.answer(other, refused).contains("maintain access is needed"), "{}", app.answer(other, refused));
    assert!(app.answer(other, comment).contains("v1.0.0 is #"), "{}", app.answer(other, comment));
    assert!(app.gate().starts_with("action_required"), "{}", app.gate());
    app.say(other, "alice", "/hp open v1.0.0");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 2, "one release, one issue");
    app.finish().await;
}

#[tokio::test]
async fn a_command_whose_delivery_was_lost_is_found_by_the_sweep_and_executed_once() {
    let (app, number) = released(LIST).await;
    app.github.world().hooks.lose_next = 1;
    app.say(number, "alice", "/hp done 1");
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(app.gate().contains("1 of 3 done"), "{}", app.gate());
    // One that somebody else wrote anew is nobody's word.
    app.github.world().hooks.lose_next = 2;
    let comment = app.say(number, "alice", "nothing yet");
    app.github.world().edit_comment(ROCKET, comment, "bob", "/hp done 3").unwrap();
    app.say(number, "alice", "/hp undo 1");
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(app.gate().contains("0 of 3 done"), "{}", app.gate());
    app.finish().await;
}

#[tokio::test]
async fn an_answer_that_quotes_the_command_that_it_refuses_is_answered_by_nobody() {
    let (app, number) = released(LIST).await;
    let before = app.comments(number).len();
    let comment = app.say(number, "erin", "/hp bogus 3");
    app.settle().await;
    assert!(app.answer(number, comment).contains("/hp bogus"), "{}", app.answer(number, comment));
    app.sweep().await;
    assert_eq!(app.comments(number).len(), before + 2, "the command and its one answer");
    app.finish().await;
}

#[tokio::test]
async fn an_override_holds_when_the_gated_branch_moves_and_is_seen_as_one() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let number = app.release("v1.0.0").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.say(number, "alice", "/hp override the smoke stage is down");
    app.settle().await;
    let check = || app.check(&app.head(pull), "holdpoint/release");
    assert_eq!(check(), "success · v1.0.0: 0 of 3 done · 3 overridden");
    let hotfix = app.pull_request("production", &[("hotfix.py", Some("pass\n"))]);
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, hotfix, "erin", holdpoint::sandbox::Method::Merge).unwrap();
    app.settle().await;
    assert_eq!(check(), "success · v1.0.0: 0 of 3 done · 3 overridden");
    let more = format!("- [ ] Look at the smoke stage\n{}", app.github.body(ROCKET, number));
    app.github.world().edit_issue_body(ROCKET, number, "alice", &more).unwrap();
    app.settle().await;
    assert!(check().starts_with("action_required") && check().contains("3 overridden"), "{}", check());
    app.finish().await;
}
