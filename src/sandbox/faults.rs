//! Going wrong on purpose: the next so many calls of a route fail in a chosen way.
//!
//! Nothing fails at random, so a test that fails does so again.

use std::time::Duration;

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not carried out and answered with this status.
    Status(u16),
    /// It is not carried out and answered with this status and `Retry-After` in seconds: a secondary rate limit.
    RetryAfter(u16, u64),
    /// It is not carried out and answered with 200 and an error in the body: the limit of GraphQL.
    LimitedInBody,
    /// It is not carried out, and the connection closes without an answer.
    DropBefore,
    /// It is carried out, and the connection closes without an answer.
    DropAfter,
    /// It is carried out and answered, but late.
    Delay(Duration),
}

#[derive(Debug)]
struct Planned {
    method: String,
    prefix: String,
    fault: Fault,
    times: u32,
}

/// All faults that are planned.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
}

impl Faults {
    pub(super) fn push(&mut self, method: &str, prefix: &str, fault: Fault, times: u32) {
        self.planned.push(Planned { method: method.to_owned(), prefix: prefix.to_owned(), fault, times });
    }

    /// The fault for this call, if one is planned; the oldest plan goes first.
    pub(super) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let hit = self
            .planned
            .iter_mut()
            .find(|p| p.times > 0 && (p.method == method || p.method == "*") && path.starts_with(&p.prefix))?;
        hit.times -= 1;
        let fault = hit.fault;
        self.planned.retain(|p| p.times > 0);
        Some(fault)
    }

    pub(super) fn left(&self) -> usize {
        self.planned.iter().map(|p| usize::try_from(p.times).unwrap_or(usize::MAX)).sum()
    }
}
