//! The rules of the house that no compiler keeps: which room may use which, what the core must not know, how long a file
//! may grow, and that the papers outside of `src` say what the code says.
//!
//! `ARCHITECTURE.md` draws the same table for people. A new arrow is a change of [`ROOMS`], so that reviewers see it.

mod circles;
mod functions;
mod sentences;
mod source;
mod words;

use circles::Imports;
use serde::Deserialize;
use source::{Source, Token, files, read, sources, tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// Every room below `src` and the rooms that it may use. Each stands below all that it uses, so there are no circles.
const ROOMS: &[(&str, Floor, &[&str])] = &[
    ("ids", Floor::Core, &[]),
    ("checklist", Floor::Core, &[]),
    ("config", Floor::Core, &["checklist"]),
    ("release", Floor::Core, &["ids", "checklist", "config"]),
    ("gate", Floor::Core, &["ids", "checklist", "config", "release"]),
    ("event", Floor::Core, &["ids"]),
    ("effect", Floor::Core, &["ids", "checklist", "release", "gate"]),
    ("message", Floor::Core, &["ids", "checklist", "config", "release", "gate"]),
    ("plan", Floor::Core, &["ids", "checklist", "config", "release", "gate", "event", "effect", "message"]),
    ("telemetry", Floor::Shell, &[]),
    ("settings", Floor::Shell, &["telemetry"]),
    ("store", Floor::Shell, &["ids", "checklist", "release", "telemetry"]),
    ("github", Floor::Shell, &["ids", "config", "event", "settings", "telemetry"]),
    (
        "handle",
        Floor::Shell,
        &[
            "ids",
            "checklist",
            "config",
            "release",
            "gate",
            "event",
            "effect",
            "message",
            "plan",
            "settings",
            "telemetry",
            "store",
            "github",
        ],
    ),
    ("worker", Floor::Shell, &["telemetry", "store", "github", "handle"]),
    ("server", Floor::Shell, &["settings", "telemetry", "store", "github"]),
    ("sweep", Floor::Shell, &["ids", "github", "handle"]),
    ("app", Floor::Shell, &["settings", "telemetry", "store", "github", "handle", "worker", "sweep", "server"]),
    ("sandbox", Floor::Shell, &["ids"]),
    (
        "cli",
        Floor::Shell,
        &[
            "ids",
            "checklist",
            "config",
            "release",
            "gate",
            "event",
            "effect",
            "message",
            "plan",
            "settings",
            "telemetry",
            "store",
            "github",
            "handle",
            "app",
            "sandbox",
        ],
    ),
    ("main", Floor::Shell, &["cli"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Floor {
    /// Pure and synchronous.
    Core,
    /// All input and output.
    Shell,
}

/// Words that no file of the core may use as a name.
const NOT_IN_CORE: &[&str] = &[
    "tokio",
    "axum",
    "octocrab",
    "rusqlite",
    "refinery",
    "tracing",
    "http",
    "clap",
    "git2",
    "SystemTime",
    "Instant",
    "async",
    "await",
];

/// What no file of the core may take from the standard library.
const STD_NOT_IN_CORE: &[&str] = &["env", "fs", "net", "process", "thread"];

/// What may be taken from `std::process`, and where: nothing runs another program.
const OF_PROCESS: (&[&str], &[&str]) = (&["ExitCode", "exit", "id"], &["cli", "main"]);

/// Crates that live in one room.
const AT_HOME: &[(&str, &str)] = &[
    ("octocrab", "github"),
    ("rustls", "github"),
    ("hyper_rustls", "github"),
    ("hyper_timeout", "github"),
    ("webpki_roots", "github"),
    ("rusqlite", "store"),
    ("refinery", "store"),
];

/// The stages of `src/handle`: a file uses files of its own stage and of those before it. What is not named belongs to the flows,
/// and only [`LAST`] knows their order.
const STAGES: &[&[&str]] = &[
    &["context"],
    &["facts", "edit_history", "own_issues", "people", "release_state", "release_parts", "own_checks", "read_ahead"],
    &["apply"],
];

/// The file of `src/handle` that no other file there uses.
const LAST: &str = "dispatch";

/// Lines that a file below `src` may have.
const LONGEST: usize = 500;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

fn is_core(source: &Source) -> bool {
    ROOMS.iter().any(|(name, floor, _)| *name == source.room() && *floor == Floor::Core)
}

/// The names that follow a path's beginning: one, or each of a group `{a, b::c}`. `*` where everything is meant.
fn named<'s>(tokens: &[Token<'s>]) -> Vec<(usize, &'s str)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.line, first.text)];
    }
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut wanted = false;
    for token in tokens {
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "," => {}
            name if wanted && depth == 1 => names.push((token.line, name)),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        wanted = matches!(token.text, "{" | ",");
    }
    names
}

/// The rooms that a file names, each with its line: `crate::room`, `holdpoint::room`, and `super::` where it climbs out.
fn arrows(source: &Source) -> Vec<(usize, String)> {
    let tokens = tokens(&source.text);
    let mut found = Vec::new();
    let mut braces = 0_usize;
    // How many braces are open around each module within the file.
    let mut inner: Vec<usize> = Vec::new();
    let mut supers = 0;
    for (at, token) in tokens.iter().enumerate() {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        let behind = |ahead: usize| tokens.get(at + ahead..).unwrap_or_default();
        match token.text {
            "mod" if text(2) == "{" => inner.push(braces),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inner.retain(|outside| *outside < braces);
            }
            _ => {}
        }
        if !matches!(token.text, "super" | "::") {
            supers = 0;
        }
        let starts = match token.text {
            "crate" | "holdpoint" => text(1) == "::",
            "super" if text(1) == "::" => {
                supers += 1;
                let depth = source.modules().len() + inner.len();
                supers >= depth && text(2) != "super"
            }
            _ => false,
        };
        if starts {
            found.extend(named(behind(2)).into_iter().map(|(line, name)| (line, name.to_owned())));
        }
    }
    found
}

