//! `holdpoint lint`: what is wrong in checklist and configuration files, where, and how to mend it.
//!
//! Finds the files and writes the problems down; the problems themselves come from `checklist` and `config`.

mod checked;
mod formats;

use super::git::Git;
use super::outcome::Outcome;
use super::source::{self, Files, Kind, Text};
use super::terminal::{Console, Tone, columns, shown};
use crate::checklist::lint::grouped;
use crate::checklist::{Problem, Severity, file, form, lint};
use crate::config::named::There;
use crate::config::{self, ChecklistConfig, Config};
use crate::github::repo::LARGEST_BLOB;
use crate::message::count;
use crate::message::grouping::group_problems;
use crate::message::issue_problem;
use crate::release::contents::File;
use crate::release::trial;
use anyhow::{Context as _, bail};
use checked::Checked;
use formats::{write_github, write_json};
use std::path::Path;

/// What `lint` can be told.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 no errors, 1 at least one error (with --strict: at least one problem), 2 the files could \
                        not be read.\nAn error would make a release wrong; a warning is worth a look; a note is a suggestion, and never counts."
)]
pub struct Args {
    /// Files, folders, globs, or `-` for standard input [default: the repository around the current folder]
    ///
    /// A folder is the root of a repository, or lies in one: its `.github/holdpoint.yml`, the templates and step files that
    /// this names, or those in the usual places, as far as they are in the folder. A file named `holdpoint.yml` is read as configuration, every other one as a
    /// checklist.
    #[arg(value_name = "PATHS")]
    paths: Vec<String>,
    /// How problems are written: for people, for programs, or as annotations of a GitHub workflow
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End with 1 for warnings too
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Github,
}

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let mut checked = Vec::new();
    let mut unread = Vec::new();
    if args.paths.is_empty() {
        let root = Git::around(&console.directory)?.and_then(|git| git.root()).unwrap_or(console.directory.clone());
        repository(&root, None, console, &mut checked)?;
    }
    for name in &args.paths {
        // What can be read is told all the same.
        if let Err(error) = named(name, console, &mut checked) {
            unread.push(error);
        }
    }
    if checked.is_empty()
        && let Some(error) = unread.pop()
    {
        tell(&unread, console)?;
        return Err(error);
    }
    if checked.iter().all(|file| file.unread) {
        writeln!(console.err, "holdpoint: there is no checklist here, and no {}", config::PATH)?;
    }
    match args.format {
        Format::Text => write_text(&checked, console)?,
        Format::Json => write_json(&checked, console)?,
        Format::Github => write_github(&checked, console)?,
    }
    let worst = checked.iter().flat_map(|c| &c.problems).map(|p| p.severity).max();
    let bad = match worst {
        Some(Severity::Error) => true,
        Some(Severity::Warning) => args.strict,
        Some(Severity::Note) | None => false,
    };
    if let Some(error) = unread.pop() {
        tell(&unread, console)?;
        return Err(error);
    }
    Ok(if bad { Outcome::Problems } else { Outcome::Fine })
}

/// Says what else could not be read.
fn tell(unread: &[anyhow::Error], console: &mut Console<'_>) -> anyhow::Result<()> {
    for error in unread {
        writeln!(console.err, "holdpoint: {error:#}")?;
    }
    Ok(())
}

/// What one argument of the command line names.
fn named(name: &str, console: &mut Console<'_>, checked: &mut Vec<Checked>) -> anyhow::Result<()> {
    let path = console.directory.join(name);
    if name != "-" && path.is_dir() {
        return folder(name, &path, console, checked);
    }
    if name != "-" && !path.exists() && source::is_glob(name) {
        for found in source::expand(name, console)? {
            one(&found, console, checked)?;
        }
        return Ok(());
    }
    one(name, console, checked)
}

/// The root of a repository, or a folder within one: then the repository's checklists that lie in it.
fn folder(name: &str, path: &Path, console: &mut Console<'_>, checked: &mut Vec<Checked>) -> anyhow::Result<()> {
    let before = checked.len();
    let path = path.canonicalize().with_context(|| format!("look at {name}"))?;
    let around = Git::around(&path)?.and_then(|git| git.root());
    let is_root = around.as_ref() == Some(&path);
    if let Some(root) = around.filter(|root| *root != path && !path.join(config::PATH).exists()) {
        repository(&root, Some(&path), console, checked)?;
    }
    if checked.len() == before {
        repository(&path, None, console, checked)?;
    }
    if checked.len() == before && !is_root {
        bail!(
            "there is no checklist in {name}; name the files, as in `holdpoint lint {}`",
            source::plain_name(&format!("{}/*.md", name.trim_end_matches('/')))
        );
    }
    Ok(())
}

