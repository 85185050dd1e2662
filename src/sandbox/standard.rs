//! The standard world: one organisation, one repository, five people, a team and the App.

use super::repo::Role;
use super::world::{App, World};
use std::collections::BTreeMap;

/// The repository of the standard world.
pub const REPO: &str = "acme/rocket";
/// Where its checklist is.
pub const CHECKLIST_PATH: &str = ".github/release-checklist.md";

const CHECKLIST: &str = "\
---
title: Release {{ version }}
labels: release
---

## Before the release

- [ ] All tests are green on `main`
- [ ] The change log names every change that users will see
- [ ] Take a snapshot of the orders database

## Database

- [ ] Run the migrations on a test machine
- [ ] Tell support which screens change

## After the release

- [ ] Watch the error rate for 30 minutes
";

/// 2026-03-02T09:00:00Z, a Monday.
const START: i64 = 1_772_442_000;

fn permissions() -> BTreeMap<String, String> {
    let list = [
        ("actions", "read"),
        ("checks", "write"),
        ("contents", "read"),
        ("deployments", "write"),
        ("issues", "write"),
        ("members", "read"),
        ("merge_queues", "read"),
        ("metadata", "read"),
        ("pull_requests", "write"),
        ("statuses", "write"),
    ];
    list.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn events() -> Vec<String> {
    let list = [
        "pull_request",
        "push",
        "create",
        "release",
        "deployment_status",
        "deployment_protection_rule",
        "issues",
        "issue_comment",
        "check_run",
        "check_suite",
        "status",
        "merge_group",
        "repository",
    ];
    list.into_iter().map(str::to_owned).collect()
}

impl World {
    /// Organisation `acme` with the repository `acme/rocket` (branches `main` and `production`, a release checklist),
    /// `alice` (admin), `erin` (maintain), `bob` (write), `carol` (triage), `dave` (read), the team `acme/qa` = bob, and the
    /// App `holdpoint` installed on all of it. A second App, `actions`, can post checks of its own.
    #[must_use]
    pub fn standard() -> Self {
        let app = App {
            id: 4242,
            slug: "holdpoint".to_owned(),
            name: "Holdpoint".to_owned(),
            owner: "acme".to_owned(),
            client_id: "Iv23liHoldpoint00001".to_owned(),
            webhook_secret: "the webhook secret of the stand-in GitHub".to_owned(),
            public_key: Vec::new(),
            permissions: permissions(),
            events: events(),
            created_at: START,
        };
        let other = App {
            id: 15_368,
            slug: "github-actions".to_owned(),
            name: "GitHub Actions".to_owned(),
            client_id: "Iv23liActions0000001".to_owned(),
            webhook_secret: String::new(),
            ..app.clone()
        };
        let mut world = Self::empty(app, START);
        world.add_app(other);
        world.add_org("acme");
        for (login, name) in [
            ("alice", "Alice"),
            ("bob", "Bob"),
            ("carol", "Carol"),
            ("dave", "Dave"),
            ("erin", "Erin"),
            ("mallory", "Mallory"),
        ] {
            world.add_user(login, name);
        }
        world.set_team("acme", "qa", &["bob"]);
        let files = [
            (CHECKLIST_PATH, CHECKLIST),
            ("README.md", "# Rocket\n\nIt goes up.\n"),
            ("src/engine.py", "def ignite():\n    return \"lift-off\"\n"),
        ];
        if let Ok(id) = world.create_repository("acme", "rocket", &files)
            && let Some(repo) = world.repos.get_mut(&id)
        {
            let roles = [
                ("alice", Role::Admin),
                ("erin", Role::Maintain),
                ("bob", Role::Write),
                ("carol", Role::Triage),
                ("dave", Role::Read),
            ];
            repo.roles = roles.into_iter().map(|(login, role)| (login.to_owned(), role)).collect();
            repo.description = "A rocket that is released with care".to_owned();
            if let Some(tip) = repo.git.branches.get("main").cloned() {
                repo.git.branches.insert("production".to_owned(), tip);
            }
        }
        let _ = world.install("acme", None, "alice");
        world
    }
}
