//! Keys of releases: their texts stay as they are.

use crate::ids::{PullNumber, Sha};
use crate::release::key::ReleaseKey;

fn sha(digit: &str) -> Sha {
    Sha::parse(&digit.repeat(40)).unwrap()
}

#[test]
fn a_key_is_read_from_its_text_and_written_as_it_was() {
    let (a, b) = (sha("a"), sha("b"));
    let keys = [
        (ReleaseKey::Tag { name: "v1@next".to_owned(), commit: a.clone() }, format!("tag:v1@next@{a}")),
        (ReleaseKey::Merge(b.clone()), format!("merge:{b}")),
        (ReleaseKey::PullRequest(PullNumber(12)), "pull:12".to_owned()),
        (
            ReleaseKey::Deployment { environment: "eu: west@1".to_owned(), commit: a.clone() },
            format!("deployment:eu: west@1@{a}"),
        ),
        (ReleaseKey::Manual(b), format!("manual:{}", sha("b"))),
    ];
    for (key, text) in keys {
        assert_eq!((key.to_string(), ReleaseKey::parse(&text)), (text.clone(), key.clone()));
        assert_eq!(serde_json::to_string(&key).unwrap(), serde_json::to_string(&text).unwrap());
        assert_eq!(serde_json::from_str::<ReleaseKey>(&serde_json::to_string(&text).unwrap()).unwrap(), key);
    }
}

#[test]
fn a_text_that_no_event_has_is_a_key_of_its_own() {
    for text in
        ["", "tag:v1", "tag:v1@abc", "pull:012", "pull:+1", "pull:-1", "pull:x", "merge:main", "other:1", "manual:"]
    {
        let key = ReleaseKey::parse(text);
        assert_eq!((&key, key.to_string().as_str()), (&ReleaseKey::Other(text.to_owned()), text));
        assert!(!key.is_named_by_event() && key.pull_request().is_none());
    }
}
