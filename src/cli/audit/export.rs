//! A line of the ledger as it is printed, for spreadsheets and for programs, and read again from what was printed for programs.
//!
//! Follows no chain and opens no file.

use crate::ids::{AccountId, IssueNumber, RepoName, RepositoryId, Timestamp};
use crate::message::item_reason::rejection;
use crate::release::Site;
use crate::release::ledger::{LedgerEntry, LineHash};
use crate::release::progress::Mark;
use serde::{Deserialize, Serialize};
use std::io::Write;

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A table, safe to open in a spreadsheet.
    Csv,
    /// One JSON object a line, exact.
    Jsonl,
}

/// A line as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct Row<'l> {
    repository: Option<&'l str>,
    repository_id: RepositoryId,
    position: u64,
    release: &'l str,
    release_id: i64,
    checklist: &'l str,
    commit: &'l str,
    issue: Option<u64>,
    url: Option<String>,
    item: &'l str,
    text: Option<&'l str>,
    change: &'l str,
    counted: bool,
    reason: Option<String>,
    refused: Option<String>,
    who: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    who_id: Option<AccountId>,
    when: String,
    how: &'l str,
    delivery: &'l str,
    stored: Stored<'l>,
    previous: String,
    hash: Option<String>,
}

/// What `change`, `counted`, `reason` and `refused` are told from, as it is stored and hashed.
#[derive(Debug, Serialize)]
struct Stored<'l> {
    mark: &'l str,
    reason: Option<&'l str>,
    refused: Option<&'l str>,
}

const HEADINGS: [&str; 17] = [
    "repository",
    "release",
    "checklist",
    "commit",
    "issue",
    "item",
    "text",
    "change",
    "counted",
    "reason",
    "refused",
    "who",
    "when",
    "how",
    "delivery",
    "position",
    "hash",
];

/// What becomes of an item, in a word; a stored mark that cannot be read is shown as it is.
fn word(line: &LedgerEntry) -> &str {
    match line.change() {
        Some(Mark::Open) => "open",
        Some(Mark::Done) => "done",
        Some(Mark::Skipped(_)) => "skipped",
        Some(Mark::Missing) => "missing",
        Some(Mark::Reworded) => "reworded",
        None => &line.mark,
    }
}

impl<'l> Row<'l> {
    /// A line with the hash of the line before it and its own.
    pub(super) fn of(line: &'l LedgerEntry, previous: LineHash, hash: Option<LineHash>, github: &str) -> Self {
        let site = line.name.as_deref().and_then(RepoName::parse).map(|name| Site { url: github.to_owned(), name });
        let refused = line.rejection().map(|why| rejection(&why));
        Self {
            repository: line.name.as_deref(),
            repository_id: line.repository,
            position: line.position,
            release: &line.release,
            release_id: line.release_id,
            checklist: &line.checklist,
            commit: &line.commit,
            issue: line.issue.map(|n| n.0),
            url: site.zip(line.issue).map(|(site, number)| site.issue(number)),
            item: &line.item,
            text: line.text.as_deref(),
            change: word(line),
            counted: refused.is_none(),
            reason: line.given_reason(),
            refused,
            who: &line.by,
            who_id: line.by_id,
            when: line.at.rfc3339(),
            how: &line.how,
            delivery: &line.delivery,
            stored: Stored { mark: &line.mark, reason: line.reason.as_deref(), refused: line.refused.as_deref() },
            previous: previous.to_string(),
            hash: hash.map(|h| h.to_string()),
        }
    }
}

/// The cells of a row, under [`HEADINGS`].
fn cells(row: &Row<'_>, repository: &str) -> [String; 17] {
    let some = |text: Option<&str>| cell(text.unwrap_or_default());
    let issue = row.url.clone().or_else(|| row.issue.map(|n| n.to_string()));
    [
        cell(row.repository.unwrap_or(repository)),
        cell(row.release),
        cell(row.checklist),
        cell(row.commit),
        some(issue.as_deref()),
        cell(row.item),
        some(row.text),
        cell(row.change),
        if row.counted { "yes" } else { "no" }.to_owned(),
        some(row.reason.as_deref()),
        some(row.refused.as_deref()),
        cell(row.who),
        row.when.clone(),
        cell(row.how),
        cell(row.delivery),
        row.position.to_string(),
        some(row.hash.as_deref()),
    ]
}

