//! "This pull request touches migrations and brings no step": whether one is missing, and where it would belong.

use super::change::{Facts, FileChange, Role};
use crate::checklist::file;
use crate::checklist::globs::Globs;
use crate::config::Config;
use crate::message::missing_step::{Missing, Remedy, edit_file, file_name, new_file, passed};
use crate::message::review::Review;

/// What the rules about step files say of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The first rule that is not met.
    pub(super) missing: Option<Missing>,
    /// Sentences about the rules that a label lets pass.
    pub(super) passed: Vec<String>,
}

/// Asks every rule whose paths the pull request touches.
pub(super) fn required_steps(facts: &Facts, config: &Config, review: &Review) -> Asked {
    let mut asked = Asked::default();
    // A file without items is no step file, and is not among these.
    if !review.steps.is_empty() {
        return asked;
    }
    for rule in &config.require_steps {
        let Some(touched) = facts.paths.iter().find(|p| rule.paths.is_match(p)) else { continue };
        match &rule.unless_label {
            Some(label) if facts.labels.contains(label) => {
                let sentence = passed(label);
                if !asked.passed.contains(&sentence) {
                    asked.passed.push(sentence);
                }
            }
            Some(_) | None if asked.missing.is_none() => {
                asked.missing = Some(Missing {
                    touched: touched.clone(),
                    unless_label: rule.unless_label.clone(),
                    empty: empty(facts),
                    way: way(facts, config),
                });
            }
            Some(_) | None => {}
        }
    }
    asked
}

/// A step file that the pull request brings and that was no step.
fn empty(facts: &Facts) -> Option<String> {
    let mut steps = facts.files.iter().filter(|f| matches!(f.role, Role::Step(_)));
    let is_empty =
        |f: &&FileChange| f.after.as_ref().is_some_and(|text| file::parse(&f.path, text).list.items.is_empty());
    steps.find(|f| f.before.is_none() && is_empty(f)).map(|f| f.path.clone())
}

fn way(facts: &Facts, config: &Config) -> Remedy {
    let head = &facts.source;
    let Some(home) = &head.home else { return Remedy::HeadGone };
    let there = |path: &str| facts.files.iter().any(|f| f.path == path && f.after.is_some());
    let Some(path) = place(facts, config) else {
        let globs = config.checklists.values().flat_map(|c| c.steps.patterns().to_vec());
        return Remedy::ManualRelease(globs.collect());
    };
    let url = if there(&path) {
        edit_file(&head.site, home, &head.branch, &path)
    } else {
        new_file(&head.site, home, &head.branch, &path, &facts.title)
    };
    Remedy::Link { path, url }
}

/// Where a new step file belongs: in the folder that a glob names before its first wildcard, if a file of ours there is one that
/// the glob means.
fn place(facts: &Facts, config: &Config) -> Option<String> {
    let name = file_name(facts.number, &facts.title);
    config.checklists.values().flat_map(|c| c.steps.patterns()).find_map(|glob| {
        let literal = glob.get(..glob.find(['*', '?', '[', '{', '\\'])?)?;
        let folder = literal.rfind('/').and_then(|at| literal.get(..=at)).unwrap_or_default();
        let path = format!("{folder}{name}");
        Globs::paths(vec![glob.clone()]).is_ok_and(|own| own.is_match(&path)).then_some(path)
    })
}
