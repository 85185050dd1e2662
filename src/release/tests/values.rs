//! Values from strangers, in every place where one can land: whatever they say, the issue keeps its shape.

use super::super::contents::{File, IssueInputs, RangeFacts, Step};
use super::super::issue_body::{self, Draft, Outcome};
use super::super::{Merged, Previous, Release, Site};
use super::{keys, sha};
use crate::checklist::directive::Directives;
use crate::checklist::parse::parse;
use crate::config::ChecklistConfig;
use crate::ids::{PullNumber, RepoName, RepositoryId};
use crate::release::key::ReleaseKey;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A placeholder in every place that Markdown has.
const TEMPLATE: &str = "# Release {{ tag }}

{{ tag }} is next, after {{ previous }}. By {{ actor }}: {{ tag }}!

- [ ] Item {{ tag }} <!-- hp: optional -->
  - [ ] Nested {{ version }} by {{ actor }} <!-- hp: owner=@acme/qa second-person -->
- [x] `git tag {{ tag }}` and ``x {{ tag }} y`` and `{{ tag }}`, not `{{ previous }}` or `{{ previous }}`
- [ ] [changes]({{ compare_url }}) [{{ tag }}](https://x.org/{{ tag }}/a \"{{ tag }}\") ![{{ tag }}](<https://x.org/{{ tag }}>)
- [ ] [here](docs/{{ tag }}.md) [there](docs/{{tag}}.md) [bare]({{ tag }}) [comparison]({{compare_url}})
- [ ] **{{ tag }}** ~~{{ previous }}~~ [x]{{ tag }} [{{ actor }}] \\{{ tag }} &{{ tag }};
- [ ] {{ tag }}
- {{ tag }}
- {{ actor }} [ ] no box
1. {{ version }}
> {{ tag }}
- [ ] https://x.org/{{ tag }} and <https://x.org/a>
- [ ] <a href=\"{{ tag }}\" title='{{ tag }}'>{{ tag }}</a> <{{ tag }}>
- [ ] [ref][r] <!-- {{ tag }} --> vX.Y.Z `vX.Y.Z`

[r]: https://x.org/{{ tag }}

| a | b |
|---|---|
| {{ tag }} | `{{ tag }}` |

<details>
<summary>{{ tag }}</summary>
{{ previous }}
{{ tag }}

- [ ] Inside {{ tag }}

</details>

~~~sh
{{ tag }}
git push {{ tag }}
~~~

    {{ tag }}

Some text
{{ tag }}

{{ previous }} - [ ] no item
- [ ] {{ previous }}
- [ ] Migrate <!-- hp: when=paths(**) -->
";

/// What strangers may choose.
#[derive(Clone, Debug)]
struct Chosen {
    tag: String,
    previous: String,
    actor: String,
    title: String,
    author: String,
    path: String,
}

impl Chosen {
    fn tame() -> Self {
        let text = str::to_owned;
        Self {
            tag: text("v1.4.0"),
            previous: text("v1.3.2"),
            actor: text("alice"),
            title: text("Change it"),
            author: text("erin"),
            path: text("a/b.py"),
        }
    }

    fn all(value: &str) -> Self {
        let value = || value.to_owned();
        Self { tag: value(), previous: value(), actor: value(), title: value(), author: value(), path: value() }
    }
}

fn draft(chosen: &Chosen) -> Draft {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let release = Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse(&format!("tag:{}", chosen.tag)),
        label: chosen.tag.clone(),
        tag: Some(chosen.tag.clone()),
        commit: sha("b"),
        previous: Some(Previous { label: chosen.previous.clone(), commit: sha("a") }),
        actor: chosen.actor.as_str().into(),
        date: "2026-11-23".to_owned(),
    };
    let merged = Merged {
        number: PullNumber(12),
        title: chosen.title.clone(),
        author: chosen.author.as_str().into(),
        labels: Vec::new(),
    };
    let step = |brought_by| Step {
        file: File {
            path: format!("release-steps/{}", chosen.path),
            text: "- [ ] Step {{ tag }} <!-- hp: one-of=a -->\n- [ ] Other <!-- hp: one-of=a -->\n".to_owned(),
        },
        before: None,
        brought_by,
        issued: Default::default(),
        origin: Default::default(),
    };
    let range = RangeFacts { paths: Some(vec![chosen.path.clone()]), merged: Some(vec![merged.clone()]) };
    let config = ChecklistConfig {
        replace: [("vX.Y.Z".to_owned(), "{{ tag }}".to_owned())].into_iter().collect(),
        ..ChecklistConfig::default()
    };
    let ingredients = IssueInputs {
        reference: None,
        release: &release,
        named: &release,
        config: &config,
        site: &site,
        templates: &[
            File { path: "a.md".to_owned(), text: TEMPLATE.to_owned() },
            File { path: chosen.path.clone(), text: "- [ ] Another\n".to_owned() },
        ],
        steps: &[step(Some(merged)), step(None)],
        range: &range,
    };
    match issue_body::draft(&ingredients, RepositoryId(1), &keys()) {
        Outcome::Open(draft) => *draft,
        other @ (Outcome::Nothing | Outcome::Impossible(_)) => panic!("no issue for {chosen:?}: {other:?}"),
    }
}

