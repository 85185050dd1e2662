//! The App as GitHub has it: who it is, what it may, where its deliveries go, and who installed it.

use super::findings::{Findings, Level, Pages};
use crate::github::app_settings::{Attempt, Registration};
use crate::github::webhook::HANDLED_EVENTS;
use crate::github::{App, Error};
use crate::message::count;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// GitHub takes a JWT whose times are about right.
const MOST_SKEW: i64 = 30;
/// So many attempts to deliver are looked at.
const ATTEMPTS: usize = 20;

/// Every permission of `app.yml`, how bad it is to lack it, and what does not work then.
const PERMISSIONS: &[(&str, &str, Level, &str)] = &[
    ("metadata", "read", Level::Error, "Holdpoint cannot read roles, so no tick counts"),
    ("contents", "read", Level::Error, "checklists and the configuration cannot be read, and tags are not heard of"),
    ("checks", "write", Level::Error, "no check can be posted, so nothing is reviewed and nothing waits"),
    ("issues", "write", Level::Error, "no release issue can be opened, and no tick is heard of"),
    ("pull_requests", "write", Level::Error, "pull requests are not heard of, and cannot be commented on"),
    ("merge_queues", "read", Level::Warning, "a merge queue would wait for a check that never comes"),
    ("statuses", "write", Level::Error, "a ruleset does not offer the App as the source of a required check"),
    (
        "members",
        "read",
        Level::Warning,
        "Holdpoint cannot see who is in a team, so ticks that a team must make do not count",
    ),
    ("deployments", "write", Level::Warning, "no item can wait for a deployment, and none that waits is let through"),
    ("actions", "read", Level::Warning, "GitHub does not offer the App as a deployment protection rule"),
];

/// Every event of `app.yml` in the same way.
const EVENTS: &[(&str, Level, &str)] = &[
    ("pull_request", Level::Error, "changes of checklists are not shown, and pull requests get no check"),
    ("push", Level::Error, "tags open no release, and a changed configuration is seen an hour late"),
    ("create", Level::Warning, "some tags are seen an hour late"),
    ("release", Level::Warning, "a published release opens no issue"),
    ("issues", Level::Error, "ticks are seen an hour late, and not by whom"),
    ("issue_comment", Level::Error, "commands in comments are not heard"),
    (
        "check_run",
        Level::Warning,
        "\"Re-run\" on a check does nothing, and items that wait for a check are looked at an hour late",
    ),
    ("check_suite", Level::Warning, "\"Re-run all checks\" does nothing"),
    ("status", Level::Warning, "items that wait for a commit status are looked at an hour late"),
    ("merge_group", Level::Warning, "a merge queue would wait for a check that never comes"),
    ("repository", Level::Warning, "a renamed repository is known by its old name for a while"),
    ("deployment_status", Level::Warning, "the end of a deployment is not heard of"),
    ("deployment_protection_rule", Level::Warning, "deployments cannot wait for a checklist"),
];

/// Where the App's owner changes it.
pub(super) fn settings_page(app: &Registration, github: &str) -> String {
    match (app.of_organization, app.owner.as_str()) {
        (true, owner) => format!("{github}/organizations/{owner}/settings/apps/{}", app.slug),
        (false, _) => format!("{github}/settings/apps/{}", app.slug),
    }
}

/// Asks GitHub who we are.
pub(super) async fn authenticate(app: &App, settings: &Settings, findings: &mut Findings) -> Option<Registration> {
    const ABOUT: &str = "github";
    let said = app.authenticate().await;
    let skewed = said.clock_ahead.filter(|ahead| ahead.abs() > MOST_SKEW);
    if let Some(ahead) = skewed {
        let way = if ahead > 0 { "behind" } else { "ahead of" };
        findings.error(
            ABOUT,
            format!(
                "this machine's clock is {} {way} GitHub's",
                count(usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX), "second")
            ),
            "Set the clock, with NTP for example. GitHub refuses credentials whose time is wrong.",
        );
    }
    match said.registration {
        Ok(found) => {
            let owner = if found.owner.is_empty() { "an enterprise" } else { &found.owner };
            findings.ok(ABOUT, format!("{} knows the App \"{}\" of {owner}", settings.github_api_url, found.name));
            Some(found)
        }
        Err(error) => {
            match &error {
                Error::Unauthorized { message } => findings.error(
                    ABOUT,
                    format!("GitHub does not accept the App's id and key: {message}"),
                    if skewed.is_some() {
                        "Correct the clock first. If it stays, compare HOLDPOINT_GITHUB_APP_ID with the App's settings page."
                    } else {
                        "Compare HOLDPOINT_GITHUB_APP_ID with the App's settings page. The key must be one of those under \
                         \"Private keys\" there; a deleted one does not work any more."
                    },
                ),
                Error::NotFound => findings.error(
                    ABOUT,
                    format!("there is no such App at {}", settings.github_api_url),
                    "Compare HOLDPOINT_GITHUB_APP_ID with the App's settings page, and HOLDPOINT_GITHUB_API_URL with where \
                     the App is registered (https://HOST/api/v3 on Enterprise Server).",
                ),
                other @ (Error::Gone { .. }
                | Error::Forbidden { .. }
                | Error::Validation { .. }
                | Error::RateLimited { .. }
                | Error::Redirected { .. }
                | Error::Elsewhere { .. }
                | Error::Status { .. }
                | Error::Transport { .. }
                | Error::Incomplete { .. }
                | Error::Decode { .. }) => findings.failed(ABOUT, &format!("reach {}", settings.github_api_url), other),
            }
            findings.warning(
                ABOUT,
                "permissions, events, webhook, installations and repositories were not looked at",
                "Fix what is listed above, and run this again.",
            );
            None
        }
    }
}

