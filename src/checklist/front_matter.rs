//! The YAML block at the head of a GitHub issue template.
//!
//! Reads the keys that GitHub knows and leaves the others alone; what is not YAML at all is a problem, and the block is
//! stripped from the text all the same.

use super::problem::{Problem, Severity};
use super::yaml::{git_line, yaml_sentence};
use serde::Deserialize;
use serde::de::IgnoredAny;

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

/// Whatever stands behind a key: what is of no use there spoils no other key.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<Word>),
    One(Word),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Whole(i64),
    Number(f64),
    Truth(bool),
    Other(IgnoredAny),
}

impl Word {
    fn text(self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Other(_) => return None,
        };
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    }
}

impl Words {
    fn one(self) -> Option<String> {
        self.list(|word| vec![word]).into_iter().next()
    }

    /// Several words in one, with commas between them.
    fn many(self) -> Vec<String> {
        self.list(|word| word.split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect())
    }

    fn list(self, split: impl Fn(String) -> Vec<String>) -> Vec<String> {
        match self {
            Self::One(word) => word.text().map(split).unwrap_or_default(),
            Self::List(words) => words.into_iter().filter_map(Word::text).collect(),
        }
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
            let values = [
                ("name", &keys.name),
                ("title", &keys.title),
                ("labels", &keys.labels),
                ("assignees", &keys.assignees),
                ("type", &keys.issue_type),
            ];
            let odd = values.iter().find(|(_, value)| matches!(value, Some(Words::One(Word::Other(_)))));
            let problem = odd.map(|(key, _)| no_text(yaml, key));
            let front_matter = FrontMatter {
                name: keys.name.and_then(Words::one),
                title: keys.title.and_then(Words::one),
                labels: keys.labels.map(Words::many).unwrap_or_default(),
                assignees: keys
                    .assignees
                    .map(Words::many)
                    .unwrap_or_default()
                    .iter()
                    .map(|login| login.trim_start_matches('@').trim().to_owned())
                    .filter(|login| !login.is_empty())
                    .collect(),
                issue_type: keys.issue_type.and_then(Words::one),
            };
            (front_matter, problem)
        }
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |at| {
                (usize::try_from(at.line()).unwrap_or(1), usize::try_from(at.column()).unwrap_or(1))
            });
            let problem = Problem {
                severity: Severity::Warning,
                line: git_line(yaml, line) + 1,
                column,
                width: 1,
                message: format!("the front matter is no valid YAML: {}", yaml_sentence(&error)),
                hint: "Holdpoint does not read title, labels and assignees from it until you correct it".to_owned(),
            };
            (FrontMatter::default(), Some(problem))
        }
    }
}

/// A key with something behind it that is no text: `title: {{ version }}` without quotes, most of the time.
fn no_text(yaml: &str, key: &str) -> Problem {
    let line =
        yaml.split('\n').position(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')));
    Problem {
        severity: Severity::Warning,
        line: line.map_or(1, |at| at + 2),
        column: 1,
        width: key.len(),
        message: format!("`{key}` is no text in YAML, and is not read"),
        hint: "put the text after it in quotes".to_owned(),
    }
}