/// Arrows that the table does not have.
fn forbidden_arrows(source: &Source) -> Vec<String> {
    if source.path == "src/lib.rs" || source.is_test() {
        return Vec::new();
    }
    let path = &source.path;
    let room = source.room();
    let Some((_, _, may_use)) = ROOMS.iter().find(|(name, ..)| *name == room) else {
        return vec![format!("{path}:1: {room} is no room of the table in tests/it/tidy.rs")];
    };
    let is_room = |name: &str| name == "*" || ROOMS.iter().any(|(room, ..)| *room == name);
    arrows(source)
        .into_iter()
        .filter(|(_, name)| is_room(name) && name != room && !may_use.contains(&name.as_str()))
        .map(|(line, name)| match name.as_str() {
            "*" => format!("{path}:{line}: {room} must not use everything: name the rooms"),
            name => format!("{path}:{line}: {room} must not use {name}"),
        })
        .collect()
}

/// What a file uses of the outside world and must not.
fn forbidden_names(source: &Source) -> Vec<String> {
    let (path, room) = (&source.path, source.room());
    let mut said = Vec::new();
    let tokens = tokens(&source.text);
    for (at, token) in tokens.iter().enumerate() {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        let line = token.line;
        for (name, home) in AT_HOME {
            if token.text == *name && room != *home {
                said.push(format!("{path}:{line}: {name} is used in {home} only"));
            }
        }
        if is_core(source) && !source.is_test() {
            if NOT_IN_CORE.contains(&token.text) && !AT_HOME.iter().any(|(name, _)| *name == token.text) {
                said.push(format!("{path}:{line}: {room} is pure and must not use {}", token.text));
            }
            if token.text == "std" && text(1) == "::" {
                for (line, name) in named(tokens.get(at + 2..).unwrap_or_default()) {
                    if STD_NOT_IN_CORE.contains(&name) {
                        said.push(format!("{path}:{line}: {room} is pure and must not use std::{name}"));
                    }
                }
            }
            if matches!(token.text, "Utc" | "Local") && text(1) == "::" && text(2) == "now" {
                said.push(format!("{path}:{line}: {room} is pure and must be told the time"));
            }
        }
    }
    said
}

