//! A call of the API on its way to its handler, and the answer.

use super::super::refused::Refused;
use super::super::repo::Repo;
use super::super::world::World;
use super::auth::Caller;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A request, as far as the API looks at it.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Request<'a> {
    pub(in crate::sandbox) method: &'a str,
    pub(in crate::sandbox) path: &'a str,
    pub(in crate::sandbox) query: &'a str,
    pub(in crate::sandbox) headers: &'a HeaderMap,
    pub(in crate::sandbox) body: &'a [u8],
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Body {
    Json(Value),
    Raw(Vec<u8>),
    Empty,
}

/// An answer.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Answer {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) body: Body,
    pub(in crate::sandbox) headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn json(status: u16, value: Value) -> Self {
        Self { status, body: Body::Json(value), headers: Vec::new() }
    }

    pub(in crate::sandbox) const fn empty(status: u16) -> Self {
        Self { status, body: Body::Empty, headers: Vec::new() }
    }
}

pub(super) type Answered = Result<Answer, Refused>;

/// A call on its way to its handler: the world, what the path and query say, the body, and who is calling.
pub(super) struct Call<'w> {
    pub(super) world: &'w mut World,
    pub(super) params: BTreeMap<&'static str, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Map<String, Value>,
    pub(super) caller: Caller,
    pub(super) raw: bool,
    pub(super) path: String,
    pub(super) violations: Vec<String>,
}

impl Call<'_> {
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, Refused> {
        self.param(name).parse().map_err(|_| Refused::not_found())
    }

    pub(super) fn repo_name(&self) -> String {
        format!("{}/{}", self.param("owner"), self.param("repo"))
    }

    pub(super) fn repo(&self) -> Result<&Repo, Refused> {
        self.world.repo(&self.repo_name())
    }

    /// The login in whose name the caller acts.
    pub(super) fn actor(&self) -> String {
        match &self.caller {
            Caller::User(login) => login.clone(),
            Caller::App | Caller::Installation(_) => self.world.bot(),
        }
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<String>, Refused> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => {
                Err(Refused::new(422, format!("Invalid request.\n\nFor 'properties/{field}', it is not a string.")))
            }
        }
    }

    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<String>>, Refused> {
        let wrong = || {
            Refused::new(422, format!("Invalid request.\n\nFor 'properties/{field}', it is not an array of strings."))
        };
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) => {
                let text = |v: &Value| v.as_str().or_else(|| v.get("name")?.as_str()).map(str::to_owned);
                list.iter().map(text).collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn required(&self, field: &str) -> Result<String, Refused> {
        self.text(field)?.ok_or_else(|| Refused::new(422, format!("Invalid request.\n\n\"{field}\" wasn't supplied.")))
    }

    pub(super) fn time(&self, field: &str) -> Result<Option<i64>, Refused> {
        match self.text(field)? {
            None => Ok(None),
            Some(text) => match crate::ids::Timestamp::parse(&text) {
                Some(at) => Ok(Some(at.0)),
                None => Err(Refused::new(422, format!("Invalid request.\n\n{text} is not a valid date-time."))),
            },
        }
    }
}

/// GitHub's answer for what is elsewhere.
pub(super) fn redirect(base: &str, status: u16, to: &str) -> Answer {
    let url = format!("{base}{to}");
    let message = if status == 301 { "Moved Permanently" } else { "Temporary Redirect" };
    let mut answer = Answer::json(status, json!({ "message": message, "url": url, "documentation_url": docs(base) }));
    answer.headers.push(("location", url));
    answer
}

fn docs(base: &str) -> String {
    format!("{base}/docs/rest")
}

/// A refusal in GitHub's form.
pub(in crate::sandbox) fn refusal(base: &str, refused: &Refused) -> Answer {
    let mut body = json!({
        "message": refused.message,
        "documentation_url": docs(base),
        "status": refused.status.to_string(),
    });
    if let (Some(map), false) = (body.as_object_mut(), refused.errors.is_empty()) {
        map.insert("errors".to_owned(), Value::Array(refused.errors.clone()));
    }
    Answer::json(refused.status, body)
}
