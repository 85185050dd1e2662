//! The signed comment at the end of a release issue's body: from it, what was asked for can be read again from git even when
//! the database is lost, and a forged one is told from a true one.
//!
//! The form is versioned: `v1` is a release's one issue, `v2` one of several parts. A marker of an unknown version is never guessed at: whoever reads it fails closed.

use super::{Previous, Release};
use crate::ids::{Account, AccountId, RepositoryId, Sha};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const OPEN: &str = "<!-- holdpoint ";

/// Keys that sign and verify, derived from the App's secrets. The first signs, and all verify: a rotation loses nothing while the
/// replaced secret is still given.
#[derive(Clone)]
pub struct Keys(Vec<Vec<u8>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

impl Keys {
    /// Derives one key from each secret, so that a marker's signature tells nothing about a webhook's.
    #[must_use]
    pub fn derive<'s>(secrets: impl Iterator<Item = &'s [u8]>) -> Self {
        Self(
            secrets
                .filter_map(|s| mac(s, &[b"holdpoint release marker"]))
                .map(|m| m.finalize().into_bytes().to_vec())
                .collect(),
        )
    }

    fn sign(&self, payload: &str) -> String {
        let signed = self.0.first().and_then(|key| mac(key, &[payload.as_bytes()]));
        signed.map(|m| URL_SAFE_NO_PAD.encode(m.finalize().into_bytes())).unwrap_or_default()
    }

    fn verify(&self, payload: &str, signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        self.0.iter().any(|key| mac(key, &[payload.as_bytes()]).is_some_and(|m| m.verify_slice(&signature).is_ok()))
    }
}

/// What the comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The repository that the issue was opened in; a copy elsewhere is no release issue.
    pub repository: RepositoryId,
    /// The release.
    pub release: Release,
    /// The files whose items the issue holds, by path. Left out where there are too many to name.
    pub files: Vec<String>,
    /// Which part of how many it is, from 1; `None` where the release has one issue.
    pub part: Option<(usize, usize)>,
    /// The commit whose checklist was compared with the release's, where it says something else.
    pub reference: Option<Sha>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    repo: RepositoryId,
    list: String,
    key: String,
    label: String,
    tag: Option<String>,
    sha: String,
    prev: Option<(String, String)>,
    by: String,
    /// Lines from before numbers were kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_id: Option<AccountId>,
    on: String,
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<(usize, usize)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// What was found at the end of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkerStatus {
    /// A marker that we signed.
    Ours(Box<Marker>),
    /// Something that calls itself a marker, with a version that we do not know.
    UnknownVersion(String),
    /// A marker with a wrong signature or unreadable contents.
    Forged,
    /// Nothing.
    Nothing,
}

/// Writes the comment.
#[must_use]
pub fn write(marker: &Marker, keys: &Keys) -> String {
    let release = &marker.release;
    let wire = Wire {
        repo: marker.repository,
        list: release.checklist.clone(),
        key: release.key.to_string(),
        label: release.label.clone(),
        tag: release.tag.clone(),
        sha: release.commit.to_string(),
        prev: release.previous.as_ref().map(|p| (p.label.clone(), p.commit.to_string())),
        by: release.actor.login.clone(),
        by_id: release.actor.id,
        on: release.date.clone(),
        files: marker.files.clone(),
        part: marker.part,
        reference: marker.reference.as_ref().map(Sha::to_string),
    };
    // Whoever knows no parts must not take one of them for the whole.
    let version = if marker.part.is_some() { "v2" } else { "v1" };
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&wire).unwrap_or_default());
    let signature = keys.sign(&payload);
    format!("{OPEN}{version} {payload}.{signature} -->")
}

/// Reads the last marker of a body.
#[must_use]
pub fn read(body: &str, keys: &Keys) -> MarkerStatus {
    let Some(start) = body.rfind(OPEN) else { return MarkerStatus::Nothing };
    let rest = body.get(start + OPEN.len()..).unwrap_or_default();
    let Some((inside, _)) = rest.split_once("-->") else { return MarkerStatus::Forged };
    let Some((version, text)) = inside.trim().split_once(' ') else { return MarkerStatus::Forged };
    if !matches!(version, "v1" | "v2") {
        return MarkerStatus::UnknownVersion(version.to_owned());
    }
    let Some((payload, signature)) = text.trim().split_once('.') else { return MarkerStatus::Forged };
    if !keys.verify(payload, signature) {
        return MarkerStatus::Forged;
    }
    let wire = URL_SAFE_NO_PAD.decode(payload).ok().and_then(|json| serde_json::from_slice::<Wire>(&json).ok());
    let wire = wire.filter(|wire| wire.part.is_some() == (version == "v2"));
    wire.and_then(from_wire).map_or(MarkerStatus::Forged, |marker| MarkerStatus::Ours(Box::new(marker)))
}

fn from_wire(wire: Wire) -> Option<Marker> {
    let previous = match wire.prev {
        Some((label, sha)) => Some(Previous { label, commit: Sha::parse(&sha)? }),
        None => None,
    };
    Some(Marker {
        repository: wire.repo,
        release: Release {
            checklist: wire.list,
            key: wire.key.into(),
            label: wire.label,
            tag: wire.tag,
            commit: Sha::parse(&wire.sha)?,
            previous,
            actor: Account { login: wire.by, id: wire.by_id },
            date: wire.on,
        },
        files: wire.files,
        part: wire.part,
        reference: match wire.reference {
            Some(sha) => Some(Sha::parse(&sha)?),
            None => None,
        },
    })
}
