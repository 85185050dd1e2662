//! Releases, case by case.
