//! The YAML block at the head of a GitHub issue template.
//!
//! Reads the keys that GitHub knows and leaves the others alone; what is not YAML at all is a problem, and the block is
//! stripped from the text all the same.

use super::{Problem, Severity};
use serde::Deserialize;

/// The keys of GitHub's Markdown issue templates.
/// Source: <https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests>.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// The template's own name.
    pub name: Option<String>,
    /// Title of the issue, with placeholders; `None` where it is missing or empty.
    pub title: Option<String>,
    /// Labels of the issue.
    pub labels: Vec<String>,
    /// Logins of the assignees, without `@`.
    pub assignees: Vec<String>,
    /// The issue type of the organisation.
    pub issue_type: Option<String>,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    name: Option<Words>,
    #[serde(default)]
    title: Option<Words>,
    #[serde(default)]
    labels: Option<Words>,
    #[serde(default)]
    assignees: Option<Words>,
    #[serde(default, rename = "type")]
    issue_type: Option<Words>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    Number(f64),
    List(Vec<Option<String>>),
}

impl Words {
    fn one(self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::List(list) => list.into_iter().flatten().next()?,
        };
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    }

    fn list(self) -> Vec<String> {
        let raw: Vec<String> = match self {
            Self::Text(text) => text.split(',').map(str::to_owned).collect(),
            Self::Number(number) => vec![number.to_string()],
            Self::List(list) => list.into_iter().flatten().collect(),
        };
        raw.iter().map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
    }
}

/// Finds the block that opens on the first line of `text` with `---` and returns what it says, where the Markdown begins
/// (in bytes), and what is wrong with it.
#[must_use]
pub fn read(text: &str) -> (Option<FrontMatter>, usize, Vec<Problem>) {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return (None, 0, Vec::new()) };
    if first.trim_end() != "---" {
        return (None, 0, Vec::new());
    }
    let mut yaml = String::new();
    let mut end = first.len();
    for line in lines {
        end += line.len();
        if line.trim_end() == "---" {
            let (keys, problem) = keys(&yaml);
            return (Some(keys), end, problem.into_iter().collect());
        }
        yaml.push_str(line);
    }
    // A rule on the first line and no second one: this is Markdown.
    (None, 0, Vec::new())
}

fn keys(yaml: &str) -> (FrontMatter, Option<Problem>) {
    if yaml.trim().is_empty() {
        return (FrontMatter::default(), None);
    }
    match serde_saphyr::from_str::<Keys>(yaml) {
        Ok(keys) => {
            let front_matter = FrontMatter {
                name: keys.name.and_then(Words::one),
                title: keys.title.and_then(Words::one),
                labels: keys.labels.map(Words::list).unwrap_or_default(),
                assignees: keys
                    .assignees
                    .map(Words::list)
                    .unwrap_or_default()
                    .iter()
                    .map(|login| login.trim_start_matches('@').to_owned())
                    .collect(),
                issue_type: keys.issue_type.and_then(Words::one),
            };
            (front_matter, None)
        }
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |at| {
                (usize::try_from(at.line()).unwrap_or(1), usize::try_from(at.column()).unwrap_or(1))
            });
            let problem = Problem {
                severity: Severity::Warning,
                line: line + 1,
                column,
                width: 1,
                message: format!("the front matter is no valid YAML: {}", yaml_sentence(&error)),
                hint: "title, labels and assignees are not read from it until it is mended".to_owned(),
            };
            (FrontMatter::default(), Some(problem))
        }
    }
}

/// What the YAML reader has to say, in one sentence: without the place, which a problem tells itself, and without advice for
/// the programmer.
pub(crate) fn yaml_sentence(error: &serde_saphyr::Error) -> String {
    let said = error.without_snippet().to_string();
    let line = said.lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = match line.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, sentence)) => sentence,
        None => line.split(" at line ").next().unwrap_or(line),
    };
    line.split(", set ").next().unwrap_or(line).to_owned()
}
