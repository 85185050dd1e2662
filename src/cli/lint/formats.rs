//! What `holdpoint lint` writes for programs: JSON, and annotations of a GitHub workflow. Decides nothing.

use super::checked::Checked;
use crate::checklist::Severity;
use crate::cli::terminal::{Console, shown};
use serde::Serialize;

#[derive(Serialize)]
struct Row<'c> {
    file: &'c str,
    line: usize,
    column: usize,
    severity: Severity,
    message: &'c str,
    hint: &'c str,
}

/// Writes problems for programs.
pub(super) fn write_json(checked: &[Checked], console: &mut Console<'_>) -> anyhow::Result<()> {
    let rows: Vec<Row<'_>> = checked
        .iter()
        .flat_map(|file| file.problems.iter().map(move |problem| (file, problem)))
        .map(|(file, p)| Row {
            file: &file.name,
            line: p.line,
            column: p.column,
            severity: p.severity,
            message: &p.message,
            hint: &p.hint,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *console.out, &rows)?;
    writeln!(console.out)?;
    Ok(())
}

/// Writes problems as annotations of a workflow.
///
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
pub(super) fn write_github(checked: &[Checked], console: &mut Console<'_>) -> anyhow::Result<()> {
    for file in checked {
        for problem in &file.problems {
            let command = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let (line, column) = (problem.line, problem.column);
            let last = column + problem.width.saturating_sub(1);
            let sentence = escape_message(&shown(&format!("{}; {}", problem.message, problem.hint)));
            let name = escape_property(&shown(&file.name));
            writeln!(console.out, "::{command} file={name},line={line},col={column},endColumn={last}::{sentence}")?;
        }
    }
    Ok(())
}

/// Source: `escapeData` in <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>.
fn escape_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Source: `escapeProperty`, at the same place.
fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}
