//! A recorded payload, handled without a server.

use super::{App, CHECKLIST};
use holdpoint::effect::Effect;
use holdpoint::handle::{self, Context};
use holdpoint::store::{Batch, Job};
use std::sync::Arc;

#[tokio::test]
async fn a_dry_run_tells_what_would_be_done_and_does_nothing() {
    let app = App::start().await;
    let old = app.file("main", CHECKLIST);
    let pull = app.pull_request("main", &[(CHECKLIST, Some(&format!("{old}- [ ] One more\n")))]);
    let payload = {
        let world = app.github.world();
        let delivery = world.hooks.log.values().rev().find(|d| d.event == "pull_request").unwrap();
        delivery.body.clone()
    };
    let context = Context { dry_run: Some(Arc::default()), ..Context::clone(app.holdpoint.context()) };
    let job = Job {
        key: "x".to_owned(),
        id: 0,
        guid: "recorded".to_owned(),
        event: "pull_request".to_owned(),
        attempts: 1,
        received_at: 0,
        body: payload.as_bytes().to_vec(),
    };
    let batch = Batch { lane: "x".to_owned(), key: "x".to_owned(), claimed_at: 0, jobs: vec![job] };
    handle::handle(&context, &batch).await.unwrap();
    let planned = context.planned();
    assert!(
        matches!(planned.as_slice(), [Effect::PutCheckRun(run), Effect::PutComment(comment)]
        if run.name == "holdpoint/review" && comment.body.contains("One more")),
        "{planned:?}"
    );
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "none");
    assert_eq!(app.comments(pull), Vec::<String>::new());
    app.finish().await;
}
