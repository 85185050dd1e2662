//! What the documentation shows is true: its examples are read without problems, its links lead somewhere, and its tables
//! name every setting, key and placeholder that the code knows.

use holdpoint::checklist::{Problem, Severity, file, lint, parse};
use holdpoint::config;
use holdpoint::ids::{PullNumber, RepoName, RepositoryId, Sha};
use holdpoint::release::contents::{File, IssueInputs, RangeFacts};
use holdpoint::release::key::ReleaseKey;
use holdpoint::release::marker::Keys;
use holdpoint::release::{Merged, Previous, Release, Site, issue_body, version};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Stands on the line above an example that is meant to be wrong.
const SHOWS_PROBLEMS: &str = "<!-- shows problems -->";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(root().join(path)).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

/// The Markdown files that people read.
fn papers() -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for directory in ["", "docs/", "docs/adr/"] {
        for entry in fs::read_dir(root().join(directory))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                found.push(format!("{directory}{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A fenced block of a document.
struct Example {
    /// Line of its first line, from 1.
    line: usize,
    text: String,
    wrong: bool,
}

/// The fenced blocks of one language. A block may stand in a list item: its indentation is taken off.
fn examples(document: &str, language: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut fence: Option<(String, bool)> = None;
    let mut above = "";
    for (n, line) in document.lines().enumerate() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        match &fence {
            Some((closing, _)) if text.trim_end() == closing => fence = None,
            Some((_, wanted)) => {
                if let Some(example) = found.last_mut().filter(|_| *wanted) {
                    example.text.push_str(line);
                    example.text.push('\n');
                }
            }
            None if text.starts_with("```") => {
                let named = text.trim_start_matches('`');
                let wanted = named.trim_end() == language;
                if wanted {
                    let wrong = above.trim() == SHOWS_PROBLEMS;
                    found.push(Example { line: n + 2, text: String::new(), wrong });
                }
                fence = Some(("`".repeat(text.len() - named.len()), wanted));
                assert_eq!(indent, 0, "line {}: an example stands at the margin, so that it can be copied", n + 1);
            }
            None => {}
        }
        if !text.is_empty() {
            above = line;
        }
    }
    found
}

/// Where in the document a problem of an example is, and what it is.
fn said(path: &str, example: &Example, problems: &[Problem]) -> Vec<String> {
    let at = |p: &Problem| example.line + p.line - 1;
    problems.iter().map(|p| format!("{path}:{}: {} ({})", at(p), p.message, p.hint)).collect()
}

#[test]
fn the_configurations_that_are_shown_are_read() -> io::Result<()> {
    let mut seen = 0;
    for path in ["README.md", "docs/configuration.md", "docs/gate.md", "docs/checklists.md"] {
        for example in examples(&read(path)?, "yaml") {
            // A workflow or a manifest is shown too; every example of the page on the configuration is one.
            if !example.text.contains("checklists:") && path != "docs/configuration.md" {
                continue;
            }
            seen += 1;
            let (config, problems) = config::parse(&example.text);
            if example.wrong {
                assert_eq!(config, None, "{path}:{}: this example is said to be wrong, and is not", example.line);
            } else {
                assert_eq!(said(path, &example, &problems), Vec::<String>::new());
                assert!(config.is_some(), "{path}:{}: not usable", example.line);
            }
        }
    }
    assert!(seen >= 10, "only {seen} examples were found");
    Ok(())
}

#[test]
fn the_forms_that_are_shown_are_checklists() -> io::Result<()> {
    let mut forms = examples(&read("docs/checklists.md")?, "yaml");
    forms.retain(|example| example.text.contains("body:"));
    for example in &forms {
        let parsed = file::parse("release.yml", &example.text);
        assert_eq!(said("docs/checklists.md", example, &parsed.problems), Vec::<String>::new());
        assert!(parsed.list.items.len() > 1 && parsed.broken.is_none());
    }
    assert!(!forms.is_empty());
    Ok(())
}

#[test]
fn the_defaults_that_are_shown_are_the_defaults() -> io::Result<()> {
    let page = read("docs/configuration.md")?;
    let shown = examples(&page, "yaml").into_iter().find(|example| example.text.contains("# All defaults"));
    let shown =
        shown.ok_or_else(|| io::Error::other("docs/configuration.md has no example headed `# All defaults`"))?;
    let (config, _) = config::parse(&shown.text);
    let defaults = config::Config { given: true, ..config::Config::default() };
    assert_eq!(config, Some(defaults), "left: the example; right: the defaults");
    Ok(())
}

#[test]
fn the_checklists_that_are_shown_are_read() -> io::Result<()> {
    let mut seen = 0;
    for path in ["README.md", "docs/checklists.md"] {
        for example in examples(&read(path)?, "markdown") {
            // A comment or an issue is shown too.
            if path == "README.md" && !example.text.contains("- [ ] ") {
                continue;
            }
            seen += 1;
            let (list, mut problems) = parse::parse(&example.text);
            problems.extend(lint::lint(&example.text, &list));
            if example.wrong {
                assert!(!problems.is_empty(), "{path}:{}: this example is said to be wrong, and is not", example.line);
            } else {
                problems.retain(|problem| problem.severity == Severity::Error);
                assert_eq!(said(path, &example, &problems), Vec::<String>::new());
            }
        }
    }
    assert!(seen >= 8, "only {seen} examples were found");
    Ok(())
}

#[test]
fn every_placeholder_and_directive_is_explained() -> io::Result<()> {
    let page = read("docs/checklists.md")?;
    for name in holdpoint::release::placeholder::NAMES {
        assert!(page.contains(&format!("`{{{{ {name} }}}}`")), "docs/checklists.md does not explain {{{{ {name} }}}}");
    }
    for word in ["id", "optional", "phase", "owner", "second-person", "when", "verify", "one-of", "every-candidate"] {
        let shown = page.contains(&format!("`{word}`")) || page.contains(&format!("`{word}="));
        assert!(shown, "docs/checklists.md does not explain {word}");
    }
    Ok(())
}

/// The rows of the tables below a heading, up to the next one: the cells of each, without the head.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let below = document.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('#'));
    let rows = below.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::to_owned).collect::<Vec<_>>());
    cells.filter(|cells| cells.first().is_some_and(|first| first.starts_with('`'))).collect()
}

