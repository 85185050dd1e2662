//! The API, as the App calls it.

use super::{ask, good_jwt, jwt, send, start, token};
use crate::sandbox::world::real_now;
use crate::sandbox::{REPO, Sandbox, World};
use serde_json::{Value, json};

const R: &str = "/repos/acme/rocket";

async fn get(sandbox: &Sandbox, token: &str, path: &str) -> super::Answer {
    ask(sandbox, token, "GET", path, Value::Null).await
}

#[tokio::test]
async fn a_jwt_must_be_fresh_ours_and_short_lived() {
    let sandbox = start(World::standard()).await;
    let now = real_now();
    let app = json!(sandbox.app_id());
    let client = json!("Iv23liHoldpoint00001");
    let cases = [
        ("by number", jwt(&app, now - 60, now + 540), 200),
        ("by client id", jwt(&client, now - 60, now + 540), 200),
        ("of another App", jwt(&json!(1), now - 60, now + 540), 401),
        ("expired", jwt(&app, now - 900, now - 300), 401),
        ("too long", jwt(&app, now - 60, now + 1200), 401),
        ("from the future", jwt(&app, now + 300, now + 500), 401),
        ("not ours", format!("{}x", jwt(&app, now - 60, now + 540)), 401),
        ("no JWT", "abc".to_owned(), 401),
    ];
    for (name, token, status) in cases {
        assert_eq!(get(&sandbox, &token, "/app").await.status, status, "{name}");
    }
    assert_eq!(sandbox.violations().len(), 6);
}

#[tokio::test]
async fn what_github_would_not_understand_is_refused_and_remembered() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let issue = json!({ "title": "T" });
    let long = json!({ "title": "T", "body": "x".repeat(65_537) });
    let cases = [
        ("GET", format!("{R}/nothing"), Value::Null, 404),
        ("DELETE", format!("{R}/issues/1"), Value::Null, 404),
        ("POST", format!("{R}/issues"), json!({ "title": "T", "colour": "red" }), 422),
        ("POST", format!("{R}/issues"), long, 422),
        ("GET", "/app".to_owned(), Value::Null, 401),
        ("GET", format!("{R}/branches/main/protection"), Value::Null, 403),
        ("PUT", format!("{R}/pulls/1/merge"), Value::Null, 403),
    ];
    for (nth, (method, path, body, status)) in cases.into_iter().enumerate() {
        let answer = ask(&sandbox, &token, method, &path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(sandbox.violations().len(), nth + 1, "{method} {path}");
    }
    let bearer = format!("Bearer {token}");
    let path = format!("{R}/issues");
    let headers = [("authorization", bearer.as_str()), ("if-match", "\"x\"")];
    let answer = send(&sandbox, "POST", &path, &headers, issue.to_string().into_bytes()).await.unwrap();
    assert_eq!(answer.status, 400);
    assert_eq!(send(&sandbox, "GET", &path, &[], Vec::new()).await.unwrap().status, 401);
    assert_eq!(get(&sandbox, "ghs_wrong", &path).await.status, 401);
    sandbox.world().expire_tokens();
    assert_eq!(get(&sandbox, &token, &path).await.status, 401);
    assert_eq!(sandbox.violations().len(), 11);
    assert!(sandbox.issues(REPO).is_empty());
}

#[tokio::test]
async fn asking_for_what_is_not_there_is_no_violation() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    for path in [
        format!("{R}/contents/nothing.md"),
        "/repos/acme/.github/contents/.github/holdpoint.yml".to_owned(),
        format!("{R}/issues/77"),
        format!("{R}/git/ref/tags/v9"),
        format!("{R}/collaborators/holdpoint%5Bbot%5D/permission"),
        "/orgs/acme/teams/qa/memberships/dave".to_owned(),
    ] {
        assert_eq!(get(&sandbox, &token, &path).await.status, 404, "{path}");
    }
    assert!(sandbox.violations().is_empty(), "{:?}", sandbox.violations());
}

