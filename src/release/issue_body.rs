//! The release issue: title, text, labels.
//!
//! The header is short, the template stands as its authors wrote it, steps follow under the pull request that brought them.
//! Every heading that is added here ranks at least as high as all headings of the texts around it: a heading's directive
//! (`phase=after`) reaches down to the next heading of its rank, and must never reach into another file's items.

use super::addition::lacking;
use super::contents::{File, IssueInputs, ItemRules, Origin, Reference, Rendered};
use super::issue_problem::IssueProblem;
use super::issue_text;
use super::marker::{self, Keys, Marker};
use super::parts::{self, Part, join, titled as part_titled};
use super::placeholder::Values;
use super::{Release, Site};
use crate::checklist::parse::parse;
use crate::checklist::{file, form};
use crate::ids::RepositoryId;
use globset::GlobSet;
use serde::Serialize;
use std::collections::BTreeSet;

/// So many characters Holdpoint puts into an issue, and what is longer is cut into parts. GitHub takes 65,536.
pub const LIMIT: usize = 65_000;

/// Of a part's signed line, so many characters may name files.
const NAMED_FILES: usize = 6_000;

/// Characters of an issue's title, without the place of a part.
const LONGEST_NAME: usize = 230;

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The title.
    pub title: String,
    /// The text, marker included. Of a release in several parts the whole, as nobody posts it.
    pub body: String,
    /// The parts that are posted instead, where the text is too long for one issue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Labels, each once.
    pub labels: Vec<String>,
    /// Logins, each once.
    pub assignees: Vec<String>,
    /// The organisation's issue type.
    pub issue_type: Option<String>,
    /// Title of the milestone.
    pub milestone: Option<String>,
    /// How many boxes.
    pub items: usize,
}

/// What became of the plan to open an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This is to be posted.
    Open(Box<Draft>),
    /// There is nothing to do in this release: no template, and no step in its range.
    Nothing,
    /// There should be an issue and there can be none. The gate stays closed.
    Impossible(IssueProblem),
}

/// Writes the issue. The marker is signed with `keys`.
#[must_use]
pub fn draft(ingredients: &IssueInputs<'_>, repository: RepositoryId, keys: &Keys) -> Outcome {
    let values = ingredients.values();
    let templates: Vec<Rendered> = ingredients.templates.iter().map(|f| ingredients.template(f, &values)).collect();
    if let Some(why) = unfit(ingredients, &templates) {
        return Outcome::Impossible(why);
    }
    let after = ingredients.config.after_headings();
    let steps = render_steps(ingredients, &values);
    let mut items = templates.iter().chain(steps.iter().map(|(_, r)| r)).map(|r| r.asked.len()).sum::<usize>();
    let mut content = content(ingredients, &templates, &steps);
    let whole = content.clone();
    if let Some(reference) = ingredients.reference {
        match required(ingredients, reference, &values, content) {
            Ok((with, more)) => (content, items) = (with, items + more),
            Err(why) => return Outcome::Impossible(why),
        }
    }
    if items == 0 {
        return Outcome::Nothing;
    }
    let marker = marker_of(ingredients, repository);
    let facts = facts(ingredients);
    let merged = format!(
        "{}{}",
        issue_text::merged(ingredients.range.merged.as_deref().unwrap_or_default()),
        not_listed(ingredients)
    );
    let signed = marker::write(&marker, keys);
    let body = format!("{facts}\n\n{merged}{content}\n{signed}\n");
    // What the reference adds was looked at when it was added.
    let alone = format!("{facts}\n\n{merged}{whole}\n{signed}\n");
    if let Some(why) = check_composition(ingredients, &templates, &steps, &alone) {
        return Outcome::Impossible(why);
    }
    let front = templates.iter().find_map(|r| r.front_matter.clone()).unwrap_or_default();
    let config = &ingredients.config.issue;
    let title = name(config.title.clone().or(front.title), &values);
    let milestone = config.milestone.as_ref().map(|name| values.title(name)).filter(|name| !name.trim().is_empty());
    let mut parts = Vec::new();
    if body.chars().count() > LIMIT {
        match cut(&title, &facts, &merged, &content, &marker, keys) {
            Ok(found) => parts = found,
            Err(why) => return Outcome::Impossible(why),
        }
        if !ask_the_same(&parts, &body, after) {
            return Outcome::Impossible(IssueProblem::DiffersInParts);
        }
    }
    Outcome::Open(Box::new(Draft {
        title,
        body,
        parts,
        labels: each_once(front.labels, &config.labels),
        assignees: each_once(front.assignees, &config.assignees),
        issue_type: config.issue_type.clone().or(front.issue_type),
        milestone,
        items,
    }))
}

