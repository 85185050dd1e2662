//! Tags of many projects, read as a person reads them; and that no two versions are ever taken for one.

use super::super::version::{final_of, is_final_of, is_prerelease, is_short_for, may_be_short, of_tag, read, step};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A version of a project, with the tags that are of it.
struct Row {
    line: Option<&'static str>,
    candidates: Vec<&'static str>,
    /// More than one where the project names a version twice.
    finals: Vec<&'static str>,
    /// Names that are moved from version to version, and are at this one's commit.
    short: Vec<&'static str>,
}

impl Row {
    /// The tags of its issue.
    fn tags(&self) -> impl Iterator<Item = &'static str> {
        self.candidates.iter().chain(&self.finals).copied()
    }
}

fn projects() -> Vec<(&'static str, Vec<Row>)> {
    let mut found = Vec::new();
    for line in include_str!("tags.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("= ") {
            found.push((name, Vec::new()));
            continue;
        }
        let mut columns = line.split('|').map(|column| column.split_whitespace().filter(|name| *name != "-").collect());
        let own: Vec<_> = columns.next().unwrap();
        let line = own.first().copied().or(Some("")).filter(|line| *line != "none");
        let mut next = || columns.next().unwrap_or_default();
        let (candidates, finals, short) = (next(), next(), next());
        found.last_mut().unwrap().1.push(Row { line, candidates, finals, short });
    }
    found
}

/// What a person takes for the version as it is written: the tag without its line, a `v`, and what sets them off.
fn shown<'t>(tag: &'t str, line: &str) -> &'t str {
    let rest = tag.strip_prefix(line).unwrap().trim_start_matches(['-', '_', '.', '/', '@']);
    rest.trim_start_matches(['v', 'V']).trim_start_matches('_')
}

