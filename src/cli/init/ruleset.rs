//! The rulesets that require the checks of a configuration, as GitHub's API takes them.

use crate::config::{Config, check_name};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A placeholder for the App's number. GitHub refuses it, so a ruleset that nobody edited does not require the check of any source.
pub(super) const APP_ID: &str = "APP_ID";

/// A ruleset.
/// Source: <https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset>.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Ruleset {
    name: String,
    target: &'static str,
    enforcement: &'static str,
    conditions: Conditions,
    rules: [Rule; 1],
}

#[derive(Clone, Debug, Serialize)]
struct Conditions {
    ref_name: RefName,
}

#[derive(Clone, Debug, Serialize)]
struct RefName {
    include: Vec<String>,
    exclude: [String; 0],
}

#[derive(Clone, Debug, Serialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: &'static str,
    parameters: Parameters,
}

#[derive(Clone, Debug, Serialize)]
struct Parameters {
    strict_required_status_checks_policy: bool,
    required_status_checks: Vec<RequiredCheck>,
}

#[derive(Clone, Debug, Serialize)]
struct RequiredCheck {
    context: String,
    integration_id: AppId,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum AppId {
    Number(u64),
    Placeholder(&'static str),
}

/// A ruleset, and what people call it.
#[derive(Clone, Debug)]
pub(super) struct Required {
    pub(super) checks: Vec<String>,
    pub(super) branches: Vec<String>,
    pub(super) ruleset: Ruleset,
}

/// One ruleset for each set of branches that waits for the same checks. Globs that GitHub writes in another way have none.
pub(super) fn rulesets(config: &Config, app_id: Option<u64>) -> Vec<Required> {
    let mut checks: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for (name, checklist) in &config.checklists {
        let branches: BTreeSet<String> =
            checklist.gate.branches.patterns().iter().filter(|glob| is_fnmatch(glob)).cloned().collect();
        if !branches.is_empty() {
            checks.entry(branches).or_default().push(check_name(name));
        }
    }
    let required = |(branches, checks): (BTreeSet<String>, Vec<String>)| {
        let branches: Vec<String> = branches.into_iter().collect();
        Required { ruleset: ruleset(&branches, &checks, app_id), branches, checks }
    };
    checks.into_iter().map(required).collect()
}

/// Whether a glob means the same to GitHub, which has no `{a,b}`.
fn is_fnmatch(glob: &str) -> bool {
    !glob.contains(['{', '}', '[', ']', '\\', '!'])
}

fn ruleset(branches: &[String], checks: &[String], app_id: Option<u64>) -> Ruleset {
    let integration_id = app_id.map_or(AppId::Placeholder(APP_ID), AppId::Number);
    let required = checks.iter().map(|check| RequiredCheck { context: check.clone(), integration_id });
    let parameters =
        Parameters { strict_required_status_checks_policy: false, required_status_checks: required.collect() };
    Ruleset {
        name: format!("Holdpoint: {}", branches.join(", ")),
        target: "branch",
        enforcement: "active",
        conditions: Conditions {
            ref_name: RefName {
                include: branches.iter().map(|branch| format!("refs/heads/{branch}")).collect(),
                exclude: [],
            },
        },
        rules: [Rule { kind: "required_status_checks", parameters }],
    }
}
