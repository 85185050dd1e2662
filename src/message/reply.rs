//! The answer to a comment with commands: what was not carried out, and what can be said.

use super::{bare, cut, inline};
use crate::checklist::directive::Phase;
use crate::ids::IssueNumber;

/// What can be said, as it is shown.
const HELP: &str = "\
| command | |
|---|---|
| `/hp done 3` | item 3 is done; `3, 5` and `3-5` are several, and an id is as good as a number |
| `/hp undo 3` | it is not done, not skipped, not overridden |
| `/hp skip 3 REASON` | it is not needed this time |
| `/hp override REASON` | let the release pass with what is open before it now; for maintainers |
| `/hp override-after REASON` | complete the release without what is open after it now; for maintainers |
| `/hp open TAG` | open the release of a tag, a branch or a commit by hand; for maintainers |
| `/hp status` | say how far the release is |
| `/hp recheck` | look at everything again |

Holdpoint's progress comment shows the numbers. Write each command at the beginning of a line; you can write several in \
one comment, and an edited comment is not read again.";

/// A command about everything, by somebody who may not write.
pub const NO_RECHECK: &str = "`/hp recheck`: write access is needed";

/// A command about items, under something that is no release issue.
pub const NO_ITEMS_HERE: &str = "items are done, skipped and overridden on the release issue";

/// A command that names nothing, where nothing is meant by itself.
pub const NOTHING_TO_OPEN: &str = "`/hp open` needs a tag, a branch or a commit here";

/// A comment of which nobody knows what its writer wrote.
pub const EDITED: &str = "this comment was edited before Holdpoint read it, so nobody knows whose words these are: write them again in \
                          a new comment";

/// A comment has more to do than one comment may.
#[must_use]
pub fn too_many_items(most: usize) -> String {
    format!("the commands name more than {most} items: write several comments")
}

/// A command names no item of the release.
#[must_use]
pub fn no_such_item(command: &str, last: usize) -> String {
    format!("{command}: there is no such item; they are numbered from 1 to {last}")
}

/// Nothing of a phase is open; `others` says that items of the phase after it are.
#[must_use]
pub fn nothing_to_override(command: &str, phase: Phase, others: bool) -> String {
    match phase {
        Phase::After => format!("{command}: nothing is open after the release"),
        Phase::Before if !others => format!("{command}: nothing is open"),
        Phase::Before => format!(
            "{command}: nothing is open before the release, and the items after it stay open; `/hp override-after REASON` \
             overrides those"
        ),
    }
}

/// What came of a release that somebody asked for.
#[must_use]
pub fn opened(label: &str, issue: Option<IssueNumber>, failure: Option<&str>) -> String {
    let label = bare(label);
    match (issue, failure) {
        (Some(number), _) => format!("{label} is #{number}."),
        (None, Some(why)) => format!("{label} has no issue: {why}."),
        (None, None) => format!("{label} has nothing to do by hand."),
    }
}

/// Writes the answer.
#[must_use]
pub fn reply(told: &[String], refused: &[String], help: bool) -> String {
    let mut out: String = told.iter().map(|sentence| format!("{sentence}\n\n")).collect();
    if !refused.is_empty() {
        out.push_str("This was not done:\n\n");
        for sentence in refused {
            out.push_str(&format!("- {}\n", inline(sentence)));
        }
        if !help {
            out.push_str("\n`/hp help` says what can be said.\n");
        }
        out.push('\n');
    }
    if help {
        out.push_str(HELP);
    }
    cut(out.trim_end().to_owned())
}
