//! Deliveries at the door: whether GitHub sent it, and where it goes. Nothing is read before the signature has been checked,
//! and then only the few fields that say which queue it belongs to.

use super::error::differs;
use crate::settings::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::Sha256;

/// The events that are worked off; any other is answered and forgotten. `app.yml` lists the same ones.
pub const HANDLED_EVENTS: &[&str] = &[
    "pull_request",
    "push",
    "create",
    "release",
    "issues",
    "issue_comment",
    "check_run",
    "check_suite",
    "status",
    "merge_group",
    "installation",
    "installation_repositories",
    "repository",
    "deployment_status",
    "deployment_protection_rule",
];

/// Whether `header` (`X-Hub-Signature-256`: `sha256=` and hexadecimal) is the HMAC-SHA256 of `body` under any of `secrets`.
/// The comparison takes the same time wherever the two differ.
#[must_use]
pub fn verify(secrets: &[Secret], body: &[u8], header: &str) -> bool {
    let mut check = Check::new(secrets);
    check.update(body);
    check.fits(header)
}

/// The header that GitHub would send with `body`: for a stand-in GitHub and for replays.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    let digest = mac(secret, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A signature that is checked while its body comes in.
#[derive(Clone, Debug)]
pub struct Check(Vec<Hmac<Sha256>>);

impl Check {
    /// One that knows these secrets.
    #[must_use]
    pub fn new(secrets: &[Secret]) -> Self {
        Self(secrets.iter().filter_map(|secret| mac(secret, &[])).collect())
    }

    /// Takes the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|mac| mac.update(bytes));
    }

    /// Whether the header fits what came, as [`verify`] says.
    #[must_use]
    pub fn fits(self, header: &str) -> bool {
        let Some(given) = header.strip_prefix("sha256=").and_then(unhex) else {
            return false;
        };
        // Every secret is tried, whichever fits.
        self.0.into_iter().filter(|mac| mac.clone().verify_slice(&given).is_ok()).count() > 0
    }
}

fn mac(secret: &Secret, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    mac.update(body);
    Some(mac)
}

/// 64 hexadecimal digits, in either case.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Where a delivery goes, read from its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The payload's `action`.
    pub action: Option<String>,
    /// The installation that it came through.
    pub installation: Option<u64>,
    /// Id and `owner/name` of the repository that it is about.
    pub repository: Option<(u64, String)>,
    /// At most one delivery of a lane is worked on at a time: a repository, else an installation.
    pub lane: String,
    /// Deliveries of one key in one lane are worked off in order, and together where they wait together.
    pub key: String,
}

/// A body that cannot be routed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no JSON object of the expected form.
    #[error("the body is not the JSON of a delivery: {0}")]
    Json(String),
}

#[derive(Deserialize)]
struct Routing {
    action: Option<String>,
    installation: Option<Id>,
    repository: Option<Repository>,
    pull_request: Option<Number>,
    issue: Option<Issue>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    ref_type: Option<String>,
    release: Option<Release>,
    check_run: Option<Head>,
    check_suite: Option<Head>,
    merge_group: Option<Head>,
    deployment: Option<Deployment>,
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
struct Number {
    number: u64,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    pull_request: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Release {
    tag_name: String,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    head_sha: String,
}

/// Reads where the delivery of `event` goes. A field that is missing makes the key coarser, never an error.
///
/// # Errors
/// Where the body is no JSON, or a routing field holds something else than GitHub puts there.
pub fn envelope(event: &str, body: &[u8]) -> Result<Envelope, EnvelopeError> {
    let read: Routing = serde_json::from_slice(body).map_err(|error| EnvelopeError::Json(differs(&error)))?;
    let lane = match (&read.repository, &read.installation) {
        (Some(repository), _) => repository.id.to_string(),
        (None, Some(installation)) => format!("installation/{}", installation.id),
        (None, None) => "none".to_owned(),
    };
    let key = key(event, &read).unwrap_or_else(|| event.to_owned());
    Ok(Envelope {
        action: read.action,
        installation: read.installation.map(|installation| installation.id),
        repository: read.repository.map(|repository| (repository.id, repository.full_name)),
        lane,
        key,
    })
}

/// What the keys of deliveries about a tag begin with; its name follows.
pub const TAG_KEY: &str = "ref/refs/tags/";

/// What the event is about: its deliveries wait for each other. A release, its tag's push and its tag's creation are one thing.
fn key(event: &str, read: &Routing) -> Option<String> {
    let tag = |name: &str| format!("{TAG_KEY}{name}");
    match event {
        "pull_request" => read.pull_request.as_ref().map(|pull| format!("pr/{}", pull.number)),
        "issues" | "issue_comment" => read.issue.as_ref().map(|issue| {
            let kind = if issue.pull_request.is_some() { "pr" } else { "issue" };
            format!("{kind}/{}", issue.number)
        }),
        "push" => read.git_ref.as_ref().map(|name| format!("ref/{name}")),
        "create" => read.git_ref.as_ref().map(|name| {
            if read.ref_type.as_deref() == Some("tag") { tag(name) } else { format!("ref/refs/heads/{name}") }
        }),
        "release" => read.release.as_ref().map(|release| tag(&release.tag_name)),
        "check_run" | "check_suite" | "merge_group" => read
            .check_run
            .as_ref()
            .or(read.check_suite.as_ref())
            .or(read.merge_group.as_ref())
            .map(|head| format!("sha/{}", head.head_sha)),
        "status" => read.sha.as_ref().map(|sha| format!("sha/{sha}")),
        // What is found about a commit is found together.
        "deployment_status" if read.deployment.as_ref().is_some_and(|d| d.sha.is_some()) => {
            read.deployment.as_ref()?.sha.as_ref().map(|sha| format!("sha/{sha}"))
        }
        "deployment_status" | "deployment_protection_rule" => {
            read.deployment.as_ref().map(|deployment| format!("deployment/{}", deployment.id))
        }
        "installation" | "installation_repositories" => {
            read.installation.as_ref().map(|installation| format!("installation/{}", installation.id))
        }
        "repository" => read.repository.as_ref().map(|repository| format!("repository/{}", repository.id)),
        _ => None,
    }
}
