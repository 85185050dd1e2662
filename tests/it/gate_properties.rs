//! The promise of the gate, for all inputs: `success` means that everything was done which the rule asks for, and that all of
//! it was read.
//!
//! The oracle is written from the sentences of docs/gate.md, and calls nothing of what it judges: it looks at the items one by
//! one. `tests/it/random_ticks.rs` makes the same promise of the whole product.

use holdpoint::checklist::directive::Phase;
use holdpoint::checklist::globs::Globs;
use holdpoint::checklist::identity::ItemId;
use holdpoint::config::{After, GateConfig, Incomplete, Unreleased};
use holdpoint::effect::{CheckRun, Effect};
use holdpoint::gate::{self, Conclusion, IssueState, Reading, Relation, ReleaseStatus, Verdict};
use holdpoint::ids::{IssueNumber, RepoName, Sha, Timestamp};
use holdpoint::plan;
use holdpoint::release::Site;
use holdpoint::release::ledger::MarkSource;
use holdpoint::release::progress::{Attribution, Entry, ItemState as Item, Progress, SkipReason, SkipRefusal};
use holdpoint::release::verify::Lack;
use proptest::prelude::*;

fn signature() -> Attribution {
    Attribution { by: "bob".to_owned(), at: Timestamp(1), how: MarkSource::Box }
}

/// An item in every way in which one can stand.
fn item() -> impl Strategy<Value = Item> {
    let reason = || "because".to_owned();
    prop_oneof![
        4 => Just(Item::Done(signature())),
        1 => Just(Item::Skipped { by: signature(), reason: SkipReason::Typed(reason()) }),
        1 => Just(Item::Verified { evidence: Vec::new(), at: Timestamp(2) }),
        1 => Just(Item::Overridden { by: signature(), reason: reason() }),
        1 => Just(Item::NotNeeded),
        1 => Just(Item::Open),
        1 => Just(Item::Unverified(vec![Lack::Kept("`build` has not run".to_owned())])),
        1 => Just(Item::SkipRefused(SkipRefusal::NoReason)),
        1 => Just(Item::Refused { by: signature(), why: reason() }),
        1 => Just(Item::Unattributed),
        1 => Just(Item::Missing),
        1 => Just(Item::Reworded),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    (item(), any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.2)).prop_map(
        |(standing, after, optional, owned)| Entry {
            number: 1,
            id: ItemId("an item".to_owned()),
            text: "An item".to_owned(),
            section: String::new(),
            phase: if after { Phase::After } else { Phase::Before },
            optional,
            owners: if owned { vec!["@acme/qa".to_owned()] } else { Vec::new() },
            added: false,
            standing,
            group: None,
            every_candidate: false,
            made_for: None,
        },
    )
}

fn evidence() -> impl Strategy<Value = IssueState> {
    prop_oneof![
        8 => prop::collection::vec(entry(), 0..4)
            .prop_map(|entries| IssueState::Read { issue: IssueNumber(7), progress: Progress { entries } }),
        1 => Just(IssueState::NothingToDo),
        1 => Just(IssueState::Opening),
        1 => Just(IssueState::Broken("the release issue #7 was deleted".to_owned())),
    ]
}

fn relation() -> impl Strategy<Value = Relation> {
    prop::sample::select(vec![
        Relation::Released,
        Relation::WouldShip,
        Relation::WouldShip,
        Relation::Shipped,
        Relation::Unrelated,
    ])
}

fn releases() -> impl Strategy<Value = Vec<(ReleaseStatus, Relation)>> {
    let release = (evidence(), relation()).prop_map(|(evidence, relation)| {
        let standing = ReleaseStatus {
            label: "v1.4.0".to_owned(),
            commit: sha(),
            earlier: Vec::new(),
            issue: None,
            links: Vec::new(),
            since: None,
            evidence,
        };
        (standing, relation)
    });
    prop::collection::vec(release, 0..5)
}

