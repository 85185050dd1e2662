//! One file of a checklist, made ready for an issue: the text byte for byte, but for a few edits by byte range.
//!
//! Known placeholders are filled, relative links made absolute at the released commit, items whose condition does not hold
//! left out, and what a directive says is shown at the end of the item's line. Nothing is re-serialised.

pub use super::item_rules::ItemRules;

use super::issue_text::{ConditionReason, suffix};
use super::item_rules::Elsewhere;
use super::placeholder::{self, Values};
use super::version;
use super::{Merged, Release, Site};
use crate::checklist::directive::{Phase, When};
use crate::checklist::globs::Globs;
use crate::checklist::identity::ItemId;
use crate::checklist::{Checklist, Item, file};
use crate::config::ChecklistConfig;
use crate::ids::Sha;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A checklist file at the released commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the repository.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Where a step file is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// At the released commit.
    #[default]
    Present,
    /// At the commit before: the released commit deletes it, as whoever keeps no file beyond its release does.
    Deleted(Sha),
    /// At no commit that counts: the released commit takes back all that came with it. It is named, and none of its items listed.
    TakenBack,
    /// At no commit that counts: an earlier commit than the released one deleted it again. It is named too.
    DeletedBefore,
}

/// A step file that is new in the release's range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file, as its origin has it.
    pub file: File,
    /// Its text at the previous release, for a file that was only edited or renamed: just its new items are taken.
    pub before: Option<String>,
    /// The pull request that brought it, where it is known.
    pub brought_by: Option<Merged>,
    /// Its items that another release asked for already: they are shown without a box.
    pub issued: BTreeMap<ItemId, Elsewhere>,
    /// Where it is.
    pub origin: Origin,
}

/// The standing files as the branch has them by which the release is judged, where they differ.
///
/// Whoever ships cannot make an item vanish: what is required there and lacking here is asked for as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The branch.
    pub branch: String,
    /// Its tip when the issue was opened.
    pub commit: Sha,
    /// Those files that differ.
    pub files: Vec<File>,
}

/// What conditions are decided from.
#[derive(Clone, Debug, Default)]
pub struct RangeFacts {
    /// Paths that the range touches; `None` where they could not all be read: then no item is left out.
    pub paths: Option<Vec<String>>,
    /// Pull requests merged in the range; `None` where they could not all be read.
    pub merged: Option<Vec<Merged>>,
}

/// All that the text of an issue is made from.
#[derive(Clone, Copy, Debug)]
pub struct IssueInputs<'a> {
    /// The release.
    pub release: &'a Release,
    /// The release whose name and values stand in the text: the same, or what it was called before.
    pub named: &'a Release,
    /// What the configuration says of its checklist.
    pub config: &'a ChecklistConfig,
    /// Where links lead.
    pub site: &'a Site,
    /// The standing files.
    pub templates: &'a [File],
    /// What the branch has that they are judged by; `None` where it has the same.
    pub reference: Option<&'a Reference>,
    /// The one-off files.
    pub steps: &'a [Step],
    /// What conditions are decided from.
    pub range: &'a RangeFacts,
}

