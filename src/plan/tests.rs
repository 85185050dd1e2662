//! Plans, case by case.

use super::review::{FileChange, Role, reviewed};
use crate::config::Config;

#[test]
fn a_reviewer_hears_of_the_warnings_that_a_change_brings_and_of_every_error() {
    let lines = |before: Option<&str>, after: &str| -> Vec<usize> {
        let file = FileChange {
            path: "RELEASING.md".to_owned(),
            role: Role::Template("release".to_owned()),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        reviewed(&[file], &Config::default()).problems.iter().map(|(_, p)| p.line).collect()
    };
    let old = "- [ ] Freeze\n- [] Sign\n- [ ] Upload\n- [ ] Upload\n";
    assert_eq!(lines(None, old), [2, 4]);
    assert_eq!(lines(Some(old), &format!("- [ ] Ask\n{old}")), Vec::<usize>::new(), "lines wander");
    assert_eq!(lines(Some(old), &format!("{old}- [] Sign\n")), [5], "one more of them is news");
    assert_eq!(lines(Some("# Soon\n"), "# Later\n"), [1], "an error is told every time");
}
