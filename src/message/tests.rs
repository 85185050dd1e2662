//! The sentences, case by case.

use super::review::{ChangedFile, NewStep, Review};
use super::{LIMIT, cut, inline, progress};
use crate::checklist::diff::{Version, diff};
use crate::checklist::directive::Phase;
use crate::checklist::parse::parse;
use crate::config::ChecklistConfig;
use crate::ids::{Sha, Timestamp};
use crate::release::candidates::{Candidate, Candidates};
use crate::release::ledger::MarkSource;
use crate::release::progress::{ItemState, Mark, Record, progress as read};
use crate::release::verify::Verified;

/// A release that was never at another commit.
fn alone() -> Candidates {
    let commit = Sha::parse(&"a".repeat(40)).unwrap();
    Candidates::new(Vec::new(), Candidate { label: "v1.4.0".to_owned(), commit })
}

fn review(base: &str, head: &str) -> Review {
    let none = globset::GlobSet::empty();
    let ((old, _), (new, _)) = (parse(base), parse(head));
    let base = Version { text: base, list: &old, after: &none };
    let diff = diff(base, Version { text: head, list: &new, after: &none });
    let file = ChangedFile {
        path: "release-checklist.md".to_owned(),
        renamed_from: None,
        is_step: false,
        front_matter: Vec::new(),
        checklist: "release".to_owned(),
        diff,
        existence: None,
    };
    Review { files: vec![file], ..Review::default() }
}

#[test]
fn a_review_reads_like_a_colleagues_note() {
    let base =
        "## Database\n- [ ] Take a snapshot\n- [ ] Run the migrations on a test machine\n## Last\n- [ ] Tell support\n";
    let head = "## Database\n- [ ] Run the migrations on a copy of production\n- [ ] Compare row counts\n- [ ] Tell support\n## Last\n";
    let mut review = review(base, head);
    review.steps.push(NewStep {
        path: "release-steps/12.md".to_owned(),
        items: vec![("Drop `legacy_id`".to_owned(), Phase::After)],
    });
    assert_eq!(review.title(), "1 removed · 1 added · 1 reworded · 1 moved · 1 step for the next release");
    assert_eq!(
        review.comment(),
        "### Checklist changes\n\n\
         `release-checklist.md` (`release`) · **1 removed** · 1 added · 1 reworded · 1 moved (3 → 3 items)\n\n\
         **Database**\n\n\
         | change | item |\n|---|---|\n\
         | − **removed, was required** | Take a snapshot |\n\
         | ~ reworded | Run the migrations on a ~~test machine~~ **copy of production** |\n\
         | + added | Compare row counts |\n\
         | → from *Last* | Tell support |\n\n\
         This pull request brings steps for the next release:\n\n\
         - `release-steps/12.md`\n  - Drop `legacy_id` (after)"
    );
}

#[test]
fn a_strangers_text_notifies_nobody_and_opens_nothing() {
    assert_eq!(
        inline("tell @acme/qa | #12 <img src=x> ![p](http://x)"),
        "tell @\u{2060}acme/qa \\| #\u{2060}12 &lt;img src=x> \\![p\\](http:\u{2060}//x)"
    );
    // No link of theirs stands in a comment of ours, and no reference to elsewhere.
    for (theirs, ours) in [
        ("[Approve](https://evil.example)", "[Approve\\](https:\u{2060}//evil.example)"),
        ("see www.evil.example", "see www\u{2060}.evil.example"),
        ("GH-26 and agh-26", "GH\u{2060}-26 and agh-26"),
        (&"0123456789".repeat(4), "0\u{2060}123456789012345678901234567890123456789"),
    ] {
        assert_eq!(inline(theirs), ours);
    }
    // Where the backticks do not pair as GitHub pairs them, nothing is code.
    assert_eq!(inline("`` ` <img> @x ```"), "'' ' &lt;img> @\u{2060}x '''");
    assert_eq!(inline("\\` <img> `"), "' &lt;img> '");
    // Neither an escape nor an unseen character brings a picture back, and no entity a mention.
    assert_eq!(inline("!\u{200b}[p](u) \\![p](u)"), "\\![p\\](u) \\![p\\](u)");
    assert_eq!(inline("&#64;acme"), "&amp;#\u{2060}64;acme");
    // Nothing is opened at the start of a line, and no bar loses its guard.
    assert_eq!(inline("[x] done"), "\\[x] done");
    assert_eq!(inline("1. first"), "1\\. first");
    assert_eq!(inline("[a](b#part)"), "[a\\](b#part)");
    assert_eq!(inline("`a\\|b` \\"), "`a\\ \\|b` \\\\");
    assert_eq!(inline("`<b>` and `@x`"), "`<b>` and `@x`");
    assert_eq!(inline("odd ` tick <b>"), "odd ' tick &lt;b>");
    assert_eq!(inline("a\u{202e}b\nc"), "ab c");
    assert_eq!(inline("&commat;acme/qa &#64;x `&` &lt;b"), "&amp;commat;acme/qa &amp;#\u{2060}64;x `&` &lt;b");
}

