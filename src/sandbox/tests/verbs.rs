//! What people do, and what GitHub makes of it.

use super::{events, payloads, start};
use crate::sandbox::queue::Rules;
use crate::sandbox::{Method, NewIssue, Pick, PullEdit, REPO, World, markdown};
use serde_json::Value;

const BODY: &str =
    "Intro [ ] no\r\n\r\n- [ ] first\r\n  - [x] second `[ ]`\r\n\r\n```\n- [ ] code\n```\n\n* [X] third ünï\n- [ ]no\n";

fn world_with_issue(body: &str) -> (World, u64) {
    let mut world = World::standard();
    let new = NewIssue { title: "Release".to_owned(), body: Some(body.to_owned()), ..NewIssue::default() };
    let number = world.open_issue(REPO, "alice", &new).expect("opened");
    (world, number)
}

/// A pull request from `feature` into `base` that changes one line of the checklist.
fn with_pull(world: &mut World, base: &str) -> u64 {
    world.create_branch(REPO, "feature", "main", "bob").expect("a branch");
    let files = [("src/new.py", Some("print(1)\n")), ("README.md", Some("# Rocket\n\nIt goes up, and down.\n"))];
    world.commit_to(REPO, "feature", "bob", "Land", &files).expect("a commit");
    world.open_pull_request(REPO, "bob", "feature", base, "Land it", "Down again").expect("a pull request")
}

#[test]
fn a_tick_changes_exactly_one_byte() {
    let boxes = markdown::boxes(BODY);
    let seen: Vec<_> = boxes.iter().map(|b| (b.text.trim(), b.checked)).collect();
    assert_eq!(seen, [("first", false), ("second [ ]", true), ("third ünï", true)]);
    for (nth, item) in boxes.iter().enumerate() {
        let (mut world, number) = world_with_issue(BODY);
        world.toggle(REPO, number, "bob", Pick::Nth(nth)).expect("ticked");
        let after = world.repo(REPO).unwrap().issue(number).unwrap().body.clone().unwrap();
        let differ: Vec<_> = BODY.bytes().zip(after.bytes()).enumerate().filter(|(_, (a, b))| a != b).collect();
        assert_eq!(after.len(), BODY.len());
        assert_eq!(differ.len(), 1, "{differ:?}");
        assert_eq!(differ[0].0, item.offset);
    }
}

#[tokio::test]
async fn a_tick_is_an_edit_by_the_person_who_clicked() {
    let (world, number) = world_with_issue(BODY);
    let sandbox = start(world).await;
    sandbox.world().tick(REPO, number, "carol", Pick::Text("first")).expect("ticked");
    let all = payloads(&sandbox);
    assert_eq!(all.len(), 1);
    let (event, payload) = &all[0];
    assert_eq!(event, "issues.edited");
    assert_eq!(payload["changes"]["body"]["from"], BODY);
    assert_eq!(payload["sender"]["login"], "carol");
    assert_eq!(payload["issue"]["body"], sandbox.body(REPO, number));
    sandbox.world().tick(REPO, number, "carol", Pick::Text("first")).expect("ticking twice is no edit");
    assert!(events(&sandbox).is_empty());
}

#[test]
fn people_without_triage_may_not_tick_but_comment() {
    let (mut world, number) = world_with_issue(BODY);
    let refused = world.tick(REPO, number, "dave", Pick::Nth(0)).expect_err("dave only reads");
    assert_eq!(refused.status, 403);
    world.comment(REPO, number, "dave", "May I?").expect("a comment");
}

#[test]
fn a_merge_into_a_protected_branch_waits_for_the_pinned_app() {
    let mut world = World::standard();
    let number = with_pull(&mut world, "production");
    let app = world.app_id;
    world.set_protection(REPO, "production", &[("holdpoint/release", Some(app))]).expect("protected");
    let head = world.repo(REPO).unwrap().pull(number).unwrap().1.head_sha.clone();
    let try_merge = |world: &mut World| {
        let refused = world.merge_pull_request(REPO, number, "alice", Method::Merge).expect_err("refused");
        assert_eq!(refused.status, 405);
        refused.message
    };
    assert_eq!(try_merge(&mut world), "Required status check \"holdpoint/release\" is expected.");
    world.post_check(REPO, 15_368, "holdpoint/release", &head, "success").expect("posted by another App");
    assert_eq!(
        try_merge(&mut world),
        "Required status check \"holdpoint/release\" was not set by the expected GitHub App."
    );
    world.post_check(REPO, app, "holdpoint/release", &head, "action_required").expect("posted");
    assert_eq!(try_merge(&mut world), "Required status check \"holdpoint/release\" is failing.");
    world.post_check(REPO, app, "holdpoint/release", &head, "success").expect("posted");
    let sha = world.merge_pull_request(REPO, number, "alice", Method::Merge).expect("merged");
    let repo = world.repo(REPO).unwrap();
    assert_eq!(repo.git.branches["production"], sha);
    assert!(repo.git.ancestors(&sha).contains(&head));
    assert!(repo.pull(number).unwrap().1.merged.is_some());
}