#[tokio::test]
async fn compare_says_how_two_commits_stand() {
    let mut world = World::standard();
    world.create_branch(REPO, "feature", "main", "bob").unwrap();
    let files: Vec<(String, String)> = (0..310).map(|n| (format!("f/{n:03}"), n.to_string())).collect();
    let files: Vec<_> = files.iter().map(|(p, c)| (p.as_str(), Some(c.as_str()))).collect();
    world.commit_to(REPO, "feature", "bob", "Many", &files).unwrap();
    world.commit_to(REPO, "feature", "bob", "One", &[("x", Some("x"))]).unwrap();
    world.commit_to(REPO, "main", "bob", "Other", &[("y", Some("y"))]).unwrap();
    let sandbox = start(world).await;
    let token = token(&sandbox).await;
    let cases = [
        ("main...main", "identical", 0, 0),
        ("production...feature", "ahead", 2, 0),
        ("feature...production", "behind", 0, 2),
        ("main...feature", "diverged", 2, 1),
    ];
    for (spec, status, ahead, behind) in cases {
        let answer = get(&sandbox, &token, &format!("{R}/compare/{spec}?per_page=1")).await.json;
        assert_eq!(answer["status"], status, "{spec}");
        assert_eq!((&answer["ahead_by"], &answer["behind_by"]), (&json!(ahead), &json!(behind)), "{spec}");
    }
    let first = get(&sandbox, &token, &format!("{R}/compare/main...feature?per_page=1")).await;
    assert_eq!(first.json["files"].as_array().unwrap().len(), 300);
    assert!(first.headers["link"].to_str().unwrap().contains("page=2"));
    let second = get(&sandbox, &token, &format!("{R}/compare/main...feature?per_page=1&page=2")).await.json;
    assert_eq!(second["files"], json!([]));
    let unknown = "0123456789012345678901234567890123456789";
    assert_eq!(get(&sandbox, &token, &format!("{R}/compare/main...{unknown}")).await.status, 404);
}

#[tokio::test]
async fn an_annotated_tag_is_peeled_where_github_peels_it() {
    let mut world = World::standard();
    let object = world.create_tag(REPO, "v1.0.0", "main", "erin", Some("One")).unwrap();
    let commit = world.repo(REPO).unwrap().git.branches["main"].clone();
    let sandbox = start(world).await;
    let token = token(&sandbox).await;
    let named = get(&sandbox, &token, &format!("{R}/git/ref/tags/v1.0.0")).await.json;
    assert_eq!((&named["object"]["type"], &named["object"]["sha"]), (&json!("tag"), &json!(object)));
    let tag = get(&sandbox, &token, &format!("{R}/git/tags/{object}")).await.json;
    assert_eq!(tag["object"]["sha"], commit.as_str());
    assert_eq!(get(&sandbox, &token, &format!("{R}/commits/v1.0.0")).await.json["sha"], commit.as_str());
    assert_eq!(
        get(&sandbox, &token, &format!("{R}/git/matching-refs/tags/v1")).await.json[0]["ref"],
        "refs/tags/v1.0.0"
    );
    assert_eq!(get(&sandbox, &token, &format!("{R}/tags")).await.json[0]["commit"]["sha"], commit.as_str());
}

#[tokio::test]
async fn a_check_run_takes_fifty_annotations_a_call_and_adds_them_up() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let head = sandbox.world().repo(REPO).unwrap().git.branches["main"].clone();
    let note = json!({ "path": "a.md", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m" });
    let notes = |n: usize| vec![note.clone(); n];
    let output = |n| json!({ "title": "t", "summary": "s", "annotations": notes(n) });
    let new = |n| json!({ "name": "holdpoint/review", "head_sha": head, "output": output(n) });
    assert_eq!(ask(&sandbox, &token, "POST", &format!("{R}/check-runs"), new(51)).await.status, 422);
    let made = ask(&sandbox, &token, "POST", &format!("{R}/check-runs"), new(50)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("{R}/check-runs/{}", made.json["id"]);
    let body = json!({ "conclusion": "failure", "output": output(7) });
    let done = ask(&sandbox, &token, "PATCH", &path, body).await.json;
    assert_eq!((&done["status"], &done["output"]["annotations_count"]), (&json!("completed"), &json!(57)));
    assert_eq!(super::events(&sandbox), ["check_run.created", "check_run.completed"]);
    let listed =
        get(&sandbox, &token, &format!("{R}/commits/{head}/check-runs?check_name=holdpoint/review")).await.json;
    assert_eq!(listed["total_count"], 1);
}

#[tokio::test]
async fn an_issue_of_the_app_names_it_and_is_listed_by_creator() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let body = json!({ "title": "Release v1", "body": "- [ ] a\n", "labels": ["release"], "assignees": ["bob"] });
    let made = ask(&sandbox, &token, "POST", &format!("{R}/issues"), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json["performed_via_github_app"]["id"], sandbox.app_id());
    assert_eq!(made.json["user"]["type"], "Bot");
    assert_eq!(made.json["labels"][0]["name"], "release", "labels that are not there are made");
    assert_eq!(super::events(&sandbox), ["issues.opened", "issues.assigned", "issues.labeled"]);
    let by = get(&sandbox, &token, &format!("{R}/issues?creator=holdpoint%5Bbot%5D&state=all")).await.json;
    assert_eq!(by.as_array().unwrap().len(), 1);
    let odd = json!({ "title": "T", "assignees": ["nobody"] });
    assert_eq!(ask(&sandbox, &token, "POST", &format!("{R}/issues"), odd).await.status, 422);
    sandbox.world().repo_mut(REPO).unwrap().has_issues = false;
    let off = ask(&sandbox, &token, "POST", &format!("{R}/issues"), json!({ "title": "T" })).await;
    assert_eq!(off.status, 410);
}

#[tokio::test]
async fn a_renamed_repository_answers_with_its_new_address() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let id = sandbox.world().repo(REPO).unwrap().id;
    sandbox.world().rename_repository(REPO, "capsule", "alice").unwrap();
    let moved = get(&sandbox, &token, &format!("{R}/issues")).await;
    let to = moved.headers["location"].to_str().unwrap().to_owned();
    assert_eq!((moved.status, to.as_str()), (301, format!("{}/repositories/{id}/issues", sandbox.url()).as_str()));
    assert_eq!(get(&sandbox, &token, &format!("/repositories/{id}/issues")).await.status, 200);
    assert_eq!(get(&sandbox, &token, &format!("/repositories/{id}")).await.json["full_name"], "acme/capsule");
}

