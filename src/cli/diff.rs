//! `holdpoint diff`: what changed in the checklists between two versions, item by item.
//!
//! Gathers the two versions of each checklist file; what is said about them is the business of `plan::review`, the same as on
//! a pull request. How it reads on a terminal stands in `review`.

use super::git::Git;
use super::outcome::Outcome;
use super::preview::{Last, before_next};
use super::review::{self, Found};
use super::source::{self, Files, Kind};
use super::terminal::Console;
use crate::checklist::diff::FileStatus;
use crate::checklist::{Problem, Severity};
use crate::config::named::There;
use crate::config::{self, Config};
use crate::message::review::{Review, Sentence};
use crate::plan::configuration::OrgConfig;
use crate::plan::review::{FileChange, Released, Role, reviewed};
use anyhow::{anyhow, bail};
use git2::Oid;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `diff` can be told.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Two commits are compared as in a pull request: HEAD with the commit at which it left BASE. What is a \
                        checklist is decided by BASE's configuration.\n\
                        Exit codes: 0 the versions were compared, whether they differ or not; 2 git or a file could not be read."
)]
pub struct Args {
    /// The branch or commit to compare with [default: origin/HEAD, else main or master]
    #[arg(conflicts_with = "files")]
    base: Option<String>,
    /// The branch or commit that brings the changes [default: HEAD, what is committed]
    #[arg(conflicts_with = "files")]
    head: Option<String>,
    /// Compare BASE with the files on the disk, committed or not
    #[arg(long, conflicts_with_all = ["head", "files"])]
    worktree: bool,
    /// Compare two files, without git
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    files: Option<Vec<String>>,
    /// For people at a terminal, as GitHub shows it, or for programs
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[value(alias = "text")]
    Terminal,
    Markdown,
    Json,
}

#[derive(Serialize)]
struct JsonView<'r> {
    files: Vec<JsonFile<'r>>,
    steps: Vec<JsonStep<'r>>,
    not_listed: Vec<JsonNotListed<'r>>,
    configuration: &'r [Sentence],
    problems: Vec<JsonProblem<'r>>,
    suggestions: Vec<JsonProblem<'r>>,
}

#[derive(Serialize)]
struct JsonFile<'r> {
    path: &'r str,
    renamed_from: Option<&'r str>,
    checklist: &'r str,
    front_matter: &'r [String],
    existence: Option<FileStatus>,
    #[serde(flatten)]
    diff: &'r crate::checklist::diff::Diff,
}

#[derive(Serialize)]
struct JsonStep<'r> {
    path: &'r str,
    items: Vec<JsonStepItem<'r>>,
}

#[derive(Serialize)]
struct JsonStepItem<'r> {
    text: &'r str,
    phase: crate::checklist::directive::Phase,
}

#[derive(Serialize)]
struct JsonNotListed<'r> {
    path: &'r str,
    text: String,
}

#[derive(Serialize)]
struct JsonProblem<'r> {
    file: &'r str,
    #[serde(flatten)]
    problem: &'r Problem,
}

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let found = match args.files.as_deref() {
        Some([old, new]) => two_files(old, new, console)?,
        Some(_) | None => versions(args, console)?,
    };
    match args.format {
        Format::Terminal => review::write(&found, console)?,
        Format::Markdown if found.review.changes_something() => writeln!(console.out, "{}", found.review.comment())?,
        Format::Markdown if found.review.problems.is_empty() => writeln!(console.out, "{}", found.nothing())?,
        Format::Markdown => writeln!(console.out, "{}", found.review.summary())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *console.out, &json(&found.review))?;
            writeln!(console.out)?;
        }
    }
    Ok(Outcome::Fine)
}

fn problems(told: &[(String, Problem)]) -> Vec<JsonProblem<'_>> {
    told.iter().map(|(file, problem)| JsonProblem { file, problem }).collect()
}

fn json(review: &Review) -> JsonView<'_> {
    JsonView {
        files: review
            .files
            .iter()
            .map(|f| JsonFile {
                path: &f.path,
                renamed_from: f.renamed_from.as_deref(),
                checklist: &f.checklist,
                front_matter: &f.front_matter,
                existence: f.existence,
                diff: &f.diff,
            })
            .collect(),
        steps: review
            .steps
            .iter()
            .map(|s| JsonStep {
                path: &s.path,
                items: s.items.iter().map(|(text, phase)| JsonStepItem { text, phase: *phase }).collect(),
            })
            .collect(),
        not_listed: review.not_listed.iter().map(|n| JsonNotListed { path: &n.path, text: n.why.text() }).collect(),
        configuration: &review.configuration,
        problems: problems(&review.problems),
        suggestions: problems(&review.suggestions),
    }
}

fn two_files(old: &str, new: &str, console: &mut Console<'_>) -> anyhow::Result<Found> {
    if (old, new) == ("-", "-") {
        bail!("only one of the two files can be standard input");
    }
    let (_, before) = source::read_named(old, console)?;
    let (path, after) = source::read_named(new, console)?;
    let checklist = source::config_for(&console.directory.join(new));
    let config = Config { checklists: BTreeMap::from([(String::new(), checklist)]), ..Config::default() };
    let changed = before.text != after.text;
    let role = Role::Template(String::new());
    let released = Released::Unknown;
    let file = FileChange { path, role, before: Some(before.text), after: Some(after.text), released };
    Ok(Found { named: true, ..review_of(if changed { vec![file] } else { Vec::new() }, &config, &There::default()) })
}

