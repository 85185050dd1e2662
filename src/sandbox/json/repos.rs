//! Repositories, branches, tags, protection and releases as JSON.

use super::{account, api, commit, html, merged, node, time, urls};
use crate::sandbox::repo::{Protection, Release, Repo, State};
use crate::sandbox::world::World;
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};

/// What follows a repository's address in each of its templates.
const LINKS: &[(&str, &str)] = &[
    ("url", ""),
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// A repository, with the fields of `full-repository`.
#[must_use]
pub fn repository(world: &World, repo: &Repo) -> Value {
    let open = repo.issues.values().filter(|i| i.state == State::Open).count();
    let forks = world.repos.values().filter(|r| r.fork_of == Some(repo.id)).count();
    let page = html(world, repo);
    let host = world.base.split_once("://").map_or("", |(_, host)| host);
    let own = json!({
        "id": repo.id,
        "node_id": node("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name(),
        "private": repo.private,
        "owner": account(world, &repo.owner),
        "html_url": page,
        "description": repo.description,
        "fork": repo.fork_of.is_some(),
        "created_at": time(repo.created_at),
        "updated_at": time(repo.pushed_at),
        "pushed_at": time(repo.pushed_at),
        "git_url": format!("git://{host}/{}.git", repo.full_name()),
        "ssh_url": format!("git@{host}:{}.git", repo.full_name()),
        "clone_url": format!("{page}.git"),
        "svn_url": page,
        "homepage": null,
        "size": repo.git.blobs.len(),
        "language": null,
        "license": null,
        "mirror_url": null,
        "default_branch": repo.default_branch,
        "visibility": if repo.private { "private" } else { "public" },
        "topics": [],
    });
    let switches = json!({
        "has_issues": repo.has_issues,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": false,
        "has_pages": false,
        "has_discussions": false,
        "archived": repo.archived,
        "disabled": false,
        "is_template": false,
        "allow_forking": true,
        "web_commit_signoff_required": false,
    });
    let counts = json!({
        "stargazers_count": 0,
        "watchers_count": 0,
        "watchers": 0,
        "forks_count": forks,
        "forks": forks,
        "open_issues_count": open,
        "open_issues": open,
        "network_count": forks,
        "subscribers_count": 0,
    });
    merged(merged(own, urls(&api(world, repo), LINKS)), merged(switches, counts))
}

/// A branch, in short or (with its commit whole) at length.
#[must_use]
pub fn branch(world: &World, repo: &Repo, name: &str, sha: &str, long: bool) -> Value {
    let address = format!("{}/branches/{name}", api(world, repo));
    // What rulesets ask for stands among the rules of the branch, not here.
    let classic = repo.protection.get(name).filter(|p| !p.ruleset);
    let contexts: Vec<_> = classic.map(|p| p.checks.iter().map(|c| c.context.clone()).collect()).unwrap_or_default();
    let checks: Vec<_> = classic.map(required).unwrap_or_default();
    let mut short = json!({
        "name": name,
        "commit": { "sha": sha, "url": format!("{}/commits/{sha}", api(world, repo)) },
        "protected": repo.protection.contains_key(name),
        "protection": {
            "enabled": classic.is_some(),
            "required_status_checks": {
                "enforcement_level": if contexts.is_empty() { "off" } else { "everyone" },
                "contexts": contexts,
                "checks": checks,
            },
        },
        "protection_url": format!("{address}/protection"),
    });
    if world.knobs.hide_protection
        && let Some(protection) = short.get_mut("protection").and_then(Value::as_object_mut)
    {
        protection.remove("required_status_checks");
    }
    match repo.git.commits.get(sha) {
        Some(found) if long => {
            let more = json!({
                "commit": commit(world, repo, found),
                "_links": { "self": address, "html": format!("{}/tree/{name}", html(world, repo)) },
            });
            merged(short, more)
        }
        _ => short,
    }
}

fn required(protection: &Protection) -> Vec<Value> {
    protection.checks.iter().map(|c| json!({ "context": c.context, "app_id": c.app_id })).collect()
}

/// A branch's protection.
#[must_use]
pub fn protection(world: &World, repo: &Repo, name: &str, protection: &Protection) -> Value {
    let url = format!("{}/branches/{name}/protection", api(world, repo));
    let contexts: Vec<_> = protection.checks.iter().map(|c| c.context.clone()).collect();
    json!({
        "url": url,
        "required_status_checks": {
            "url": format!("{url}/required_status_checks"),
            "strict": protection.strict,
            "contexts": contexts,
            "contexts_url": format!("{url}/required_status_checks/contexts"),
            "checks": required(protection),
        },
        "enforce_admins": { "url": format!("{url}/enforce_admins"), "enabled": protection.enforce_admins },
        "required_linear_history": { "enabled": false },
        "allow_force_pushes": { "enabled": false },
        "allow_deletions": { "enabled": false },
    })
}

/// A tag as `GET tags` lists it: its commit, peeled.
#[must_use]
pub fn tag(world: &World, repo: &Repo, name: &str, object: &str) -> Value {
    let (api, sha) = (api(world, repo), repo.git.peel(object));
    let part = utf8_percent_encode(name, super::git::REF);
    json!({
        "name": name,
        "zipball_url": format!("{api}/zipball/refs/tags/{part}"),
        "tarball_url": format!("{api}/tarball/refs/tags/{part}"),
        "commit": { "sha": sha, "url": format!("{api}/commits/{sha}") },
        "node_id": node(&format!("REF:{name}:"), repo.id),
    })
}

/// A release.
#[must_use]
pub fn release(world: &World, repo: &Repo, release: &Release) -> Value {
    let (api, html) = (api(world, repo), html(world, repo));
    let own = format!("{api}/releases/{}", release.id);
    json!({
        "url": own,
        "assets_url": format!("{own}/assets"),
        "upload_url": format!("{own}/assets{{?name,label}}"),
        "html_url": format!("{html}/releases/tag/{}", release.tag),
        "id": release.id,
        "node_id": node("Release", release.id),
        "author": account(world, &release.author),
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "draft": release.draft,
        "immutable": false,
        "prerelease": release.prerelease,
        "created_at": time(release.published_at),
        "updated_at": time(release.published_at),
        "published_at": if release.draft { Value::Null } else { time(release.published_at) },
        "assets": [],
        "tarball_url": format!("{api}/tarball/{}", release.tag),
        "zipball_url": format!("{api}/zipball/{}", release.tag),
        "body": release.body,
    })
}
