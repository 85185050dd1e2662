//! Lines that look like boxes and are none: mistyped, in tables, in code, in comments, in HTML.
//!
//! What is a box was decided by the parser; this only explains.

use super::super::Checklist;
use super::choices;
use super::findings::{Findings, boxes_in_words};
use super::scan::{Kind, Region, Scan, lines_from};
use std::collections::BTreeMap;
use std::ops::Range;

/// Signs that look like a box.
const SIGNS: [char; 10] = ['☐', '☑', '☒', '□', '◻', '◽', '⬜', '🔲', '🔳', '▢'];

/// Bullets that Markdown does not know.
const FOREIGN_BULLETS: [char; 7] = ['•', '‣', '◦', '–', '—', '−', '·'];

/// Reports them, and says how many lines were meant as boxes.
pub(super) fn look(source: &str, list: &Checklist, scan: &Scan, findings: &mut Findings) -> usize {
    let mut misses = 0;
    // Whole boxes within code, comments and HTML, told once for each: where the first is, and how many.
    let mut inside: BTreeMap<usize, (Range<usize>, usize)> = BTreeMap::new();
    let mut table = Table::default();
    let mut items = list.items.iter().map(|item| item.box_at).peekable();
    for (start, line) in lines_from(source, list.body_start) {
        let mut is_item = false;
        while items.next_if(|at| *at < start + line.len()).is_some() {
            is_item = true;
        }
        let text = line.trim_end();
        let indent = text.len() - text.trim_start_matches([' ', '\t', '>']).len();
        let first = start + indent;
        let region = scan.at(first).filter(|(_, region)| region.kind != Kind::Span);
        table.line(text, start, is_item || region.is_some(), findings);
        if region.is_none() && !table.is_open() {
            choices::look(line, start, scan, findings);
        }
        if is_item {
            continue;
        }
        let shown = text.get(indent..).unwrap_or_default();
        if let Some((number, _)) = region {
            if let Some(at) = whole_box(shown) {
                let seen = inside.entry(number).or_insert((first + at..first + at + 3, 0));
                seen.1 += 1;
            }
        } else if let Some(miss) = near_miss(shown) {
            misses += 1;
            findings.warn(first + miss.span.start..first + miss.span.end, miss.message, miss.hint);
        }
    }
    table.end(findings);
    let bare = list.items.is_empty() && misses == 0 && only_headings_outside(source, list, scan);
    for (number, (span, count)) in inside {
        if let Some(region) = scan.regions.get(number) {
            misses += hidden(source, region, (span, count), bare, findings);
        }
    }
    misses
}

/// Whether nothing but headings stands beside code, comments and HTML: then what is in there is the checklist.
fn only_headings_outside(source: &str, list: &Checklist, scan: &Scan) -> bool {
    lines_from(source, list.body_start).all(|(start, line)| {
        let text = line.trim_start_matches([' ', '\t', '>']);
        text.trim().is_empty() || text.starts_with('#') || scan.at(start + line.len() - text.len()).is_some()
    })
}

/// Finds boxes that GitHub does not render, because they are inside code, HTML or the like. Returns how many are in code that is not an example.
fn hidden(
    source: &str,
    region: &Region,
    (first, count): (Range<usize>, usize),
    bare: bool,
    findings: &mut Findings,
) -> usize {
    let (these, them) = if count == 1 { ("a box".to_owned(), "it") } else { (format!("{count} boxes"), "them") };
    match region.kind {
        Kind::Comment | Kind::CommentBlock => findings.warn(
            first,
            format!("{these} inside a comment: not shown, and GitHub may tick another one instead"),
            format!("take {them} out of the comment, or write {them} without brackets"),
        ),
        Kind::Html => {
            let before = source.get(region.range.start..first.start).unwrap_or_default();
            let tag = before.lines().rfind(|line| line.trim_start().starts_with('<')).unwrap_or_default();
            let hint = format!("leave a blank line below `{}`", short(tag.trim()));
            findings.warn(first, format!("{these} inside an HTML block: GitHub shows plain text"), hint);
        }
        Kind::Fence => return in_a_fence(source, region, count, bare, findings),
        Kind::Indented => {
            // Code that begins with a box was meant as a list.
            if source.get(region.range.start..first.start).is_some_and(|t| t.trim_matches(in_front_of_a_box).is_empty())
            {
                findings.warn(
                    first,
                    format!("{these} indented so far that GitHub shows code"),
                    "use fewer blanks: two more than the item that it belongs to",
                );
            }
        }
        Kind::Span => {}
    }
    0
}