#[tokio::test]
async fn a_role_has_two_names_and_a_file_three_forms() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let cases = [("alice", "admin", "admin"), ("erin", "write", "maintain"), ("carol", "read", "triage")];
    for (login, legacy, role) in cases {
        let answer = get(&sandbox, &token, &format!("{R}/collaborators/{login}/permission")).await.json;
        assert_eq!((&answer["permission"], &answer["role_name"]), (&json!(legacy), &json!(role)));
    }
    let path = format!("{R}/contents/.github/release-checklist.md?ref=main");
    assert_eq!(get(&sandbox, &token, &path).await.json["encoding"], "base64");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("accept", "application/vnd.github.raw+json")];
    let raw = send(&sandbox, "GET", &path, &headers, Vec::new()).await.unwrap();
    assert!(raw.text.starts_with("---\ntitle: Release"));
    let folder = get(&sandbox, &token, &format!("{R}/contents/.github")).await.json;
    assert_eq!(folder[0]["name"], "release-checklist.md");
    let etag = raw.headers["etag"].to_str().unwrap();
    let known = [headers[0], headers[1], ("if-none-match", etag)];
    assert_eq!(send(&sandbox, "GET", &path, &known, Vec::new()).await.unwrap().status, 304);
}

/// What is read below a repository.
const READ: [&str; 30] = [
    "/branches",
    "/branches/production",
    "/tags",
    "/releases",
    "/releases/tags/v1.1.0",
    "/labels",
    "/milestones?state=all",
    "/contents/",
    "/contents/src",
    "/contents/README.md",
    "/git/trees/main?recursive=1",
    "/git/ref/heads/main",
    "/git/matching-refs/heads/",
    "/commits",
    "/commits?path=README.md",
    "/commits/main",
    "/compare/main...feature",
    "/pulls",
    "/pulls?head=acme:feature",
    "/pulls/1",
    "/pulls/1/files",
    "/pulls/1/commits",
    "/issues?state=all",
    "/issues/1",
    "/issues/2",
    "/issues/2/comments",
    "/rules/branches/production",
    "/collaborators/bob/permission",
    "/commits/feature/check-runs",
    "",
];

