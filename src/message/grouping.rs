//! The same said of many lines: three times in full, and then once of all the others.
//!
//! For what people read. Programs are told of each line by itself.

use crate::checklist::{Problem, Severity};
use std::collections::BTreeMap;

/// So many problems that read alike are told in full.
const IN_FULL: usize = 3;
/// So many runs of lines are named.
const NAMED: usize = 6;

/// A problem that is told in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'p> {
    /// The problem.
    pub problem: &'p Problem,
    /// Of the last of its kind: how many more there are, and where; empty for all others.
    pub more: String,
}

/// The problems of one file as people read them. Two are of one kind if they read alike, word for word.
#[must_use]
pub fn group_problems<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> Vec<Told<'p>> {
    let mut told: Vec<Told<'p>> = Vec::new();
    let mut kinds: BTreeMap<(Severity, &str, &str), Kind<'p>> = BTreeMap::new();
    for problem in problems {
        let kind = kinds.entry((problem.severity, &problem.message, &problem.hint)).or_default();
        if kind.told < IN_FULL {
            kind.told += 1;
            kind.last = told.len();
            told.push(Told { problem, more: String::new() });
        } else {
            kind.others.push(problem);
        }
    }
    let mut one_more: Vec<&Problem> = Vec::new();
    for kind in kinds.into_values() {
        match kind.others.as_slice() {
            [] => {}
            // To tell it takes no more room than to leave it out.
            [single] => one_more.push(single),
            others => {
                if let Some(last) = told.get_mut(kind.last) {
                    last.more = format!("and {} more like this, in {}", others.len(), lines(others));
                }
            }
        }
    }
    told.extend(one_more.into_iter().map(|problem| Told { problem, more: String::new() }));
    told.sort_by_key(|t| (t.problem.line, t.problem.column));
    told
}

/// What is known of the problems that read alike.
#[derive(Default)]
struct Kind<'p> {
    told: usize,
    /// The place of the last that is told.
    last: usize,
    others: Vec<&'p Problem>,
}

/// `line 7`, `lines 4-25, 31`.
fn lines(problems: &[&Problem]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for problem in problems {
        match runs.last_mut() {
            Some((_, end)) if problem.line <= *end + 1 => *end = problem.line.max(*end),
            _ => runs.push((problem.line, problem.line)),
        }
    }
    let run = |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    let named: Vec<String> = runs.iter().take(NAMED).map(run).collect();
    let word = if runs.len() == 1 && runs.iter().all(|(from, to)| from == to) { "line" } else { "lines" };
    match runs.get(NAMED..).and_then(|rest| rest.last()) {
        Some((_, last)) => format!("{word} {} and others, the last {last}", named.join(", ")),
        None => format!("{word} {}", named.join(", ")),
    }
}
