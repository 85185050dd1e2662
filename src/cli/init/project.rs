//! What kind of project a repository holds, by the names of its files. Reads no file, and words no checklist.

use clap::ValueEnum;
use serde::Serialize;
use std::collections::BTreeSet;

/// A kind of project; each has its own checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A program that runs on servers
    Service,
    /// A package that other people's code uses
    Library,
    /// A Django site on AWS
    DjangoAws,
    /// An app in an app store
    MobileApp,
    /// Scheduled computations on data: Airflow, dbt
    DataPipeline,
}

impl Kind {
    /// Its name on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// A kind, and the file or folder that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Project {
    pub(super) kind: Kind,
    pub(super) because: String,
}

/// Signs of the kinds that a common file of a service or a library does not outweigh.
const SPECIAL: [(Kind, &[&str]); 3] = [
    (Kind::DjangoAws, &["manage.py"]),
    (Kind::MobileApp, &["ios/", "android/", "Fastfile", "AndroidManifest.xml", "eas.json", ".xcodeproj/"]),
    (
        Kind::DataPipeline,
        &["dbt_project.yml", "dags/", "airflow.cfg", "dagster.yaml", "prefect.yaml", "dvc.yaml", "kedro.yml"],
    ),
];

const SERVICE: [&str; 15] = [
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "Procfile",
    "fly.toml",
    "serverless.yml",
    "cdk.json",
    "samconfig.toml",
    "Chart.yaml",
    "skaffold.yaml",
    "k8s/",
    "kubernetes/",
];

const LIBRARY: [&str; 12] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "setup.py",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "mix.exs",
    ".gemspec",
    ".csproj",
];

/// Signs of Amazon's cloud.
const AWS: [&str; 9] = [
    "cdk.json",
    "samconfig.toml",
    "appspec.yml",
    "buildspec.yml",
    "zappa_settings.json",
    "task-definition.json",
    ".ebextensions/",
    ".elasticbeanstalk/",
    "copilot/",
];

/// Folders whose content does not say what the repository is.
const ASIDE: [&str; 14] = [
    "test",
    "tests",
    "spec",
    "fixtures",
    "testdata",
    "example",
    "examples",
    "sample",
    "samples",
    "docs",
    "doc",
    "vendor",
    "third_party",
    "node_modules",
];

/// Signs are looked for in so many levels of folders.
const DEPTH: usize = 3;

/// The kind of project; `None` where no name shows it. Of the special kinds, the one whose sign is nearest to the root.
pub(super) fn recognize(paths: &BTreeSet<String>) -> Option<Project> {
    let special = SPECIAL.iter().filter_map(|(kind, signs)| Some((sign(paths, signs)?, *kind)));
    // `min_by_key` keeps the first of equals.
    let nearest = special.min_by_key(|((depth, _), _)| *depth);
    let other = |kind, signs| sign(paths, signs).map(|found| (found, kind));
    let found = nearest.or_else(|| other(Kind::Service, &SERVICE)).or_else(|| other(Kind::Library, &LIBRARY));
    found.map(|((_, because), kind)| Project { kind, because })
}

/// A sign of Amazon's cloud.
pub(super) fn is_on_aws(paths: &BTreeSet<String>) -> bool {
    sign(paths, &AWS).is_some()
}

/// The first of some signs that is nearest to the root, with its depth. One that ends in a slash is a folder, and one that begins
/// with a dot may be the end of a name.
fn sign(paths: &BTreeSet<String>, signs: &[&str]) -> Option<(usize, String)> {
    let mut best: Option<(usize, String)> = None;
    for path in paths {
        let parts: Vec<&str> = path.split('/').collect();
        for (depth, part) in parts.iter().enumerate().take(DEPTH) {
            if ASIDE.contains(&part.to_lowercase().as_str()) && depth + 1 < parts.len() {
                break;
            }
            let is_folder = depth + 1 < parts.len();
            let fits = |sign: &&str| match sign.strip_suffix('/') {
                Some(name) => is_folder && named(part, name),
                None => !is_folder && named(part, sign),
            };
            if signs.iter().any(fits) && best.as_ref().is_none_or(|(known, _)| depth < *known) {
                let end = if is_folder { "/" } else { "" };
                best = Some((depth, format!("{}{end}", parts.get(..=depth).unwrap_or_default().join("/"))));
            }
        }
    }
    best
}

fn named(part: &str, name: &str) -> bool {
    part == name || (name.starts_with('.') && part.len() > name.len() && part.ends_with(name))
}

/// The stores of an app: Apple's, and Google's. Both where no name says which.
pub(super) fn stores(paths: &BTreeSet<String>) -> (bool, bool) {
    let ios = sign(paths, &["ios/", ".xcodeproj/"]).is_some();
    let android = sign(paths, &["android/", "AndroidManifest.xml"]).is_some();
    if ios || android { (ios, android) } else { (true, true) }
}

/// Commands that try the publication of a package without doing it.
pub(super) fn rehearsals(paths: &BTreeSet<String>) -> Vec<&'static str> {
    let tools = [
        ("Cargo.toml", "cargo publish --dry-run"),
        ("package.json", "npm publish --dry-run"),
        ("pyproject.toml", "python -m build"),
    ];
    tools.into_iter().filter(|(file, _)| paths.contains(*file)).map(|(_, command)| command).collect()
}

/// Signs of data pipelines that bring steps of their own: dbt, and Airflow.
pub(super) fn pipelines(paths: &BTreeSet<String>) -> (bool, bool) {
    (sign(paths, &["dbt_project.yml"]).is_some(), sign(paths, &["dags/", "airflow.cfg"]).is_some())
}

/// Globs of the folders of database migrations, each with one of them.
pub(super) fn migrations(paths: &BTreeSet<String>) -> Vec<(&'static str, String)> {
    let known: [(&str, &[&str]); 3] = [
        ("**/migrations/**", &["migrations"]),
        ("**/db/migrate/**", &["db", "migrate"]),
        ("**/alembic/versions/**", &["alembic", "versions"]),
    ];
    let mut found = Vec::new();
    for (glob, folder) in known {
        let place = paths.iter().find_map(|path| {
            let parts: Vec<&str> = path.split('/').collect();
            let (_, folders) = parts.split_last()?;
            let at = folders.windows(folder.len()).position(|window| window == folder)?;
            let above = folders.get(..at + folder.len())?;
            let aside = above.iter().any(|part| ASIDE.contains(&part.to_lowercase().as_str()));
            (!aside).then(|| above.join("/"))
        });
        found.extend(place.map(|place| (glob, place)));
    }
    found
}
