//! What a tag's name says: whose version it is, which, and whether it is a candidate or the version itself.
//!
//! People write versions in many ways: `v1.2.3`, `api/v1.2`, `pkg@1.2.3`, `2026-01-31`, `4.2.0.Final`, `2.0.0b1`, `1.2.3-1`.
//! A wrong guess must never open a gate. So only a known pre-release word makes a candidate; whatever else is written behind the
//! numbers belongs to the version's name, and makes it a release of its own.

mod order;

pub use order::{older, step};

use std::cmp::Ordering;

/// Words behind the numbers that say "not the release yet", the earliest stage first. Words of one stage are equally early.
/// `prerelease_words` in the configuration adds to the first stage.
pub const PRERELEASE_WORDS: [&[&str]; 6] = [
    &["dev", "nightly", "canary", "snapshot", "next"],
    &["alpha"],
    &["beta"],
    &["milestone", "m"],
    &["pre", "preview", "prerelease"],
    &["rc", "cr", "candidate"],
];

/// Letters of PEP 440 and the stages that they are short for. They count only right behind the numbers, with a number: `1.0b1`.
pub const SHORT_WORDS: [(&str, usize); 3] = [("a", 1), ("b", 2), ("c", 5)];

/// Words behind the numbers that say "this is the release". They are no part of the version.
pub const FINAL_WORDS: [&str; 4] = ["final", "release", "ga", "stable"];

/// A piece of what is written behind the numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Word(String),
    Number(u128),
}

/// A piece of the pre-release. `Early` is before the end, so that `1.0a1.dev3` and `1.0a1-rc1` are older than `1.0a1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Early(usize, String),
    End,
    Word(usize, String),
    Number(u128),
}

/// A version: its numbers, and what is written behind them. Ordered as people mean it: `1.2.3-rc.1`, `1.2.3`, `1.2.3-1`, `1.2.4`.
#[derive(Clone, Debug)]
pub struct Version {
    epoch: u128,
    numbers: Vec<u128>,
    /// What is behind the numbers and before a pre-release word: `post1`, `-1`, `+deb`.
    behind: Vec<Piece>,
    /// What begins with a pre-release word; empty for a final version.
    stage: Vec<Stage>,
    /// What is behind the pre-release: the `-1` of `1.0~rc1-1`.
    build: Vec<Piece>,
    /// All that is written but the pre-release, without zeros behind the numbers: `1.01` is not `1.1`.
    spelled: String,
}

impl Version {
    fn number(&self, at: usize) -> u128 {
        self.numbers.get(at).copied().unwrap_or_default()
    }

    /// The first number.
    #[must_use]
    pub fn major(&self) -> u128 {
        self.number(0)
    }

    /// The second number, 0 where there is none.
    #[must_use]
    pub fn minor(&self) -> u128 {
        self.number(1)
    }

    /// The third number, 0 where there is none.
    #[must_use]
    pub fn patch(&self) -> u128 {
        self.number(2)
    }

    /// Whether a pre-release word is behind its numbers.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.stage.is_empty()
    }

    /// The version that a candidate is one of, in a form to be compared: all that is written, but the pre-release and `final`.
    fn final_version(&self) -> String {
        self.spelled.clone()
    }

    /// Trailing zeros say nothing: `5` is `5.0.0`.
    fn significant(&self) -> &[u128] {
        let end = self.numbers.iter().rposition(|n| *n != 0).map_or(0, |at| at + 1);
        self.numbers.get(..end).unwrap_or_default()
    }

    /// The order of the stages: a final version comes after all its candidates.
    fn by_stage(&self, other: &Self) -> Ordering {
        match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => self.stage.cmp(&other.stage),
            (own, others) => others.cmp(&own),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |v: &Self| (v.epoch, v.significant().to_vec(), v.behind.clone());
        numbers(self).cmp(&numbers(other)).then_with(|| self.by_stage(other)).then_with(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// A tag's name, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<'t> {
    /// What is before the version, its `v` included: `api/v`, `pkg@`.
    pub prefix: &'t str,
    /// Whose version it is: `api`, `pkg`, or nothing. Tags of one component are one line of releases.
    pub component: &'t str,
    /// The version as it is written: `1.2.3-rc.1`.
    pub written: &'t str,
    /// The pre-release word, as it is written.
    pub word: Option<&'t str>,
    /// What is written behind the numbers that is no known word: `hotfix`. It makes a release of its own.
    pub unknown: Option<&'t str>,
    /// The version.
    pub version: Version,
}

/// Reads a tag's name; `None` where it has no version. `words` are pre-release words beside the known ones, in lower case.
#[must_use]
pub fn read<'t>(tag: &'t str, words: &[String]) -> Option<Reading<'t>> {
    let name_at = tag.rfind('/').map_or(0, |at| at + 1);
    let mut chosen: Option<(u8, Reading<'_>)> = None;
    for (start, sure) in starts(tag, name_at) {
        let (prefix, written) = tag.split_at_checked(start)?;
        let Some(behind) = behind(written, words) else { continue };
        let strong = sure || behind.version.numbers.len() > 1;
        if !strong && behind.unknown.is_some_and(|run| begins_a_word(written, run)) {
            continue;
        }
        let rank = match (strong, behind.unknown.is_none()) {
            // A name that begins with a version has it there, whatever comes behind it.
            _ if strong && component(prefix).len() <= name_at => 4,
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        if chosen.as_ref().is_none_or(|(best, _)| rank > *best) {
            let Behind { version, word, unknown } = behind;
            chosen = Some((rank, Reading { prefix, component: component(prefix), written, word, unknown, version }));
        }
    }
    chosen.map(|(_, reading)| reading)
}

/// The version in a tag's name.
#[must_use]
pub fn of_tag(tag: &str, words: &[String]) -> Option<Version> {
    read(tag, words).map(|reading| reading.version)
}

/// The line of releases that a tag belongs to: its component.
///
/// `v1.2.3` and `1.2.4` are one line, `api/v1.2.3` and `web/v1.2.3` are two. Of a tag without a version, its whole name.
#[must_use]
pub fn line<'t>(tag: &'t str, words: &[String]) -> &'t str {
    read(tag, words).map_or(tag, |reading| reading.component)
}

