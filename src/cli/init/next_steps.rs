//! What to do once the files are there, as values. Pure: only words it.

use super::ruleset::{APP_ID, Required};
use crate::config::{Config, USUAL_TAGS};
use crate::release::Site;
use serde::Serialize;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct NextStep {
    pub(super) text: String,
    /// Commands of a shell.
    pub(super) commands: Vec<String>,
    /// The page on GitHub.
    pub(super) link: Option<String>,
}

/// What is known for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    pub(super) config: &'a Config,
    pub(super) required: &'a [Required],
    /// Files to commit, as seen from the current folder.
    pub(super) files: &'a [String],
    pub(super) site: Option<&'a Site>,
    pub(super) has_commits: bool,
    /// Whether the App's number is known.
    pub(super) has_app_id: bool,
}

/// The branch of the proposed commands.
const BRANCH: &str = "add-release-checklist";

/// What to do, in order.
pub(super) fn next_steps(setting: &Setting<'_>) -> Vec<NextStep> {
    let site = Address::of(setting.site);
    let mut steps = Vec::new();
    if !setting.files.is_empty() {
        steps.push(step("Read the files, and change what does not fit. Check them with:", &["holdpoint lint"], None));
    }
    steps.push(step(
        "Install the Holdpoint App on this repository. If nobody in your organization runs one yet, docs/operating.md of Holdpoint explains how to register it.",
        &[],
        Some(site.page("settings/installations")),
    ));
    if !setting.files.is_empty() {
        steps.push(commit(setting, &site));
    }
    for required in setting.required {
        steps.push(require(required, setting, &site));
    }
    let environments: Vec<&str> =
        setting.config.checklists.values().flat_map(|c| c.gate.environments.patterns()).map(String::as_str).collect();
    if setting.required.is_empty() && environments.is_empty() {
        let text = "No branch waits for the checklist yet. To make one wait, name it under `gate: branches:` in .github/holdpoint.yml, and run `holdpoint init` again: it prints the ruleset that requires the check.";
        steps.push(step(text, &[], None));
    }
    if !environments.is_empty() {
        let text = format!(
            "Make Holdpoint a deployment protection rule of {}, so that deployments wait:",
            environments.join(", ")
        );
        steps.push(step(&text, &[], Some(site.page("settings/environments"))));
    }
    steps.extend(first_release(setting.config));
    steps
}

fn commit(setting: &Setting<'_>, site: &Address) -> NextStep {
    let files: Vec<String> = setting.files.iter().map(|path| shell_word(path)).collect();
    let add = format!("git add {}", files.join(" "));
    let commit = "git commit -m \"Add a release checklist\"";
    if !setting.has_commits {
        return step("Commit the files to your default branch:", &[&add, commit], None);
    }
    let (switch, push) = (format!("git switch -c {BRANCH}"), format!("git push -u origin {BRANCH}"));
    let page = site.page(&format!("compare/{BRANCH}?expand=1"));
    step(
        "Commit the files, and open a pull request into your default branch. The check holdpoint/review shows what it changes:",
        &[&switch, &add, commit, &push],
        Some(page),
    )
}

fn require(required: &Required, setting: &Setting<'_>, site: &Address) -> NextStep {
    let json = serde_json::to_string_pretty(&required.ruleset).unwrap_or_default();
    let host = site.host.as_ref().map(|host| format!(" --hostname {}", shell_word(host))).unwrap_or_default();
    let repository = shell_word(&format!("repos/{}/rulesets", site.repository));
    let command = format!("gh api{host} --method POST {repository} --input - <<'EOF'\n{json}\nEOF");
    let number = if setting.has_app_id {
        String::new()
    } else {
        format!(
            " Replace \"{APP_ID}\", with its quotes, by the number on the App's settings page: only that App can then turn the check green."
        )
    };
    let (checks, branches) = (required.checks.join(", "), required.branches.join(", "));
    let text = format!(
        "When these files are on the default branch, require {checks} on {branches}. You need administrator access.{number}"
    );
    step(&text, &[&command], Some(site.page("settings/rules")))
}

fn first_release(config: &Config) -> Option<NextStep> {
    let checklist = config.checklists.values().find(|checklist| checklist.opens_by_tag())?;
    let globs = checklist.open.matches.patterns();
    let usual = USUAL_TAGS.map(str::to_owned);
    let globs: Vec<String> =
        if globs.is_empty() { &usual[..] } else { globs }.iter().map(|glob| format!("`{glob}`")).collect();
    let text = format!(
        "Push a tag that matches {}. Holdpoint opens the release issue. To see it before you tag, commit and run:",
        globs.join(" or ")
    );
    Some(step(&text, &["holdpoint preview"], None))
}

fn step(text: &str, commands: &[&str], link: Option<String>) -> NextStep {
    NextStep { text: text.to_owned(), commands: commands.iter().map(|command| (*command).to_owned()).collect(), link }
}

/// Where a repository is on GitHub.
struct Address {
    url: String,
    repository: String,
    /// Where it is not on github.com.
    host: Option<String>,
}

impl Address {
    fn of(site: Option<&Site>) -> Self {
        let url = site.map_or("https://github.com", |site| site.url.as_str());
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        Self {
            url: url.to_owned(),
            repository: site.map_or_else(|| "OWNER/REPO".to_owned(), |site| site.name.to_string()),
            host: (host != "github.com").then(|| host.to_owned()),
        }
    }

    fn page(&self, page: &str) -> String {
        format!("{}/{}/{page}", self.url, self.repository)
    }
}

/// A word of a shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
