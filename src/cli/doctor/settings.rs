//! The operator's settings and the database, as far as this machine can tell.

use super::findings::Findings;
use crate::github;
use crate::settings::{MIN_SECRET_CHARS, Settings};
use crate::store::Archive;
use std::fs::OpenOptions;
use std::path::Path;

const ABOUT: &str = "settings";

/// What the settings are good for.
pub(super) struct LocalChecks {
    pub(super) app: Option<github::App>,
    pub(super) archive: Option<Archive>,
    /// What was said of the database.
    pub(super) database: String,
}

pub(super) fn look(settings: &Settings, findings: &mut Findings) -> LocalChecks {
    let app = credentials(settings, findings);
    secret(settings, findings);
    let (archive, database) = database(settings, findings);
    match &settings.public_url {
        Some(url) if url.starts_with("https://") => findings.ok(ABOUT, format!("this server is reached at {url}")),
        Some(url) => findings.warning(
            ABOUT,
            format!("HOLDPOINT_PUBLIC_URL is {url}, which is not encrypted"),
            "Put the server behind HTTPS, and write the address with https://.",
        ),
        None => {}
    }
    LocalChecks { app, archive, database }
}

fn credentials(settings: &Settings, findings: &mut Findings) -> Option<github::App> {
    const ID: &str = "It is the number beside \"App ID\" on the App's settings page: \
                      GitHub → Settings → Developer settings → GitHub Apps → your App.";
    const KEY: &str = "Give the .pem file that GitHub downloaded (its path, its text, or its base64). A lost key is made anew \
                       on the App's settings page, under \"Private keys\".";
    match settings.github_app_id {
        Some(id) => findings.ok(ABOUT, format!("the App's id is {id}")),
        None => findings.error(ABOUT, "HOLDPOINT_GITHUB_APP_ID is not set", ID),
    }
    if settings.github_private_key.is_none() {
        findings.error(ABOUT, "HOLDPOINT_GITHUB_PRIVATE_KEY is not set", KEY);
        return None;
    }
    if let Err(error) = github::ensure_way(settings) {
        let hint = "docs/operating.md says how under \"Behind a proxy, or with a private certificate authority\".";
        findings.error(ABOUT, format!("{error:#}"), hint);
        return None;
    }
    // The key is looked at even where the id is missing.
    let with_id = Settings { github_app_id: settings.github_app_id.or(Some(0)), ..settings.clone() };
    match github::App::new(&with_id) {
        Ok(app) => {
            findings.ok(ABOUT, "the private key is an RSA key");
            settings.github_app_id.map(|_| app)
        }
        Err(error) => {
            findings.error(ABOUT, format!("{error:#}"), KEY);
            None
        }
    }
}

fn secret(settings: &Settings, findings: &mut Findings) {
    const NEW: &str = "Make one with `openssl rand -hex 32`, and enter it here and on the App's settings page, under \
                       \"Webhook secret\".";
    match settings.webhook_secrets() {
        Err(error) => findings.error(ABOUT, format!("{error:#}"), NEW),
        Ok(secrets) => match secrets.iter().map(|secret| secret.expose().chars().count()).min() {
            Some(least) if least < MIN_SECRET_CHARS => findings.error(
                ABOUT,
                format!(
                    "the webhook secret has {least} characters, fewer than {MIN_SECRET_CHARS}: it can be guessed, and \
                     `holdpoint serve` refuses it"
                ),
                NEW,
            ),
            _ => match settings.ensure_strong_secrets() {
                Err(error) => findings.error(ABOUT, format!("{error:#}"), NEW),
                Ok(()) => findings.ok(ABOUT, "the webhook secret is set"),
            },
        },
    }
}

fn database(settings: &Settings, findings: &mut Findings) -> (Option<Archive>, String) {
    let path = match settings.database_path() {
        Ok(path) => path,
        Err(error) => {
            let said = format!("{error:#}");
            findings.error(ABOUT, said.clone(), "Set HOLDPOINT_DATABASE_URL to sqlite://PATH.");
            return (None, said);
        }
    };
    let shown = path.display();
    if !path.exists() {
        let said = format!("there is no database at {shown} yet");
        const FOLDER: &str =
            "Create the directory, mount the volume that it is on, or name another place with HOLDPOINT_DATABASE_URL.";
        const RIGHTS: &str = "Make the directory writable for the user of `holdpoint serve`, or name another place with \
                              HOLDPOINT_DATABASE_URL.";
        match writable_folder(&path) {
            Some(true) => findings.ok(ABOUT, format!("{said}; `holdpoint serve` makes it")),
            Some(false) => findings.error(ABOUT, format!("{said}, and its directory cannot be written to"), RIGHTS),
            None => findings.error(ABOUT, format!("{said}, and its directory does not exist"), FOLDER),
        }
        return (None, said);
    }
    // Opened and closed again: nothing is written.
    if let Err(error) = OpenOptions::new().write(true).open(&path) {
        let said = format!("the database {shown} cannot be written to: {error}");
        findings.error(ABOUT, said, "Give the file and its folder to the user of `holdpoint serve`.");
    }
    match Archive::open(&path) {
        Ok(archive) => {
            findings.ok(ABOUT, format!("the database {shown} is readable and up to date"));
            (Some(archive), String::new())
        }
        Err(error) => {
            let said = format!("{error:#}");
            findings.error(
                ABOUT,
                said.clone(),
                "HOLDPOINT_DATABASE_URL must name the file that `holdpoint serve` uses.",
            );
            (None, said)
        }
    }
}

/// Whether the directory of a file lets files be made in it, by its mode; `None` where it does not exist.
fn writable_folder(path: &Path) -> Option<bool> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = absolute.parent()?.metadata().ok().filter(std::fs::Metadata::is_dir)?;
    Some(!folder.permissions().readonly())
}
