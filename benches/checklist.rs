//! What the language costs: reading, comparing and writing checklists of the usual size, of a big one, and of the most that
//! fits an issue. `cargo bench`; the figures of one machine are in `docs/performance.md`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on should say so and stop"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holdpoint::checklist::diff::{Version, diff};
use holdpoint::checklist::parse::parse;
use holdpoint::config::ChecklistConfig;
use holdpoint::ids::{RepoName, RepositoryId, Sha};
use holdpoint::message::review::{ChangedFile, Review};
use holdpoint::release::contents::{File, IssueInputs, RangeFacts};
use holdpoint::release::issue_body::draft;
use holdpoint::release::marker::Keys;
use holdpoint::release::progress::marks;
use holdpoint::release::{Release, Site};
use pulldown_cmark::{Options, Parser};
use std::fmt::Write as _;
use std::hint::black_box;

const VERBS: [&str; 9] = ["Check", "Run", "Update", "Tell", "Restart", "Compare", "Archive", "Sign", "Measure"];
const OBJECTS: [&str; 11] = [
    "the migrations on a copy",
    "`make dist` with {{ version }}",
    "support about [the screens](docs/screens.md)",
    "the **queue** workers",
    "row counts before and after",
    "the changelog",
    "all dashboards of the week",
    "the certificates",
    "the images in the registry",
    "the backup of last night",
    "the load balancer",
];

/// A checklist with so many items: a heading for each ten, some nested, some with directives, details or code.
fn checklist(items: usize) -> String {
    let mut text = "---\ntitle: \"Release {{ version }}\"\nlabels: [release]\n---\n\n".to_owned();
    for n in 0..items {
        if n % 10 == 0 {
            let _ = write!(text, "\n## {}. Part\n\n", n / 10 + 1);
        }
        let indent = if n % 5 == 3 { "  " } else { "" };
        let directive = if n % 7 == 2 { " <!-- hp: owner=@acme/qa -->" } else { "" };
        let (verb, object) = (VERBS[n % VERBS.len()], OBJECTS[n % OBJECTS.len()]);
        let _ = writeln!(text, "{indent}- [ ] {verb} {object}, number {n}{directive}");
        if n % 6 == 4 {
            let _ = writeln!(text, "{indent}  - see the notes of the team");
        }
    }
    text
}

