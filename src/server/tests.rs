use super::webhook::LARGEST_BODY;
use super::*;
use crate::github::tests::key;
use crate::github::webhook::{HANDLED_EVENTS, sign};
use crate::settings::Settings;
use crate::store::Counts;
use crate::store::tests::{Dir, limits};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

struct Fixture {
    server: Server,
    _dir: Dir,
}

impl Fixture {
    fn new() -> Self {
        Self::with_github("http://127.0.0.1:9")
    }

    fn with_github(url: &str) -> Self {
        let dir = Dir::new();
        let settings = Settings {
            github_app_id: Some(7),
            github_private_key: Some(key()),
            github_api_url: url.to_owned(),
            ..Settings::default()
        };
        let github = Arc::new(github::App::new(&settings).unwrap());
        let secrets = vec![Secret::new("new"), Secret::new("old")];
        Self { server: Server::new(dir.open(), github, secrets), _dir: dir }
    }

    /// Through the router, over a real connection; a delivery straight to its handler, where a test says what no client would.
    async fn send(&self, request: Request<Body>) -> (u16, Value, String) {
        let response = if request.method() == http::Method::POST {
            webhook::receive(State(self.server.clone()), request).await
        } else {
            self.over_http(request).await
        };
        let status = response.status().as_u16();
        let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null), text)
    }

    async fn over_http(&self, mut request: Request<Body>) -> Response {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}{}", listener.local_addr().unwrap(), request.uri());
        *request.uri_mut() = uri.parse().unwrap();
        let router = self.server.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http::<Body>();
        client.request(request).await.unwrap().map(Body::new)
    }

    async fn get(&self, path: &str) -> (u16, Value, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn deliver(&self, event: &str, guid: &str, body: &str) -> (u16, Value) {
        let (status, json, _) = self.send(delivery(event, guid, body)).await;
        (status, json)
    }

    async fn counts(&self) -> Counts {
        self.server.inner.store.counts().await.unwrap()
    }
}