/// Everything of a text but its words: blocks, markup, links, HTML, boxes; and what GitHub would make of the words.
fn shape(body: &str) -> Vec<String> {
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    let mut shape = Vec::new();
    let mut words = String::new();
    let mut code = false;
    // The first line says how the tag was read, with a code span for each part of its name.
    let mut header = true;
    let angles = |html: &str| html.chars().filter(|c| matches!(c, '<' | '>' | '"')).collect::<String>();
    for event in Parser::new_ext(body, options) {
        header &= !matches!(event, Event::End(TagEnd::Paragraph));
        let what = match &event {
            Event::Text(text) => {
                if !code {
                    words.push_str(text);
                }
                continue;
            }
            Event::Code(_) if header => continue,
            Event::Code(_) => "code".to_owned(),
            Event::Html(html) => format!("html {}", angles(html)),
            Event::InlineHtml(html) => format!("inline html {}{}", angles(html), html.matches('\'').count()),
            Event::Start(Tag::CodeBlock(_)) => {
                code = true;
                "block of code".to_owned()
            }
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                // An empty address leads to the repository's own page too.
                let address = if dest_url.is_empty() { "https://github.com" } else { dest_url };
                let host = address.split('/').take(3).collect::<Vec<_>>().join("/");
                format!("link {link_type:?} to {host}")
            }
            Event::End(end) => {
                code = false;
                format!("end {end:?}")
            }
            Event::Start(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => format!("{event:?}"),
        };
        called(&mut words, &mut shape);
        shape.push(what);
    }
    shape
}

/// Mentions, references and addresses in a stretch of text outside code, as GitHub finds them.
fn called(words: &mut String, shape: &mut Vec<String>) {
    let lower = words.to_lowercase();
    words.clear();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = ' ';
    for (at, c) in lower.char_indices() {
        let (earlier, rest) = lower.split_at(at);
        let rest = rest.strip_prefix(c).unwrap_or_default();
        // What stands in an address belongs to it.
        if earlier.rsplit(char::is_whitespace).next().is_some_and(|word| word.contains("://")) {
            continue;
        }
        let next = rest.chars().next().unwrap_or(' ');
        let found = match c {
            '@' if !word(before) && word(next) => Some("mention"),
            '@' if word(before) && word(next) => Some("address of mail"),
            '#' if !word(before) && next.is_ascii_digit() => Some("reference"),
            'g' if !word(before) && rest.starts_with("h-") => Some("reference"),
            ':' if rest.starts_with("//") => Some("address"),
            'w' if !word(before) && rest.starts_with("ww.") => Some("address"),
            _ => None,
        };
        shape.extend(found.map(str::to_owned));
        before = c;
    }
}

/// What Holdpoint itself reads from the issue.
fn read(body: &str) -> Vec<String> {
    let (list, _) = parse(body);
    // The name of a group has the name of its file in it: those are words, and any will do.
    let said = |d: &Directives| format!("{:?} {}", Directives { one_of: None, ..d.clone() }, d.one_of.is_some());
    let items = list.items.iter().map(|i| format!("{} {} {:?} {}", i.depth, i.checked, i.section, said(&i.directives)));
    items.chain(list.sections.iter().map(|s| format!("{} {:?}", s.level, s.directives))).collect()
}