/// Foreign text for a cell: a spreadsheet executes what begins like a formula, and a terminal what has control characters.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
fn cell(text: &str) -> String {
    let quiet = |c: char| if c.is_control() && !matches!(c, '\n' | '\r' | '\t') { '\u{fffd}' } else { c };
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    formula.then_some('\'').into_iter().chain(text.chars().map(quiet)).collect()
}

/// Where rows go.
pub(super) enum Sheet<'o> {
    Csv(Box<csv::Writer<&'o mut dyn Write>>),
    Jsonl(&'o mut dyn Write),
}

impl<'o> Sheet<'o> {
    /// Begins with the headings, where there are some.
    pub(super) fn begin(format: Format, out: &'o mut dyn Write) -> anyhow::Result<Self> {
        match format {
            Format::Csv => {
                let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
                table.write_record(HEADINGS).map_err(io_error)?;
                Ok(Self::Csv(Box::new(table)))
            }
            Format::Jsonl => Ok(Self::Jsonl(out)),
        }
    }

    /// Adds a row; `repository` stands in for a name that was not known.
    pub(super) fn add(&mut self, row: &Row<'_>, repository: &str) -> anyhow::Result<()> {
        match self {
            Self::Csv(table) => table.write_record(cells(row, repository)).map_err(io_error),
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, row)?;
                Ok(out.write_all(b"\n")?)
            }
        }
    }

    /// Hands everything on.
    pub(super) fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(mut table) => Ok(table.flush()?),
            Self::Jsonl(out) => Ok(out.flush()?),
        }
    }
}

/// A row as it comes back. What is told from other fields is compared afterwards.
#[derive(Deserialize)]
struct Exported {
    repository: Option<String>,
    repository_id: RepositoryId,
    position: u64,
    release: String,
    release_id: i64,
    checklist: String,
    commit: String,
    issue: Option<u64>,
    item: String,
    text: Option<String>,
    who: String,
    who_id: Option<AccountId>,
    when: String,
    how: String,
    delivery: String,
    stored: Kept,
    previous: String,
    hash: Option<String>,
}

#[derive(Deserialize)]
struct Kept {
    mark: String,
    reason: Option<String>,
    refused: Option<String>,
}

/// Reads a printed JSON line: the line, the hash of the one before, and its own.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn read(text: &str) -> Result<(LedgerEntry, LineHash, Option<LineHash>), String> {
    let strange = |why: &dyn std::fmt::Display| format!("this is no line of `holdpoint audit --format jsonl`: {why}");
    let mut value: serde_json::Value = serde_json::from_str(text).map_err(|error| strange(&error))?;
    let found: Exported = Deserialize::deserialize(&value).map_err(|error| strange(&error))?;
    let previous = LineHash::parse(&found.previous).ok_or_else(|| strange(&"`previous` is no hash"))?;
    let hash = found.hash.as_deref().and_then(LineHash::parse);
    let line = LedgerEntry {
        repository: found.repository_id,
        position: found.position,
        name: found.repository,
        release_id: found.release_id,
        release: found.release,
        checklist: found.checklist,
        commit: found.commit,
        issue: found.issue.map(IssueNumber),
        item: found.item,
        text: found.text,
        mark: found.stored.mark,
        how: found.how,
        reason: found.stored.reason,
        refused: found.stored.refused,
        by: found.who,
        by_id: found.who_id,
        at: Timestamp::parse(&found.when).ok_or_else(|| strange(&"`when` is no time"))?,
        delivery: found.delivery,
    };
    // The rest is told from these fields: whoever changed only that is seen here. Links depend on who printed them.
    let mut again = serde_json::to_value(Row::of(&line, previous, hash, "")).map_err(|error| strange(&error))?;
    for row in [&mut value, &mut again] {
        if let Some(fields) = row.as_object_mut() {
            fields.remove("url");
        }
    }
    if value == again {
        Ok((line, previous, hash))
    } else {
        Err("this line was changed: its fields do not fit each other".to_owned())
    }
}

/// What went wrong with the stream, where that is what did: a reader may have gone away.
fn io_error(error: csv::Error) -> anyhow::Error {
    let said = error.to_string();
    if let csv::ErrorKind::Io(error) = error.into_kind() { error.into() } else { anyhow::anyhow!(said) }
}