/// The inside of the code span that a cell begins with.
fn first_code(cell: &str) -> &str {
    let ticks = cell.len() - cell.trim_start_matches('`').len();
    cell.split(&"`".repeat(ticks)).nth(1).unwrap_or_default().trim()
}

#[test]
fn a_directive_is_shown_in_the_issue_as_the_page_says() -> io::Result<()> {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let commit = |letter: &str| Sha::parse(&letter.repeat(40)).unwrap();
    let release = Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse("tag:v1.4.0"),
        label: "v1.4.0".to_owned(),
        tag: Some("v1.4.0".to_owned()),
        commit: commit("b"),
        previous: Some(Previous { label: "v1.3.2".to_owned(), commit: commit("a") }),
        actor: "alice".into(),
        date: "2026-01-31".to_owned(),
    };
    let merged = Merged {
        number: PullNumber(12),
        title: "Change".to_owned(),
        author: "erin".into(),
        labels: vec!["database".to_owned()],
    };
    let range = RangeFacts { paths: Some(vec!["migrations/0042.sql".to_owned()]), merged: Some(vec![merged]) };
    let config = config::ChecklistConfig::default();
    let page = read("docs/checklists.md")?;
    let mut seen = 0;
    for row in rows(&page, "### How directives are shown").iter().filter(|row| row.len() == 2) {
        let (directive, shown) = (first_code(&row[0]), if row[1] == "nothing" { "" } else { first_code(&row[1]) });
        let template = format!("- [ ] Do it <!-- hp: {directive} -->\n");
        let ingredients = IssueInputs {
            reference: None,
            release: &release,
            named: &release,
            config: &config,
            site: &site,
            templates: &[File { path: "a.md".to_owned(), text: template }],
            steps: &[],
            range: &range,
        };
        let draft = issue_body::draft(&ingredients, RepositoryId(1), &Keys::derive([b"a".as_slice()].into_iter()));
        let issue_body::Outcome::Open(draft) = draft else { panic!("no issue for {directive}") };
        let line = format!("- [ ] Do it {shown} <!-- hp: {directive} -->").replace("  ", " ");
        assert!(draft.body.contains(&line), "{line}\n{}", draft.body);
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} directives were found");
    Ok(())
}

#[test]
fn the_steps_between_versions_are_those_of_the_page() -> io::Result<()> {
    let page = read("docs/checklists.md")?;
    let table = rows(&page, "### How directives are shown").into_iter().filter(|row| row.len() == 3);
    let mut seen = 0;
    for row in table {
        let [from, to, step] = [first_code(&row[0]), first_code(&row[1]), first_code(&row[2])];
        let version = |tag| version::of_tag(tag, &[]).unwrap();
        assert_eq!(version::step(Some(&version(from)), &version(to)), step, "{from} to {to}");
        seen += 1;
    }
    assert!(seen >= 5, "only {seen} steps were found");
    Ok(())
}