/// What differs from the issue that tame values make.
fn differences(chosen: &Chosen) -> Vec<String> {
    let (tame, draft) = (draft(&Chosen::tame()), draft(chosen));
    let mut wrong = Vec::new();
    let mut differ = |what: &str, ours: Vec<String>, wanted: Vec<String>| {
        let at = ours.iter().zip(&wanted).position(|(a, b)| a != b).unwrap_or(ours.len().min(wanted.len()));
        if ours != wanted {
            let near = |all: &[String]| all.iter().skip(at.saturating_sub(3)).take(6).cloned().collect::<Vec<_>>();
            wrong.push(format!("{what}: {:?} instead of {:?}", near(&ours), near(&wanted)));
        }
    };
    differ("items", read(&draft.body), read(&tame.body));
    differ("shape", shape(&draft.body), shape(&tame.body));
    if draft.body.matches("<!-- holdpoint ").count() != 1 {
        wrong.push("a second marker".to_owned());
    }
    let invisible = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{61c}')
    };
    if draft.body.contains(invisible) || draft.title.contains(|c| invisible(c) || c == '\n') {
        wrong.push("a character that nobody sees".to_owned());
    }
    if draft.title.trim().is_empty() || draft.title.chars().count() > 256 {
        wrong.push(format!("the title {:?}", draft.title));
    }
    wrong
}

/// Whatever git, GitHub or nobody at all allows in a name.
const HOSTILE: &[&str] = &[
    "v1.0-<!--",
    "v1.0-->",
    "<!-- hp: optional -->",
    "<!-- holdpoint v1 e30.AAAA -->",
    "v1`",
    "``",
    "```",
    "~~~",
    "@team",
    "@acme/all",
    "&commat;acme/all",
    "&#64;acme/all",
    "mail@acme.org",
    "#12",
    "&num;12",
    "GH-12",
    "fixes #1",
    "acme/rocket#12",
    "[x]",
    "[ ] x",
    "x",
    "](http://evil.org)",
    "(//evil.org)",
    "http://evil.org/",
    "http:||evil.org/",
    "https://github.com/acme/rocket/issues/1",
    "www.evil.org",
    "javascript:alert(1)",
    "\" onclick=\"x",
    "' onclick='x",
    "a|b",
    "||",
    "~~x~~",
    "**",
    "**x** _y_ __z__",
    "*",
    "_",
    "-",
    "+",
    "--",
    "---",
    "===",
    "=",
    "# x",
    "1",
    "1.",
    "1)",
    "1) [ ] x",
    "- [x] x",
    "* x",
    ":",
    "!",
    "v1!",
    "\\",
    "v1\\",
    "(",
    ")",
    "v1)",
    "details",
    "/details",
    "</details>",
    "<details>",
    "img/src=x",
    "!--",
    "?",
    "$x$",
    "$$",
    "{{ tag }}",
    "{{ actor",
    "<version>",
    "v1\u{202e}0.4",
    "v1\u{200b}\u{2060}\u{feff}",
    "\u{2028}- [x] x",
    "a\n- [x] b\n# c",
    "a\r- [x] b\r\n\r\n    c",
    "a\0b",
    "🚀",
    "👩\u{200d}💻",
    "é",
    "_a_",
    "a_b",
    ".",
    "..",
    "/",
    "//",
    "%2f%0a",
    " · because x",
    "",
    " ",
    "\u{200b}",
];

#[test]
fn whatever_strangers_choose_the_issue_keeps_its_shape() {
    // The signed line holds tags and paths in full, and git bounds them; titles it does not.
    for sign in ["a", "<", "@", "\n"] {
        let long = || sign.repeat(10_000);
        assert_eq!(differences(&Chosen { title: long(), author: long(), ..Chosen::tame() }), Vec::<String>::new());
        assert_eq!(differences(&Chosen::all(&sign.repeat(250))), Vec::<String>::new());
    }
    let mut wrong = Vec::new();
    for value in HOSTILE.iter().copied() {
        for chosen in [
            Chosen::all(value),
            Chosen { tag: value.to_owned(), ..Chosen::tame() },
            Chosen { previous: value.to_owned(), ..Chosen::tame() },
        ] {
            for difference in differences(&chosen) {
                wrong.push(format!("{value:.40?}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_values_leave_the_issue_its_shape(
        picked in proptest::collection::vec(
            prop_oneof![
                4 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
                2 => "[-!-/:-@\\[-`{-~ xX1]{0,8}",
                1 => "\\PC{0,12}",
                1 => ".{0,6}",
            ],
            1..4,
        ),
        one in 0..6_usize,
    ) {
        let value = picked.concat();
        let mut chosen = Chosen::tame();
        match one {
            0 => chosen.tag = value,
            1 => chosen.previous = value,
            2 => chosen.actor = value,
            3 => chosen.title = value,
            4 => chosen.path = value,
            _ => chosen = Chosen::all(&value),
        }
        prop_assert_eq!(differences(&chosen), Vec::<String>::new(), "{}", draft(&chosen).body);
    }
}
