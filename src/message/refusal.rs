//! Why what somebody did does not count: as the ledger keeps it, and as comments and answers say it.

use super::bare;
use crate::config::Role;

/// Bots are not allowed to tick.
pub const BOT: &str = "bots may not tick here";

/// Items are not allowed to be skipped.
pub const NO_SKIPPING: &str = "skipping is not allowed here";

/// A bot is no second person.
pub const BOT_AS_SECOND: &str = "this item needs a second person, and this was a bot";

/// Somebody who is behind the release is no second person.
pub const NOT_SECOND: &str =
    "this item needs a second person: neither an author of the change nor who opened the release";

/// Nobody knows who the first person is.
pub const FIRST_UNKNOWN: &str =
    "this item needs a second person, and who opened this release is not known: it takes somebody with maintain access";

/// A text was brought back together with its tick.
pub const BROUGHT_BACK: &str =
    "it was brought back like that, so Holdpoint does not know who did it: undo it and do it again";

/// The account of an edit was deleted.
pub const NO_ACCOUNT: &str = "the account that did it no longer exists, so Holdpoint cannot check its permissions";

/// A command names an item that is not in the issue any more.
pub const TAKEN_OUT: &str = "it was taken out of the issue: put it back first";

/// A command names an item whose text is another one.
pub const REWORDED: &str = "its text was changed in the issue: put it back first";

/// A command does what only evidence can do.
pub const VERIFIED_BY_US: &str = "Holdpoint verifies this itself; where that cannot be, skip it with a reason";

/// A command takes back what nobody did.
pub const OPEN_ALREADY: &str = "it is open already";

/// A bot gives a command of maintainers.
pub const BOT_AS_MAINTAINER: &str = "bots may not";

/// An App ticked in a person's name.
#[must_use]
pub fn ticked_by_app(app: &str, login: &str) -> String {
    format!("the App {app} did it in the name of {login}, and Apps may not tick here")
}

/// An App wrote a command of maintainers in a person's name.
#[must_use]
pub fn written_by_app(app: &str, login: &str) -> String {
    format!("the App {app} wrote it, and only {} themselves may", bare(login))
}

/// Somebody is no maintainer.
#[must_use]
pub fn no_maintainer(login: &str, role: Role) -> String {
    format!("maintain access is needed, and {} has {}", bare(login), role.word())
}

/// Somebody's role is too low.
#[must_use]
pub fn low_role(least: Role, login: &str, role: Role) -> String {
    format!("{} access is needed, and {login} has {}", least.word(), role.word())
}

/// The item is owned by others.
#[must_use]
pub fn owned_by_others(owners: &[String]) -> String {
    format!("it belongs to {}", owners.join(", "))
}

/// Somebody is not on the list of those who may tick.
#[must_use]
pub fn not_listed(list: &[String]) -> String {
    format!("only {} may tick here", list.join(", "))
}

/// Being named does not suffice.
#[must_use]
pub fn no_access(login: &str) -> String {
    format!("{login} is named here and has no access to this repository: an administrator can give them read access")
}

/// Nobody can say who is in a team.
#[must_use]
pub fn hidden_team(team: &str) -> String {
    format!(
        "GitHub does not let Holdpoint see who is in {team}: the App needs the permission *Members* in that organisation"
    )
}

/// Somebody has the login of one that is named, and is not the one that was meant.
#[must_use]
pub fn another_account(name: &str) -> String {
    format!("{name} was another account when this release was opened")
}
