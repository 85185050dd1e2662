//! `holdpoint audit`: the ledger of who did what and when, as tables and programs read it; and whether its chain is whole.
//!
//! Reads the database and never writes it, so it may run beside the server. It knows no secret and asks GitHub nothing.

use super::outcome::Outcome;
use super::terminal::{Console, shown};
use crate::ids::{RepoName, RepositoryId, Timestamp};
use crate::message::count;
use crate::release::ledger::{Break, ChainVerifier, Head, LedgerEntry, LineHash};
use crate::settings::{DEFAULT_GITHUB_URL, Settings};
use crate::store::{Archive, Ledgered};
use anyhow::{Context as _, bail};
use export::{Format, Row, Sheet};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

mod export;

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
    /// Verify this export instead of the database: JSON lines, or `-` for standard input
    #[arg(long, value_name = "FILE", requires = "verify", conflicts_with = "repository")]
    file: Option<String>,
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
    if let Some(file) = &args.file {
        let (chains, strange) = read_export(args, file, console)?;
        return judge(args, &chains, strange, console);
    }
    let settings = Settings {
        database_url: args.database_url.clone(),
        fallback_database_url: args.fallback_database_url.clone(),
        ..Settings::default()
    };
    let archive = Archive::open(&console.directory.join(settings.database_path()?))?;
    let repositories = chosen(args, archive.repositories().context("read which repositories there are")?)?;
    if !args.verify {
        return export(args, &archive, &repositories, console);
    }
    let mut chains = Vec::new();
    for repository in &repositories {
        let mut chain = Chain::new(called(&archive, repository)?, Head::START, args.head);
        archive.lines(repository.id, |line, hash| {
            chain.next(&line, hash);
            Ok(())
        })?;
        chains.push(chain);
    }
    if chains.is_empty() {
        writeln!(console.err, "holdpoint: the database knows no repository yet")?;
    }
    judge(args, &chains, Vec::new(), console)
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

/// A chain that is followed.
struct Chain {
    name: String,
    follower: ChainVerifier,
    /// What stood before the first line that was seen.
    before: Head,
    lines: usize,
    wanted: Option<LineHash>,
    /// Where the head that is looked for was found.
    found: Option<u64>,
}

impl Chain {
    fn new(name: String, before: Head, wanted: Option<LineHash>) -> Self {
        let found = (wanted == Some(before.hash)).then_some(before.position);
        Self { name, follower: ChainVerifier::behind(before), before, lines: 0, wanted, found }
    }

    fn next(&mut self, line: &LedgerEntry, hash: Option<LineHash>) {
        self.follower.next(line, hash);
        self.lines += 1;
        if hash.is_some() && hash == self.wanted {
            self.found = Some(line.position);
        }
    }

    fn verdict(&self) -> String {
        let Self { name, follower, before, lines, .. } = self;
        let head = follower.head();
        match follower.broken() {
            Some(broken) => format!("{name}: {}", describe(broken)),
            None if *lines == 0 => format!("{name}: the ledger has no lines yet"),
            None if before.position == 0 => {
                format!("{name}: the chain of {} is whole; head {}", count(*lines, "line"), head.hash)
            }
            None => format!(
                "{name}: the chain is whole from line {} to line {}, and the lines before are not there; head {}",
                before.position + 1,
                head.position,
                head.hash
            ),
        }
    }
}

/// Says what the chains came to. `strange` is what could not be followed at all.
fn judge(args: &Args, chains: &[Chain], strange: Vec<String>, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let mut problems = !strange.is_empty();
    for what in strange {
        writeln!(console.out, "{what}")?;
    }
    for chain in chains {
        problems |= chain.follower.broken().is_some();
        writeln!(console.out, "{}", chain.verdict())?;
    }
    if let Some(head) = args.head {
        match chains.iter().find_map(|chain| chain.found.map(|position| (&chain.name, position))) {
            Some((name, position)) => {
                writeln!(console.out, "{name}: the head that was noted is line {position} of the chain")?;
            }
            None => {
                problems = true;
                writeln!(
                    console.out,
                    "the head {head} is in no chain: lines were taken from the end since it was noted, or the chain was \
                     written anew"
                )?;
            }
        }
    }
    Ok(if problems { Outcome::Problems } else { Outcome::Fine })
}

/// The chains of an export, and its lines that are none.
fn read_export(args: &Args, file: &str, console: &mut Console<'_>) -> anyhow::Result<(Vec<Chain>, Vec<String>)> {
    let source: Box<dyn Read + '_> = if file == "-" {
        Box::new(&mut *console.input)
    } else {
        Box::new(File::open(console.directory.join(file)).with_context(|| format!("read {}", shown(file)))?)
    };
    let mut chains: BTreeMap<RepositoryId, Chain> = BTreeMap::new();
    let mut strange = Vec::new();
    for (n, text) in BufReader::new(source).lines().enumerate() {
        let text = text.with_context(|| format!("read {}", shown(file)))?;
        let (line, previous, hash) = match export::read(&text) {
            Ok(read) => read,
            Err(why) => {
                strange.push(format!("{}:{}: {why}", shown(file), n + 1));
                continue;
            }
        };
        let name = line.name.as_deref().map_or_else(|| format!("repository {}", line.repository), shown);
        let before = match line.position {
            0 | 1 => Head::START,
            later => Head { position: later - 1, hash: previous },
        };
        let chain = chains.entry(line.repository).or_insert_with(|| Chain::new(String::new(), before, args.head));
        let fits = chain.follower.head().hash == previous;
        chain.name = name;
        chain.next(&line, hash);
        if !fits && chain.follower.broken().is_none() {
            strange.push(format!("{}:{}: `previous` is not the hash of the line before", shown(file), n + 1));
        }
    }
    if chains.is_empty() && strange.is_empty() {
        writeln!(console.err, "holdpoint: {} holds no line", shown(file))?;
    }
    Ok((chains.into_values().collect(), strange))
}

/// Where a chain is broken, and what that may mean.
fn describe(broken: &Break) -> String {
    match broken {
        Break::Position { expected, found } if found > expected => {
            format!(
                "the chain is broken at line {expected}: line {found} comes next, so somebody removed the lines between"
            )
        }
        Break::Position { expected, found } => {
            format!("the chain is broken at line {expected}: line {found} comes next, which cannot be")
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

fn export(
    args: &Args,
    archive: &Archive,
    repositories: &[Ledgered],
    console: &mut Console<'_>,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut printed = 0_usize;
    let mut sheet = Sheet::begin(args.format, &mut *console.out)?;
    let fits = |line: &LedgerEntry| {
        args.since.is_none_or(|since| line.at >= since)
            && args.until.is_none_or(|until| line.at <= until)
            && args.release.as_ref().is_none_or(|label| line.release == *label)
    };
    for repository in repositories {
        let name = called(archive, repository)?;
        let mut chain = ChainVerifier::default();
        archive.lines(repository.id, |line, hash| {
            let previous = chain.head().hash;
            chain.next(&line, hash);
            if !fits(&line) {
                return Ok(());
            }
            printed += 1;
            let row = Row::of(&line, previous, hash, args.github_url.trim_end_matches('/'));
            sheet.add(&row, &name)
        })?;
        if let Some(broken) = chain.broken() {
            outcome = Outcome::Problems;
            writeln!(console.err, "holdpoint: {name}: {}", describe(broken))?;
        }
    }
    sheet.end()?;
    if printed == 0 {
        writeln!(console.err, "holdpoint: no line of the ledger fits")?;
    }
    Ok(outcome)
}
