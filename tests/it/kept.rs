//! What was required stays required: whatever becomes of the configuration, the issue, the checklist's file or the way in which a
//! release is merged.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";

#[tokio::test]
async fn a_checklist_that_the_default_branch_does_not_name_any_more_keeps_its_gate_shut_and_takes_no_tick() {
    let app = App::start().await;
    let strict = "checklists:\n  release:\n    ticks: { by: maintain }\n    gate: { branches: [production] }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(CONFIG, Some(strict))]);
    }
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let number = app.release("v1.0.0").await;
    let renamed = strict.replace("release:", "launch:");
    app.commit("main", &[(CONFIG, Some(renamed.as_str()))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let title = "failure · The default branch does not name the checklist release";
    assert_eq!(app.check(&app.head(pull), GATE), title);
    assert_eq!(app.check("v1.0.0", GATE), title);
    app.github.world().comment(ROCKET, number, "bob", "/hp done 1").unwrap();
    app.settle().await;
    let said = app.comments(number).join("\n");
    assert!(said.contains("does not name the checklist `release`: name it there first"), "{said}");
    // A tag of a checklist that nobody opens releases of has no issue: that none is known opens nothing.
    let other = app.pull_request("production", &[("src/engine.py", Some("fixed\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(other), GATE), title);
    // Once it is named again, what happened meanwhile is judged by its own rules, not by the defaults.
    app.commit("main", &[(CONFIG, Some(strict))]);
    app.settle().await;
    let body = app.comments(number).first().cloned().unwrap();
    assert!(body.contains("maintain access is needed, and bob has write"), "{body}");
    assert!(app.check(&app.head(pull), GATE).starts_with("action_required"), "{}", app.check(&app.head(pull), GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_group_of_alternatives_ends_with_its_template() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    template: [qa.md, press.md]\n    gate: { branches: [production] }\n";
    let ways = "- [ ] Roll out by night <!-- hp: one-of=way -->\n- [ ] Roll out by hand <!-- hp: one-of=way -->\n";
    let press = "- [ ] Mail the press <!-- hp: one-of=way -->\n- [ ] Call the press <!-- hp: one-of=way -->\n";
    app.commit("main", &[(CONFIG, Some(config)), ("qa.md", Some(ways)), ("press.md", Some(press))]);
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(2)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.0.0", GATE), "action_required · v1.0.0: 2 of 4 done · 2 open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.0.0", GATE), "success · v1.0.0: 4 of 4 done");
    app.finish().await;
}