/// Boxes in a fenced block. One that is closed is an example, unless its first line or an otherwise empty file says that it is
/// the list itself.
fn in_a_fence(source: &str, region: &Region, count: usize, bare: bool, findings: &mut Findings) -> usize {
    let text = source.get(region.range.clone()).unwrap_or_default();
    let fence = text.trim_start_matches([' ', '\t', '>']);
    let open = region.range.start + (text.len() - fence.len());
    let Some(mark) = fence.chars().next() else { return 0 };
    let length = fence.chars().take_while(|c| *c == mark).count();
    let boxes = boxes_in_words(count);
    if !is_closed(fence, mark, length) {
        findings.warn(
            open..open + length,
            format!("the code block that begins here is never closed, and swallows {boxes}"),
            format!("write {} on a line of its own where the code ends", mark.to_string().repeat(length)),
        );
        return 0;
    }
    let line = fence.lines().next().unwrap_or_default().trim_end();
    if !(bare || calls_itself_a_list(line.trim_start_matches(mark))) {
        return 0;
    }
    findings.warn(
        open..open + line.len(),
        format!("{boxes} in a code block that begins here: GitHub shows code"),
        "take out this line and the one that ends the block",
    );
    count
}

/// Whether the word behind a fence says that a list of tasks follows. GitHub once showed blocks named `[tasklist]` as lists.
fn calls_itself_a_list(info: &str) -> bool {
    let word = info.split_whitespace().next().unwrap_or_default().to_lowercase();
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    matches!(word.as_str(), "tasklist" | "tasklists" | "tasks" | "checklist" | "checklists" | "todo" | "todos")
}

fn in_front_of_a_box(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_digit() || matches!(c, '>' | '-' | '*' | '+' | '.' | ')')
}

fn short(tag: &str) -> String {
    let cut: String = tag.chars().take(40).collect();
    let cut = cut.replace('`', "'");
    if cut.len() < tag.len() { format!("{cut}…") } else { cut }
}

/// Whether a fenced block, given from its fence on, ends with one.
fn is_closed(fence: &str, mark: char, length: usize) -> bool {
    let Some(last) = fence.lines().skip(1).last() else { return false };
    let last = last.trim().trim_start_matches(['>', ' ', '\t']);
    last.chars().count() >= length && last.chars().all(|c| c == mark)
}

/// Where the box of a line stands that is a whole, correct item by itself.
fn whole_box(line: &str) -> Option<usize> {
    let behind = behind_marker(line)?;
    let rest = behind.trim_start_matches([' ', '\t']);
    let is_box = ["[ ] ", "[x] ", "[X] "].iter().any(|open| rest.starts_with(open));
    (is_box && rest.len() < behind.len()).then_some(line.len() - rest.len())
}

