//! `holdpoint preview`: the release issue that would be opened, without opening it.
//!
//! Gathers a release's files from the local git repository, or takes the files that are named; the text comes from
//! `release`. Asks GitHub nothing, so merged pull requests and their labels are not known here.

use super::git::{self, Git};
use super::items::{self, ItemView};
use super::lint;
use super::outcome::Outcome;
use super::source::{self, Files};
use super::steps::Reading;
use super::terminal::{Console, shown};
use crate::checklist::parse;
use crate::config::{self, ChecklistConfig, Config, Prereleases, Trigger};
use crate::github::repo::LARGEST_BLOB;
use crate::ids::{Account, RepoName, RepositoryId, Sha};
use crate::message::issue_problem;
use crate::release::contents::{File, IssueInputs, RangeFacts, Step};
use crate::release::issue_body::{self, Draft};
use crate::release::key::ReleaseKey;
use crate::release::marker::Keys;
use crate::release::{Previous, Release, Site, version};
use anyhow::{Context as _, anyhow, bail};
use git2::Oid;
use serde::Serialize;
use std::collections::BTreeSet;

/// What `preview` can be told.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The configuration is that of HEAD; templates and step files are those of the released commit.\n\
                        The text goes to standard output; title, labels and assignees go to standard error, or into the JSON.\n\
                        Exit codes: 0 an issue would be opened, or there is nothing to do; 1 there should be an issue and there \
                        can be none; 2 git or a file could not be read."
)]
pub struct Args {
    /// The tag that is released; it need not exist yet [default: the tag of HEAD, else the next minor version]
    #[arg(long)]
    tag: Option<String>,
    /// The tag or commit of the release before [default: the nearest older tag in the history]
    #[arg(long, conflicts_with = "files")]
    since: Option<String>,
    /// The name of the checklist in the configuration
    #[arg(long, conflicts_with = "files")]
    checklist: Option<String>,
    /// Take these templates, without git
    #[arg(long, num_args = 1.., value_name = "FILE")]
    files: Option<Vec<String>>,
    /// The issue's text, or everything about it
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Markdown,
    Json,
}

#[derive(Serialize)]
struct View<'d> {
    title: &'d str,
    body: &'d str,
    labels: &'d [String],
    assignees: &'d [String],
    #[serde(rename = "type")]
    issue_type: Option<&'d str>,
    milestone: Option<&'d str>,
    items: Vec<ItemView<'d>>,
    parts: Vec<PartView<'d>>,
}

/// One of several issues.
#[derive(Serialize)]
struct PartView<'d> {
    title: &'d str,
    body: String,
}

/// A text without the line for machines, which means something in the issue only.
fn unsigned(body: &str) -> &str {
    let marker = body.rfind("\n<!-- holdpoint ").unwrap_or(body.len());
    body.get(..marker).unwrap_or(body).trim_end()
}

/// What a draft is made from.
struct Gathered {
    release: Release,
    config: ChecklistConfig,
    site: Site,
    templates: Vec<File>,
    steps: Vec<Step>,
    range: RangeFacts,
}

/// The account that opens the issue, as far as this machine knows.
const ACTOR: &str = "octocat";

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let gathered = match &args.files {
        Some(files) => Some(from_files(files, args, console)?),
        None => from_git(args, console)?,
    };
    let Some(gathered) = gathered else { return Ok(Outcome::Problems) };
    let Gathered { release, config, site, templates, steps, range } = &gathered;
    let mut files = templates.iter().chain(steps.iter().map(|step| &step.file));
    if let Some(file) = files.find(|file| file.text.len() > LARGEST_BLOB) {
        let what = shown(&format!("`{}` is larger than 1 MiB and is not read", file.path));
        writeln!(console.err, "holdpoint: no issue can be opened, and the gate stays closed: {what}")?;
        return Ok(Outcome::Problems);
    }
    let ingredients = IssueInputs { reference: None, release, named: release, config, site, templates, steps, range };
    match issue_body::draft(&ingredients, RepositoryId(0), &Keys::derive(std::iter::empty())) {
        issue_body::Outcome::Open(draft) => {
            write(&draft, config, args.format, console)?;
            Ok(Outcome::Fine)
        }
        issue_body::Outcome::Nothing => {
            writeln!(console.err, "holdpoint: nothing to do in this release: no template, and no new step")?;
            if args.format == Format::Json {
                writeln!(console.out, "null")?;
            }
            Ok(Outcome::Fine)
        }
        issue_body::Outcome::Impossible(why) => {
            let why = shown(&issue_problem::sentence(&why));
            writeln!(console.err, "holdpoint: no issue can be opened, and the gate stays closed: {why}")?;
            Ok(Outcome::Problems)
        }
    }
}

