//! Globs, compiled once where the text is read that names them.
//!
//! A glob that cannot be compiled, alone or together with the others of its list, is a problem on its line. There is no set that
//! matches nothing because something failed.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::sync::Arc;

/// The most characters of a glob.
pub const MAX_PATTERN_LENGTH: usize = 1_000;

/// The most globs in one list.
pub const MAX_PATTERNS: usize = 200;

/// A list of globs that is ready for use; the empty one matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    patterns: Vec<String>,
    set: Arc<GlobSet>,
}

/// Equal where the same was written.
impl PartialEq for Globs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Globs {
    /// Globs in which `*` stops at a slash.
    ///
    /// # Errors
    /// Why they cannot be used, as the end of a sentence.
    pub fn paths(patterns: Vec<String>) -> Result<Self, String> {
        let set = compile(&patterns, |glob| GlobBuilder::new(glob).literal_separator(true).build())?;
        Ok(Self { patterns, set })
    }

    /// As [`Globs::paths`], for names whose case does not matter.
    ///
    /// # Errors
    /// Why they cannot be used, as the end of a sentence.
    pub fn caseless(patterns: Vec<String>) -> Result<Self, String> {
        let set = compile(&patterns, |glob| GlobBuilder::new(&glob.to_lowercase()).literal_separator(true).build())?;
        Ok(Self { patterns, set })
    }

    /// Globs of headings in lower case, in which `*` stops nowhere.
    ///
    /// # Errors
    /// Why they cannot be used, as the end of a sentence.
    pub fn headings(patterns: Vec<String>) -> Result<Self, String> {
        let set = compile(&patterns, |glob| GlobBuilder::new(&glob.to_lowercase()).build())?;
        Ok(Self { patterns, set })
    }

    /// As they were written.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Compiled.
    #[must_use]
    pub fn set(&self) -> &GlobSet {
        &self.set
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether one of them matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.set.is_match(text)
    }
}

fn compile(
    patterns: &[String],
    glob: impl Fn(&str) -> Result<globset::Glob, globset::Error>,
) -> Result<Arc<GlobSet>, String> {
    if patterns.len() > MAX_PATTERNS {
        return Err(format!("there are {} globs, and {MAX_PATTERNS} are the most", patterns.len()));
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if pattern.chars().count() > MAX_PATTERN_LENGTH {
            return Err(format!("it has more than {MAX_PATTERN_LENGTH} characters"));
        }
        set.add(glob(pattern).map_err(|error| error.kind().to_string())?);
    }
    set.build().map(Arc::new).map_err(|_| "it takes too much memory to match".to_owned())
}
