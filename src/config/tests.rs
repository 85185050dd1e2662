//! What a configuration file may say, and what is said about one that may not.

use super::{Config, Role, Tickers, Trigger, parse};

fn problems(source: &str) -> String {
    let (config, problems) = parse(source);
    assert!(config.is_none() || problems.is_empty(), "a file with an error must not be used");
    problems
        .iter()
        .map(|p| format!("{}:{}+{} {} ({})", p.line, p.column, p.width, p.message, p.hint))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let (config, problems) = parse(
        "checklists:\n  release:\n    template: .github/release-checklist.md\n    after: [\"Post-release*\"]\n    replace: { \"vX.Y.Z\": \"v{{ version }}\" }\n    steps: release-steps/**/*.md\n    open: { on: [tag, merge], match: \"v*\", prereleases: same }\n    issue: { title: \"Release {{ version }}\", labels: [release], assignees: [], close: true }\n    gate: { branches: [production], environments: [production], after: report, unreleased: allow, incomplete: action_required }\n    ticks: { by: write, bots: deny }\n    skip: reason\npull_requests: { comment: changes }\nrequire_steps:\n  - paths: [\"**/migrations/**\"]\n    unless_label: no-release-steps\n",
    );
    assert_eq!(problems, []);
    let config = config.expect("usable");
    let release = &config.checklists["release"];
    assert_eq!(release.open.on, [Trigger::Tag, Trigger::Merge]);
    assert_eq!(release.ticks.by, Tickers::Role(Role::Write));
    assert!(release.gates("production") && !release.gates("main"));
    assert!(release.step_globs().is_match("release-steps/2026/a.md") && !release.step_globs().is_match("docs/a.md"));
}

#[test]
fn an_empty_file_is_the_defaults() {
    for source in ["", "# nothing yet\n", "{}", "checklists:\n  release:\n"] {
        let (config, problems) = parse(source);
        assert_eq!(problems, [], "{source:?}");
        assert_eq!(config, Some(Config { given: true, ..Config::default() }), "{source:?}");
    }
}

#[test]
fn what_is_wrong_is_said_on_its_line() {
    let cases = [
        ("checklists:\n  release:\n    tempalte: a.md\n", "3:5+8 unknown field `tempalte`", "did you mean `template`?"),
        (
            "checklists:\n  release:\n    open:\n      on: tags\n",
            "4:11+4 `tags` opens no release",
            "did you mean `tag`?",
        ),
        ("checklists:\n  review:\n    skip: reason\n", "2:3+6 `review` is taken", "another name"),
        ("checklists:\n  release:\n    ticks: { by: everyone }\n", "3:18+8 `everyone` is nobody", "`write`"),
        ("checklists: [\n", "1:13+1 keys are expected here", "`key: value`"),
        ("checklists:\n  release:\n    gate:\n      branches: ['a[']\n", "4:19+2 `a[` is no glob", "`**`"),
        (
            "checklists:\n  release:\n    skip: never\n",
            "3:11+5 `never` is no value of this key",
            "known are reason, forbid",
        ),
        ("checklists:\n  release:\n    open: { on: merge }\n", "3:17+5 `on: merge` needs `match:`", "match: main"),
    ];
    for (source, said, hint) in cases {
        let found = problems(source);
        assert!(found.starts_with(said) && found.contains(hint), "{source:?}: {found}");
    }
}

#[test]
fn the_usual_places_are_tried_in_their_order() {
    let release = Config::default().checklists["release"].clone();
    let found = |paths: &[&str]| release.templates(paths);
    assert_eq!(
        found(&["docs/release-checklist.md", ".github/ISSUE_TEMPLATE/new-release.md"]),
        [".github/ISSUE_TEMPLATE/new-release.md"]
    );
    assert_eq!(found(&["RELEASE_CHECKLIST.md", "README.md"]), ["RELEASE_CHECKLIST.md"]);
    assert_eq!(found(&["README.md", "src/release.md"]), Vec::<String>::new());
}

