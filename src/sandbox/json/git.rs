//! Commits, comparisons, files, refs and tag objects as JSON.

use super::{account, merged, node, time};
use super::{api, html};
use crate::sandbox::git::{Commit, FileChange, Git, TagObject, Tree};
use crate::sandbox::repo::Repo;
use crate::sandbox::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

/// What a ref's name may hold and an address may not.
pub(super) const REF: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'`')
    .add(b'#')
    .add(b'?')
    .add(b'%')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'{')
    .add(b'}')
    .add(b'|');

/// The address that a commit's author gets.
fn email(world: &World, login: &str) -> String {
    world.users.get(login).map_or_else(
        || format!("{login}@users.noreply.github.test"),
        |u| format!("{}+{login}@users.noreply.github.test", u.id),
    )
}

fn person(world: &World, login: &str, at: i64) -> Value {
    let name = world.users.get(login).map_or(login, |u| u.name.as_str());
    json!({ "name": name, "email": email(world, login), "date": time(at) })
}

/// A commit as `commit`, without its files.
#[must_use]
pub fn commit(world: &World, repo: &Repo, commit: &Commit) -> Value {
    let (api, html, sha) = (api(world, repo), html(world, repo), &commit.sha);
    let parents: Vec<_> = commit
        .parents
        .iter()
        .map(|p| json!({ "sha": p, "url": format!("{api}/commits/{p}"), "html_url": format!("{html}/commit/{p}") }))
        .collect();
    json!({
        "sha": sha,
        "node_id": STANDARD.encode(format!("C:{sha}")),
        "commit": {
            "author": person(world, &commit.author, commit.date),
            "committer": person(world, &commit.author, commit.date),
            "message": commit.message,
            "tree": { "sha": commit.tree_sha, "url": format!("{api}/git/trees/{}", commit.tree_sha) },
            "url": format!("{api}/git/commits/{sha}"),
            "comment_count": 0,
            "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
        },
        "url": format!("{api}/commits/{sha}"),
        "html_url": format!("{html}/commit/{sha}"),
        "comments_url": format!("{api}/commits/{sha}/comments"),
        "author": account(world, &commit.author),
        "committer": account(world, &commit.author),
        "parents": parents,
    })
}

/// A commit as a `push` carries it.
#[must_use]
pub fn push_commit(world: &World, repo: &Repo, commit: &Commit) -> Value {
    let parent = commit.parents.first().and_then(|p| repo.git.commits.get(p));
    let empty = Tree::new();
    let changes = repo.git.changes(parent.map_or(&empty, |p| p.tree.as_ref()), &commit.tree);
    let with = |statuses: &[&str]| -> Vec<String> {
        changes.iter().filter(|c| statuses.contains(&c.status)).map(|c| c.path.clone()).collect()
    };
    let mut removed = with(&["removed"]);
    removed.extend(changes.iter().filter_map(|c| c.previous.clone()));
    let name = world.users.get(&commit.author).map_or(commit.author.as_str(), |u| u.name.as_str());
    let person = json!({ "name": name, "email": email(world, &commit.author), "username": commit.author });
    json!({
        "id": commit.sha,
        "tree_id": commit.tree_sha,
        "distinct": true,
        "message": commit.message,
        "timestamp": time(commit.date),
        "url": format!("{}/commit/{}", html(world, repo), commit.sha),
        "author": person,
        "committer": person,
        "added": with(&["added", "renamed"]),
        "removed": removed,
        "modified": with(&["modified"]),
    })
}

/// A changed file as `diff-entry`. `patch` is left out for binary and very long files, as GitHub does.
#[must_use]
pub fn diff_entry(world: &World, repo: &Repo, change: &FileChange, head: &str) -> Value {
    let (api, html) = (api(world, repo), html(world, repo));
    let text = |blob: Option<&String>| match blob {
        Some(sha) => repo.git.blob_text(sha),
        None => Some(String::new()),
    };
    let (mut additions, mut deletions, mut patch) = (0_usize, 0_usize, None);
    if let (Some(old), Some(new)) = (text(change.old.as_ref()), text(change.new.as_ref()))
        && old != new
    {
        let diff = similar::TextDiff::from_lines(old.as_str(), new.as_str());
        for line in diff.iter_all_changes() {
            match line.tag() {
                similar::ChangeTag::Insert => additions += 1,
                similar::ChangeTag::Delete => deletions += 1,
                similar::ChangeTag::Equal => {}
            }
        }
        let unified = diff.unified_diff().context_radius(3).to_string();
        patch = (additions + deletions <= 3000).then(|| unified.trim_end_matches('\n').to_owned());
    }
    let mut value = json!({
        "sha": change.new.as_ref().or(change.old.as_ref()),
        "filename": change.path,
        "status": change.status,
        "additions": additions,
        "deletions": deletions,
        "changes": additions + deletions,
        "blob_url": format!("{html}/blob/{head}/{}", change.path),
        "raw_url": format!("{html}/raw/{head}/{}", change.path),
        "contents_url": format!("{api}/contents/{}?ref={head}", change.path),
    });
    if let Some(map) = value.as_object_mut() {
        if let Some(patch) = patch {
            map.insert("patch".to_owned(), Value::String(patch));
        }
        if let Some(previous) = &change.previous {
            map.insert("previous_filename".to_owned(), Value::String(previous.clone()));
        }
    }
    value
}

