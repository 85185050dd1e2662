use super::run_of;
use crate::event::Event;
use crate::github::payload::parse;
use crate::ids::{DeploymentId, RepoName, RunId};
use serde_json::json;

#[test]
fn only_the_path_of_a_callback_is_read_and_only_where_it_leads_to_a_run_of_the_repository() {
    let rocket = RepoName::parse("acme/rocket").unwrap();
    let cases = [
        ("https://api.github.com/repos/acme/rocket/actions/runs/42/deployment_protection_rule", Some(42)),
        ("https://ghes.example/api/v3/repos/acme/rocket/actions/runs/42/deployment_protection_rule", Some(42)),
        ("https://evil.example/repos/Acme/Rocket/actions/runs/7/deployment_protection_rule?x=1#y", Some(7)),
        ("https://api.github.com/repos/acme/other/actions/runs/42/deployment_protection_rule", None),
        ("https://api.github.com/repos/acme/rocket/actions/runs/42/deployment_protection_rule/", None),
        ("https://api.github.com/repos/acme/rocket/actions/runs/+42/deployment_protection_rule", None),
        ("https://api.github.com/repos/acme/rocket/actions/runs/../deployment_protection_rule", None),
        ("https://api.github.com/repos/acme/rocket/actions/runs//deployment_protection_rule", None),
        (
            "https://api.github.com/repos/acme/rocket/actions/runs/99999999999999999999999/deployment_protection_rule",
            None,
        ),
        ("https://api.github.com/x/repos/acme/rocket/actions/runs/42/deployment_protection_rule", None),
        ("/repos/acme/rocket/actions/runs/42/deployment_protection_rule", None),
        ("https://evil.example/collect", None),
        ("not an address", None),
        ("", None),
    ];
    for (callback, run) in cases {
        assert_eq!(run_of(callback, &rocket), run.map(RunId), "{callback}");
    }
}

#[test]
fn a_payload_without_a_deployment_is_read_by_its_own_commit() {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let callback = "https://api.github.com/repos/acme/rocket/actions/runs/42/deployment_protection_rule";
    let payload = |deployment: serde_json::Value, own: serde_json::Value| {
        json!({
            "action": "requested", "environment": "production", "event": "push", "sha": own, "ref": "v1.0.0",
            "deployment_callback_url": callback, "deployment": deployment, "pull_requests": [],
            "repository": { "id": 1, "full_name": "acme/rocket" }, "installation": { "id": 2 }, "sender": { "login": "alice" },
        })
        .to_string()
    };
    let full = json!({ "id": 9, "sha": sha, "ref": "main", "environment": "production" });
    let cases = [(payload(full, json!(null)), Some(9), "main"), (payload(json!(null), json!(sha)), None, "v1.0.0")];
    for (body, deployment, git_ref) in cases {
        let event = parse("deployment_protection_rule", "guid", body.as_bytes()).unwrap().unwrap().event;
        let Event::DeploymentRequested(asked) = event else { panic!("{event:?}") };
        assert_eq!((asked.run, asked.commit.as_str()), (Some(RunId(42)), sha));
        assert_eq!((asked.deployment, asked.git_ref.as_str()), (deployment.map(DeploymentId), git_ref));
    }
    let nothing = payload(json!(null), json!(null));
    assert_eq!(parse("deployment_protection_rule", "guid", nothing.as_bytes()).unwrap(), None);
}
