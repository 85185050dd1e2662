//! What git can never change, kept in memory: trees, blobs and comparisons, by object name.
//!
//! Never holds anything that a branch's or tag's name leads to, and nothing of one repository under another's key.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// A bounded map; the oldest entry goes first.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    inner: Mutex<Inner<K, V>>,
    most: usize,
}

#[derive(Debug)]
struct Inner<K, V> {
    map: BTreeMap<K, Arc<V>>,
    order: VecDeque<K>,
}

impl<K: Ord + Clone, V> Cache<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { inner: Mutex::new(Inner { map: BTreeMap::new(), order: VecDeque::new() }), most }
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).map.get(key).cloned()
    }

    pub(crate) fn put(&self, key: K, value: Arc<V>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.map.insert(key.clone(), value).is_none() {
            inner.order.push_back(key);
        }
        while inner.order.len() > self.most {
            if let Some(oldest) = inner.order.pop_front() {
                inner.map.remove(&oldest);
            }
        }
    }
}
