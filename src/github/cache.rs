//! A bounded map in memory, for what git can never change (trees, blobs and comparisons, by object name) and for what was read a
//! moment ago.
//!
//! Never holds anything under another repository's key; who uses it puts the repository into the key. What is bounded is what the
//! values weigh, so that one tenant's large files cannot fill the memory of all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(test)]
mod tests;

/// A value that weighs more than this part of all is not kept: it would drive too many others out.
const LARGEST_PART: usize = 2;

/// A bounded map; the oldest entry goes first.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    inner: Mutex<Inner<K, V>>,
    most: usize,
    weigh: fn(&V) -> usize,
}

#[derive(Debug)]
struct Inner<K, V> {
    /// Each with what it weighed when it came.
    map: BTreeMap<K, (Arc<V>, usize)>,
    order: VecDeque<K>,
    weight: usize,
}

impl<K: Ord + Clone, V> Cache<K, V> {
    /// At most so many entries.
    pub(crate) fn new(most: usize) -> Self {
        Self::weighed(most, |_| 1)
    }

    /// Entries that weigh at most so much together.
    pub(crate) fn weighed(most: usize, weigh: fn(&V) -> usize) -> Self {
        Self { inner: Mutex::new(Inner { map: BTreeMap::new(), order: VecDeque::new(), weight: 0 }), most, weigh }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.inner().map.get(key).map(|(value, _)| Arc::clone(value))
    }

    /// Takes an entry out.
    pub(crate) fn take(&self, key: &K) -> Option<Arc<V>> {
        let mut inner = self.inner();
        let (taken, weight) = inner.map.remove(key)?;
        inner.weight -= weight;
        inner.order.retain(|other| other != key);
        Some(taken)
    }

    pub(crate) fn put(&self, key: K, value: Arc<V>) {
        let weight = (self.weigh)(&value);
        drop(self.take(&key));
        if self.most > LARGEST_PART && weight > self.most / LARGEST_PART {
            return;
        }
        let mut inner = self.inner();
        inner.map.insert(key.clone(), (value, weight));
        inner.order.push_back(key);
        inner.weight += weight;
        while inner.weight > self.most {
            let Some(oldest) = inner.order.pop_front() else { break };
            if let Some((_, weight)) = inner.map.remove(&oldest) {
                inner.weight -= weight;
            }
        }
    }
}
