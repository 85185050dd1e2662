//! The sentences, case by case.
