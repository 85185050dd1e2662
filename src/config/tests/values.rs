//! Values that can be read and cannot do what they say, and mistakes that stand close together.

use super::problems;
use crate::checklist::Severity;
use crate::config::{parse, parse_over};

/// What is said of one entry below `release:`.
fn of(entry: &str) -> String {
    problems(&format!("checklists:\n  release:\n    {entry}\n"))
}

fn severities(entry: &str) -> Vec<Severity> {
    parse(&format!("checklists:\n  release:\n    {entry}\n")).1.into_iter().map(|p| p.severity).collect()
}

#[test]
fn what_would_open_nothing_or_hold_nothing_is_an_error_on_its_line() {
    let mut wrong = Vec::new();
    for (entry, said) in [
        ("ticks: { by: [] }", "3:18+2 this list is empty, so nobody's ticks would count"),
        ("ticks: { by: ['@'] }", "3:20+1 `@` is no user and no team"),
        ("ticks: { by: ['@acme/'] }", "3:20+6 `@acme/` is no user and no team"),
        ("open: { on: [] }", "3:17+2 this list is empty, so nothing would open a release"),
        (
            "open: { on: merge, match: [] }",
            "3:31+2 this list is empty, and `on: merge` opens a release where it matches",
        ),
        ("template: []", "3:15+2 this list is empty, so the checklist would have no standing file"),
        ("template: ''", "3:16+1 a path is expected here"),
        ("template: ['docs/*.md']", "3:17+9 `docs/*.md` is a glob, and `template` takes paths"),
        ("template: /a.md", "3:15+5 `/a.md` begins with a slash"),
        ("template: ./a.md", "3:15+6 `./a.md` begins with `./`"),
        ("template: docs/", "3:15+5 `docs/` is a folder"),
        ("steps: release-steps", "3:12+13 `release-steps` names a folder (write `release-steps/**/*.md`)"),
        ("steps: release-steps/", "3:12+14 `release-steps/` names a folder (write `release-steps/**/*.md`)"),
        ("steps: 'packages/*/steps'", "3:13+16 `packages/*/steps` names a folder (write `packages/*/steps/**/*.md`)"),
        ("steps: ./release-steps/*.md", "3:12+20 `./release-steps/*.md` begins with `./`"),
        ("steps: ['']", "3:14+1 a glob is expected here"),
        ("gate: { branches: [''] }", "3:25+1 a glob is expected here"),
        ("gate: { branches: refs/heads/live }", "3:23+15 `refs/heads/live` begins with `refs/heads/`"),
        ("open: { match: refs/tags/v* }", "3:20+12 `refs/tags/v*` begins with `refs/tags/`"),
        ("issue: { close: 'no' }", "3:22+2 this is a text in quotes (write `true` or `false`, without quotes)"),
        ("issue: { close: \"yes\" }", "3:22+3 this is a text in quotes"),
    ] {
        let found = of(entry);
        if !found.starts_with(said) || severities(entry) != [Severity::Error] {
            wrong.push(format!("{entry}: {found}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    for (source, said) in [
        ("require_steps:\n  - paths: []\n", "2:12+2 this list is empty, so no change would need a step file"),
        ("require_steps:\n  - paths: db/\n", "2:12+3 `db/` is a folder (write `db/**`)"),
        ("require_steps:\n  - paths: [/db/**]\n", "2:13+6 `/db/**` begins with a slash"),
        ("\tchecklists:\n  release:\n", "1:2+10 this line is indented with a tab"),
        ("# ours\n\n \tchecklists:\n  release:\n", "3:3+10 this line is indented with a tab"),
    ] {
        let found = problems(source);
        assert!(found.starts_with(said), "{source:?}: {found}");
        assert_eq!(parse(source).0, None, "{source:?}");
    }
}

#[test]
fn what_is_odd_and_does_no_harm_is_a_warning_and_what_is_documented_is_none() {
    for (entry, said) in [
        ("template: [a.md, b.md, a.md]", "3:28+4 `a.md` is named twice, so each of its items would be listed twice"),
        ("open: { match: [] }", "3:20+2 this list is empty, so the usual tags hold"),
        ("gate: { after: block }", "3:5+4 nothing waits: `gate` names no branch and no environment"),
        ("gate: { branches: [], unreleased: block }", "3:5+4 nothing waits"),
    ] {
        let found = of(entry);
        assert!(found.starts_with(said), "{entry}: {found}");
        assert_eq!(severities(entry), [Severity::Warning], "{entry}");
    }
    for fine in [
        "steps: []",
        "steps: [one.md, 'db/*.md', 'a/**', 'x/*', 'once.{md,txt}', '**/steps/*']",
        "gate: { branches: [], environments: [] }",
        "gate: { after: report, unreleased: allow, incomplete: action_required }",
        "gate: { environments: live, after: block }",
        "issue: { close: no }",
        "open: { on: merge, match: main }",
        "ticks: { by: ['@ann', '@acme/qa', '@robot[bot]'] }",
    ] {
        assert_eq!(of(fine), "", "{fine}");
    }
    assert_eq!(problems("require_steps:\n  - paths: [Makefile, 'db/**', schema]\n"), "");
}

#[test]
fn an_empty_list_is_no_way_around_the_organisation() {
    let organisation = "checklists: { release: { gate: { branches: [live] }, ticks: { by: maintain } } }\n";
    for entry in ["ticks: { by: [] }", "open: { on: [] }"] {
        let own = format!("extends: organization\nchecklists: {{ release: {{ {entry} }} }}\n");
        assert_eq!(parse_over(&own, organisation).0, None, "{entry}");
    }
    // What the organisation says is missing here only.
    let own = "extends: organization\nchecklists: { release: { gate: { after: block } } }\n";
    let (config, problems) = parse_over(own, organisation);
    assert!(config.is_some_and(|c| c.checklists["release"].gates("live")));
    assert_eq!(problems, []);
}

#[test]
fn several_mistakes_on_one_line_are_all_told() {
    for (source, places) in [
        ("checklists:\n  release:\n    gate: { after: blok, unreleased: blocked }\n", &["3:20", "3:38"][..]),
        ("pull_requests: { tasks: maybe, comment: sometimes }\n", &["1:25", "1:41"]),
        ("checklists:\n  release:\n    open: { on: [tagg, tag, merg], prerelease: same }\n", &["3:18", "3:29", "3:36"]),
        (
            "checklists: { release: { skip: never, gate: { after: 'x, y', incomplet: a } } }\n",
            &["1:32", "1:54", "1:62"],
        ),
        ("checklists:\n  release: { skip: never,\n    tempalte: a.md, stepz: [a, b] }\n", &["2:20", "3:5"]),
    ] {
        let found = problems(source);
        let at: Vec<&str> = found.lines().map(|l| l.split('+').next().unwrap_or_default()).collect();
        assert_eq!(at, places, "{source}: {found}");
    }
}

#[test]
fn a_known_word_at_the_wrong_level_is_told_where_it_belongs() {
    for (source, hint) in [
        (
            "gate: { branches: [a] }\n",
            "`gate` belongs to a checklist: `checklists:`, below it its name, below that `gate:`",
        ),
        ("checklists:\n  release:\n    branches: [a]\n", "`branches` belongs below `gate:`"),
        ("checklists:\n  release:\n    prereleases: same\n", "`prereleases` belongs below `open:`"),
        ("checklists:\n  release:\n    labels: a\n", "`labels` belongs below `issue:`"),
        ("checklists:\n  release:\n    gate:\n      by: write\n", "`by` belongs below `ticks:`"),
        ("checklists:\n  release:\n    tasks: body\n", "`tasks` belongs below `pull_requests:`"),
        (
            "checklists:\n  release:\n    open:\n      extends: organization\n",
            "`extends` is at the left edge of the file",
        ),
        ("paths: a\n", "`paths` belongs to an entry of `require_steps:`"),
        // A typing mistake is one at any level.
        ("checklists:\n  release:\n    gates: { branches: [a] }\n", "did you mean `gate`?"),
    ] {
        let found = problems(source);
        assert!(found.contains(hint), "{source}: {found}");
    }
}

#[test]
fn a_role_that_is_misspelt_has_the_nearest_one_named() {
    for (by, said) in [
        ("wirte", "`wirte` is nobody whose ticks could count (did you mean `write`?)"),
        ("read", "`read` is nobody whose ticks could count (write `triage`, `write`, `maintain`, `admin`, or a list"),
        ("ann", "(write `triage`, `write`, `maintain`, `admin`, or a list of `@users` and `@org/teams`: `@ann`)"),
        ("[acme/qa, '@ann']", "`acme/qa` is no user and no team (write `@acme/qa`)"),
    ] {
        let found = of(&format!("ticks: {{ by: {by} }}"));
        assert!(found.contains(said), "{by}: {found}");
    }
}
