//! The oracle: what may be green, told from the world's full history.
//!
//! It reads the stand-in's git, tags, issues, pull requests and queues, and remembers who changed which box, when, and with
//! which right. It knows no event, no row, no configuration file and no code of Holdpoint's. Its one rule is:
//!
//! > A commit that GitHub would let into a protected branch must not bring there a released commit whose *before* boxes are
//! > not all done by people who may, nor go there while *after* boxes of what the branch has already block it.
//!
//! It says so for every commit and every protected branch, whether a pull request is open or not: anybody with write access
//! opens one, or pushes a head back, within a second. What it cannot know for sure it lets pass.

use crate::start::{CHECKLIST, CONFIGURATION, GATE, Kind};
use holdpoint::sandbox::World;
use holdpoint::sandbox::repo::{Repo, Role, State};
use std::collections::{BTreeMap, BTreeSet};

/// An item as the checklist's line has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    pub after: bool,
    owner: Option<String>,
    second: bool,
}

/// The items of a Markdown text: one for each line with a box.
pub fn items(text: &str) -> Vec<Item> {
    let of = |line: &str| {
        let rest = line.strip_prefix("- [ ] ").or_else(|| line.strip_prefix("- [x] "))?;
        let (text, directive) = rest.split_once(" <!-- hp:").unwrap_or((rest, ""));
        let owner = directive.split("owner=").nth(1).and_then(|o| o.split(' ').next());
        Some(Item {
            text: text.split(" · ").next().unwrap_or_default().trim_end().to_owned(),
            after: directive.contains("phase=after"),
            owner: owner.map(str::to_owned),
            second: directive.contains("second-person"),
        })
    };
    text.lines().filter_map(of).collect()
}

/// Whether a text shows an item, and whether it is ticked.
fn shown(body: &str, item: &str) -> Option<bool> {
    let of = |line: &str| {
        let (ticked, rest) = match (line.strip_prefix("- [ ] "), line.strip_prefix("- [x] ")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        rest.starts_with(item).then_some(ticked)
    };
    body.lines().find_map(of)
}

/// A box, by what was last done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    ticked: bool,
    /// Whoever ticked it last could.
    legitimate: bool,
    /// It was ticked by somebody who could before it was unticked, and Holdpoint has worked so often until then.
    before: Option<u64>,
}

/// A release that can be seen in the world: a tag, and the commit that it names now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Release {
    tag: String,
    commit: String,
    /// When the tag first named the commit.
    since: i64,
}

/// A merge group: what it is on top of, and the pull request's own commit.
#[derive(Clone, Debug)]
struct Group {
    branch: String,
    base: String,
    pull_head: String,
}

/// Branches and queues at one moment.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    tips: BTreeMap<String, String>,
    groups: BTreeMap<String, Group>,
}

/// Everything that happened, as far as it matters.
#[derive(Debug)]
pub struct Truth {
    kind: Kind,
    repo: u64,
    /// When a tag first named a commit, and who put it there.
    placed: BTreeMap<(String, String), (i64, String)>,
    bodies: BTreeMap<u64, String>,
    marks: BTreeMap<(u64, String), Mark>,
    /// Items that a maintainer passed by a comment of their own.
    passed: BTreeSet<(u64, String)>,
    /// Items that people wrote into an issue and that were there when everybody had heard of everything.
    added: BTreeMap<u64, BTreeSet<String>>,
    /// Added items that were taken out by somebody who could.
    dropped: BTreeSet<(u64, String)>,
    /// Commits that were deployed with a yes.
    deployed: BTreeSet<String>,
    /// Issues that were there when a database was lost.
    remembered_by_issue_only: BTreeSet<u64>,
    /// Commits that were green when a database was lost.
    forgotten: BTreeSet<String>,
    /// How many batches Holdpoint has worked off.
    worked: u64,
    /// A database was lost, and Holdpoint has not looked at the tags since.
    blank: bool,
    /// Tags that had no issue when Holdpoint looked at them with an empty database, each with its commit: as old as Holdpoint.
    older: BTreeSet<(String, String)>,
}

