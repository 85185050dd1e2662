//! Releases, case by case.

mod command;
mod keys;
mod parts;
mod shown;
mod steps;
mod strikes;
mod tags;
mod values;
mod verify;

use super::candidates::{Candidate, Candidates};
use super::contents::{File, IssueInputs, RangeFacts, Step};
use super::placeholder::{Values, harmless};
use super::{Merged, Previous, Release, Site, issue_body, marker, version};
use crate::config::ChecklistConfig;
use crate::ids::{PullNumber, RepoName, RepositoryId, Sha};
use crate::release::key::ReleaseKey;

fn sha(letter: &str) -> Sha {
    Sha::parse(&letter.repeat(40)).unwrap()
}

fn release() -> Release {
    Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse("tag:v1.4.0"),
        label: "v1.4.0".to_owned(),
        tag: Some("v1.4.0".to_owned()),
        commit: sha("b"),
        previous: Some(Previous { label: "v1.3.2".to_owned(), commit: sha("a") }),
        actor: "alice".into(),
        date: "2026-11-23".to_owned(),
    }
}

fn keys() -> marker::Keys {
    marker::Keys::derive([b"secret".as_slice()].into_iter())
}

/// The text of one template in the issue, without header and marker.
fn rendered(template: &str, range: &RangeFacts, config: &ChecklistConfig) -> String {
    let file = File { path: ".github/release-checklist.md".to_owned(), text: template.to_owned() };
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let release = release();
    let ingredients = IssueInputs {
        reference: None,
        release: &release,
        named: &release,
        config,
        site: &site,
        templates: &[],
        steps: &[],
        range,
    };
    ingredients.template(&file, &ingredients.values()).text
}

fn plain(template: &str) -> String {
    rendered(template, &RangeFacts::default(), &ChecklistConfig::default())
}

#[test]
fn known_placeholders_are_filled_and_all_others_stay() {
    let cases = [
        ("{{ version }} {{version}} {{ tag }} {{ previous }}", "1.4.0 1.4.0 v1.4.0 v1.3.2"),
        ("{{ env.VERSION }} {{VERSION}} {{ env.RELEASE_VERSION }}", "1.4.0 1.4.0 1.4.0"),
        ("{{ date }} {{ repository }} {{ actor }}", "2026-11-23 acme/rocket alice"),
        (
            "{{ .Values.image }} ${{ github.sha }} {{ versions }} {{",
            "{{ .Values.image }} ${{ github.sha }} {{ versions }} {{",
        ),
        ("vX.Y.Z $VERSION", "vX.Y.Z $VERSION"),
    ];
    for (text, expected) in cases {
        assert_eq!(plain(text), expected);
    }
    let config = ChecklistConfig {
        replace: [("vX.Y.Z".to_owned(), "v{{ version }}".to_owned())].into_iter().collect(),
        ..ChecklistConfig::default()
    };
    assert_eq!(rendered("`git tag vX.Y.Z`", &RangeFacts::default(), &config), "`git tag v1.4.0`");
}

#[test]
fn a_value_is_written_as_its_place_wants_it() {
    let mut values = Values::default();
    values.set("tag", "@acme/rocket@1.4.0");
    values.set("previous", "");
    values.set_ours("pull_requests", "#12, #15");
    let cases = [
        ("{{ tag }}", "@\u{2060}acme/rocket@\u{2060}1.4.0"),
        ("`npm view {{ tag }}`", "`npm view @acme/rocket@1.4.0`"),
        ("```sh\nnpm view {{ tag }}\n```", "```sh\nnpm view @acme/rocket@1.4.0\n```"),
        ("[a](https://x.org/{{ tag }})", "[a](https://x.org/%40acme/rocket%401.4.0)"),
        ("https://x.org/{{ tag }}", "https://x.org/%40acme/rocket%401.4.0"),
        ("<a href=\"{{ tag }}\">", "<a href=\"%40acme/rocket%401.4.0\">"),
        ("<!-- {{ tag }} -->", "<!-- {{ tag }} -->"),
        ("Since `{{ previous }}`: {{ pull_requests }}", "Since ` `: #12, #15"),
        ("- [ ] {{ previous }}", "- [ ] \u{2060}"),
    ];
    for (text, filled) in cases {
        assert_eq!(values.fill(text), filled, "{text}");
    }
    assert_eq!(
        values.title("{{ tag }} <out> & \u{202e}about"),
        "@\u{2060}acme/rocket@\u{2060}1.4.0 <out> & \u{202e}about"
    );
}

