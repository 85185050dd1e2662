use super::transport::JSON;
use super::*;
use crate::ids::InstallationId;
use crate::settings::{Secret, Settings};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use webhook::{envelope, sign, verify};

/// A key made for this run: none is kept in the repository.
pub(crate) fn key() -> Secret {
    static KEY: OnceLock<Secret> = OnceLock::new();
    let make = || {
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'static>>::as_der(&pair).unwrap();
        let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
        Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"))
    };
    KEY.get_or_init(make).clone()
}

type Answer = (u16, Vec<(&'static str, String)>, Value);

/// A GitHub of a few canned answers: the first that is left for "METHOD path?query" (under the prefix `/api/v3`).
#[derive(Clone, Default)]
struct Mock {
    answers: Arc<Mutex<BTreeMap<String, Vec<Answer>>>>,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    base: String,
}

impl Mock {
    async fn start() -> (Self, App) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api/v3", listener.local_addr().unwrap());
        let mock = Self { base: base.clone(), ..Self::default() };
        let router = Router::new().fallback(answer).with_state(mock.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = Settings {
            github_app_id: Some(7),
            github_private_key: Some(key()),
            github_api_url: base,
            write_interval_ms: 0,
            ..Settings::default()
        };
        let app = App::new(&settings).unwrap();
        (mock, app)
    }

    fn on(&self, call: &str, status: u16, headers: &[(&'static str, &str)], body: Value) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.answers.lock().unwrap().entry(call.to_owned()).or_default().push((status, headers, body));
    }

    fn token(&self, token: &str) {
        self.on(
            "POST /app/installations/5/access_tokens",
            201,
            &[],
            json!({"token": token, "expires_at": "2999-01-01T00:00:00Z"}),
        );
    }

    fn calls(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }

    fn last(&self, name: &str) -> String {
        self.seen.lock().unwrap().last().unwrap().1[name].to_str().unwrap().to_owned()
    }
}

async fn answer(State(mock): State<Mock>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str();
    // Enterprise Server has GraphQL beside the REST API.
    let path = path.strip_prefix("/api/v3").or_else(|| path.strip_prefix("/api").filter(|p| *p == "/graphql"));
    let path = path.expect("the base is kept");
    let call = format!("{} {path}", request.method());
    mock.seen.lock().unwrap().push((call.clone(), request.headers().clone()));
    // Long enough for concurrent first uses to meet.
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let mut answers = mock.answers.lock().unwrap();
    let Some(left) = answers.get_mut(&call).filter(|left| !left.is_empty()) else {
        return (StatusCode::NOT_IMPLEMENTED, call).into_response();
    };
    let (status, headers, body) = if left.len() > 1 { left.remove(0) } else { left[0].clone() };
    let mut response = (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

fn client(app: &App) -> Arc<Installation> {
    app.installation(InstallationId(5))
}

fn repository(app: &App) -> repo::Repo {
    use crate::ids::{RepoName, Repository, RepositoryId};
    let name = RepoName::parse("acme/rocket").unwrap();
    let repository = Repository { installation: InstallationId(5), id: RepositoryId(1), name };
    repo::Repo::new(&client(app), Arc::default(), repository)
}

#[test]
fn the_signature_of_githubs_own_example_is_accepted() {
    let secrets = [Secret::new("old"), Secret::new("It's a Secret to Everybody")];
    let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert!(verify(&secrets, b"Hello, World!", header));
    assert!(verify(&secrets, b"Hello, World!", &header.to_uppercase().replace("SHA", "sha")));
    assert!(!verify(&secrets[..1], b"Hello, World!", header));
    assert_eq!(sign(&secrets[1], b"Hello, World!"), header);
}

#[test]
fn any_flipped_bit_of_body_or_signature_is_refused() {
    let secrets = [Secret::new("s")];
    let body = b"{\"action\":\"opened\"}".to_vec();
    let header = sign(&secrets[0], &body);
    assert!(verify(&secrets, &body, &header));
    for bit in 0..body.len() * 8 {
        let mut body = body.clone();
        body[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify(&secrets, &body, &header));
    }
    for (at, _) in header.char_indices().skip("sha256=".len()) {
        let mut flipped = header.clone().into_bytes();
        flipped[at] = if flipped[at] == b'0' { b'1' } else { b'0' };
        assert!(!verify(&secrets, &body, std::str::from_utf8(&flipped).unwrap()));
    }
    for bad in [
        "",
        "sha256=",
        "sha1=00",
        "sha256=zz",
        header.strip_suffix(|_: char| true).unwrap(),
        &format!("{header}0"),
        header.strip_prefix("sha256=").unwrap(),
    ] {
        assert!(!verify(&secrets, &body, bad), "{bad}");
    }
    assert!(!verify(&[], &body, &header), "no secret lets nobody in");
}

#[test]
fn deliveries_are_routed_by_what_they_are_about() {
    let repo = json!({"id": 9, "full_name": "acme/rocket"});
    let cases = [
        ("pull_request", json!({"repository": repo, "number": 3, "pull_request": {"number": 3}}), "9", "pr/3"),
        ("issues", json!({"repository": repo, "issue": {"number": 4}}), "9", "issue/4"),
        ("issue_comment", json!({"repository": repo, "issue": {"number": 4, "pull_request": null}}), "9", "issue/4"),
        (
            "issue_comment",
            json!({"repository": repo, "issue": {"number": 4, "pull_request": {"url": "x"}}}),
            "9",
            "pr/4",
        ),
        ("push", json!({"repository": repo, "ref": "refs/heads/main"}), "9", "ref/refs/heads/main"),
        ("push", json!({"repository": repo, "ref": "refs/tags/v1"}), "9", "ref/refs/tags/v1"),
        ("create", json!({"repository": repo, "ref": "v1", "ref_type": "tag"}), "9", "ref/refs/tags/v1"),
        ("create", json!({"repository": repo, "ref": "main", "ref_type": "branch"}), "9", "ref/refs/heads/main"),
        ("release", json!({"repository": repo, "release": {"tag_name": "v1"}}), "9", "ref/refs/tags/v1"),
        ("check_run", json!({"repository": repo, "check_run": {"head_sha": "ab"}}), "9", "sha/ab"),
        ("check_suite", json!({"repository": repo, "check_suite": {"head_sha": "ab"}}), "9", "sha/ab"),
        ("merge_group", json!({"repository": repo, "merge_group": {"head_sha": "ab"}}), "9", "sha/ab"),
        ("status", json!({"repository": repo, "sha": "ab"}), "9", "sha/ab"),
        ("deployment_status", json!({"repository": repo, "deployment": {"id": 8, "sha": "ab"}}), "9", "sha/ab"),
        ("deployment_status", json!({"repository": repo, "deployment": {"id": 8}}), "9", "deployment/8"),
        ("installation", json!({"installation": {"id": 5}}), "installation/5", "installation/5"),
        ("repository", json!({"repository": repo}), "9", "repository/9"),
        ("pull_request", json!({"repository": repo}), "9", "pull_request"),
        ("push", json!({}), "none", "push"),
    ];
    for (event, body, lane, key) in cases {
        let read = envelope(event, body.to_string().as_bytes()).unwrap();
        assert_eq!((read.lane.as_str(), read.key.as_str()), (lane, key), "{event} {body}");
    }
    for bad in ["", "{", "[]", "{\"repository\":{\"id\":\"x\",\"full_name\":\"a/b\"}}", "\u{0}"] {
        assert!(envelope("push", bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn no_value_leaves_its_place_in_a_path() {
    let path = route(&["repos", "acme", "rocket", "contents"]).segments("a b/x?ref=evil#y.md".split('/'));
    let path = path.query("ref", "refs/heads/a&b").query("per_page", 100);
    assert_eq!(
        path.as_sent(),
        Some("/repos/acme/rocket/contents/a%20b/x%3Fref%3Devil%23y.md?ref=refs%2Fheads%2Fa%26b&per_page=100")
    );
    assert_eq!(route(&["compare"]).segment("a...b").as_sent(), Some("/compare/a...b"));
    assert_eq!(route(&["contents"]).segments("../../user".split('/')).as_sent(), None);
    assert_eq!(route(&["labels"]).segment("größe/1%").as_sent(), Some("/labels/gr%C3%B6%C3%9Fe%2F1%25"));
}

#[tokio::test]
async fn ten_first_uses_at_once_mint_one_token_and_send_it() {
    let (mock, app) = Mock::start().await;
    mock.token("ghs_1");
    mock.on("GET /x", 200, &[], json!(1));
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client(&app);
            tokio::spawn(async move { client.get::<u8>(&route(&["x"])).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(1));
    }
    assert_eq!(app.requests(), Requests { get: 10, tokens: 1, round_trips: 1, ..Requests::default() });
    assert_eq!(mock.last("authorization"), "token ghs_1");
    assert_eq!(mock.last("x-github-api-version"), "2022-11-28");
    assert!(mock.last("user-agent").starts_with("holdpoint/"));
    assert_eq!(mock.last("accept"), JSON);
}

#[tokio::test]
async fn a_token_close_to_its_end_is_replaced() {
    let (mock, app) = Mock::start().await;
    mock.token("ghs_1");
    mock.on("GET /x", 200, &[], json!(1));
    client(&app).get::<u8>(&route(&["x"])).await.unwrap();
    let end = crate::ids::Timestamp::parse("2999-01-01T00:00:00Z").unwrap().0 * 1_000;
    app.not_before(end - 5 * 60_000 - 1);
    client(&app).get::<u8>(&route(&["x"])).await.unwrap();
    assert_eq!(app.requests().tokens, 1);
    app.not_before(end - 5 * 60_000);
    client(&app).get::<u8>(&route(&["x"])).await.unwrap();
    assert_eq!(app.requests().tokens, 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_reads_and_writes() {
    let (mock, app) = Mock::start().await;
    mock.token("ghs_1");
    mock.token("ghs_2");
    mock.on("POST /x", 401, &[], json!({"message": "Bad credentials"}));
    mock.on("POST /x", 201, &[], json!(1));
    assert_eq!(client(&app).post::<u8>(&route(&["x"]), &json!({})).await, Ok(1));
    assert_eq!(mock.last("authorization"), "token ghs_2");
    mock.on("GET /y", 401, &[], json!({"message": "Bad credentials"}));
    let error = client(&app).get::<u8>(&route(&["y"])).await.unwrap_err();
    assert_eq!(error, Error::Unauthorized { message: "Bad credentials".to_owned() });
    assert_eq!(mock.calls().iter().filter(|call| *call == "GET /y").count(), 2);
}

#[tokio::test]
async fn answers_become_the_errors_that_callers_tell_apart() {
    let (mock, app) = Mock::start().await;
    mock.token("t");
    let reset = (app.now_ms() / 1_000 + 100).to_string();
    let text = |message: &str| json!({"message": message});
    mock.on("GET /404", 404, &[], text("Not Found"));
    mock.on("GET /410", 410, &[], text("Issues are disabled"));
    mock.on("GET /403", 403, &[("x-ratelimit-remaining", "12")], text("Resource not accessible by integration"));
    mock.on("GET /422", 422, &[], json!({"message": "Validation Failed", "errors": [{"field": "title"}]}));
    mock.on("GET /502", 502, &[], json!("<html>"));
    mock.on("GET /body", 200, &[], json!({"not": "a number"}));
    mock.on("GET /after", 403, &[("retry-after", "30")], text("wait"));
    mock.on(
        "GET /reset",
        429,
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)],
        text("API rate limit exceeded"),
    );
    mock.on("GET /secondary", 403, &[], text("You have exceeded a secondary rate limit."));
    let get = async |name: &str| client(&app).get::<u8>(&route(&[name])).await.unwrap_err();

    assert_eq!(get("404").await, Error::NotFound);
    assert_eq!(get("410").await, Error::Gone { message: "Issues are disabled".to_owned() });
    assert_eq!(get("403").await, Error::Forbidden { message: "Resource not accessible by integration".to_owned() });
    assert_eq!(get("422").await, Error::Validation { message: "Validation Failed [{\"field\":\"title\"}]".to_owned() });
    let error = get("502").await;
    assert_eq!(error, Error::Status { code: 502, message: "Bad Gateway".to_owned() });
    assert!(error.outcome_unknown() && error.retry_at(0, 1) == Some(5_000) && error.retry_at(0, 20) == Some(900_000));
    assert!(matches!(get("body").await, Error::Decode { .. }));

    for (name, wait) in [("reset", 101_000), ("after", 30_000), ("secondary", 60_000)] {
        let now = app.now_ms();
        let Error::RateLimited { until_ms } = get(name).await else { panic!("{name}") };
        assert!((until_ms - now - wait).abs() < 3_000, "{name}: {}", until_ms - now);
        let sent = mock.calls().len();
        assert_eq!(get("404").await, Error::RateLimited { until_ms }, "nothing is sent while we are to wait");
        assert_eq!(mock.calls().len(), sent);
        app.not_before(until_ms);
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let (mock, app) = Mock::start().await;
    mock.token("t");
    mock.on("GET /long", 200, &[], json!("x".repeat(33 << 20)));
    let error = client(&app).get::<String>(&route(&["long"])).await.unwrap_err();
    assert_eq!(error, Error::Decode { message: "it is larger than 33554432 bytes".to_owned() });
}

#[tokio::test]
async fn nobody_at_the_other_end_is_an_error_of_the_transport() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = Settings {
        github_app_id: Some(7),
        github_private_key: Some(key()),
        github_api_url: base,
        ..Settings::default()
    };
    let app = App::new(&settings).unwrap();
    let error = app.me().await.unwrap_err();
    assert!(matches!(&error, Error::Transport { .. }), "{error}");
    assert!(!format!("{app:?} {:?}", client(&app)).contains("BEGIN"));
}

#[tokio::test]
async fn a_list_is_gathered_from_its_pages_on_our_own_base() {
    let (mock, app) = Mock::start().await;
    mock.token("t");
    let link = |page: u8| {
        format!("<https://proxy.invalid/api/v3/x?page={page}>; rel=\"next\", <https://a/api/v3/x?page=9>; rel=\"last\"")
    };
    mock.on("GET /x?per_page=2", 200, &[("link", &link(2))], json!([1, 2]));
    mock.on("GET /x?page=2", 200, &[("link", &link(3))], json!([3, 4]));
    mock.on("GET /x?page=3", 200, &[("link", "<https://a/api/v3/x?page=1>; rel=\"first\"")], json!([5]));
    let path = route(&["x"]).query("per_page", 2);
    let all = client(&app).get_all::<u8>(&path, "numbers", 10).await.unwrap();
    assert_eq!(all.complete().unwrap(), [1, 2, 3, 4, 5]);
    let some = client(&app).get_all::<u8>(&path, "numbers", 2).await.unwrap();
    assert_eq!(some.clone().known_part(), [1, 2, 3, 4]);
    let cut = some.complete().unwrap_err();
    assert_eq!(cut.to_string(), "there are more numbers than can be read: GitHub lists more than 4");
    assert_eq!(cut.retry_at(0, 1), None, "the same call would be cut again");
    mock.on("GET /runs", 200, &[], json!({"total_count": 1, "check_runs": [7]}));
    let runs = client(&app).get_all_in::<u8>(&route(&["runs"]), "check_runs", 10).await.unwrap();
    assert_eq!(runs.complete().unwrap(), [7]);
}

#[tokio::test]
async fn a_read_follows_a_rename_once_and_a_write_never() {
    let (mock, app) = Mock::start().await;
    mock.token("t");
    let to = format!("{}/repositories/9", mock.base);
    mock.on("GET /repos/a/b", 301, &[("location", &to)], json!({}));
    mock.on("GET /repositories/9", 200, &[], json!(1));
    assert_eq!(client(&app).get::<u8>(&route(&["repos", "a", "b"])).await, Ok(1));
    mock.on("GET /loop", 302, &[("location", "/api/v3/loop")], json!({}));
    assert!(matches!(client(&app).get::<u8>(&route(&["loop"])).await, Err(Error::Redirected { .. })));
    mock.on("GET /away", 302, &[("location", "https://elsewhere.invalid/api/v3/x?token=1")], json!({}));
    let away = client(&app).get::<u8>(&route(&["away"])).await.unwrap_err();
    assert_eq!(away, Error::Redirected { location: "https://elsewhere.invalid/api/v3/x".to_owned() });
    for status in [301, 302, 307, 308] {
        let call = format!("POST /w/{status}");
        mock.on(&call, status, &[("location", &to)], json!({}));
        let path = route(&["w"]).segment(status);
        assert!(matches!(client(&app).post::<u8>(&path, &json!({})).await, Err(Error::Redirected { .. })));
        assert_eq!(mock.calls().last(), Some(&call));
    }
}

#[tokio::test]
async fn the_app_says_who_it_is_with_a_jwt_and_asks_once() {
    let (mock, app) = Mock::start().await;
    mock.on("GET /app", 200, &[], json!({"id": 7, "slug": "holdpoint", "owner": null}));
    for _ in 0..3 {
        assert_eq!(app.me().await.unwrap(), AppIdentity { id: 7, slug: "holdpoint".to_owned() });
    }
    assert_eq!(app.requests().get, 1);
    assert!(mock.last("authorization").starts_with("Bearer eyJ"));
    mock.on(
        "GET /app/hook/deliveries",
        200,
        &[("link", "</api/v3/app/hook/deliveries?cursor=v1>; rel=\"next\"")],
        json!([1]),
    );
    let page = app.app_page::<u8>(&route(&["app", "hook", "deliveries"])).await.unwrap();
    assert_eq!(page.next.unwrap().as_sent(), Some("/app/hook/deliveries?cursor=v1"));
    mock.on("POST /app/hook/deliveries/3/attempts", 202, &[], json!({}));
    app.app_post(&route(&["app", "hook", "deliveries"]).segment(3).segment("attempts")).await.unwrap();
}

#[tokio::test]
async fn the_edit_history_is_read_page_by_page_and_each_of_its_errors_is_one_of_ours() {
    use crate::ids::IssueNumber;
    let (mock, app) = Mock::start().await;
    mock.token("t");
    let repo = repository(&app);
    let edit = |id: &str, editor: Value, diff: Value, deleted: Value| json!({ "id": id, "editedAt": "2026-11-23T12:00:00Z", "deletedAt": deleted, "diff": diff, "editor": editor });
    let page = |nodes: Value, next: Option<&str>| {
        let info = json!({ "hasNextPage": next.is_some(), "endCursor": next });
        json!({ "data": { "repository": { "issue": { "userContentEdits": { "pageInfo": info, "nodes": nodes } } } } })
    };
    let actor = |kind: &str, login: &str| json!({ "__typename": kind, "login": login });
    let first = json!([
        edit("d", actor("Bot", "holdpoint"), json!("four"), Value::Null),
        edit("c", Value::Null, json!("three"), Value::Null),
    ]);
    let second = json!([
        edit("b", actor("Mannequin", "old"), Value::Null, json!("2026-11-24T12:00:00Z")),
        edit("a", actor("User", "ann"), json!(""), Value::Null),
    ]);
    let graphql = "POST /graphql";
    mock.on(graphql, 200, &[], page(first, Some("2")));
    mock.on(graphql, 200, &[], page(second, None));
    let error = |kind: &str| json!({ "data": null, "errors": [{ "type": kind, "message": "Because.\nSo" }] });
    for kind in ["NOT_FOUND", "FORBIDDEN", "SOMETHING_ELSE"] {
        mock.on(graphql, 200, &[], error(kind));
    }
    mock.on(graphql, 200, &[], json!({ "errors": [{ "message": "Something went wrong" }] }));
    mock.on(graphql, 200, &[], page(json!([null]), None));
    mock.on(graphql, 200, &[], json!({ "data": {} }));
    mock.on(graphql, 200, &[("x-ratelimit-reset", "99999999999")], error("RATE_LIMITED"));
    let found = repo.revisions(IssueNumber(7), 10).await.unwrap().complete().unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|r| (r.id.as_str(), r.editor.as_ref().map(|e| (e.login.as_str(), e.bot)), r.text.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("d", Some(("holdpoint[bot]", true)), Some("four")),
            ("c", None, Some("three")),
            ("b", None, None),
            ("a", Some(("ann", false)), Some("")),
        ]
    );
    assert_eq!(mock.calls().iter().filter(|call| *call == graphql).count(), 2);
    let mut errors = Vec::new();
    for _ in 0..7 {
        errors.push(repo.revisions(IssueNumber(7), 10).await.unwrap_err());
    }
    assert_eq!(errors[0], Error::NotFound);
    assert_eq!(errors[1], Error::Forbidden { message: "Because. So".to_owned() });
    for error in &errors[2..4] {
        assert!(matches!(error, Error::Status { code: 502, .. }), "{error:?}");
    }
    assert!(matches!(errors[4], Error::Decode { .. }));
    assert_eq!(errors[5], Error::NotFound);
    // As long as is believed, and no other call is held back by it.
    let Error::RateLimited { until_ms } = errors[6] else { panic!("{:?}", errors[6]) };
    assert!(until_ms > app.now_ms() + 3_600_000, "{until_ms}");
    mock.on("GET /x", 200, &[], json!([]));
    assert!(client(&app).get::<Vec<u8>>(&route(&["x"])).await.is_ok());
}

#[tokio::test]
async fn a_file_is_not_there_only_where_its_folder_was_read_whole() {
    use crate::ids::Sha;
    let (mock, app) = Mock::start().await;
    mock.token("t");
    let repo = repository(&app);
    let [commit, folder, file] = ["a", "b", "c"].map(|digit| Sha::parse(&digit.repeat(40)).unwrap());
    let trees = |at: &Sha| format!("GET /repos/acme/rocket/git/trees/{at}");
    let entry = |path: &str, kind: &str, sha: &Sha| json!({ "path": path, "type": kind, "sha": sha.as_str() });
    let root = json!({ "truncated": false, "tree": [entry(".github", "tree", &folder), entry("docs", "blob", &file)] });
    mock.on(&trees(&commit), 200, &[], root);
    let listed = |tree: Value, truncated: bool| json!({ "truncated": truncated, "tree": tree });
    let holdpoint = json!([entry("holdpoint.yml", "blob", &file)]);
    mock.on(&trees(&folder), 200, &[], listed(holdpoint.clone(), false));
    mock.on(&trees(&folder), 200, &[], listed(holdpoint, true));
    mock.on(&trees(&folder), 200, &[], listed(json!([entry("holdpoint.yml", "tree", &file)]), false));
    mock.on(&trees(&folder), 200, &[], listed(json!([]), true));
    mock.on(&trees(&folder), 404, &[], json!({ "message": "Not Found" }));
    let path = ".github/holdpoint.yml";
    assert_eq!(repo.blob_of(&commit, path).await, Ok(Some(file.clone())));
    assert_eq!(repo.blob_of(&commit, path).await, Ok(Some(file)), "it is among those that are listed");
    assert_eq!(repo.blob_of(&commit, path).await, Ok(None), "a folder of that name");
    assert!(matches!(repo.blob_of(&commit, path).await, Err(Error::Incomplete { .. })));
    assert_eq!(repo.blob_of(&commit, path).await, Err(Error::NotFound), "hidden is not the same as not there");
    assert_eq!(repo.blob_of(&commit, "docs/holdpoint.yml").await, Ok(None), "a file where the folder would be");
    assert_eq!(repo.blob_of(&commit, "none/holdpoint.yml").await, Ok(None));
}
