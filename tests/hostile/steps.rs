//! What can happen, as values: a history is a list of them, made from a seed.
//!
//! Numbers choose among what is there when the step is taken, so that a history still makes sense with steps taken out.

/// A small generator, so that a seed replays.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

/// One step. A number chooses among what there is: commits, branches, pull requests, issues, items, tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    // What people do.
    /// Those who may tick everything that is open in an issue.
    Complete(usize),
    /// Somebody clicks a box.
    Click(Who, usize, usize),
    /// Somebody unticks a ticked box, if there is one.
    Untick(Who, usize, usize),
    /// Work on `main`.
    Commit,
    /// A step file on `main`.
    AddFile,
    /// A version is tagged: the next one, or a hotfix of an old line.
    Tag(Who, Next, Place),
    /// The same with three other tags in one push, of which GitHub tells nobody.
    FourTags(Who, Next, Place),
    /// A tag that is there is moved.
    MoveTag(usize, Place),
    /// A branch with a commit of its own, and a pull request from it.
    Open(Who, Place, usize),
    /// A pull request from `main`.
    OpenMain(usize),
    /// A commit on a pull request's head.
    PushOver(usize),
    /// The head of a pull request goes back to a commit that it had.
    PushBack(usize),
    Rebase(usize, usize),
    Close(usize),
    Reopen(usize),
    Merge(Who, usize, usize),
    Enqueue(usize),
    /// All that may, one behind the other.
    EnqueueAll,
    Dequeue(usize),
    Deploy(Who, Place),
    AddItem(Who, usize),
    Override(Who, usize),
    CloseIssue(Who, usize),
    DeleteIssue(usize),
    Rerun(usize),
    // What hostile people do.
    /// A base branch of their own, with a configuration of their own, for any head.
    OwnBase(usize, Place),
    /// A head that gates nothing any more.
    OwnHead(Place, usize),
    /// Deletes an item from an issue, or one that was added.
    Delete(Who, usize, usize),
    Reword(Who, usize, usize),
    /// Copies the last line of one issue over that of another.
    CopyLine(Who, usize, usize),
    /// Makes a maintainer's comment say something else within the second.
    Hijack(usize),
    /// Signs in a comment.
    Command(Who, usize, usize),
    /// A commit, a tag and a pull request with a checklist of one's own.
    OwnChecklist(usize),
    /// Unticks a box and queues all pull requests in the same second.
    UntickAndQueue(usize),
    /// A maintainer opens the issue of a tag again.
    Reissue(usize),
    // What administrators do, and what breaks.
    Leave(Who),
    Rename,
    Suspend,
    Unsuspend,
    LoseDatabase,
    Restart,
    /// GitHub answers some reads with an error.
    Refuse(usize, usize),
    // How deliveries fare.
    /// Some arrive, from the front or the back, perhaps twice, and are worked off or not.
    Deliver {
        count: usize,
        newest_first: bool,
        twice: bool,
        work: bool,
    },
    /// The newest are lost, and no log knows of them.
    Lose(usize),
    /// The newest fail, and GitHub's log knows.
    Fail(usize),
    /// Everything arrives and is worked off.
    Settle,
    /// Failed deliveries are sent again, and everything is looked at.
    Sweep,
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Admin.
    Alice,
    /// Maintain.
    Erin,
    /// Write, and of the team `qa`.
    Bob,
    /// Triage.
    Carol,
    /// Triage, and an owner of items.
    Frank,
    /// No role at all.
    Mallory,
}

impl Who {
    pub const fn login(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Erin => "erin",
            Self::Bob => "bob",
            Self::Carol => "carol",
            Self::Frank => "frank",
            Self::Mallory => "mallory",
        }
    }
}

/// Which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Minor,
    Patch,
}

/// Which commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Main,
    Production,
    /// The head of some pull request.
    Head(usize),
    /// A commit of its own on top of `production`.
    Side,
}

fn who(dice: &mut Dice) -> Who {
    [Who::Bob, Who::Bob, Who::Carol, Who::Erin, Who::Frank, Who::Mallory][dice.roll(6)]
}

fn place(dice: &mut Dice) -> Place {
    match dice.roll(8) {
        0..=2 => Place::Main,
        3 => Place::Production,
        4 => Place::Side,
        _ => Place::Head(dice.roll(8)),
    }
}

fn next(dice: &mut Dice) -> Next {
    if dice.roll(3) == 0 { Next::Patch } else { Next::Minor }
}

fn tagger(dice: &mut Dice) -> Who {
    if dice.roll(3) == 0 { Who::Alice } else { Who::Bob }
}