#[tokio::test]
async fn every_route_answers_and_the_record_can_be_checked_against_github_s_description() {
    let mut world = World::standard();
    world.create_branch(REPO, "feature", "main", "bob").unwrap();
    world.commit_to(REPO, "feature", "bob", "Land", &[("a.md", Some("a\n"))]).unwrap();
    world.open_pull_request(REPO, "bob", "feature", "production", "Land", "Text").unwrap();
    world.label(REPO, 1, "bob", "ready").unwrap();
    world.create_milestone(REPO, "1.0", "alice").unwrap();
    world.set_protection(REPO, "production", &[("holdpoint/release", Some(4242))]).unwrap();
    let tag = world.create_tag(REPO, "v1.0.0", "main", "erin", Some("One")).unwrap();
    world.publish_release(REPO, "v1.1.0", "main", "erin", None).unwrap();
    let head = world.repo(REPO).unwrap().git.branches["feature"].clone();
    let blob = world.repo(REPO).unwrap().git.commits[&head].tree["a.md"].clone();
    let sandbox = start(world).await;
    let (jwt, token) = (good_jwt(&sandbox), token(&sandbox).await);
    let installation = *sandbox.world().installations.keys().next().unwrap();
    let issue = json!({ "title": "R", "body": "- [ ] a\n", "labels": ["release"], "type": "Task", "milestone": 1 });
    ask(&sandbox, &token, "POST", &format!("{R}/issues"), issue).await;
    ask(&sandbox, &token, "PATCH", &format!("{R}/issues/2"), json!({ "state": "closed", "labels": ["x"] })).await;
    let comment = ask(&sandbox, &token, "POST", &format!("{R}/issues/2/comments"), json!({ "body": "c" })).await.json;
    let comment = format!("{R}/issues/comments/{}", comment["id"]);
    ask(&sandbox, &token, "PATCH", &comment, json!({ "body": "d" })).await;
    ask(&sandbox, &token, "POST", &format!("{comment}/reactions"), json!({ "content": "rocket" })).await;
    let check = json!({ "name": "holdpoint/release", "head_sha": head, "conclusion": "success", "external_id": "x",
        "details_url": "https://example.org/", "output": { "title": "t", "summary": "s", "annotations": [
        { "path": "a.md", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m" }] } });
    let run = ask(&sandbox, &token, "POST", &format!("{R}/check-runs"), check).await.json;
    let run = format!("{R}/check-runs/{}", run["id"]);
    ask(&sandbox, &token, "PATCH", &run, json!({ "status": "in_progress" })).await;
    for path in ["/app", "/app/installations", &format!("/app/installations/{installation}"), "/app/hook/deliveries"] {
        assert_eq!(get(&sandbox, &jwt, path).await.status, 200, "{path}");
    }
    let mut paths: Vec<String> = READ.iter().map(|p| format!("{R}{p}")).collect();
    paths.extend([
        format!("{R}/git/blobs/{blob}"),
        format!("{R}/git/tags/{tag}"),
        format!("{R}/commits/{head}/pulls"),
        format!("{run}/annotations"),
        run.clone(),
        comment.clone(),
        "/installation/repositories".to_owned(),
        "/rate_limit".to_owned(),
        "/orgs/acme/teams/qa/memberships/bob".to_owned(),
    ]);
    for path in paths {
        let answer = get(&sandbox, &token, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert_eq!(ask(&sandbox, &token, "DELETE", &comment, Value::Null).await.status, 204);
    ask(&sandbox, &token, "PATCH", &run, json!({ "conclusion": "success" })).await;
    let merged = ask(&sandbox, "ghp_alice", "PUT", &format!("{R}/pulls/1/merge"), json!({ "sha": head })).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    assert!(get(&sandbox, "ghp_alice", &format!("{R}/pulls/1")).await.json["merged"].as_bool().unwrap());
    assert!(sandbox.violations().is_empty(), "{:?}", sandbox.violations());
    sandbox.write_exchanges().unwrap();
}

#[tokio::test]
async fn a_deployment_takes_ten_reports_one_approval_and_no_long_comment() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    let run = sandbox.world().request_deployment(REPO, "main", "production", "alice").expect("a run");
    let path = format!("{R}/actions/runs/{run}/deployment_protection_rule");
    let say = async |body: Value| ask(&sandbox, &token, "POST", &path, body).await.status;
    let report = |text: &str| json!({ "environment_name": "Production", "comment": text });
    let wrong = [
        json!({ "environment_name": "production" }),
        json!({ "environment_name": "staging", "comment": "x" }),
        json!({ "environment_name": "production", "state": "maybe", "comment": "x" }),
        report(&"x".repeat(1025)),
    ];
    for body in wrong {
        assert_eq!(say(body.clone()).await, 422, "{body}");
    }
    for n in 0..10 {
        assert_eq!(say(report(&n.to_string())).await, 204);
    }
    assert_eq!(say(report("one too many")).await, 422);
    assert_eq!(sandbox.take_violations().len(), 5);
    assert_eq!(get(&sandbox, &token, &format!("{R}/actions/runs/{run}")).await.json["status"], "waiting");
    let yes = json!({ "environment_name": "production", "state": "approved" });
    assert_eq!((say(yes.clone()).await, say(yes).await), (204, 404));
    assert_eq!(get(&sandbox, &token, &format!("{R}/actions/runs/{run}")).await.json["status"], "in_progress");
    let rules = get(&sandbox, &token, &format!("{R}/environments/production/deployment_protection_rules")).await;
    assert_eq!(rules.json["custom_deployment_protection_rules"][0]["app"]["slug"], "holdpoint");
    assert_eq!(sandbox.violations(), Vec::<String>::new());
}
