//! Tokens reach no further than what they are for: one repository each, with the permissions that the App works with.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;
use holdpoint::sandbox::repo::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl App {
    /// What was asked for with each token that was made.
    fn mints(&self) -> Vec<Value> {
        let exchanges = self.github.exchanges().into_iter();
        exchanges.filter(|e| e.route.ends_with("/access_tokens") && e.status == 201).map(|e| e.request).collect()
    }

    /// Another repository of the same owner that has a checklist.
    fn second(&self) -> u64 {
        let files = [(CHECKLIST, "- [ ] Fuel\n")];
        let mut world = self.github.world();
        let id = world.create_repository("acme", "booster", &files).unwrap();
        world.repo_by_id_mut(id).unwrap().private = true;
        world.set_role("acme/booster", "alice", Some(Role::Admin)).unwrap();
        id
    }
}

/// Whether nothing can be changed with it.
fn only_reads(asked: &Value) -> bool {
    let permissions = asked["permissions"].as_object();
    permissions.is_some_and(|all| !all.is_empty() && all.values().all(|level| level == "read"))
}

/// A release, ticks, a pull request and a deployment's worth of work in two repositories.
async fn busy() -> App {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Ask QA <!-- hp: owner=@acme/qa -->\n"))]);
    app.second();
    let number = app.release("v1.0.0").await;
    app.github.world().create_tag("acme/booster", "v2.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    for item in 0..2 {
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(item)).unwrap();
        app.settle().await;
    }
    app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.pull_request("main", &[(CHECKLIST, Some("- [ ] Other\n"))]);
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    app
}

#[tokio::test]
async fn a_token_that_can_change_anything_is_for_one_repository() {
    let app = busy().await;
    let world = app.github.world();
    assert!(!world.tokens.is_empty());
    for token in world.tokens.values() {
        let writes = token.permissions.values().any(|level| level != "read");
        let one = token.repositories.as_ref().is_some_and(|of| of.len() == 1);
        assert!(one || !writes, "{token:?}");
        // What rulesets want of the App, and what only its webhooks need, is in no token.
        assert_ne!(token.permissions.get("statuses").map(String::as_str), Some("write"), "{token:?}");
        assert!(!one || !token.permissions.contains_key("members"), "{token:?}");
    }
    drop(world);
    assert!(super::gate(&app).starts_with("success"), "{}", super::gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn the_token_of_one_repository_opens_no_other() {
    let app = busy().await;
    let names = [ROCKET, "acme/booster"];
    let of = |name: &str| {
        let world = app.github.world();
        let id = world.repo_id(name).unwrap();
        let mut tokens =
            world.tokens.iter().filter(|(_, token)| token.repositories.as_ref().is_some_and(|r| r.contains(&id)));
        tokens.next().map(|(text, _)| text.clone()).expect("a token of its own")
    };
    for (own, other) in [(0, 1), (1, 0)].map(|(own, other)| (names[own], names[other])) {
        let token = of(own);
        let issue = r#"{"title":"Not here"}"#;
        assert_eq!(call(&app, &token, "GET", &format!("/repos/{own}/git/ref/heads/main"), "").await, 200);
        assert_eq!(call(&app, &token, "POST", &format!("/repos/{other}/issues"), issue).await, 404);
        // Everybody sees what is public.
        let seen = if other == ROCKET { 200 } else { 404 };
        assert_eq!(call(&app, &token, "GET", &format!("/repos/{other}/git/ref/heads/main"), "").await, seen);
    }
    app.finish().await;
}

/// The status of a call with a token.
async fn call(app: &App, token: &str, method: &str, path: &str, body: &'static str) -> u16 {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", app.github.url()))
        .header("authorization", format!("token {token}"))
        .header("user-agent", "a test")
        .body(http_body_util::Full::new(tokio_util::bytes::Bytes::from(body)))
        .unwrap();
    Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_repository_that_was_taken_from_the_app_is_seen_as_github_shows_it_and_not_written_to() {
    let app = App::gated().await;
    let id = app.second();
    app.settle().await;
    app.github.world().create_tag("acme/booster", "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let before = app.github.issues("acme/booster");
    assert_eq!(before.len(), 1);
    {
        let mut world = app.github.world();
        let installation = world.installations.keys().next().copied().unwrap();
        world.remove_from_installation(installation, "acme/booster", "alice").unwrap();
        // The delivery that tells of it is lost, and the hour is over.
        world.hooks.pending.clear();
        world.expire_tokens();
    }
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.holdpoint.drain().await.unwrap();
    let _ = app.github.take_violations();
    assert!(
        app.github
            .world()
            .tokens
            .values()
            .all(|t| t.expires_at == 0 || !t.repositories.iter().flatten().any(|r| *r == id))
    );
    assert_eq!(app.github.issues("acme/booster").len(), before.len());
    // The other one is served as before.
    let number = app.release("v1.0.0").await;
    assert!(app.comments(number).len() == 1, "{:?}", app.comments(number));
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_repository_costs_one_token_an_hour() {
    let app = App::start().await;
    app.second();
    app.restart_and_work().await;
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for asked in app.mints() {
        *counted.entry(asked.to_string()).or_default() += 1;
    }
    let asked = app.github.exchanges().into_iter().filter(|e| e.route.ends_with("/access_tokens"));
    assert_eq!(asked.filter(|e| e.status != 201).count(), 0, "nothing is asked for that app.yml does not ask for");
    assert!(counted.len() >= 2, "one for each repository: {counted:?}");
    assert!(counted.values().all(|times| *times == 1), "{counted:?}");
    app.finish().await;
}

impl App {
    /// Work in both repositories, with nothing known before.
    async fn restart_and_work(&self) {
        self.settle().await;
        for version in ["v1.0.0", "v1.1.0"] {
            for repository in [ROCKET, "acme/booster"] {
                let mut world = self.github.world();
                world.commit_to(repository, "main", "alice", "A change", &[("x.txt", Some(version))]).unwrap();
                world.create_tag(repository, version, "main", "alice", None).unwrap();
            }
            self.settle().await;
        }
    }
}

#[tokio::test]
async fn a_permission_that_was_not_granted_keeps_no_token_from_being_made() {
    let app = App::gated().await;
    {
        let mut world = app.github.world();
        for installation in world.installations.values_mut() {
            for name in ["actions", "deployments", "members"] {
                installation.permissions.remove(name);
            }
            installation.permissions.insert("pull_requests".to_owned(), "read".to_owned());
        }
        world.expire_tokens();
    }
    app.github.clear_exchanges();
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.comments(number).concat().contains("1 of "), "{:?}", app.comments(number));
    let one = app.mints().into_iter().find(|asked| asked.get("repository_ids").is_some()).unwrap();
    assert_eq!(one["permissions"]["checks"], json!("write"), "{one}");
    assert_eq!(one["permissions"]["pull_requests"], json!("read"), "{one}");
    assert_eq!(one["permissions"].get("deployments"), None, "{one}");
    let _ = app.github.take_violations();
    app.finish().await;
}

#[tokio::test]
async fn what_several_repositories_share_is_read_with_tokens_that_change_nothing() {
    let app = busy().await;
    let wide: Vec<Value> = app.mints().into_iter().filter(|asked| asked.get("repository_ids").is_none()).collect();
    assert!(!wide.is_empty() && wide.iter().all(only_reads), "{wide:?}");
    for asked in &wide {
        let names: Vec<&String> = asked["permissions"].as_object().unwrap().keys().collect();
        assert!(names.len() <= 2, "one thing each: {asked}");
    }
    app.finish().await;
}
