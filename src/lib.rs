//! Holdpoint: release checklists as code, for GitHub.
//!
//! The crate is a functional core in an imperative shell. The core (`ids` … `plan`) is pure and synchronous: it knows no
//! network, database, file or clock. The shell gathers facts, lets the core plan, and applies the effects, each of which
//! is safe to do twice. `ARCHITECTURE.md` draws the map; `tests/it/tidy.rs` keeps its arrows.

// The core, in reading order.
pub mod ids;

pub mod checklist;

pub mod config;

pub mod release;

pub mod gate;

pub mod event;

pub mod effect;

pub mod message;

pub mod plan;

// The shell.
pub mod app;
pub mod cli;
pub mod github;
pub mod handle;
pub mod sandbox;
pub mod server;
pub mod settings;
pub mod store;
pub mod sweep;
pub mod telemetry;
pub mod worker;
