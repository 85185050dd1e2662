//! The stand-in, tried over real HTTP.

mod api;
mod faults;
mod hooks;
mod pages;
mod verbs;

use super::{AppKey, Options, Sandbox, World};
use crate::sandbox::world::real_now;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::OnceLock;

/// Making a key takes a moment, so all tests of a process share one.
fn key() -> AppKey {
    static KEY: OnceLock<AppKey> = OnceLock::new();
    KEY.get_or_init(|| AppKey::generate().expect("a key")).clone()
}

async fn start(world: World) -> Sandbox {
    Sandbox::start_with(world, Options { key: Some(key()), ..Options::default() }).await.expect("it starts")
}

fn jwt(issuer: &Value, iat: i64, exp: i64) -> String {
    let key = EncodingKey::from_rsa_pem(key().private_pem().as_bytes()).expect("the PEM is one");
    let claims = json!({ "iss": issuer, "iat": iat, "exp": exp });
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).expect("a JWT")
}

fn good_jwt(sandbox: &Sandbox) -> String {
    let now = real_now();
    jwt(&json!(sandbox.app_id().to_string()), now - 60, now + 540)
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
    json: Value,
}

/// One request; `None` where the connection closed without an answer.
async fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Option<Answer> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(format!("{}{path}", sandbox.url()));
    for (name, value) in [("user-agent", "a test")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let answer = client.request(request).await.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.into_body().collect().await.ok()?.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Some(Answer { status, headers, text, json })
}

/// One API call; the body is left out where it is null.
async fn ask(sandbox: &Sandbox, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let bearer = format!("Bearer {token}");
    send(sandbox, method, path, &[("authorization", &bearer)], bytes).await.expect("an answer")
}

/// A token of the only installation.
async fn token(sandbox: &Sandbox) -> String {
    let id = *sandbox.world().installations.keys().next().expect("an installation");
    let path = format!("/app/installations/{id}/access_tokens");
    let answer = ask(sandbox, &good_jwt(sandbox), "POST", &path, Value::Null).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json["token"].as_str().expect("a token").to_owned()
}

/// The payloads that wait to be sent, with their events, oldest first; they are taken off the queue. Where the environment
/// names a file, they are appended there, to be checked against GitHub's description.
fn payloads(sandbox: &Sandbox) -> Vec<(String, Value)> {
    let mut world = sandbox.world();
    let ids: Vec<u64> = world.hooks.pending.drain(..).collect();
    let all: Vec<(String, Value)> = ids
        .iter()
        .map(|id| {
            let delivery = &world.hooks.log[id];
            let event = match &delivery.action {
                Some(action) => format!("{}.{action}", delivery.event),
                None => delivery.event.clone(),
            };
            (event, serde_json::from_str(&delivery.body).expect("JSON"))
        })
        .collect();
    if let Some(path) = std::env::var_os("HOLDPOINT_PAYLOADS") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        for (event, payload) in &all {
            writeln!(file, "{}", json!([event, payload])).expect("a line");
        }
    }
    all
}

/// Their names only.
fn events(sandbox: &Sandbox) -> Vec<String> {
    payloads(sandbox).into_iter().map(|(event, _)| event).collect()
}
