//! Any configuration is read or refused, and every problem stands on a line of it.
#![no_main]

use holdpoint_fuzz::checklist::Severity;
use holdpoint_fuzz::config::parse;
use holdpoint_fuzz::tellable;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (config, problems) = parse(text);
    tellable(text, &problems);
    // What is not used is explained.
    assert!(config.is_some() || problems.iter().any(|p| p.severity == Severity::Error));
    assert_eq!(parse(text), (config, problems), "read twice, it says the same");
});
