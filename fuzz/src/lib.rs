//! The rooms of Holdpoint that read foreign text, compiled again without the rest: no database and no cryptography, so that
//! a target is built in a minute.

#[path = "../../src/checklist/mod.rs"]
pub mod checklist;
#[path = "../../src/config/mod.rs"]
pub mod config;

use checklist::Problem;

/// Every problem stands on a line of the text, and says something.
pub fn tellable(source: &str, problems: &[Problem]) {
    let lines = source.matches('\n').count() + 1;
    for problem in problems {
        assert!((1..=lines).contains(&problem.line), "{problem:?}");
        assert!(problem.column > 0 && problem.width > 0, "{problem:?}");
        assert!(!problem.message.trim().is_empty() && !problem.hint.trim().is_empty(), "{problem:?}");
    }
}
