//! Webhooks over real HTTP.

use super::{ask, good_jwt, start};
use crate::sandbox::{NewIssue, REPO, Sandbox, World, hooks};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

async fn take(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    seen.lock().unwrap().push((headers, body));
    StatusCode::ACCEPTED
}

async fn receiver(sandbox: &Sandbox) -> Seen {
    let seen = Seen::default();
    let app = Router::new().fallback(take).with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    sandbox.set_hook_url(&format!("http://{}/webhook", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    seen
}

fn guids(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(h, _)| h["x-github-delivery"].to_str().unwrap().to_owned()).collect()
}

fn open(sandbox: &Sandbox, title: &str) {
    let new = NewIssue { title: title.to_owned(), ..NewIssue::default() };
    sandbox.world().open_issue(REPO, "bob", &new).unwrap();
}

#[tokio::test]
async fn a_delivery_is_signed_and_named() {
    let sandbox = start(World::standard()).await;
    let seen = receiver(&sandbox).await;
    open(&sandbox, "One");
    assert_eq!(sandbox.deliver_pending().await, [("issues".to_owned(), 202)]);
    let seen = seen.lock().unwrap();
    let (headers, body) = &seen[0];
    assert_eq!(headers["x-github-event"], "issues");
    assert_eq!(headers["x-hub-signature-256"], hooks::signature(&sandbox.webhook_secret(), body).as_str());
    assert_eq!(headers["x-github-hook-installation-target-id"], sandbox.app_id().to_string().as_str());
    assert!(headers["user-agent"].to_str().unwrap().starts_with("GitHub-Hookshot/"));
}

#[test]
fn the_signature_is_the_documented_one() {
    let text = hooks::signature("It's a Secret to Everybody", b"Hello, World!");
    assert_eq!(text, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

#[tokio::test]
async fn lost_dropped_doubled_and_reversed_deliveries() {
    let sandbox = start(World::standard()).await;
    let seen = receiver(&sandbox).await;
    for title in ["lost", "dropped", "doubled", "last"] {
        open(&sandbox, title);
    }
    {
        let mut world = sandbox.world();
        world.hooks.lose_next = 1;
        world.hooks.drop_next = 1;
        world.hooks.duplicate_next = 1;
    }
    assert_eq!(sandbox.deliver_pending().await.len(), 3);
    let titles = |seen: &Seen| -> Vec<String> {
        let seen = seen.lock().unwrap();
        let read =
            |(_, body): &(HeaderMap, Bytes)| serde_json::from_slice::<Value>(body).unwrap()["issue"]["title"].clone();
        seen.iter().map(|s| read(s).as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(&seen), ["doubled", "doubled", "last"]);
    assert_eq!(guids(&seen)[0], guids(&seen)[1]);
    sandbox.world().hooks.reverse = true;
    open(&sandbox, "x");
    open(&sandbox, "y");
    sandbox.deliver_pending().await;
    assert_eq!(titles(&seen)[3..], ["y", "x"]);
}

#[tokio::test]
async fn a_failed_delivery_is_listed_and_sent_again_on_request_under_its_guid() {
    let sandbox = start(World::standard()).await;
    let seen = receiver(&sandbox).await;
    open(&sandbox, "One");
    sandbox.world().hooks.drop_next = 1;
    assert!(sandbox.deliver_pending().await.is_empty());
    let jwt = good_jwt(&sandbox);
    let list = ask(&sandbox, &jwt, "GET", "/app/hook/deliveries", Value::Null).await.json;
    assert_eq!(list[0]["status_code"], 502);
    let path = format!("/app/hook/deliveries/{}", list[0]["id"]);
    let one = ask(&sandbox, &jwt, "GET", &path, Value::Null).await.json;
    assert_eq!(one["request"]["payload"]["issue"]["title"], "One");
    let path = format!("{path}/attempts");
    assert_eq!(ask(&sandbox, &jwt, "POST", &path, Value::Null).await.status, 202);
    assert_eq!(sandbox.deliver_pending().await, [("issues".to_owned(), 202)]);
    assert_eq!(list[0]["guid"], guids(&seen)[0].as_str());
    let list = ask(&sandbox, &jwt, "GET", "/app/hook/deliveries?per_page=1", Value::Null).await;
    assert_eq!((&list.json[0]["status"], &list.json[0]["redelivery"]), (&Value::from("OK"), &Value::Bool(true)));
    assert!(list.headers["link"].to_str().unwrap().contains("cursor="));
    assert!(sandbox.violations().is_empty());
    sandbox.write_exchanges().unwrap();
}
