//! A limited room for what nobody is known to have sent yet: connections, and the bytes of bodies.
//!
//! Where it is full, the guest that has been there longest without being done makes place for the next one. What GitHub sends is
//! there for milliseconds; whoever holds a place on purpose holds it for long. It knows nothing of what the places are for.
//!
//! Race, and the choice made: a guest that is cut gives its place back at once and ends a moment later, so for that moment there
//! is more than fits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// A room of so many units; clones are the same room.
#[derive(Clone, Debug)]
pub(super) struct Room {
    capacity: usize,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    /// Counts entries and renewals: the smaller, the longer ago.
    next: u64,
    used: usize,
    guests: BTreeMap<u64, Guest>,
}

#[derive(Debug)]
struct Guest {
    units: usize,
    since: u64,
    may_be_cut: bool,
    cut: CancellationToken,
}

/// A guest's place; it is given back with the value.
#[derive(Debug)]
pub(super) struct Place {
    room: Room,
    id: u64,
    cut: CancellationToken,
}

impl Room {
    /// A room of so many units.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, inside: Arc::default() }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a guest in, who takes no unit yet.
    pub(super) fn enter(&self) -> Place {
        let mut inside = self.inside();
        inside.next += 1;
        let (id, cut) = (inside.next, CancellationToken::new());
        inside.guests.insert(id, Guest { units: 0, since: id, may_be_cut: true, cut: cut.clone() });
        Place { room: self.clone(), id, cut }
    }
}

impl Place {
    /// Takes so many units more. Where they are not free, the guests who are there longest are cut; `false` where that does not
    /// suffice, or the guest itself was cut.
    pub(super) fn grow(&self, units: usize) -> bool {
        let mut inside = self.room.inside();
        if !inside.guests.contains_key(&self.id) {
            return false;
        }
        while inside.used + units > self.room.capacity {
            let others =
                inside.guests.iter().filter(|(id, guest)| **id != self.id && guest.may_be_cut && guest.units > 0);
            let Some(longest) = others.min_by_key(|(_, guest)| guest.since).map(|(id, _)| *id) else { return false };
            inside.leave(longest);
        }
        inside.used += units;
        if let Some(own) = inside.guests.get_mut(&self.id) {
            own.units += units;
        }
        true
    }

    /// Counts from now: the guest did what it came for, and may do more.
    pub(super) fn renew(&self) {
        let mut inside = self.room.inside();
        inside.next += 1;
        let now = inside.next;
        if let Some(own) = inside.guests.get_mut(&self.id) {
            own.since = now;
        }
    }

    /// The guest is known by now, and is cut no more.
    pub(super) fn keep(&self) {
        if let Some(own) = self.room.inside().guests.get_mut(&self.id) {
            own.may_be_cut = false;
        }
    }

    /// Ends when the guest is cut.
    pub(super) fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }
}

impl Inside {
    fn leave(&mut self, id: u64) {
        if let Some(guest) = self.guests.remove(&id) {
            self.used -= guest.units;
            guest.cut.cancel();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.inside().leave(self.id);
    }
}
