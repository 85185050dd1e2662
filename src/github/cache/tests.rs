//! What the bounded map keeps.

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
    assert_eq!([2, 3, 4].map(|key| cache.get(&key).is_some()), [true, true, false], "it would drive all others out");
    cache.put(2, text(10));
    assert_eq!(cache.take(&2).map(|value| value.len()), Some(10));
    cache.put(5, text(50));
    assert_eq!([2, 3, 5].map(|key| cache.get(&key).is_some()), [false, true, true], "what is taken out weighs nothing");
}