impl IssueInputs<'_> {
    /// The one-off files whose items count.
    pub fn listed(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.origin, Origin::Present | Origin::Deleted(_)))
    }

    /// The values of the placeholders.
    #[must_use]
    pub fn values(&self) -> Values {
        let release = self.named;
        let mut values = Values::default();
        let read = release.tag.as_deref().and_then(|tag| version::read(tag, self.words()));
        let named = release.label.rsplit('/').next().unwrap_or(&release.label);
        values.set("version", read.map_or(named, |read| read.written));
        values.set("tag", release.tag.as_deref().unwrap_or(&release.label));
        values.set("previous", release.previous.as_ref().map_or("", |p| p.label.as_str()));
        values.set_ours("sha", release.commit.as_str());
        values.set_ours("date", &release.date);
        let compare = release.previous.as_ref().map(|p| self.site.compare(&p.commit, &release.commit));
        values.set_ours("compare_url", &compare.unwrap_or_else(|| self.site.commit(&release.commit)));
        values.set_ours("repository", &self.site.name.to_string());
        values.set("actor", &release.actor.login);
        let merged = self.range.merged.iter().flatten().map(|m| format!("#{}", m.number)).collect::<Vec<_>>();
        values.set_ours("pull_requests", &merged.join(", "));
        values.replace(&self.config.replace);
        values
    }

    /// Pre-release words of the configuration.
    fn words(&self) -> &[String] {
        &self.config.open.prerelease_words
    }

    /// Why nothing is left out where a condition cannot be decided: `unread` is the reason where there is a release before.
    fn unknown(&self, unread: ConditionReason) -> ConditionReason {
        if self.release.previous.is_some() { unread } else { ConditionReason::FirstRelease }
    }

    /// Why a conditional item is there, or `None` where it is left out.
    fn condition_reasons(&self, conditions: &[When]) -> Option<Vec<ConditionReason>> {
        let mut reasons = Vec::new();
        for condition in conditions {
            match condition {
                When::Paths(globs) => {
                    let Some(paths) = &self.range.paths else {
                        reasons.push(self.unknown(ConditionReason::FilesUnread));
                        continue;
                    };
                    // Checked where the file was read. What cannot be decided leaves nothing out.
                    let Ok(set) = Globs::paths(globs.clone()) else {
                        reasons.push(ConditionReason::Undecidable);
                        continue;
                    };
                    let touched = paths.iter().find(|p| set.is_match(p))?;
                    reasons.push(ConditionReason::Changed(touched.clone()));
                }
                When::Label(labels) => {
                    let Some(merged) = &self.range.merged else {
                        reasons.push(self.unknown(ConditionReason::PullRequestsUnread));
                        continue;
                    };
                    let (label, pull) = merged
                        .iter()
                        .find_map(|m| m.labels.iter().find(|l| labels.contains(l)).map(|l| (l, m.number)))?;
                    reasons.push(ConditionReason::Labelled { pull, label: label.clone() });
                }
                When::Version(steps) => reasons.push(self.step_of(steps)?),
            }
        }
        Some(reasons)
    }

    /// Why an item for these kinds of releases is there, or `None` where this is known to be another kind.
    fn step_of(&self, steps: &[String]) -> Option<ConditionReason> {
        // The commit of a merge has digits too, and they are no version.
        let Some(own) = self.release.tag.as_deref().and_then(|tag| version::of_tag(tag, self.words())) else {
            return Some(ConditionReason::NoVersion);
        };
        let previous = self.release.previous.as_ref();
        // Nor is that of a release without a tag.
        let tagged = previous.filter(|p| !p.commit.as_str().starts_with(&p.label));
        let before = tagged.and_then(|p| version::of_tag(&p.label, self.words()));
        if before.is_none() && !own.is_prerelease() {
            let unknown = match previous {
                Some(_) => ConditionReason::NoPreviousVersion,
                None => ConditionReason::FirstRelease,
            };
            return steps.iter().any(|s| s != "prerelease").then_some(unknown);
        }
        let step = version::step(before.as_ref(), &own);
        steps.iter().any(|s| s == step).then_some(ConditionReason::Step(step))
    }

    /// Renders a standing file.
    #[must_use]
    pub fn template(&self, file: &File, values: &Values) -> Rendered {
        self.file(file, None, self.templates.len() > 1, values)
    }

    /// Renders a standing file of the branch that the release is judged by. Its groups of alternatives are none of the release's.
    #[must_use]
    pub fn required(&self, reference: &Reference, file: &File, values: &Values) -> Rendered {
        let release = Release { commit: reference.commit.clone(), ..self.release.clone() };
        let there = IssueInputs { release: &release, ..*self };
        let mut rendered = there.file(file, None, true, values);
        rendered.text = rendered.text.trim_end().to_owned() + "\n";
        rendered
    }

    /// Renders a step: of a file that was only edited, the items that are not in the older text.
    #[must_use]
    pub fn step(&self, step: &Step, values: &Values) -> Rendered {
        let Origin::Deleted(commit) = &step.origin else { return self.file(&step.file, Some(step), true, values) };
        // Links in a file lead to what lay beside it.
        let release = Release { commit: commit.clone(), ..self.release.clone() };
        IssueInputs { release: &release, ..*self }.file(&step.file, Some(step), true, values)
    }

    /// `several` says that other files stand in the same issue.
    fn file(&self, file: &File, step: Option<&Step>, several: bool, values: &Values) -> Rendered {
        let file::Parsed { text, list, .. } = file::parse(&file.path, &file.text);
        let text = &*text;
        let Selection { mut edits, asked, kept, linked } = self.select_items(file, step, (text, &list));
        // Steps of which none is for before stand below a heading of ours that says so.
        let has_before = asked.iter().any(|a| a.phase == Phase::Before);
        let says_after = step.is_some() && !has_before;
        for ((item, because), rules) in kept.iter().zip(&asked) {
            let shown = if says_after || self.heading_says_after(&list, item) { Phase::Before } else { rules.phase };
            let mut suffix = suffix(item, shown, because);
            if let Some(group) = item.directives.one_of.as_ref().filter(|_| several) {
                // A group ends with its file: another one may have chosen the same name. The first comment holds.
                suffix.push_str(&format!(" <!-- hp: one-of={} -->", group_of(group, &file.path)));
            }
            if !suffix.is_empty() {
                edits.push((item.suffix_at..item.suffix_at, suffix));
            }
        }
        self.fill(&file.path, (text, &list), values, &mut edits);
        edits.retain(|(range, _)| range.start >= list.body_start);
        let rendered = apply_outermost(text, edits);
        let body = rendered.get(list.body_start..).unwrap_or_default();
        let top = list.sections.iter().map(|s| s.level).min();
        Rendered {
            text: body.to_owned(),
            has_items: !list.items.is_empty(),
            has_before: has_before || (linked && asked.is_empty()),
            linked,
            asked,
            top_heading: top,
            front_matter: list.front_matter,
        }
    }

    /// Which boxes stay, and what becomes of the others.
    fn select_items<'l>(&self, file: &File, step: Option<&Step>, (text, list): (&str, &'l Checklist)) -> Selection<'l> {
        let before = step.and_then(|s| s.before.as_deref());
        let new: Option<BTreeSet<ItemId>> = before.map(|old| new_items(&file.path, old, list));
        let after = self.config.after_headings();
        let Selection { mut edits, mut asked, mut kept, mut linked } = Selection::default();
        let mut gone: Vec<Range<usize>> = Vec::new();
        for (at, item) in list.items.iter().enumerate() {
            if gone.iter().any(|g| g.contains(&item.box_at)) {
                continue;
            }
            let wanted = new.as_ref().is_none_or(|new| new.contains(&item.id));
            let because = self.condition_reasons(&item.directives.when);
            let Some(because) = because.filter(|_| wanted || has_new_below(list, at, new.as_ref())) else {
                let lines = without_blank_end(text, whole_lines(text, &item.span));
                gone.push(lines.clone());
                // A numbered list that begins with another number than 1 would run into the text above it.
                let numbered = text.get(item.span.clone()).is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()));
                edits.push((lines, if numbered { "\n".to_owned() } else { String::new() }));
                continue;
            };
            if !wanted {
                // An old item above a new one stays as a plain bullet: it names the place, and is not asked for again.
                edits.push((item.box_at - 1..item.box_at + 2, String::new()));
                continue;
            }
            if let Some(elsewhere) = step.and_then(|s| s.issued.get(&item.id)) {
                let blank = text.get(item.box_at + 2..).is_some_and(|rest| rest.starts_with(' '));
                edits.push((item.box_at - 1..item.box_at + 2 + usize::from(blank), String::new()));
                edits.push((item.suffix_at..item.suffix_at, elsewhere.suffix()));
                linked = true;
                continue;
            }
            asked.push(ItemRules::of(item, list.phase(item, after)));
            kept.push((item, because));
        }
        Selection { edits, asked, kept, linked }
    }

    /// Whether a heading above an item says already that it comes after the release.
    fn heading_says_after(&self, list: &Checklist, item: &Item) -> bool {
        let after = self.config.after_headings();
        list.path(item.section).iter().any(|title| says_after(title) || after.is_match(title.to_lowercase()))
    }

    /// Fills the placeholders, and makes relative links absolute.
    fn fill(
        &self,
        path: &str,
        (text, list): (&str, &Checklist),
        values: &Values,
        edits: &mut Vec<(Range<usize>, String)>,
    ) {
        let filling = values.filling(text.get(list.body_start..).unwrap_or_default());
        let moved = |range: Range<usize>| range.start + list.body_start..range.end + list.body_start;
        let filled: Vec<_> = filling.edits.into_iter().map(|(range, value)| (moved(range), value)).collect();
        // A link with a value in it is decided by what the value makes of it.
        let plain =
            |link: &Range<usize>| !filled.iter().any(|(value, _)| link.start < value.end && value.start < link.end);
        for link in list.relative_links.iter().filter(|link| plain(link)) {
            if let Some(target) = text.get(link.clone()) {
                edits.push((link.clone(), self.absolute(path, target)));
            }
        }
        for (link, target) in filling.targets.into_iter().filter(|(_, target)| is_relative(target)) {
            edits.push((moved(link), self.absolute(path, &target)));
        }
        edits.extend(filled);
    }

    fn absolute(&self, path: &str, target: &str) -> String {
        let (target, fragment) = target.split_at(target.find(['#', '?']).unwrap_or(target.len()));
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        let path = parts.join("/");
        // The page about a picture is none: what is embedded must be the file itself.
        let url = if is_picture(&path) { Site::raw } else { Site::blob };
        format!("{}{fragment}", url(self.site, &self.release.commit, &path))
    }
}