fn action(dice: &mut Dice) -> Step {
    let (a, b) = (dice.roll(8), dice.roll(8));
    match dice.roll(104) {
        0..=10 => Step::Complete(a),
        11..=13 => Step::Click(who(dice), a, b),
        14..=19 => Step::Untick(who(dice), a, b),
        20..=22 => Step::Commit,
        23 | 24 => Step::AddFile,
        25..=34 => Step::Tag(tagger(dice), next(dice), place(dice)),
        35..=38 => Step::FourTags(tagger(dice), next(dice), place(dice)),
        39 | 40 => Step::MoveTag(a, place(dice)),
        41..=46 => Step::Open(Who::Bob, place(dice), a),
        47..=50 => Step::OpenMain(a),
        51 | 52 => Step::PushOver(a),
        53 | 54 => Step::PushBack(a),
        55 | 56 => Step::Rebase(a, b),
        57 | 58 => Step::Close(a),
        59 => Step::Reopen(a),
        60..=63 => Step::Merge(Who::Bob, a, b),
        64 => Step::Enqueue(a),
        65 | 66 => Step::EnqueueAll,
        67 => Step::Dequeue(a),
        68..=71 => Step::Deploy(Who::Bob, place(dice)),
        72..=74 => Step::AddItem(who(dice), a),
        75 => Step::Override(who(dice), a),
        76 => Step::CloseIssue(who(dice), a),
        77 => Step::DeleteIssue(a),
        78 => Step::Rerun(a),
        79..=81 => Step::OwnBase(a, place(dice)),
        82 => Step::OwnHead(place(dice), b),
        83 | 84 => Step::Delete(who(dice), a, b),
        85 => Step::Reword(who(dice), a, b),
        86 | 87 => Step::CopyLine(who(dice), a, b),
        88 => Step::Hijack(a),
        89 | 90 => Step::Command(who(dice), a, b),
        91 => Step::Leave([Who::Bob, Who::Frank, Who::Frank][dice.roll(3)]),
        92 => Step::Rename,
        93 => Step::Suspend,
        94 => Step::Unsuspend,
        95 => Step::LoseDatabase,
        96 => Step::Restart,
        97 => Step::OwnChecklist(a),
        98..=100 => Step::UntickAndQueue(a),
        _ => Step::Refuse(a, b),
    }
}

/// What comes right behind a step, more often than by chance.
fn behind(step: Step, dice: &mut Dice) -> Vec<Step> {
    let all = Step::Deliver { count: 8, newest_first: false, twice: false, work: false };
    match step {
        Step::Untick(..) if dice.roll(6) == 0 => vec![all, Step::Rename],
        Step::CopyLine(..) if dice.roll(2) == 0 => vec![Step::LoseDatabase],
        Step::DeleteIssue(n) if dice.roll(2) == 0 => vec![Step::Settle, Step::Reissue(n)],
        Step::Leave(who) if dice.roll(2) == 0 => vec![Step::Command(who, 0, dice.roll(8))],
        Step::AddItem(..) if dice.roll(2) == 0 => vec![Step::Settle, Step::Delete(Who::Carol, 7, 0)],
        Step::UntickAndQueue(_) if dice.roll(2) == 0 => {
            vec![Step::Deliver { count: dice.roll(5) + 1, newest_first: true, twice: false, work: true }]
        }
        Step::Refuse(..) if dice.roll(2) == 0 => vec![Step::Deploy(Who::Bob, place(dice))],
        _ => Vec::new(),
    }
}

fn noise(dice: &mut Dice) -> Option<Step> {
    match dice.roll(20) {
        0..=9 => Some(Step::Settle),
        10..=12 => None,
        13..=15 => {
            let count = dice.roll(4) + 1;
            Some(Step::Deliver {
                count,
                newest_first: dice.roll(2) == 0,
                twice: dice.roll(4) == 0,
                work: dice.roll(4) > 0,
            })
        }
        16 | 17 => Some(Step::Lose(dice.roll(3) + 1)),
        18 => Some(Step::Fail(dice.roll(3) + 1)),
        _ => Some(Step::Sweep),
    }
}

/// The history of a seed.
pub fn history(seed: u64) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let mut steps = Vec::new();
    // Something to be about: most histories begin with a release, and with a pull request that ships it.
    if dice.roll(4) > 0 {
        steps.push(Step::Tag(tagger(&mut dice), Next::Minor, Place::Main));
    }
    if dice.roll(2) > 0 {
        steps.push(Step::OpenMain(dice.roll(8)));
    }
    if dice.roll(4) > 0 {
        steps.push(Step::Settle);
    }
    if dice.roll(3) == 0 {
        steps.push(Step::Complete(0));
    }
    for _ in 0..4 + dice.roll(4) {
        let step = action(&mut dice);
        steps.push(step);
        steps.extend(behind(step, &mut dice));
        steps.extend(noise(&mut dice));
    }
    steps
}
