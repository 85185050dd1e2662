//! What a directive shows to people in the issue, and that the issue is read back without it.

use super::super::contents::{File, IssueInputs, RangeFacts};
use super::super::progress::{Mark, marks, progress};
use super::super::verify::Verified;
use super::super::{Merged, Previous, Release, Site, version};
use super::{alone, release, sha};
use crate::checklist::globs::Globs;
use crate::checklist::parse::parse;
use crate::config::ChecklistConfig;
use crate::ids::{PullNumber, RepoName};

fn facts() -> RangeFacts {
    let merged = |number, labels: &[&str]| Merged {
        number: PullNumber(number),
        title: "Change".to_owned(),
        author: "erin".into(),
        labels: labels.iter().map(|l| (*l).to_owned()).collect(),
    };
    RangeFacts {
        paths: Some(vec!["src/a.py".to_owned(), "migrations/0042.py".to_owned(), "odd/a·b`.py".to_owned()]),
        merged: Some(vec![merged(11, &["docs"]), merged(12, &["database", "a · b", "@acme/all", "**x**"])]),
    }
}

fn rendered(template: &str, release: &Release, range: &RangeFacts) -> String {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let config =
        ChecklistConfig { after: Globs::headings(vec!["nachher*".to_owned()]).unwrap(), ..ChecklistConfig::default() };
    let file = File { path: "a.md".to_owned(), text: template.to_owned() };
    let ingredients = IssueInputs {
        reference: None,
        release,
        named: release,
        config: &config,
        site: &site,
        templates: &[],
        steps: &[],
        range,
    };
    ingredients.template(&file, &ingredients.values()).text
}

/// What stands in the comment, and what people read behind `Run the migrations on a copy`.
const SUFFIXES: &[(&str, &str)] = &[
    ("", ""),
    ("id=do-it", ""),
    ("phase=before", ""),
    ("phase=after", " · after the release"),
    ("optional", " · optional"),
    ("optional phase=after", " · optional · after the release"),
    ("owner=@acme/qa", " · @acme/qa"),
    ("owner=@acme/qa,@ann", " · @acme/qa · @ann"),
    ("owner=@acme/qa owner=@ann id=x", " · @acme/qa · @ann"),
    ("second-person", " · by a second person"),
    ("one-of=rollout", " · one of rollout"),
    ("verify=checks(build)", " · to verify: `checks(build)`"),
    ("verify=checks(a, b) verify=closed(#12)", " · to verify: `checks(a, b)`, `closed(#12)`"),
    ("verify=checks(a·b)", " · to verify: `checks(a-b)`"),
    ("when=paths(migrations/**)", " · because `migrations/0042.py` changed"),
    ("when=paths(odd/**)", " · because `odd/a-b'.py` changed"),
    ("when=label(database)", " · because #12 is labelled database"),
    ("when=label(a · b)", " · because #12 is labelled a - b"),
    ("when=label(@acme/all)", " · because #12 is labelled @\u{2060}acme/all"),
    ("when=label(**x**)", " · because #12 is labelled \\*\\*x\\*\\*"),
    ("when=version(minor)", " · because this is a minor release"),
    (
        "when=paths(src/**) when=label(docs) when=version(minor, major)",
        " · because `src/a.py` changed and #11 is labelled docs and this is a minor release",
    ),
    (
        "optional phase=after owner=@acme/qa second-person one-of=a verify=tag() when=version(minor)",
        " · optional · after the release · @acme/qa · by a second person · one of a · to verify: `tag()` · because this is a minor release",
    ),
];