/// Whether a pre-release word is in a tag's name, as in `v1.4.0-rc1`. Whether it is a candidate depends on whether that version
/// is out as well.
#[must_use]
pub fn is_prerelease(tag: &str, words: &[String]) -> bool {
    of_tag(tag, words).is_some_and(|version| version.is_prerelease())
}

/// The version that a tag is, or is a candidate of, with its line: the same for `v1.4.0-rc1`, `1.4.0-rc2` and `v1.4.0`, and for
/// no two final versions.
#[must_use]
pub fn final_of(tag: &str, words: &[String]) -> Option<(String, String)> {
    read(tag, words).map(|reading| (reading.component.to_owned(), reading.version.final_version()))
}

/// Whether a tag is the version itself that another one is a candidate of.
#[must_use]
pub fn is_final_of(tag: &str, candidate: &str, words: &[String]) -> bool {
    !is_prerelease(tag, words) && final_of(tag, words).is_some_and(|own| final_of(candidate, words) == Some(own))
}

/// Whether a tag may be a short name that is moved from release to release, as `v5` and `v5.0` are for `v5.0.0`. It is one where
/// both name the same commit.
#[must_use]
pub fn is_short_for(tag: &str, full: &str, words: &[String]) -> bool {
    let (Some(short), Some(full)) = (read(tag, words), read(full, words)) else { return false };
    let bare = short.version.behind.is_empty() && !short.version.is_prerelease();
    bare && short.component == full.component
        && short.version.epoch == full.version.epoch
        && short.version.numbers.len() < 3
        && short.version.numbers.len() < full.version.numbers.len()
        && full.version.numbers.starts_with(&short.version.numbers)
}

/// Whether a tag is written as a short name could be: one or two numbers, and nothing behind them.
#[must_use]
pub fn may_be_short(tag: &str, words: &[String]) -> bool {
    of_tag(tag, words).is_some_and(|v| v.numbers.len() < 3 && v.behind.is_empty() && !v.is_prerelease())
}

/// Where the version may begin in a tag's name, and whether something before it says so: its beginning, a `v` or an `@`.
fn starts(tag: &str, name_at: usize) -> Vec<(usize, bool)> {
    let bytes = tag.as_bytes();
    let before =
        |at: usize, back: usize| at.checked_sub(back).filter(|b| *b >= name_at).and_then(|b| bytes.get(b)).copied();
    let mut found = Vec::new();
    let mut seen_digits = false;
    for at in name_at..bytes.len() {
        let digit = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_digit());
        if !digit(bytes.get(at).copied()) || digit(before(at, 1)) {
            continue;
        }
        let (one, two) = (before(at, 1), before(at, 2));
        let is_v = |byte: Option<u8>| byte.is_some_and(|b| b.eq_ignore_ascii_case(&b'v'));
        let marked = is_v(one) && two.is_none_or(|b| !b.is_ascii_alphanumeric());
        let (sure, may) = match one {
            None => (false, true),
            Some(_) if marked => (true, true),
            Some(b'@') => (true, true),
            Some(b) if b.is_ascii_alphabetic() => (false, !seen_digits),
            // Behind digits that end a name, as in `log4j2-2.17.0`; else this is inside of a version.
            Some(b'-') if digit(two) => (false, ends_a_name(bytes, name_at, at - 1)),
            Some(_) => (false, !digit(two)),
        };
        seen_digits = true;
        if may {
            found.push((at, sure));
        }
    }
    found
}

