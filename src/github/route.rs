//! Paths of GitHub's REST API, in which no value can leave its place.
//!
//! Every segment is percent-encoded whole, so that a file's name with `?`, `#` or `/` stays a file's name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Display;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path below the API's base, with its query. Build it with [`route`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: String,
    has_query: bool,
    dots: bool,
    kind: Kind,
}

/// What is special about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// It leads to one repository and to no other.
    Stays,
    Graphql,
}

/// The path of `segments`: `route(&["repos", owner, name])`.
#[must_use]
pub fn route(segments: &[&str]) -> Path {
    let empty = Path { text: String::new(), has_query: false, dots: false, kind: Kind::Plain };
    empty.segments(segments.iter().copied())
}

impl Path {
    /// Adds one segment, such as a number. Segments come before queries.
    #[must_use]
    pub fn segment(mut self, segment: impl Display) -> Self {
        let segment = segment.to_string();
        // Servers read these as "here" and "up", encoded or not.
        self.dots |= segment == "." || segment == "..";
        self.text.push('/');
        self.text.extend(utf8_percent_encode(&segment, ENCODED));
        self
    }

    /// Adds several: `.segments(file.split('/'))`.
    #[must_use]
    pub fn segments<'a, I: IntoIterator<Item = &'a str>>(self, segments: I) -> Self {
        segments.into_iter().fold(self, Self::segment)
    }

    /// Adds a query's pair.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.extend(utf8_percent_encode(name, ENCODED));
        self.text.push('=');
        self.text.extend(utf8_percent_encode(&value.to_string(), ENCODED));
        self
    }

    /// A path that GitHub itself gave, already encoded.
    pub(super) fn given(text: &str) -> Self {
        Self { text: text.to_owned(), has_query: text.contains('?'), dots: false, kind: Kind::Plain }
    }

    /// Where GraphQL is asked, which on Enterprise Server is beside the REST API and not below it.
    pub(super) fn graphql() -> Self {
        Self { kind: Kind::Graphql, ..route(&["graphql"]) }
    }

    /// The same path, which leads to one repository and to no other: a redirect from it is not followed.
    pub(super) fn staying(self) -> Self {
        Self { kind: Kind::Stays, ..self }
    }

    /// Whether no redirect is followed from it.
    pub(super) fn stays(&self) -> bool {
        self.kind == Kind::Stays
    }

    /// Whether it is that of GraphQL.
    pub(super) fn is_graphql(&self) -> bool {
        self.kind == Kind::Graphql
    }

    /// The text to put behind the base; `None` where a segment would climb out of its place.
    pub(super) fn as_sent(&self) -> Option<&str> {
        (!self.dots).then_some(&self.text)
    }

    /// Whether it is that of a check run, or of all of them: `/repos/OWNER/NAME/check-runs`.
    pub(super) fn is_check_run(&self) -> bool {
        self.without_query().split('/').nth(4) == Some("check-runs")
    }

    /// The path without its query, for logs and for telling kinds of calls apart.
    pub(super) fn without_query(&self) -> &str {
        self.text.split('?').next().unwrap_or_default()
    }
}
