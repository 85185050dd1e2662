//! `holdpoint doctor`: silent about what is right, and each thing that is wrong is named with what mends it.

use super::{CHECKLIST, Folder, GATED, ROCKET, key};
use holdpoint::sandbox::hooks::{Delivery, Outcome};
use holdpoint::sandbox::{Fault, Options, Sandbox, World};
use std::process::Command;
use std::sync::Arc;

const CONFIGURATION: &str = ".github/holdpoint.yml";
const CHECK: &str = "holdpoint/release";

/// What the command said.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A GitHub where everything is right, and an empty folder to run in.
struct Ward {
    github: Sandbox,
    folder: Folder,
}

impl Ward {
    async fn start() -> Self {
        let options = Options { key: Some(key()), ..Options::default() };
        let github = Sandbox::start_with(World::standard(), options).await.unwrap();
        github.set_hook_url("https://holdpoint.example/webhook");
        {
            let mut world = github.world();
            let app = world.app_id;
            world.commit_to(ROCKET, "main", "alice", "Gate production", &[(CONFIGURATION, Some(GATED))]).unwrap();
            world.set_ruleset(ROCKET, "production", &[(CHECK, Some(app))]).unwrap();
            world.hooks.pending.clear();
            world.hooks.log.clear();
        }
        Self { github, folder: Folder::new() }
    }

    /// Runs `doctor` with the settings that are right, and those of `env` in their place; an empty value takes one away.
    async fn doctor(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
        command.arg("doctor").args(args).current_dir(&self.folder.0);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HOLDPOINT_")) {
            command.env_remove(name);
        }
        command
            .env_remove("DATABASE_URL")
            .env("HOLDPOINT_GITHUB_APP_ID", self.github.app_id().to_string())
            .env("HOLDPOINT_GITHUB_PRIVATE_KEY", self.github.private_key_pem())
            .env("HOLDPOINT_WEBHOOK_SECRET", self.github.webhook_secret())
            .env("HOLDPOINT_GITHUB_API_URL", self.github.url())
            .env("HOLDPOINT_PUBLIC_URL", "https://holdpoint.example");
        for (name, value) in env {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        Ran {
            code: ran.status.code().unwrap(),
            out: String::from_utf8(ran.stdout).unwrap(),
            err: String::from_utf8(ran.stderr).unwrap(),
        }
    }
}

/// The lines that are not `ok`, hints included.
fn complaints(out: &str) -> Vec<&str> {
    out.lines().filter(|line| !line.starts_with("ok ")).collect()
}

fn app(world: &mut World) -> &mut holdpoint::sandbox::world::App {
    let id = world.app_id;
    world.apps.get_mut(&id).unwrap()
}

/// Puts an attempt to deliver into the log; later ones are newer.
fn attempt(world: &mut World, id: u64, guid: &str, code: u16) {
    let outcome = Outcome { code, status: code.to_string(), duration: 0.1, response: String::new() };
    let delivery = Delivery {
        id,
        guid: guid.to_owned(),
        event: "push".to_owned(),
        action: None,
        installation: None,
        repository: None,
        body: Arc::from("{}"),
        at: 1_772_442_000,
        redelivery: false,
        outcome: Some(outcome),
    };
    world.hooks.log.insert(id, delivery);
}

fn configure(world: &mut World, text: &str) {
    world.commit_to(ROCKET, "main", "alice", "A change", &[(CONFIGURATION, Some(text))]).unwrap();
}

