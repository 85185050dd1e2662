//! Items that Holdpoint verifies itself: what was found about the released commit, and how an item stands by it.
//!
//! Only a plain yes counts. What is not known, what was found about another commit, and what nobody looked for yet is "not
//! verified". Pure: who asks GitHub is the business of `handle`.

use crate::checklist::identity::ItemId;
use crate::checklist::verification::Verification;
use crate::checklist::{Checklist, Item};
use crate::ids::{IssueNumber, Sha, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was read about one thing that is to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The newest check run of each App and name, and the newest commit status of each name, on the commit.
    Checks(Vec<Check>),
    /// Tags that name the commit and may count.
    Tags(Vec<String>),
    /// Tags that name the commit, and the first of them that is published as a release.
    Release {
        /// The tags.
        tags: Vec<String>,
        /// The one with a published release.
        published: Option<String>,
    },
    /// The newest deployment of the commit to the environment, with its states, the newest first.
    Deployment(Option<Vec<String>>),
    /// Paths that the release changes; `None` where there is nothing to compare with.
    Changed(Option<Vec<String>>),
    /// The issues and pull requests; `None` for one that is not there.
    Closed(Vec<(u64, Option<Ending>)>),
    /// It could not be read: why.
    Unknown(String),
}

/// A check run or commit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// GitHub's number of a check run; `None` for a commit status, whose names have no case.
    pub run: Option<u64>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<String>,
}

/// How far an issue or pull request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is open.
    Open,
    /// Closed as completed, or a merged pull request.
    Completed,
    /// Closed in another way: the word for it.
    Otherwise(String),
}

/// What follows from a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyResult {
    /// It is so.
    Yes {
        /// What was found.
        says: String,
        /// Where people see it.
        url: String,
    },
    /// It is not so (yet): what is missing.
    No(String),
    /// Nobody knows: why.
    Unknown(String),
}

/// Evidence, and when it was first found to be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedResult {
    /// What was found.
    pub evidence: VerifyResult,
    /// When Holdpoint found it first.
    pub at: Timestamp,
}

/// All that was found about a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The commit that it was found about.
    pub commit: Option<Sha>,
    /// For each word of a `verify=…`.
    pub found: BTreeMap<String, DatedResult>,
    /// Items whose evidence somebody made who may not tick them, and why that does not count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<ItemId, String>,
    /// It was shown to people since it changed.
    #[serde(default)]
    pub told: bool,
}

/// What an item that is to be verified stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Everything was found.
    Whole(Vec<Shown>, Timestamp),
    /// This is missing.
    Lacks(Vec<Lack>),
}

impl Proof {
    /// Everything was found.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(..))
    }
}

/// What keeps an item from being verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// What was found speaks against it, in the words that were kept with the release.
    Kept(String),
    /// It could not be found out.
    Unknown {
        /// The word of the `verify=…`.
        word: String,
        /// Why, in the words that were kept with the release.
        why: String,
    },
    /// Nobody looked yet.
    NotLookedFor {
        /// The word of the `verify=…`.
        word: String,
    },
}

/// A piece of evidence as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What was found.
    pub says: String,
    /// Where people see it.
    pub url: String,
}

impl Verified {
    /// Only what was found about this commit: evidence of an older one is none.
    #[must_use]
    pub fn of(self, commit: &Sha) -> Self {
        if self.commit.as_ref() == Some(commit) { self } else { Self::default() }
    }