fn config() -> impl Strategy<Value = GateConfig> {
    let after = prop::sample::select(vec![After::Report, After::Block]);
    let unreleased = prop::sample::select(vec![Unreleased::Allow, Unreleased::Block]);
    let incomplete =
        prop::sample::select(vec![Incomplete::ActionRequired, Incomplete::Failure, Incomplete::InProgress]);
    (after, unreleased, incomplete).prop_map(|(after, unreleased, incomplete)| GateConfig {
        after,
        unreleased,
        incomplete,
        branches: Globs::paths(vec!["production".to_owned()]).unwrap(),
        environments: Globs::default(),
    })
}

/// Releases with the relations to them, whether one covers the commit, and the rules.
type Case = (Vec<(ReleaseStatus, Relation)>, bool, GateConfig);

fn sha() -> Sha {
    Sha::parse(&"a".repeat(40)).unwrap()
}

/// Everything was read.
fn whole_reading() -> Reading {
    let mut reading = Reading::default();
    reading.issue(IssueNumber(7));
    reading.releases_in(&sha());
    reading
}

fn verdict(releases: &[(ReleaseStatus, Relation)], covered: bool, config: &GateConfig) -> Verdict {
    gate::verdict(&sha(), releases, covered, config, &whole_reading())
}

/// Whether an item lets pass, by the words of the page: done, skipped, overridden, verified, or one of its group is done.
fn lets_pass(entry: &Entry) -> bool {
    let settled = match &entry.standing {
        Item::Done(_) | Item::Skipped { .. } | Item::Verified { .. } | Item::Overridden { .. } | Item::NotNeeded => {
            true
        }
        Item::Open
        | Item::Unverified(_)
        | Item::SkipRefused(_)
        | Item::Refused { .. }
        | Item::Unattributed
        | Item::Missing
        | Item::OtherCandidate { .. }
        | Item::Reworded => false,
    };
    settled || entry.optional
}

/// What the rule says of one release, and nothing else: `None` where it has no say.
fn says(standing: &ReleaseStatus, relation: Relation, config: &GateConfig) -> Option<bool> {
    let phase = match (relation, config.after) {
        (Relation::Released | Relation::WouldShip, _) => Phase::Before,
        (Relation::Shipped, After::Block) => Phase::After,
        (Relation::Shipped, After::Report) | (Relation::Unrelated, _) => return None,
    };
    Some(match &standing.evidence {
        IssueState::Read { progress, .. } => progress.entries.iter().filter(|e| e.phase == phase).all(lets_pass),
        IssueState::NothingToDo => true,
        // Not read, not there: nobody knows.
        IssueState::Opening | IssueState::Broken(_) => false,
    })
}

fn may_pass(releases: &[(ReleaseStatus, Relation)], covered: bool, config: &GateConfig) -> bool {
    let every = releases.iter().all(|(standing, relation)| says(standing, *relation, config) != Some(false));
    every && (covered || config.unreleased == Unreleased::Allow)
}