#[tokio::test]
async fn where_everything_is_right_it_says_so_and_changes_nothing() {
    let ward = Ward::start().await;
    let ran = ward.doctor(&[ROCKET], &[]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(complaints(&ran.out), ["All is well."], "{}", ran.out);
    for said in [
        "settings: the App's id is 4242",
        "settings: there is no database at holdpoint.db yet; `holdpoint serve` makes it",
        "knows the App \"Holdpoint\" of acme",
        "webhook: deliveries go to https://holdpoint.example/webhook",
        "installations: the App is installed on 1 account",
        "acme/rocket: the checklist `release` is .github/release-checklist.md",
        "acme/rocket: `production` waits for holdpoint/release, and takes it from Holdpoint alone",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    assert_eq!(std::fs::read_dir(&ward.folder.0).unwrap().count(), 0, "nothing is written here");
    let calls = ward.github.exchanges();
    let writes: Vec<_> = calls.iter().filter(|c| c.method != "GET" && !c.path.ends_with("/access_tokens")).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert!(calls.len() <= 16, "{} calls", calls.len());
    assert_eq!(ward.github.violations(), Vec::<String>::new());
    ward.github.write_exchanges().unwrap();
}

#[tokio::test]
async fn each_setting_that_is_wrong_is_named() {
    let ward = Ward::start().await;
    let cases: &[(&str, &str, i32, &str, &str)] = &[
        ("HOLDPOINT_GITHUB_APP_ID", "", 1, "error    settings: HOLDPOINT_GITHUB_APP_ID is not set", "App ID"),
        ("HOLDPOINT_GITHUB_APP_ID", "17", 1, "error    github: GitHub does not accept the App's id and key", "Compare"),
        ("HOLDPOINT_GITHUB_PRIVATE_KEY", "", 1, "error    settings: HOLDPOINT_GITHUB_PRIVATE_KEY is not set", ".pem"),
        ("HOLDPOINT_GITHUB_PRIVATE_KEY", "/nowhere.pem", 1, "as the path of a file it cannot be read", ".pem"),
        (
            "HOLDPOINT_GITHUB_PRIVATE_KEY",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            1,
            "RSA private key",
            ".pem",
        ),
        ("HOLDPOINT_WEBHOOK_SECRET", "", 1, "error    settings: HOLDPOINT_WEBHOOK_SECRET is not set", "openssl rand"),
        ("HOLDPOINT_WEBHOOK_SECRET", "short", 1, "error    settings: the webhook secret has 5 characters", "openssl"),
        ("HOLDPOINT_WEBHOOK_SECRET", "twenty-four characters..", 1, "and `holdpoint serve` refuses it", "openssl"),
        ("HOLDPOINT_WEBHOOK_SECRET", "abababababababababababababababababab", 1, "can be guessed", "openssl"),
        (
            "HOLDPOINT_DATABASE_URL",
            "mysql://x",
            1,
            "error    settings: HOLDPOINT_DATABASE_URL has an unknown",
            "sqlite:",
        ),
        ("HOLDPOINT_DATABASE_URL", "sqlite:///", 1, "error    settings:", "HOLDPOINT_DATABASE_URL"),
        (
            "HOLDPOINT_PUBLIC_URL",
            "https://other.example",
            1,
            "by HOLDPOINT_PUBLIC_URL it is https://other",
            "out of date",
        ),
        (
            "HOLDPOINT_GITHUB_API_URL",
            "http://127.0.0.1:9",
            1,
            "error    github: cannot reach http://127.0.0.1:9",
            "DNS",
        ),
    ];
    for (name, value, code, said, hint) in cases {
        let ran = ward.doctor(&[ROCKET], &[(name, value)]).await;
        let complaints = complaints(&ran.out).join("\n");
        assert_eq!((ran.code, ran.err.as_str()), (*code, ""), "{name}={value}: {ran:?}");
        assert!(complaints.contains(said) && complaints.contains(hint), "{name}={value}\n{complaints}");
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_at_github_is_named() {
    type Break = fn(&mut World);
    let cases: &[(Break, i32, &str, &str)] = &[
        (|w| w.knobs.clock_ahead = 90, 1, "error    github: this machine's clock is 9", "NTP"),
        (|w| w.knobs.clock_ahead = -7200, 1, "seconds ahead of GitHub's", "Correct the clock first"),
        (|w| w.hooks.url = None, 1, "the App has no webhook URL", "https://YOUR-SERVER/webhook"),
        (|w| w.hooks.url = Some("http://holdpoint.example/webhook".into()), 1, "is not encrypted", "HTTPS"),
        (|w| w.hooks.url = Some("https://holdpoint.example/".into()), 1, "does not end in /webhook", "Webhook URL"),
        (|w| w.hooks.form = true, 1, "deliveries are sent as `form`", "content_type"),
        (|w| w.hooks.insecure_ssl = true, 0, "does not look at the server's certificate", "SSL verification"),
        (|w| app(w).webhook_secret.clear(), 1, "GitHub has no webhook secret", "HOLDPOINT_WEBHOOK_SECRET"),
        (
            |w| {
                let codes = [200, 502, 502, 0, 200];
                codes.iter().enumerate().for_each(|(n, code)| attempt(w, n as u64, &format!("g{n}"), *code));
            },
            0,
            "warning  webhook: 3 of the last 5 failed: no answer (1), 502 (2); the newest at 2026-03-02T09:00:00Z",
            "/settings/apps/holdpoint/advanced",
        ),
        (|w| attempt(w, 1, "g", 401), 1, "error    webhook: 1 of the last 1 failed: 401", "the secrets differ"),
        (|w| w.installations.clear(), 1, "the App is installed nowhere", "/settings/apps/holdpoint/installations"),
        (
            |w| {
                w.installations.values_mut().next().unwrap().permissions.insert("checks".into(), "read".into());
            },
            0,
            "warning  installations: acme has not accepted all permissions that the App requests: checks: write",
            "Review request",
        ),
        (
            |w| w.installations.values_mut().next().unwrap().suspended_at = Some(1),
            1,
            "warning  installations: acme suspended it",
            "Danger zone",
        ),
        (|w| app(w).events.push("star".into()), 0, "the App also subscribed to star", "not used"),
    ];
    for (wrong, code, said, hint) in cases {
        let ward = Ward::start().await;
        wrong(&mut ward.github.world());
        let ran = ward.doctor(&[ROCKET], &[]).await;
        let complaints = complaints(&ran.out).join("\n");
        assert_eq!((ran.code, ran.err.as_str()), (*code, ""), "{said}: {ran:?}");
        assert!(complaints.contains(said) && complaints.contains(hint), "{said}, {hint}\n{complaints}");
    }
}

#[tokio::test]
async fn a_delivery_that_arrived_at_last_is_no_failure() {
    let ward = Ward::start().await;
    attempt(&mut ward.github.world(), 1, "same", 502);
    attempt(&mut ward.github.world(), 2, "same", 202);
    let ran = ward.doctor(&[], &[]).await;
    assert_eq!((ran.code, complaints(&ran.out)), (0, vec!["All is well."]), "{}", ran.out);
    assert!(ran.out.contains("webhook: the last delivery arrived"), "{}", ran.out);
}

#[tokio::test]
async fn every_permission_and_event_of_the_manifest_is_missed() {
    let ward = Ward::start().await;
    let (permissions, events) = {
        let mut world = ward.github.world();
        let app = app(&mut world);
        (std::mem::take(&mut app.permissions), std::mem::take(&mut app.events))
    };
    let ran = ward.doctor(&[], &[]).await;
    assert_eq!(ran.code, 1, "{}", ran.out);
    let about = |what: &str| ran.out.lines().filter(|line| line.contains(what)).count();
    assert_eq!((about(" permissions: `"), about(" events: `")), (permissions.len(), events.len()), "{}", ran.out);
    for (name, level) in &permissions {
        assert!(ran.out.contains(&format!(" permissions: `{name}` is missing: ")), "{name}\n{}", ran.out);
        let asked = ran.out.lines().skip_while(|line| !line.contains(&format!("`{name}` is missing"))).nth(1).unwrap();
        let page = format!("Set it to `{level}` on https://github.com/organizations/acme/settings/apps/holdpoint/perm");
        assert!(asked.contains(&page), "{name}: {asked}");
    }
    for name in &events {
        assert!(ran.out.contains(&format!(" events: `{name}` is not subscribed to: ")), "{name}\n{}", ran.out);
    }
    // Too little is told apart from nothing, and more than is asked for is enough.
    let mut less = permissions.clone();
    less.insert("checks".to_owned(), "read".to_owned());
    less.insert("contents".to_owned(), "write".to_owned());
    {
        let mut world = ward.github.world();
        let app = app(&mut world);
        (app.permissions, app.events) = (less, events);
    }
    let ran = ward.doctor(&[], &[]).await;
    let errors: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("error")).collect();
    let only = "error    permissions: `checks` is only `read`: no check can be posted, so nothing is reviewed and nothing waits";
    assert_eq!((ran.code, errors), (1, vec![only]), "{}", ran.out);
}

#[tokio::test]
async fn each_thing_that_is_wrong_in_a_repository_is_named() {
    type Break = fn(&mut World);
    let cases: &[(Break, i32, &str, &str)] = &[
        (
            |w| w.set_ruleset(ROCKET, "production", &[(CHECK, None)]).unwrap(),
            0,
            "warning  acme/rocket: `production` waits for holdpoint/release from any source",
            "https://github.com/acme/rocket/settings/rules",
        ),
        (
            |w| w.set_protection(ROCKET, "production", &[(CHECK, None)]).unwrap(),
            0,
            "warning  acme/rocket: `production` waits for holdpoint/release from any source",
            "https://github.com/acme/rocket/settings/branches",
        ),
        (
            |w| {
                w.set_protection(ROCKET, "production", &[(CHECK, None)]).unwrap();
                w.knobs.hide_protection = true;
            },
            0,
            "warning  acme/rocket: `production` is protected, and the App may not see whether holdpoint/release is required",
            "https://github.com/acme/rocket/settings/branches",
        ),
        (
            |w| w.set_ruleset(ROCKET, "production", &[(CHECK, Some(15_368))]).unwrap(),
            1,
            "error    acme/rocket: `production` waits for holdpoint/release from another App (id 15368)",
            "Its id is 4242",
        ),
        (
            |w| w.set_ruleset(ROCKET, "production", &[("build", None)]).unwrap(),
            1,
            "error    acme/rocket: holdpoint/release is not required on `production`: nothing waits",
            "https://github.com/acme/rocket/settings/rules",
        ),
        (
            |w| w.repo_mut(ROCKET).unwrap().protection.clear(),
            1,
            "error    acme/rocket: holdpoint/release is not required on `production`: nothing waits",
            "docs/gate.md",
        ),
        (
            |w| configure(w, &GATED.replace("production", "nowhere")),
            1,
            "error    acme/rocket: the gated branch `nowhere` does not exist",
            "gate.branches",
        ),
        (
            |w| configure(w, &GATED.replace("production", "\"stable/*\"")),
            0,
            "warning  acme/rocket: no branch matches `stable/*` now",
            "gate.branches",
        ),
        (
            |w| configure(w, &GATED.replace("production", "\"prod*\"").replace("release", "other")),
            1,
            "error    acme/rocket: holdpoint/other is not required on `production`",
            "settings/rules",
        ),
        (|w| configure(w, "checklist: {}\n"), 1, "error    acme/rocket: .github/holdpoint.yml:1:1: ", "lint"),
        (
            |w| configure(w, &format!("{GATED}    template: gone.md\n")),
            1,
            "error    acme/rocket: the checklist `release` is to be read from gone.md, which is not there",
            "template",
        ),
        (
            |w| drop(w.commit_to(ROCKET, "main", "alice", "Away", &[(CHECKLIST, None)]).unwrap()),
            0,
            "warning  acme/rocket: the checklist `release` has no file yet",
            ".github/release-checklist.md",
        ),
        (|w| w.repo_mut(ROCKET).unwrap().has_issues = false, 1, "issues are switched off", "/acme/rocket/settings"),
        (|w| w.repo_mut(ROCKET).unwrap().archived = true, 0, "the repository is archived", "Unarchive"),
        (
            |w| {
                let id = *w.installations.keys().next().unwrap();
                w.remove_from_installation(id, ROCKET, "alice").unwrap();
            },
            1,
            "error    acme/rocket: the App is not installed here",
            "/apps/holdpoint/installations/new, or add",
        ),
    ];
    for (wrong, code, said, hint) in cases {
        let ward = Ward::start().await;
        {
            let mut world = ward.github.world();
            wrong(&mut world);
            world.hooks.pending.clear();
        }
        let ran = ward.doctor(&[ROCKET], &[]).await;
        let complaints = complaints(&ran.out).join("\n");
        assert_eq!((ran.code, ran.err.as_str()), (*code, ""), "{said}: {ran:?}");
        assert!(complaints.contains(said) && complaints.contains(hint), "{said}, {hint}\n{complaints}");
        assert_eq!(ward.github.violations(), Vec::<String>::new(), "{said}");
        ward.github.write_exchanges().unwrap();
    }
}

#[tokio::test]
async fn one_check_that_cannot_be_made_does_not_stop_the_others() {
    let ward = Ward::start().await;
    for path in ["/app/hook/config", "/app/hook/deliveries", "/app/installations", "/repos/acme/rocket/rules/branches"]
    {
        ward.github.fail_next("GET", path, Fault::Status(502), 1);
    }
    let ran = ward.doctor(&[ROCKET, "acme/nowhere"], &[]).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    let errors: Vec<&str> = ran.out.lines().filter_map(|line| line.strip_prefix("error    ")).collect();
    assert_eq!(
        errors,
        [
            "webhook: cannot read the settings of the webhook: GitHub answers 502: Bad Gateway",
            "webhook: cannot read the last deliveries: GitHub answers 502: Bad Gateway",
            "installations: cannot list the installations: GitHub answers 502: Bad Gateway",
            "acme/rocket: cannot read what `production` asks for: GitHub answers 502: Bad Gateway",
            "acme/nowhere: the App is not installed here, or there is no such repository",
        ],
        "{}",
        ran.out
    );
    assert_eq!(ward.github.faults_left(), 0);
}

#[tokio::test]
async fn programs_get_every_finding_and_no_secret_is_shown() {
    let ward = Ward::start().await;
    ward.github.world().set_ruleset(ROCKET, "production", &[(CHECK, None)]).unwrap();
    let ran = ward.doctor(&[ROCKET, "--format", "json"], &[]).await;
    let findings: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    let bad: Vec<_> = findings.iter().filter(|f| f["level"] != "ok").collect();
    assert_eq!((ran.code, bad.len()), (0, 1), "{}", ran.out);
    assert_eq!((bad[0]["about"].as_str(), bad[0]["level"].as_str()), (Some(ROCKET), Some("warning")));
    assert!(bad[0]["hint"].as_str().unwrap().contains("instead of \"any source\""));
    assert!(!ran.out.contains(&ward.github.webhook_secret()) && !ran.out.contains("PRIVATE KEY-"), "{}", ran.out);
}

#[tokio::test]
async fn all_looks_at_every_repository_of_the_database_and_needs_one() {
    let ward = Ward::start().await;
    let ran = ward.doctor(&["--all"], &[]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--all needs the server's database"), "{ran:?}");
    let app = super::App::gated().await;
    let database = format!("sqlite://{}", app.folder.0.join("holdpoint.db").display());
    let ran = ward.doctor(&["--all"], &[("HOLDPOINT_DATABASE_URL", &database)]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("is readable and up to date"), "{}", ran.out);
    assert!(ran.out.contains("acme/rocket: `production` waits for holdpoint/release"), "{}", ran.out);
    app.finish().await;
    let ran = ward.doctor(&["not-a-repository"], &[]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[tokio::test]
async fn an_environment_that_does_not_ask_us_and_one_that_is_not_there_are_named() {
    let ward = Ward::start().await;
    let gated = "gate: { branches: [production], environments: [Production, staging, \"eu-*\"] }";
    configure(&mut ward.github.world(), &format!("checklists:\n  release:\n    {gated}\n"));
    for (name, rule) in [("production", true), ("staging", false)] {
        ward.github.world().set_environment(ROCKET, name, rule).unwrap();
    }
    let ran = ward.doctor(&[ROCKET], &[]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for said in [
        "ok       acme/rocket: deployments to `production` ask Holdpoint first",
        "error    acme/rocket: deployments to `staging` do not ask Holdpoint: nothing waits",
        "/acme/rocket/settings/environments, under \"Deployment protection rules\" of `staging`",
        "warning  acme/rocket: no environment is called `eu-*`",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    assert_eq!(ward.github.violations(), Vec::<String>::new());
    ward.github.write_exchanges().unwrap();
}
