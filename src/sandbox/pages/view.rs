//! What the pages show, as plain strings: checks, diffs, comments, rendered Markdown.

use crate::ids::Timestamp;
use crate::sandbox::git::{Commit, FileChange, Git, Tree};
use crate::sandbox::markdown::{self, TaskBox};
use crate::sandbox::repo::{CheckRun, Comment, Repo};
use crate::sandbox::world::World;
use std::fmt::Write as _;

/// A check run, or one that is still missing.
#[derive(Debug)]
pub(super) struct CheckView {
    pub(super) icon: &'static str,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) link: String,
    pub(super) details: String,
    pub(super) required: bool,
}

/// (icon, word, tone) of a check run.
pub(super) fn state_of(run: &CheckRun) -> (&'static str, &'static str, &'static str) {
    match (run.status.as_str(), run.conclusion.as_deref()) {
        ("completed", Some("success")) => ("✓", "Success", "good"),
        ("completed", Some("failure")) => ("✗", "Failure", "bad"),
        ("completed", Some("action_required")) => ("!", "Action required", "wait"),
        ("completed", Some("neutral")) => ("–", "Neutral", "calm"),
        ("completed", Some("skipped")) => ("–", "Skipped", "calm"),
        ("completed", Some("cancelled")) => ("–", "Cancelled", "calm"),
        ("completed", Some("stale")) => ("–", "Stale", "calm"),
        ("completed", _) => ("✗", "Timed out", "bad"),
        ("in_progress", _) => ("●", "In progress", "wait"),
        _ => ("○", "Queued", "wait"),
    }
}

/// The checks on a commit, and those that a branch requires and that never came.
pub(super) fn checks(world: &World, repo: &Repo, sha: &str, base: Option<&str>) -> Vec<CheckView> {
    let rules = base.and_then(|b| repo.protection.get(b)).map(|p| p.checks.clone()).unwrap_or_default();
    let mut out: Vec<CheckView> = Vec::new();
    for run in repo.latest_checks(sha) {
        let (icon, word, tone) = state_of(run);
        let asked = rules.iter().any(|r| r.context == run.name && r.app_id.is_none_or(|id| id == run.app_id));
        let page = format!("/{}/runs/{}", repo.full_name(), run.id);
        out.push(CheckView {
            icon,
            word,
            tone,
            name: run.name.clone(),
            title: run.output.title.clone().unwrap_or_default(),
            details: local(world, run.details_url.as_deref().unwrap_or_default()),
            link: page,
            required: asked,
        });
    }
    for rule in rules {
        let here = repo
            .latest_checks(sha)
            .into_iter()
            .any(|r| r.name == rule.context && rule.app_id.is_none_or(|id| id == r.app_id));
        if !here {
            out.push(CheckView {
                icon: "○",
                word: "Expected",
                tone: "wait",
                name: rule.context,
                title: "waiting for status to be reported".to_owned(),
                link: String::new(),
                details: String::new(),
                required: true,
            });
        }
    }
    out
}

/// An address on this server without its host, so that it works under whatever name the visitor used.
pub(super) fn local(world: &World, url: &str) -> String {
    match url.strip_prefix(&world.base) {
        Some(path) if path.starts_with('/') => path.to_owned(),
        _ => url.to_owned(),
    }
}

/// One line of a diff.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) old: String,
    pub(super) new: String,
    pub(super) sign: &'static str,
    pub(super) text: String,
}

/// One changed file.
#[derive(Debug)]
pub(super) struct FileView {
    pub(super) path: String,
    pub(super) previous: String,
    pub(super) status: &'static str,
    pub(super) additions: usize,
    pub(super) deletions: usize,
    pub(super) rows: Vec<Row>,
}

fn rows(git: &Git, change: &FileChange) -> Vec<Row> {
    let text = |blob: Option<&String>| blob.map_or_else(|| Some(String::new()), |sha| git.blob_text(sha));
    let (Some(old), Some(new)) = (text(change.old.as_ref()), text(change.new.as_ref())) else { return Vec::new() };
    let diff = similar::TextDiff::from_lines(old.as_str(), new.as_str());
    let mut out = Vec::new();
    let number = |n: Option<usize>| n.map(|n| (n + 1).to_string()).unwrap_or_default();
    for (nth, group) in diff.grouped_ops(3).iter().enumerate() {
        if nth > 0 {
            out.push(Row { kind: "gap", old: "⋮".to_owned(), new: "⋮".to_owned(), sign: "", text: String::new() });
        }
        for line in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (kind, sign) = match line.tag() {
                similar::ChangeTag::Insert => ("add", "+"),
                similar::ChangeTag::Delete => ("del", "−"),
                similar::ChangeTag::Equal => ("", ""),
            };
            let text = line.value().trim_end_matches(['\n', '\r']).to_owned();
            out.push(Row { kind, old: number(line.old_index()), new: number(line.new_index()), sign, text });
        }
    }
    out
}