fn check(verdict: &Verdict) -> CheckRun {
    let site = Site { url: "https://github.com".to_owned(), name: RepoName::parse("acme/rocket").unwrap() };
    let Effect::PutCheckRun(run) = plan::gate::check(&sha(), "release", verdict, &site) else {
        panic!("a check is a check run")
    };
    run
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_gate_is_green_exactly_where_the_rule_says_so(
        releases in releases(), covered in any::<bool>(), config in config(),
    ) {
        let verdict = verdict(&releases, covered, &config);
        prop_assert_eq!(verdict.conclusion == Conclusion::Success, may_pass(&releases, covered, &config));
    }

    #[test]
    fn a_gate_is_green_only_where_everything_that_it_rests_on_was_read(
        releases in releases(), covered in any::<bool>(), config in config(), issue in any::<bool>(),
        tags in any::<bool>(),
    ) {
        let mut reading = Reading::default();
        if issue {
            reading.issue(IssueNumber(7));
        }
        if tags {
            reading.releases_in(&sha());
        }
        let found = gate::verdict(&sha(), &releases, covered, &config, &reading);
        let read = |(standing, relation): &(ReleaseStatus, Relation)| {
            says(standing, *relation, &config).is_none() || issue || !matches!(standing.evidence, IssueState::Read { .. })
        };
        let passes = tags && releases.iter().all(read) && may_pass(&releases, covered, &config);
        prop_assert_eq!(found.conclusion == Conclusion::Success, passes);
        prop_assert_eq!(found.would_pass(), may_pass(&releases, covered, &config));
    }

    #[test]
    fn a_gate_that_is_not_green_says_why_and_in_the_configured_way(
        releases in releases(), covered in any::<bool>(), config in config(),
    ) {
        let verdict = verdict(&releases, covered, &config);
        let run = check(&verdict);
        prop_assert_eq!(run.conclusion, verdict.conclusion);
        prop_assert!(!run.title.is_empty() && !run.summary.trim().is_empty());
        let broken = releases.iter().any(|(standing, relation)| {
            says(standing, *relation, &config).is_some() && matches!(standing.evidence, IssueState::Broken(_))
        });
        let not_yet = match config.incomplete {
            Incomplete::ActionRequired => Conclusion::ActionRequired,
            Incomplete::Failure => Conclusion::Failure,
            Incomplete::InProgress => Conclusion::InProgress,
        };
        let wanted = match (may_pass(&releases, covered, &config), broken) {
            (true, _) => Conclusion::Success,
            (false, true) => Conclusion::Failure,
            (false, false) => not_yet,
        };
        prop_assert_eq!(run.conclusion, wanted);
        if wanted != Conclusion::Success {
            let uncovered = !covered && config.unreleased == Unreleased::Block;
            prop_assert!(verdict.voices.first().is_some_and(|v| v.blocks) || uncovered);
            prop_assert_eq!(run.summary.contains("No release covers this commit"), uncovered);
        }
        // Every release that has a say is told of, and no other.
        let voices = releases.iter().filter(|(s, r)| says(s, *r, &config).is_some()).count();
        prop_assert_eq!(verdict.voices.len(), voices);
    }

    #[test]
    fn the_order_of_the_releases_does_not_matter(
        (releases, shuffled) in releases().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        covered in any::<bool>(), config in config(),
    ) {
        let [one, other] = [releases, shuffled].map(|all| verdict(&all, covered, &config));
        prop_assert_eq!(one.conclusion, other.conclusion);
    }

    #[test]
    fn of_several_answers_for_one_commit_the_worst_stands_in_whatever_order_they_come(
        (answers, shuffled) in prop::collection::vec((releases(), any::<bool>(), config()), 1..5)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let judge = |all: &[Case]| {
            let verdicts = all.iter().map(|(releases, covered, config)| verdict(releases, *covered, config));
            verdicts.reduce(Verdict::worse).unwrap()
        };
        let [one, other] = [&answers, &shuffled].map(|all| judge(all));
        prop_assert_eq!(one.conclusion, other.conclusion);
        let all = answers.iter().all(|(releases, covered, config)| may_pass(releases, *covered, config));
        prop_assert_eq!(one.conclusion == Conclusion::Success, all);
    }

    #[test]
    fn taking_a_tick_back_opens_no_gate(
        releases in releases(), covered in any::<bool>(), config in config(), pick in any::<prop::sample::Index>(),
        item in item(),
    ) {
        let mut worse = releases.clone();
        let items = worse.iter_mut().flat_map(|(s, _)| match &mut s.evidence {
            IssueState::Read { progress, .. } => progress.entries.iter_mut().collect(),
            IssueState::NothingToDo | IssueState::Opening | IssueState::Broken(_) => Vec::new(),
        });
        let mut open: Vec<&mut Entry> = items.collect();
        if open.is_empty() {
            return Ok(());
        }
        let at = pick.index(open.len());
        let was = lets_pass(open[at]);
        open[at].standing = item;
        let is = lets_pass(open[at]);
        let [before, after] = [&releases, &worse].map(|all| verdict(all, covered, &config).conclusion);
        if was && !is {
            prop_assert!(after >= before, "{before:?} became {after:?}");
        }
    }
}
