//! A bounded map in memory, for what git can never change (trees, blobs and comparisons, by object name) and for what was read a
//! moment ago.
//!
//! Never holds anything under another repository's key; who uses it puts the repository into the key. What is bounded is what the
//! values weigh, so that one tenant's large files cannot fill the memory of all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_by_what_it_weighs_and_the_oldest_goes_first() {
        let cache: Cache<u8, String> = Cache::weighed(100, String::len);
        let text = |bytes: usize| Arc::new("x".repeat(bytes));
        cache.put(1, text(40));
        cache.put(2, text(40));
        cache.put(3, text(40));
        assert_eq!([1, 2, 3].map(|key| cache.get(&key).is_some()), [false, true, true]);
        cache.put(4, text(51));
        assert_eq!(
            [2, 3, 4].map(|key| cache.get(&key).is_some()),
            [true, true, false],
            "it would drive all others out"
        );
        cache.put(2, text(10));
        assert_eq!(cache.take(&2).map(|value| value.len()), Some(10));
        cache.put(5, text(50));
        assert_eq!(
            [2, 3, 5].map(|key| cache.get(&key).is_some()),
            [false, true, true],
            "what is taken out weighs nothing"
        );
    }
}
