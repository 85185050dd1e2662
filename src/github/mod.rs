//! GitHub: what it sends us (`webhook`) and how we call it (`client`, `auth`, `route`, `error`).
//!
//! octocrab carries the requests and nothing more: no type of it leaves this room, and its retries, cache and redirects are off.

mod account;
pub mod app_settings;
mod auth;
mod cache;
mod client;
pub mod commits;
mod deployments;
mod error;
pub mod evidence;
mod graphql;
mod history;
mod installations;
pub mod issues;
mod listing;
mod memo;
mod outgoing;
pub mod payload;
pub mod people;
mod recent;
pub mod redelivery;
pub mod repo;
mod route;
mod session;
mod states;
mod tags;
mod throttle;
mod tokens;
mod transport;
mod view;
pub mod webhook;
pub mod wire;

#[cfg(test)]
pub(crate) mod tests;

pub use account::Member;
pub use auth::{App, AppIdentity};
pub use client::Installation;
pub use error::Error;
pub use listing::Listing;
pub use outgoing::ensure_way;
pub use route::{Path, route};
pub use session::Page;
pub use transport::Requests;
