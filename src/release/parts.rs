//! A release issue that is longer than GitHub takes: the same text in several issues, and several texts read as one.
//!
//! It is cut before headings, and where a section alone is too long, between its items and paragraphs; never inside of one. A
//! part that begins in the middle of a section repeats the headings above it, so that an item stands where it stood.
//! Whoever asks how far a release is reads the parts joined, and needs not know that there are several.

use crate::checklist::blocks::{Block, blocks, definitions};
use crate::checklist::parse::parse;
use crate::ids::IssueNumber;
use serde::{Deserialize, Serialize};

/// So many parts at most: GitHub takes 80 new issues a minute from an App, and people read none of the last.
pub const MAX_PARTS: usize = 50;

/// Characters that the links between parts may take.
pub const LINKS: usize = 30 * MAX_PARTS + 120;

/// All definitions of links are repeated in each part, up to so many characters.
const DEFINITIONS: usize = 4_000;

/// One part, but for the links to the parts behind it: their numbers are known once they are opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its place, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The title, with its place.
    pub title: String,
    /// The line of facts at its top.
    pub facts: String,
    /// The Markdown below that line.
    pub text: String,
    /// The signed line.
    pub marker: String,
}

impl Part {
    /// The text of its issue. `later` are the issues of the parts behind it, in order: they are opened first, so that no link
    /// has to be put into a text that people tick.
    #[must_use]
    pub fn body(&self, later: &[IssueNumber]) -> String {
        let links = later.iter().enumerate().map(|(at, issue)| format!("part {} is #{issue}", self.number + at + 1));
        let links: Vec<String> = links.collect();
        let links = if links.is_empty() { String::new() } else { format!(": {}", links.join(", ")) };
        let (number, of) = (self.number, self.of);
        format!("{} · part {number} of {of}{links}\n\n{}\n{}\n", self.facts, self.text, self.marker)
    }
}

/// The title of a part.
#[must_use]
pub fn titled(title: &str, number: usize, of: usize) -> String {
    format!("{} (part {number} of {of})", base_title(title))
}

/// A title without the place of a part.
#[must_use]
pub fn base_title(title: &str) -> &str {
    let place = |inside: &str| {
        let (number, of) = inside.strip_prefix("part ")?.split_once(" of ")?;
        (number.parse::<usize>().is_ok() && of.parse::<usize>().is_ok()).then_some(())
    };
    let split = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    split.filter(|(_, inside)| place(inside).is_some()).map_or(title, |(base, _)| base)
}

/// Several texts as one. A fence or comment that somebody left open in one of them does not swallow the next.
#[must_use]
pub fn join<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut whole = String::new();
    let mut last: Option<&str> = None;
    for text in texts {
        if let Some(last) = last {
            whole.push_str(&seal(last));
            whole.push_str("\n\n<!-- -->\n\n");
        }
        whole.push_str(text);
        last = Some(text);
    }
    whole
}

/// Whether the items that follow a text would be lost in it.
fn swallows_following(text: &str) -> bool {
    let (list, _) = parse(&format!("{text}\n\n# x\n\n- [ ] x\n"));
    list.items.last().is_none_or(|item| item.box_at <= text.len())
}

/// What closes whatever a text leaves open; empty where it leaves nothing open.
fn seal(text: &str) -> String {
    if !swallows_following(text) {
        return String::new();
    }
    let longest = |mark: char| {
        let runs = text.split(|c| c != mark).map(str::len).max().unwrap_or_default();
        format!("\n{}", mark.to_string().repeat(runs.max(3)))
    };
    let tags =
        ["-->", "</script>", "</pre>", "</style>", "</textarea>", "?>", "]]>", ">"].map(|tag| format!("\n{tag}"));
    let mut closers = [longest('`'), longest('~')].into_iter().chain(tags);
    closers.find(|closer| !swallows_following(&format!("{text}{closer}"))).unwrap_or_default()
}

/// A piece that stays whole.
struct Piece<'t> {
    text: &'t str,
    length: usize,
    heading: Option<u8>,
    folds: isize,
}

fn pieces(content: &str) -> Vec<Piece<'_>> {
    let found = blocks(content);
    let ends = found.iter().skip(1).map(|b| b.start).chain([content.len()]);
    let piece = |(at, (block, end)): (usize, (&Block, usize))| {
        let text = content.get(if at == 0 { 0 } else { block.start }..end).unwrap_or_default();
        Piece { text, length: text.chars().count(), heading: block.heading, folds: block.folds }
    };
    found.iter().zip(ends).enumerate().map(piece).collect()
}

