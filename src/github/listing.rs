//! What GitHub lists, and whether it is all of it.
//!
//! GitHub cuts its lists: after so many pages, entries or megabytes. What is missing from a cut list may be there all the same,
//! so no gate may rest on it. Whoever takes the items has to say which they need: all of them, or what is known.

use super::Error;

/// What GitHub lists; its items come out as [`Listing::complete`] or as [`Listing::known_part`], and no other way.
#[derive(Clone, Debug)]
#[must_use]
pub struct Listing<C> {
    items: C,
    /// Where it was cut: what of, and how many were read.
    cut: Option<Cut>,
}

#[derive(Clone, Debug)]
struct Cut {
    what: String,
    read: usize,
}

impl<C> Listing<C> {
    /// All that there is.
    pub const fn whole(items: C) -> Self {
        Self { items, cut: None }
    }

    /// The first `read` of `what`, such as `tags`.
    pub(super) fn cut(items: C, what: &str, read: usize) -> Self {
        Self { items, cut: Some(Cut { what: what.to_owned(), read }) }
    }

    /// Whether these are all.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.cut.is_none()
    }

    /// All items.
    ///
    /// # Errors
    /// [`Error::Incomplete`] where GitHub has more than were read.
    pub fn complete(self) -> Result<C, Error> {
        match self.cut {
            None => Ok(self.items),
            Some(Cut { what, read }) => Err(Error::Incomplete { what, read }),
        }
    }

    /// The items that were read, for what is no gate's business or where each item speaks for itself: there may be more.
    pub fn known_part(self) -> C {
        self.items
    }

    /// The same list, lent.
    pub fn as_ref(&self) -> Listing<&C> {
        Listing { items: &self.items, cut: self.cut.clone() }
    }

    /// The list with its items turned into something else, and cut where it was cut.
    pub fn map<D>(self, turn: impl FnOnce(C) -> D) -> Listing<D> {
        Listing { items: turn(self.items), cut: self.cut }
    }

    /// As [`Listing::map`], where an item may not be readable.
    ///
    /// # Errors
    /// That of `turn`.
    pub fn try_map<D, E>(self, turn: impl FnOnce(C) -> Result<D, E>) -> Result<Listing<D>, E> {
        Ok(Listing { items: turn(self.items)?, cut: self.cut })
    }

    /// Two lists as one; it is cut where one of them is.
    pub fn with<D, R>(self, other: Listing<D>, join: impl FnOnce(C, D) -> R) -> Listing<R> {
        Listing { items: join(self.items, other.items), cut: self.cut.or(other.cut) }
    }
}
