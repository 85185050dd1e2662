//! Tags of many projects, read as a person reads them; and that no two versions are ever taken for one.

use super::super::version::{final_of, is_final_of, is_prerelease, is_short_for, of_tag, read, step};
use proptest::prelude::*;

struct Row<'t> {
    tag: &'t str,
    line: &'t str,
    version: &'t str,
    prerelease: bool,
    shown: &'t str,
}

fn projects() -> Vec<(&'static str, Vec<Row<'static>>)> {
    let mut found = Vec::new();
    for line in include_str!("tags.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("= ") {
            found.push((name, Vec::new()));
            continue;
        }
        let columns: Vec<&str> = line.split(" | ").collect();
        let &[tag, line, version, kind, shown] = columns.as_slice() else { panic!("five columns: {line}") };
        let prerelease = match kind {
            "pre" => true,
            "final" => false,
            other => panic!("{tag} is {other}"),
        };
        let line = if line == "-" { "" } else { line };
        found.last_mut().unwrap().1.push(Row { tag, line, version, prerelease, shown });
    }
    found
}

#[test]
fn the_tags_of_sixty_projects_are_read_as_people_mean_them() {
    let projects = projects();
    assert!(projects.len() >= 60, "{}", projects.len());
    let mut wrong = Vec::new();
    for (project, rows) in &projects {
        for row in rows {
            let Some(found) = read(row.tag, &[]) else {
                wrong.push(format!("{project}: {} has no version", row.tag));
                continue;
            };
            let seen = (found.component, found.version.is_prerelease(), found.written);
            if seen != (row.line, row.prerelease, row.shown) {
                wrong.push(format!("{project}: {} is read as {seen:?}", row.tag));
            }
            for other in rows {
                let same = (row.line, row.version) == (other.line, other.version);
                if (final_of(row.tag, &[]) == final_of(other.tag, &[])) != same {
                    wrong.push(format!("{project}: {} and {} are one version or not", row.tag, other.tag));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tags_of_sixty_projects_are_in_order() {
    // The tables tell a story too: where the later row is a late candidate or another line, it is not the newer version.
    let unordered =
        ["v2026-02-14-rc1", "REL9_6_3", "rel/2.17.0", "v2_7_0-p247", "2026.02.14", "v6.0.0-SNAPSHOT", "v6.0.0-M1"];
    for (project, rows) in projects() {
        for pair in rows.windows(2) {
            let [was, is] = pair else { continue };
            if was.line == is.line && !unordered.contains(&is.tag) {
                assert!(of_tag(was.tag, &[]) < of_tag(is.tag, &[]), "{project}: {} before {}", was.tag, is.tag);
            }
        }
    }
}

#[test]
fn no_final_version_of_a_project_is_a_candidate_of_another() {
    for (project, rows) in projects() {
        for row in rows.iter().filter(|row| !row.prerelease) {
            for other in rows.iter().filter(|other| !other.prerelease && other.tag != row.tag) {
                assert_ne!(
                    final_of(row.tag, &[]),
                    final_of(other.tag, &[]),
                    "{project}: {} and {}",
                    row.tag,
                    other.tag
                );
            }
        }
    }
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