#[tokio::test]
async fn a_protected_branch_takes_no_direct_push_either() {
    let mut world = World::standard();
    world.set_protection(REPO, "production", &[("holdpoint/release", None)]).expect("protected");
    let sandbox = start(world).await;
    let refused = sandbox.world().commit_to(REPO, "production", "bob", "Sneak", &[("x", Some("y"))]);
    assert!(refused.expect_err("refused").message.starts_with("GH006"));
}

#[test]
fn squash_and_rebase_bring_the_same_tree_as_a_merge() {
    let trees: Vec<_> = [Method::Merge, Method::Squash, Method::Rebase]
        .into_iter()
        .map(|method| {
            let mut world = World::standard();
            let number = with_pull(&mut world, "main");
            world.commit_to(REPO, "main", "erin", "Meanwhile", &[("other.md", Some("o\n"))]).expect("a commit");
            let sha = world.merge_pull_request(REPO, number, "bob", method).expect("merged");
            world.repo(REPO).unwrap().git.commits[&sha].tree_sha.clone()
        })
        .collect();
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[1], trees[2]);
}

#[test]
fn a_conflict_is_not_mergeable() {
    let mut world = World::standard();
    let number = with_pull(&mut world, "main");
    world.commit_to(REPO, "main", "erin", "Meanwhile", &[("README.md", Some("Nothing\n"))]).expect("a commit");
    let refused = world.merge_pull_request(REPO, number, "bob", Method::Merge).expect_err("a conflict");
    assert_eq!(refused.message, "Pull Request is not mergeable");
}

#[tokio::test]
async fn every_verb_sends_what_github_sends() {
    let sandbox = start(World::standard()).await;
    let number = with_pull(&mut sandbox.world(), "main");
    assert_eq!(
        events(&sandbox),
        ["push", "check_suite.requested", "create", "push", "check_suite.requested", "pull_request.opened"]
    );
    sandbox.world().push_to_pull_request(REPO, number, "bob", "More", &[("a", Some("b"))]).unwrap();
    let all = payloads(&sandbox);
    let names: Vec<_> = all.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(names, ["push", "check_suite.requested", "pull_request.synchronize"]);
    assert_eq!(all[2].1["after"], all[2].1["pull_request"]["head"]["sha"]);
    assert_eq!(all[2].1["before"], all[0].1["before"]);
    let edit = PullEdit { base: Some("production".to_owned()), ..PullEdit::default() };
    sandbox.world().edit_pull_request(REPO, number, "bob", &edit).unwrap();
    let all = payloads(&sandbox);
    assert_eq!(all[0].1["changes"]["base"]["ref"]["from"], "main");
    assert_eq!(all[0].1["pull_request"]["base"]["ref"], "production");
    sandbox.world().label(REPO, number, "carol", "urgent").unwrap();
    sandbox.world().close_pull_request(REPO, number, "bob").unwrap();
    sandbox.world().reopen_pull_request(REPO, number, "bob").unwrap();
    sandbox.world().set_draft(REPO, number, "bob", true).unwrap();
    sandbox.world().set_draft(REPO, number, "bob", false).unwrap();
    sandbox.world().merge_pull_request(REPO, number, "bob", Method::Squash).unwrap();
    assert_eq!(
        events(&sandbox),
        [
            "pull_request.labeled",
            "pull_request.closed",
            "pull_request.reopened",
            "pull_request.converted_to_draft",
            "pull_request.ready_for_review",
            "push",
            "check_suite.requested",
            "pull_request.closed",
        ]
    );
    sandbox.world().create_tag(REPO, "v1.0.0", "production", "erin", Some("One")).unwrap();
    let all = payloads(&sandbox);
    assert_eq!(all[0].1["ref"], "refs/tags/v1.0.0");
    assert_ne!(all[0].1["after"], all[0].1["head_commit"]["id"], "an annotated tag is an object of its own");
    assert_eq!(all[1].0, "create");
    let many: Vec<_> = ["a1", "a2", "a3", "a4"].into_iter().map(|t| (t, "main")).collect();
    sandbox.world().push_tags(REPO, "erin", &many, None).unwrap();
    assert!(events(&sandbox).is_empty(), "more than three tags in one push send nothing");
    sandbox.world().delete_tag(REPO, "a1", "erin").unwrap();
    assert_eq!(payloads(&sandbox)[0].1["deleted"], true);
    sandbox.world().publish_release(REPO, "v1.1.0", "main", "erin", None).unwrap();
    assert_eq!(events(&sandbox), ["push", "create", "release.created", "release.published", "release.released"]);
}