impl Truth {
    pub fn new(kind: Kind, repo: u64) -> Self {
        Self {
            kind,
            repo,
            placed: BTreeMap::new(),
            bodies: BTreeMap::new(),
            marks: BTreeMap::new(),
            passed: BTreeSet::new(),
            added: BTreeMap::new(),
            dropped: BTreeSet::new(),
            deployed: BTreeSet::new(),
            remembered_by_issue_only: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            worked: 0,
            blank: false,
            older: BTreeSet::new(),
        }
    }

    fn repo<'w>(&self, world: &'w World) -> &'w Repo {
        &world.repos[&self.repo]
    }

    /// Notes what an actor has just changed: tags that they put somewhere, boxes that they flipped.
    pub fn observe(&mut self, world: &World, actor: &str) {
        let repo = self.repo(world);
        for (tag, sha) in &repo.git.tags {
            let key = (tag.clone(), repo.git.peel(sha).to_owned());
            self.placed.entry(key).or_insert_with(|| (world.now(), actor.to_owned()));
        }
        let bot = world.bot();
        for issue in repo.issues.values().filter(|issue| issue.pull.is_none() && issue.user == bot) {
            let body = issue.body.clone().unwrap_or_default();
            let before = self.bodies.insert(issue.number, body.clone()).unwrap_or_default();
            if before != body {
                self.edited(world, issue.number, &before, &body, actor);
            }
        }
    }

    fn edited(&mut self, world: &World, issue: u64, before: &str, after: &str, actor: &str) {
        let mut known = self.vocabulary(world);
        let extra = items(before).into_iter().chain(items(after)).filter(|i| i.text.starts_with("Extra "));
        known.extend(extra.map(|i| (i.text.clone(), i)));
        for item in known.into_values() {
            let (was, is) = (shown(before, &item.text), shown(after, &item.text));
            let may = self.may(world, issue, actor, &item);
            let mark = self.marks.entry((issue, item.text)).or_default();
            match (was, is) {
                (Some(true), Some(false)) => {
                    *mark = Mark { before: mark.legitimate.then_some(self.worked), ..Mark::default() };
                }
                (_, Some(false)) => *mark = Mark { before: mark.before, ..Mark::default() },
                // Unticked and ticked again before Holdpoint looked, it is as it was: what is told of that may be lost.
                (Some(false), Some(true)) => {
                    let as_before = mark.before.is_some_and(|at| at == self.worked);
                    *mark = Mark { ticked: true, legitimate: may || as_before, before: None };
                }
                // It comes back as it was, or with the signature of whoever brings it back.
                (None, Some(true)) => *mark = Mark { ticked: true, legitimate: mark.legitimate || may, before: None },
                (Some(true), Some(true)) | (_, None) => {}
            }
        }
        let right = self.role(world, actor) >= Some(Role::Write);
        for item in self.added.get(&issue).into_iter().flatten() {
            if shown(before, item).is_some() && shown(after, item).is_none() && right {
                self.dropped.insert((issue, item.clone()));
            }
        }
    }

    /// Every item that any checklist or step of any commit has, or that somebody added.
    fn vocabulary(&self, world: &World) -> BTreeMap<String, Item> {
        let git = &self.repo(world).git;
        let mut all = BTreeMap::new();
        let lists = |path: &String| path == CHECKLIST || path.starts_with("release-steps/");
        let blobs: BTreeSet<&String> = git
            .commits
            .values()
            .flat_map(|c| c.tree.iter().filter(|(path, _)| lists(path)).map(|(_, blob)| blob))
            .collect();
        for blob in blobs {
            all.extend(items(&git.blob_text(blob).unwrap_or_default()).into_iter().map(|i| (i.text.clone(), i)));
        }
        for text in self.added.values().flatten().cloned() {
            let item = Item { text: text.clone(), after: false, owner: None, second: false };
            all.entry(text).or_insert(item);
        }
        all
    }

    fn role(&self, world: &World, actor: &str) -> Option<Role> {
        if world.app_of_bot(actor).is_some() {
            return None;
        }
        self.repo(world).roles.get(actor).copied()
    }

    /// Whether somebody could sign an item at this moment.
    fn may(&self, world: &World, issue: u64, actor: &str, item: &Item) -> bool {
        let in_team =
            item.owner.as_deref() == Some("@acme/qa") && world.orgs["acme"].teams["qa"].members.contains(actor);
        // A team that is named gives its members access; for everybody else a role is needed.
        let Some(role) = self.role(world, actor).or(in_team.then_some(Role::Read)) else { return false };
        let tagger = self.version(world, issue).and_then(|version| {
            let of = self.placed.iter().filter(|((tag, _), _)| *tag == format!("v{version}"));
            of.max_by_key(|(_, (at, _))| *at).map(|(_, (_, by))| by.clone())
        });
        if item.second && tagger.as_deref() == Some(actor) {
            return false;
        }
        match item.owner.as_deref() {
            Some("@acme/qa") => in_team,
            Some(owner) => owner.strip_prefix('@') == Some(actor),
            None => role >= Role::Write,
        }
    }

    /// Notes that a maintainer passes what is open in an issue, by a comment that nobody edited.
    pub fn overridden(&mut self, world: &World, issue: u64, actor: &str) {
        if self.role(world, actor) < Some(Role::Maintain) {
            return;
        }
        let mut all: Vec<String> = self.vocabulary(world).into_keys().collect();
        all.extend(self.added.get(&issue).into_iter().flatten().cloned());
        self.passed.extend(all.into_iter().map(|item| (issue, item)));
    }

    /// Notes that somebody signs an item by a comment of their own.
    pub fn signed(&mut self, world: &World, issue: u64, actor: &str, item: &str) {
        if let Some(known) = self.vocabulary(world).remove(item)
            && self.may(world, issue, actor, &known)
        {
            self.passed.insert((issue, known.text));
        }
    }

    /// Everybody has heard of everything: what people added to an issue was asked for from here on.
    pub fn heard(&mut self, world: &World) {
        for (issue, body) in &self.bodies {
            if self.repo(world).issues.contains_key(issue) {
                let new = items(body).into_iter().map(|i| i.text).filter(|text| text.starts_with("Extra "));
                self.added.entry(*issue).or_default().extend(new);
            }
        }
    }

    /// Notes that Holdpoint has nothing left but what GitHub keeps.
    pub fn forgotten(&mut self, world: &World) {
        self.remembered_by_issue_only.extend(self.bodies.keys().copied());
        self.forgotten.extend(self.green(world));
        // The ledger goes with it: what people added and others took out is not in the text any more.
        let there: BTreeMap<u64, BTreeSet<String>> = self
            .bodies
            .iter()
            .map(|(issue, body)| (*issue, items(body).into_iter().map(|i| i.text).collect()))
            .collect();
        for (issue, added) in &mut self.added {
            added.retain(|text| there.get(issue).is_some_and(|texts| texts.contains(text)));
        }
        self.blank = true;
    }

    /// Notes that Holdpoint worked a batch off. With an empty database, tags of which it has no issue are as old as itself to it, until
    /// a delivery tells of them (ADR 0023).
    pub fn worked_off(&mut self, world: &World) {
        self.worked += 1;
        if !std::mem::take(&mut self.blank) {
            return;
        }
        let without = self.releases(world).into_iter().filter(|release| self.issues_of(world, release).is_empty());
        let older: Vec<_> = without.map(|release| (release.tag, release.commit)).collect();
        self.older.extend(older);
    }

    /// Whether a database was lost.
    pub fn has_forgotten(&self) -> bool {
        !self.remembered_by_issue_only.is_empty() || self.blank || !self.older.is_empty() || !self.forgotten.is_empty()
    }

    /// Whether nobody can know of a green commit any more: the database that knew is lost, and no branch, tag, open pull request
    /// or group names it.
    fn lost(&self, world: &World, commit: &str) -> bool {
        let repo = self.repo(world);
        let named = repo.git.branches.values().any(|tip| tip == commit)
            || repo.git.tags.values().any(|sha| repo.git.peel(sha) == commit)
            || repo.pulls().any(|(issue, pull)| issue.state == State::Open && pull.head_sha == commit)
            || repo.queues.values().any(|queue| queue.groups.iter().any(|group| group.head == commit));
        self.forgotten.contains(commit) && !named
    }

    /// Notes a yes to a deployment.
    pub fn let_through(&mut self, commit: &str) {
        self.deployed.insert(commit.to_owned());
    }

    /// The version that an issue of the App's is about, by its title.
    fn version(&self, world: &World, issue: u64) -> Option<String> {
        let issue = self.repo(world).issues.get(&issue)?;
        let own = issue.user == world.bot();
        issue.title.strip_prefix("Release ").filter(|_| own).map(|v| v.split(" (part").next().unwrap_or(v).to_owned())
    }

    /// Branches and queues as they are.
    pub fn moment(&self, world: &World) -> Moment {
        let repo = self.repo(world);
        let tips = self.kind.gated().iter().filter_map(|b| Some(((*b).to_owned(), repo.git.branches.get(*b)?.clone())));
        let groups = repo.queues.iter().flat_map(|(branch, queue)| {
            queue.groups.iter().map(|g| {
                let group = Group { branch: branch.clone(), base: g.base.clone(), pull_head: g.pull_head.clone() };
                (g.head.clone(), group)
            })
        });
        Moment { tips: tips.collect(), groups: groups.collect() }
    }

    fn releases(&self, world: &World) -> Vec<Release> {
        let git = &self.repo(world).git;
        let is_version = |tag: &str| {
            let numbers: Vec<_> = tag.strip_prefix('v').unwrap_or_default().split('.').map(str::parse::<u32>).collect();
            numbers.len() == 3 && numbers.iter().all(Result::is_ok)
        };
        let of = |(tag, sha): (&String, &String)| {
            let commit = git.peel(sha).to_owned();
            let since = self.placed.get(&(tag.clone(), commit.clone())).map_or(0, |(at, _)| *at);
            Release { tag: tag.clone(), commit, since }
        };
        let known = git.tags.iter().filter(|(tag, _)| is_version(tag)).map(of);
        let is_older = |release: &Release| {
            self.older.contains(&(release.tag.clone(), release.commit.clone()))
                && self.issues_of(world, release).is_empty()
        };
        known.filter(|release| !is_older(release)).collect()
    }

    /// Issues of the App's that are about a release and were opened after its tag was there.
    fn issues_of(&self, world: &World, release: &Release) -> Vec<u64> {
        let repo = self.repo(world);
        let own = |n: &u64| self.version(world, *n).is_some_and(|version| release.tag == format!("v{version}"));
        repo.issues.values().filter(|i| i.created_at >= release.since).map(|i| i.number).filter(own).collect()
    }

    fn done(&self, world: &World, issue: u64, item: &str) -> bool {
        let Some(there) = self.repo(world).issues.get(&issue) else { return false };
        let key = (issue, item.to_owned());
        let now = shown(there.body.as_deref().unwrap_or_default(), item);
        self.passed.contains(&key) || (now == Some(true) && self.marks.get(&key).is_some_and(|m| m.legitimate))
    }

    /// What a release lacks in a phase, of its own checklist and of that of the branch that it is to go into.
    fn lacks(&self, world: &World, release: &Release, tip: Option<&str>, after: bool) -> Option<String> {
        let git = &self.repo(world).git;
        let issues = self.issues_of(world, release);
        let tag = &release.tag;
        let Some(template) = git.text(&release.commit, CHECKLIST) else {
            return Some(format!("{tag} has no checklist"));
        };
        // With the database and the issue lost there is only a tag, as of the time before Holdpoint came.
        let gone = |n: &u64| !self.repo(world).issues.contains_key(n);
        if issues.is_empty() && self.remembered_by_issue_only.iter().any(gone) {
            return None;
        }
        if issues.is_empty() && !self.stands_in(world, release) {
            return Some(format!("{tag} has no issue"));
        }
        if issues.is_empty() {
            return None;
        }
        let theirs = tip.and_then(|tip| git.text(tip, CHECKLIST)).unwrap_or_default();
        for item in items(&template).iter().chain(&items(&theirs)).filter(|i| i.after == after) {
            if !issues.iter().any(|n| self.done(world, *n, &item.text)) {
                return Some(format!("{tag} waits for `{}` in #{issues:?}", item.text));
            }
        }
        let bot = world.bot();
        let all: Vec<u64> = self.repo(world).issues.values().filter(|i| i.user == bot).map(|i| i.number).collect();
        let tree = git.commits.get(&release.commit).map(|c| c.tree.clone()).unwrap_or_default();
        for (path, blob) in tree.iter().filter(|(path, _)| path.starts_with("release-steps/")) {
            // What another tag's commit has as well may have been its affair.
            let elsewhere = self.placed.keys().any(|(_, commit)| {
                *commit != release.commit && git.commits.get(commit).is_some_and(|c| c.tree.contains_key(path))
            });
            for item in items(&git.blob_text(blob).unwrap_or_default()).iter().filter(|i| i.after == after) {
                if !elsewhere && !all.iter().any(|n| self.done(world, *n, &item.text)) {
                    return Some(format!("{tag} waits for the step `{}`", item.text));
                }
            }
        }
        let newest = *issues.last()?;
        let open = |item: &&String| {
            let key = (newest, (*item).clone());
            !after && !self.dropped.contains(&key) && !self.done(world, newest, item)
        };
        let extra = self.added.get(&newest).into_iter().flatten().find(open);
        extra.map(|item| format!("{tag} waits for `{item}`, which somebody added to #{newest}"))
    }

    /// The issue is gone, and a later release that contains this one asks for everything anew.
    fn stands_in(&self, world: &World, release: &Release) -> bool {
        let git = &self.repo(world).git;
        let had = self.bodies.len() > self.repo(world).issues.values().filter(|i| i.user == world.bot()).count();
        let later = |other: &Release| {
            other.tag != release.tag
                && git.ancestors(&other.commit).contains(&release.commit)
                && !self.issues_of(world, other).is_empty()
        };
        had && self.releases(world).iter().any(later)
    }

    /// Why a commit must not be green, on behalf of some protected branch; `None` where nothing is known against it.
    pub fn forbids(&self, world: &World, at: &Moment, commit: &str) -> Option<String> {
        let repo = self.repo(world);
        let git = &repo.git;
        let own = git.ancestors(commit);
        let releases = self.releases(world);
        for (branch, tip) in &at.tips {
            let inside = git.ancestors(tip);
            if inside.contains(commit) {
                continue;
            }
            // A group that squashes holds its pull requests without their commits.
            let mut content = own.clone();
            let mut below = at.groups.get(commit);
            while let Some(group) = below.filter(|g| g.branch == *branch) {
                content.extend(git.ancestors(&group.pull_head));
                below = at.groups.get(&group.base);
            }
            if at.groups.get(commit).is_some_and(|g| g.branch != *branch) {
                continue;
            }
            let merged = |release: &Release| {
                let by = |head: &str| git.ancestors(head).contains(&release.commit);
                repo.pulls().any(|(_, p)| p.merged.is_some() && p.base_ref == *branch && by(&p.head_sha))
            };
            for release in &releases {
                let out = inside.contains(&release.commit);
                if !out
                    && content.contains(&release.commit)
                    && !merged(release)
                    && let Some(lack) = self.lacks(world, release, Some(tip), false)
                {
                    return Some(format!("{branch} would get {lack}"));
                }
                if self.kind.after_block
                    && (out || merged(release))
                    && let Some(lack) = self.lacks(world, release, None, true)
                {
                    return Some(format!("{branch} has {lack}"));
                }
            }
        }
        None
    }

    /// Why a deployment of a commit must not have a yes.
    pub fn forbids_deployment(&self, world: &World, commit: &str) -> Option<String> {
        let git = &self.repo(world).git;
        // Whoever may push to the default branch may take the environment out of its rules.
        let tip = git.branches.get("main").cloned().unwrap_or_default();
        if git.text(&tip, CONFIGURATION).is_some_and(|text| !text.contains("environments: [production]")) {
            return None;
        }
        let aboard = git.ancestors(commit);
        for release in self.releases(world).iter().filter(|r| aboard.contains(&r.commit)) {
            let before = self.deployed.iter().any(|done| git.ancestors(done).contains(&release.commit));
            if !before && let Some(lack) = self.lacks(world, release, None, false) {
                return Some(format!("it would deploy {lack}"));
            }
        }
        None
    }

    /// Commits on which the required check is green now.
    pub fn green(&self, world: &World) -> BTreeSet<String> {
        let repo = self.repo(world);
        let commits: BTreeSet<&String> =
            repo.check_runs.values().filter(|r| r.name == GATE).map(|r| &r.head_sha).collect();
        let required = holdpoint::sandbox::repo::RequiredCheck { context: GATE.to_owned(), app_id: Some(world.app_id) };
        let green = |sha: &&String| repo.check_state(&required, sha).is_none() && !self.lost(world, sha);
        commits.into_iter().filter(green).cloned().collect()
    }
}
