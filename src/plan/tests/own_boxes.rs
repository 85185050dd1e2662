//! A pull request's own boxes: alternatives, and boxes of tools.

use super::super::tasks::{Facts, Said, tasks};
use crate::effect::Effect;
use crate::ids::{PullNumber, RepoName, Sha};
use crate::release::Site;

fn facts(body: &str) -> Facts {
    Facts {
        number: PullNumber(7),
        head: Sha::parse(&"a".repeat(40)).unwrap(),
        site: Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() },
        body: body.to_owned(),
        by_bot: false,
        comments: Vec::new(),
        complete: true,
    }
}

/// The title and the summary.
fn answer(facts: &Facts) -> (String, String) {
    let Effect::PutCheckRun(check) = tasks(facts) else { panic!("a check") };
    (check.title, check.summary)
}

fn title(body: &str) -> String {
    answer(&facts(body)).0
}

#[test]
fn of_alternatives_one_that_is_done_suffices() {
    let pair = "- Docs\n  - [ ] written <!-- hp: one-of=docs -->\n  - [x] not needed <!-- hp: one-of=docs -->\n";
    assert_eq!(title(pair), "1 of 1 done");
    assert!(answer(&facts(pair)).1.contains("not waited for: 1."), "{}", answer(&facts(pair)).1);
    assert_eq!(title(&pair.replace("[x]", "[ ]")), "0 of 2 done · 2 open");
    assert_eq!(title(&pair.replace("[ ]", "[x]")), "2 of 2 done");
    assert_eq!(title(&format!("{pair}- [ ] else\n")), "1 of 2 done · 1 open");
    let other = "- [ ] a <!-- hp: one-of=one -->\n- [x] b <!-- hp: one-of=two -->\n";
    assert_eq!(title(other), "1 of 2 done · 1 open", "another group");
    let heading = "## Kind <!-- hp: one-of=kind -->\n\n- [x] a\n- [ ] b\n\n## Rest\n\n- [ ] c\n";
    assert_eq!(title(heading), "1 of 2 done · 1 open", "a heading names the group");
    let struck = "- [ ] ~~a~~ <!-- hp: one-of=x -->\n- [x] b <!-- hp: one-of=x -->\n";
    assert_eq!(title(struck), "1 of 1 done");
}

#[test]
fn alternatives_of_one_text_say_nothing_about_those_of_another() {
    let mut facts = facts("- [ ] a <!-- hp: one-of=x -->\n");
    facts.comments = vec![Said { id: 1, bot: false, body: "- [x] b <!-- hp: one-of=x -->\n".to_owned() }];
    assert_eq!(answer(&facts).0, "1 of 2 done · 1 open");
}

#[test]
fn boxes_of_a_bot_are_nobodys_task() {
    let mut facts = facts("- [ ] Rebase\n- [ ] Retry\n");
    facts.by_bot = true;
    assert_eq!(answer(&facts).0, "No boxes");
    facts.comments = vec![Said { id: 1, bot: false, body: "- [ ] look at it\n".to_owned() }];
    assert_eq!(answer(&facts).0, "0 of 1 done · 1 open", "what people ask for in comments counts");
}

#[test]
fn the_box_by_which_a_tool_is_started_is_no_task_whoever_it_writes_as() {
    let button = " - [ ] <!-- rebase-check -->Tick this to rebase\n";
    assert_eq!(title(button), "No boxes");
    assert_eq!(title(&format!("- [x] a\n{button}")), "1 of 1 done");
    assert_eq!(title("- [ ] a <!-- rebase-check -->\n- [ ] <!-- note -->b\n"), "0 of 2 done · 2 open");
}