/// What an issue is made of where there are no step files.
fn ingredients<'i>(
    release: &'i Release,
    config: &'i ChecklistConfig,
    site: &'i Site,
    templates: &'i [File],
    range: &'i RangeFacts,
) -> IssueInputs<'i> {
    IssueInputs { reference: None, release, named: release, config, site, templates, steps: &[], range }
}

/// A release that was never at another commit.
fn alone() -> Candidates {
    let commit = Sha::parse(&"a".repeat(40)).unwrap();
    Candidates::new(Vec::new(), Candidate { label: "v1.4.0".to_owned(), commit })
}

#[test]
fn the_header_says_how_a_tag_was_read_where_its_name_has_more_than_numbers() {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let mut config = ChecklistConfig::default();
    config.open.prerelease_words.push("ea".to_owned());
    let templates = [File { path: "a.md".to_owned(), text: "- [ ] One\n".to_owned() }];
    let cases = [
        ("v1.4.0", ""),
        ("2026-01-31", ""),
        ("v1.4.0-rc.1", " · a pre-release, by `rc`"),
        ("v1.4.0-ea", " · a pre-release, by `ea`"),
        ("kube2iam-2.5.2", " · version `2.5.2` of `kube2iam`"),
        ("api/v1.4.0-beta2", " · version `1.4.0-beta2` of `api` · a pre-release, by `beta`"),
        ("v1.4.0-hotfix", " · a release of its own: `hotfix` is no known pre-release word"),
    ];
    for (tag, expected) in cases {
        let release = Release { label: tag.to_owned(), tag: Some(tag.to_owned()), previous: None, ..release() };
        let range = RangeFacts::default();
        let ingredients = ingredients(&release, &config, &site, &templates, &range);
        let issue_body::Outcome::Open(draft) = issue_body::draft(&ingredients, RepositoryId(7), &keys()) else {
            panic!("{tag} opens no issue")
        };
        let header = draft.body.lines().next().unwrap_or_default();
        assert_eq!(header.split(')').nth(1), Some(expected), "{header}");
    }
}

#[test]
fn a_release_of_a_thousand_pull_requests_lists_some_and_counts_the_others() {
    let merged = |n| Merged {
        number: PullNumber(n),
        title: "A title of some length, as people write them. ".repeat(5),
        author: "erin".into(),
        labels: Vec::new(),
    };
    let range = RangeFacts { paths: None, merged: Some((1..=1_000).map(merged).collect()) };
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let (release, config) = (release(), ChecklistConfig::default());
    let templates = [File { path: "a.md".to_owned(), text: "- [ ] One\n".to_owned() }];
    let ingredients = ingredients(&release, &config, &site, &templates, &range);
    let issue_body::Outcome::Open(draft) = issue_body::draft(&ingredients, RepositoryId(1), &keys()) else {
        panic!("no issue")
    };
    assert!(draft.body.contains("<summary>1000 pull requests</summary>"), "{}", draft.body);
    assert_eq!(draft.body.matches("\n- #").count(), 100);
    assert!(draft.body.contains("\n- and 900 more\n"), "{}", draft.body);
}