/// What stands behind a list marker of Markdown.
fn behind_marker(line: &str) -> Option<&str> {
    if let Some(behind) = line.strip_prefix(['-', '*', '+']) {
        return Some(behind);
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if !(1..=9).contains(&digits) {
        return None;
    }
    line.get(digits..)?.strip_prefix(['.', ')'])
}

/// What a line that looks like a box lacks.
struct Miss {
    /// Byte range within what was given.
    span: Range<usize>,
    message: &'static str,
    hint: &'static str,
}

/// What a line lacks that begins like a box, from its marker on; the first thing that it lacks.
fn near_miss(line: &str) -> Option<Miss> {
    let (behind, foreign) = match (behind_marker(line), line.strip_prefix(FOREIGN_BULLETS)) {
        (Some(behind), _) => (behind, false),
        (None, Some(behind)) => (behind, true),
        (None, None) => return bare_box(line),
    };
    let rest = behind.trim_start_matches(char::is_whitespace);
    let open = line.len() - rest.len();
    let blanks = behind.get(..behind.len() - rest.len()).unwrap_or_default();
    if let Some(sign) = rest.chars().next().filter(|c| SIGNS.contains(c)) {
        let miss = "this character looks like a box, but GitHub makes no checkbox of it";
        return Some(Miss { span: open..open + sign.len_utf8(), message: miss, hint: "write `- [ ] text`" });
    }
    let looks = Brackets::of(rest)?;
    if foreign {
        let what = "this looks like a box, but the sign before it is no list marker";
        return Some(Miss { span: 0..line.len() - behind.len(), message: what, hint: "write `- [ ] text`" });
    }
    let (message, hint) = lacking_before(&looks, blanks)
        .or_else(|| lacking_within(&looks))
        .or_else(|| lacking_behind(&looks))
        .unwrap_or((
            "this box is part of the paragraph above, so GitHub shows plain text",
            if line.starts_with(|c: char| c.is_ascii_digit()) {
                "leave a blank line above the list: only one that starts with 1 may follow a text directly"
            } else {
                "use fewer blanks before it, or leave a blank line above the list"
            },
        ));
    Some(Miss { span: open..open + looks.len, message, hint })
}

/// A message and a hint.
type Lacking = Option<(&'static str, &'static str)>;

/// What is wrong with the brackets themselves, or with the blanks before them.
fn lacking_before(looks: &Brackets<'_>, blanks: &str) -> Lacking {
    let miss = |message, hint| Some((message, hint));
    if looks.foreign {
        return miss("this looks like a box, but these are not the brackets that GitHub knows", "write `[ ]`");
    }
    if blanks.is_empty() {
        return miss(
            "this looks like a box, but GitHub shows plain text: a space is missing before the bracket",
            "write `- [ ] text`",
        );
    }
    if !blanks.chars().all(|c| matches!(c, ' ' | '\t')) {
        return miss(
            "this looks like a box, but the character before it is no plain space",
            "write `- [ ] text` with plain spaces; a no-break space looks the same",
        );
    }
    None
}

/// What is wrong between the brackets.
fn lacking_within(looks: &Brackets<'_>) -> Lacking {
    let miss = |message, hint| Some((message, hint));
    if looks.inside.is_empty() {
        return miss(
            "this looks like a box, but GitHub shows plain text: a space is missing between the brackets",
            "write `[ ]`",
        );
    }
    if looks.tick_like {
        return miss("this looks like a box, but GitHub only knows `[ ]` and `[x]`", "write `[ ]`");
    }
    if looks.inside.chars().any(|c| c.is_whitespace() && !c.is_ascii()) {
        return miss(
            "this looks like a box, but the character between the brackets is no plain space",
            "write `[ ]` with a plain space; a no-break space looks the same",
        );
    }
    if !matches!(looks.inside, " " | "x" | "X") {
        return miss(
            "this looks like a box, but one plain space or one `x` belongs between the brackets",
            "write `[ ]`",
        );
    }
    None
}

/// What is wrong behind the brackets.
fn lacking_behind(looks: &Brackets<'_>) -> Lacking {
    let miss = |message, hint| Some((message, hint));
    if looks.behind.is_empty() {
        return miss("a box without a text on its line: GitHub shows plain text", "write the text behind the box");
    }
    if !looks.behind.starts_with([' ', '\t']) {
        return miss(
            "this looks like a box, but GitHub shows plain text: a plain space is missing behind the bracket",
            "write `[ ] text`",
        );
    }
    None
}

/// `[ ] text` at the beginning of a line, with no marker at all; and `[] text` and `[]text`, which lack a space too.
fn bare_box(line: &str) -> Option<Miss> {
    let looks = Brackets::of(line).filter(|looks| !looks.behind.trim().is_empty())?;
    let spaced = looks.behind.starts_with(char::is_whitespace);
    let word = looks.behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '`' | '~'));
    let empty = looks.inside.trim().is_empty();
    let ticked = matches!(looks.inside, "x" | "X" | "✓" | "✔" | "✅" | "☑" | "✗" | "✘" | "❌");
    if !(empty && (spaced || word) || ticked && spaced) {
        return None;
    }
    let message = if looks.inside.is_empty() {
        "this looks like a box, but GitHub shows plain text: the list marker and the space between the brackets are missing"
    } else {
        "this looks like a box, but GitHub shows plain text: the list marker is missing"
    };
    Some(Miss { span: 0..looks.len, message, hint: "write `- [ ] text`" })
}

