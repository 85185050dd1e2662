//! `holdpoint audit`: the ledger of who did what and when, as tables and programs read it; and whether its chain is whole.
//!
//! Reads the database and never writes it, so it may run beside the server. It knows no secret and asks GitHub nothing.

use super::Outcome;
use super::terminal::{Console, shown};
use crate::ids::{RepoName, RepositoryId, Timestamp};
use crate::message::count;
use crate::release::Site;
use crate::release::ledger::{Break, Follower, Line, LineHash};
use crate::release::progress::Mark;
use crate::settings::{DEFAULT_GITHUB_URL, Settings};
use crate::store::{Archive, Ledgered};
use anyhow::{Context as _, bail};
use serde::Serialize;
use std::io::Write;

/// What `audit` can be told.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 the chain is whole; 1 it is broken, or has lost its head; 2 usage or environment.\n\
                        Times are UTC. A cell of CSV that a spreadsheet would take for a formula gets a ' in front; JSON \
                        lines are exact."
)]
pub struct Args {
    /// The repository, by the name that it has or had; every one where it is left out
    #[arg(value_name = "OWNER/REPO", value_parser = repository)]
    repository: Option<RepoName>,
    /// Only lines from this day or time on: 2026-11-01, 2026-11-01T14:00:00Z
    #[arg(long, value_name = "DATE", value_parser = since)]
    since: Option<Timestamp>,
    /// Only lines up to this day or time, included
    #[arg(long, value_name = "DATE", value_parser = until)]
    until: Option<Timestamp>,
    /// Only lines of the release that is called so: v1.4.0
    #[arg(long, value_name = "LABEL")]
    release: Option<String>,
    /// For spreadsheets, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Print no lines; say whether the chain is whole, and its head
    #[arg(long, conflicts_with_all = ["since", "until", "release", "format"])]
    verify: bool,
    /// A head that was noted before, which must still be part of the chain
    #[arg(long, value_name = "HASH", requires = "verify", value_parser = head)]
    head: Option<LineHash>,
    /// Database, as `sqlite://PATH` [default: `$DATABASE_URL`, or `sqlite://holdpoint.db`]
    #[arg(long, env = "HOLDPOINT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// What other tools call the database's address.
    #[arg(long, env = "DATABASE_URL", hide = true)]
    fallback_database_url: Option<String>,
    /// GitHub's pages, for links
    #[arg(long, env = "HOLDPOINT_GITHUB_URL", value_name = "URL", default_value = DEFAULT_GITHUB_URL)]
    github_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

fn repository(text: &str) -> Result<RepoName, String> {
    RepoName::parse(text).ok_or_else(|| "write OWNER/REPO, such as acme/rocket".to_owned())
}

fn head(text: &str) -> Result<LineHash, String> {
    LineHash::parse(text).ok_or_else(|| "a head is the 64 hexadecimal digits that `audit --verify` prints".to_owned())
}

/// A time as it is typed: its first second, and its last.
fn moment(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let day = (text.len() == "2026-11-01".len()).then(|| Timestamp::parse(&format!("{text}T00:00:00Z"))).flatten();
    match (day, Timestamp::parse(text)) {
        (Some(day), _) => Ok((day, Timestamp(day.0 + 86_399))),
        (None, Some(time)) => Ok((time, time)),
        (None, None) => Err("write a day such as 2026-11-01, or a time such as 2026-11-01T14:00:00Z".to_owned()),
    }
}

fn since(text: &str) -> Result<Timestamp, String> {
    moment(text).map(|(first, _)| first)
}

fn until(text: &str) -> Result<Timestamp, String> {
    moment(text).map(|(_, last)| last)
}

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let settings = Settings {
        database_url: args.database_url.clone(),
        fallback_database_url: args.fallback_database_url.clone(),
        ..Settings::default()
    };
    let archive = Archive::open(&console.directory.join(settings.database_path()?))?;
    let repositories = chosen(args, archive.repositories().context("read which repositories there are")?)?;
    if args.verify {
        verify(args, &archive, &repositories, console)
    } else {
        export(args, &archive, &repositories, console)
    }
}

fn chosen(args: &Args, mut all: Vec<Ledgered>) -> anyhow::Result<Vec<Ledgered>> {
    let Some(wanted) = args.repository.as_ref().map(ToString::to_string) else { return Ok(all) };
    let known: Vec<String> = all.iter().flat_map(|r| r.names.iter().map(|name| shown(name))).collect();
    all.retain(|r| r.names.iter().any(|name| name.eq_ignore_ascii_case(&wanted)));
    if all.is_empty() {
        let known =
            if known.is_empty() { "it knows none yet".to_owned() } else { format!("known are {}", known.join(", ")) };
        bail!("the database knows no repository {wanted}: {known}");
    }
    Ok(all)
}

/// What people call a repository: its present name, else its last one, else its id.
fn called(archive: &Archive, repository: &Ledgered) -> anyhow::Result<String> {
    let name = archive.present_name(repository.id)?.or_else(|| repository.names.last().cloned());
    Ok(name.map_or_else(|| format!("repository {}", repository.id), |name| shown(&name)))
}

// ---- Whether the chain is whole ----