#[test]
fn tags_of_the_usual_forms_open_a_release() {
    let release = Config::default().checklists["release"].clone();
    for tag in ["v1", "v1.2.3", "1.2.3", "v1.2.3-rc1", "2026.11.23"] {
        assert!(release.opens_on_tag(tag, false), "{tag}");
    }
    for tag in ["nightly", "api/v1.2.3", "1.2"] {
        assert!(!release.opens_on_tag(tag, false), "{tag}");
    }
}

#[test]
fn mistakes_are_told_in_words_that_need_no_knowledge_of_the_program() {
    let mut wrong = Vec::new();
    let cases = [
        ("checklists:\n\trelease:\n", "2:2+7 this line is indented with a tab"),
        ("checklists:\n  a:\n    skip: reason\n    skip: forbid\n", "4:5+4 `skip` is given twice"),
        ("checklists:\n  release:\n  skip: reason\n", "3:9+6 keys are expected here"),
        ("checklists:\n  a:\n    gate: { branches: 5 }\n", "3:23+1 one text or a list of texts is expected here"),
        ("checklists:\n  a:\n    gate: production\n", "3:11+10 keys are expected here"),
        (
            "checklists:\r\n  a:\r\n    gate:\r\n      after: blck\r\n",
            "4:14+4 `blck` is no value of this key (did you mean `block`?)",
        ),
        ("checklists:\n  a:\n    gate:\n      after: [block]\n", "4:14+7 one word is expected here"),
        ("checklists:\n  a:\n    issue: { close: maybe }\n", "3:21+5 `true` or `false` is expected here"),
        ("checklists:\n  a:\n    issue:\n      title: {{ version }}\n", "4:14+2 a text is expected here"),
        ("checklists:\n  a:\n    issue:\n      title: 'Release\n", "4:14+8 this quote is not closed"),
        (
            "checklists:\n  a:\n    gate:\n      branches: *production\n",
            "4:17+11 a word that begins with `*` needs quotes",
        ),
        ("checklists:\n  a:\n    ticks: { by: @a }\n", "3:18+2 a word that begins with `@` needs quotes"),
        ("checklists:\n  a:\n    ticks: { by: ['@b', alice] }\n", "3:25+5 `alice` is no user and no team"),
        (
            "checklists:\n  a:\n    skip: forbid\n   steps: b\n",
            "4:4+5 the indentation of this line fits no line above it",
        ),
        ("require_steps:\n  - unless_label: a\n", "2:5+12 `paths` is missing here"),
        ("require_steps: a\n", "1:16+1 a list is expected here"),
        ("\u{feff}pull_requests: { comment: nevr }\n", "1:27+4 `nevr` is no value of this key (did you mean `never`?)"),
        ("extends: org\n", "1:1+7 unknown field `extends` (known are checklists, pull_requests, require_steps)"),
        ("hello\n", "1:1+5 keys are expected here"),
        ("checklists:\n  rélease:\n", "2:3+7 `rélease` is no name for a checklist"),
    ];
    for (source, said) in cases {
        let found = problems(source);
        if !found.starts_with(said) {
            wrong.push(format!("{source:?}: {found}"));
        }
        for jargon in ["variant", "enum", "struct", "OneOrMany", "mapping", "sequence", "scalar"] {
            assert!(!found.contains(jargon), "{source:?}: {found}");
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_bomb_of_aliases_and_a_tower_of_brackets_are_problems_and_no_crash() {
    let mut bomb = "checklists:\n  a:\n    template: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    bomb.push_str(&"    steps: [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n".repeat(3));
    for source in [bomb, format!("checklists: {}", "[".repeat(100_000)), format!("{}a: b\n", "a: \n ".repeat(2_000))] {
        assert_eq!(parse(&source).0, None);
    }
}

#[test]
fn a_file_without_any_checklist_is_used_and_warned_of() {
    let (config, problems) = parse("checklists: {}\n");
    assert!(config.is_some_and(|c| c.checklists.is_empty()));
    assert_eq!(problems.len(), 1);
}