fn delivery(event: &str, guid: &str, body: &str) -> Request<Body> {
    Request::post("/webhook")
        .header("x-github-event", event)
        .header("x-github-delivery", guid)
        .header("x-hub-signature-256", sign(&Secret::new("old"), body.as_bytes()))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn without(name: &str) -> Request<Body> {
    let mut request = delivery("push", "g", "{}");
    request.headers_mut().remove(name);
    request
}

fn with(name: &'static str, value: &str) -> Request<Body> {
    let mut request = delivery("push", "g", "{}");
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[tokio::test]
async fn a_signed_delivery_is_stored_and_told_so_and_a_second_one_is_known() {
    let fixture = Fixture::new();
    let body = json!({"action": "opened", "repository": {"id": 9, "full_name": "a/b"}, "pull_request": {"number": 3}})
        .to_string();
    for word in ["queued", "duplicate"] {
        let answer = fixture.deliver("pull_request", "g1", &body).await;
        assert_eq!(answer, (202, json!({"delivery": "g1", "status": word})));
    }
    let batch = fixture.server.inner.store.claim(i64::MAX / 2, limits(1, 9)).await.unwrap().unwrap();
    assert_eq!((batch.lane.as_str(), batch.key.as_str(), batch.jobs.len()), ("9", "pr/3", 1));
    assert_eq!(batch.jobs[0].body, body.as_bytes());
}

#[tokio::test]
async fn what_lacks_a_header_or_a_fitting_signature_is_refused_and_not_stored() {
    let fixture = Fixture::new();
    let long = "x".repeat(200);
    let cases = [
        (without("x-github-event"), 400),
        (without("x-github-delivery"), 400),
        (with("x-github-event", ""), 400),
        (with("x-github-delivery", &long), 400),
        (without("x-hub-signature-256"), 401),
        (with("x-hub-signature-256", "sha256=00"), 401),
        (with("x-hub-signature-256", &sign(&Secret::new("old"), b"{} ")), 401),
        (with("x-hub-signature-256", &sign(&Secret::new(""), b"{}")), 401),
    ];
    for (request, expected) in cases {
        let headers = format!("{:?}", request.headers());
        let (status, body, _) = fixture.send(request).await;
        assert_eq!(status, expected, "{headers}");
        assert!(body["error"].is_string());
    }
    assert_eq!(fixture.counts().await, Counts::default());
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_whether_it_says_so_or_not() {
    let fixture = Fixture::new();
    let body = vec![b' '; LARGEST_BODY + 1];
    let mut told = delivery("push", "g", "");
    told.headers_mut().insert("content-length", body.len().to_string().parse().unwrap());
    assert_eq!(fixture.send(told).await.0, 413);
    let mut untold = delivery("push", "g", "");
    *untold.body_mut() = Body::from(body);
    assert_eq!(fixture.send(untold).await.0, 413);
    let full = format!("{{\"x\":\"{}\"}}", "y".repeat(LARGEST_BODY - 8));
    assert_eq!(full.len(), LARGEST_BODY);
    assert_eq!(fixture.deliver("push", "g", &full).await.0, 202);
}

#[tokio::test]
async fn a_ping_is_answered_and_what_is_not_handled_is_forgotten() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.deliver("ping", "g", "{\"zen\":\"x\"}").await,
        (200, json!({"delivery": "g", "status": "pong"}))
    );
    assert_eq!(fixture.deliver("star", "g", "{}").await, (202, json!({"delivery": "g", "status": "ignored"})));
    assert_eq!(fixture.counts().await, Counts::default());
    for event in HANDLED_EVENTS {
        assert_eq!(fixture.deliver(event, event, "{}").await.1["status"], "queued");
    }
}

#[tokio::test]
async fn a_signed_body_that_is_not_json_is_kept_apart() {
    let fixture = Fixture::new();
    assert_eq!(fixture.deliver("push", "g", "{\"a").await, (202, json!({"delivery": "g", "status": "queued"})));
    let batch = fixture.server.inner.store.claim(i64::MAX / 2, limits(1, 9)).await.unwrap().unwrap();
    assert_eq!((batch.lane.as_str(), batch.key.as_str()), ("malformed", "malformed/g"));
}

#[tokio::test]
async fn a_delivery_for_another_app_is_refused() {
    let fixture = Fixture::new();
    for (kind, id, expected) in [("integration", "7", 202), ("integration", "8", 403), ("repository", "8", 202)] {
        let mut request = delivery("push", &format!("{kind}{id}"), "{}");
        request.headers_mut().insert("x-github-hook-installation-target-type", kind.parse().unwrap());
        request.headers_mut().insert("x-github-hook-installation-target-id", id.parse().unwrap());
        assert_eq!(fixture.send(request).await.0, expected, "{kind} {id}");
    }
}

#[tokio::test]
async fn a_delivery_that_cannot_be_stored_is_refused_so_that_it_can_be_sent_again() {
    let fixture = Fixture::new();
    fixture.server.inner.store.close().await;
    let (status, body) = fixture.deliver("push", "g", "{}").await;
    assert_eq!(status, 503);
    assert_eq!(body, json!({"error": "the delivery could not be stored: deliver it again later"}));
    assert_eq!(fixture.get("/readyz").await.0, 503);
    assert_eq!(fixture.get("/").await.0, 503);
    assert_eq!(fixture.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn it_is_ready_when_the_database_takes_a_write_and_github_knows_the_app() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let seen = Arc::clone(&asked);
    let app = async move || {
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        axum::Json(json!({"id": 7, "slug": "holdpoint"}))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/app", get(app))).await });
    let fixture = Fixture::with_github(&url);
    for _ in 0..3 {
        let (status, body, _) = fixture.get("/readyz").await;
        assert_eq!((status, body), (200, json!({"database": "ok", "credentials": "ok"})));
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1, "a good word holds for a while");
    let alone = Fixture::new();
    let (status, body, _) = alone.get("/readyz").await;
    assert_eq!((status, body), (503, json!({"database": "ok", "credentials": "failing"})));
}

#[tokio::test]
async fn the_status_page_counts_and_tells_no_secret() {
    let fixture = Fixture::new();
    fixture.deliver("push", "some-guid", "{\"repository\":{\"id\":9,\"full_name\":\"acme/rocket\"}}").await;
    let (status, _, page) = fixture.get("/").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Holdpoint") && page.contains(env!("CARGO_PKG_VERSION")) && page.contains("<td>1</td>"),
        "{page}"
    );
    assert!(!page.contains("acme") && !page.contains("some-guid"));
}

#[tokio::test]
async fn a_delivery_over_two_megabytes_comes_through_the_router() {
    let fixture = Fixture::new();
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(3 << 20));
    assert_eq!(fixture.over_http(delivery("push", "g", &body)).await.status(), 202);
    assert_eq!(fixture.over_http(delivery("push", "h", &" ".repeat(LARGEST_BODY + 1))).await.status(), 413);
    assert_eq!(fixture.counts().await.queued, 1);
}

#[tokio::test]
async fn what_is_not_there_says_so_in_json() {
    let fixture = Fixture::new();
    assert_eq!(fixture.get("/nothing").await.0, 404);
    let (status, body, _) = fixture.get("/webhook").await;
    assert_eq!(status, 405);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn half_a_request_is_cut_and_gives_its_place_to_the_next() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let fixture = Fixture::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let (router, stopped) = (fixture.server.router(), stop.clone());
    let head_timeout = std::time::Duration::from_millis(200);
    let served =
        tokio::spawn(async move { connections::serve_within(listener, router, &stopped, 2, head_timeout).await });
    // Two that never say what they are after take both places.
    let mut idle = Vec::new();
    for said in ["POST /webhook HT", ""] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        idle.push(stream);
    }
    let mut third = tokio::net::TcpStream::connect(address).await.unwrap();
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    third.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for mut stream in idle {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
        assert!(!String::from_utf8_lossy(&rest).contains(" 200 "), "nothing was asked");
    }
    stop.cancel();
    served.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_says_nothing_makes_place_for_the_next_long_before_its_time_is_over() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let fixture = Fixture::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let (router, stopped) = (fixture.server.router(), stop.clone());
    let hour = std::time::Duration::from_secs(3_600);
    let served = tokio::spawn(async move { connections::serve_within(listener, router, &stopped, 3, hour).await });
    let ask = async |stream: &mut tokio::net::TcpStream| {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"{\"status\":\"ok\"}") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
        }
    };
    // The first is a proxy's, which keeps its connection; the others say nothing, one after the other.
    let mut kept = tokio::net::TcpStream::connect(address).await.unwrap();
    ask(&mut kept).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(tokio::net::TcpStream::connect(address).await.unwrap());
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        ask(&mut stream).await;
        ask(&mut kept).await;
    }
    for mut stream in idle.drain(..18) {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
        assert!(rest.is_empty(), "it was cut without an answer");
    }
    stop.cancel();
    drop((idle, kept));
    served.await.unwrap();
}

