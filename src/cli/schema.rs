//! `holdpoint schema`: the JSON Schema of the configuration, for editors.

use super::outcome::Outcome;
use anyhow::Context as _;
use std::io::Write;

/// Writes the schema.
pub(super) fn run(out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let text = serde_json::to_string_pretty(&crate::config::schema())?;
    match writeln!(out, "{text}") {
        // Whoever reads may have seen enough, as `head` has.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("writing the schema"),
        Ok(()) | Err(_) => Ok(Outcome::Fine),
    }
}