fn rank(level: &str) -> u8 {
    match level {
        "read" => 1,
        "write" => 2,
        "admin" => 3,
        _ => 0,
    }
}

/// Whether what is given is at least what is wanted.
fn enough(given: &BTreeMap<String, String>, name: &str, wanted: &str) -> bool {
    given.get(name).is_some_and(|level| rank(level) >= rank(wanted))
}

/// Permissions and events that the App has, against those that it needs.
pub(super) fn grants(app: &Registration, pages: &Pages, findings: &mut Findings) {
    let page = format!("{}/permissions", pages.settings);
    let before = findings.list.len();
    for (name, wanted, level, what) in PERMISSIONS {
        if enough(&app.permissions, name, wanted) {
            continue;
        }
        let has = app.permissions.get(*name).map_or("is missing".to_owned(), |has| format!("is only `{has}`"));
        let hint =
            format!("Set it to `{wanted}` on {page}. Then the owner of every installation must agree to the change.");
        findings.add("permissions", *level, format!("`{name}` {has}: {what}"), Some(hint));
    }
    if findings.list.len() == before {
        findings.ok("permissions", format!("the App has all {} that it needs", PERMISSIONS.len()));
    }
    let before = findings.list.len();
    for (name, level, what) in EVENTS {
        if !app.events.iter().any(|event| event == name) {
            let hint = format!("Tick it under \"Subscribe to events\" on {page}.");
            findings.add("events", *level, format!("`{name}` is not subscribed to: {what}"), Some(hint));
        }
    }
    if findings.list.len() == before {
        findings.ok("events", format!("the App subscribed to all {} that it needs", EVENTS.len()));
    }
    let more = app.events.iter().filter(|event| !HANDLED_EVENTS.contains(&event.as_str())).cloned();
    let more: Vec<String> = more.collect();
    if !more.is_empty() {
        let hint = format!("They are not used. You may take them away on {page}.");
        findings.warning("events", format!("the App also subscribed to {}", more.join(", ")), hint);
    }
}

/// Where deliveries go, and how the last ones ended.
pub(super) async fn webhook(app: &App, public_url: Option<&str>, pages: &Pages, findings: &mut Findings) {
    const ABOUT: &str = "webhook";
    let page = &pages.settings;
    match app.hook_config().await {
        Err(error) => findings.failed(ABOUT, "read the settings of the webhook", &error),
        Ok(config) => {
            match config.url.as_deref().filter(|url| !url.is_empty()) {
                None => findings.error(
                    ABOUT,
                    "the App has no webhook URL, so GitHub tells it nothing",
                    format!("Enter https://YOUR-SERVER/webhook under \"Webhook URL\" on {page}, and tick \"Active\"."),
                ),
                Some(url) => hook_url(url, public_url, page, findings),
            }
            if !config.has_secret() {
                findings.error(
                    ABOUT,
                    "GitHub has no webhook secret: deliveries are not signed, and every one is refused",
                    format!("Enter the value of HOLDPOINT_WEBHOOK_SECRET under \"Webhook secret\" on {page}."),
                );
            }
            if config.content_type.as_deref() != Some("json") {
                let sent = config.content_type.as_deref().unwrap_or("form");
                findings.error(
                    ABOUT,
                    format!("deliveries are sent as `{sent}`, which is not read"),
                    "Call `PATCH /app/hook/config` with {\"content_type\": \"json\"}, as the App, with its JWT.",
                );
            }
            if !config.verifies_certificate() {
                findings.warning(
                    ABOUT,
                    "GitHub does not look at the server's certificate: somebody in between could read deliveries",
                    format!("Choose \"Enable SSL verification\" on {page}."),
                );
            }
        }
    }
    match app.attempts(ATTEMPTS).await {
        Err(error) => findings.failed(ABOUT, "read the last deliveries", &error),
        Ok(attempts) => deliveries(&attempts, page, findings),
    }
}