#[test]
fn relative_links_become_absolute_at_the_released_commit_and_nothing_else_is_touched() {
    let at = format!("https://github.com/acme/rocket/blob/{}", sha("b"));
    let cases = [
        ("- [ ] [a](docs/x.md)", format!("- [ ] [a]({at}/.github/docs/x.md)")),
        ("- [ ] [a](../docs/x.md#top)", format!("- [ ] [a]({at}/docs/x.md#top)")),
        ("![a](x.png)", format!("![a]({}/.github/x.png)", at.replace("/blob/", "/raw/"))),
        ("- [ ] [a](../docs/{{tag}}.md)", format!("- [ ] [a]({at}/docs/v1.4.0.md)")),
        ("- [ ] [a](../docs/{{ tag }}.md)", format!("- [ ] [a]({at}/docs/v1.4.0.md)")),
        (
            "[a]({{compare_url}}) [b]({{ compare_url }})",
            format!(
                "[a](https://github.com/acme/rocket/compare/{0}...{1}) [b](https://github.com/acme/rocket/compare/{0}...{1})",
                sha("a"),
                sha("b")
            ),
        ),
        ("- [ ] [a](https://x.org/) [b](#here) `[c](d)`", "- [ ] [a](https://x.org/) [b](#here) `[c](d)`".to_owned()),
    ];
    for (text, expected) in cases {
        assert_eq!(plain(text), expected);
    }
}

#[test]
fn what_a_directive_says_is_shown_at_the_end_of_the_line() {
    assert_eq!(
        plain("- [ ] Test it <!-- hp: optional owner=@acme/qa -->\n  more\n- [ ] Then <!-- hp: phase=after -->\n"),
        "- [ ] Test it · optional · @acme/qa <!-- hp: optional owner=@acme/qa -->\n  more\n- [ ] Then · after the release <!-- hp: phase=after -->\n"
    );
}

#[test]
fn an_item_whose_condition_does_not_hold_is_left_out_with_what_is_nested_in_it() {
    let template = "- [ ] Always\n- [ ] Migrate <!-- hp: when=paths(migrations/**) -->\n  - [ ] Nested\n- [ ] Big <!-- hp: when=version(major) -->\n- [ ] Minor <!-- hp: when=version(minor, major) -->\n";
    let none = RangeFacts { paths: Some(vec!["src/a.py".to_owned()]), merged: Some(Vec::new()) };
    assert_eq!(
        rendered(template, &none, &ChecklistConfig::default()),
        "- [ ] Always\n- [ ] Minor · because this is a minor release <!-- hp: when=version(minor, major) -->\n"
    );
    let some = RangeFacts { paths: Some(vec!["migrations/0042.py".to_owned()]), merged: None };
    let text = rendered(template, &some, &ChecklistConfig::default());
    assert!(text.contains("Migrate · because `migrations/0042.py` changed <!--") && text.contains("Nested"), "{text}");
    // What could not be read leaves nothing out.
    let text = rendered(template, &RangeFacts::default(), &ChecklistConfig::default());
    assert!(text.contains("Migrate · because the changed files could not all be read"), "{text}");
}

#[test]
fn versions_are_ordered_as_people_mean_them() {
    let tags: Vec<String> =
        ["v1.0.0", "v1.10.0", "v1.9.9", "v2.0.0-rc2", "v2.0.0-rc10", "v2.0.0", "api/v1.5.0", "nightly", "v3"]
            .map(str::to_owned)
            .to_vec();
    assert_eq!(version::older("v2.0.0", &tags, &[]), ["v2.0.0-rc10", "v2.0.0-rc2", "v1.10.0", "v1.9.9", "v1.0.0"]);
    assert_eq!(version::older("v2.0.0-rc10", &tags, &[]), ["v2.0.0-rc2", "v1.10.0", "v1.9.9", "v1.0.0"]);
    assert_eq!(version::older("api/v1.6.0", &tags, &[]), ["api/v1.5.0"]);
    assert_eq!(version::older("nightly", &tags, &[]), Vec::<&str>::new());
    let days: Vec<String> = ["2026.9.30", "2026.9.30.2", "2026.9.30.10", "2026.10.1"].map(str::to_owned).to_vec();
    assert_eq!(version::older("2026.10.1", &days, &[]), ["2026.9.30.10", "2026.9.30.2", "2026.9.30"]);
    assert_ne!(version::final_of("2026.9.30", &[]), version::final_of("2026.9.30.2", &[]));
    assert_eq!(version::final_of("v1.4.0-rc1", &[]), version::final_of("v1.4.0", &[]));
    let of = |tag| version::of_tag(tag, &[]).unwrap();
    assert_eq!(version::step(Some(&of("v1.2.3")), &of("v1.2.4")), "patch");
    assert_eq!(version::step(Some(&of("v1.2.3")), &of("v1.3.0")), "minor");
    assert_eq!(version::step(Some(&of("v1.2.3")), &of("v2.0.0")), "major");
    assert_eq!(version::step(Some(&of("v1.2.3")), &of("v2.0.0-rc.1")), "prerelease");
}

