//! What is said about a change of the configuration: each key, in exact sentences.

use crate::config::{Config, parse};
use crate::message::configuration;
use crate::message::review::Sentence;

fn config(source: &str) -> Config {
    let (config, problems) = parse(source);
    config.unwrap_or_else(|| panic!("{source}: {problems:?}"))
}

/// In one line, with what loosens a gate in asterisks.
fn line(said: &[Sentence]) -> String {
    let shown = |s: &Sentence| if s.loosens { format!("**{}**", s.text) } else { s.text.clone() };
    said.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn explained(old: &Config, new: &Config) -> String {
    line(&configuration::explained(old, new))
}

fn release(settings: &str) -> Config {
    config(&format!("checklists: {{ release: {{ {settings} }} }}\n"))
}

/// The settings of a checklist before and after, and what is said.
const CHANGES: &[(&str, &str, &str)] = &[
    ("gate: { branches: [production] }", "", "**The gate for `production` would no longer wait for `release`.**"),
    (
        "",
        "gate: { branches: [production, 'hotfix/*'] }",
        "The gate for `production`, `hotfix/*` would wait for `release`.",
    ),
    ("", "gate: { environments: eu }", "Deployments to `eu` would wait for `release`."),
    ("gate: { environments: eu }", "", "**Deployments to `eu` would no longer wait for `release`.**"),
    ("", "gate: { after: block }", "Open items after a release of `release` would hold up what comes next."),
    (
        "gate: { after: block }",
        "",
        "**Open items after a release of `release` would no longer hold up what comes next, only be shown.**",
    ),
    ("", "gate: { unreleased: block }", "Commits that no release of `release` covers would wait for one."),
    ("gate: { unreleased: block }", "", "**Commits that no release of `release` covers would pass.**"),
    (
        "",
        "gate: { incomplete: failure }",
        "While `release` waits, its check would show a red cross (`failure`); it blocks all the same.",
    ),
    (
        "",
        "ticks: { by: admin }",
        "Ticks of everybody with the role `admin` or more would count for `release`, and of nobody else.",
    ),
    (
        "",
        "ticks: { by: triage }",
        "**Ticks of everybody with the role `triage` or more would count for `release`, and of nobody else.**",
    ),
    ("", "ticks: { by: ['@acme/qa'] }", "**Ticks of `@acme/qa` would count for `release`, and of nobody else.**"),
    (
        "ticks: { by: ['@a', '@b'] }",
        "ticks: { by: ['@a'] }",
        "Ticks of `@a` would count for `release`, and of nobody else.",
    ),
    ("", "ticks: { bots: allow }", "**Bots could tick the items of `release`.**"),
    ("ticks: { bots: allow }", "", "Bots could no longer tick the items of `release`."),
    ("", "skip: forbid", "Items of `release` could no longer be skipped by striking them out."),
    ("skip: forbid", "", "**Items of `release` could be struck out with a reason.**"),
    ("", "template: [a.md, b.md]", "`release` would be made of `a.md`, `b.md`."),
    ("template: [a.md, b.md]", "template: a.md", "**`release` would be made of `a.md`.**"),
    ("template: a.md", "", "**`release` would be made of the first of the usual places that exists.**"),
    ("", "steps: []", "**Step files at `release-steps/**/*.md` would no longer be part of `release`.**"),
    ("steps: []", "steps: ops/*.md", "Step files at `ops/*.md` would be part of `release`."),
    (
        "",
        "after: ['post*']",
        "**Items of `release` below the headings `post*` would be done after the release: the gate would not wait for them.**",
    ),
    (
        "after: ['post*']",
        "",
        "Items of `release` below the headings `post*` would be done before the release: the gate would wait for them.",
    ),
    ("", "replace: { vX: '{{ version }}' }", "In the text of `release`, `vX` would be replaced by `{{ version }}`."),
    ("replace: { vX: '{{ version }}' }", "", "In the text of `release`, `vX` would stay as it is."),
    ("", "open: { on: [tag, release] }", "A release of `release` would be opened by a published release."),
    (
        "open: { on: [tag, release] }",
        "open: { on: tag }",
        "**A release of `release` would no longer be opened by a published release.**",
    ),
    ("", "open: { match: ['v*', '*.*.*', 'r*'] }", "What matches `r*` would open a release of `release`."),
    ("", "open: { match: ['v*'] }", "**What matches `*.*.*` would no longer open a release of `release`.**"),
    (
        "open: { candidates: again }",
        "",
        "**What was done for one candidate of `release` would count for the next one too.**",
    ),
    ("", "open: { candidates: again }", "Every item of `release` would be done anew for each candidate."),
    ("", "open: { prereleases: ignore }", "**Pre-releases of `release` would open nothing.**"),
    ("", "issue: { title: 'Ship {{ tag }}' }", "Release issues of `release` would be called `Ship {{ tag }}`."),
    ("issue: { title: Ship }", "", "Release issues of `release` would be called as the template or the default says."),
    ("", "issue: { labels: [a, b] }", "Release issues of `release` would get the labels `a`, `b`."),
    ("issue: { labels: [a] }", "", "Release issues of `release` would no longer get the label `a`."),
    ("", "issue: { assignees: ann }", "Release issues of `release` would get the assignee `ann`."),
    ("", "issue: { close: false }", "Release issues of `release` would stay open when all is done."),
    ("issue: { close: false }", "", "Release issues of `release` would be closed when all is done."),
    (
        "gate: { branches: a }",
        "gate: { branches: b }",
        "**The gate for `a` would no longer wait for `release`.** The gate for `b` would wait for `release`.",
    ),
    ("skip: forbid", "skip: forbid, issue: {}, open: { on: tag }", "Nothing changes for the gates."),
];

#[test]
fn a_change_of_each_key_is_said_in_a_sentence_and_a_loosened_gate_first() {
    for (old, new, said) in CHANGES {
        assert_eq!(explained(&release(old), &release(new)), *said, "{old:?} to {new:?}");
    }
}

#[test]
fn a_change_of_the_keys_beside_the_checklists_is_said_too() {
    let cases = [
        ("{}", "pull_requests: { comment: never }", "No pull request would get a comment; the check stays."),
        ("pull_requests: { comment: never }", "{}", "Pull requests that change a checklist would get a comment."),
        (
            "{}",
            "require_steps: [{ paths: 'db/**', unless_label: no-steps }]",
            "Pull requests that touch `db/**` would need a step file or the label `no-steps`.",
        ),
        (
            "require_steps: [{ paths: 'db/**' }]",
            "{}",
            "**Pull requests that touch `db/**` would no longer need a step file.**",
        ),
        (
            "checklists: { release: , web: }",
            "checklists: { release: }",
            "**The checklist `web` is removed: `holdpoint/web` would no longer be posted.**",
        ),
        (
            "checklists: { release: }",
            "checklists: { release: , web: { gate: { branches: main } } }",
            "The checklist `web` is new: its check is `holdpoint/web`. The gate for `main` would wait for `web`.",
        ),
    ];
    for (old, new, said) in cases {
        assert_eq!(explained(&config(old), &config(new)), said, "{old:?} to {new:?}");
    }
}

#[test]
fn the_first_file_and_the_last_one_are_compared_with_the_defaults() {
    let gated = release("gate: { branches: production }");
    assert_eq!(explained(&Config::default(), &release("")), "It says what the defaults say.");
    assert_eq!(explained(&Config::default(), &gated), "The gate for `production` would wait for `release`.");
    assert_eq!(
        line(&configuration::removed(&gated)),
        "The file is removed: what the organisation's file says holds, else the defaults. **The gate for `production` would no longer wait for `release`.**"
    );
}

#[test]
fn a_word_of_a_stranger_ends_neither_the_code_nor_the_line() {
    let said = explained(&release(""), &release("issue: { title: \"a`b\\n- [ ] @all\\u202e\" }"));
    assert_eq!(said, "Release issues of `release` would be called `a'b - [ ] @all`.");
}

#[test]
fn what_changes_in_a_templates_front_matter_is_said_of_the_issue() {
    let front = |yaml: &str| crate::checklist::front_matter::read(&format!("---\n{yaml}---\n")).0.unwrap_or_default();
    let said = |old: &str, new: &str, config: &str| {
        let checklist = release(config).checklists.remove("release").unwrap();
        configuration::front_matter(&front(old), &front(new), &checklist).join(" ")
    };
    for (old, new, sentence) in [
        (
            "title: R {{ version }}\n",
            "title: V {{ version }}\n",
            "The release issue would be called `V {{ version }}`.",
        ),
        ("title: R\n", "name: x\n", "The release issue would be called as the default says."),
        (
            "labels: a, b\n",
            "labels: [b, c, '`d`']\n",
            "The release issue would get the labels `c`, `'d'`. The release issue would no longer get the label `a`.",
        ),
        ("assignees: ann\n", "assignees: ''\n", "The release issue would no longer get the assignee `ann`."),
        ("type: Bug\n", "type: Task\n", "The release issue would be of the type `Task`."),
        ("type: Bug\n", "name: x\n", "The release issue would have no type."),
        ("name: a\nabout: b\nlabels: a, b\n", "name: c\nlabels: [a, b]\nprojects: x\n", ""),
    ] {
        assert_eq!(said(old, new, ""), sentence, "{old}{new}");
    }
    assert_eq!(said("title: R\n", "title: V\n", "issue: { title: Own }"), "", "the configuration's title wins");
}