/// The steps that ask for something, each with the heading above it.
fn render_steps(ingredients: &IssueInputs<'_>, values: &Values) -> Vec<(String, Rendered)> {
    let after = ingredients.config.after_headings();
    ingredients
        .listed()
        .map(|step| {
            let deleted = matches!(step.origin, Origin::Deleted(_));
            let heading = issue_text::step_heading(step.brought_by.as_ref(), &step.file.path, deleted, after);
            (heading, ingredients.step(step, values))
        })
        .filter(|(_, rendered)| !rendered.asked.is_empty() || rendered.linked)
        .collect()
}

/// What the signed line of the issue says.
fn marker_of(ingredients: &IssueInputs<'_>, repository: RepositoryId) -> Marker {
    let files = ingredients.templates.iter().map(|f| f.path.clone());
    let files: Vec<String> = files.chain(ingredients.listed().map(|s| s.file.path.clone())).collect();
    let reference = ingredients.reference.map(|r| r.commit.clone());
    Marker { repository, release: ingredients.release.clone(), files, part: None, reference }
}

/// The issue's title, by the one that was chosen.
fn name(chosen: Option<String>, values: &Values) -> String {
    let title = chosen.unwrap_or_else(|| "Release {{ version }}".to_owned());
    let title: String = values.title(&title).chars().take(LONGEST_NAME).collect();
    if title.trim().is_empty() { "Release".to_owned() } else { title }
}

/// Each part by itself, and all of them as they are read later, must ask for what the whole asks for.
fn ask_the_same(parts: &[Part], body: &str, after: &GlobSet) -> bool {
    let bodies: Vec<String> = parts.iter().map(|part| part.body(&[])).collect();
    let alone = bodies.iter().flat_map(|body| asked_by(body, after));
    let joined = asked_by(&join(bodies.iter().map(String::as_str)), after);
    asked_by(body, after).into_iter().eq(alone) && joined == asked_by(body, after)
}

/// Why no issue can be made of these files.
fn unfit(ingredients: &IssueInputs<'_>, templates: &[Rendered]) -> Option<IssueProblem> {
    let empty = |(f, r): &(&File, &Rendered)| {
        r.front_matter.is_none() && f.text.trim_start_matches('\u{feff}').trim().is_empty()
    };
    let rendered = || ingredients.templates.iter().zip(templates);
    if let Some((file, _)) = rendered().find(empty) {
        return Some(IssueProblem::EmptyTemplate { path: file.path.clone() });
    }
    // A form that was not read whole would ask for too little.
    let compared = ingredients.reference.iter().flat_map(|r| &r.files);
    let files = ingredients.templates.iter().chain(ingredients.steps.iter().map(|s| &s.file)).chain(compared);
    let broken = |f: &File| Some((f.path.clone(), file::parse(&f.path, &f.text).broken?));
    if let Some((path, problem)) = files.filter(|f| form::is_named(&f.path)).find_map(broken) {
        return Some(IssueProblem::UnreadableForm { path, line: problem.line, message: problem.message });
    }
    let (file, _) = rendered().find(|(_, r)| !r.has_items)?;
    Some(IssueProblem::NoItems { path: file.path.clone() })
}