/// Whether the digits before `end` stand right behind letters.
fn ends_a_name(bytes: &[u8], from: usize, end: usize) -> bool {
    let digits = bytes.get(from..end).unwrap_or_default().iter().rposition(|b| !b.is_ascii_digit());
    let letter = digits.and_then(|at| bytes.get(from + at));
    let marked = digits.is_some_and(|at| {
        letter.is_some_and(|b| b.eq_ignore_ascii_case(&b'v'))
            && at.checked_sub(1).and_then(|b| bytes.get(from + b)).is_none_or(|b| !b.is_ascii_alphanumeric())
    });
    letter.is_some_and(u8::is_ascii_alphabetic) && !marked
}

/// Whether a number is the beginning of a word that is not known, as in `3scale-test`. One letter is a part of versions: `9a`.
fn begins_a_word(written: &str, run: &str) -> bool {
    let behind = written.trim_start_matches(|c: char| c.is_ascii_digit());
    run.len() > 1 && behind.starts_with(run) && run.chars().all(|c| c.is_ascii_alphabetic())
}

/// What is before a version, without a `v` and without what sets it off.
fn component(prefix: &str) -> &str {
    let separators = ['-', '_', '.', '@', '/', '+', ' '];
    let without_v = |text: &'_ str| -> usize {
        let cut = text.strip_suffix(['v', 'V']).filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()));
        cut.unwrap_or(text).trim_end_matches(separators).len()
    };
    let once = prefix.get(..without_v(prefix)).unwrap_or_default();
    once.get(..without_v(once)).unwrap_or_default()
}

struct Behind<'t> {
    version: Version,
    word: Option<&'t str>,
    unknown: Option<&'t str>,
}

/// Reads the numbers of a version; gives what is written behind them too.
fn read_numbers(written: &str) -> Option<(Version, &str)> {
    let (epoch, text) = epoch(written)?;
    let end = numbers_end(text);
    let (numbers, rest) = text.split_at_checked(end)?;
    let groups: Vec<&str> = numbers.split(['.', '_', '-']).collect();
    let numbers: Vec<u128> = groups.iter().map(|group| group.parse().ok()).collect::<Option<_>>()?;
    let kept = groups.iter().rposition(|g| *g != "0").map_or(0, |at| at + 1);
    let spelled = format!("{epoch}:{}", groups.get(..kept).unwrap_or_default().join("."));
    let version = Version { epoch, numbers, behind: Vec::new(), stage: Vec::new(), build: Vec::new(), spelled };
    Some((version, rest))
}

/// Reads a version from its first digit to the end of the name. `None` where its numbers are too large to be compared.
fn behind<'t>(written: &'t str, words: &[String]) -> Option<Behind<'t>> {
    let (mut version, rest) = read_numbers(written)?;
    let (mut word, mut unknown) = (None, None);
    let runs = runs(rest);
    let mut counting = false;
    for (at, (mark, run)) in runs.iter().enumerate() {
        let letters = run.len() - run.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (name, number) = run.split_at_checked(letters)?;
        let lower = name.to_lowercase();
        let stage = if *mark == Some('+') || version_is_built(&version) {
            None
        } else {
            stage_of(&lower, number, at == 0 && mark.is_none(), words)
        };
        if let Some(stage) = stage {
            word = word.or(Some(name));
            if version.stage.last() == Some(&Stage::End) {
                version.stage.pop();
            }
            // A word behind a candidate that has its number makes a candidate of that one.
            let early = stage == 0 || matches!(version.stage.last(), Some(Stage::Number(_)));
            let piece = if early { Stage::Early } else { Stage::Word };
            version.stage.push(piece(stage, canonical(&lower)));
            version.stage.extend(number.parse().ok().map(Stage::Number));
            version.stage.push(Stage::End);
            counting = number.is_empty();
            continue;
        }
        // The number of the word before: `rc.1`, `rc-1`, `preview.7.2`.
        let counts = number.len() == run.len() && number.parse::<u128>().is_ok();
        if version.is_prerelease() && counts && version.build.is_empty() && (counting || *mark == Some('.')) {
            version.stage.pop();
            version.stage.extend(number.parse().ok().map(Stage::Number));
            version.stage.push(Stage::End);
            counting = false;
            continue;
        }
        let last = at + 1 == runs.len();
        if last && number.is_empty() && *mark != Some('+') && FINAL_WORDS.contains(&lower.as_str()) {
            continue;
        }
        let short = lower.len() < 5 && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        if !counts && !short {
            unknown = unknown.or(Some(*run));
        }
        let into = if version.stage.is_empty() { &mut version.behind } else { &mut version.build };
        if *mark == Some('+') {
            into.push(Piece::Word("+".to_owned()));
        }
        pieces(run, into);
        version.spelled.extend([mark.map_or_else(String::new, String::from), run.to_lowercase()]);
    }
    Some(Behind { version, word, unknown })
}