fn hook_url(url: &str, public_url: Option<&str>, page: &str, findings: &mut Findings) {
    const ABOUT: &str = "webhook";
    let before = findings.list.len();
    if !url.starts_with("https://") {
        let hint = format!("Put the server behind HTTPS, and change \"Webhook URL\" on {page}.");
        findings.error(ABOUT, format!("the webhook URL {url} is not encrypted"), hint);
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if !path.ends_with("/webhook") {
        let hint = format!("Change \"Webhook URL\" on {page} to https://YOUR-SERVER/webhook.");
        findings.error(
            ABOUT,
            format!("the webhook URL {url} does not end in /webhook, where deliveries are taken"),
            hint,
        );
    } else if let Some(wanted) = public_url.map(|base| format!("{base}/webhook"))
        && !wanted.eq_ignore_ascii_case(url)
    {
        findings.error(
            ABOUT,
            format!("the webhook URL is {url}, and by HOLDPOINT_PUBLIC_URL it is {wanted}"),
            format!("Change \"Webhook URL\" on {page}, or HOLDPOINT_PUBLIC_URL, whichever is out of date."),
        );
    }
    if findings.list.len() == before {
        findings.ok(ABOUT, format!("deliveries go to {url}"));
    }
}

/// Sums up attempts, newest first. What went through at a later attempt is no failure.
fn deliveries(attempts: &[Attempt], page: &str, findings: &mut Findings) {
    const ABOUT: &str = "webhook";
    let mut seen = BTreeSet::new();
    let newest: Vec<&Attempt> = attempts.iter().filter(|attempt| seen.insert(&attempt.guid)).collect();
    let failed: Vec<&&Attempt> = newest.iter().filter(|a| !(200..300).contains(&a.status_code)).collect();
    let (Some(last), Some(newest_failure)) = (newest.first(), failed.first()) else {
        match newest.len() {
            0 => findings.ok(ABOUT, "nothing was delivered in the last days"),
            1 => findings.ok(ABOUT, "the last delivery arrived"),
            n => findings.ok(ABOUT, format!("the last {n} deliveries arrived")),
        }
        return;
    };
    let mut codes: BTreeMap<u16, usize> = BTreeMap::new();
    for attempt in &failed {
        *codes.entry(attempt.status_code).or_default() += 1;
    }
    let code = |code: u16| if code == 0 { "no answer".to_owned() } else { code.to_string() };
    let codes: Vec<String> = match codes.len() {
        1 => codes.keys().map(|c| code(*c)).collect(),
        _ => codes.iter().map(|(c, n)| format!("{} ({n})", code(*c))).collect(),
    };
    let message = format!(
        "{} of the last {} failed: {}; the newest at {}",
        failed.len(),
        newest.len(),
        codes.join(", "),
        newest_failure.delivered_at
    );
    let cause = match newest_failure.status_code {
        401 => "401 says that the secrets differ: compare HOLDPOINT_WEBHOOK_SECRET with \"Webhook secret\"".to_owned(),
        403 => "403 says that the delivery was meant for another App: compare HOLDPOINT_GITHUB_APP_ID".to_owned(),
        404 | 405 => "the server has nothing at that path: the webhook URL must end in /webhook".to_owned(),
        503 => "503 says that the delivery could not be stored: look at the server's log and disk".to_owned(),
        0 => "GitHub did not reach the server, or waited for longer than 10 seconds".to_owned(),
        other => format!("{other} comes from the server or from a proxy before it: is the server up?"),
    };
    let hint = format!("{cause}. What failed is listed on {page}/advanced, and Holdpoint requests it again by itself.");
    let level = if (200..300).contains(&last.status_code) { Level::Warning } else { Level::Error };
    findings.add(ABOUT, level, message, Some(hint));
}

/// Who installed the App, and whether they agreed to all that it asks for.
pub(super) async fn installations(app: &App, registration: &Registration, pages: &Pages, findings: &mut Findings) {
    const ABOUT: &str = "installations";
    let (all, complete) = match app.installed().await {
        Ok(found) => found,
        Err(error) => return findings.failed(ABOUT, "list the installations", &error),
    };
    if all.is_empty() {
        let hint = format!("Open {}/installations, and install it where your repositories are.", pages.settings);
        return findings.error(ABOUT, "the App is installed nowhere", hint);
    }
    let more = if complete { "" } else { " or more" };
    findings.ok(ABOUT, format!("the App is installed on {}{more}", count(all.len(), "account")));
    for installation in &all {
        let account = &installation.account;
        if installation.suspended {
            findings.warning(
                ABOUT,
                format!("{account} suspended it: nothing happens there"),
                format!("An owner of {account} ends that on {}, under \"Danger zone\".", installation.page),
            );
        }
        let behind = registration.permissions.iter().filter(|(n, l)| !enough(&installation.permissions, n, l));
        let behind: Vec<String> = behind.map(|(name, level)| format!("{name}: {level}")).collect();
        if !behind.is_empty() {
            findings.warning(
                ABOUT,
                format!("{account} has not accepted all permissions that the App requests: {}", behind.join(", ")),
                format!("An owner of {account} accepts it on {}, under \"Review request\".", installation.page),
            );
        }
    }
}