fn is_picture(path: &str) -> bool {
    let kinds = ["png", "jpg", "jpeg", "gif", "svg", "webp"];
    path.rsplit_once('.').is_some_and(|(_, kind)| kinds.iter().any(|k| kind.eq_ignore_ascii_case(k)))
}

fn is_relative(target: &str) -> bool {
    let elsewhere = ["#", "/", "mailto:"].iter().any(|begin| target.starts_with(begin));
    !target.is_empty() && !elsewhere && !target.contains("://")
}

/// A heading from which people know that what stands below it comes after the release.
fn says_after(title: &str) -> bool {
    title
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| matches!(word, "after" | "afterwards" | "post"))
}

/// The name of a file's group in an issue that has several files: no other group of any file has it, however long or odd the
/// names are.
fn group_of(group: &str, path: &str) -> String {
    let digest = Sha256::digest(format!("{path}\n{group}"));
    digest.iter().take(12).fold(String::new(), |all, byte| format!("{all}{byte:02x}"))
}

/// What becomes of the boxes of a file.
#[derive(Default)]
struct Selection<'l> {
    edits: Vec<(Range<usize>, String)>,
    /// The rules of the boxes that stay.
    asked: Vec<ItemRules>,
    /// Those boxes, each with why it is there.
    kept: Vec<(&'l Item, Vec<ConditionReason>)>,
    /// Some were asked for elsewhere, and are shown with a link.
    linked: bool,
}