/// The content with what the branch requires that the release is judged by, and how many items that are.
fn required(
    ingredients: &IssueInputs<'_>,
    reference: &Reference,
    values: &Values,
    content: String,
) -> Result<(String, usize), IssueProblem> {
    let after = ingredients.config.after_headings();
    let (mut used, mut items) = (BTreeSet::new(), 0);
    let own = content;
    let mut text = String::new();
    for file in &reference.files {
        let rendered = ingredients.required(reference, file, values);
        let several = reference.files.len() > 1;
        let title = issue_text::required_heading(&reference.branch, several.then_some(&file.path));
        let found = lacking(&own, &rendered.text, &title, after, &mut used).ok_or_else(|| {
            IssueProblem::NoPlaceForRequired { path: file.path.clone(), branch: reference.branch.clone() }
        })?;
        items += found.items;
        text.push_str(&found.text);
    }
    // Each file by itself fits behind the content; all of them together must as well.
    let whole = format!("{own}{text}");
    if parse(&whole).0.items.len() != parse(&own).0.items.len() + items {
        return Err(IssueProblem::NoPlaceForAllRequired);
    }
    Ok((whole, items))
}

/// What a text asks for: the words and the rules of each of its items, in order.
fn asked_by(text: &str, after: &GlobSet) -> Vec<(String, ItemRules)> {
    let (list, _) = parse(text);
    list.items.iter().map(|i| (i.plain.clone(), ItemRules::of(i, list.phase(i, after)))).collect()
}

/// The parts of a text that is too long for one issue.
fn cut(
    title: &str,
    facts: &str,
    first: &str,
    content: &str,
    marker: &Marker,
    keys: &Keys,
) -> Result<Vec<Part>, IssueProblem> {
    let signed = |number: usize, of: usize| {
        let part = Some((number, of));
        let mut marker = Marker { part, ..marker.clone() };
        let names: usize = marker.files.iter().map(String::len).sum();
        if number > 1 || names > NAMED_FILES {
            marker.files.clear();
        }
        marker::write(&marker, keys)
    };
    let longest = signed(1, parts::MAX_PARTS).chars().count();
    let room = LIMIT.saturating_sub(facts.chars().count() + longest + parts::LINKS);
    let texts = parts::split(first, content, room).map_err(|line| {
        let item = parse(&line).0.items.first().map(|item| item.text.clone());
        IssueProblem::TooLong { text: item.unwrap_or(line) }
    })?;
    let of = texts.len();
    if of > parts::MAX_PARTS {
        return Err(IssueProblem::TooManyParts { parts: of });
    }
    let part = |(at, text): (usize, String)| {
        let number = at + 1;
        let (title, marker) = (part_titled(title, number, of), signed(number, of));
        Part { number, of, title, facts: facts.to_owned(), text, marker }
    };
    Ok(texts.into_iter().enumerate().map(part).collect())
}

/// Parts that an issue gets behind those that it has, for what is asked for in addition. `release` is what it is by now.
///
/// # Errors
/// Where it cannot be cut.
pub fn further(
    title: &str,
    release: &Release,
    site: &Site,
    addition: &str,
    known: usize,
    repository: RepositoryId,
    keys: &Keys,
) -> Result<Vec<Part>, IssueProblem> {
    let marker = Marker { repository, release: release.clone(), files: Vec::new(), part: None, reference: None };
    let facts = issue_text::facts(release, site);
    let parts = cut(title, &facts, "", addition.trim_start_matches('\n'), &marker, keys)?;
    let of = known + parts.len();
    Ok(parts
        .into_iter()
        .map(|part| {
            let number = known + part.number;
            let marker = marker::write(&Marker { part: Some((number, of)), ..marker.clone() }, keys);
            Part { number, of, title: part_titled(title, number, of), marker, ..part }
        })
        .collect())
}