/// The files that differ between two trees; at most 300 are shown.
pub(super) fn files(git: &Git, old: &Tree, new: &Tree) -> Vec<FileView> {
    let view = |change: &FileChange| {
        let rows = rows(git, change);
        FileView {
            path: change.path.clone(),
            previous: change.previous.clone().unwrap_or_default(),
            status: change.status,
            additions: rows.iter().filter(|r| r.kind == "add").count(),
            deletions: rows.iter().filter(|r| r.kind == "del").count(),
            rows,
        }
    };
    git.changes(old, new).iter().take(300).map(view).collect()
}

/// A commit in a list.
#[derive(Debug)]
pub(super) struct CommitView {
    pub(super) sha: String,
    pub(super) short: String,
    pub(super) title: String,
}

/// A commit by its first line.
pub(super) fn commit(commit: &Commit) -> CommitView {
    CommitView {
        sha: commit.sha.clone(),
        short: short(&commit.sha),
        title: commit.message.lines().next().unwrap_or_default().to_owned(),
    }
}

/// Seven characters of a commit.
pub(super) fn short(sha: &str) -> String {
    sha.get(..7).unwrap_or(sha).to_owned()
}

/// `1 file`, `2 files`.
pub(super) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A time for people.
pub(super) fn when(at: i64) -> String {
    Timestamp(at).minute()
}

/// A comment.
#[derive(Debug)]
pub(super) struct CommentView {
    pub(super) id: u64,
    pub(super) user: String,
    pub(super) when: String,
    pub(super) edited: bool,
    pub(super) html: String,
    pub(super) reactions: String,
}

/// All comments on an issue or pull request.
pub(super) fn comments(repo: &Repo, number: u64) -> Vec<CommentView> {
    let view = |c: &Comment| CommentView {
        id: c.id,
        user: c.user.clone(),
        when: when(c.created_at),
        edited: c.updated_at != c.created_at,
        html: html(repo, &c.body, false),
        reactions: reactions(c),
    };
    repo.comments_on(number).into_iter().map(view).collect()
}

fn reactions(comment: &Comment) -> String {
    let face = |content: &str| match content {
        "+1" => "👍",
        "-1" => "👎",
        "laugh" => "😄",
        "confused" => "😕",
        "heart" => "❤️",
        "hooray" => "🎉",
        "rocket" => "🚀",
        _ => "👀",
    };
    let list = comment.reactions.iter().map(|(_, login, content)| format!("{} {login}", face(content)));
    list.collect::<Vec<_>>().join(" · ")
}

/// Markdown as HTML. Boxes of an issue that the visitor may edit are real ones; all others only show their state.
pub(super) fn html(repo: &Repo, body: &str, tickable: bool) -> String {
    let input = |_: usize, item: &TaskBox| {
        let mut out = "<input type=\"checkbox\" class=\"box\" autocomplete=\"off\"".to_owned();
        let label: String = item.text.trim().chars().take(200).collect();
        let _ = write!(out, " aria-label=\"{}\"", markdown::escape(&label));
        if item.checked {
            out.push_str(" checked");
        }
        if tickable {
            let at = item.offset;
            let _ = write!(out, " data-offset=\"{at}\">");
            let word = if item.checked { "untick" } else { "tick" };
            let _ = write!(
                out,
                "<noscript><button form=\"tick\" name=\"offset\" value=\"{at}\">{word}</button></noscript>"
            );
        } else {
            out.push_str(" disabled>");
        }
        out
    };
    markdown::render(body, &repo.full_name(), input)
}

/// `3 of 7 tasks`, as GitHub counts; empty where there are no boxes.
pub(super) fn progress(body: &str) -> String {
    let all = markdown::boxes(body);
    let done = all.iter().filter(|b| b.checked).count();
    if all.is_empty() { String::new() } else { format!("{done} of {} tasks", all.len()) }
}
