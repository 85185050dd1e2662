//! Commits and comparisons.

use super::super::git::Commit;
use super::super::json;
use super::super::refused::Refused;
use super::super::repo::{Repo, State};
use super::call::{Answer, Answered, Call};
use crate::ids::Timestamp;
use serde_json::{Value, json};

pub(super) fn list(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let rev = call.parameter("sha").unwrap_or(&repo.default_branch);
    let start = repo.git.resolve(rev).ok_or_else(Refused::not_found)?;
    let mut all: Vec<&Commit> = repo.git.ancestors(&start.sha).iter().filter_map(|s| repo.git.commits.get(s)).collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.order));
    if let Some(path) = call.parameter("path") {
        let touches = |c: &&Commit| {
            let parent = c.parents.first().and_then(|p| repo.git.commits.get(p));
            let blobs = |tree: &super::super::git::Tree| -> Vec<(String, String)> {
                let inside = |p: &str| p == path || p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
                tree.iter().filter(|(p, _)| inside(p)).map(|(p, b)| (p.clone(), b.clone())).collect()
            };
            // A merge that took one side whole is left out of a file's history, as git does it.
            let same = |p: &String| repo.git.commits.get(p).is_some_and(|p| blobs(&p.tree) == blobs(&c.tree));
            match parent {
                Some(_) => !c.parents.iter().any(same),
                None => !blobs(&c.tree).is_empty(),
            }
        };
        all.retain(touches);
    }
    let bound = |name: &str| call.parameter(name).and_then(Timestamp::parse);
    let (since, until) = (bound("since"), bound("until"));
    all.retain(|c| since.is_none_or(|t| c.date >= t.0) && until.is_none_or(|t| c.date <= t.0));
    let (page, link) = call.page(all);
    let list = page.into_iter().map(|c| json::commit(call.world, repo, c)).collect();
    let mut answer = Answer::json(200, Value::Array(list));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

/// One commit by anything that names it; an annotated tag gives the commit behind it.
pub(super) fn commit(call: &mut Call<'_>) -> Answered {
    let (repo, rev) = (call.repo()?, call.param("ref"));
    let unknown = || Refused::new(422, format!("No commit found for SHA: {rev}"));
    let found = repo.git.resolve(rev).ok_or_else(unknown)?;
    let none = super::super::git::Tree::new();
    let parent = found.parents.first().and_then(|p| repo.git.commits.get(p));
    let changes = repo.git.changes(parent.map_or(&none, |p| p.tree.as_ref()), &found.tree);
    let files: Vec<_> = changes.iter().take(300).map(|c| json::diff_entry(call.world, repo, c, &found.sha)).collect();
    let sum = |field: &str| files.iter().filter_map(|f| f.get(field).and_then(Value::as_u64)).sum::<u64>();
    let stats = json!({ "total": sum("changes"), "additions": sum("additions"), "deletions": sum("deletions") });
    let value = json::merged(json::commit(call.world, repo, found), json!({ "stats": stats, "files": files }));
    Ok(Answer::json(200, value))
}

/// Merged pull requests that brought a commit, and open ones of the repository itself that contain it; forks' open ones
/// are not found, as on GitHub.
pub(super) fn pulls(call: &mut Call<'_>) -> Answered {
    let (repo, sha) = (call.repo()?, call.param("sha"));
    if !repo.git.commits.contains_key(sha) {
        return Err(Refused::new(422, format!("No commit found for SHA: {sha}")));
    }
    let brought = |pull: &super::super::repo::Pull| {
        let merge = pull.merged.as_ref().is_some_and(|m| m.sha == sha);
        merge || pull.head_sha == sha || repo.pull_range(pull).1.iter().any(|c| c.sha == sha)
    };
    let hits = repo.pulls().filter(|(i, p)| {
        let own = p.head_repo == Some(repo.id);
        (p.merged.is_some() || (own && i.state == State::Open)) && brought(p)
    });
    let all = hits.map(|(i, p)| json::pull_simple(call.world, repo, i, p)).collect();
    Ok(call.list(all))
}

/// A side of a comparison: `branch`, `sha`, or `owner:branch` of a fork, whose commits are reachable where a pull request is.
fn side<'a>(call: &Call<'_>, repo: &'a Repo, rev: &str) -> Option<&'a Commit> {
    let Some((owner, branch)) = rev.split_once(':') else { return repo.git.resolve(rev) };
    if owner == repo.owner {
        return repo.git.resolve(branch);
    }
    let fork = call.world.repos.values().find(|r| r.fork_of == Some(repo.id) && r.owner == owner)?;
    repo.git.commits.get(&fork.git.resolve(branch)?.sha)
}

pub(super) fn compare(call: &mut Call<'_>) -> Answered {
    let (repo, spec) = (call.repo()?, call.param("basehead"));
    let (base, head) = spec.split_once("...").ok_or_else(Refused::not_found)?;
    let base = side(call, repo, base).ok_or_else(Refused::not_found)?;
    let head = side(call, repo, head).ok_or_else(Refused::not_found)?;
    let commits = repo.git.ahead(&base.sha, &head.sha);
    let all = commits.len();
    // Without paging, GitHub gives up to 250 commits; with it, a page of them, and the files on the first page only.
    let paged = call.parameter("page").is_some() || call.parameter("per_page").is_some();
    let (page, size) = if paged { call.page_size(30) } else { (1, 250) };
    let shown: Vec<_> = commits.into_iter().skip((page - 1) * size).take(size).collect();
    let link = if paged { call.link(page, all.div_ceil(size).max(1)) } else { None };
    let value = json::compare(call.world, repo, spec, (base, head), (all, &shown), page == 1);
    let value = value.ok_or_else(|| Refused::new(404, "No common ancestor between the two commits."))?;
    let mut answer = Answer::json(200, value);
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}