fn write(draft: &Draft, config: &ChecklistConfig, format: Format, console: &mut Console<'_>) -> anyhow::Result<()> {
    let text = unsigned(&draft.body);
    let parts: Vec<PartView<'_>> = draft
        .parts
        .iter()
        .map(|part| PartView { title: &part.title, body: unsigned(&part.body(&[])).to_owned() })
        .collect();
    match format {
        Format::Markdown => {
            if parts.is_empty() {
                writeln!(console.err, "Title: {}", shown(&draft.title))?;
            }
            for part in &parts {
                writeln!(console.err, "Title: {}", shown(part.title))?;
            }
            let one = |name: &Option<String>| name.iter().cloned().collect::<Vec<_>>();
            let (kind, milestone) = (one(&draft.issue_type), one(&draft.milestone));
            for (name, list) in
                [("Labels", &draft.labels), ("Assignees", &draft.assignees), ("Type", &kind), ("Milestone", &milestone)]
            {
                if !list.is_empty() {
                    writeln!(console.err, "{name}: {}", shown(&list.join(", ")))?;
                }
            }
            if parts.is_empty() {
                writeln!(console.out, "{text}")?;
            }
            for (at, part) in parts.iter().enumerate() {
                let rule = if at == 0 { "" } else { "\n---\n\n" };
                writeln!(console.out, "{rule}{}", part.body)?;
            }
        }
        Format::Json => {
            let (list, _) = parse::parse(text);
            let items = items::views(&list, config.after_headings());
            let view = View {
                title: &draft.title,
                body: text,
                labels: &draft.labels,
                assignees: &draft.assignees,
                issue_type: draft.issue_type.as_deref(),
                milestone: draft.milestone.as_deref(),
                items,
                parts,
            };
            serde_json::to_writer_pretty(&mut *console.out, &view)?;
            writeln!(console.out)?;
        }
    }
    Ok(())
}

/// The named templates under a made-up release.
fn from_files(files: &[String], args: &Args, console: &mut Console<'_>) -> anyhow::Result<Gathered> {
    let mut templates = Vec::new();
    for name in files {
        let (path, text) = source::read_named(name, console)?;
        templates.push(File { path, text: text.text });
    }
    let first = files.first().map(String::as_str).unwrap_or_default();
    let label = args.tag.clone().unwrap_or_else(|| "v0.0.0".to_owned());
    let commit = Sha::parse("0123456789abcdef0123456789abcdef01234567").context("a made-up commit")?;
    Ok(Gathered {
        release: Release {
            checklist: "release".to_owned(),
            key: ReleaseKey::parse(&format!("tag:{label}")),
            tag: Some(label.clone()),
            label,
            commit,
            previous: None,
            actor: Account::from(ACTOR),
            date: console.today.clone(),
        },
        config: source::config_for(&console.directory.join(first)),
        site: unknown_site(),
        templates,
        steps: Vec::new(),
        range: RangeFacts::default(),
    })
}

fn unknown_site() -> Site {
    let name = RepoName { owner: "OWNER".to_owned(), name: "REPOSITORY".to_owned() };
    Site { url: "https://github.com".to_owned(), name }
}