/// The sizes that are measured; the last is about 64 KiB.
fn sizes() -> [(&'static str, String); 3] {
    let items = 65_536 * 300 / checklist(300).len();
    [("30 items", checklist(30)), ("300 items", checklist(300)), ("64 KiB", checklist(items))]
}

/// The same file after an ordinary change: some items reworded, one in fifty gone, one in fifty new, one section renamed.
fn changed(text: &str) -> String {
    let mut out = String::new();
    for (n, line) in text.lines().enumerate() {
        match n % 50 {
            7 if line.contains("- [ ]") => continue,
            13 if line.contains("- [ ]") => out.push_str(&line.replacen("the", "each of the", 1)),
            21 if line.contains("- [ ]") => {
                let _ = write!(out, "{line}\n- [ ] Something new at line {n}");
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out.replacen("## 2. Part", "## 2. Another part", 1)
}

/// Texts that a stranger may send to make reading dear, each of about 64 KiB: first those that are dear for the Markdown
/// parser, then those that are for what Holdpoint keeps of each item.
fn worst() -> Vec<(&'static str, String)> {
    const SIZE: usize = 65_536;
    let repeat = |part: &str| part.repeat(SIZE / part.len());
    // Half of the text stands above the items of the other half.
    let above = |start: &str, word: &str, end: &str, item: &str| {
        format!("{start}{}{end}\n{}", word.repeat(SIZE / 2 / word.len()), item.repeat(SIZE / 2 / item.len()))
    };
    let nested = (0..250).map(|depth| format!("{}- [ ] item\n", " ".repeat(depth * 2))).collect::<String>();
    let under_tabs = format!("{}a\n{}", "-   ".repeat(2_000), format!("{}- [ ] a\n", "\t".repeat(2_000)).repeat(28));
    let six: String = (1..=6).map(|level| format!("{} {}\n", "#".repeat(level), "word ".repeat(1_000))).collect();
    let six_said: String = (1..=6)
        .map(|level| format!("{} a <!-- hp: {}-->\n", "#".repeat(level), "when=paths(a/**) verify=tag() ".repeat(30)))
        .collect();
    let owners: Vec<String> = (0..32).map(|n| format!("@acme/team-{n}")).collect();
    let owned = format!("# a <!-- hp: owner={} -->\n", owners.join(","));
    vec![
        ("small items", repeat("- [ ] a\n")),
        ("nested items", nested),
        ("quotes", repeat("> ")),
        ("quotes on each line", repeat(&format!("{}a\n", ">".repeat(500)))),
        ("bullets on one line", repeat("- ")),
        ("items under 2,000 bullets", under_tabs),
        ("brackets", repeat("[")),
        ("links", repeat("[a](")),
        ("images in images", repeat("![")),
        ("emphasis", repeat("*a ")),
        ("strikes", repeat("~~a ~~~ ")),
        ("code spans", repeat("`a``")),
        ("comments that do not end", repeat("a <!-- ")),
        ("fences that do not end", repeat("```\na\n")),
        ("tags that do not end", repeat("<a ")),
        ("struck lines", repeat("~~- [ ] a~~\n")),
        ("tabs", repeat("\t-\t[ ]\ta\n")),
        ("headings", repeat("# a\n")),
        ("equal headings and items", repeat("# a\n- [ ] a\n")),
        ("a long heading above items", above("# ", "word ", "", "- [ ] a\n")),
        ("six long headings above items", six + &"- [ ] a\n".repeat(4_000)),
        ("a long bullet above items", above("- ", "word ", "", "  - [ ] a\n")),
        ("a bullet of many bullets", above("- a\n", "  - a\n", "", "  - [ ] a\n")),
        ("conditions above items", six_said.clone() + &"- [ ] a\n".repeat(7_000)),
        ("conditions above items with their own", six_said + &"- [ ] a <!-- hp: optional -->\n".repeat(2_000)),
        ("owners above items with directives", owned + &"- [ ] a <!-- hp: optional -->\n".repeat(2_200)),
        ("misread directives on a line", format!("- [ ] a {}\n", "<!-- hp: a -->".repeat(4_600))),
        ("misread directives on lines", repeat("- [ ] a <!-- hp: b -->\n")),
        ("directives where none may be", repeat("a <!-- hp: b -->")),
    ]
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (name, text) in sizes().into_iter().chain(worst()) {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("holdpoint", name), &text, |b, text| b.iter(|| parse(black_box(text))));
        // What the Markdown parser takes for itself: the floor.
        group.bench_with_input(BenchmarkId::new("bare Markdown", name), &text, |b, text| {
            let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
            b.iter(|| Parser::new_ext(black_box(text), options).into_offset_iter().count());
        });
    }
}

fn comparing(c: &mut Criterion) {
    let none = globset::GlobSet::empty();
    let mut group = c.benchmark_group("diff");
    for (name, text) in sizes() {
        let new = changed(&text);
        let ((base, _), (head, _)) = (parse(&text), parse(&new));
        let base = Version { text: &text, list: &base, after: &none };
        let head = Version { text: &new, list: &head, after: &none };
        group.bench_function(BenchmarkId::new("an ordinary change", name), |b| {
            b.iter(|| diff(black_box(base), black_box(head)));
        });
        // The same words in other items: every item is like many others, and none is the same.
        let mixed: String = text
            .lines()
            .map(|line| line.split(' ').rev().collect::<Vec<_>>().join(" "))
            .fold(String::new(), |all, line| all + "- [ ] " + line.replace(['[', ']', '<', '#'], "").as_str() + "\n");
        let (unlike, _) = parse(&mixed);
        let unlike = Version { text: &mixed, list: &unlike, after: &none };
        group.bench_function(BenchmarkId::new("a rewritten file", name), |b| {
            b.iter(|| diff(black_box(base), black_box(unlike)));
        });
        let empty = parse("").0;
        let empty = Version { text: "", list: &empty, after: &none };
        group.bench_function(BenchmarkId::new("a new file", name), |b| {
            b.iter(|| diff(black_box(empty), black_box(head)));
        });
    }
    // An ordinary change of what a stranger may send, as far as there are items in it.
    for (name, text) in worst() {
        let new = changed(&text);
        let ((base, _), (head, _)) = (parse(&text), parse(&new));
        if base.items.len() < 1_000 {
            continue;
        }
        let base = Version { text: &text, list: &base, after: &none };
        let head = Version { text: &new, list: &head, after: &none };
        group.bench_function(BenchmarkId::new("an ordinary change", name), |b| {
            b.iter(|| diff(black_box(base), black_box(head)));
        });
    }
}

fn writing(c: &mut Criterion) {
    let none = globset::GlobSet::empty();
    let mut group = c.benchmark_group("render");
    for (name, text) in sizes() {
        let new = changed(&text);
        let ((base, _), (head, _)) = (parse(&text), parse(&new));
        let diff =
            diff(Version { text: &text, list: &base, after: &none }, Version { text: &new, list: &head, after: &none });
        let file = ChangedFile {
            path: "release-checklist.md".to_owned(),
            renamed_from: None,
            is_step: false,
            front_matter: Vec::new(),
            checklist: "release".to_owned(),
            diff,
            existence: None,
        };
        let review = Review { files: vec![file], ..Review::default() };
        group.bench_function(BenchmarkId::new("review comment", name), |b| b.iter(|| black_box(&review).comment()));

        let commit = Sha::parse(&"a".repeat(40)).expect("a commit");
        let release = Release {
            checklist: "release".to_owned(),
            key: "tag:v1.2.3".to_owned().into(),
            tag: Some("v1.2.3".to_owned()),
            label: "v1.2.3".to_owned(),
            commit,
            previous: None,
            actor: "ann".into(),
            date: "2026-01-31".to_owned(),
        };
        let site =
            Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").expect("a repository") };
        let (config, range) = (ChecklistConfig::default(), RangeFacts::default());
        let templates = [File { path: "docs/list.md".to_owned(), text }];
        let keys = Keys::derive([b"a secret".as_slice()].into_iter());
        group.bench_function(BenchmarkId::new("release issue", name), |b| {
            b.iter(|| {
                let ingredients = IssueInputs {
                    reference: None,
                    release: &release,
                    named: &release,
                    config: &config,
                    site: &site,
                    templates: black_box(&templates),
                    steps: &[],
                    range: &range,
                };
                draft(&ingredients, RepositoryId(1), &keys)
            });
        });
    }
}

/// A release issue of 4,000 items in which each is struck out, in the words of its own or in the same words as all.
fn striking(c: &mut Criterion) {
    let mut group = c.benchmark_group("struck");
    for (name, different) in [("4,000 different lines", 4_000), ("4,000 equal lines", 1)] {
        let asked: String = (0..4_000).map(|n| format!("- [ ] Item {}\n", n % different)).collect();
        let left: String = (0..4_000).map(|n| format!("- ~~Item {}~~ reason\n", n % different)).collect();
        let ((opened, _), (current, _)) = (parse(&asked), parse(&left));
        group.bench_function(BenchmarkId::new("marks", name), |b| b.iter(|| marks(black_box(&opened), &current)));
    }
}

criterion_group!(benches, reading, comparing, writing, striking);
criterion_main!(benches);
