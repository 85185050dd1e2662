//! Whole repositories at random: two checklists, several releases open at once, hotfixes, candidates, two gated branches with
//! rules of their own, pull requests that share a head or change their base, merge groups, commands, deleted and transferred
//! issues, configurations that break and are mended; and meanwhile GitHub fails, deliveries are lost and doubled, and the
//! process dies.
//!
//! The oracle is [`Model`]. It reads the stand-in's git and issues, and remembers who did what; it asks neither Holdpoint's
//! database nor its code. Whatever it cannot know for sure it lets pass: so a green check that it refuses is wrong.
//!
//! A failing seed is printed. `HOLDPOINT_SEED=17 cargo test --test it worlds` replays it, with what happened;
//! `HOLDPOINT_SEEDS=200` tries that many.

use super::random_ticks::{Dice, seeds};
use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::queue::{Group, MergeQueue, Rules, Strategy};
use holdpoint::sandbox::{Fault, Method, Pick, PullEdit};
use std::collections::{BTreeMap, BTreeSet};

const CONFIGURATION: &str = ".github/holdpoint.yml";
const MOBILE: &str = "mobile.md";
const RELEASE_ITEMS: &str = "\
- [ ] Fuel the tanks <!-- hp: id=fuel -->
- [ ] Close the hatch <!-- hp: id=hatch owner=@acme/qa -->
- [ ] Build is green <!-- hp: id=build verify=checks(build) -->
- [ ] Tidy the desk <!-- hp: id=desk optional -->
- [ ] Watch the sky <!-- hp: id=sky phase=after -->
";
const MOBILE_ITEMS: &str = "\
- [ ] Sign the bundle <!-- hp: id=bundle -->
- [ ] Tell the store <!-- hp: id=store phase=after -->
";
/// Those with maintain access, with write access (and in `@acme/qa`), and with triage, who may edit and not tick.
const PEOPLE: [&str; 4] = ["alice", "erin", "bob", "carol"];

/// A queue that waits for more than ever comes: its groups stay until somebody takes them out.
const PATIENT: Rules = Rules {
    strategy: Strategy::AllGreen,
    squash: false,
    response_timeout: 10_000_000,
    least: 100,
    patience: 10_000_000,
};

/// A merge group that waits.
struct Queued {
    base: String,
    pull: u64,
    head: String,
}

fn queued(app: &App) -> Vec<Queued> {
    let world = app.github.world();
    let queues = world.repo(ROCKET).unwrap().queues.clone();
    let of = |(base, queue): (String, MergeQueue)| {
        let own = move |g: Group| Queued { base: base.clone(), pull: g.number, head: g.head };
        queue.groups.into_iter().map(own)
    };
    queues.into_iter().flat_map(of).collect()
}

fn may(person: &str, item: &str) -> bool {
    if item == "Close the hatch" { person == "bob" } else { person != "carol" }
}

fn is_after(item: &str) -> bool {
    matches!(item, "Watch the sky" | "Tell the store") || item.starts_with("Later ")
}

fn blocks(item: &str) -> bool {
    item != "Tidy the desk"
}

fn id_of(item: &str) -> String {
    let known = [
        ("Fuel the tanks", "fuel"),
        ("Close the hatch", "hatch"),
        ("Build is green", "build"),
        ("Tidy the desk", "desk"),
        ("Watch the sky", "sky"),
        ("Sign the bundle", "bundle"),
        ("Tell the store", "store"),
    ];
    let own = known.iter().find(|(text, _)| *text == item).map(|(_, id)| (*id).to_owned());
    own.unwrap_or_else(|| item.rsplit(' ').next().unwrap_or_default().to_owned())
}

/// What a reader sees of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Open,
    Done,
    /// Struck out, with a reason behind it.
    Struck,
}

/// The items of a text: of each line with a box its words, as far as they are an item's.
fn scan(body: &str) -> BTreeMap<String, Seen> {
    let mut found = BTreeMap::new();
    for line in body.lines() {
        let (seen, rest) = match (line.strip_prefix("- [ ] "), line.strip_prefix("- [x] ")) {
            (Some(rest), _) => (Seen::Open, rest),
            (_, Some(rest)) => (Seen::Done, rest),
            (None, None) => continue,
        };
        let text = rest.split(" <!--").next().unwrap_or_default().split(" · ").next().unwrap_or_default();
        let struck = text.strip_prefix("~~").and_then(|rest| rest.split_once("~~ "));
        match struck {
            Some((text, reason)) if !reason.trim().is_empty() => {
                found.insert(text.to_owned(), if seen == Seen::Done { Seen::Done } else { Seen::Struck })
            }
            _ => found.insert(text.split(" snap-").next().unwrap_or_default().to_owned(), seen),
        };
    }
    found
}

