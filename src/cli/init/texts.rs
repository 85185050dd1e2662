//! The texts of proposed files, from the templates in `templates/init`. Decides nothing but how a value is quoted.

use super::project::{self, Kind};
use crate::config::check_name;
use askama::Template;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "init/holdpoint.yml", escape = "none")]
struct Configuration<'a> {
    checklist: &'a str,
    check: String,
    template: String,
    tags: Vec<String>,
    several: bool,
    branches: Vec<String>,
    environments: Vec<String>,
    migrations: Vec<String>,
}

/// What a configuration says; what is empty is left to the defaults.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// The path of the checklist.
    pub(super) template: String,
    /// Globs of tags.
    pub(super) tags: Vec<String>,
    /// Whether they are of several components.
    pub(super) several: bool,
    pub(super) branches: Vec<String>,
    pub(super) environments: Vec<String>,
    /// Globs of migrations, for which steps can be required.
    pub(super) migrations: Vec<String>,
}

/// The name of the proposed checklist.
const NAME: &str = "release";

/// The text of `.github/holdpoint.yml`.
pub(super) fn configuration(rules: &Rules) -> String {
    let quoted = |list: &[String]| list.iter().map(|text| quote(text)).collect();
    render(&Configuration {
        checklist: NAME,
        check: check_name(NAME),
        template: quote(&rules.template),
        tags: quoted(&rules.tags),
        several: rules.several,
        branches: quoted(&rules.branches),
        environments: quoted(&rules.environments),
        migrations: quoted(&rules.migrations),
    })
}

/// A text as a value of YAML: in quotes, unless it can be nothing else than itself.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    let other = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic()) || text.starts_with(".github/");
    if is_word && text.chars().all(plain) && !other.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    // YAML takes what JSON quotes, and fewer characters as they are.
    let escaped =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    let quoted = serde_json::Value::from(text).to_string();
    quoted.chars().map(|c| if escaped(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// What a checklist is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) paths: &'a BTreeSet<String>,
    /// Globs of migrations, separated by commas.
    pub(super) migrations: Option<&'a str>,
    /// The placeholder that names the release.
    pub(super) version: &'static str,
}

/// A placeholder that Holdpoint fills.
const COMPARE_URL: &str = "{{ compare_url }}";

#[derive(Template)]
#[template(path = "init/service.md", escape = "none")]
struct Service<'a> {
    version: &'a str,
    compare_url: &'a str,
    migrations: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "init/library.md", escape = "none")]
struct Library<'a> {
    version: &'a str,
    compare_url: &'a str,
    commands: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "init/django-aws.md", escape = "none")]
struct DjangoAws<'a> {
    version: &'a str,
    migrations: &'a str,
}

#[derive(Template)]
#[template(path = "init/mobile-app.md", escape = "none")]
struct MobileApp<'a> {
    version: &'a str,
    ios: bool,
    android: bool,
}

#[derive(Template)]
#[template(path = "init/data-pipeline.md", escape = "none")]
struct DataPipeline<'a> {
    version: &'a str,
    compare_url: &'a str,
    migrations: Option<&'a str>,
    dbt: bool,
    dags: bool,
}

/// The text of a checklist.
pub(super) fn checklist(kind: Kind, subject: Subject<'_>) -> String {
    let Subject { paths, migrations, version } = subject;
    let compare_url = COMPARE_URL;
    match kind {
        Kind::Service => render(&Service { version, compare_url, migrations }),
        Kind::Library => render(&Library { version, compare_url, commands: project::rehearsals(paths) }),
        Kind::DjangoAws => render(&DjangoAws { version, migrations: migrations.unwrap_or("**/migrations/**") }),
        Kind::MobileApp => {
            let (ios, android) = project::stores(paths);
            render(&MobileApp { version, ios, android })
        }
        Kind::DataPipeline => {
            let (dbt, dags) = project::pipelines(paths);
            render(&DataPipeline { version, compare_url, migrations, dbt, dags })
        }
    }
}

#[derive(Template)]
#[template(path = "init/steps.md", escape = "none")]
struct Steps<'a> {
    pattern: &'a str,
    example: &'a str,
}

/// The text that explains a folder of step files: the glob that its files match, and the path of one.
pub(super) fn steps(pattern: &str, example: &str) -> String {
    render(&Steps { pattern, example })
}

fn render(template: &impl Template) -> String {
    // Writing into a string fails only where a template's own code does, and these have none.
    let text = template.render().unwrap_or_default();
    format!("{}\n", text.trim_end())
}