/// A file that was named, or found by a glob.
fn one(name: &str, console: &mut Console<'_>, checked: &mut Vec<Checked>) -> anyhow::Result<()> {
    let (name, text) = source::read_named(name, console)?;
    if checked.iter().any(|c| c.name == name) {
        return Ok(());
    }
    let file = name.rsplit('/').next().unwrap_or_default();
    let problems = if matches!(file, "holdpoint.yml" | "holdpoint.yaml") {
        configuration(&console.directory.join(&name), &text.text)?
    } else if form::is_named(file) && form::is_markdown(&text.text) {
        vec![Problem {
            severity: Severity::Error,
            line: 1,
            column: 1,
            width: 1,
            message: "this is Markdown in a file that is named as YAML: nothing reads it".to_owned(),
            hint: "give it a name that ends in `.md`".to_owned(),
        }]
    } else {
        let path = console.directory.join(&name);
        let (config, own) = match name.as_str() {
            source::STDIN => (ChecklistConfig::default(), None),
            own => (source::config_for(&path), Some(own)),
        };
        problems_of(&text, Kind::Template, &config, own, None)
    };
    checked.push(Checked { name, text: text.text, problems, unread: false });
    Ok(())
}

/// All that is wrong with a checklist's text; in a repository, all its paths are known.
fn problems_of(
    text: &Text,
    kind: Kind,
    config: &ChecklistConfig,
    path: Option<&str>,
    paths: Option<&[&str]>,
) -> Vec<Problem> {
    if text.text.len() > LARGEST_BLOB {
        let bytes = format!(
            "{} bytes: Holdpoint reads no checklist above 1 MiB ({})",
            grouped(text.text.len()),
            grouped(LARGEST_BLOB)
        );
        let hint = "no issue could be opened, and the gate would stay shut: shorten it".to_owned();
        return vec![Problem { severity: Severity::Error, line: 1, column: 1, width: 1, message: bytes, hint }];
    }
    let parsed = file::parse(path.unwrap_or_default(), &text.text);
    let after = config.after_headings();
    let around = lint::LintContext { replace: Some(&config.replace), after: Some(after), path, paths, form: false };
    let mut found = parsed.lint(&around);
    let trial = trial::problem(path.unwrap_or_default(), &text.text, &parsed, config)
        .map(|problem| issue_problem::in_text(&problem, &text.text));
    if kind == Kind::Step {
        parsed.soften_step(path.unwrap_or_default(), &mut found);
    }
    let mut problems = parsed.problems;
    problems.append(&mut found);
    if let Some(problem) = trial {
        problems.retain(|p| p.hint != lint::IN_PARTS);
        problems.push(problem);
    }
    if !text.whole {
        let line = text.text.lines().position(|l| l.contains('\u{fffd}')).map_or(1, |at| at + 1);
        problems.push(Problem {
            severity: Severity::Warning,
            line,
            column: 1,
            width: 1,
            message: "this file is not UTF-8 throughout".to_owned(),
            hint: "save it as UTF-8".to_owned(),
        });
    }
    problems.sort_by_key(|p| (p.line, p.column));
    problems
}