/// What was last done about an item, by whom it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Act {
    Ticked(bool),
    Struck(bool),
    Commanded,
    Overridden,
}

/// What the test did, and what follows from it.
#[derive(Default)]
struct Model {
    /// Released commits: checklist and version, oldest first.
    releases: Vec<(&'static str, String, String)>,
    /// What each issue ever asked for.
    asked: BTreeMap<u64, BTreeSet<String>>,
    /// Issues that were seen, by checklist and version, also those that are gone.
    issues: BTreeMap<u64, (&'static str, String)>,
    acts: BTreeMap<(u64, String), Act>,
    /// Items that somebody who may ticked at some time: where deliveries are lost, who was last cannot be known.
    ever: BTreeSet<(u64, String)>,
    /// A delivery was lost since anybody looked at everything.
    blind: bool,
    /// A delivery was lost at some time.
    lossy: bool,
    steps: usize,
    story: Vec<String>,
}

impl Model {
    fn note(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    /// Somebody edited an issue: what they changed is theirs.
    fn edited(&mut self, issue: u64, before: &str, after: &str, person: &str) {
        let (was, is) = (scan(before), scan(after));
        for (item, seen) in &is {
            let key = (issue, item.clone());
            if was.get(item).unwrap_or(&Seen::Open) == seen && was.contains_key(item) {
                continue;
            }
            let counts = may(person, item);
            // What somebody does who may not takes no sign-off away that came by a comment, or it does; both are safe.
            if !counts && *seen != Seen::Open && matches!(self.acts.get(&key), Some(Act::Overridden | Act::Commanded)) {
                continue;
            }
            match seen {
                Seen::Done => {
                    if counts {
                        self.ever.insert(key.clone());
                    }
                    self.acts.insert(key, Act::Ticked(counts))
                }
                Seen::Struck => self.acts.insert(key, Act::Struck(counts)),
                // Put back or unticked; a command that was said of it holds no more, but for one that came back.
                Seen::Open if was.contains_key(item) => self.acts.remove(&key),
                Seen::Open => None,
            };
        }
    }

    /// Notes issues that came, and what they ask for by now.
    fn look(&mut self, app: &App) {
        for issue in app.github.issues(ROCKET).into_iter().filter(|i| i.user.ends_with("[bot]")) {
            let (checklist, version) = match (issue.title.strip_prefix("Release "), issue.title.strip_prefix("Mobile "))
            {
                (Some(version), _) => ("release", version),
                (_, Some(version)) => ("mobile", version),
                (None, None) => panic!("whose issue is this? {}", issue.title),
            };
            let version = version.split("-rc").next().unwrap_or_default().to_owned();
            self.issues.insert(issue.number, (checklist, version));
            let asked = self.asked.entry(issue.number).or_default();
            let items = scan(issue.body.as_deref().unwrap_or_default());
            let ours = |item: &String| !item.starts_with("Extra ") && !item.starts_with("Do not ");
            asked.extend(items.into_keys().filter(ours));
        }
    }

    fn commits(&self, checklist: &str, version: &str) -> Vec<&str> {
        let own = self.releases.iter().filter(|(c, v, _)| *c == checklist && v == version);
        own.map(|(_, _, commit)| commit.as_str()).collect()
    }

    fn versions(&self, checklist: &str) -> BTreeSet<&str> {
        self.releases.iter().filter(|(c, ..)| *c == checklist).map(|(_, v, _)| v.as_str()).collect()
    }

    fn live(&self, app: &App, checklist: &str, version: &str) -> Vec<u64> {
        let own = self.issues.iter().filter(|(_, (c, v))| *c == checklist && v == version).map(|(n, _)| *n);
        own.filter(|n| app.github.issue(ROCKET, *n).is_ok()).collect()
    }

    /// Whether an item of an issue needs nothing more, as far as anybody can say.
    fn settled(&self, app: &App, issue: u64, item: &str) -> bool {
        let key = (issue, item.to_owned());
        let body = app.github.body(ROCKET, issue);
        let seen = scan(&body).get(item).cloned();
        if item == "Build is green" && self.built(app, issue) {
            return true;
        }
        match (self.acts.get(&key), seen) {
            (Some(Act::Overridden), _) | (Some(Act::Commanded), Some(_)) => true,
            (Some(Act::Ticked(true)), Some(Seen::Done)) | (Some(Act::Struck(true)), Some(Seen::Struck)) => {
                item != "Build is green" || seen_struck(&body, item)
            }
            (_, Some(Seen::Done)) => self.lossy && self.ever.contains(&key) && item != "Build is green",
            (Some(Act::Ticked(_) | Act::Struck(_) | Act::Commanded) | None, _) => false,
        }
    }

    /// Whether the newest check `build` on the release's commit is green.
    fn built(&self, app: &App, issue: u64) -> bool {
        let Some((checklist, version)) = self.issues.get(&issue) else { return false };
        let Some(commit) = self.commits(checklist, version).last().map(|c| (*c).to_owned()) else { return false };
        let runs = app.github.checks(ROCKET, &commit);
        runs.iter().any(|run| run.name == "build" && run.conclusion.as_deref() == Some("success"))
    }

    /// What an issue lacks in a phase.
    fn lacks(&self, app: &App, issue: u64, after: bool) -> Option<String> {
        let (checklist, version) = self.issues.get(&issue)?;
        let body = app.github.body(ROCKET, issue);
        let mut wanted = self.asked.get(&issue).cloned().unwrap_or_default();
        for commit in self.commits(checklist, version) {
            let path = if *checklist == "release" { CHECKLIST } else { MOBILE };
            let text = app.github.world().repo(ROCKET).unwrap().git.text(commit, path).unwrap_or_default();
            wanted.extend(scan(&text).into_keys());
        }
        wanted.extend(scan(&body).into_keys().filter(|item| item.starts_with("Extra ")));
        let open = |item: &String| blocks(item) && is_after(item) == after && !self.settled(app, issue, item);
        wanted.into_iter().find(open)
    }

    /// Why a commit must not be green for what it ships, for what the base shipped, or for what it is.
    fn refuses(&self, app: &App, checklist: &str, head: &str, base: Option<&str>, group: bool) -> Option<String> {
        let (ancestors, shipped, config) = {
            let world = app.github.world();
            let git = &world.repo(ROCKET).unwrap().git;
            let at = |branch: &str| git.text(branch, CONFIGURATION);
            match base {
                Some(base) => {
                    let config = at(base).or_else(|| at("main"));
                    let shipped = git.branches.get(base).map(|tip| git.ancestors(tip)).unwrap_or_default();
                    (git.ancestors(head), shipped, config)
                }
                None => (BTreeSet::from([head.to_owned()]), BTreeSet::new(), at("main")),
            }
        };
        let config = config.unwrap_or_default();
        if config.contains("checklists: [") {
            return Some("the configuration is broken".to_owned());
        }
        let mut covered = base.is_none();
        let mut ships = Vec::new();
        let mut out = Vec::new();
        for version in self.versions(checklist) {
            let commits = self.commits(checklist, version);
            let brought = || commits.iter().filter(|c| ancestors.contains(**c) && !shipped.contains(**c));
            if brought().next().is_some() {
                covered |= group || brought().any(|c| *c == head);
                ships.push(version);
            } else if base.is_some() && commits.iter().any(|c| shipped.contains(*c)) {
                out.push(version);
            }
        }
        for version in &ships {
            let issues = self.live(app, checklist, version);
            if let Some(issue) = issues.last() {
                if let Some(lack) = self.lacks(app, *issue, false) {
                    return Some(format!("{version} waits for `{lack}` in #{issue}"));
                }
                continue;
            }
            // Its issue is gone, or never came: only one that ships with it and asks for all of it may stand in.
            let own = self.commits(checklist, version);
            let stands_in = |other: &str| {
                let theirs = self.commits(checklist, other);
                let world = app.github.world();
                let git = &world.repo(ROCKET).unwrap().git;
                other != *version && own.iter().all(|c| theirs.iter().any(|t| git.ancestors(t).contains(*c)))
            };
            let candidates: Vec<&&str> = ships.iter().filter(|other| base.is_some() && stands_in(other)).collect();
            if !candidates.iter().any(|other| !self.live(app, checklist, other).is_empty()) {
                return Some(format!("{version} ships and has no issue"));
            }
        }
        if config.contains("after: block") {
            for version in out {
                let issue = self.live(app, checklist, version).last().copied();
                match issue.map(|issue| self.lacks(app, issue, true)) {
                    Some(None) => {}
                    Some(Some(lack)) => return Some(format!("{version} is out and waits for `{lack}`")),
                    None => return Some(format!("{version} is out and its issue is gone")),
                }
            }
        }
        if checklist == "release" && config.contains("unreleased: block") && !covered {
            return Some("no release covers it".to_owned());
        }
        None
    }

    /// Every check that is green may be green.
    fn hold(&self, app: &App, seed: u64) {
        let mut places: Vec<(String, Option<String>, bool)> = Vec::new();
        {
            let world = app.github.world();
            let repo = world.repo(ROCKET).unwrap();
            let open = repo.pulls().filter(|(i, _)| i.state == holdpoint::sandbox::repo::State::Open);
            places.extend(open.map(|(_, p)| (p.head_sha.clone(), Some(p.base_ref.clone()), false)));
        }
        places.extend(queued(app).into_iter().map(|q| (q.head, Some(q.base), true)));
        places.extend(self.releases.iter().map(|(_, _, commit)| (commit.clone(), None, false)));
        for (head, base, group) in places {
            for checklist in ["release", "mobile"] {
                let gated = match base.as_deref() {
                    Some("production") => true,
                    Some("staging") => checklist == "release",
                    Some(_) => false,
                    None => self.releases.iter().any(|(c, _, commit)| *c == checklist && *commit == head),
                };
                let Some(run) = app.github.check(ROCKET, &head, &format!("holdpoint/{checklist}")).filter(|_| gated)
                else {
                    continue;
                };
                assert!(!matches!(run.conclusion.as_deref(), Some("neutral" | "skipped")), "seed {seed}");
                if run.conclusion.as_deref() != Some("success") {
                    continue;
                }
                if let Some(why) = self.refuses(app, checklist, &head, base.as_deref(), group) {
                    let place = base.as_deref().unwrap_or("its own commit");
                    panic!(
                        "seed {seed}: holdpoint/{checklist} is green on {head} for {place} ({}), but {why}\n{}",
                        run.output.title.unwrap_or_default(),
                        self.story.join("\n")
                    );
                }
            }
        }
        for checklist in ["release", "mobile"] {
            for version in self.versions(checklist) {
                let live = self.live(app, checklist, version);
                assert!(live.len() <= 1, "seed {seed}: {version} has two issues, {live:?}\n{}", self.story.join("\n"));
            }
        }
    }
}

fn seen_struck(body: &str, item: &str) -> bool {
    scan(body).get(item) == Some(&Seen::Struck)
}

fn configuration(after: bool, unreleased: bool) -> String {
    let after = if after { ", after: block" } else { "" };
    let unreleased = if unreleased { ", unreleased: block" } else { "" };
    format!(
        "checklists:\n  release:\n    gate: {{ branches: [production, staging]{after}{unreleased} }}\n    issue: {{ title: \"Release {{{{ version }}}}\", close: {unclosed} }}\n  mobile:\n    template: mobile.md\n    steps: mobile-steps/*.md\n    open: {{ match: \"m/v*\" }}\n    gate: {{ branches: [production]{after} }}\n    issue: {{ title: \"Mobile {{{{ version }}}}\" }}\n",
        unclosed = after.is_empty(),
    )
}

/// One history, as far as the test steers it.
struct History {
    app: App,
    model: Model,
    dice: Dice,
    seed: u64,
    minor: u64,
    patch: u64,
    candidate: u64,
    hotfix: Option<String>,
}

async fn begin(seed: u64) -> History {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let app = App::start().await;
    let config = configuration(dice.roll(2) == 0, dice.roll(4) == 0);
    {
        let mut world = app.github.world();
        world.create_repository("acme", "attic", &[("README.md", "Old things\n")]).unwrap();
        let files =
            [(CONFIGURATION, Some(config.as_str())), (CHECKLIST, Some(RELEASE_ITEMS)), (MOBILE, Some(MOBILE_ITEMS))];
        world.commit_to(ROCKET, "main", "alice", "Begin", &files).unwrap();
        world.create_branch(ROCKET, "staging", "main", "alice").unwrap();
        world.commit_to(ROCKET, "production", "alice", "Begin", &files).unwrap();
        let app_id = world.app_id;
        world.set_protection(ROCKET, "staging", &[("holdpoint/release", Some(app_id))]).unwrap();
    }
    app.settle().await;
    let model = Model { story: vec![config], ..Model::default() };
    History { app, model, dice, seed, minor: 0, patch: 0, candidate: 0, hotfix: None }
}

impl History {
    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.dice.roll(from.len())) }
    }