#[test]
fn a_long_text_is_cut_at_a_line_and_says_how_much_is_missing() {
    let text = cut(format!("<details>\n{}</details>\n", "a line of text\n".repeat(10_000)));
    assert!(text.chars().count() <= LIMIT);
    assert!(text.contains("</details>") && text.contains("more lines are left out"), "{}", text.len());
    assert_eq!(cut("short".to_owned()), "short");
}

#[test]
fn a_review_of_thousands_of_changes_stays_under_githubs_limit() {
    let items: String = (0..3_000).map(|n| format!("- [ ] {n} {}\n", "word ".repeat(6))).collect();
    let review = review("", &items);
    assert!(review.comment().chars().count() <= LIMIT);
    assert!(review.comment().contains("more changes"));
}

#[test]
fn the_progress_comment_says_who_did_what_and_what_is_missing() {
    let (opened, _) = parse(
        "## Build\n- [ ] Tag\n- [ ] Test it <!-- hp: owner=@acme/qa -->\n- [ ] Paint <!-- hp: optional -->\n## Live <!-- hp: phase=after -->\n- [ ] Watch\n",
    );
    let (now, _) = parse(
        "## Build\n- [x] Tag\n- [ ] ~~Test it~~ no tester this week <!-- hp: owner=@acme/qa -->\n- [ ] Paint <!-- hp: optional -->\n## Live <!-- hp: phase=after -->\n- [x] Watch\n",
    );
    let record = |n: usize, mark: Mark, refused: Option<&str>| Record {
        item: opened.items[n].id.clone(),
        mark,
        by: "bob".into(),
        at: Timestamp(1_763_900_000),
        refused: refused.map(str::to_owned),
        how: MarkSource::Box,
    };
    let ledger = [
        record(0, Mark::Done, None),
        record(1, Mark::Skipped("no tester this week".to_owned()), None),
        record(3, Mark::Done, Some("write access is needed, and bob has read")),
    ];
    let state =
        read(&opened, &now, &ledger, &Default::default(), &Verified::default(), &alone(), &ChecklistConfig::default());
    assert_eq!(
        progress::comment(&state, &[], "", None),
        "**1 of 3 done** · 1 skipped · 1 open\n\n\
         - before the release: 1 of 2 done · 1 skipped\n\
         - after the release: 0 of 1 done · 1 open\n\
         - optional: 0 of 1 done · 1 open\n\n\
         | section | | done |\n|---|---|---|\n\
         | Build | `██████████` | 1/2 · 1 skipped |\n\
         | Live | `░░░░░░░░░░` | 0/1 |\n\n\
         **Not counted**\n\n- `4` *Live*: Watch (ticked by bob, which does not count: write access is needed, and bob has read; somebody who may can untick it and tick it again, or comment `/hp done 4`)\n\n\
         **Optional**\n\n- `3` *Build*: Paint\n\n\
         **Skipped**\n\n- `2` Test it: no tester this week (bob, 2025-11-23 12:13 UTC)\n\n\
         <details>\n<summary>Done: 1</summary>\n\n\
         | | item | by | when |\n|---|---|---|---|\n| `1` | Tag | bob | 2025-11-23 12:13 UTC |\n\n</details>\n\n\
         `/hp done 4` in a comment is as good as a tick; `/hp help` says what else."
    );
}

