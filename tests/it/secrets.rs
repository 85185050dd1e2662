//! What is told to nobody, and what is not kept: no log line holds a body, a token or a secret, and a delivery that was worked
//! off is removed with its body.

use super::{App, CHECKLIST, ROCKET, serve};
use holdpoint::sandbox::{Fault, NewIssue, Pick};
use holdpoint::store::{ClaimLimits, Enqueued, NewDelivery};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged on this thread, on which all of a test runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Words that stand in texts and nowhere else.
const WORDS: [&str; 8] =
    ["zirconium", "quixotic", "xylophone", "marzipan", "bagatelle", "filigree", "obelisk", "tamarind"];

#[tokio::test]
async fn no_log_line_holds_a_body_a_token_or_a_secret_whatever_goes_wrong() {
    // Of one alone, whether a line is wanted is asked of the thread that comes to it first, which may be another test's.
    let _several = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = Log::default();
    let to = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(to);
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel with zirconium\n"))]);
    let number = app.release("v1.0.0").await;
    app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "A xylophone", "And marzipan").unwrap();
    app.settle().await;
    app.github.fail_next("GET", "/repos/acme/rocket/pulls", Fault::Status(502), 2);
    app.github.fail_next("POST", "/repos/acme/rocket/check-runs", Fault::Status(422), 1);
    app.github.world().comment(ROCKET, number, "bob", "/hp skip 1 quixotic").unwrap();
    app.github.world().comment(ROCKET, number, "bob", "/hp bagatelle").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    let new = NewIssue { title: "A filigree".to_owned(), ..NewIssue::default() };
    app.github.world().open_issue(ROCKET, "mallory", &new).unwrap();
    app.commit("main", &[(".github/holdpoint.yml", Some("checklists: [obelisk\n"))]);
    app.settle().await;
    app.github.world().expire_tokens();
    app.sweep().await;
    // Bodies that cannot be read.
    app.post("issues", b"{ \"action\": tamarind").await;
    let at = "\"repository\": {\"id\": 1, \"full_name\": \"acme/rocket\"}, \"installation\": {\"id\": 1}";
    app.post("pull_request", format!("{{\"action\": \"opened\", \"number\": \"tamarind\", {at}}}").as_bytes()).await;
    app.post("issues", format!("{{\"action\": \"edited\", \"issue\": \"tamarind\", {at}}}").as_bytes()).await;
    app.settle().await;

    let said = log.text();
    for expected in ["worked off", "called GitHub", "to be tried again", "cannot be worked off", "stored as malformed"]
    {
        assert!(said.contains(expected), "{expected} was not logged");
    }
    let mut secrets: Vec<String> = app.github.world().tokens.keys().cloned().collect();
    assert!(!secrets.is_empty());
    let key = app.github.private_key_pem().lines().nth(1).unwrap().to_owned();
    secrets.extend([app.github.webhook_secret(), key]);
    let signs = ["ghs_", "Bearer", "eyJ", "sha256=", "PRIVATE KEY"];
    for word in secrets.iter().map(String::as_str).chain(signs).chain(WORDS) {
        let line = said.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word} was logged");
    }
    drop(app.github.take_violations());
    app.finish_with_dead_letters();
}

fn delivery(guid: &str, at: i64) -> NewDelivery {
    NewDelivery {
        guid: guid.to_owned(),
        event: "push".to_owned(),
        action: None,
        installation_id: None,
        repository_id: None,
        lane: guid.to_owned(),
        key: guid.to_owned(),
        body: "{}".into(),
        received_at: at,
    }
}

#[tokio::test]
async fn a_delivery_that_was_worked_off_is_kept_while_github_may_repeat_it_and_not_for_long_after() {
    let app = App::start().await;
    let store = &app.holdpoint.context().store;
    let now = app.holdpoint.context().github.now_ms();
    let ago = |days: i64| now - days * 24 * 3_600_000;
    let limits = ClaimLimits { lease_ms: 60_000, jobs: 50, keys: 1, bytes: 1 << 20, lanes: 1 };
    for (guid, at) in [("old", ago(5)), ("young", ago(3))] {
        store.enqueue(delivery(guid, at)).await.unwrap();
        let batch = store.claim(at, limits).await.unwrap().unwrap();
        store.complete(batch.ids(), at).await.unwrap();
    }
    let done = store.counts().await.unwrap().done;
    let stop = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = tokio::spawn(app.holdpoint.clone().run(listener, stop.clone()));
    let removed = async {
        while store.counts().await.unwrap().done == done {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), removed).await.expect("nothing was removed");
    stop.cancel();
    running.await.unwrap().unwrap();
    // On the same file, what is known is known again, and what was removed is new.
    let (holdpoint, server) = serve(&app.github, &app.folder.0).await;
    let store = &holdpoint.context().store;
    assert_eq!(store.enqueue(delivery("young", now)).await.unwrap(), Enqueued::Requeued);
    assert_eq!(store.enqueue(delivery("old", now)).await.unwrap(), Enqueued::Queued);
    server.abort();
}