/// Something in brackets that may have been meant as a box.
struct Brackets<'l> {
    /// Bytes from the opening bracket to the closing one, both included.
    len: usize,
    inside: &'l str,
    behind: &'l str,
    /// One of the brackets is none of ASCII.
    foreign: bool,
    /// A sign that means "done" or "open" elsewhere.
    tick_like: bool,
}

impl<'l> Brackets<'l> {
    fn of(rest: &'l str) -> Option<Self> {
        let open = rest.chars().next().filter(|c| matches!(c, '[' | '［' | '【' | '〔' | '〚'))?;
        let inner = rest.get(open.len_utf8()..)?;
        // A box is short: what is farther away closes something else.
        let (at, close) = inner.char_indices().take(8).find(|(_, c)| matches!(c, ']' | '］' | '】' | '〕' | '〛'))?;
        let inside = inner.get(..at)?;
        let behind = inner.get(at + close.len_utf8()..)?;
        // A link or a reference is no box.
        if behind.starts_with(['(', ':', '[']) {
            return None;
        }
        let foreign = open != '[' || close != ']';
        let trimmed = inside.trim();
        let empty_or_x = trimmed.is_empty() || trimmed.eq_ignore_ascii_case("x");
        let mut signs = trimmed.chars().filter(|c| *c != '\u{fe0f}');
        let sign = signs.next().filter(|_| signs.next().is_none());
        let tick_like = !empty_or_x
            && sign.is_some_and(|c| {
                matches!(
                    c,
                    '✓' | '✔'
                        | '✗'
                        | '✘'
                        | '✅'
                        | '❌'
                        | '☑'
                        | '-'
                        | '*'
                        | '~'
                        | '/'
                        | '_'
                        | '.'
                        | 'v'
                        | 'V'
                        | '×'
                        | 'х'
                )
            });
        if !empty_or_x && !tick_like {
            return None;
        }
        Some(Self { len: rest.len() - behind.len(), inside, behind, foreign, tick_like })
    }
}

/// The table that the lines run through, and its boxes.
#[derive(Default)]
struct Table {
    /// Where the line above begins, and the box in it, if it may be the head of a table.
    above: Option<Option<Range<usize>>>,
    /// Within a table: the first box, and how many.
    open: Option<(Option<Range<usize>>, usize)>,
}

impl Table {
    fn line(&mut self, text: &str, start: usize, elsewhere: bool, findings: &mut Findings) {
        let text_only = text.trim();
        if elsewhere || !text_only.contains('|') {
            self.end(findings);
            self.above = None;
            return;
        }
        let boxes: Vec<Range<usize>> = cells_with_a_box(text, start);
        if let Some((first, count)) = &mut self.open {
            *count += boxes.len();
            if first.is_none() {
                *first = boxes.into_iter().next();
            }
        } else if let Some(head) = self.above.take().filter(|_| is_delimiter(text_only)) {
            let count = usize::from(head.is_some());
            self.open = Some((head, count));
        } else {
            self.above = Some(boxes.into_iter().next());
        }
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn end(&mut self, findings: &mut Findings) {
        let Some((Some(first), count)) = self.open.take() else { return };
        let these = boxes_in_words(count.max(1));
        findings.warn(
            first,
            format!("{these} in a table: GitHub shows plain text"),
            "write each step as a list item, `- [ ] text`",
        );
    }
}

fn is_delimiter(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

fn cells_with_a_box(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = start;
    for cell in text.split('|') {
        let trimmed = cell.trim_start();
        let item = trimmed.strip_prefix(['-', '*', '+']).map_or(trimmed, str::trim_start);
        let is_box = ["[ ]", "[x]", "[X]"].iter().find_map(|b| item.strip_prefix(b));
        if is_box.is_some_and(|behind| !behind.starts_with(['(', '[', ':'])) {
            let open = at + cell.len() - item.len();
            found.push(open..open + 3);
        }
        at += cell.len() + 1;
    }
    found
}
