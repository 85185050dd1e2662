//! What a configuration file may say, and what is said about one that may not.

mod named;
mod values;

use super::{ChecklistConfig, Config, Role, Templates, Tickers, Trigger, parse, parse_over};

fn problems(source: &str) -> String {
    let (config, problems) = parse(source);
    let broken = problems.iter().any(|problem| problem.severity == crate::checklist::Severity::Error);
    assert_eq!(config.is_none(), broken, "a file with an error must not be used: {problems:?}");
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
            "4:11+4 `tags` is no value of this key",
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
    let found = |paths: &[&str]| match release.templates(paths) {
        Templates::Known(paths) => paths,
        Templates::FirstWithItems { paths, more } => panic!("{paths:?} {more:?}"),
    };
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
        ("extends: org\n", "1:10+3 `org` is no value of this key (known are organization)"),
        ("extend: organization\n", "1:1+6 unknown field `extend` (did you mean `extends`?)"),
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

#[test]
fn all_mistakes_are_told_at_once_each_on_its_line() {
    let found = problems(
        "checklists:\n  release:\n    tempalte: a.md\n    skip: never\n    gate:\n      branch:\n        - production\n      after: blok\n    open:\n      on: [tag, merg]\n      match: ['a[']\n    ticks: { by: [ann, '@ann'] }\nrequire_steps:\n  - path: 'db/**'\n    unless_label: none\n",
    );
    let lines: Vec<&str> = found.lines().map(|l| l.split('+').next().unwrap_or_default()).collect();
    assert_eq!(lines, ["3:5", "4:11", "6:7", "8:14", "10:17", "11:16", "12:19", "14:5"], "{found}");
}

#[test]
fn what_only_follows_from_a_mistake_is_not_told() {
    for (source, lines) in [
        // The value of `match` cannot be read, so that it is missing is no second mistake.
        ("checklists:\n  release:\n    open:\n      on: merge\n      match: { a: b }\n", 1),
        ("require_steps:\n  - paths: { a: b }\n    unless_label: none\n", 1),
        ("checklists:\n  release: {\n    tempalte: a.md,\n    skip: reason }\n", 1),
        ("checklists:\n  release:\n    skip: 'reason\n", 1),
    ] {
        let found = problems(source);
        assert_eq!(found.lines().count(), lines, "{source:?}: {found}");
    }
}

#[test]
fn a_mistake_is_underlined_where_it_stands_and_not_where_its_word_stands_first() {
    let found = problems(
        "# ann is on holiday\nchecklists:\n  release:\n    template: ann.md\n    ticks:\n      by:\n        - '@bob'\n        - ann\n",
    );
    assert!(found.starts_with("8:11+3 `ann` is no user and no team"), "{found}");
}

#[test]
fn a_file_may_begin_with_the_organisations() {
    let organisation = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n    ticks: { by: maintain }\n  api:\n    template: api.md\npull_requests: { comment: never }\n";
    let own = "extends: organization\nchecklists:\n  release:\n    template: own.md\n    gate: { branches: [live] }\n  web:\n    template: web.md\n";
    let (alone, problems) = parse(own);
    assert_eq!(problems, []);
    assert!(alone.is_some_and(|config| config.extends));
    let (config, problems) = parse_over(own, organisation);
    assert_eq!(problems, []);
    let config = config.expect("usable");
    let whole = "checklists:\n  release:\n    template: own.md\n    gate: { branches: [live], after: block }\n    ticks: { by: maintain }\n  api:\n    template: api.md\n  web:\n    template: web.md\npull_requests: { comment: never }\n";
    assert_eq!(Config { extends: false, ..config }, parse(whole).0.expect("usable"));
}

#[test]
fn an_organisations_file_with_a_mistake_is_never_half_used() {
    let (config, problems) = parse_over("extends: organization\n", "checklists:\n  release:\n    skip: never\n");
    assert_eq!(config, None);
    assert!(problems[0].message.starts_with("in the organisation's file: "), "{problems:?}");
    // What is missing in both is missing.
    let own = "extends: organization\nchecklists: { release: { open: { on: merge } } }\n";
    assert_eq!(parse_over(own, "pull_requests: { comment: never }\n").0, None);
    assert!(parse_over(own, "checklists: { release: { open: { match: main } } }\n").0.is_some());
}

#[test]
fn reminders_come_at_most_once_a_day() {
    let of = |remind: &str| problems(&format!("checklists:\n  release:\n    remind: {remind}\n"));
    for fine in ["{}", "{ after: 1h }", "{ after: 3d, every: 7d, mention: owners }"] {
        assert_eq!(of(fine), "", "{fine}");
    }
    for (wrong, said) in [
        ("{ every: 2h }", "3:22+2 `2h` is too short (there is one reminder a day at most)"),
        ("{ after: soon }", "3:22+4 `soon` is no time"),
        ("{ after: 0h }", "`0h` is no time"),
        ("{ after: 999999999d }", "is no time"),
        ("{ mention: all }", "`all` is no value of this key"),
    ] {
        let found = of(wrong);
        assert!(found.contains(said), "{wrong}: {found}");
    }
}

#[test]
fn globs_that_cannot_be_compiled_are_an_error_where_they_stand() {
    let file = |globs: &[String]| {
        let list: String = globs.iter().map(|glob| format!("      - \"{glob}\"\n")).collect();
        format!("checklists:\n  release:\n    gate:\n      branches:\n      - production\n{list}")
    };
    // Each of these parses as a glob, and no set of them can be made.
    for unit in ["?", "*a", "[!x]", "**/a/", "[\u{100}-\u{fffd}]"] {
        let found = problems(&file(&[unit.repeat(400_000)]));
        assert!(found.starts_with("6:10+1000 this is no glob: it has more than 1000 characters"), "{found:.200}");
    }
    let many = vec!["?".repeat(990); 190];
    let found = problems(&file(&many));
    assert!(found.contains("these globs cannot be used together: it takes too much memory to match"), "{found:.200}");
    assert!(found.starts_with("195:"), "{found:.200}");
    let found = problems(&file(&vec!["x".to_owned(); 300]));
    assert!(found.starts_with("205:") && found.contains("there are 301 globs, and 200 are the most"), "{found:.200}");
    // What is within the limits gates as it says.
    let (config, problems) = parse(&file(&vec!["release-*".to_owned(); 199]));
    assert_eq!(problems, []);
    assert!(config.unwrap().checklists["release"].gates("production"));
}

#[test]
fn every_glob_that_is_usual_compiles() {
    let usual = ChecklistConfig::default();
    assert!(usual.matches_tag("v1.0.0") && usual.step_globs().is_match("release-steps/a.md"));
    assert!(usual.templates(&["RELEASING.md"]).may_be("RELEASING.md"));
}

#[test]
fn where_none_of_the_usual_places_exists_the_first_form_or_pull_request_template_with_boxes_is_the_template() {
    let release = Config::default().checklists["release"].clone();
    let forms = [
        ".github/PULL_REQUEST_TEMPLATE/release.md",
        ".github/ISSUE_TEMPLATE/release.yml",
        ".github/ISSUE_TEMPLATE/Bug-In-Release.YAML",
        ".github/ISSUE_TEMPLATE/bug.yml",
        ".github/ISSUE_TEMPLATE/sub/release.yml",
    ];
    let paths = [forms[2], forms[1], forms[0]].map(str::to_owned).to_vec();
    assert_eq!(release.templates(&forms), Templates::FirstWithItems { paths, more: None });
    let with = [forms.as_slice(), &["docs/releasing.md"]].concat();
    assert_eq!(release.templates(&with), Templates::Known(vec!["docs/releasing.md".to_owned()]));
    let configured = ChecklistConfig { template: Some(vec!["a.md".to_owned()]), ..release.clone() };
    assert_eq!(configured.templates(&forms), Templates::Known(vec!["a.md".to_owned()]));
    let many: Vec<String> = (10..40).map(|n| format!(".github/ISSUE_TEMPLATE/release-{n}.yml")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let Templates::FirstWithItems { paths, more } = release.templates(&many) else { panic!("they are to be read") };
    assert_eq!((paths.len(), more.as_deref()), (20, Some(".github/ISSUE_TEMPLATE/release-30.yml")));
}