/// The release of a commit, as far as git knows it. `None` where a sentence already said why there is none.
fn from_git(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Option<Gathered>> {
    let git = Git::open(&console.directory)?;
    let tagged = args.tag.as_deref().and_then(|tag| git.tag(tag));
    let commit = tagged.map_or_else(|| git.commit("HEAD"), Ok)?;
    let files = Files::Commit(git.snapshot(commit)?);
    let sha = git::sha(commit)?;
    let present = Files::Commit(git.snapshot(git.commit("HEAD")?)?);
    let rules = source::rules(&present)?;
    let Some(config) = rules.config else {
        lint::write_problems(config::PATH, rules.text.as_deref().unwrap_or_default(), &rules.problems, console)?;
        writeln!(console.err, "holdpoint: {} cannot be used, so the gate stays closed", config::PATH)?;
        return Ok(None);
    };
    let (name, config) = choose(config, args)?;
    let tags: Vec<String> = git.tags()?.into_iter().filter(|tag| config.matches_tag(tag)).collect();
    let (label, guessed) = match &args.tag {
        Some(tag) => (tag.clone(), false),
        None if !by_tag(&config) => (sha.short().to_owned(), false),
        None => label(&git, commit, &tags, &config.open.prerelease_words),
    };
    let is_new = tagged.is_none() && args.tag.is_some();
    report_label(&label, guessed, is_new.then_some(&sha), console)?;
    let tag = (args.tag.is_some() || by_tag(&config)).then(|| label.clone());
    if let Some(tag) = tag.as_deref() {
        describe_tag(tag, &tags, &config, (&git, commit), console)?;
    }
    let previous = match &args.since {
        Some(since) => Some((since.clone(), git.tag(since).map_or_else(|| git.commit(since), Ok)?)),
        None => previous(&label, &tags, &config.open.prerelease_words, &git, commit),
    };
    warn_if_shallow(&git, previous.is_none() && args.since.is_none(), console)?;
    let Some(templates) = templates(&config, &files, &present, &sha, console)? else { return Ok(None) };
    let (before, paths, previous) = match previous {
        Some((label, from)) => {
            let paths = git.changed_paths(from, commit)?;
            let before = (from, Files::Commit(git.snapshot(from)?));
            (Some(before), Some(paths), Some(Previous { label, commit: git::sha(from)? }))
        }
        None => (None, None, None),
    };
    let before = before.as_ref().map(|(from, before)| (*from, before));
    let steps = Reading::new(&git, &config, commit, &files, before).steps()?;
    Ok(Some(Gathered {
        release: Release {
            checklist: name,
            key: ReleaseKey::parse(&format!("{}:{label}@{sha}", if tag.is_some() { "tag" } else { "merge" })),
            tag,
            label,
            commit: sha,
            previous,
            actor: Account::from(git.user().as_deref().unwrap_or(ACTOR)),
            date: console.today.clone(),
        },
        config,
        site: git.site().unwrap_or_else(unknown_site),
        templates,
        steps,
        range: RangeFacts { paths, merged: None },
    }))
}

/// Says where the release's name is a guess, and where its tag does not exist yet: then `head` is taken.
fn report_label(label: &str, guessed: bool, head: Option<&Sha>, console: &mut Console<'_>) -> anyhow::Result<()> {
    if guessed {
        writeln!(console.err, "holdpoint: no --tag is given and HEAD has none: called {} here", shown(label))?;
    } else if let Some(head) = head {
        writeln!(console.err, "holdpoint: there is no tag {} yet: taking HEAD, {}", shown(label), head.short())?;
    }
    Ok(())
}

/// Says where a tag would open nothing, and how it is read where it is no plain version.
fn describe_tag(
    tag: &str,
    tags: &[String],
    config: &ChecklistConfig,
    (git, commit): (&Git, Oid),
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    if let Some(why) = opens_nothing(tag, config) {
        writeln!(console.err, "holdpoint: the tag {} would open nothing: {why}", shown(tag))?;
    }
    if let Some(read) = reading(tag, tags, config, git, commit) {
        writeln!(console.err, "holdpoint: {}", shown(&read))?;
    }
    Ok(())
}

/// Says what may be wrong where not all of the history is here.
fn warn_if_shallow(git: &Git, is_alone: bool, console: &mut Console<'_>) -> anyhow::Result<()> {
    if git.is_shallow() {
        let unknown = if is_alone {
            ": the release before is not known, so changes and steps may be others, and the name too"
        } else {
            ": tags and commits may be missing"
        };
        writeln!(console.err, "holdpoint: this preview may be wrong{unknown}{}", git.shallow_hint())?;
    }
    Ok(())
}

/// The checklist that is asked for, or the obvious one.
fn choose(mut config: Config, args: &Args) -> anyhow::Result<(String, ChecklistConfig)> {
    let names: Vec<String> = config.checklists.keys().cloned().collect();
    let wanted = args.checklist.clone().or_else(|| match names.as_slice() {
        [only] => Some(only.clone()),
        many => many.iter().find(|name| *name == "release").cloned(),
    });
    let Some(wanted) = wanted else {
        bail!("which checklist? Name one with --checklist: {}", names.join(", "));
    };
    let found = config.checklists.remove(&wanted);
    found
        .map(|found| (wanted.clone(), found))
        .ok_or_else(|| anyhow!("there is no checklist `{wanted}`: known are {}", names.join(", ")))
}

/// Whether releases of this checklist are made by tags, and not by merges only.
fn by_tag(config: &ChecklistConfig) -> bool {
    let merges = config.open.on.contains(&Trigger::Merge);
    !merges || config.open.on.iter().any(|on| matches!(on, Trigger::Tag | Trigger::Release))
}

/// Why a tag would open no issue, though it could.
fn opens_nothing(tag: &str, config: &ChecklistConfig) -> Option<&'static str> {
    if !config.open.on.iter().any(|on| matches!(on, Trigger::Tag | Trigger::Release)) {
        Some("`open.on` of this checklist names neither `tag` nor `release`")
    } else if !config.matches_tag(tag) {
        Some("it matches no glob of `open.match`, nor `v*` and `*.*.*` where that is not given")
    } else if config.open.prereleases == Prereleases::Ignore
        && version::is_prerelease(tag, &config.open.prerelease_words)
    {
        Some("`open.prereleases` is `ignore`")
    } else {
        None
    }
}

