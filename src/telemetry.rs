//! Filled in with the steps that follow.