/// A comparison of two commits. `commits` is the page to show; the files (at most 300) belong to the first page.
#[must_use]
pub fn compare(
    world: &World,
    repo: &Repo,
    spec: &str,
    (base, head): (&Commit, &Commit),
    (all, page): (usize, &[&Commit]),
    first_page: bool,
) -> Option<Value> {
    let git: &Git = &repo.git;
    let merge_base = git.merge_base(&base.sha, &head.sha)?;
    let behind = git.ahead(&head.sha, &base.sha).len();
    let status = match (all, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let (api, html) = (api(world, repo), html(world, repo));
    let files: Vec<_> = if first_page {
        let changes = git.changes(&merge_base.tree, &head.tree);
        changes.iter().take(300).map(|c| diff_entry(world, repo, c, &head.sha)).collect()
    } else {
        Vec::new()
    };
    let commits: Vec<_> = page.iter().map(|c| commit(world, repo, c)).collect();
    Some(json!({
        "url": format!("{api}/compare/{spec}"),
        "html_url": format!("{html}/compare/{spec}"),
        "permalink_url": format!("{html}/compare/{}...{}", base.sha, head.sha),
        "diff_url": format!("{html}/compare/{spec}.diff"),
        "patch_url": format!("{html}/compare/{spec}.patch"),
        "base_commit": commit(world, repo, base),
        "merge_base_commit": commit(world, repo, merge_base),
        "status": status,
        "ahead_by": all,
        "behind_by": behind,
        "total_commits": all,
        "commits": commits,
        "files": files,
    }))
}

/// An entry of `contents`: a file (with its contents, up to 1 MB) or, in a listing, a file or folder without.
#[must_use]
pub fn content_file(world: &World, repo: &Repo, rev: &str, path: &str, entry: (&str, &str), whole: bool) -> Value {
    let (kind, sha) = entry;
    let (api, html) = (api(world, repo), html(world, repo));
    let (page, object) = if kind == "dir" { ("tree", "trees") } else { ("blob", "blobs") };
    let own = format!("{api}/contents/{path}?ref={rev}");
    let git = format!("{api}/git/{object}/{sha}");
    let html = format!("{html}/{page}/{rev}/{path}");
    let bytes = repo.git.blobs.get(sha);
    let download = (kind == "file").then(|| format!("{}/raw/{}/{rev}/{path}", world.base, repo.full_name()));
    let listed = json!({
        "name": path.rsplit('/').next().unwrap_or(path),
        "path": path,
        "sha": sha,
        "size": bytes.map_or(0, |b| b.len()),
        "url": own,
        "html_url": html,
        "git_url": git,
        "download_url": download,
        "type": kind,
        "_links": { "self": own, "git": git, "html": html },
    });
    if !whole {
        return listed;
    }
    let small = bytes.filter(|b| b.len() <= 1_048_576);
    let more = json!({
        "content": small.map_or_else(String::new, |b| wrapped(b)),
        "encoding": if small.is_some() { "base64" } else { "none" },
    });
    merged(listed, more)
}

/// Base64 in lines of 60, as the contents API gives it.
pub(super) fn wrapped(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / 60 + 1);
    let mut rest = text.as_str();
    while let Some((line, tail)) = rest.split_at_checked(60) {
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    if !rest.is_empty() {
        out.push_str(rest);
        out.push('\n');
    }
    out
}

/// A ref: its full name and what it points at.
#[must_use]
pub fn git_ref(world: &World, repo: &Repo, name: &str, sha: &str) -> Value {
    let api = api(world, repo);
    let (kind, folder) = if repo.git.tag_objects.contains_key(sha) { ("tag", "tags") } else { ("commit", "commits") };
    json!({
        "ref": name,
        "node_id": node(&format!("REF:{name}:"), repo.id),
        "url": format!("{api}/git/{}", utf8_percent_encode(name, REF)),
        "object": { "sha": sha, "type": kind, "url": format!("{api}/git/{folder}/{sha}") },
    })
}

/// An annotated tag's object.
#[must_use]
pub fn git_tag(world: &World, repo: &Repo, tag: &TagObject) -> Value {
    let api = api(world, repo);
    json!({
        "node_id": STANDARD.encode(format!("T:{}", tag.sha)),
        "sha": tag.sha,
        "url": format!("{api}/git/tags/{}", tag.sha),
        "tagger": person(world, &tag.tagger, tag.date),
        "object": { "sha": tag.target, "type": "commit", "url": format!("{api}/git/commits/{}", tag.target) },
        "tag": tag.tag,
        "message": tag.message,
        "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
    })
}