    /// How an item with these words stands; `None` for one that people tick.
    #[must_use]
    pub fn proof(&self, item: &ItemId, words: &[String]) -> Option<Proof> {
        let (mut shown, mut at) = (Vec::new(), Timestamp::default());
        let mut lacks: Vec<Lack> = self.refused.get(item).cloned().map(Lack::Kept).into_iter().collect();
        for word in words {
            match self.found.get(word) {
                Some(DatedResult { evidence: VerifyResult::Yes { says, url }, at: found }) => {
                    shown.push(Shown { says: says.clone(), url: url.clone() });
                    at = at.max(*found);
                }
                Some(DatedResult { evidence: VerifyResult::No(why), .. }) => lacks.push(Lack::Kept(why.clone())),
                Some(DatedResult { evidence: VerifyResult::Unknown(why), .. }) => {
                    lacks.push(Lack::Unknown { word: word.clone(), why: why.clone() });
                }
                None => lacks.push(Lack::NotLookedFor { word: word.clone() }),
            }
        }
        match (words.is_empty(), lacks.is_empty()) {
            (true, _) => None,
            (false, true) => Some(Proof::Whole(shown, at)),
            (false, false) => Some(Proof::Lacks(lacks)),
        }
    }

    /// Everything that was looked for was found.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.found.is_empty()
            && self.refused.is_empty()
            && self.found.values().all(|f| matches!(f.evidence, VerifyResult::Yes { .. }))
    }

    fn proves(&self, item: &Item) -> bool {
        self.proof(&item.id, &item.directives.verify).is_some_and(|proof| proof.is_whole())
    }

    /// What was found now, laid over what was known: what is still so keeps its time.
    #[must_use]
    pub fn next(
        &self,
        commit: &Sha,
        found: BTreeMap<String, VerifyResult>,
        refused: BTreeMap<ItemId, String>,
        now: Timestamp,
    ) -> Self {
        let known = self.clone().of(commit);
        let dated = |(word, evidence): (String, VerifyResult)| {
            let at = known.found.get(&word).filter(|f| f.evidence == evidence).map_or(now, |f| f.at);
            (word, DatedResult { evidence, at })
        };
        let found: BTreeMap<String, DatedResult> = found.into_iter().map(dated).collect();
        let told = known.told && known.found == found && known.refused == refused;
        Self { commit: Some(commit.clone()), found, refused, told }
    }
}

/// An item whose evidence became whole, or is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The item's stable name.
    pub item: ItemId,
    /// What it stands at now.
    pub proof: Proof,
}

/// What turned from one finding to the next. A yes about another commit is a new one.
#[must_use]
pub fn turns(opened: &Checklist, was: &Verified, now: &Verified) -> Vec<Turn> {
    let mut turns = Vec::new();
    for item in opened.items.iter().filter(|i| !i.directives.verify.is_empty()) {
        let before = was.proves(item);
        let Some(proof) = now.proof(&item.id, &item.directives.verify) else { continue };
        let whole = proof.is_whole();
        if whole != before || (whole && was.commit != now.commit) {
            turns.push(Turn { item: item.id.clone(), proof });
        }
    }
    turns
}

/// Every word that has to be looked for, each once.
#[must_use]
pub fn required_checks(opened: &Checklist) -> BTreeSet<String> {
    opened.items.iter().flat_map(|i| i.directives.verify.iter().cloned()).collect()
}

/// The issues that an item waits for.
#[must_use]
pub fn issues_of(item: &Item) -> BTreeSet<u64> {
    let numbers = |word: &String| match Verification::parse(word) {
        Ok(Verification::Closed(numbers)) => numbers,
        Ok(_) | Err(_) => Vec::new(),
    };
    item.directives.verify.iter().flat_map(numbers).collect()
}

/// Whether one of these issues is what a release waits for.
#[must_use]
pub fn waits_for_issue(opened: &Checklist, number: IssueNumber) -> bool {
    let names =
        |word: &String| matches!(Verification::parse(word), Ok(Verification::Closed(of)) if of.contains(&number.0));
    required_checks(opened).iter().any(names)
}

/// Whether a release waits for a tag or what is published of it.
#[must_use]
pub fn waits_for_tag(opened: &Checklist) -> bool {
    let tag = |word: &String| matches!(Verification::parse(word), Ok(Verification::Tag(_) | Verification::Release));
    required_checks(opened).iter().any(tag)
}
