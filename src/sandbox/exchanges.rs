//! The record of what the API was asked and what it answered: for conformance, for counting requests, for violations.
//!
//! Tokens and signatures are never kept.

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::path::Path;

/// So many are kept.
const KEPT: usize = 10_000;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// `GET` and so on.
    pub method: String,
    /// The path as it came, without the query.
    pub path: String,
    /// The route that took it, as in GitHub's documentation; empty where none did.
    pub route: String,
    /// The query as it came.
    pub query: String,
    /// The request's JSON, or null.
    pub request: Value,
    /// The status.
    pub status: u16,
    /// The answer's JSON, or null where it is none.
    pub response: Value,
    /// Whether a fault that was asked for had its hand in it.
    pub faulty: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    kept: VecDeque<Exchange>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) violations: Vec<String>,
}

impl Exchanges {
    pub(super) fn push(&mut self, exchange: Exchange, violations: Vec<String>) {
        let count = self.counts.entry(format!("{} {}", exchange.method, exchange.route)).or_default();
        *count += 1;
        let call = format!("{} {}", exchange.method, exchange.path);
        self.violations.extend(violations.into_iter().map(|v| format!("{call}: {v}")));
        self.kept.push_back(exchange);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    pub(super) fn all(&self) -> Vec<Exchange> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.counts.clear();
    }

    pub(super) fn append_to(&self, path: &Path) -> Result<()> {
        let mut text = Vec::new();
        for exchange in &self.kept {
            serde_json::to_writer(&mut text, exchange).context("cannot write an exchange")?;
            text.push(b'\n');
        }
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.with_context(|| format!("cannot open {}", path.display()))?;
        file.write_all(&text).with_context(|| format!("cannot append to {}", path.display()))
    }
}
