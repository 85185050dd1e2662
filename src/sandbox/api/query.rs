//! Query strings and pages of lists.

use super::call::{Answer, Call};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;
use std::collections::BTreeMap;

const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'&').add(b'+').add(b'%').add(b'<').add(b'>').add(b'"');

/// Reads a query string; the last of several equal names wins.
pub(super) fn parse(query: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

impl Call<'_> {
    /// A query parameter, where it is there and not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// (`page`, `per_page`), from 1 and at most 100.
    pub(super) fn page_size(&self, default: usize) -> (usize, usize) {
        let number = |name: &str| self.parameter(name).and_then(|v| v.parse::<usize>().ok());
        let most = self.world.knobs.page_limit.unwrap_or(100);
        (number("page").unwrap_or(1).max(1), number("per_page").unwrap_or(default).clamp(1, most))
    }

    /// The page that was asked for, and the `Link` header where there is more than one.
    pub(super) fn page<T>(&self, all: Vec<T>) -> (Vec<T>, Option<String>) {
        let (page, size) = self.page_size(30);
        let link = self.link(page, all.len().div_ceil(size).max(1));
        (all.into_iter().skip((page - 1) * size).take(size).collect(), link)
    }

    /// The `Link` header of one page of so many.
    pub(super) fn link(&self, page: usize, last: usize) -> Option<String> {
        if last < 2 {
            return None;
        }
        let mut parts = Vec::new();
        let mut add = |rel: &str, n: usize| {
            let mut query: BTreeMap<&str, String> = self.query.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
            query.insert("page", n.to_string());
            let text: Vec<_> = query.iter().map(|(k, v)| format!("{k}={}", utf8_percent_encode(v, ESCAPED))).collect();
            parts.push(format!("<{}{}?{}>; rel=\"{rel}\"", self.world.base, self.path, text.join("&")));
        };
        if page > 1 {
            add("prev", page - 1);
        }
        if page < last {
            add("next", page + 1);
            add("last", last);
        }
        if page > 1 {
            add("first", 1);
        }
        Some(parts.join(", "))
    }

    /// A list, paged, as the answer.
    pub(super) fn list(&self, all: Vec<Value>) -> Answer {
        let (page, link) = self.page(all);
        let mut answer = Answer::json(200, Value::Array(page));
        answer.headers.extend(link.map(|l| ("link", l)));
        answer
    }
}