#[test]
fn a_title_takes_the_angle_placeholder_and_is_one_line() {
    let mut values = Values::default();
    values.set("version", "1.4.0");
    assert_eq!(values.title("[Release] - <Version or name>"), "[Release] - 1.4.0");
    assert_eq!(values.title("Release\n{{ version }}"), "Release 1.4.0");
    assert_eq!(harmless("a\n- [x] b <!-- @acme/qa `c`"), "a - (x) b &lt;!-- @\u{2060}acme/qa 'c'");
}

#[test]
fn a_heading_of_one_step_file_never_reaches_into_the_next() {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let release = release();
    let merged = |n: u64| Merged {
        number: PullNumber(n),
        title: format!("Change {n}"),
        author: "erin".into(),
        labels: Vec::new(),
    };
    let step = |n: u64, text: &str| Step {
        file: File { path: format!("release-steps/{n}.md"), text: text.to_owned() },
        before: None,
        brought_by: Some(merged(n)),
        issued: Default::default(),
        origin: Default::default(),
    };
    let steps = [
        step(1, "- [ ] First\n\n# Later <!-- hp: phase=after optional -->\n- [ ] After\n"),
        step(2, "- [ ] Second, without a heading\n"),
        step(3, "# Only later <!-- hp: phase=after -->\n- [ ] Third\n"),
    ];
    let templates =
        [File { path: "a.md".to_owned(), text: "## Part <!-- hp: phase=after -->\n- [ ] Template's own\n".to_owned() }];
    let range = RangeFacts { paths: None, merged: Some(vec![merged(1), merged(2)]) };
    let config = ChecklistConfig::default();
    let ingredients = IssueInputs {
        reference: None,
        release: &release,
        named: &release,
        config: &config,
        site: &site,
        templates: &templates,
        steps: &steps,
        range: &range,
    };
    let issue_body::Outcome::Open(draft) = issue_body::draft(&ingredients, RepositoryId(1), &keys()) else {
        panic!("no issue")
    };
    let (list, _) = crate::checklist::parse::parse(&draft.body);
    let none = globset::GlobSet::empty();
    let phases: Vec<String> =
        list.items.iter().map(|i| format!("{} {}", i.text, list.phase(i, &none).word())).collect();
    assert_eq!(
        phases,
        [
            "Template's own · after the release after",
            "First before",
            "After · optional · after the release after",
            "Second, without a heading before",
            "Third after",
        ]
    );
    assert!(draft.body.starts_with("**v1.4.0** · commit [`bbbbbbb`]"), "{}", draft.body);
    assert!(draft.body.contains("<summary>2 pull requests</summary>"), "{}", draft.body);
}

#[test]
fn a_marker_is_told_from_a_forged_one_and_survives_a_rotation_of_the_secret() {
    let marker = marker::Marker {
        repository: RepositoryId(7),
        release: release(),
        files: vec!["a.md".to_owned()],
        part: None,
        reference: None,
    };
    let text = marker::write(&marker, &keys());
    assert_eq!(marker::read(&text, &keys()), marker::MarkerStatus::Ours(Box::new(marker.clone())));
    let rotated = marker::Keys::derive([b"new".as_slice(), b"secret".as_slice()].into_iter());
    assert_eq!(marker::read(&text, &rotated), marker::MarkerStatus::Ours(Box::new(marker)));
    let strangers = marker::Keys::derive([b"other".as_slice()].into_iter());
    assert_eq!(marker::read(&text, &strangers), marker::MarkerStatus::Forged);
    assert_eq!(marker::read(&text.replace("v1", "v9"), &keys()), marker::MarkerStatus::UnknownVersion("v9".to_owned()));
    assert_eq!(marker::read("nothing", &keys()), marker::MarkerStatus::Nothing);
}
