//! From facts to effects: what shall be on GitHub, given what is. Pure; the only places that decide what is written.

mod announced;
mod change;
pub mod commands;
pub mod configuration;
pub mod deployments;
pub mod gate;
pub mod missed_edits;
pub mod release;
pub mod remind;
mod renames;
mod required_steps;
pub mod review;
pub mod tasks;
pub mod ticks;

#[cfg(test)]
mod tests;

use crate::checklist::Problem;
use crate::config::Config;

/// The configuration that holds for an event, or why none can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Configuration {
    /// Use this.
    Usable(Config),
    /// The file has errors: nothing is assumed, and every gate says so.
    Broken {
        /// What is wrong with it.
        problems: Vec<Problem>,
        /// It is the organisation's file, and no line of this repository is to blame.
        organisation: bool,
    },
}