/// The files as the App would see them on a pull request, judged by the App's own rules.
fn review_of(files: Vec<FileChange>, config: &Config, there: &There) -> Found {
    let differs = !files.is_empty();
    let review = reviewed(&files, config, OrgConfig::Unread, there);
    let texts = files.into_iter().filter_map(|f| Some((f.path, f.after?))).collect();
    Found { review, differs, named: false, texts }
}

fn versions(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Found> {
    let git = Git::open(&console.directory)?;
    let base_name = args.base.clone().map_or_else(|| git.usual_base(), Ok)?;
    let head_name = args.head.as_deref().unwrap_or("HEAD");
    let commit = |name: &str| {
        git.commit(name).map_err(|error| {
            let is_file = console.directory.join(name).is_file();
            if is_file { anyhow!("{name} is a file; two files are compared with --files OLD NEW") } else { error }
        })
    };
    let (base, head) = (commit(&base_name)?, commit(head_name)?);
    let fork = git.merge_base((&base_name, base), (head_name, head))?;
    let tip = Files::Commit(git.snapshot(base)?);
    let before = Files::Commit(git.snapshot(fork)?);
    let after = match git.root().filter(|_| args.worktree) {
        Some(root) => Files::folder(&root)?,
        None => Files::Commit(git.snapshot(head)?),
    };
    if fork == head && !args.worktree {
        let hint = if args.head.is_none() { "; --worktree compares what is not committed yet" } else { "" };
        writeln!(console.err, "holdpoint: {head_name} has no commit that {base_name} does not have{hint}")?;
    }
    let rules = source::rules(&tip)?;
    let config = rules.config.unwrap_or_else(|| {
        // Whatever it says cannot be used; the App says so on the pull request, or judges by the defaults one that mends it.
        Config::default()
    });
    if rules.problems.iter().any(|p| p.severity == Severity::Error) {
        let path = config::PATH;
        writeln!(console.err, "holdpoint: {path} of {base_name} has errors and cannot be used; the defaults hold")?;
    }
    let mut files = differing(&tip, &before, &after, &config)?;
    look_up_released(&git, base, &config, &mut files)?;
    let paths = after.paths().into_iter().map(str::to_owned).collect();
    let there = There { paths: Some(paths), ..There::default() };
    let mut found = review_of(files, &config, &there);
    let known = before.paths();
    for (path, problem) in config::unread::steps(&config, &after.paths()) {
        if !known.contains(&path.as_str()) {
            found.texts.extend(after.read(&path)?.map(|text| (path.clone(), text)));
            found.review.problems.push((path, problem));
        }
    }
    Ok(found)
}

/// The files that matter and differ: those that the base's configuration names in any version, and those that the change's own
/// configuration names.
fn differing(
    tip: &Files<'_>,
    before: &Files<'_>,
    after: &Files<'_>,
    config: &Config,
) -> anyhow::Result<Vec<FileChange>> {
    let mut roles = BTreeMap::new();
    for files in [tip, before, after] {
        for (path, role) in source::roles(config, files)? {
            roles.entry(path).or_insert(role);
        }
    }
    if let Some(own) = source::rules(after)?.config {
        let named = source::roles(&own, after)?;
        for (path, role) in named.into_iter().filter(|(_, (kind, _))| *kind == Kind::Template) {
            roles.entry(path).or_insert(role);
        }
    }
    let roles = roles.into_iter().map(|(path, (kind, name))| match kind {
        Kind::Template => (path, Role::Template(name)),
        Kind::Step => (path, Role::Step(name)),
    });
    let configuration = std::iter::once((config::PATH.to_owned(), Role::Configuration));
    let mut changes = Vec::new();
    for (path, role) in configuration.chain(roles) {
        let (before, after) = (before.read(&path)?, after.read(&path)?);
        if before != after {
            changes.push(FileChange { path, role, before, after, released: Released::Unknown });
        }
    }
    Ok(changes)
}

/// Reads what the last release had of each step file.
fn look_up_released(git: &Git, base: Oid, config: &Config, changes: &mut [FileChange]) -> anyhow::Result<()> {
    let mut lasts: BTreeMap<String, Last<'_>> = BTreeMap::new();
    for change in changes {
        let Role::Step(name) = &change.role else { continue };
        if !lasts.contains_key(name)
            && let Some(checklist) = config.checklists.get(name)
        {
            lasts.insert(name.clone(), before_next(git, base, checklist)?);
        }
        change.released = match lasts.get(name) {
            Some(Last::Files(files)) => files.read(&change.path)?.map_or(Released::Not, Released::As),
            Some(Last::None) => Released::Not,
            Some(Last::Unknown) | None => Released::Unknown,
        };
    }
    Ok(())
}