#[tokio::test]
async fn every_payload_says_where_by_whom_and_through_which_installation() {
    let sandbox = start(World::standard()).await;
    with_pull(&mut sandbox.world(), "production");
    let new = NewIssue { title: "T".to_owned(), labels: vec!["release".to_owned()], ..NewIssue::default() };
    let issue = sandbox.world().open_issue(REPO, "bob", &new).unwrap();
    sandbox.world().comment(REPO, issue, "dave", "Hello").unwrap();
    sandbox.world().set_merge_queue(REPO, "production", Some(Rules::default())).unwrap();
    sandbox.world().enqueue(REPO, &[1], "bob").unwrap();
    sandbox.world().create_tag(REPO, "v2", "main", "erin", None).unwrap();
    sandbox.world().close_issue(REPO, issue, "bob", None).unwrap();
    sandbox.world().rename_repository(REPO, "capsule", "alice").unwrap();
    for (event, payload) in payloads(&sandbox) {
        for field in ["/repository/id", "/repository/full_name", "/repository/owner/login", "/repository/html_url"] {
            assert!(payload.pointer(field).is_some_and(|v| !v.is_null()), "{event} has no {field}");
        }
        assert!(payload["installation"]["id"].is_u64(), "{event}");
        assert!(payload["sender"]["login"].is_string(), "{event}");
        assert_eq!(payload["organization"]["login"], "acme", "{event}");
        assert_eq!(payload.get("action").is_some(), event.contains('.'), "{event}");
    }
}

#[test]
fn an_issue_that_closes_is_ticked_where_others_name_it() {
    let (mut world, number) = world_with_issue("- [ ] after #2\n- [ ] after #22\n");
    let new = NewIssue { title: "Second".to_owned(), ..NewIssue::default() };
    let second = world.open_issue(REPO, "alice", &new).unwrap();
    assert_eq!(second, 2);
    world.close_issue(REPO, second, "bob", None).unwrap();
    let body = world.repo(REPO).unwrap().issue(number).unwrap().body.clone().unwrap();
    assert_eq!(body, "- [x] after #2\n- [ ] after #22\n");
}

#[tokio::test]
async fn a_fork_s_pull_request_is_known_by_its_head_only() {
    let mut world = World::standard();
    let fork = world.fork(REPO, "mallory").unwrap();
    world.commit_to(&fork, "main", "mallory", "Mine", &[("m", Some("m"))]).unwrap();
    let number = world.open_pull_request(REPO, "mallory", "mallory:main", "main", "Mine", "").unwrap();
    let sandbox = start(world).await;
    sandbox.world().push_to_pull_request(REPO, number, "mallory", "Again", &[("n", Some("n"))]).unwrap();
    let all = payloads(&sandbox);
    assert_eq!(all.len(), 1, "a fork's push is not told, its pull request's move is");
    let head = &all[0].1["pull_request"]["head"];
    assert_eq!(head["repo"]["fork"], true);
    assert_eq!(head["repo"]["full_name"], "mallory/rocket");
    sandbox.world().delete_fork(&fork).unwrap();
    sandbox.world().close_pull_request(REPO, number, "alice").unwrap();
    assert_eq!(payloads(&sandbox)[0].1["pull_request"]["head"]["repo"], Value::Null);
}

#[test]
fn the_merge_base_is_where_two_branches_parted() {
    let mut world = World::standard();
    let start = world.repo(REPO).unwrap().git.branches["main"].clone();
    world.create_branch(REPO, "feature", "main", "bob").unwrap();
    let ours = world.commit_to(REPO, "feature", "bob", "A", &[("a", Some("a"))]).unwrap();
    let theirs = world.commit_to(REPO, "main", "bob", "B", &[("b", Some("b"))]).unwrap();
    let git = &world.repo(REPO).unwrap().git;
    assert_eq!(git.merge_base(&ours, &theirs).unwrap().sha, start);
    let number = world.open_pull_request(REPO, "bob", "feature", "main", "A", "").unwrap();
    let merged = world.merge_pull_request(REPO, number, "bob", Method::Merge).unwrap();
    let later = world.commit_to(REPO, "feature", "bob", "C", &[("c", Some("c"))]).unwrap();
    let git = &world.repo(REPO).unwrap().git;
    assert_eq!(git.merge_base(&merged, &later).unwrap().sha, ours, "after the merge they part later");
    let news: Vec<_> = git.ahead(&merged, &later).into_iter().map(|c| c.message.as_str()).collect();
    assert_eq!(news, ["C"]);
}

#[test]
fn a_moved_file_is_a_rename() {
    let mut world = World::standard();
    let before = world.repo(REPO).unwrap().git.branches["main"].clone();
    let text = world.repo(REPO).unwrap().git.text("main", "README.md").unwrap();
    let files = [("README.md", None), ("docs/README.md", Some(text.as_str()))];
    let after = world.commit_to(REPO, "main", "bob", "Move", &files).unwrap();
    let git = &world.repo(REPO).unwrap().git;
    let changes = git.changes(&git.commits[&before].tree, &git.commits[&after].tree);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].status, changes[0].previous.as_deref()), ("renamed", Some("README.md")));
}
