use super::*;
use crate::github::tests::key;
use crate::github::webhook::sign;
use crate::settings::Secret;
use crate::store::tests::Dir;
use axum::body::Body;
use http::Request;

fn settings(dir: &Dir) -> Settings {
    Settings {
        database_url: Some(format!("sqlite://{}", dir.db().display())),
        github_app_id: Some(7),
        github_private_key: Some(key()),
        webhook_secret: Some(Secret::new("s")),
        github_api_url: "http://127.0.0.1:9".to_owned(),
        ..Settings::default()
    }
}

#[tokio::test]
async fn what_is_missing_is_named_before_anything_is_opened() {
    let dir = Dir::new();
    let cases = [
        (Settings { github_app_id: None, ..settings(&dir) }, "HOLDPOINT_GITHUB_APP_ID"),
        (Settings { github_private_key: None, ..settings(&dir) }, "HOLDPOINT_GITHUB_PRIVATE_KEY"),
        (Settings { webhook_secret: None, ..settings(&dir) }, "HOLDPOINT_WEBHOOK_SECRET"),
        (Settings { github_private_key: Some(Secret::new("-----BEGIN X")), ..settings(&dir) }, "RSA private key"),
    ];
    for (settings, name) in cases {
        let error = format!("{:#}", App::build(settings).await.unwrap_err());
        assert!(error.contains(name), "{error}");
    }
    assert!(!dir.db().exists());
}

#[tokio::test]
async fn it_takes_a_delivery_works_it_off_stops_in_order_and_frees_the_database() {
    let dir = Dir::new();
    let app = App::build(settings(&dir)).await.unwrap();
    let store = app.context().store.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/webhook", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(app.run(listener, stop.clone()));

    // Not JSON, so that it ends as a dead letter whatever handling does with the rest.
    let body = "{";
    let request = Request::post(uri)
        .header("x-github-event", "push")
        .header("x-github-delivery", "g")
        .header("x-hub-signature-256", sign(&Secret::new("s"), body.as_bytes()))
        .body(Body::from(body))
        .unwrap();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http::<Body>();
    assert_eq!(client.request(request).await.unwrap().status(), 202);
    let dead = async {
        while store.counts().await.unwrap().dead == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dead).await.unwrap();

    // The client's connection is still open: that must not keep the process.
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(8), running).await.unwrap().unwrap().unwrap();
    drop(App::build(settings(&dir)).await.unwrap());
}