fn listed(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tags_of_a_hundred_projects_are_read_as_people_mean_them() {
    let projects = projects();
    assert!(projects.len() >= 100, "{}", projects.len());
    let mut wrong = Vec::new();
    for (project, row) in projects.iter().flat_map(|(project, rows)| rows.iter().map(move |row| (project, row))) {
        let all = row.tags().chain(row.short.iter().copied());
        for tag in all {
            let candidate = row.candidates.contains(&tag);
            let meant = row.line.map(|line| (line, candidate, shown(tag, line)));
            let found = read(tag, &[]);
            let seen = found.as_ref().map(|r| (r.component, r.version.is_prerelease(), r.written));
            if seen != meant {
                wrong.push(format!("{project}: {tag} is read as {seen:?}, not {meant:?}"));
            }
        }
        let full = row.finals.first();
        for short in row.short.iter().filter(|s| !may_be_short(s, &[]) || !is_short_for(s, full.unwrap(), &[])) {
            wrong.push(format!("{project}: {short} is a short name for {full:?}"));
        }
    }
    listed(&wrong);
}

#[test]
fn two_tags_of_a_project_are_of_one_version_only_where_its_table_says_so() {
    let mut wrong = Vec::new();
    for (project, rows) in projects() {
        let version = |tag| final_of(tag, &[]).unwrap_or_else(|| (String::new(), String::from(tag)));
        let tags = || rows.iter().enumerate().flat_map(|(at, row)| row.tags().map(move |tag| (at, tag)));
        for ((row, one), (others, other)) in tags().flat_map(|one| tags().map(move |other| (one, other))) {
            if (version(one) == version(other)) != (row == others) {
                wrong.push(format!("{project}: {one} and {other}"));
            }
            let is_final = row == others && rows[row].finals.contains(&one);
            if rows[others].candidates.contains(&other) && is_final_of(one, other, &[]) != is_final {
                wrong.push(format!("{project}: {other} as a candidate of {one}"));
            }
        }
    }
    listed(&wrong);
}

#[test]
fn the_versions_of_a_project_and_their_candidates_are_in_order() {
    let mut wrong = Vec::new();
    for (project, rows) in projects() {
        let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
        for (row, line) in rows.iter().filter_map(|row| Some((row, row.line?))) {
            let end = row.finals.first().copied();
            let steps: Vec<&str> = row.candidates.iter().copied().chain(end).collect();
            // What is behind a plus is the build of a candidate as well. The candidates of the second build come before the
            // first build then: a longer range is looked at, never a shorter one.
            let built = row.candidates.iter().any(|tag| tag.contains('+'));
            let before = newest.get(line).filter(|_| !built).copied();
            for pair in before.into_iter().chain(steps.iter().copied()).collect::<Vec<_>>().windows(2) {
                if of_tag(pair[0], &[]) >= of_tag(pair[1], &[]) {
                    wrong.push(format!("{project}: {} before {}", pair[0], pair[1]));
                }
            }
            newest.extend(end.map(|end| (line, end)));
        }
    }
    listed(&wrong);
}

#[test]
fn only_a_word_that_is_known_makes_a_prerelease() {
    let words = ["ea".to_owned()];
    for tag in ["v1.4.0-ea", "v1.4.0-EA.2", "v1.4.0ea2"] {
        assert!(!is_prerelease(tag, &[]) && is_prerelease(tag, &words), "{tag}");
        assert!(is_final_of("v1.4.0", tag, &words), "{tag}");
    }
    for tag in
        ["v1.4.0-hotfix", "v1.4.0-1", "v1.4.0b", "v1.4.0-b1", "v1.4.0+rc1", "v1.4.0-rc1a", "v1.4.0-rcx", "v1.4.0-4a1b2"]
    {
        assert!(!is_prerelease(tag, &[]), "{tag}");
        assert_ne!(final_of(tag, &[]), final_of("v1.4.0", &[]), "{tag}");
    }
    assert!(is_prerelease("v1.4.0-rc1-hotfix", &[]));
    assert!(!is_final_of("v1.4.0", "v1.4.0-rc1-hotfix", &[]), "in doubt it is of no other version");
    assert!(!is_final_of("v1.1", "v1.01-rc1", &[]), "some count 1.01, 1.02, 1.1");
}

#[test]
fn a_number_that_begins_a_word_is_no_version() {
    for tag in ["3scale-test", "2fa", "api/4all-rc1"] {
        assert_eq!(read(tag, &[]), None, "{tag}");
    }
    for (tag, line) in [("3scale-2.12.2-GA", "3scale"), ("2rc1", ""), ("v3scale", ""), ("9a", ""), ("8u292-b10", "")] {
        assert_eq!(read(tag, &[]).map(|found| found.component), Some(line), "{tag}");
    }
}

#[test]
fn what_is_a_candidate_of_a_candidate_comes_before_it() {
    let tags =
        ["2.0-beta2", "2.0-beta3.dev1", "2.0-beta3-rc1", "2.0-beta3-rc2", "2.0-beta3", "2.0-rc1-rc1", "2.0-rc1", "2.0"];
    for pair in tags.windows(2) {
        assert!(of_tag(pair[0], &[]) < of_tag(pair[1], &[]), "{} before {}", pair[0], pair[1]);
    }
    // A word without a number has no candidates: SemVer says that this one is later.
    assert!(of_tag("1.0.0-alpha", &[]) < of_tag("1.0.0-alpha.beta", &[]));
}

#[test]
fn a_short_name_is_one_of_its_line_with_fewer_numbers() {
    for (short, full) in
        [("v5", "v5.0.0"), ("v5", "5.1"), ("v5.0", "v5.0.0"), ("api/v5", "api/v5.2.1"), ("v5", "v5.0.0-rc1")]
    {
        assert!(is_short_for(short, full, &[]), "{short} for {full}");
    }
    for (short, full) in [
        ("v5", "v50.0.0"),
        ("v5.0.0", "v5.0.0.1"),
        ("v5", "api/v5.0.0"),
        ("v5", "v5"),
        ("v5-rc1", "v5.0.0"),
        ("v5.0", "v5.1.0"),
    ] {
        assert!(!is_short_for(short, full, &[]), "{short} for {full}");
    }
}

#[test]
fn a_missing_v_and_a_full_release_by_name_are_steps_like_any_other() {
    let of = |tag| of_tag(tag, &[]).unwrap();
    assert_eq!(step(Some(&of("v4.1.100.Final")), &of("v4.2.0.Final")), "minor");
    assert_eq!(step(Some(&of("v6.2.10")), &of("6.2.11")), "patch");
    assert_eq!(step(Some(&of("v2026-01-31")), &of("v2026-02-14")), "minor");
}

fn version() -> impl Strategy<Value = String> {
    let numbers = proptest::collection::vec(0_u32..60, 1..5);
    let behind = prop_oneof![
        4 => Just(String::new()),
        2 => (1_u32..30).prop_map(|n| format!("-{n}")),
        1 => (1_u32..30).prop_map(|n| format!("+deb{n}")),
        1 => (1_u32..30).prop_map(|n| format!(".post{n}")),
        1 => "-[a-z]{1,9}[0-9]{0,3}",
        1 => "-[0-9a-f]{7}",
    ];
    let joiner = prop_oneof![Just("."), Just("_"), Just("-")];
    (numbers, joiner, behind).prop_map(|(numbers, joiner, behind)| {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        format!("{}{behind}", numbers.join(joiner))
    })
}

fn prefix() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "v", "api/v", "rocket-v", "kube2iam-", "@acme/core@", "go", "release-"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Two releases with different numbers are never one version, whatever is written behind the numbers of either.
    #[test]
    fn different_numbers_are_never_one_version(prefix in prefix(), a in version(), b in version()) {
        let (one, other) = (format!("{prefix}{a}"), format!("{prefix}{b}"));
        let (Some(a), Some(b)) = (read(&one, &[]), read(&other, &[])) else { return Ok(()) };
        if a.version != b.version && !a.version.is_prerelease() && !b.version.is_prerelease() {
            prop_assert_ne!(final_of(&one, &[]), final_of(&other, &[]), "{} and {}", one, other);
        }
    }

    /// A candidate belongs to at most one version: that without its own words.
    #[test]
    fn a_candidate_is_of_its_own_version_alone(prefix in prefix(), a in version(), b in version(), n in 1_u32..40) {
        let (one, other) = (format!("{prefix}{a}"), format!("{prefix}{b}"));
        let candidate = format!("{one}-rc.{n}");
        let same = final_of(&one, &[]) == final_of(&other, &[]);
        if !is_prerelease(&one, &[]) && !is_prerelease(&other, &[]) && !same {
            prop_assert!(!is_final_of(&other, &candidate, &[]), "{} of {}", candidate, other);
        }
    }

    /// The order has no circles and no two ends, and reading never panics.
    #[test]
    fn any_two_names_have_an_order(a in "[ -~]{0,24}", b in "[ -~é]{0,24}") {
        let (a, b) = (of_tag(&a, &[]), of_tag(&b, &[]));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
    }
}
