//! The environments that workflows deploy to, and the names that mean production.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Workflow {
    #[serde(default)]
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    environment: Option<Environment>,
}

/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idenvironment>.
#[derive(Deserialize)]
#[serde(untagged)]
enum Environment {
    Name(String),
    Object { name: String },
    Other(IgnoredAny),
}

/// Words in the name of an environment or a branch that mean production, or a place where a package is published.
const PRODUCTION: [&str; 16] = [
    "prod",
    "production",
    "live",
    "release",
    "releases",
    "publish",
    "publishing",
    "pypi",
    "npm",
    "crates",
    "rubygems",
    "maven",
    "nuget",
    "appstore",
    "playstore",
    "store",
];

/// Words beside them that mean something else.
const NOT_PRODUCTION: [&str; 12] =
    ["non", "not", "pre", "test", "testing", "staging", "stage", "preview", "dev", "qa", "sandbox", "dry"];

/// The names that a workflow has written out. One that is computed, and a text that is no workflow, have none.
pub(super) fn named(workflow: &str) -> Vec<String> {
    let Ok(Workflow { jobs }) = serde_saphyr::from_str::<Workflow>(workflow) else { return Vec::new() };
    let names = jobs.into_values().filter_map(|job| match job.environment? {
        Environment::Name(name) | Environment::Object { name } => Some(name),
        Environment::Other(_) => None,
    });
    names.filter(|name| !name.trim().is_empty() && !name.contains("${{")).collect()
}

/// Whether an environment is production.
pub(super) fn is_production(environment: &str) -> bool {
    let lower = environment.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let any = |known: &[&str]| words.iter().any(|word| known.contains(word));
    any(&PRODUCTION) && !any(&NOT_PRODUCTION)
}

/// Whether a branch is where releases are merged to be shipped.
pub(super) fn is_production_branch(branch: &str) -> bool {
    matches!(branch.to_lowercase().as_str(), "production" | "prod" | "live" | "release" | "stable" | "deploy")
}