#[test]
fn each_directive_says_in_words_what_it_means_and_is_read_back_without_them() {
    for (directive, shown) in SUFFIXES {
        let comment = if directive.is_empty() { String::new() } else { format!(" <!-- hp: {directive} -->") };
        let text =
            rendered(&format!("- [ ] Run the migrations on a copy{comment}\n- [ ] Other\n"), &release(), &facts());
        assert_eq!(text, format!("- [ ] Run the migrations on a copy{shown}{comment}\n- [ ] Other\n"), "{directive}");
        let (opened, _) = parse(&text);
        let read = progress(
            &opened,
            &opened,
            &[],
            &Default::default(),
            &Verified::default(),
            &alone(),
            &ChecklistConfig::default(),
        );
        assert_eq!(
            read.entries[0].text, "Run the migrations on a copy",
            "{directive}: the comment below the issue repeats the words"
        );
        for (struck, reason) in [
            (format!("~~Run the migrations on a copy~~ no need{shown}"), "no need"),
            (format!("~~Run the migrations on a copy~~{shown} no need"), "no need"),
            (format!("~~Run the migrations on a copy~~{shown}: no need"), "no need"),
            (format!("~~Run the migrations on a copy{shown}~~ no need"), "no need"),
            (format!("~~Run the migrations on a copy~~{shown}"), ""),
            (format!("~~Run the migrations on a copy{shown}~~"), ""),
        ] {
            let (now, _) = parse(&text.replace(&format!("Run the migrations on a copy{shown}"), &struck));
            let seen = marks(&opened, &now).marks[&opened.items[0].id].clone();
            assert_eq!(seen, Mark::Skipped(reason.to_owned()), "{directive}: {struck}");
        }
    }
}

#[test]
fn an_item_below_a_heading_that_says_after_does_not_repeat_it() {
    let cases = [
        ("## After the release <!-- hp: phase=after -->", ""),
        ("## Post-release <!-- hp: phase=after -->", ""),
        ("# After it\n\n## Database <!-- hp: phase=after -->", ""),
        ("## Nachher", ""),
        ("## Once it is live <!-- hp: phase=after -->", " · after the release"),
        ("## Aftermath <!-- hp: phase=after -->", " · after the release"),
    ];
    for (heading, shown) in cases {
        let text = rendered(&format!("{heading}\n\n- [ ] Watch it\n"), &release(), &facts());
        assert_eq!(text, format!("{heading}\n\n- [ ] Watch it{shown}\n"));
    }
    // What a heading says of its items is said on each of them: people tick items.
    let text = rendered("## Database <!-- hp: owner=@acme/dba optional -->\n\n- [ ] One\n", &release(), &facts());
    assert!(text.contains("- [ ] One · optional · @acme/dba\n"), "{text}");
    // An item's own words win over its heading's.
    let text =
        rendered("## After <!-- hp: phase=after -->\n\n- [ ] One <!-- hp: phase=before -->\n", &release(), &facts());
    assert!(text.contains("- [ ] One <!-- hp: phase=before -->\n"), "{text}");
}

#[test]
fn what_stands_behind_an_item_that_is_left_out_stays_apart_from_the_item_before_it() {
    let cases = [
        ("- [ ] One\n- [ ] Gone\n\nA paragraph.\n", "- [ ] One\n\nA paragraph.\n"),
        ("- [ ] One\n- [ ] Gone\n\n\n## Next\n", "- [ ] One\n\n\n## Next\n"),
        ("- [ ] One\r\n- [ ] Gone\r\n\r\nA paragraph.\r\n", "- [ ] One\r\n\r\nA paragraph.\r\n"),
        ("- [ ] One\n\n- [ ] Gone\n\n- [ ] Two\n", "- [ ] One\n\n- [ ] Two\n"),
        ("- [ ] One\n- [ ] Gone\n- [ ] Two\n", "- [ ] One\n- [ ] Two\n"),
        ("- [ ] One\n- [ ] Gone\n  - [ ] nested\n\n  More of it.\n\nA paragraph.\n", "- [ ] One\n\nA paragraph.\n"),
        ("Text\n\n- [ ] Gone\n\nA paragraph.\n", "Text\n\nA paragraph.\n"),
        ("- [ ] Gone\n\nA paragraph.\n", "A paragraph.\n"),
    ];
    for (template, wanted) in cases {
        let template = template.replace("Gone", "Gone <!-- hp: when=version(major) -->");
        let text = rendered(&template, &release(), &facts());
        assert_eq!(text, wanted, "{template}");
        let one = parse(&text).0.items.first().map(|item| item.text.clone());
        assert_eq!(one.as_deref(), wanted.contains("One").then_some("One"), "{text}");
    }
}