#[test]
fn every_picture_is_there_is_used_and_is_small() -> io::Result<()> {
    let mut used = BTreeSet::new();
    for path in papers()? {
        let text = read(&path)?;
        let directory = root().join(&path).parent().map(PathBuf::from).unwrap_or_default();
        for picture in text.split("![").skip(1) {
            let Some((alt, rest)) = picture.split_once("](") else { continue };
            // Text about Markdown has such signs too; a picture's stand on one line.
            if alt.contains('\n') || alt.contains('`') {
                continue;
            }
            let target = rest.split(')').next().unwrap_or_default();
            assert!(!target.contains("://"), "{path}: {target} would be asked for from elsewhere");
            assert!(alt.len() >= 40, "{path}: nothing says what {target} shows: {alt}");
            used.insert(directory.join(target).canonicalize().map_err(|e| io::Error::other(format!("{target}: {e}")))?);
        }
    }
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(root().join("docs/images"))? {
        let path = entry?.path().canonicalize()?;
        let bytes = fs::read(&path)?;
        let width = bytes.get(16..20).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        assert!(bytes.starts_with(b"\x89PNG"), "{} is no PNG", path.display());
        assert!(width <= 1_000 && bytes.len() <= 120_000, "{}: {width} px, {} bytes", path.display(), bytes.len());
        there.insert(path);
    }
    assert_eq!(used, there, "left: what the papers show; right: docs/images");
    Ok(())
}

/// `HOLDPOINT_…` in a text, each once.
fn settings(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    words.filter(|word| word.starts_with("HOLDPOINT_") && word.len() > "HOLDPOINT_".len()).collect()
}

#[test]
fn the_settings_that_are_explained_are_those_that_are_read() -> io::Result<()> {
    let source = read("src/settings.rs")?;
    let read_from: BTreeSet<&str> =
        source.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let page = read("docs/operating.md")?;
    for name in &read_from {
        assert!(page.contains(&format!("`{name}`")), "docs/operating.md does not explain {name}");
    }
    for path in ["README.md", "docs/operating.md", "fly.toml", "Dockerfile"] {
        for name in settings(&read(path)?) {
            assert!(read_from.contains(name), "{path} names {name}, which nothing reads");
        }
    }
    Ok(())
}

#[test]
fn the_commands_that_are_listed_are_those_that_there_are() -> io::Result<()> {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_holdpoint")).arg("--help").output()?;
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let list = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let list = list.take_while(|line| !line.trim().is_empty());
    // A command's name is indented by two; further lines of its sentence by more.
    let names = list.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let names: BTreeSet<&str> = names.filter_map(|rest| rest.split_whitespace().next()).collect();
    let page = read("README.md")?;
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `holdpoint "));
    let shown: BTreeSet<&str> = rows.filter_map(|row| row.split([' ', '`']).next()).chain(["help"]).collect();
    assert_eq!(shown, names, "left: README.md; right: holdpoint --help");
    Ok(())
}