fn verify(
    args: &Args,
    archive: &Archive,
    repositories: &[Ledgered],
    console: &mut Console<'_>,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut found_head = None;
    for repository in repositories {
        let name = called(archive, repository)?;
        let mut chain = Follower::default();
        let mut lines = 0_usize;
        archive.lines(repository.id, |line, hash| {
            chain.next(&line, hash);
            lines += 1;
            if hash.is_some() && hash == args.head {
                found_head = Some(format!("{name}: the head that was noted is line {} of the chain", line.position));
            }
            Ok(())
        })?;
        match chain.broken() {
            Some(broken) => {
                outcome = Outcome::Problems;
                writeln!(console.out, "{name}: {}", said(broken))?;
            }
            None if lines == 0 => writeln!(console.out, "{name}: the ledger has no lines yet")?,
            None => {
                writeln!(
                    console.out,
                    "{name}: the chain of {} is whole; head {}",
                    count(lines, "line"),
                    chain.head().hash
                )?;
            }
        }
    }
    if repositories.is_empty() {
        writeln!(console.err, "holdpoint: the database knows no repository yet")?;
    }
    match (args.head, found_head) {
        (None, _) => {}
        (Some(_), Some(found)) => writeln!(console.out, "{found}")?,
        (Some(LineHash::START), None) => {}
        (Some(head), None) => {
            outcome = Outcome::Problems;
            writeln!(
                console.out,
                "the head {head} is in no chain: lines were taken from the end since it was noted, or the chain was written anew"
            )?;
        }
    }
    Ok(outcome)
}

/// Where a chain is broken, and what that may mean.
fn said(broken: &Break) -> String {
    match broken {
        Break::Position { expected, found } if found > expected => {
            format!(
                "the chain is broken at line {expected}: line {found} stands there, so what was between was taken out"
            )
        }
        Break::Position { expected, found } => {
            format!("the chain is broken at line {expected}: line {found} stands there, which cannot come next")
        }
        Break::Hash { position, found: None, .. } => {
            format!(
                "the chain is broken at line {position}: it has no hash. Start `holdpoint serve` once if this version is new"
            )
        }
        Break::Hash { position, expected, found: Some(found) } => format!(
            "the chain is broken at line {position}: its hash is {found}, and from what the lines say {expected} follows. \
             The line was changed, moved or put in, or one before it was"
        ),
    }
}

// ---- The lines ----

/// A line as it is printed.
#[derive(Debug, Serialize)]
struct Row<'l> {
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
    when: String,
    how: &'l str,
    delivery: &'l str,
    previous: String,
    hash: Option<String>,
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
fn word(line: &Line) -> &str {
    match line.change() {
        Some(Mark::Open) => "open",
        Some(Mark::Done) => "done",
        Some(Mark::Skipped(_)) => "skipped",
        Some(Mark::Missing) => "missing",
        Some(Mark::Reworded) => "reworded",
        None => &line.mark,
    }
}

fn row<'l>(line: &'l Line, previous: LineHash, hash: Option<LineHash>, github: &str) -> Row<'l> {
    let site = line.name.as_deref().and_then(RepoName::parse).map(|name| Site { url: github.to_owned(), name });
    let refused = line.why_not();
    Row {
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
        when: line.at.rfc3339(),
        how: &line.how,
        delivery: &line.delivery,
        previous: previous.to_string(),
        hash: hash.map(|h| h.to_string()),
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
enum Sheet<'o> {
    Csv(Box<csv::Writer<&'o mut dyn Write>>),
    Jsonl(&'o mut dyn Write),
}

impl<'o> Sheet<'o> {
    fn begin(format: Format, out: &'o mut dyn Write) -> anyhow::Result<Self> {
        match format {
            Format::Csv => {
                let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
                table.write_record(HEADINGS).map_err(io_error)?;
                Ok(Self::Csv(Box::new(table)))
            }
            Format::Jsonl => Ok(Self::Jsonl(out)),
        }
    }

    fn add(&mut self, row: &Row<'_>, repository: &str) -> anyhow::Result<()> {
        match self {
            Self::Csv(table) => table.write_record(cells(row, repository)).map_err(io_error),
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, row)?;
                Ok(out.write_all(b"\n")?)
            }
        }
    }

    fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(mut table) => Ok(table.flush()?),
            Self::Jsonl(out) => Ok(out.flush()?),
        }
    }
}

fn export(
    args: &Args,
    archive: &Archive,
    repositories: &[Ledgered],
    console: &mut Console<'_>,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut printed = 0_usize;
    let mut sheet = Sheet::begin(args.format, &mut *console.out)?;
    let fits = |line: &Line| {
        args.since.is_none_or(|since| line.at >= since)
            && args.until.is_none_or(|until| line.at <= until)
            && args.release.as_ref().is_none_or(|label| line.release == *label)
    };
    for repository in repositories {
        let name = called(archive, repository)?;
        let mut chain = Follower::default();
        archive.lines(repository.id, |line, hash| {
            let previous = chain.head().hash;
            chain.next(&line, hash);
            if !fits(&line) {
                return Ok(());
            }
            printed += 1;
            let row = row(&line, previous, hash, args.github_url.trim_end_matches('/'));
            sheet.add(&row, &name)
        })?;
        if let Some(broken) = chain.broken() {
            outcome = Outcome::Problems;
            writeln!(console.err, "holdpoint: {name}: {}", said(broken))?;
        }
    }
    sheet.end()?;
    if printed == 0 {
        writeln!(console.err, "holdpoint: no line of the ledger fits")?;
    }
    Ok(outcome)
}

/// What went wrong with the stream, where that is what did: a reader may have gone away.
fn io_error(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => anyhow::anyhow!("write CSV: {other:?}"),
    }
}