#[test]
fn what_cannot_be_known_leaves_no_item_out_and_says_so() {
    let nothing = RangeFacts::default();
    let first = Release { previous: None, ..release() };
    let merge = Release { tag: None, label: "a1b2c3d".to_owned(), ..release() };
    let after_merge =
        Release { previous: Some(Previous { label: "nightly".to_owned(), commit: sha("a") }), ..release() };
    let candidate = Release { tag: Some("v1.0.0-rc.1".to_owned()), label: "v1.0.0-rc.1".to_owned(), ..first.clone() };
    let cases: [(&Release, &str, Option<&str>); 12] = [
        (&release(), "paths(a)", Some("the changed files could not all be read")),
        (&release(), "label(a)", Some("the merged pull requests could not all be read")),
        (&release(), "version(patch)", None),
        (&first, "paths(a)", Some("this is the first release")),
        (&first, "label(a)", Some("this is the first release")),
        (&first, "version(patch)", Some("this is the first release")),
        (&first, "version(prerelease)", None),
        (&candidate, "version(prerelease)", Some("this is a prerelease release")),
        (&candidate, "version(major)", None),
        (&merge, "version(patch)", Some("the version could not be read")),
        (&after_merge, "version(major)", Some("the version before could not be read")),
        (&after_merge, "version(prerelease)", None),
    ];
    for (release, condition, because) in cases {
        let text =
            rendered(&format!("- [ ] Run the migrations on a copy <!-- hp: when={condition} -->\n"), release, &nothing);
        let wanted = because.map_or_else(String::new, |why| {
            format!("- [ ] Run the migrations on a copy · because {why} <!-- hp: when={condition} -->\n")
        });
        assert_eq!(text, wanted, "{} {condition}", release.label);
    }
}

#[test]
fn the_step_from_one_version_to_the_next_is_the_one_that_people_mean() {
    let cases = [
        ("v1.2.3", "v1.2.4", "patch"),
        ("v1.2.3", "v1.2.10", "patch"),
        ("v1.2.3", "v1.3.0", "minor"),
        ("v1.2.3", "v1.4.2", "minor"),
        ("v1.2.3", "v2.0.0", "major"),
        ("v1.2.3", "v3.1.4", "major"),
        ("v0.9.0", "v0.10.0", "minor"),
        ("1.2", "1.3", "minor"),
        ("1", "2", "major"),
        ("v1.2.3", "v1.3.0-rc.1", "prerelease"),
        ("v1.3.0-rc.1", "v1.3.0-rc.2", "prerelease"),
        ("v1.3.0-rc.1", "v1.3.0", "minor"),
        ("v1.3.1-rc.1", "v1.3.1", "patch"),
        ("v2.0.0-beta", "v2.0.0", "major"),
        ("v2.0.0-beta", "v2.0.1", "major"),
        ("api/v1.2.3", "api/v1.2.4", "patch"),
        ("api/v1.2.3", "api/v2.0.0", "major"),
        ("rocket@1.2.3", "rocket@1.3.0", "minor"),
        ("2026.11.20", "2026.11.23", "patch"),
        ("2026.11.23", "2026.12.01", "minor"),
        ("2026.12.01", "2027.01.01", "major"),
        ("v1.2.3+build.1", "v1.2.4+build.2", "patch"),
    ];
    for (from, to, step) in cases {
        let of = |tag| version::of_tag(tag, &[]).unwrap_or_else(|| panic!("{tag} has no version"));
        assert_eq!(version::step(Some(&of(from)), &of(to)), step, "{from} to {to}");
    }
    for tag in ["nightly", "", "release", "api/latest"] {
        assert_eq!(version::of_tag(tag, &[]), None, "{tag}");
    }
}
