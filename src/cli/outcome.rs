//! What a command came to.

/// What a command came to; anything that kept it from running is an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// It ran, and found problems.
    Problems,
}