/// What a file could run another program with. Unsafe code is forbidden, so there is no way around the standard library.
fn programs(source: &Source) -> Vec<String> {
    let (path, room) = (&source.path, source.room());
    let (names, rooms) = OF_PROCESS;
    let tokens = tokens(&source.text);
    let mut said = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        if matches!(token.text, "CommandExt" | "posix_spawn" | "execve") {
            said.push(format!("{path}:{}: no program is run: {} is for that", token.line, token.text));
        }
        // `process::…`, in whatever path or group; `tokio::process` and the bare name in an import have no such names.
        let of_group =
            at > 0 && matches!(tokens[at - 1].text, "::" | "{" | ",") && matches!(text(1), ";" | "," | "}" | "as");
        if token.text != "process" || !(text(1) == "::" || of_group) {
            continue;
        }
        let of_tokio = at > 1 && tokens[at - 2].text == "tokio";
        let taken = if of_group { vec![(token.line, "process")] } else { named(&tokens[at + 2..]) };
        for (line, name) in taken {
            if of_tokio || !names.contains(&name) || !(rooms.contains(&room) || source.is_test()) {
                said.push(format!("{path}:{line}: {room} must not use {name} of a process: no program is run"));
            }
        }
    }
    said
}

/// Product code that is other code in a test, and code that is not there yet.
fn two_faces(source: &Source) -> Vec<String> {
    let path = &source.path;
    let mut said = Vec::new();
    let tokens = tokens(&source.text);
    for (at, token) in tokens.iter().enumerate() {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        let line = token.line;
        if matches!(token.text, "todo" | "unimplemented") && text(1) == "!" {
            said.push(format!("{path}:{line}: {}! is no product code", token.text));
        }
        let is_cfg = matches!(token.text, "cfg" | "cfg_attr") && matches!(text(1), "(" | "!");
        if !is_cfg || source.is_test() {
            continue;
        }
        let inside = tokens.get(at + 1..).unwrap_or_default();
        let names_test = inside.iter().take_while(|t| !matches!(t.text, "]" | ";" | "{")).any(|t| t.text == "test");
        // `#[cfg(test)] mod tests;`, with or without a visibility.
        let mut after = tokens.get(at + 5..).unwrap_or_default().iter().map(|t| t.text).filter(|t| *t != "pub");
        let mut next = || after.find(|t| !matches!(*t, "(" | "crate" | "super" | "in" | "::" | ")"));
        let plain = token.text == "cfg" && text(1) == "(" && text(2) == "test" && text(3) == ")" && text(4) == "]";
        if names_test && !(plain && [next(), next(), next()] == [Some("mod"), Some("tests"), Some(";")]) {
            said.push(format!(
                "{path}:{line}: the product must not know that it is tested: only `#[cfg(test)] mod tests;`"
            ));
        }
    }
    said
}

fn assert_none(said: &[String]) {
    assert!(said.is_empty(), "\n{}\n", said.join("\n"));
}

// ---- The rules ----