/// Runs of pieces that had better stay together. Of `sections`: headings right behind each other with all that stands below the
/// last of them. Else a piece each, the headings above the first of them with it: no heading stands alone at the end of a part.
fn runs(pieces: &[Piece<'_>], sections: bool) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut content) = (0, false);
    for (at, piece) in pieces.iter().enumerate() {
        if content && (piece.heading.is_some() || !sections) {
            found.push(start..at);
            (start, content) = (at, false);
        }
        content |= piece.heading.is_none();
    }
    if start < pieces.len() {
        found.push(start..pieces.len());
    }
    found
}

/// The part that is being filled, and where in the text it is.
#[derive(Default)]
struct Filling<'t> {
    done: Vec<String>,
    text: String,
    length: usize,
    /// Whether anything but repeated headings is in it.
    begun: bool,
    /// The headings above, the highest first.
    path: Vec<(u8, &'t str)>,
    folds: isize,
}

const CLOSE: &str = "\n</details>\n";

impl<'t> Filling<'t> {
    fn closing(folds: isize) -> String {
        CLOSE.repeat(folds.max(0).unsigned_abs())
    }

    fn fits(&self, run: &[Piece<'_>], room: usize) -> bool {
        let length: usize = run.iter().map(|p| p.length).sum();
        let folds = self.folds + run.iter().map(|p| p.folds).sum::<isize>();
        self.length + length + Self::closing(folds).len() < room
    }

    /// Ends the part, and begins the next one with what stands above `run`.
    fn turn(&mut self, run: &[Piece<'_>]) {
        let mut text = std::mem::take(&mut self.text);
        text.push_str(&Self::closing(self.folds));
        self.done.push(text);
        self.text = "<details open>\n\n".repeat(self.folds.max(0).unsigned_abs());
        let rank = run.first().and_then(|p| p.heading).unwrap_or(u8::MAX);
        for (_, heading) in self.path.iter().filter(|(level, _)| *level < rank) {
            self.text.push_str(heading.trim_end());
            self.text.push_str("\n\n");
        }
        self.length = self.text.chars().count();
        self.begun = false;
    }

    fn put(&mut self, run: &[Piece<'t>]) {
        for piece in run {
            if let Some(rank) = piece.heading {
                self.path.retain(|(level, _)| *level < rank);
                self.path.push((rank, piece.text));
            }
            self.folds += piece.folds;
            self.length += piece.length;
            self.text.push_str(piece.text);
        }
        self.begun = true;
    }

    /// Puts a run into this part or the next one; `false` where it is too long for either.
    fn place(&mut self, run: &[Piece<'t>], room: usize) -> bool {
        if self.begun && !self.fits(run, room) {
            let (text, length, folds) = (self.text.clone(), self.length, self.folds);
            self.turn(run);
            if !self.fits(run, room) {
                self.done.pop();
                (self.text, self.length, self.folds, self.begun) = (text, length, folds, true);
                return false;
            }
        }
        if !self.fits(run, room) {
            return false;
        }
        self.put(run);
        true
    }
}

/// Cuts a text into parts of at most `room` characters. `first` goes before the first one.
///
/// # Errors
/// The beginning of what is too long and cannot be cut.
pub fn split(first: &str, content: &str, room: usize) -> Result<Vec<String>, String> {
    let links: Vec<&str> = definitions(content)
        .into_iter()
        .filter_map(|range| content.get(range))
        .map(str::trim)
        .filter(|line| !line.contains(['\n', '\r']))
        .collect();
    let repeated: usize = links.iter().map(|l| l.chars().count() + 1).sum();
    let (links, repeated) =
        if repeated == 0 || repeated > DEFINITIONS { (Vec::new(), 0) } else { (links, repeated + 2) };
    let room = room.saturating_sub(repeated);
    let pieces = pieces(content);
    let mut filling = Filling { text: first.to_owned(), length: first.chars().count(), ..Filling::default() };
    filling.begun = !first.is_empty();
    for section in runs(&pieces, true) {
        let section = pieces.get(section).unwrap_or_default();
        if filling.place(section, room) {
            continue;
        }
        for run in runs(section, false) {
            let run = section.get(run).unwrap_or_default();
            if !filling.place(run, room) {
                let text = run.iter().find(|p| p.heading.is_none()).or(run.first()).map_or("", |p| p.text);
                return Err(text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim().to_owned());
            }
        }
    }
    filling.turn(&[]);
    let mut parts = filling.done;
    for part in &mut parts {
        if !part.ends_with('\n') {
            part.push('\n');
        }
        let lacking: Vec<&str> = links.iter().copied().filter(|link| !part.contains(link)).collect();
        if !lacking.is_empty() {
            part.push_str(&format!("\n{}\n", lacking.join("\n")));
        }
    }
    Ok(parts)
}