/// The configuration of a repository, its templates and its step files; only those in a folder, if one is given.
fn repository(
    root: &Path,
    only: Option<&Path>,
    console: &mut Console<'_>,
    checked: &mut Vec<Checked>,
) -> anyhow::Result<()> {
    let files = Files::folder(root)?;
    let paths = files.paths();
    let seen = |path: &str| source::seen_from(&console.directory, &root.join(path));
    let included = |path: &str| only.is_none_or(|folder| root.join(path).starts_with(folder));
    let rules = source::rules(&files)?;
    let usable = rules.config.is_some();
    let config = rules.config.unwrap_or_default();
    if let Some(text) = rules.text.filter(|_| included(config::PATH)) {
        let mut problems = rules.problems;
        problems.extend(config::named::problems(&config, &text, &there(root, &config, &paths)?));
        problems.sort_by_key(|p| (p.line, p.column));
        push(checked, Checked { name: seen(config::PATH), text, problems, unread: false });
    }
    if !usable {
        writeln!(console.err, "holdpoint: {} cannot be used; looking in the usual places", seen(config::PATH))?;
    }
    let misnamed = config::PATH.replace(".yml", ".yaml");
    if let Some(text) = files.read(&misnamed)?.filter(|_| included(&misnamed)) {
        let problem = Problem {
            severity: Severity::Warning,
            line: 1,
            column: 1,
            width: 1,
            message: format!("this file is not read: the configuration is `{}`", config::PATH),
            hint: "rename it".to_owned(),
        };
        push(checked, Checked { name: seen(&misnamed), text, problems: vec![problem], unread: false });
    }
    let usual = ChecklistConfig::default();
    for (path, (kind, name)) in source::roles(&config, &files)? {
        if paths.binary_search(&path.as_str()).is_ok() && included(&path) {
            let text = source::read(&root.join(&path))?;
            let checklist = config.checklists.get(&name).unwrap_or(&usual);
            let problems = problems_of(&text, kind, checklist, Some(&path), Some(&paths));
            push(checked, Checked { name: seen(&path), text: text.text, problems, unread: false });
        }
    }
    for (path, problem) in together(&files, &config)?.into_iter().filter(|(path, _)| included(path)) {
        let name = seen(&path);
        let file = checked
            .iter_mut()
            .find(|file| file.name == name && file.problems.iter().all(|p| p.severity != Severity::Error));
        file.into_iter().for_each(|file| file.problems.insert(0, problem.clone()));
    }
    for (path, problem) in unread(&files, &config, included)? {
        let text = source::read(&root.join(&path))?;
        push(checked, Checked { name: seen(&path), text: text.text, problems: vec![problem], unread: true });
    }
    Ok(())
}

/// What keeps the templates of a checklist from being one issue, on the file that is to blame, else on the first.
fn together(files: &Files<'_>, config: &Config) -> anyhow::Result<Vec<(String, Problem)>> {
    let mut found = Vec::new();
    for checklist in config.checklists.values() {
        let mut texts = Vec::new();
        for path in source::templates(checklist, files)? {
            texts.extend(files.read(&path)?.map(|text| File { path, text }));
        }
        if texts.len() > 1
            && let Some(hindrance) = trial::hindrance(&texts, checklist)
        {
            let why = issue_problem::sentence(&hindrance);
            let blamed = texts.iter().find(|file| why.contains(&format!("`{}`", file.path))).or(texts.first());
            let problem = issue_problem::of_file(&hindrance);
            found.extend(blamed.map(|file| (file.path.clone(), problem)));
        }
    }
    Ok(found)
}

/// Files that were meant as steps, or where there is no template as one, and that nothing reads.
fn unread(
    files: &Files<'_>,
    config: &Config,
    included: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<(String, Problem)>> {
    let paths = files.paths();
    let mut found = config::unread::steps(config, &paths);
    let templates = config.checklists.values().map(|checklist| source::templates(checklist, files));
    if templates.collect::<anyhow::Result<Vec<_>>>()?.iter().any(Vec::is_empty) {
        let roles = source::roles(config, files)?;
        for path in paths.iter().filter(|path| config::unread::may_be_template(path) && !roles.contains_key(**path)) {
            let Some(text) = files.read(path)? else { continue };
            let told = |found: &[(String, Problem)]| found.iter().any(|(known, _)| known == path);
            let problem = config::unread::template(path, &text).filter(|_| !told(&found));
            found.extend(problem.map(|problem| ((*path).to_owned(), problem)));
        }
    }
    found.retain(|(path, _)| included(path));
    Ok(found)
}

fn push(checked: &mut Vec<Checked>, new: Checked) {
    if !checked.iter().any(|c| c.name == new.name) {
        checked.push(new);
    }
}

/// What is known here of the repository that a configuration is for: its files, and its branches where the clone has them all.
fn there(root: &Path, config: &Config, paths: &[&str]) -> anyhow::Result<There> {
    let branches = match Git::around(root)?.filter(|git| git.root().as_deref() == Some(root)) {
        Some(git) => git.branches()?,
        None => None,
    };
    let mut missing = config::named::literal_branches(config);
    missing.retain(|name| branches.as_ref().is_some_and(|known| !known.contains(name)));
    Ok(There {
        paths: Some(paths.iter().map(|path| (*path).to_owned()).collect()),
        missing_branches: missing,
        branches: branches.into_iter().flatten().collect(),
        environments: None,
    })
}

/// The problems of a configuration that was named itself: where it lies in a repository as the App reads it, also what it names
/// and is not there.
fn configuration(path: &Path, text: &str) -> anyhow::Result<Vec<Problem>> {
    let (config, mut problems) = config::parse(text);
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let root = path.ancestors().nth(2).filter(|root| root.join(config::PATH) == path);
    if let (Some(config), Some(root)) = (config, root) {
        let files = Files::folder(root)?;
        problems.extend(config::named::problems(&config, text, &there(root, &config, &files.paths())?));
        problems.sort_by_key(|p| (p.line, p.column));
    }
    Ok(problems)
}

fn write_text(checked: &[Checked], console: &mut Console<'_>) -> anyhow::Result<()> {
    for file in checked {
        write_problems(&file.name, &file.text, &file.problems, console)?;
    }
    let all = || checked.iter().flat_map(|c| &c.problems);
    let notes = all().filter(|p| p.severity == Severity::Note).count();
    let problems = count(all().count() - notes, "problem");
    let notes = if notes > 0 { format!(" and {}", count(notes, "note")) } else { String::new() };
    writeln!(console.out, "{problems}{notes} in {}", count(checked.len(), "file"))?;
    Ok(())
}

/// The problems of one file as people read them: what is said of many lines is said three times.
pub(super) fn write_problems<'p>(
    file: &str,
    text: &str,
    problems: impl IntoIterator<Item = &'p Problem>,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    let lines: Vec<&str> = text.lines().collect();
    for told in group_problems(problems) {
        let line = lines.get(told.problem.line.saturating_sub(1)).copied();
        write_problem(file, line, told.problem, console)?;
        if !told.more.is_empty() {
            writeln!(console.out, "      {} {}", console.paint.text(Tone::Dim, "="), told.more)?;
        }
    }
    Ok(())
}

