//! What `init` writes on the console: what was found, what would change, what to do next; for people, and as JSON.
//!
//! Asks nothing and decides nothing.

use super::findings::Findings;
use super::next_steps::NextStep;
use super::project::Kind;
use super::proposal::{File, Proposal, Purpose};
use super::ruleset::{Required, Ruleset};
use crate::cli::terminal::{Console, Tone, shown};
use crate::message::count;
use serde::Serialize;
use std::path::Path;

/// What becomes of a proposed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// There is none yet.
    Create,
    /// One that exists is overwritten.
    Replace,
    /// One that exists stays as it is.
    Keep,
    /// It is there already.
    None,
}

/// All that is reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    pub(super) root: &'a Path,
    pub(super) findings: &'a Findings,
    pub(super) proposal: &'a Proposal,
    pub(super) actions: &'a [(Action, File)],
    pub(super) required: &'a [Required],
    pub(super) next: &'a [NextStep],
    pub(super) written: bool,
}

#[derive(Serialize)]
struct View<'a> {
    root: String,
    repository: Option<String>,
    found: Found<'a>,
    template: Option<String>,
    files: Vec<FileView<'a>>,
    written: bool,
    checks: Vec<&'a str>,
    rulesets: Vec<&'a Ruleset>,
    next: &'a [NextStep],
}

#[derive(Serialize)]
struct Found<'a> {
    project: Option<String>,
    because: Option<&'a str>,
    branches: &'a [String],
    environments: Vec<&'a str>,
    components: Vec<&'a str>,
    versions: usize,
    migrations: Vec<&'a str>,
    checklist: Option<&'a str>,
    configuration: bool,
}

#[derive(Serialize)]
struct FileView<'a> {
    path: &'a str,
    purpose: Purpose,
    action: Action,
    text: &'a str,
    diff: String,
}

/// Writes everything as one object.
pub(super) fn write_json(report: &Report<'_>, console: &mut Console<'_>) -> anyhow::Result<()> {
    let findings = report.findings;
    let project = findings.project.as_ref();
    let files = report.actions.iter().map(|(action, file)| FileView {
        path: &file.path,
        purpose: file.purpose,
        action: *action,
        text: &file.text,
        diff: file.diff(),
    });
    let view = View {
        root: report.root.display().to_string(),
        repository: findings.site.as_ref().map(|site| site.name.to_string()),
        found: Found {
            project: project.map(|project| project.kind.name()),
            because: project.map(|project| project.because.as_str()),
            branches: &findings.branches,
            environments: findings.environments.keys().map(String::as_str).collect(),
            components: findings.tags.components.iter().map(String::as_str).collect(),
            versions: findings.tags.versions,
            migrations: findings.migrations.iter().map(|(_, folder)| folder.as_str()).collect(),
            checklist: findings.checklist.as_ref().map(|checklist| checklist.path.as_str()),
            configuration: findings.configuration.is_some(),
        },
        template: report.proposal.kind.map(Kind::name),
        files: files.collect(),
        written: report.written,
        checks: report.required.iter().flat_map(|required| &required.checks).map(String::as_str).collect(),
        rulesets: report.required.iter().map(|required| &required.ruleset).collect(),
        next: report.next,
    };
    serde_json::to_writer_pretty(&mut *console.out, &view)?;
    writeln!(console.out)?;
    Ok(())
}

/// Writes what was found.
pub(super) fn write_findings(root: &Path, findings: &Findings, console: &mut Console<'_>) -> anyhow::Result<()> {
    let name = findings.site.as_ref().map(|site| format!(" ({})", site.name)).unwrap_or_default();
    let title = console.paint.text(Tone::Bold, "Repository");
    writeln!(console.out, "{title} {}{}", shown(&root.display().to_string()), shown(&name))?;
    for (what, value) in lines(findings) {
        writeln!(console.out, "  {:<13} {}", what, shown(&value))?;
    }
    if !findings.whole {
        writeln!(console.out, "  Not all files were looked at, because there are very many.")?;
    }
    writeln!(console.out)?;
    Ok(())
}

fn lines(findings: &Findings) -> Vec<(&'static str, String)> {
    let or_none = |list: Vec<String>, none: &str| if list.is_empty() { none.to_owned() } else { list.join(", ") };
    let project = findings.project.as_ref().map_or_else(
        || "unknown; choose a checklist with --template".to_owned(),
        |project| {
            let doubt = if project.kind == Kind::DjangoAws && !findings.aws {
                " (nothing shows that it runs on AWS: change the items that name its services)"
            } else {
                ""
            };
            format!("{}, because of {}{doubt}", project.kind.name(), project.because)
        },
    );
    let checklist = findings.checklist.as_ref().map_or_else(
        || "none yet".to_owned(),
        |checklist| format!("{}, {}", checklist.path, count(checklist.items, "item")),
    );
    let configuration = match (&findings.configuration, findings.is_configured()) {
        (None, _) => "none yet",
        (Some(_), true) => ".github/holdpoint.yml",
        (Some(_), false) => ".github/holdpoint.yml, which has errors",
    };
    let tags = &findings.tags;
    let components: Vec<String> = tags.components.iter().cloned().collect();
    let tags = match (tags.versions, components.is_empty()) {
        (0, _) => "no versions yet".to_owned(),
        (versions, true) => count(versions, "version"),
        (versions, false) => format!("{}, of {}", count(versions, "version"), some(&components)),
    };
    let environments = findings.environments.iter().map(|(name, path)| format!("{name} in {path}")).collect();
    let migrations: Vec<String> = findings.migrations.iter().map(|(_, folder)| folder.clone()).collect();
    let mut lines = vec![
        ("project", project),
        ("configuration", configuration.to_owned()),
        ("checklist", checklist),
        ("branches", or_none(findings.branches.clone(), "none that is named like production")),
        ("environments", or_none(environments, "no production environment in a workflow")),
        ("tags", tags),
    ];
    if !migrations.is_empty() {
        lines.push(("migrations", migrations.join(", ")));
    }
    lines
}

/// The first of many names.
fn some(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    let more = names.len().saturating_sub(first.len());
    if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
}

/// Writes what would change in a file.
pub(super) fn write_diff(file: &File, console: &mut Console<'_>) -> anyhow::Result<()> {
    for line in file.diff().lines() {
        let tone = match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => Some(Tone::Bold),
            Some(b'+') => Some(Tone::Green),
            Some(b'-') => Some(Tone::Red),
            Some(b'@') => Some(Tone::Cyan),
            _ => None,
        };
        let line = shown(line);
        writeln!(console.out, "{}", tone.map_or_else(|| line.clone(), |tone| console.paint.text(tone, &line)))?;
    }
    writeln!(console.out)?;
    Ok(())
}

/// Writes what to do next.
pub(super) fn write_next(next: &[NextStep], console: &mut Console<'_>) -> anyhow::Result<()> {
    writeln!(console.out, "\n{}", console.paint.text(Tone::Bold, "Next"))?;
    for (at, step) in next.iter().enumerate() {
        writeln!(console.out, "\n{}. {}", at + 1, shown(&step.text))?;
        for command in &step.commands {
            // At the left edge, so that a command of several lines can be copied.
            for line in command.lines() {
                writeln!(console.out, "{}", console.paint.text(Tone::Cyan, &shown(line)))?;
            }
        }
        if let Some(link) = &step.link {
            writeln!(console.out, "   {}", shown(link))?;
        }
    }
    Ok(())
}