#[test]
fn where_the_room_is_full_whoever_is_there_longest_and_unknown_makes_place() {
    let room = room::Room::new(10);
    let places: Vec<_> = (0..3).map(|_| room.enter()).collect();
    let [first, second, third] = &places[..] else { panic!("three") };
    assert!(first.grow(4) && second.grow(4));
    first.renew();
    assert!(third.grow(4), "the second is there longest by now");
    assert!(second.cut().is_cancelled() && !first.cut().is_cancelled());
    assert!(!second.grow(1), "whoever was cut gets nothing more");
    first.keep();
    third.keep();
    let fourth = room.enter();
    assert!(!fourth.grow(3) && fourth.grow(2), "nobody who is known is cut");
    drop(places);
    assert!(fourth.grow(8) && !fourth.cut().is_cancelled(), "all of it is given back");
}

#[test]
fn a_body_is_counted_by_the_memory_that_it_takes_however_small_its_pieces_are() {
    let room = room::Room::new(2 * webhook::BLOCK);
    let place = room.enter();
    let mut kept = Vec::new();
    for _ in 0..2 * webhook::BLOCK {
        webhook::keep(&mut kept, b"x", &place).unwrap();
    }
    assert_eq!(kept.iter().map(Vec::capacity).sum::<usize>(), 2 * webhook::BLOCK);
    assert!(webhook::keep(&mut kept, b"x", &place).is_err(), "all of the room is taken");
    let other = room.enter();
    assert!(other.grow(1) && place.cut().is_cancelled());
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_and_taken_once_there_is_room() {
    let fixture = Fixture::new();
    let known = fixture.server.inner.bodies.enter();
    assert!(known.grow(webhook::MAX_BYTES_AT_ONCE));
    known.keep();
    let body = r#"{"action":"opened"}"#;
    let (status, said) = fixture.deliver("pull_request", "g-1", body).await;
    assert_eq!((status, said["error"].as_str()), (503, Some("too much is being received: deliver it again later")));
    // What nobody works off needs no room.
    assert_eq!(fixture.deliver("star", "g-2", body).await.0, 202);
    drop(known);
    assert_eq!(fixture.deliver("pull_request", "g-1", body).await.0, 202);
}

#[tokio::test]
async fn strangers_who_fill_the_memory_with_slow_bodies_make_place_for_a_delivery() {
    let fixture = Fixture::new();
    // Bodies that never end, in all the memory that there is for them.
    let slow: Vec<_> = (0..4).map(|_| fixture.server.inner.bodies.enter()).collect();
    assert!(slow.iter().all(|place| place.grow(webhook::MAX_BYTES_AT_ONCE / 4)));
    assert_eq!(fixture.deliver("pull_request", "g-1", r#"{"action":"opened"}"#).await.0, 202);
    assert_eq!(slow.iter().filter(|place| place.cut().is_cancelled()).count(), 1);
}
