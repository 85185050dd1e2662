//! What strangers may name, from the tag to the closed issue: a release of any name is one like any other.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Method, Pick};

const TEMPLATE: &str = "## Before {{ tag }}\n\n- [ ] Announce {{ tag }}\n- [ ] Run `deploy {{ tag }}`\n- [ ] Compare with [it](https://example.org/{{ tag }})\n";

/// Tags that git allows, and the title of the pull request that each ships.
const NAMES: [(&str, &str); 10] = [
    ("v1.0-<!--", "<!-- hp: optional --> Hide it"),
    ("v1.0-->", "--> <details><summary>x"),
    ("v1.0-`", "``` Fence it"),
    ("v1.0-@all", "Ask @acme/all, fixes #1"),
    ("v1.0-#1", "- [x] Ticked already"),
    ("v1.0-&commat;all", "&commat;acme/all &#64;acme/all"),
    ("v1.0-](evil.org)", "](http://evil.org) www.evil.org"),
    ("v1.0-|x|", "| a | b | ~~x~~ **y**"),
    ("v1.0-\u{202e}0.4", "\u{202e}\u{2028}- [ ] Another"),
    ("v1.0-🚀$(id)", "🚀"),
];

#[tokio::test]
async fn a_release_of_any_name_asks_for_its_boxes_and_closes_when_they_are_ticked() {
    for (tag, title) in NAMES {
        let app = App::start().await;
        app.commit("main", &[(CHECKLIST, Some(TEMPLATE))]);
        app.settle().await;
        let pull = {
            let mut world = app.github.world();
            world.create_branch(ROCKET, "step", "main", "erin").unwrap();
            let step = [("release-steps/2.md", Some("- [ ] Drop the column\n"))];
            world.commit_to(ROCKET, "step", "erin", "A step", &step).unwrap();
            world.open_pull_request(ROCKET, "erin", "step", "main", title, "").unwrap()
        };
        app.settle().await;
        app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
        let number = app.release(tag).await;
        let issue = app.github.issue(ROCKET, number).unwrap();
        assert_eq!(issue.title.lines().count(), 1, "{tag}");
        let check = app.check("main", "holdpoint/release");
        assert!(check.contains("0 of 4 done · 4 open"), "{tag}: {check}\n{}", app.github.body(ROCKET, number));
        let texts = app.comments(number).into_iter().chain([app.github.body(ROCKET, number)]);
        for text in texts {
            let words = text.replace(&format!("`deploy {tag}`"), "");
            assert!(!words.contains("@acme/all") && !words.contains("@all"), "{tag}: {text}");
            assert!(!words.contains("&commat;"), "{tag}: {text}");
        }
        for item in 0..4 {
            app.github.world().tick(ROCKET, number, "bob", Pick::Nth(item)).unwrap();
            app.settle().await;
        }
        let check = app.check("main", "holdpoint/release");
        assert!(check.starts_with("success") && check.contains("4 of 4 done"), "{tag}: {check}");
        assert!(app.github.issue(ROCKET, number).unwrap().closed_at.is_some(), "{tag}: the issue is still open");
        app.finish().await;
    }
}
