//! Files, folders, trees, blobs, refs and tag objects.

use super::super::git::Git;
use super::super::json;
use super::super::refused::Refused;
use super::super::repo::Repo;
use super::call::{Answer, Answered, Body, Call};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Files over this many bytes are given raw only.
const SMALL: usize = 1_048_576;

pub(super) fn contents(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let path = call.param("path").trim_matches('/');
    let rev = call.parameter("ref").unwrap_or(&repo.default_branch);
    let commit =
        repo.git.resolve(rev).ok_or_else(|| Refused::new(404, format!("No commit found for the ref {rev}")))?;
    if let Some(blob) = commit.tree.get(path) {
        let bytes = repo.git.blobs.get(blob).ok_or_else(Refused::not_found)?;
        if call.raw {
            return Ok(Answer { status: 200, body: Body::Raw(bytes.to_vec()), headers: Vec::new() });
        }
        let small = bytes.len() <= SMALL;
        let value = json::content_file(call.world, repo, rev, path, ("file", blob), true);
        if !small {
            call.violations.push("a file over 1 MB was requested as JSON: its content is empty".to_owned());
        }
        return Ok(Answer::json(200, value));
    }
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut entries: BTreeMap<String, (&str, String)> = BTreeMap::new();
    for (name, blob) in commit.tree.iter() {
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        match rest.split_once('/') {
            Some((folder, _)) => {
                let sub = format!("{prefix}{folder}");
                let id = || Git::tree_id(&commit.tree, &format!("{prefix}{folder}/"));
                entries.entry(sub).or_insert_with(|| ("dir", id()));
            }
            None => {
                entries.insert(name.clone(), ("file", blob.clone()));
            }
        }
    }
    if entries.is_empty() {
        return Err(Refused::not_found());
    }
    let list = entries.iter().take(1000);
    let list: Vec<_> =
        list.map(|(p, (kind, sha))| json::content_file(call.world, repo, rev, p, (kind, sha), false)).collect();
    Ok(Answer::json(200, Value::Array(list)))
}

/// The folder whose tree has this id, with its commit's whole tree.
fn tree_by_id<'a>(repo: &'a Repo, id: &str) -> Option<(&'a super::super::git::Tree, String)> {
    for commit in repo.git.commits.values() {
        if commit.tree_sha == id {
            return Some((commit.tree.as_ref(), String::new()));
        }
        let mut last = String::new();
        for path in commit.tree.keys() {
            let Some((folder, _)) = path.rsplit_once('/') else { continue };
            let mut prefix = String::new();
            for part in folder.split('/') {
                prefix.push_str(part);
                prefix.push('/');
                if !last.starts_with(&prefix) && Git::tree_id(&commit.tree, &prefix) == id {
                    return Some((commit.tree.as_ref(), prefix));
                }
            }
            last = prefix;
        }
    }
    None
}

pub(super) fn tree(call: &mut Call<'_>) -> Answered {
    let (repo, name) = (call.repo()?, call.param("sha"));
    let found = match repo.git.resolve(name) {
        Some(commit) => Some((commit.tree.as_ref(), String::new())),
        None => tree_by_id(repo, name),
    };
    let (tree, prefix) = found.ok_or_else(Refused::not_found)?;
    let recursive = call.query.contains_key("recursive");
    let base = format!("{}/repos/{}/git", call.world.base, repo.full_name());
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for (path, blob) in tree {
        let Some(rest) = path.strip_prefix(&prefix) else { continue };
        let mut folder = String::new();
        let mut parts = rest.split('/').peekable();
        while let Some(part) = parts.next() {
            let here = format!("{folder}{part}");
            if parts.peek().is_none() {
                let size = repo.git.blobs.get(blob).map_or(0, |b| b.len());
                entries.insert(
                    here,
                    json!({
                        "path": format!("{folder}{part}"), "mode": "100644", "type": "blob", "sha": blob, "size": size,
                        "url": format!("{base}/blobs/{blob}"),
                    }),
                );
                break;
            }
            if !entries.contains_key(&here) {
                let id = Git::tree_id(tree, &format!("{prefix}{here}/"));
                let value = json!({
                    "path": here, "mode": "040000", "type": "tree", "sha": id, "url": format!("{base}/trees/{id}"),
                });
                entries.insert(here.clone(), value);
            }
            if !recursive {
                break;
            }
            folder = format!("{here}/");
        }
    }
    let limit = call.world.knobs.tree_limit.filter(|_| recursive).unwrap_or(100_000);
    let truncated = entries.len() > limit;
    let list: Vec<_> = entries.into_values().take(limit).collect();
    let id = Git::tree_id(tree, &prefix);
    let url = format!("{base}/trees/{id}");
    Ok(Answer::json(200, json!({ "sha": id, "url": url, "tree": list, "truncated": truncated })))
}

pub(super) fn blob(call: &mut Call<'_>) -> Answered {
    let (repo, sha) = (call.repo()?, call.param("sha"));
    let bytes = repo.git.blobs.get(sha).ok_or_else(Refused::not_found)?;
    if call.raw {
        return Ok(Answer { status: 200, body: Body::Raw(bytes.to_vec()), headers: Vec::new() });
    }
    let url = format!("{}/repos/{}/git/blobs/{sha}", call.world.base, repo.full_name());
    Ok(Answer::json(
        200,
        json!({
            "sha": sha,
            "node_id": STANDARD.encode(format!("B:{sha}")),
            "size": bytes.len(),
            "url": url,
            "content": STANDARD.encode(bytes.as_ref()),
            "encoding": "base64",
        }),
    ))
}

/// All refs by their full names.
fn refs(repo: &Repo) -> BTreeMap<String, &String> {
    let heads = repo.git.branches.iter().map(|(name, sha)| (format!("refs/heads/{name}"), sha));
    heads.chain(repo.git.tags.iter().map(|(name, sha)| (format!("refs/tags/{name}"), sha))).collect()
}

pub(super) fn git_ref(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let name = format!("refs/{}", call.param("ref"));
    let all = refs(repo);
    let sha = all.get(&name).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::git_ref(call.world, repo, &name, sha)))
}

/// Every ref that begins so: `tags/v1` gives `v1` and `v10.2`. None is an empty list. GitHub does not page this one.
pub(super) fn matching_refs(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let start = format!("refs/{}", call.param("ref"));
    let all = refs(repo);
    let hits = all.iter().filter(|(name, _)| name.starts_with(&start));
    let list = hits.map(|(name, sha)| json::git_ref(call.world, repo, name, sha)).collect();
    Ok(Answer::json(200, Value::Array(list)))
}

pub(super) fn git_tag(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let tag = repo.git.tag_objects.get(call.param("sha")).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::git_tag(call.world, repo, tag)))
}
