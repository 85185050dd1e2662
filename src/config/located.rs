//! Values with their places in the file, for problems on their line.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// One, or a list.
pub(super) struct OneOrMany<T = String> {
    values: Vec<Spanned<T>>,
    /// Where the one begins, or the list.
    at: Spanned<()>,
}

impl<T> OneOrMany<T> {
    /// The values, each with its place.
    pub(super) fn located(&self) -> &[Spanned<T>] {
        &self.values
    }

    /// Where a list begins that holds nothing.
    pub(super) fn empty(&self) -> Option<&Spanned<()>> {
        self.values.is_empty().then_some(&self.at)
    }

    /// The values alone.
    pub(super) fn list(self) -> Vec<T> {
        self.values.into_iter().map(|one| one.value).collect()
    }
}

/// What the reader gives before the place of a single value is known.
enum Raw<T> {
    One(T),
    Many(Vec<Spanned<T>>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Raw<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Raw<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("one text or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(StrDeserializer::new(text)).map(Raw::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(Raw::Many(all))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, defined } = Spanned::<Raw<T>>::deserialize(deserializer)?;
        let at = Spanned { value: (), referenced, defined };
        let values = match value {
            Raw::One(value) => vec![Spanned { value, referenced, defined }],
            Raw::Many(all) => all,
        };
        Ok(Self { values, at })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}
