//! What a command reads from and writes to: streams that are handed in, colours, and foreign text made safe for a terminal.
//!
//! The only place that asks whether the streams are terminals. Knows nothing of checklists, and never prints by itself.

use super::outcome::Outcome;
use crate::ids::Timestamp;
use anyhow::Context as _;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use unicode_width::UnicodeWidthStr as _;

/// The world around one command.
pub struct Console<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Data.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// Whether data is coloured.
    pub paint: Paint,
    /// Whether somebody sits there who can answer a question.
    pub interactive: bool,
    /// The folder that relative paths start from.
    pub directory: PathBuf,
    /// The day, `2026-11-23`, in UTC.
    pub today: String,
}

impl Console<'_> {
    /// Asks a question that is answered with yes or no. An empty line is `default`; the end of the input is no.
    pub(super) fn confirm(&mut self, question: &str, default: bool) -> anyhow::Result<bool> {
        self.out.flush().context("write to standard output")?;
        loop {
            write!(self.err, "{question} {} ", if default { "[Y/n]" } else { "[y/N]" })?;
            self.err.flush()?;
            let Some(line) = self.read_line()? else { return Ok(false) };
            match line.trim().to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => writeln!(self.err, "Answer y or n.")?,
            }
        }
    }

    /// Says something that is no data, after all data so far.
    pub(super) fn remark(&mut self, text: &str) -> anyhow::Result<()> {
        self.out.flush().context("write to standard output")?;
        Ok(writeln!(self.err, "holdpoint: {}", shown(text))?)
    }

    /// A line of the input; `None` at its end.
    fn read_line(&mut self) -> anyhow::Result<Option<String>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.input.read(&mut byte).context("read the answer")? > 0 {
            if byte == *b"\n" {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            line.extend(byte);
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("paint", &self.paint)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Runs a command on the process's own streams. A reader that goes away (`| head`) ends it quietly.
pub(super) fn standard(command: impl FnOnce(&mut Console<'_>) -> anyhow::Result<Outcome>) -> anyhow::Result<Outcome> {
    let directory = std::env::current_dir().context("find the current folder")?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let today = Timestamp(i64::try_from(seconds).unwrap_or_default()).date();
    let paint = Paint::when(io::stdout().is_terminal() && wants_colours());
    let interactive = io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut out,
        err: &mut io::stderr().lock(),
        paint,
        interactive,
        directory,
        today,
    };
    let outcome = command(&mut console).and_then(|outcome| {
        out.flush().context("write to standard output")?;
        Ok(outcome)
    });
    match outcome {
        Err(error) if reader_went_away(&error) => Ok(Outcome::Fine),
        other => other,
    }
}

/// Source: <https://no-color.org>.
fn wants_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

fn reader_went_away(error: &anyhow::Error) -> bool {
    let broken = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(broken)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}

/// Colours a text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

/// How a text is to look. What it means is always said in words or signs too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Bold,
    /// Something by the way.
    Dim,
    /// Something that is gone, or wrong.
    Red,
    /// Something that is gone and was needed.
    BoldRed,
    /// Something new.
    Green,
    /// Something to look at.
    Yellow,
    /// Something changed.
    Blue,
    /// Something moved.
    Cyan,
    /// Words that went.
    Struck,
    /// Words that came.
    BoldGreen,
}

impl Paint {
    /// With colours, or without.
    #[must_use]
    pub fn when(on: bool) -> Self {
        Self { on }
    }

    /// Whether there are colours: without them, words that changed get brackets.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.on
    }

    /// The text in its tone.
    #[must_use]
    pub fn text(self, tone: Tone, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bold => "1",
            Tone::Dim => "2",
            Tone::Red => "31",
            Tone::BoldRed => "1;31",
            Tone::Green => "32",
            Tone::Yellow => "33",
            Tone::Blue => "34",
            Tone::Cyan => "36",
            Tone::Struck => "9;31",
            Tone::BoldGreen => "1;32",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Foreign text as a terminal may show it: no control characters, which could move the cursor, and none that turn the
/// direction of writing; a tab is four spaces.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            '\u{2028}' | '\u{2029}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// How many columns a terminal needs for a text.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}
