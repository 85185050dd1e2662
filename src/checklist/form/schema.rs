//! The keys of a form that matter to a checklist, each value with its place. All others are GitHub's business.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::fmt;

/// The types of elements.
pub(super) const TYPES: [&str; 6] = ["checkboxes", "dropdown", "input", "markdown", "textarea", "upload"];

#[derive(Deserialize)]
pub(super) struct Keys {
    #[serde(default)]
    pub(super) body: Option<Vec<Spanned<Element>>>,
}

#[derive(Deserialize)]
pub(super) struct Element {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) attributes: Option<Attributes>,
}

#[derive(Default, Deserialize)]
pub(super) struct Attributes {
    #[serde(default)]
    pub(super) label: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) description: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) placeholder: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) value: Option<Spanned<String>>,
    /// A language: GitHub makes a code block of the text.
    #[serde(default)]
    pub(super) render: Option<String>,
    #[serde(default)]
    pub(super) options: Option<Vec<Spanned<Choice>>>,
}

/// One of the options: a text in a dropdown, a label with more keys in checkboxes.
pub(super) enum Choice {
    Text(String),
    Label(Option<Spanned<String>>),
}

#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    label: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Choice;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, or a `label`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Choice, E> {
                Ok(Choice::Text(text.to_owned()))
            }

            fn visit_bool<E: Error>(self, truth: bool) -> Result<Choice, E> {
                Ok(Choice::Text(truth.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Choice, E> {
                Ok(Choice::Text(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Choice, E> {
                Ok(Choice::Text(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Choice, E> {
                Ok(Choice::Text(number.to_string()))
            }

            fn visit_unit<E: Error>(self) -> Result<Choice, E> {
                Ok(Choice::Label(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Choice, A::Error> {
                Labelled::deserialize(MapAccessDeserializer::new(map)).map(|found| Choice::Label(found.label))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
