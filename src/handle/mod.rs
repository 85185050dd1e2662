//! From a batch of deliveries to what is done about it: gather facts, plan, apply.
//!
//! A batch holds deliveries about one subject (one pull request, one issue, one tag), oldest first; no other batch of the same
//! repository is at work meanwhile, in this process or another. So two deliveries never race for one check run, and what a
//! plan read is still true when it is applied, but for people: they are faster than anybody, and their next edit is the
//! next delivery.
//!
//! Nothing here decides what is written; that is `plan`.

mod apply;
mod commands;
mod context;
mod dead_letter;
mod deployments;
mod dispatch;
mod edit_history;
mod evidence;
mod evidence_changed;
mod facts;
mod gate;
mod idle;
mod installations;
mod issue_reading;
mod merges;
mod own_checks;
mod own_issues;
mod people;
mod progress_comment;
mod pull_request;
mod pull_request_tasks;
mod read_ahead;
mod release;
mod release_parts;
mod release_state;
mod repository_name;
mod review;
mod subjects;
mod ticks;

pub use context::{Context, Failure, ask_to_recheck, ask_to_recheck_from};
pub use dead_letter::report_dead_letter;
pub use dispatch::{handle, open_by_hand};
pub use idle::{Change, changes};
pub use release::ManualRelease;

use context::{OrFail, REREAD, ask_ourselves, side_by_side};
