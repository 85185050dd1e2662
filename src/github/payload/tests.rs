//! What a payload says, and what it leaves open.

use super::parse;
use crate::event::{Event, Head, PreviousBody};
use crate::ids::Sha;
use serde_json::{Value, json};

fn event(kind: &str, mut payload: Value) -> Event {
    let whole = payload.as_object_mut().unwrap();
    whole.insert("installation".to_owned(), json!({ "id": 1 }));
    whole.insert(
        "repository".to_owned(),
        json!({ "id": 7, "full_name": "acme/rocket", "name": "rocket", "owner": { "login": "acme" } }),
    );
    whole.insert("sender".to_owned(), json!({ "login": "alice", "id": 3, "type": "User" }));
    parse(kind, "guid", payload.to_string().as_bytes()).unwrap().unwrap().event
}

fn before(body: &Value) -> PreviousBody {
    let issue = json!({ "number": 5, "body": "now" });
    let changes = json!({ "body": body });
    let event = event("issues", json!({ "action": "edited", "issue": issue, "changes": changes }));
    let Event::IssueEdited(edit) = event else { panic!("{event:?}") };
    edit.before
}

#[test]
fn a_text_that_an_edit_replaced_is_known_only_where_the_payload_has_it() {
    assert_eq!(before(&json!({ "from": "was" })), PreviousBody::Known("was".to_owned()));
    assert_eq!(before(&json!({ "from": null })), PreviousBody::Known(String::new()), "an issue without a text");
    for unknown in
        [json!({}), json!(true), json!({ "from": 1 }), json!({ "from": ["was"] }), json!([]), json!("was"), json!(1)]
    {
        assert_eq!(before(&unknown), PreviousBody::Unknown, "{unknown}");
    }
    for same in [json!(null), json!(false)] {
        assert_eq!(before(&same), PreviousBody::Unchanged, "{same}");
    }
}

#[test]
fn a_pull_request_names_the_head_that_it_left() {
    let (old, new) = ("a".repeat(40), "b".repeat(40));
    let pull = json!({ "number": 2, "base": { "ref": "production" }, "head": { "ref": "fix", "sha": new } });
    let left = |commit: &str, base: &str| Some(Head { commit: Sha::parse(commit).unwrap(), base: base.to_owned() });
    let base = json!({ "base": { "ref": { "from": "staging" } } });
    for (payload, expected) in [
        (json!({ "action": "synchronize", "before": old, "pull_request": pull }), left(&old, "production")),
        (json!({ "action": "synchronize", "pull_request": pull }), None),
        (json!({ "action": "edited", "changes": base, "pull_request": pull }), left(&new, "staging")),
        (json!({ "action": "edited", "changes": { "title": { "from": "a" } }, "pull_request": pull }), None),
        (json!({ "action": "opened", "pull_request": pull }), None),
    ] {
        let event = event("pull_request", payload.clone());
        let Event::PullRequest { old, .. } = event else { panic!("{event:?}") };
        assert_eq!(old, expected, "{payload}");
    }
    let event = event("pull_request", json!({ "action": "closed", "pull_request": pull }));
    let Event::PullRequestClosed { head, base, .. } = event else { panic!("{event:?}") };
    assert_eq!((head, base.as_str()), (Sha::parse(&new), "production"));
}