/// Whether build metadata began: behind a `+` no word makes a candidate.
fn version_is_built(version: &Version) -> bool {
    version.behind.iter().chain(&version.build).any(|piece| *piece == Piece::Word("+".to_owned()))
}

/// The stage that a word names. `attached` is whether it follows the numbers without anything between.
fn stage_of(word: &str, number: &str, attached: bool, words: &[String]) -> Option<usize> {
    if word.is_empty()
        || !number.chars().all(|c| c.is_ascii_digit())
        || (!number.is_empty() && number.parse::<u128>().is_err())
    {
        return None;
    }
    if let Some((_, stage)) = SHORT_WORDS.iter().find(|(short, _)| *short == word) {
        return (attached && !number.is_empty()).then_some(*stage);
    }
    if word == "m" && number.is_empty() {
        return None;
    }
    let known = PRERELEASE_WORDS.iter().position(|stage| stage.contains(&word));
    known.or_else(|| words.iter().any(|own| own == word).then_some(0))
}

/// One name for the words of a stage that mean the same, so that `b2` comes after `beta1`.
fn canonical(word: &str) -> String {
    let same = match word {
        "a" => "alpha",
        "b" => "beta",
        "c" | "cr" | "candidate" => "rc",
        "m" => "milestone",
        "preview" | "prerelease" => "pre",
        other => other,
    };
    same.to_owned()
}

/// The epoch of Debian and PEP 440 (`1:2.0`, `1!2.0`, and `1%2.0` in Git, which takes no colon), and what is behind it.
fn epoch(text: &str) -> Option<(u128, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (epoch, rest) = text.split_at_checked(digits)?;
    match rest.strip_prefix([':', '%', '!']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) => Some((epoch.parse().ok()?, rest)),
        None => Some((0, text)),
    }
}

/// Where the numbers end. They are joined by dots; or by underscores from the first on; or by hyphens where they are three or
/// more, or a year and a month.
fn numbers_end(text: &str) -> usize {
    let digits =
        |at: usize| text.get(at..).map_or(0, |t| t.len() - t.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let joined = |joiners: &[u8]| {
        let (mut end, mut count) = (digits(0), 1);
        while text.as_bytes().get(end).is_some_and(|b| joiners.contains(b)) && digits(end + 1) > 0 {
            // The digits of a longer word are none of the numbers: `1.2.3-4a1b2c`.
            let next = end + 1 + digits(end + 1);
            if text.as_bytes().get(end) == Some(&b'-')
                && text.get(next..).is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()))
            {
                break;
            }
            end = next;
            count += 1;
        }
        (end, count)
    };
    match text.as_bytes().get(digits(0)) {
        Some(b'_') => joined(b"_.").0,
        Some(b'-') => {
            let (end, count) = joined(b"-");
            let month = text.get(5..7).and_then(|month| month.parse::<u8>().ok());
            let dated = digits(0) == 4 && text.starts_with(['1', '2']) && month.is_some_and(|m| (1..=12).contains(&m));
            match (dated, count) {
                // What is behind the day is no part of the date: `2026-01-31-2`. A dot goes on: `2026-01-31.2`.
                (true, 2..) => {
                    let day = if count > 2 { 8 + digits(8) } else { 7.max(end) };
                    let more = text.get(day..).unwrap_or_default();
                    day + if more.starts_with('.') && digits(day + 1) > 0 { dotted(more) } else { 0 }
                }
                (false, 3..) => end,
                _ => digits(0),
            }
        }
        _ => joined(b".").0,
    }
}

/// How long the `.1.2` at the beginning of a text is.
fn dotted(text: &str) -> usize {
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('.').len()
}

/// What is between separators, each with the separator before it.
fn runs(text: &str) -> Vec<(Option<char>, &str)> {
    let mut found = Vec::new();
    let mut mark = None;
    for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let run = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !run.is_empty() {
            found.push((mark, run));
        }
        if run.len() < piece.len() {
            // A plus holds until the run behind it, whatever follows it.
            let own = piece.chars().next_back();
            mark = if run.is_empty() && mark == Some('+') { mark } else { own };
        }
    }
    found
}

/// The words and numbers of a run, for comparison.
fn pieces(run: &str, into: &mut Vec<Piece>) {
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        into.push(piece.parse().map_or_else(|_| Piece::Word(piece.to_lowercase()), Piece::Number));
        rest = behind;
    }
}
