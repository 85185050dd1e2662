//! The pages, as a browser without script sees them.

use super::{send, start};
use crate::sandbox::git::object_id;
use crate::sandbox::queue::Rules;
use crate::sandbox::{NewIssue, REPO, Sandbox, World};

async fn get(sandbox: &Sandbox, path: &str) -> super::Answer {
    send(sandbox, "GET", path, &[], Vec::new()).await.expect("an answer")
}

async fn post(sandbox: &Sandbox, path: &str, who: &str, form: &str) -> super::Answer {
    let cookie = format!("who={who}");
    let headers =
        [("cookie", cookie.as_str()), ("origin", sandbox.url()), ("content-type", "application/x-www-form-urlencoded")];
    send(sandbox, "POST", path, &headers, form.as_bytes().to_vec()).await.expect("an answer")
}

#[tokio::test]
async fn every_page_opens() {
    let mut world = World::standard();
    let head = world.repo(REPO).unwrap().git.branches["main"].clone();
    world.create_branch(REPO, "feature", "main", "bob").unwrap();
    world.commit_to(REPO, "feature", "bob", "Land", &[("a & b.md", Some("- [ ] <b>x</b> #1 @bob\n"))]).unwrap();
    let pull = world.open_pull_request(REPO, "bob", "feature", "main", "Land <it>", "See #2").unwrap();
    let new = NewIssue { title: "R".to_owned(), body: Some("- [ ] one\n".to_owned()), ..NewIssue::default() };
    let issue = world.open_issue(REPO, "alice", &new).unwrap();
    world.comment(REPO, issue, "bob", "| a |\n|---|\n| b |\n").unwrap();
    let run = world.post_check(REPO, 4242, "holdpoint/release", &head, "success").unwrap();
    world.create_tag(REPO, "v1", "main", "erin", None).unwrap();
    let rules = Rules { least: 2, ..Rules::default() };
    world.set_merge_queue(REPO, "main", Some(rules)).unwrap();
    world.enqueue(REPO, &[pull], "bob").unwrap();
    let sandbox = start(world).await;
    let paths = [
        "/".to_owned(),
        "/acme/rocket".to_owned(),
        "/acme/rocket/issues".to_owned(),
        "/acme/rocket/pulls".to_owned(),
        "/acme/rocket/tags".to_owned(),
        "/acme/rocket/queue/main".to_owned(),
        format!("/acme/rocket/issues/{issue}"),
        format!("/acme/rocket/pull/{pull}"),
        format!("/acme/rocket/pull/{pull}/files"),
        format!("/acme/rocket/commit/{head}"),
        "/acme/rocket/compare/main...feature".to_owned(),
        format!("/acme/rocket/runs/{run}"),
        "/acme/rocket/blob/feature/a%20&%20b.md".to_owned(),
        "/acme/rocket/new/main?filename=release-steps/1.md&value=-%20%5B%20%5D%20x".to_owned(),
        "/_sandbox/page.css".to_owned(),
        "/_sandbox/revision".to_owned(),
    ];
    for path in paths {
        let answer = get(&sandbox, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert_eq!(get(&sandbox, &format!("/acme/rocket/issues/{pull}")).await.status, 303);
    assert_eq!(get(&sandbox, "/acme/rocket/issues/99").await.status, 404);
    let page = get(&sandbox, &format!("/acme/rocket/pull/{pull}")).await.text;
    assert!(page.contains("Land &lt;it&gt;") || page.contains("Land &#60;it&#62;"), "{page}");
    assert!(sandbox.violations().is_empty(), "pages are no API calls");
}

#[tokio::test]
async fn a_box_is_ticked_by_a_form_in_the_name_of_who_is_signed_in() {
    let mut world = World::standard();
    let body = "- [ ] one\n- [ ] two\n";
    let new = NewIssue { title: "R".to_owned(), body: Some(body.to_owned()), ..NewIssue::default() };
    world.open_issue(REPO, "alice", &new).unwrap();
    let sandbox = start(world).await;
    let page = get(&sandbox, "/acme/rocket/issues/1").await.text;
    assert!(page.contains("data-offset=\"13\""), "{page}");
    let form = format!("digest={}&offset=13", object_id("body", body.as_bytes()));
    let path = "/_sandbox/acme/rocket/issues/1/tick";
    let answer = post(&sandbox, path, "carol", &form).await;
    assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, "/acme/rocket/issues/1"));
    assert_eq!(sandbox.body(REPO, 1), "- [ ] one\n- [x] two\n");
    let again = post(&sandbox, path, "carol", &form).await;
    assert!(again.headers["location"].to_str().unwrap().contains("refused="), "the page was an old one");
    let form = format!("digest={}&offset=3", object_id("body", sandbox.body(REPO, 1).as_bytes()));
    post(&sandbox, path, "dave", &form).await;
    assert_eq!(sandbox.body(REPO, 1), "- [ ] one\n- [x] two\n", "dave only reads");
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let sandbox = start(World::standard()).await;
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let path = "/_sandbox/acme/rocket/tags";
    let form = || b"name=v1&target=main".to_vec();
    for odd in [("origin", "http://evil.test"), ("sec-fetch-site", "cross-site"), ("host", "evil.test")] {
        let answer = send(&sandbox, "POST", path, &[kind, odd], form()).await.unwrap();
        assert_eq!(answer.status, 403, "{odd:?}");
    }
    assert!(sandbox.world().repo(REPO).unwrap().git.tags.is_empty());
    assert_eq!(post(&sandbox, path, "erin", "name=v1&target=main").await.status, 303);
    assert!(sandbox.world().repo(REPO).unwrap().git.tags.contains_key("v1"));
}

#[tokio::test]
async fn a_refused_merge_shows_github_s_sentence() {
    let mut world = World::standard();
    world.create_branch(REPO, "feature", "main", "bob").unwrap();
    world.commit_to(REPO, "feature", "bob", "Land", &[("a.md", Some("a\n"))]).unwrap();
    world.open_pull_request(REPO, "bob", "feature", "production", "Land", "").unwrap();
    world.set_protection(REPO, "production", &[("holdpoint/release", Some(4242))]).unwrap();
    let sandbox = start(world).await;
    let page = get(&sandbox, "/acme/rocket/pull/1").await.text;
    assert!(page.contains("is expected."), "{page}");
    assert!(page.contains("Try to merge anyway"));
    let answer = post(&sandbox, "/_sandbox/acme/rocket/issues/1/merge", "alice", "method=merge").await;
    let page = get(&sandbox, answer.headers["location"].to_str().unwrap()).await.text;
    assert!(page.contains("role=\"alert\"") && page.contains("holdpoint/release"), "{page}");
}