/// A file that is ready for the issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// Its Markdown, without front matter.
    pub text: String,
    /// The boxes that it brings, in order.
    pub asked: Vec<ItemRules>,
    /// Whether its source has boxes, left out or not.
    pub has_items: bool,
    /// Whether some of them were asked for elsewhere, and are shown with a link.
    pub linked: bool,
    /// Whether one of them must be done before the release ships.
    pub has_before: bool,
    /// The highest rank of its headings, 1 being the highest.
    pub top_heading: Option<u8>,
    /// What its front matter says.
    pub front_matter: Option<crate::checklist::front_matter::FrontMatter>,
}

/// The items of a step file that a release lists where the release before had the file with an older text.
#[must_use]
pub fn new_items(path: &str, old: &str, list: &Checklist) -> BTreeSet<ItemId> {
    let old = file::parse(path, old).list;
    let matching = crate::checklist::matching::match_items(&old, list);
    // One that was reworded asks for something else than it did: once more is better than never.
    let same =
        |item: &Item, base: Option<usize>| base.and_then(|b| old.items.get(b)).is_some_and(|b| b.plain == item.plain);
    let fresh = list.items.iter().zip(&matching.base_of).filter(|(item, base)| !same(item, **base));
    fresh.map(|(item, _)| item.id.clone()).collect()
}

fn has_new_below(list: &Checklist, at: usize, new: Option<&BTreeSet<ItemId>>) -> bool {
    let Some(new) = new else { return true };
    let Some(item) = list.items.get(at) else { return false };
    list.items.iter().skip(at + 1).any(|other: &Item| item.span.contains(&other.box_at) && new.contains(&other.id))
}

/// The lines that an item occupies: from the start of its first line to the start of the line after its last.
fn whole_lines(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.get(..span.start).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |at| at + 1);
    let blank = text.get(start..span.start).is_some_and(|b| b.trim_start_matches([' ', '\t', '>']).is_empty());
    let start = if blank { start } else { span.start };
    let ended = |at: usize| text.get(..at).is_some_and(|t| t.ends_with(['\n', '\r']));
    let end = if ended(span.end) {
        span.end
    } else {
        text.get(span.end..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |at| span.end + at + 1)
    };
    // Both bytes of one end of line.
    let split =
        text.get(..end).is_some_and(|t| t.ends_with('\r')) && text.get(end..).is_some_and(|t| t.starts_with('\n'));
    let end = end + usize::from(split);
    start..end
}

/// Without the blank lines at the end of what is left out, unless one stands before it too: else the paragraph behind a list
/// would run into the item above.
fn without_blank_end(text: &str, lines: Range<usize>) -> Range<usize> {
    let before = text.get(..lines.start).unwrap_or_default();
    let above = before.lines().next_back().unwrap_or_default();
    let said = text.get(lines.clone()).unwrap_or_default();
    let mut end = lines.end;
    for line in said.split_inclusive('\n').rev() {
        if !line.trim_matches([' ', '\t', '>', '\r', '\n']).is_empty() || above.trim().is_empty() {
            break;
        }
        end -= line.len();
    }
    lines.start..end
}

/// Applies edits of which some may lie within others: an outer one wins.
fn apply_outermost(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by(|(a, _), (b, _)| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut kept: Vec<(Range<usize>, String)> = Vec::new();
    for (range, with) in edits {
        if kept.last().is_none_or(|(last, _)| range.start >= last.end) {
            kept.push((range, with));
        }
    }
    placeholder::apply(text, &kept)
}
