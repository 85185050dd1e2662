//! What an HTML comment `<!-- hp: … -->` on an item's first line or on a heading says.
//!
//! Reads words and reports the ones it does not know; it never decides what follows from them.

use super::arguments::call;
use super::globs::Globs;
use super::spelling::nearest;
use super::verification::Verification;
use serde::Serialize;
use std::fmt;

/// When an item must be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before the release ships: the gate waits for it.
    #[default]
    Before,
    /// Once it is in production.
    After,
}

impl Phase {
    /// The word that the language uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// Under which circumstances an item is part of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// The release's range touches a path that matches one of these globs.
    Paths(Vec<String>),
    /// A merged pull request of the range carries one of these labels.
    Label(Vec<String>),
    /// The step from the previous version: `major`, `minor`, `patch` or `prerelease`.
    Version(Vec<String>),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paths(globs) => write!(f, "paths({})", globs.join(", ")),
            Self::Label(labels) => write!(f, "label({})", labels.join(", ")),
            Self::Version(steps) => write!(f, "version({})", steps.join(", ")),
        }
    }
}

/// The resolved directives of an item or a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Directives {
    /// `id=…`: the stable name that the author gave.
    pub id: Option<String>,
    /// `optional`: shown, never blocks.
    pub optional: bool,
    /// `phase=before|after`; `None` where nothing says.
    pub phase: Option<Phase>,
    /// `owner=@user` or `owner=@org/team`, with the `@`: only these may tick it.
    pub owners: Vec<String>,
    /// `second-person`: not by an author of the change, nor by who opened the release.
    pub second_person: bool,
    /// `every-candidate`: done anew for each candidate of a version; what was done for another one does not count.
    pub every_candidate: bool,
    /// `when=…`: all of them must hold.
    pub when: Vec<When>,
    /// `verify=…` as written, one word for each.
    pub verify: Vec<String>,
    /// `one-of=NAME`: one item of the group suffices.
    pub one_of: Option<String>,
}

/// A word of a directive comment that could not be used: where it stands within the comment's text, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDirective {
    /// Byte offset of the word within the text given to [`read`].
    pub at: usize,
    /// Length of the word in bytes.
    pub len: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// Bytes of the directives on one line that are read.
pub(super) const MAX_LENGTH: usize = 1_000;

/// Owners of one item. An item with a directive of its own has its heading's in copies.
const MOST_OWNERS: usize = 32;

/// Conditions that an item takes over from the headings above it.
const MAX_CONDITIONS: usize = 16;

const WORDS: [&str; 9] =
    ["id", "optional", "phase", "owner", "second-person", "every-candidate", "when", "verify", "one-of"];

/// The inside of an HTML comment, if that comment is a directive: what follows `hp:`. The offset is where it begins.
#[must_use]
pub fn inside(comment: &str) -> Option<(usize, &str)> {
    let inner = comment.strip_prefix("<!--")?;
    let inner = inner.strip_suffix("-->").unwrap_or(inner);
    let trimmed = inner.trim_start();
    let words = trimmed.strip_prefix("hp:")?;
    Some((4 + inner.len() - trimmed.len() + 3, words))
}

/// Reads the words of a directive comment.
#[must_use]
pub fn read(text: &str) -> (Directives, Vec<InvalidDirective>) {
    let mut directives = Directives::default();
    let mut misread = Vec::new();
    if text.len() > MAX_LENGTH {
        return too_long();
    }
    for (at, word) in words(text) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if let Err((message, hint)) = apply(&mut directives, name, value) {
            misread.push(InvalidDirective { at, len: word.len(), message, hint });
        }
    }
    (directives, misread)
}

/// What is made of a directive that is too long.
pub(super) fn too_long() -> (Directives, Vec<InvalidDirective>) {
    let message = format!("a directive of more than {MAX_LENGTH} characters is not read");
    let hint = "say less, or name a team".to_owned();
    (Directives::default(), vec![InvalidDirective { at: 0, len: 1, message, hint }])
}

/// Splits at white space outside parentheses, so that `when=paths(a, b)` is one word.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && open == 0 {
            if let Some(from) = start.take() {
                found.push((from, text.get(from..at).unwrap_or_default()));
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        found.push((from, text.get(from..).unwrap_or_default().trim_end()));
    }
    found
}