    fn person(&mut self) -> &'static str {
        PEOPLE[self.dice.roll(PEOPLE.len())]
    }

    fn issue(&mut self) -> Option<u64> {
        let live: Vec<u64> =
            self.model.issues.keys().copied().filter(|n| self.app.github.issue(ROCKET, *n).is_ok()).collect();
        // The newest are of more interest.
        let newest: Vec<u64> = live.iter().rev().take(3).copied().collect();
        self.pick(&newest).copied()
    }

    fn item(&mut self, issue: u64) -> Option<String> {
        let items: Vec<String> = self.model.asked.get(&issue)?.iter().cloned().collect();
        self.pick(&items).cloned()
    }

    fn pull(&mut self, open: bool) -> Option<u64> {
        let state = if open { holdpoint::sandbox::repo::State::Open } else { holdpoint::sandbox::repo::State::Closed };
        let pulls: Vec<u64> = {
            let world = self.app.github.world();
            let repo = world.repo(ROCKET).unwrap();
            repo.pulls().filter(|(i, p)| i.state == state && p.merged.is_none()).map(|(i, _)| i.number).collect()
        };
        self.pick(&pulls).copied()
    }

    /// An edit of an issue through the page.
    fn edit(&mut self, issue: u64, person: &str, change: impl FnOnce(&str) -> String) {
        let before = self.app.github.body(ROCKET, issue);
        let after = change(&before);
        if self.app.github.world().edit_issue_body(ROCKET, issue, person, &after).is_ok() {
            self.model.edited(issue, &before, &after, person);
        }
    }

    fn tick(&mut self, issue: u64, item: &str, person: &str) {
        let before = self.app.github.body(ROCKET, issue);
        if self.app.github.world().toggle(ROCKET, issue, person, Pick::Text(item)).is_ok() {
            let after = self.app.github.body(ROCKET, issue);
            self.model.edited(issue, &before, &after, person);
        }
    }

    fn tag(&mut self, checklist: &'static str, tag: &str, rev: &str) {
        let commit = {
            let mut world = self.app.github.world();
            let commit = world.repo(ROCKET).unwrap().git.resolve(rev).unwrap().sha.clone();
            if world.create_tag(ROCKET, tag, &commit, "alice", None).is_err() {
                return;
            }
            commit
        };
        let version = tag.rsplit('v').next().unwrap_or_default().split("-rc").next().unwrap_or_default().to_owned();
        self.model.note(format!("tag {tag} at {commit}"));
        self.model.releases.push((checklist, version, commit));
    }

    fn release(&mut self) {
        let n = self.model.steps;
        self.app.commit("main", &[("src/engine.py", Some(&format!("{n} {}\n", self.minor)))]);
        match self.dice.roll(5) {
            0 => {
                self.minor += 1;
                let tag = format!("m/v1.{}.0", self.minor);
                self.tag("mobile", &tag, "main");
            }
            1 | 2 => {
                self.candidate += 1;
                let tag = format!("v1.{}.0-rc{}", self.minor + 1, self.candidate);
                self.tag("release", &tag, "main");
            }
            _ => {
                self.minor += 1;
                let tag = format!("v1.{}.0", self.minor);
                self.tag("release", &tag, "main");
            }
        }
    }

    fn hotfix(&mut self) {
        self.patch += 1;
        let patch = self.patch;
        let branch = match self.hotfix.clone() {
            Some(branch) if self.dice.roll(3) > 0 => branch,
            Some(_) | None => {
                let branch = format!("hotfix-{patch}");
                self.app.github.world().create_branch(ROCKET, &branch, "production", "alice").unwrap();
                self.hotfix = Some(branch.clone());
                branch
            }
        };
        self.app.commit(&branch, &[("src/fix.py", Some(&format!("{patch}\n")))]);
        if self.dice.roll(2) == 0 {
            self.tag("release", &format!("v1.{}.{patch}", self.minor), &branch);
        }
        let base = ["production", "staging"][self.dice.roll(2)];
        self.model.note(format!("{branch} for {base}"));
        drop(self.app.github.world().open_pull_request(ROCKET, "erin", &branch, base, "Fix", ""));
    }

    fn open_pull(&mut self) {
        let base = ["production", "production", "staging"][self.dice.roll(3)];
        let head = match self.dice.roll(3) {
            // A branch that stands still, so that several pull requests share its head.
            0 => {
                let name = format!("ship-{}", self.model.story.len());
                self.app.github.world().create_branch(ROCKET, &name, "main", "alice").unwrap();
                name
            }
            _ => "main".to_owned(),
        };
        self.model.note(format!("{head} for {base}"));
        drop(self.app.github.world().open_pull_request(ROCKET, "erin", &head, base, "Ship", ""));
    }

    fn command(&mut self, issue: u64) {
        let (person, Some(item)) = (self.person(), self.item(issue)) else { return };
        let id = id_of(&item);
        let key = (issue, item.clone());
        let (text, counts, act) = match self.dice.roll(5) {
            0 | 1 => (format!("/hp done {id}"), may(person, &item), Some(Act::Commanded)),
            2 => (format!("/hp skip {id} not this time"), may(person, &item), Some(Act::Commanded)),
            3 => (format!("/hp undo {id}"), true, None),
            _ => ("/hp override it is on fire".to_owned(), matches!(person, "alice" | "erin"), Some(Act::Overridden)),
        };
        self.model.note(format!("{person} on #{issue}: {text}"));
        self.app.github.world().comment(ROCKET, issue, person, &text).unwrap();
        match act {
            Some(Act::Overridden) if counts => {
                // Everything that is open now, whatever that is: what people added too.
                let body = self.app.github.body(ROCKET, issue);
                let items = self.model.asked.get(&issue).cloned().unwrap_or_default();
                for item in items.into_iter().chain(scan(&body).into_keys()) {
                    if !self.model.settled(&self.app, issue, &item) {
                        self.model.acts.insert((issue, item), Act::Overridden);
                    }
                }
            }
            Some(act) if counts => {
                self.model.acts.insert(key, act);
            }
            None if person != "carol" || self.app.github.issue(ROCKET, issue).is_ok() => {
                self.model.acts.remove(&key);
            }
            Some(_) | None => {}
        }
    }

    fn disturb(&mut self) {
        match self.dice.roll(5) {
            0 => self.app.github.world().hooks.duplicate_next = 2,
            1 => {
                self.app.github.world().hooks.lose_next = 1;
                self.model.note("a delivery is lost");
                (self.model.blind, self.model.lossy) = (true, true);
            }
            2 => self.app.github.world().hooks.reverse ^= true,
            _ => {
                let fault = [Fault::Status(502), Fault::DropAfter, Fault::DropBefore, Fault::RetryAfter(403, 20)]
                    [self.dice.roll(4)];
                let method = ["GET", "GET", "POST", "PATCH"][self.dice.roll(4)];
                self.app.github.fail_next(method, "/repos", fault, 1);
            }
        }
    }

    fn on_an_issue(&mut self) {
        let Some(issue) = self.issue() else { return };
        let Some(item) = self.item(issue) else { return };
        let person = self.person();
        match self.dice.roll(12) {
            0..=4 => {
                self.model.note(format!("{person} clicks `{item}` in #{issue}"));
                self.tick(issue, &item, person);
            }
            5 => {
                self.model.note(format!("{person} rewords `{item}` in #{issue}"));
                self.edit(issue, person, |body| body.replace(&format!("] {item}"), &format!("] Do not {item}")));
            }
            6 => {
                self.model.note(format!("{person} takes `{item}` out of #{issue}"));
                self.edit(issue, person, |body| body.split_inclusive('\n').filter(|l| !l.contains(&item)).collect());
            }
            7 => {
                let extra = format!("- [ ] Extra {}\n<!-- holdpoint v", self.model.story.len());
                self.model.note(format!("{person} adds an item to #{issue}"));
                self.edit(issue, person, |body| body.replacen("<!-- holdpoint v", &extra, 1));
            }
            8 => {
                self.model.note(format!("{person} strikes `{item}` out in #{issue}"));
                self.edit(issue, person, |body| {
                    body.replace(&format!("[ ] {item}"), &format!("[ ] ~~{item}~~ no need"))
                });
            }
            _ => self.command(issue),
        }
    }

    fn happens_to_an_issue(&mut self) {
        let Some(issue) = self.issue() else { return };
        let mut world = self.app.github.world();
        let what = match self.dice.roll(5) {
            0 => world.delete_issue(ROCKET, issue, "alice").map(|()| "deleted"),
            1 => world.transfer_issue(ROCKET, issue, "acme/attic", "alice").map(|_| "transferred"),
            2 => world.close_issue(ROCKET, issue, "bob", None).map(|()| "closed"),
            _ => world.reopen_issue(ROCKET, issue, "bob").map(|()| "reopened"),
        };
        drop(world);
        self.model.note(format!("#{issue} is {what:?}"));
    }

    fn happens_to_a_pull(&mut self) {
        let open = self.dice.roll(4) > 0;
        let Some(pull) = self.pull(open) else { return };
        let roll = self.dice.roll(6);
        let base = ["production", "staging", "main"][self.dice.roll(3)];
        let method = [Method::Merge, Method::Squash, Method::Rebase][self.dice.roll(3)];
        let mut world = self.app.github.world();
        let done = match roll {
            _ if !open => world.reopen_pull_request(ROCKET, pull, "erin").map(|()| "reopened".to_owned()),
            0 | 1 => {
                let edit = PullEdit { base: Some(base.to_owned()), ..PullEdit::default() };
                world.edit_pull_request(ROCKET, pull, "erin", &edit).map(|()| format!("for {base} now"))
            }
            2 => world.close_pull_request(ROCKET, pull, "erin").map(|()| "closed".to_owned()),
            3 => {
                let base = world.repo(ROCKET).unwrap().pull(pull).unwrap().1.base_ref.clone();
                if base != "main" {
                    world.set_merge_queue(ROCKET, &base, Some(PATIENT)).unwrap();
                }
                world.enqueue(ROCKET, &[pull], "alice").map(|(_, head)| format!("queued as {head} for {base}"))
            }
            _ => world.merge_pull_request(ROCKET, pull, "bob", method).map(|sha| format!("merged as {sha}")),
        };
        drop(world);
        self.model.note(format!("!{pull}: {done:?}"));
    }

    fn change(&mut self) {
        self.model.steps += 1;
        let n = self.model.steps;
        match self.dice.roll(6) {
            0 | 1 => {
                let text = if n.is_multiple_of(3) {
                    format!("- [ ] Later s{n} <!-- hp: id=s{n} phase=after -->\n")
                } else {
                    format!("- [ ] Do s{n} <!-- hp: id=s{n} -->\n")
                };
                self.app.commit("main", &[(&format!("release-steps/{n}.md"), Some(&text))]);
                self.model.note(format!("step s{n}"));
            }
            2 => {
                let config = configuration(self.dice.roll(2) == 0, self.dice.roll(4) == 0);
                for branch in ["main", "production"] {
                    self.app.commit(branch, &[(CONFIGURATION, Some(&config))]);
                }
                self.model.note(format!("configured: {config}"));
            }
            3 => {
                let branch = ["main", "production"][self.dice.roll(2)];
                self.app.commit(branch, &[(CONFIGURATION, Some("checklists: [\n"))]);
                self.model.note(format!("the configuration of {branch} breaks"));
            }
            4 => {
                let text = if n.is_multiple_of(2) {
                    RELEASE_ITEMS.to_owned()
                } else {
                    format!("{RELEASE_ITEMS}- [ ] Count down <!-- hp: id=down -->\n")
                };
                self.app.commit("main", &[(CHECKLIST, Some(&text))]);
                self.model.note("the checklist changes");
            }
            _ => {
                // Straight into production, where the history lets it.
                let main = self.app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
                let straight = self.app.github.world().push_commit(ROCKET, "production", &main, "alice");
                self.model.note(format!("main is pushed to production: {straight:?}"));
            }
        }
    }

    fn build(&mut self) {
        let commits: Vec<String> = self.model.releases.iter().map(|(_, _, commit)| commit.clone()).collect();
        let Some(commit) = self.pick(&commits).cloned() else { return };
        let end = ["success", "success", "failure"][self.dice.roll(3)];
        self.model.note(format!("build on {commit}: {end}"));
        self.app.github.world().post_check(ROCKET, 15_368, "build", &commit, end).unwrap();
    }

    async fn step(&mut self) {
        match self.dice.roll(40) {
            0..=4 => self.release(),
            5 | 6 => self.hotfix(),
            7..=9 => self.open_pull(),
            10..=12 => self.happens_to_a_pull(),
            13 | 14 => self.happens_to_an_issue(),
            15..=17 => self.change(),
            18..=20 => self.build(),
            21..=23 => self.disturb(),
            24 => {
                self.app.github.deliver_pending().await;
                self.app.restart().await;
            }
            25 => {
                // Taken out, and with the last one the queue ends, so that people merge by themselves again.
                let queued: Vec<(String, u64)> = queued(&self.app).into_iter().map(|q| (q.base, q.pull)).collect();
                if let Some((base, pull)) = self.pick(&queued).cloned() {
                    let mut world = self.app.github.world();
                    world.dequeue(ROCKET, pull, "alice").unwrap();
                    if queued.iter().filter(|(other, _)| *other == base).count() == 1 {
                        world.set_merge_queue(ROCKET, &base, None).unwrap();
                    }
                    drop(world);
                    self.model.note(format!("!{pull} leaves the queue of {base}"));
                }
            }
            _ => self.on_an_issue(),
        }
    }

    /// What is on its way arrives; then every green check must be right.
    async fn hold(&mut self) {
        self.app.settle().await;
        if self.model.blind && self.app.github.world().hooks.lose_next == 0 {
            holdpoint::sweep::recheck(self.app.holdpoint.context()).await;
            self.app.settle().await;
            self.model.blind = false;
        }
        self.model.look(&self.app);
        if !self.model.blind {
            self.model.hold(&self.app, self.seed);
        }
    }

    /// Nothing disturbs any more, everything is put back and done by somebody who may: what the rule lets pass is green then.
    async fn clear_up(&mut self) {
        {
            let mut world = self.app.github.world();
            (world.hooks.reverse, world.hooks.lose_next, world.hooks.duplicate_next) = (false, 0, 0);
        }
        self.app.github.forget_faults();
        let config = configuration(true, false);
        for branch in ["main", "production", "staging"] {
            drop(self.app.github.world().commit_to(ROCKET, branch, "alice", "Mend", &[(CONFIGURATION, Some(&config))]));
        }
        self.model.note("everything is cleared up");
        holdpoint::sweep::recheck(self.app.holdpoint.context()).await;
        self.hold().await;
        for issue in self.model.issues.keys().copied().collect::<Vec<_>>() {
            if self.app.github.issue(ROCKET, issue).is_err() {
                continue;
            }
            for item in self.model.asked.get(&issue).cloned().unwrap_or_default() {
                self.app.github.world().comment(ROCKET, issue, "bob", &format!("/hp undo {}", id_of(&item))).unwrap();
                self.model.acts.remove(&(issue, item));
            }
            // First what is wanted before the release, then the rest.
            for command in ["override", "override-after"] {
                let text = format!("/hp {command} the rehearsal is over");
                self.app.github.world().comment(ROCKET, issue, "alice", &text).unwrap();
            }
            let items = self.model.asked.get(&issue).cloned().unwrap_or_default();
            for item in items.into_iter().chain(scan(&self.app.github.body(ROCKET, issue)).into_keys()) {
                self.model.acts.insert((issue, item), Act::Overridden);
            }
        }
        self.model.blind = true;
        self.hold().await;
        let open: Vec<(String, String)> = {
            let world = self.app.github.world();
            let repo = world.repo(ROCKET).unwrap();
            let open = repo.pulls().filter(|(i, _)| i.state == holdpoint::sandbox::repo::State::Open);
            open.map(|(_, p)| (p.head_sha.clone(), p.base_ref.clone())).collect()
        };
        for (head, base) in open.iter().filter(|(_, base)| base == "production") {
            // Another pull request with this head has its say too, and so has a release whose issue is gone.
            let alone = open.iter().filter(|(other, _)| other == head).count() == 1;
            let whole = |(checklist, version, commit): &(&str, String, String)| {
                let world = self.app.github.world();
                let git = &world.repo(ROCKET).unwrap().git;
                let tip = git.branches.get(base.as_str()).unwrap();
                let near = git.ancestors(head).contains(commit) || git.ancestors(tip).contains(commit);
                drop(world);
                let of_it = |(c, v): &&(&str, String)| c == checklist && v == version;
                let all = self.model.issues.values().filter(of_it).count();
                !near || (all > 0 && self.model.live(&self.app, checklist, version).len() == all)
            };
            if alone && self.model.releases.iter().all(whole) {
                let check = self.app.check(head, "holdpoint/release");
                assert!(
                    check.starts_with("success"),
                    "seed {}: everything is done, and {head} for {base} says {check}\n{}",
                    self.seed,
                    self.model.story.join("\n")
                );
            }
        }
    }
}

async fn history(seed: u64) {
    let mut history = begin(seed).await;
    // Something to talk about.
    history.release();
    history.open_pull();
    history.hold().await;
    for _ in 0..30 {
        history.step().await;
        if history.dice.roll(3) > 0 {
            history.hold().await;
        }
    }
    history.clear_up().await;
    let dead = history.app.holdpoint.context().store.dead(5).await.unwrap();
    assert!(dead.is_empty(), "seed {seed}: {dead:?}\n{}", history.model.story.join("\n"));
    history.app.finish().await;
}

#[tokio::test]
async fn in_any_repository_a_green_check_is_a_true_one() {
    for seed in seeds(3) {
        history(seed).await;
    }
}