/// One problem as people read it, with the line that it is in.
fn write_problem(file: &str, line: Option<&str>, problem: &Problem, console: &mut Console<'_>) -> anyhow::Result<()> {
    let paint = console.paint;
    let (word, tone) = match problem.severity {
        Severity::Error => ("error", Tone::BoldRed),
        Severity::Warning => ("warning", Tone::Yellow),
        Severity::Note => ("note", Tone::Cyan),
    };
    let place = paint.text(Tone::Bold, &format!("{}:{}:{}:", shown(file), problem.line, problem.column));
    writeln!(console.out, "{place} {} {}", paint.text(tone, &format!("{word}:")), shown(&problem.message))?;
    let hint = shown(&problem.hint);
    let Some(line) = line.filter(|line| !line.trim().is_empty()) else {
        writeln!(console.out, "      {} {hint}", paint.text(Tone::Dim, "="))?;
        return Ok(());
    };
    let excerpt = excerpt(line, problem.column, problem.width);
    let bar = paint.text(Tone::Dim, "|");
    let number = paint.text(Tone::Dim, &format!("{:>5}", problem.line));
    writeln!(console.out, "{number} {bar} {}", excerpt.text)?;
    let marks = paint.text(tone, &"^".repeat(excerpt.marks));
    writeln!(console.out, "      {bar} {}{marks} {hint}", " ".repeat(excerpt.before))?;
    Ok(())
}

/// The part of a line that is shown, and which of its columns are underlined.
struct Excerpt {
    text: String,
    before: usize,
    marks: usize,
}

/// Lines are shown up to this length, in characters.
const MAX_LINE_LENGTH: usize = 110;

fn excerpt(line: &str, column: usize, width: usize) -> Excerpt {
    let chars: Vec<char> = line.trim_end().chars().collect();
    let start = column.saturating_sub(1).min(chars.len());
    let from =
        if chars.len() <= MAX_LINE_LENGTH { 0 } else { start.saturating_sub(30).min(chars.len() - MAX_LINE_LENGTH) };
    let to = (from + MAX_LINE_LENGTH).min(chars.len());
    let part = |range: std::ops::Range<usize>| -> String {
        shown(&chars.get(range).unwrap_or_default().iter().collect::<String>())
    };
    let cut_before = if from > 0 { "…" } else { "" };
    let cut_behind = if to < chars.len() { "…" } else { "" };
    Excerpt {
        text: format!("{cut_before}{}{cut_behind}", part(from..to)),
        before: columns(cut_before) + columns(&part(from..start)),
        marks: columns(&part(start..(start + width).min(to))).max(1),
    }
}
