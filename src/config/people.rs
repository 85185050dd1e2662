//! Users, teams and roles as a configuration names them.

use crate::checklist::spelling::nearest;

/// The roles whose ticks may count.
const ROLES: [&str; 4] = ["triage", "write", "maintain", "admin"];

/// Whether this is a user or a team as they are written: `@user`, `@org/team`.
pub(super) fn names_somebody(word: &str) -> bool {
    let Some(name) = word.strip_prefix('@') else { return false };
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() <= 2 && parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace))
}

/// What to write in place of a word that is no user and no team.
pub(super) fn instead_of_name(word: &str) -> String {
    let name = format!("@{word}");
    if names_somebody(&name) && !word.starts_with('@') {
        format!("write `{name}`")
    } else {
        "write `@user` or `@org/team`".to_owned()
    }
}

/// What to write in place of a word that is no role.
pub(super) fn instead_of_role(word: &str) -> String {
    if let Some(role) = nearest(word, &ROLES) {
        return format!("did you mean `{role}`?");
    }
    let roles = ROLES.map(|role| format!("`{role}`")).join(", ");
    let list = format!("write {roles}, or a list of `@users` and `@org/teams`");
    let is_name = names_somebody(&format!("@{word}")) && !matches!(word, "read" | "none");
    if is_name { format!("{list}: `@{word}`") } else { list }
}