#[test]
fn every_room_uses_only_what_it_may() -> io::Result<()> {
    assert_none(&sources()?.iter().flat_map(forbidden_arrows).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn no_files_lead_to_each_other() -> io::Result<()> {
    assert_none(&Imports::of(&sources()?).circles());
    Ok(())
}

/// Arrows within `src/handle` that lead to a later stage.
fn arrows_up(imports: &Imports<'_>) -> Vec<String> {
    let stage = |file: &str| {
        let inside = file.strip_prefix("src/handle/")?;
        let name = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let flows = STAGES.len();
        let known = STAGES.iter().position(|stage| stage.contains(&name));
        (name != "mod").then(|| known.unwrap_or(if name == LAST { flows + 1 } else { flows }))
    };
    let mut said = Vec::new();
    for (file, taken) in imports.arrows() {
        for (other, (line, name)) in taken {
            if let (Some(from), Some(to)) = (stage(&file), stage(&other))
                && (from < to || to > STAGES.len())
            {
                said.push(format!("{file}:{line}: takes {name} from {other}, which is of a later stage"));
            }
        }
    }
    said
}

#[test]
fn what_handles_a_batch_is_in_stages_and_no_file_uses_a_later_one() -> io::Result<()> {
    let sources = sources()?;
    for name in STAGES.iter().flat_map(|stage| stage.iter()).chain([&LAST]) {
        let file = |source: &Source| source.modules().get(1) == Some(name) && source.room() == "handle";
        assert!(sources.iter().any(file), "src/handle has no {name}");
    }
    assert_none(&arrows_up(&Imports::of(&sources)));
    Ok(())
}

/// What a read may note: that an organization has a file, so that one which is hidden later is not taken for none.
const MAY_NOTE: &[&str] = &["organisation_has_file"];

/// Functions that change the database or something on GitHub, by their bodies.
fn writers(sources: &[Source]) -> BTreeSet<String> {
    let changes = ["self.write(", "self.installation.post(", "self.installation.patch", "self.installation.delete("];
    let mut names = BTreeSet::new();
    for source in sources.iter().filter(|s| ["store", "github"].contains(&s.room()) && !s.is_test()) {
        let mut name = String::new();
        for line in source.text.lines() {
            if let Some((_, rest)) = line.split_once("pub async fn ").filter(|(before, _)| before.trim().is_empty()) {
                name = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            }
            if !name.is_empty() && changes.iter().any(|change| line.contains(change)) {
                names.insert(name.clone());
            }
        }
    }
    names
}

/// Calls of writers in files that gather facts.
fn writes_in_reads(source: &Source, writers: &BTreeSet<String>) -> Vec<String> {
    let reads = source.room() == "handle" && source.modules().get(1).is_some_and(|name| STAGES[1].contains(name));
    let tokens = tokens(&source.text);
    let calls = tokens.windows(3).filter(|_| reads).filter_map(|three| match three {
        [dot, name, open] if dot.text == "." && open.text == "(" => Some(name),
        _ => None,
    });
    calls
        .filter(|name| writers.contains(name.text) && !MAY_NOTE.contains(&name.text))
        .map(|name| {
            format!("{}:{}: a file that gathers facts calls `{}`, which writes", source.path, name.line, name.text)
        })
        .collect()
}

#[test]
fn what_gathers_facts_writes_nothing() -> io::Result<()> {
    let sources = sources()?;
    let writers = writers(&sources);
    for known in ["record", "note_named", "create_check_run", "change_issue", "close_issue", "organisation_has_file"] {
        assert!(writers.contains(known), "{known} writes, and was not found");
    }
    assert!(!writers.contains("release_by_id") && !writers.contains("issue"), "{writers:?}");
    assert_none(&sources.iter().flat_map(|source| writes_in_reads(source, &writers)).collect::<Vec<_>>());
    let text = "async fn look() {\n    ctx.store.record(1).await;\n}\n".to_owned();
    let planted = Source { path: "src/handle/people.rs".to_owned(), text };
    let found = writes_in_reads(&planted, &writers);
    assert_eq!(found, ["src/handle/people.rs:2: a file that gathers facts calls `record`, which writes"]);
    Ok(())
}

#[test]
fn every_room_of_the_table_stands_below_all_that_it_may_use() {
    let mut above = BTreeSet::new();
    for (name, floor, may_use) in ROOMS {
        for used in *may_use {
            assert!(above.contains(used), "{name} may use {used}, which is no room above it");
            let leads_down = *floor == Floor::Core && ROOMS.iter().any(|(n, f, _)| n == used && *f == Floor::Shell);
            assert!(!leads_down, "{name} is in the core and may use {used} of the shell");
        }
        assert!(above.insert(*name), "{name} stands twice in the table");
    }
}

#[test]
fn the_crate_has_the_rooms_of_the_table_and_no_other() -> io::Result<()> {
    let table: BTreeSet<&str> = ROOMS.iter().map(|(name, ..)| *name).collect();
    let sources = sources()?;
    let found: BTreeSet<&str> = sources.iter().map(Source::room).filter(|room| *room != "lib").collect();
    assert_eq!(found, table, "left: below src; right: the table in tests/it/tidy.rs");
    Ok(())
}

#[test]
fn the_core_knows_no_outside_world_and_guests_stay_in_their_rooms() -> io::Result<()> {
    assert_none(&sources()?.iter().flat_map(forbidden_names).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn nothing_runs_another_program() -> io::Result<()> {
    assert_none(&sources()?.iter().flat_map(programs).collect::<Vec<_>>());
    let manifest = read("Cargo.toml")?;
    assert!(manifest.contains("unsafe_code = \"forbid\""), "unsafe code could call what runs a program");
    Ok(())
}

#[test]
fn the_product_does_not_know_that_it_is_tested() -> io::Result<()> {
    assert_none(&sources()?.iter().flat_map(two_faces).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn no_file_is_too_long() -> io::Result<()> {
    let sources = sources()?;
    let mut said = Vec::new();
    for source in &sources {
        let lines = source.text.lines().count();
        if lines > LONGEST && !LONGER.iter().any(|(path, _)| *path == source.path) {
            said.push(format!("{}: {lines} lines, and {LONGEST} is the most", source.path));
        }
    }
    for (path, _) in LONGER {
        let is_long = sources.iter().any(|s| s.path == *path && s.text.lines().count() > LONGEST);
        if !is_long {
            said.push(format!("{path} needs no exception any more"));
        }
    }
    assert_none(&said);
    Ok(())
}

#[test]
fn the_architecture_shows_the_table() -> io::Result<()> {
    let text = read("ARCHITECTURE.md")?;
    let mut drawn: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        if let (Some(room), Some(_), Some(uses), None) = (cells.next(), cells.next(), cells.next(), cells.next()) {
            drawn.insert(room.trim_matches('`'), uses.split('`').skip(1).step_by(2).collect());
        }
    }
    let table: BTreeMap<&str, BTreeSet<&str>> =
        ROOMS.iter().map(|(name, _, may_use)| (*name, may_use.iter().copied().collect())).collect();
    for (room, may_use) in &table {
        assert_eq!(
            drawn.get(room),
            Some(may_use),
            "left: what ARCHITECTURE.md says that {room} may use; right: the table"
        );
    }
    assert_eq!(drawn.len(), table.len(), "ARCHITECTURE.md has a row for a room that is none");
    assert!(text.lines().count() <= 150, "ARCHITECTURE.md is to be read in one go: 150 lines at most");
    Ok(())
}

/// `app.yml`, as GitHub's manifest has it.
#[derive(Deserialize)]
struct Manifest {
    default_events: Vec<String>,
    default_permissions: BTreeMap<String, String>,
}

fn manifest() -> io::Result<Manifest> {
    serde_saphyr::from_str(&read("app.yml")?).map_err(|error| io::Error::other(format!("app.yml: {error}")))
}

#[test]
fn the_manifest_subscribes_to_what_is_handled() -> io::Result<()> {
    let manifest = manifest()?;
    let asked: BTreeSet<&str> = manifest.default_events.iter().map(String::as_str).collect();
    assert_eq!(asked.len(), manifest.default_events.len(), "app.yml lists an event twice");
    // Every App gets these two, and cannot ask for them.
    let always = ["installation", "installation_repositories"];
    let handled = holdpoint::github::webhook::HANDLED_EVENTS.iter().copied();
    let handled: BTreeSet<&str> = handled.filter(|event| !always.contains(event)).collect();
    assert_eq!(asked, handled, "left: default_events of app.yml; right: what the code handles");
    Ok(())
}

#[test]
fn the_stand_in_grants_the_app_what_the_manifest_asks_for() -> io::Result<()> {
    let manifest = manifest()?;
    let world = holdpoint::sandbox::World::standard();
    let app = world.apps.get(&world.app_id).ok_or_else(|| io::Error::other("the standard world has no App"))?;
    assert_eq!(app.permissions, manifest.default_permissions, "left: the stand-in; right: app.yml");
    let events = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(events(&app.events), events(&manifest.default_events), "left: the stand-in; right: app.yml");
    for (name, access) in &manifest.default_permissions {
        assert!(matches!(access.as_str(), "read" | "write"), "app.yml: {name} is {access}");
    }
    Ok(())
}

#[test]
fn the_version_is_in_the_change_log_once_or_still_to_come() -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let log = read("CHANGELOG.md")?;
    let headings: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("## [")).collect();
    let released = headings.iter().filter(|heading| heading.starts_with(&format!("{version}]"))).count();
    let coming = headings.iter().filter(|heading| heading.starts_with("Unreleased]")).count();
    assert!(
        released == 1 || released == 0 && coming == 1,
        "{version} stands {released} times, Unreleased {coming} times"
    );
    Ok(())
}

#[test]
fn every_template_is_used() -> io::Result<()> {
    let mut users = sources()?.iter().map(|source| source.text.clone()).collect::<String>();
    let templates = files("templates", "")?;
    assert!(!templates.is_empty(), "there are no templates");
    for template in &templates {
        users.push_str(&read(template)?);
    }
    let unused: Vec<String> = templates
        .iter()
        .filter(|path| {
            let name = path.strip_prefix("templates/").unwrap_or(path);
            let forms = ["path = ", "extends ", "include ", "import "];
            let taken_in = users.contains(&format!("/templates/{name}\""));
            !taken_in && !forms.iter().any(|form| users.contains(&format!("{form}\"{name}\"")))
        })
        .map(|path| format!("{path} is named by no `path = \"…\"`, and nothing takes it in"))
        .collect();
    assert_none(&unused);
    Ok(())
}

#[test]
fn no_two_migrations_have_one_number() -> io::Result<()> {
    let mut numbers: Vec<usize> = Vec::new();
    for path in files("migrations", ".sql")? {
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_prefix('V').and_then(|rest| rest.split_once("__")).and_then(|(n, _)| n.parse().ok());
        numbers.push(number.ok_or_else(|| io::Error::other(format!("{name} is not named V1__what.sql")))?);
    }
    numbers.sort_unstable();
    let all = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), all, "{numbers:?}");
    Ok(())
}

// ---- The scanner itself, on planted faults ----

fn planted(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn a_planted_arrow_is_found_on_its_line() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "src/checklist/parse.rs",
            "//! a\n\n\n\n\nuse crate::server::Server;\n",
            &["src/checklist/parse.rs:6: checklist must not use server"],
        ),
        (
            "src/gate.rs",
            "use crate::{ids::Sha,\n  store::{self, github},\n  release};\n",
            &["src/gate.rs:2: gate must not use store"],
        ),
        ("src/gate.rs", "fn f() { crate::worker::run() }", &["src/gate.rs:1: gate must not use worker"]),
        ("src/gate.rs", "use super::plan;\n", &["src/gate.rs:1: gate must not use plan"]),
        (
            "src/checklist/mod.rs",
            "use super::config::Config;",
            &["src/checklist/mod.rs:1: checklist must not use config"],
        ),
        (
            "src/checklist/diff.rs",
            "use super::super::{plan, ids};",
            &[
                "src/checklist/diff.rs:1: checklist must not use plan",
                "src/checklist/diff.rs:1: checklist must not use ids",
            ],
        ),
        ("src/gate.rs", "mod a { use super::super::plan; }", &["src/gate.rs:1: gate must not use plan"]),
        ("src/gate.rs", "mod a { } use super::plan;", &["src/gate.rs:1: gate must not use plan"]),
        ("src/gate.rs", "use crate::*;", &["src/gate.rs:1: gate must not use everything: name the rooms"]),
        ("src/main.rs", "fn main() { holdpoint::app::run() }", &["src/main.rs:1: main must not use app"]),
        (
            "src/sandbox/api/mod.rs",
            "use crate::checklist;",
            &["src/sandbox/api/mod.rs:1: sandbox must not use checklist"],
        ),
        ("src/cellar.rs", "", &["src/cellar.rs:1: cellar is no room of the table in tests/it/tidy.rs"]),
    ];
    for (path, text, expected) in cases {
        assert_eq!(forbidden_arrows(&planted(path, text)), *expected, "{path}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_reported() {
    let cases = [
        ("src/checklist/parse.rs", "use super::config;\nuse crate::checklist::Item;"),
        ("src/checklist/diff/word.rs", "use super::super::plan;"),
        ("src/gate.rs", "// crate::server\n/* crate::server /* */ crate::server */ const A: &str = \"crate::server\";"),
        ("src/gate.rs", "const A: &str = r#\"\" crate::server \"#; const B: char = '\"'; // crate::server\n"),
        ("src/gate.rs", "const B: char = '\\''; fn f<'a>(a: &'a str) {} const C: &str = \"\\\" crate::server\";"),
        ("src/gate.rs", "mod a { use super::plan; }\npub(crate) fn f() {}\nuse crate::release;"),
        ("src/gate/tests.rs", "use crate::server;"),
        ("src/lib.rs", "pub use crate::server;"),
        ("src/main.rs", "fn main() { holdpoint::cli::run() }"),
    ];
    for (path, text) in cases {
        assert_eq!(forbidden_arrows(&planted(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_planted_guest_is_found_on_its_line() {
    let cases = [
        ("src/gate.rs", "\nuse tokio::sync;", "src/gate.rs:2: gate is pure and must not use tokio"),
        ("src/plan/mod.rs", "async fn f() {}", "src/plan/mod.rs:1: plan is pure and must not use async"),
        ("src/ids.rs", "use std::{fmt,\n fs::File};", "src/ids.rs:2: ids is pure and must not use std::fs"),
        ("src/ids.rs", "fn f() { std::env::var(\"A\"); }", "src/ids.rs:1: ids is pure and must not use std::env"),
        ("src/ids.rs", "fn f() { chrono::Utc::now(); }", "src/ids.rs:1: ids is pure and must be told the time"),
        ("src/ids.rs", "use std::time::{Duration, Instant};", "src/ids.rs:1: ids is pure and must not use Instant"),
        ("src/worker.rs", "use octocrab::Octocrab;", "src/worker.rs:1: octocrab is used in github only"),
        ("src/handle/mod.rs", "use rusqlite::params;", "src/handle/mod.rs:1: rusqlite is used in store only"),
        ("src/gate.rs", "use rusqlite::params;", "src/gate.rs:1: rusqlite is used in store only"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(forbidden_names(&planted(path, text)), [expected], "{path}: {text}");
    }
    for (path, text) in [
        ("src/ids.rs", "/// Not `tokio`.\nuse std::fmt; type T = chrono::DateTime<chrono::Utc>;"),
        ("src/github/client.rs", "use octocrab::Octocrab; use std::fs; use tokio::time::Instant;"),
        ("src/store/mod.rs", "use rusqlite::params;"),
        ("src/gate/tests.rs", "use std::fs;"),
    ] {
        assert_eq!(forbidden_names(&planted(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_planted_circle_is_found_with_each_of_its_arrows() {
    let circle = |files: &[(&str, &str)]| {
        let sources: Vec<Source> = files.iter().map(|(path, text)| planted(path, text)).collect();
        Imports::of(&sources).circles()
    };
    let two = [("src/gate.rs", "mod a;\nuse a::{Voice, say};\n"), ("src/gate/a.rs", "\nuse super::Standing as S;\n")];
    let said = [
        "src/gate.rs:2: takes Voice from src/gate/a.rs, which leads back",
        "src/gate/a.rs:2: takes Standing from src/gate.rs, which leads back",
    ];
    assert_eq!(circle(&two), said);
    // Through a path in an expression, a module that is brought in, and a re-export.
    let three = [
        ("src/gate/mod.rs", "mod a; mod b; mod c;\npub use c::Voice;\n"),
        ("src/gate/a.rs", "fn f() { super::b::g() }"),
        ("src/gate/b.rs", "use super::Voice;"),
        ("src/gate/c.rs", "use crate::gate::a;\nfn h() { a::f() }"),
    ];
    assert_eq!(circle(&three).len(), 3, "{:?}", circle(&three));
    let none = [
        ("src/gate/mod.rs", "mod a; mod b;\npub use a::Voice;\nuse b::say;"),
        ("src/gate/a.rs", "use crate::ids::Sha; struct Voice;"),
        ("src/gate/b.rs", "use super::Voice;"),
    ];
    assert_eq!(circle(&none), Vec::<String>::new());
}

#[test]
fn a_planted_arrow_to_a_later_stage_is_found() {
    let cases: &[(&str, &str, &str, usize)] = &[
        ("src/handle/own_checks.rs", "src/handle/apply/mod.rs", "use super::apply::all;", 1),
        ("src/handle/apply/mod.rs", "src/handle/gate.rs", "use super::gate::release;", 1),
        ("src/handle/gate.rs", "src/handle/dispatch.rs", "fn f() { super::dispatch::handle() }", 1),
        ("src/handle/gate.rs", "src/handle/apply/mod.rs", "use super::apply::all;", 0),
        ("src/handle/dispatch.rs", "src/handle/gate.rs", "use super::gate::release;", 0),
    ];
    for (file, other, text, count) in cases {
        let sources = [planted("src/handle/mod.rs", ""), planted(file, text), planted(other, "")];
        assert_eq!(arrows_up(&Imports::of(&sources)).len(), *count, "{file}: {text}");
    }
}

#[test]
fn a_planted_program_is_found_on_its_line() {
    let of = |room: &str, name: &str| format!("{room} must not use {name} of a process: no program is run");
    for (path, text, line, expected) in [
        ("src/handle/mod.rs", "\nuse std::process::Command;", 2, of("handle", "Command")),
        ("src/cli/mod.rs", "use std::process::{ExitCode,\n Command};", 2, of("cli", "Command")),
        ("src/cli/git.rs", "fn f() { std::process::Command::new(\"git\"); }", 1, of("cli", "Command")),
        ("src/github/client.rs", "use tokio::process::Command;", 1, of("github", "Command")),
        ("src/store/mod.rs", "use std::{fs, process};", 1, of("store", "process")),
        ("src/store/mod.rs", "use std::process as p;", 1, of("store", "process")),
        ("src/cli/mod.rs", "use std::process::*;", 1, of("cli", "*")),
        ("src/worker.rs", "fn f() { std::process::abort() }", 1, of("worker", "abort")),
        ("src/worker.rs", "fn f() { std::process::exit(1) }", 1, of("worker", "exit")),
        ("src/cli/tests.rs", "fn f() { std::process::Command::new(\"git\"); }", 1, of("cli", "Command")),
        (
            "src/cli/mod.rs",
            "use std::os::unix::process::CommandExt;",
            1,
            "no program is run: CommandExt is for that".to_owned(),
        ),
    ] {
        let found = programs(&planted(path, text));
        assert!(found.contains(&format!("{path}:{line}: {expected}")), "{text}: {found:?}");
    }
    for (path, text) in [
        ("src/main.rs", "use std::process::ExitCode;"),
        ("src/cli/serve.rs", "fn f() { std::process::exit(130) }"),
        ("src/store/tests.rs", "fn f() { std::process::id(); }"),
        ("src/worker.rs", "/// `std::process::Command`.\nfn process(process: u8) { g(process, 1); process() }"),
    ] {
        assert_eq!(programs(&planted(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_planted_second_face_is_found_on_its_line() {
    let only = "the product must not know that it is tested: only `#[cfg(test)] mod tests;`";
    let cases = [
        ("\n#[cfg(test)]\nfn f() {}", format!("src/gate.rs:2: {only}")),
        ("#[cfg(test)]\nmod tests { fn f() {} }", format!("src/gate.rs:1: {only}")),
        ("#[cfg(test)]\npub mod helpers;", format!("src/gate.rs:1: {only}")),
        ("#[cfg(not(test))]\nmod tests;", format!("src/gate.rs:1: {only}")),
        ("#[cfg(any(test, unix))]\nmod tests;", format!("src/gate.rs:1: {only}")),
        ("#[cfg_attr(test, derive(Debug))]\nstruct A;", format!("src/gate.rs:1: {only}")),
        ("fn f() { if cfg!(test) { g() } }", format!("src/gate.rs:1: {only}")),
        ("fn f() {\n todo!()\n}", "src/gate.rs:2: todo! is no product code".to_owned()),
        ("fn f() { unimplemented!(\"later\") }", "src/gate.rs:1: unimplemented! is no product code".to_owned()),
    ];
    for (text, expected) in cases {
        assert_eq!(two_faces(&planted("src/gate.rs", text)), [expected], "{text}");
    }
    for text in [
        "#[cfg(test)]\nmod tests;\n",
        "#[cfg(test)]\npub(crate) mod tests;\n",
        "#[cfg(unix)]\nmod signals;\nfn test() {}",
        "// todo!()\nconst A: &str = \"cfg(test)\";",
    ] {
        assert_eq!(two_faces(&planted("src/gate.rs", text)), Vec::<String>::new(), "{text}");
    }
}
