//! What a configuration names, held against what is there.

use crate::config::named::{There, problems};
use crate::config::parse;

const PATHS: [&str; 5] = [".github/release-checklist.md", "Makefile", "db/1.sql", "docs/Ship.md", "release-steps/1.md"];

fn messages(source: &str, there: &There) -> Vec<String> {
    let config = parse(source).0.expect("usable");
    let say = |p: crate::checklist::Problem| {
        format!("{:?} {}:{}+{} {} ({})", p.severity, p.line, p.column, p.width, p.message, p.hint)
    };
    problems(&config, source, there).into_iter().map(say).collect()
}

fn files(source: &str) -> Vec<String> {
    messages(source, &There { paths: Some(PATHS.map(str::to_owned).to_vec()), ..There::default() })
}

#[test]
fn files_and_folders_that_are_not_there_are_told_with_the_nearest_that_is() {
    for (source, said) in [
        (
            "checklists:\n  release:\n    template: .github/relaese-checklist.md\n",
            "Error 3:15+28 there is no file `.github/relaese-checklist.md` (did you mean `.github/release-checklist.md`?)",
        ),
        (
            "# docs/ship.md\nchecklists:\n  release:\n    template: [docs/ship.md]\n",
            "Error 4:16+12 there is no file `docs/ship.md` (did you mean `docs/Ship.md`?)",
        ),
        (
            "checklists: { release: { template: release-checklist.md } }\n",
            "Error 1:36+20 there is no file `release-checklist.md` (did you mean `.github/release-checklist.md`?)",
        ),
        (
            "checklists: { release: { template: docs } }\n",
            "Error 1:36+4 `docs` is a folder, and `template` takes files (name each file)",
        ),
        (
            "checklists: { release: { template: nowhere.md } }\n",
            "Error 1:36+10 there is no file `nowhere.md` (write the path from the root of the repository)",
        ),
        (
            "require_steps:\n  - paths: [Makefile, db]\n",
            "Error 2:23+2 `db` is a folder, and matches no file in it (write `db/**`)",
        ),
        ("require_steps:\n  - paths: 'terraform/**'\n", "Note 2:13+12 no file matches `terraform/**` yet"),
        ("checklists: { a: { steps: todo/*.md } }\n", "Note 1:27+9 no file matches `todo/*.md` yet"),
    ] {
        let found = files(source);
        assert!(found.len() == 1 && found[0].starts_with(said), "{source}: {found:#?}");
    }
    for fine in [
        "",
        "checklists: { a: { template: docs/Ship.md, steps: ['**/*.md'] } }\n",
        "require_steps:\n  - paths: ['db/*.sql', Makefile]\n",
        // What the organisation's file names is not in this text.
        "extends: organization\n",
    ] {
        assert_eq!(files(fine), Vec::<String>::new(), "{fine}");
    }
    let source = "checklists:\n  release:\n    template: a.md\n";
    assert_eq!(messages(source, &There::default()), Vec::<String>::new(), "of what is not known nothing is said");
}

#[test]
fn a_branch_that_is_named_and_not_there_is_a_warning() {
    let named = |branches: &str| format!("checklists:\n  release:\n    gate: {{ branches: {branches} }}\n");
    let there = There {
        missing_branches: ["prodcution", "live"].map(str::to_owned).into(),
        branches: ["main", "production"].map(str::to_owned).to_vec(),
        ..There::default()
    };
    assert_eq!(
        messages(&named("[production, prodcution]"), &there),
        ["Warning 3:36+10 there is no branch `prodcution`, so nothing waits by that name (did you mean `production`?)"]
    );
    let found = messages(&named("live"), &there);
    assert!(found.len() == 1 && found[0].contains("once there is one, it waits"), "{found:?}");
    let merge = "checklists:\n  release:\n    open: { on: merge, match: live }\n";
    assert!(
        messages(merge, &there)[0].contains("so no merge into it opens a release"),
        "{:?}",
        messages(merge, &there)
    );
    assert_eq!(messages("checklists:\n  release:\n    open: { on: tag, match: live }\n", &there), Vec::<String>::new());
}

#[test]
fn an_environment_that_is_named_and_not_there_is_a_warning() {
    let named = |environments: &str| format!("checklists:\n  release:\n    gate: {{ environments: {environments} }}\n");
    let there = There { environments: Some(vec!["Production".to_owned()]), ..There::default() };
    assert_eq!(
        messages(&named("[production, prodcution, 'eu-*']"), &there),
        [
            "Warning 3:40+10 there is no environment `prodcution`, so no deployment waits by that name (did you mean `production`?)"
        ]
    );
    let found = messages(&named("live"), &there);
    assert!(found.len() == 1 && found[0].contains("create the environment"), "{found:?}");
    assert_eq!(messages(&named("live"), &There::default()), Vec::<String>::new());
}
