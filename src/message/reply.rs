//! The answer to a comment with commands: what was not carried out, and what can be said.

use super::{cut, inline};

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