#[test]
fn links_between_the_papers_lead_somewhere() -> io::Result<()> {
    let mut broken = Vec::new();
    for path in papers()? {
        let text = read(&path)?;
        let mut fenced = false;
        for (n, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
            for target in targets.filter(|target| !fenced && !target.contains("://")) {
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let directory = root().join(&path).parent().map(PathBuf::from).unwrap_or_default();
                let file = if file.is_empty() { root().join(&path) } else { directory.join(file) };
                let there =
                    file.exists() && (heading.is_empty() || headings(&fs::read_to_string(&file)?).contains(heading));
                if !there {
                    broken.push(format!("{path}:{}: {target}", n + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
    Ok(())
}

/// The names under which GitHub links to a document's headings.
fn headings(document: &str) -> BTreeSet<String> {
    let titles = document.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |title: &str| -> String {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
    };
    titles.map(name).collect()
}

/// Files of the repository that end in `.rs`, as paths from its root.
fn rust_files() -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = ["src", "tests", "benches"].map(PathBuf::from).to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder))? {
            let (entry, folder) = (entry?, &folder);
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

#[test]
fn every_file_and_every_test_that_the_map_names_is_there() -> io::Result<()> {
    let files = rust_files()?;
    let mut named = 0;
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let text = read(page)?;
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = word.ends_with(".rs") && word.chars().all(|c| c.is_ascii_lowercase() || "/_.".contains(c));
            if is_path {
                named += 1;
                assert!(files.iter().any(|file| file == word || file.ends_with(&format!("/{word}"))), "{page}: {word}");
            }
        }
    }
    assert!(named > 60, "only {named} files were found");
    let map = read("ARCHITECTURE.md")?;
    let invariants = map.split("## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let sources: Vec<String> = files.iter().map(|file| read(file)).collect::<io::Result<_>>()?;
    let mut tests = 0;
    for word in invariants.split('`').skip(1).step_by(2) {
        let name = word.rsplit("::").next().unwrap_or_default();
        if word.contains("::") && name.matches('_').count() > 2 {
            tests += 1;
            let is_there = sources.iter().any(|source| source.contains(&format!("fn {name}(")));
            assert!(is_there, "ARCHITECTURE.md names a test that is not there: {word}");
        }
    }
    assert!(tests > 15, "only {tests} tests were found");
    Ok(())
}

#[test]
fn every_decision_is_listed_and_says_what_was_given_up() -> io::Result<()> {
    let list = read("docs/adr/README.md")?;
    for path in papers()?.iter().filter(|path| path.starts_with("docs/adr/0")) {
        let name = path.strip_prefix("docs/adr/").unwrap_or(path);
        assert!(list.contains(&format!("({name})")), "docs/adr/README.md does not list {name}");
        let text = read(path)?;
        for heading in ["## Context", "## Decision", "## Consequences"] {
            assert!(text.contains(heading), "{path} has no `{heading}`");
        }
    }
    Ok(())
}

/// Whether a value fits a schema; as much of JSON Schema as ours uses.
fn fits(schema: &Value, root: &Value, value: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return fits(&root["$defs"][name], root, value);
    }
    let one_of = |types: &Value, kind: &str| {
        types.as_str() == Some(kind) || types.as_array().is_some_and(|all| all.iter().any(|t| t == kind))
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let any = |word: &str| schema[word].as_array().is_none_or(|all| all.iter().any(|s| fits(s, root, value)));
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let keys = value.as_object().into_iter().flatten().all(|(key, inner)| match schema["properties"].get(key) {
        Some(known) => fits(known, root, inner),
        None if schema["additionalProperties"].is_object() => fits(&schema["additionalProperties"], root, inner),
        None => schema["additionalProperties"] != false,
    });
    let begins =
        schema["pattern"].as_str().is_none_or(|p| value.as_str().is_none_or(|v| p != "^@" || v.starts_with('@')));
    (schema["type"].is_null() || one_of(&schema["type"], kind))
        && (schema["const"].is_null() || schema["const"] == *value)
        && schema["enum"].as_array().is_none_or(|all| all.contains(value))
        && any("anyOf")
        && any("oneOf")
        && begins
        && keys
        && value.as_object().is_none_or(|keys| required.into_iter().all(|key| keys.contains_key(key)))
        && schema["minItems"].as_u64().is_none_or(|least| value.as_array().is_none_or(|all| all.len() as u64 >= least))
        && (schema["items"].is_null()
            || value.as_array().into_iter().flatten().all(|item| fits(&schema["items"], root, item)))
}

fn as_value(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or(Value::Null)
}

#[test]
fn the_schema_that_is_printed_takes_what_is_shown_and_refuses_what_is_wrong() -> io::Result<()> {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_holdpoint")).arg("schema").output()?;
    assert!(printed.status.success());
    let schema: Value = serde_json::from_slice(&printed.stdout)?;
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for path in ["README.md", "docs/configuration.md", "docs/gate.md", "docs/checklists.md"] {
        for example in examples(&read(path)?, "yaml") {
            if example.text.contains("checklists:") || path == "docs/configuration.md" {
                assert_eq!(fits(&schema, &schema, &as_value(&example.text)), !example.wrong, "{path}:{}", example.line);
            }
        }
    }
    for wrong in [
        "checklist: {}",
        "checklists: [a]",
        "checklists: { a: { skip: never } }",
        "checklists: { a: { gate: { branches: 5 } } }",
        "checklists: { a: { open: { on: [tags] } } }",
        "checklists: { a: { ticks: { by: [alice] } } }",
        "checklists: { a: { ticks: { by: [] } } }",
        "checklists: { a: { issue: { close: maybe } } }",
        "checklists: { a: { issue: { close: 'no' } } }",
        "require_steps: [{ unless_label: a }]",
    ] {
        assert!(!fits(&schema, &schema, &as_value(wrong)), "the schema takes {wrong}");
        assert_eq!(config::parse(wrong).0, None, "the reader takes {wrong}");
    }
    Ok(())
}

#[test]
fn every_key_of_the_schema_is_explained_and_read() -> io::Result<()> {
    let schema = config::schema();
    let page = read("docs/configuration.md")?;
    let all = schema["$defs"].as_object().into_iter().flat_map(|defs| defs.values()).chain([&schema]);
    let keys: BTreeSet<&String> = all.filter_map(|s| s["properties"].as_object()).flat_map(|p| p.keys()).collect();
    for key in &keys {
        assert!(page.contains(&format!("`{key}`")) || page.contains(&format!("{key}:")), "nothing explains `{key}`");
    }
    // The reader takes a file in which each of them stands.
    let whole = "extends: organization\nchecklists: { a: { template: a, after: a, replace: { a: b }, steps: a.md, \
        open: { on: tag, match: a, prereleases: same, candidates: again, prerelease_words: [ea] }, \
        issue: { title: a, labels: a, assignees: a, type: a, milestone: a, close: true }, \
        gate: { branches: a, environments: a, after: block, unreleased: block, incomplete: failure }, \
        ticks: { by: write, bots: deny }, skip: forbid, \
        remind: { after: 2h, every: 2d, mention: owners } } }\n\
        pull_requests: { comment: never, tasks: body }\nrequire_steps: [{ paths: a, unless_label: a }]\n";
    assert_eq!(config::parse(whole).1, []);
    assert!(fits(&schema, &schema, &as_value(whole)));
    for key in keys {
        assert!(whole.contains(&format!("{key}:")), "the file above lacks `{key}`");
    }
    Ok(())
}

/// The rows of the first table below a heading, without its head.
fn table<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let below = page.lines().skip_while(|line| *line != heading).skip(1);
    below.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| ")).skip(1).collect()
}

/// Whether `module::function` is a feature test that is run.
fn is_run(name: &str) -> io::Result<bool> {
    let (module, function) = name.split_once("::").unwrap_or_default();
    if !read("tests/it/main.rs")?.contains(&format!("\nmod {module};\n")) {
        return Ok(false);
    }
    let source = read(&format!("tests/it/{module}.rs"))?;
    let lines: Vec<&str> = source.lines().collect();
    let at = lines.iter().position(|line| {
        let rest = line.trim_start().trim_start_matches("async ").strip_prefix("fn ");
        rest.is_some_and(|rest| rest.split('(').next() == Some(function))
    });
    let above = at.and_then(|at| at.checked_sub(1)).and_then(|at| lines.get(at)).copied().unwrap_or_default();
    Ok(matches!(above.trim(), "#[test]" | "#[tokio::test]"))
}

#[test]
fn every_situation_of_the_gate_is_a_test() -> io::Result<()> {
    let page = read("docs/gate.md")?;
    let rows = table(&page, "## Check results");
    assert!(rows.len() >= 30, "only {} situations were found", rows.len());
    for row in rows {
        let name = row.split("<!-- ").nth(1).and_then(|rest| rest.split(" -->").next()).unwrap_or_default();
        assert!(is_run(name)?, "no test that is run is named by: {row}");
    }
    Ok(())
}

#[test]
fn what_each_kind_of_person_can_and_cannot_do_is_a_test() -> io::Result<()> {
    let page = read("SECURITY.md")?;
    let rows = table(&page, "## Threat model");
    for kind in ["stranger", "read", "triage", "write", "maintain", "admin", "App on behalf", "Actions token"] {
        let of_kind = |row: &&&str| row.split(" | ").next().is_some_and(|who| who.contains(kind));
        let row = rows.iter().find(of_kind).copied().unwrap_or_default();
        let cells: Vec<&str> = row.split(" | ").skip(1).collect();
        assert_eq!(cells.len(), 2, "there is no row about {kind}: {row}");
        for cell in cells {
            assert!(cell.contains("<!-- "), "no test is named by: {cell}");
        }
    }
    let attacks = table(&page, "## Mitigations");
    let named = rows.iter().chain(&attacks).flat_map(|row| row.split("<!-- ").skip(1));
    for name in named.filter_map(|rest| rest.split(" -->").next()) {
        assert!(is_run(name)?, "{name} is no test that is run");
    }
    Ok(())
}