/// Read as a whole, the text must ask for what its files ask for, one by one. A fence or comment that one of them leaves open
/// would swallow the next.
fn check_composition(
    ingredients: &IssueInputs<'_>,
    templates: &[Rendered],
    steps: &[(String, Rendered)],
    body: &str,
) -> Option<IssueProblem> {
    let after = ingredients.config.after_headings();
    let (whole, _) = parse(body);
    let found: Vec<ItemRules> = whole.items.iter().map(|i| ItemRules::of(i, whole.phase(i, after))).collect();
    let part = |before: bool| steps.iter().map(|(_, r)| r).filter(move |r| r.has_before == before);
    let parts = || templates.iter().chain(part(true)).chain(part(false));
    if parts().flat_map(|r| &r.asked).eq(&found) {
        return None;
    }
    let open_ended = |text: &str| {
        let (alone, followed) = (parse(text).0, parse(&format!("{text}\n\n# x\n\n- [ ] x\n")).0);
        followed.items.len() == alone.items.len()
    };
    let files = ingredients.templates.iter().chain(ingredients.steps.iter().map(|s| &s.file));
    let culprit = files.into_iter().find(|f| open_ended(&file::markdown(&f.path, &f.text)));
    Some(match culprit {
        Some(file) => IssueProblem::LeftOpen { path: file.path.clone() },
        None => IssueProblem::DiffersTogether,
    })
}

fn each_once(first: Vec<String>, second: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in first.into_iter().chain(second.iter().cloned()) {
        if !all.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
            all.push(word);
        }
    }
    all
}

fn content(ingredients: &IssueInputs<'_>, templates: &[Rendered], steps: &[(String, Rendered)]) -> String {
    let top = |mut all: Vec<u8>| -> u8 {
        all.push(3);
        all.into_iter().min().unwrap_or(1)
    };
    let step_rank = top(steps.iter().filter_map(|(_, r)| r.top_heading).collect());
    let template_rank = top(templates.iter().filter_map(|r| r.top_heading).collect());
    let part_rank = template_rank.min(step_rank).min(2);
    let hashes = |rank: u8| "#".repeat(usize::from(rank));
    let mut out = String::new();
    for (at, rendered) in templates.iter().enumerate() {
        if at > 0 {
            let name = ingredients.templates.get(at).map(|f| f.path.as_str()).unwrap_or_default();
            out.push_str(&format!("\n{} {}\n\n", hashes(template_rank), issue_text::template_heading(name)));
        }
        out.push_str(&rendered.text);
        if !rendered.text.ends_with('\n') {
            out.push('\n');
        }
    }
    for (title, before) in [(issue_text::STEPS, true), (issue_text::STEPS_AFTER, false)] {
        let part: Vec<&(String, Rendered)> = steps.iter().filter(|(_, r)| r.has_before == before).collect();
        if part.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{} {title}\n", hashes(part_rank)));
        for (lead, rendered) in part {
            out.push_str(&format!("\n{} {lead}\n\n", hashes(step_rank)));
            out.push_str(&rendered.text);
            if !rendered.text.ends_with('\n') {
                out.push('\n');
            }
        }
    }
    out
}

/// One line of facts.
fn facts(ingredients: &IssueInputs<'_>) -> String {
    let words = &ingredients.config.open.prerelease_words;
    let read = ingredients.release.tag.as_deref().map(|tag| issue_text::reading(tag, words)).unwrap_or_default();
    format!("{}{read}", issue_text::facts(ingredients.release, ingredients.site))
}

/// Step files that came and went.
fn not_listed(ingredients: &IssueInputs<'_>) -> String {
    let because = [(Origin::TakenBack, issue_text::TAKEN_BACK), (Origin::DeletedBefore, issue_text::DELETED_BEFORE)];
    let of_origin = |(origin, why): (Origin, &str)| {
        let steps = ingredients.steps.iter().filter(|step| step.origin == origin);
        issue_text::not_listed(why, &steps.map(|step| step.file.path.as_str()).collect::<Vec<_>>())
    };
    because.map(of_origin).concat()
}