/// What the release is called, and whether that is only a guess.
fn label(git: &Git, commit: Oid, tags: &[String], words: &[String]) -> (String, bool) {
    let newest = |wanted: &dyn Fn(Oid) -> bool| {
        let found = tags.iter().filter(|tag| git.tag(tag).is_some_and(wanted));
        let found = found.filter_map(|tag| version::read(tag, words));
        // Of two names for one version, as `v5` and `v5.0.0`, the longer one says more.
        found.max_by(|a, b| a.version.cmp(&b.version).then(a.written.len().cmp(&b.written.len())))
    };
    if let Some(found) = newest(&|tagged| tagged == commit) {
        return (format!("{}{}", found.prefix, found.written), false);
    }
    let next = newest(&|tagged| git.contains(commit, tagged))
        .map(|found| format!("{}{}.{}.0", found.prefix, found.version.major(), found.version.minor() + 1));
    (next.unwrap_or_else(|| "v0.0.0".to_owned()), true)
}

/// How a tag that is no plain version is read. `None` where it says what it is.
fn reading(tag: &str, tags: &[String], config: &ChecklistConfig, git: &Git, commit: Oid) -> Option<String> {
    let words = &config.open.prerelease_words;
    let there = |other: &&String| version::is_short_for(tag, other, words) && git.tag(other) == Some(commit);
    if let Some(full) = tags.iter().find(there) {
        return Some(format!("`{tag}` is a short name of `{full}` at the same commit, and opens no issue of its own"));
    }
    let read = version::read(tag, words)?;
    if let Some(word) = read.word {
        if let Some(out) = tags.iter().find(|other| version::is_final_of(other, tag, words)) {
            return Some(format!("`{tag}` is a release of its own, because `{out}` is out already"));
        }
        return Some(format!("`{tag}` is a pre-release, because `{word}` is a pre-release word"));
    }
    let unknown = read.unknown?;
    Some(format!(
        "`{tag}` is a release of its own, because `{unknown}` is no known pre-release word (`open.prerelease_words` adds some)"
    ))
}

/// What the release has that the next one comes after, as far as git knows it.
pub(super) enum Last<'g> {
    /// Merges make releases, of which git knows nothing, or there are tags of several lines.
    Unknown,
    /// There is none yet.
    None,
    /// These files.
    Files(Files<'g>),
}

/// Looks for the newest release that a commit contains.
pub(super) fn before_next<'g>(git: &'g Git, commit: Oid, config: &ChecklistConfig) -> anyhow::Result<Last<'g>> {
    let words = &config.open.prerelease_words;
    let tags: Vec<String> = git.tags()?.into_iter().filter(|tag| opens_nothing(tag, config).is_none()).collect();
    let lines: BTreeSet<&str> = tags.iter().map(|tag| version::line(tag, words)).collect();
    if !by_tag(config) || lines.len() > 1 {
        return Ok(Last::Unknown);
    }
    let mut read: Vec<_> = tags.iter().filter_map(|tag| Some((version::of_tag(tag, words)?, tag))).collect();
    read.sort();
    let mut newest_first = read.iter().rev().filter_map(|(_, tag)| git.tag(tag));
    Ok(match newest_first.find(|tagged| git.contains(commit, *tagged)) {
        Some(tagged) => Last::Files(Files::Commit(git.snapshot(tagged)?)),
        None => Last::None,
    })
}

/// The newest older release of the same line that the commit contains.
fn previous(label: &str, tags: &[String], words: &[String], git: &Git, commit: Oid) -> Option<(String, Oid)> {
    version::older(label, tags, words).into_iter().find_map(|tag| {
        let found = git.tag(tag)?;
        (found != commit && git.contains(commit, found)).then(|| (tag.to_owned(), found))
    })
}

/// The standing files. `None` where one is missing, which was said.
fn templates(
    config: &ChecklistConfig,
    files: &Files<'_>,
    present: &Files<'_>,
    sha: &Sha,
    console: &mut Console<'_>,
) -> anyhow::Result<Option<Vec<File>>> {
    let mut found = Vec::new();
    let mut paths = source::templates(config, files)?;
    if paths.is_empty() {
        // None there although there is one now: the commit may be older than the checklist.
        paths = source::templates(config, present)?;
    }
    for path in paths {
        let Some(text) = files.read(&path)? else {
            let (path, sha) = (shown(&path), sha.short());
            writeln!(console.err, "holdpoint: there is no template {path} at {sha}, so the gate stays closed")?;
            return Ok(None);
        };
        found.push(File { path, text });
    }
    Ok(Some(found))
}