#[test]
fn each_number_of_the_progress_comment_counts_the_same_items() {
    let (opened, _) = parse(
        "- [ ] Tag\n- [ ] Built <!-- hp: verify=tag() -->\n- [ ] Skip me\n- [ ] Nice <!-- hp: optional -->\n- [ ] Nicer <!-- hp: optional -->\n",
    );
    let (now, _) = parse(
        "- [x] Tag\n- [ ] Built <!-- hp: verify=tag() -->\n- [ ] ~~Skip me~~ not now\n- [x] Nice <!-- hp: optional -->\n- [ ] ~~Nicer~~ no paint <!-- hp: optional -->\n",
    );
    let record = |n: usize, mark: Mark| Record {
        item: opened.items[n].id.clone(),
        mark,
        by: "bob".into(),
        at: Timestamp(1_763_900_000),
        refused: None,
        how: MarkSource::Box,
    };
    let skipped = |why: &str| Mark::Skipped(why.to_owned());
    let ledger =
        [record(0, Mark::Done), record(2, skipped("not now")), record(3, Mark::Done), record(4, skipped("no paint"))];
    let mut state =
        read(&opened, &now, &ledger, &Default::default(), &Verified::default(), &alone(), &ChecklistConfig::default());
    state.entries[1].standing = ItemState::Verified { evidence: Vec::new(), at: Timestamp(1_763_900_000) };
    let comment = progress::comment(&state, &[], "", None);
    for said in [
        "**Complete.** **2 of 3 done** · 1 skipped\n\n- optional: 1 of 2 done · 1 skipped\n\n",
        "<summary>Done: 2, of which Holdpoint verified 1; optional: 1</summary>",
        "| `4` | Nice · optional | bob |",
        "- `3` Skip me: not now (bob",
        "- `5` Nicer · optional: no paint (bob",
    ] {
        assert!(comment.contains(said), "{said:?} is not in:\n{comment}");
    }
}

#[test]
fn of_many_lines_that_are_wrong_alike_some_are_named() {
    let problem = |line: usize, message: &str| crate::checklist::Problem {
        severity: crate::checklist::Severity::Warning,
        line,
        column: 1,
        width: 1,
        message: message.to_owned(),
        hint: "mend it".to_owned(),
    };
    let more = |problems: &[crate::checklist::Problem]| -> Vec<(usize, String)> {
        super::grouping::group_problems(problems).into_iter().map(|t| (t.problem.line, t.more)).collect()
    };
    let mut all: Vec<_> = (1..=20).map(|n| problem(n * 2, "a")).collect();
    all.insert(5, problem(11, "b"));
    let words = "and 17 more like this, in lines 8, 10, 12, 14, 16, 18 and others, the last 40".to_owned();
    let none = String::new();
    assert_eq!(more(&all), [(2, none.clone()), (4, none.clone()), (6, words), (11, none.clone())]);
    // Several on one line are one line.
    let same: Vec<_> = [1, 2, 3, 7, 7].map(|line| problem(line, "a")).into();
    assert_eq!(more(&same).pop(), Some((3, "and 2 more like this, in line 7".to_owned())));
    assert_eq!(more(&same[..4]), [(1, none.clone()), (2, none.clone()), (3, none.clone()), (7, none)]);
}

#[test]
fn what_keeps_an_item_from_counting_is_said_as_the_ledger_and_the_gate_say_it() {
    use super::item_reason::{rejection, skip_reason, skip_refusal};
    use crate::release::ledger::Rejection;
    use crate::release::progress::{SkipReason, SkipRefusal};
    assert_eq!(skip_reason(&SkipReason::Typed("not now".to_owned())), "not now");
    assert_eq!(skip_reason(&SkipReason::TakenOut), "taken out of the issue");
    for (refusal, said) in [
        (SkipRefusal::Forbidden, "skipping is not allowed here"),
        (SkipRefusal::TakenOut, "taken out of the issue, and skipping is not allowed here: put it back"),
        (SkipRefusal::NoReason, "struck out without a reason behind it"),
    ] {
        assert_eq!(skip_refusal(refusal), said);
    }
    for (why, said) in [
        (Rejection::Refused("bots may not tick here".to_owned()), "bots may not tick here"),
        (Rejection::UnreadableMark, "what the item became cannot be read"),
        (Rejection::NoReason, "struck out without a reason behind it"),
    ] {
        assert_eq!(rejection(&why), said);
    }
}

#[test]
fn what_is_missing_of_the_evidence_is_said_with_its_word_as_code() {
    use super::evidence::{lack, proof};
    use crate::release::verify::{Lack, Proof};
    let word = || "checks(a`b)".to_owned();
    let lacks = vec![
        Lack::Kept("#2 is open".to_owned()),
        Lack::Unknown { word: word(), why: "it was not read".to_owned() },
        Lack::NotLookedFor { word: word() },
    ];
    let said =
        ["#2 is open", "`checks(a'b)` could not be verified: it was not read", "`checks(a'b)` was not looked for yet"];
    assert_eq!(lacks.iter().map(lack).collect::<Vec<_>>(), said);
    assert_eq!(proof(&Proof::Lacks(lacks)), said.join("; "));
}