fn apply(directives: &mut Directives, name: &str, value: Option<&str>) -> Result<(), (String, String)> {
    let needs = |form: &str| (format!("`{name}` needs a value"), format!("write `{form}`"));
    match (name, value.filter(|v| !v.is_empty())) {
        ("optional", None) => directives.optional = true,
        ("second-person", None) => directives.second_person = true,
        ("every-candidate", None) => directives.every_candidate = true,
        ("optional" | "second-person" | "every-candidate", Some(_)) => {
            return Err((format!("`{name}` takes no value"), format!("write `{name}` alone")));
        }
        ("id", Some(id)) => {
            if !id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
                return Err((
                    format!("`{id}` is no id"),
                    "use letters, digits, `-`, `_` and `.`, as in `id=drop-legacy-column`".to_owned(),
                ));
            }
            directives.id = Some(id.to_owned());
        }
        ("phase", Some("before")) => directives.phase = Some(Phase::Before),
        ("phase", Some("after")) => directives.phase = Some(Phase::After),
        ("phase", Some(other)) => {
            return Err((format!("`{other}` is no phase"), "write `phase=before` or `phase=after`".to_owned()));
        }
        ("owner", Some(owner)) => {
            for one in owner.split(',') {
                if !is_owner(one) {
                    return Err((
                        format!("`{one}` is no user and no team"),
                        "write `owner=@user` or `owner=@org/team`".to_owned(),
                    ));
                }
                if directives.owners.len() >= MOST_OWNERS {
                    return Err((format!("more than {MOST_OWNERS} owners"), "name a team".to_owned()));
                }
                directives.owners.push(one.to_owned());
            }
        }
        ("when", Some(condition)) => directives.when.push(when(condition)?),
        ("verify", Some(what)) => {
            Verification::parse(what)?;
            directives.verify.push(what.to_owned());
        }
        ("one-of", Some(group)) => directives.one_of = Some(group.to_owned()),
        ("id", None) => return Err(needs("id=drop-legacy-column")),
        ("phase", None) => return Err(needs("phase=after")),
        ("owner", None) => return Err(needs("owner=@org/team")),
        ("when", None) => return Err(needs("when=paths(migrations/**)")),
        ("verify", None) => return Err(needs("verify=checks(build)")),
        ("one-of", None) => return Err(needs("one-of=rollout")),
        (other, _) => {
            let nearest = nearest(other, &WORDS);
            let hint =
                nearest.map_or_else(|| format!("known are {}", WORDS.join(", ")), |w| format!("did you mean `{w}`?"));
            return Err((format!("`{other}` is no directive"), hint));
        }
    }
    Ok(())
}

/// `@user` or `@org/team`, in the characters that GitHub allows for them.
fn is_owner(text: &str) -> bool {
    let Some(name) = text.strip_prefix('@') else { return false };
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match name.split_once('/') {
        Some((org, team)) => word(org) && word(team),
        None => word(name),
    }
}

fn when(text: &str) -> Result<When, (String, String)> {
    let hint =
        || "write `when=paths(migrations/**)`, `when=label(database)` or `when=version(major, minor)`".to_owned();
    let Some((name, list)) = call(text) else {
        return Err((format!("`{text}` is no condition"), hint()));
    };
    if list.is_empty() {
        return Err((format!("`{name}()` names nothing"), hint()));
    }
    match name {
        "paths" => {
            for glob in &list {
                if let Err(why) = Globs::paths(vec![glob.clone()]) {
                    return Err((format!("`{glob}` is no glob: {why}"), hint()));
                }
            }
            if let Err(why) = Globs::paths(list.clone()) {
                return Err((format!("these globs cannot be used together: {why}"), hint()));
            }
            Ok(When::Paths(list))
        }
        "label" => Ok(When::Label(list)),
        "version" => {
            for step in &list {
                let steps = ["major", "minor", "patch", "prerelease"];
                if !steps.contains(&step.as_str()) {
                    let hint = nearest(step, &steps).map_or_else(hint, |w| format!("did you mean `{w}`?"));
                    return Err((format!("`{step}` is no kind of version step"), hint));
                }
            }
            Ok(When::Version(list))
        }
        other => Err((format!("`{other}` is no condition"), hint())),
    }
}

impl Directives {
    /// Lays the item's own directives over those of the heading above it.
    #[must_use]
    pub fn under(mut self, section: &Self) -> Self {
        self.optional |= section.optional;
        self.second_person |= section.second_person;
        self.every_candidate |= section.every_candidate;
        self.phase = self.phase.or(section.phase);
        if self.owners.is_empty() {
            self.owners.clone_from(&section.owners);
        }
        if self.one_of.is_none() {
            self.one_of.clone_from(&section.one_of);
        }
        // An item has its heading's conditions in copies: a stranger's file must not make gigabytes of them. One that is
        // dropped leaves nothing out.
        self.when.extend(section.when.iter().take(MAX_CONDITIONS.saturating_sub(self.when.len())).cloned());
        self.verify.extend(section.verify.iter().take(MAX_CONDITIONS.saturating_sub(self.verify.len())).cloned());
        self
    }

    /// One of `second-person`, `every-candidate`, `when`, `verify` and `one-of` as it is written in a file, a word for each time; nothing where it
    /// does not hold.
    #[must_use]
    pub fn texts_of(&self, which: &str) -> Vec<String> {
        match which {
            "second-person" => self.second_person.then(|| which.to_owned()).into_iter().collect(),
            "every-candidate" => self.every_candidate.then(|| which.to_owned()).into_iter().collect(),
            "when" => self.when.iter().map(|when| format!("when={when}")).collect(),
            "verify" => self.verify.iter().map(|what| format!("verify={what}")).collect(),
            "one-of" => self.one_of.iter().map(|group| format!("one-of={group}")).collect(),
            _ => Vec::new(),
        }
    }

    /// What a reader of the issue must know, as a short suffix to the item's line; empty where there is nothing to say.
    /// `because` names the paths, labels or version step for which a conditional item is there.
    #[must_use]
    pub fn suffix(&self, phase: Phase, because: Option<&str>) -> String {
        let mut parts: Vec<String> = Vec::new();
        if self.optional {
            parts.push("optional".to_owned());
        }
        if phase == Phase::After {
            parts.push("after the release".to_owned());
        }
        parts.extend(self.owners.iter().cloned());
        if self.second_person {
            parts.push("by a second person".to_owned());
        }
        if self.every_candidate {
            parts.push("for every candidate".to_owned());
        }
        if let Some(group) = &self.one_of {
            parts.push(format!("one of {group}"));
        }
        if let Some(because) = because {
            parts.push(format!("because {because}"));
        }
        parts.iter().fold(String::new(), |all, part| format!("{all} · {part}"))
    }
}
