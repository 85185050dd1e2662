//! What `verify=…` asks Holdpoint to look for itself.
//!
//! Reads one word and says what is wrong with it; it never looks for anything.

use super::arguments::call;
use super::globs::Globs;
use super::spelling::nearest;

/// What the names of our own checks begin with: an item that waits for one would wait for itself.
pub const OWN: &str = "holdpoint/";

/// One thing that Holdpoint looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// `checks(NAME, …)`: these check runs and commit statuses succeeded on the released commit.
    Checks(Vec<String>),
    /// `tag()` or `tag(GLOB)`: a tag names the released commit.
    Tag(Option<String>),
    /// `release()`: the tag is published as a release.
    Release,
    /// `deployment(ENV)`: the released commit is deployed there.
    Deployment(String),
    /// `changed(GLOB, …)`: the release changes a file that matches.
    Changed(Vec<String>),
    /// `closed(#N, …)`: these issues are closed as completed, and these pull requests are merged.
    Closed(Vec<u64>),
}

/// What is wrong with a word, and what to write instead.
type Wrong = (String, String);

impl Verification {
    /// Reads one word as it was written.
    ///
    /// # Errors
    /// What is wrong, and a hint.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let known = ["checks", "tag", "release", "deployment", "changed", "closed"];
        let all =
            || "known are checks(NAME…), tag(), release(), deployment(ENV), changed(glob) and closed(#n)".to_owned();
        let Some((name, list)) = call(text) else {
            return Err((format!("`{text}` is nothing that can be verified"), all()));
        };
        let nothing = |form: &str| (format!("`{name}()` names nothing"), format!("write `verify={form}`"));
        match (name, list.as_slice()) {
            ("checks", []) => Err(nothing("checks(build)")),
            ("checks", names) => match names.iter().find(|n| n.to_lowercase().starts_with(OWN)) {
                Some(own) => Err((
                    format!("`{own}` is a check of Holdpoint's own, so the item would wait for itself"),
                    "name the checks of your own workflows".to_owned(),
                )),
                None => Ok(Self::Checks(list)),
            },
            ("tag", []) => Ok(Self::Tag(None)),
            ("tag", [glob]) => is_glob(glob, "tag(v*)").map(|()| Self::Tag(Some(glob.clone()))),
            ("release", []) => Ok(Self::Release),
            ("deployment", []) => Err(nothing("deployment(production)")),
            ("deployment", [environment]) => Ok(Self::Deployment(environment.clone())),
            ("changed", []) => Err(nothing("changed(CHANGELOG.md)")),
            ("changed", globs) => {
                globs.iter().try_for_each(|glob| is_glob(glob, "changed(CHANGELOG.md)"))?;
                Ok(Self::Changed(list))
            }
            ("closed", []) => Err(nothing("closed(#12)")),
            ("closed", numbers) => numbers.iter().map(|n| number(n)).collect::<Result<_, _>>().map(Self::Closed),
            ("tag" | "release" | "deployment", _) => {
                let most = if name == "release" { "nothing" } else { "one name" };
                Err((format!("`{name}(…)` takes {most}"), "write one `verify=…` for each".to_owned()))
            }
            (other, _) => Err((
                format!("`{other}` is nothing that can be verified"),
                nearest(other, &known).map_or_else(all, |w| format!("did you mean `{w}(…)`?")),
            )),
        }
    }
}

fn is_glob(glob: &str, form: &str) -> Result<(), Wrong> {
    match Globs::paths(vec![glob.to_owned()]) {
        Ok(_) => Ok(()),
        Err(why) => Err((format!("`{glob}` is no glob: {why}"), format!("write `verify={form}`"))),
    }
}

/// Issues of this repository only: others may not be ours to see, and nobody would tell us that they were closed.
fn number(text: &str) -> Result<u64, Wrong> {
    let digits = text.strip_prefix('#').filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|d| d.parse().ok()).filter(|n| *n > 0).ok_or_else(|| {
        (format!("`{text}` is no issue of this repository"), "write its number, as in `verify=closed(#12)`".to_owned())
    })
}
