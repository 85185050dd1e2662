//! What people do: each step of theirs, with GitHub's own verbs.

use crate::play::{Play, nth};
use crate::start::{CHECKLIST, CONFIGURATION, GATE};
use crate::steps::{Next, Place, Step, Who};
use crate::truth::items;
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{Fault, Method, PullEdit, World};
use std::fmt;

impl Play<'_> {
    /// Has somebody change the world, and lets the oracle see it.
    fn act<T: fmt::Debug>(&mut self, who: &str, what: &str, change: impl FnOnce(&mut World, &str) -> T) -> T {
        let mut world = self.github.world();
        let result = change(&mut world, &self.name);
        self.truth.observe(&world, who);
        for (issue, pull) in world.repos.values().flat_map(|r| r.pulls()) {
            let known = (issue.number, pull.head_sha.clone());
            if !self.heads.contains(&known) {
                self.heads.push(known);
            }
        }
        drop(world);
        let mut line = format!("{who}: {what}: {result:?}");
        line.truncate(300);
        self.note(line);
        result
    }

    // What there is.

    fn issues(&self) -> Vec<u64> {
        let bot = self.github.world().bot();
        self.github.issues(&self.name).into_iter().filter(|i| i.user == bot).map(|i| i.number).collect()
    }

    fn all_numbers(&self) -> Vec<u64> {
        self.github.world().repo(&self.name).unwrap().issues.keys().copied().collect()
    }

    fn pulls(&self, open: bool) -> Vec<u64> {
        let world = self.github.world();
        let repo = world.repo(&self.name).unwrap();
        repo.pulls().filter(|(i, _)| (i.state == State::Open) == open).map(|(i, _)| i.number).collect()
    }

    fn commit_of(&mut self, place: Place) -> String {
        let branch = match place {
            Place::Main => "main",
            Place::Production => "production",
            Place::Head(n) => {
                let heads: Vec<String> =
                    self.pulls(true).iter().map(|p| self.github.pull(&self.name, *p).unwrap().head_sha).collect();
                match nth(&heads, n) {
                    Some(head) => return head,
                    None => "main",
                }
            }
            Place::Side => return self.side("production", &[]),
        };
        self.github.world().repo(&self.name).unwrap().git.branches[branch].clone()
    }

    /// A new branch of bob's on a commit, with a commit of its own: that commit.
    fn side(&mut self, from: &str, files: &[(&str, Option<&str>)]) -> String {
        let branch = self.branch(from, files);
        self.github.world().repo(&self.name).unwrap().git.branches[&branch].clone()
    }

    fn branch(&mut self, from: &str, files: &[(&str, Option<&str>)]) -> String {
        self.serial += 1;
        let (branch, path, text) =
            (format!("side-{}", self.serial), format!("src/side{}.py", self.serial), format!("{}\n", self.serial));
        let mut all = files.to_vec();
        all.push((path.as_str(), Some(text.as_str())));
        let what = format!("branch {branch} from {from} with {all:?}");
        // Whoever left pushes nothing any more.
        let there = self.github.world().repo(&self.name).unwrap().roles.contains_key("bob");
        let hand = if there { "bob" } else { "alice" };
        self.act(hand, &what, |world, name| {
            world.create_branch(name, &branch, from, hand).unwrap();
            world.commit_to(name, &branch, hand, "Aside", &all)
        })
        .unwrap();
        branch
    }

    fn bases(&self) -> &'static [&'static str] {
        if self.kind.two {
            &["production", "production", "staging", "main"]
        } else {
            &["production", "production", "production", "main", "staging"]
        }
    }

    fn version(&self, next: Next) -> String {
        let world = self.github.world();
        let numbers = |tag: &String| -> Option<(u32, u32)> {
            let (minor, patch) = tag.strip_prefix("v1.")?.split_once('.')?;
            Some((minor.parse().ok()?, patch.parse().ok()?))
        };
        let all: Vec<(u32, u32)> = world.repo(&self.name).unwrap().git.tags.keys().filter_map(numbers).collect();
        let minor = all.iter().map(|(minor, _)| minor + 1).max().unwrap_or(0);
        match next {
            Next::Patch if minor > 1 => {
                let line = minor - 2;
                let patch = all.iter().filter(|(m, _)| *m == line).map(|(_, patch)| patch + 1).max().unwrap_or(1);
                format!("v1.{line}.{patch}")
            }
            Next::Minor | Next::Patch => format!("v1.{minor}.0"),
        }
    }

    fn text_items(&self, issue: u64) -> Vec<String> {
        items(&self.github.body(&self.name, issue)).into_iter().map(|i| i.text).collect()
    }

    fn edit(&mut self, who: Who, issue: u64, what: &str, change: impl FnOnce(&str) -> String) {
        let before = self.github.body(&self.name, issue);
        let after = change(&before);
        if after != before {
            drop(self.act(who.login(), &format!("{what} in #{issue}"), |world, name| {
                world.edit_issue_body(name, issue, who.login(), &after)
            }));
        }
    }

    fn click(&mut self, who: Who, issue: u64, item: &str, to: Option<bool>) {
        let (open, done) = (format!("- [ ] {item}"), format!("- [x] {item}"));
        self.edit(who, issue, &format!("clicks `{item}`"), |body| match to {
            Some(true) => body.replacen(&open, &done, 1),
            Some(false) => body.replacen(&done, &open, 1),
            None if body.contains(&open) => body.replacen(&open, &done, 1),
            None => body.replacen(&done, &open, 1),
        });
    }

    pub fn on_an_issue(&mut self, step: Step) {
        let issues = self.issues();
        match step {
            Step::Complete(n) => {
                let Some(issue) = nth(&issues, issues.len().wrapping_sub(1).wrapping_sub(n % 2)) else { return };
                for item in self.text_items(issue) {
                    let after = item.starts_with("Watch the sky");
                    let who = match item.as_str() {
                        "Close the hatch" => Who::Bob,
                        "Ring the bell" => Who::Frank,
                        _ if n > 5 => Who::Bob,
                        _ => Who::Erin,
                    };
                    if !after || n % 4 == 3 {
                        self.click(who, issue, &item, Some(true));
                    }
                }
            }
            Step::Click(who, issue, item) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let Some(item) = nth(&self.text_items(issue), item) else { return };
                self.click(who, issue, &item, None);
            }
            Step::Untick(who, issue, item) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let body = self.github.body(&self.name, issue);
                let ticked: Vec<String> =
                    self.text_items(issue).into_iter().filter(|i| body.contains(&format!("- [x] {i}"))).collect();
                let Some(item) = nth(&ticked, item) else { return };
                self.click(who, issue, &item, Some(false));
            }
            Step::Delete(who, issue, item) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let mut all = self.text_items(issue);
                all.sort_by_key(|item| !item.starts_with("Extra "));
                let Some(item) = nth(&all, item / 4) else { return };
                self.edit(who, issue, &format!("takes out `{item}`"), |body| {
                    body.split_inclusive('\n').filter(|l| !l.contains(&format!("] {item}"))).collect()
                });
            }
            Step::Reword(who, issue, item) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let Some(item) = nth(&self.text_items(issue), item) else { return };
                self.edit(who, issue, &format!("rewords `{item}`"), |body| {
                    body.replace(&format!("] {item}"), &format!("] Do not {item}"))
                });
            }
            Step::AddItem(who, issue) => {
                let Some(issue) = nth(&issues, issue) else { return };
                self.serial += 1;
                let line = format!("- [ ] Extra {}\n<!-- holdpoint v", self.serial);
                self.edit(who, issue, "adds an item", |body| body.replacen("<!-- holdpoint v", &line, 1));
            }
            Step::CopyLine(who, from, to) => {
                let (Some(from), Some(to)) = (nth(&issues, from), nth(&issues, to)) else { return };
                let line = |body: &str| body.lines().last().unwrap_or_default().to_owned();
                let copied = line(&self.github.body(&self.name, from));
                self.edit(who, to, &format!("copies the line of #{from}"), |body| body.replace(&line(body), &copied));
            }
            Step::Hijack(issue) => {
                let Some(issue) = nth(&issues, issue) else { return };
                drop(self.act("bob", &format!("rewrites erin's comment on #{issue}"), |world, name| {
                    let comment = world.comment(name, issue, "erin", "Looks good so far")?;
                    world.edit_comment(name, comment, "bob", "/hp override ship it")?;
                    if let Some(found) = world.repo_mut(name)?.comments.get_mut(&comment) {
                        // GitHub's times have whole seconds.
                        found.updated_at = found.created_at;
                    }
                    Ok::<_, holdpoint::sandbox::Refused>(comment)
                }));
            }
            Step::Command(who, issue, item) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let all = self.text_items(issue);
                let Some(item) = nth(&all, item) else { return };
                let number = all.iter().position(|other| *other == item).unwrap_or_default() + 1;
                let text = format!("/hp done {number}");
                let said = self.act(who.login(), &format!("{text} (`{item}`) on #{issue}"), |world, name| {
                    world.comment(name, issue, who.login(), &text)
                });
                if said.is_ok() {
                    self.truth.signed(&self.github.world(), issue, who.login(), &item);
                }
            }
            Step::Override(who, issue) => {
                let Some(issue) = nth(&issues, issue) else { return };
                let said = self.act(who.login(), &format!("overrides on #{issue}"), |world, name| {
                    world.comment(name, issue, who.login(), "/hp override it is on fire")
                });
                if said.is_ok() {
                    self.truth.overridden(&self.github.world(), issue, who.login());
                }
            }
            Step::CloseIssue(who, issue) => {
                let Some(issue) = nth(&issues, issue) else { return };
                drop(self.act(who.login(), &format!("closes #{issue}"), |world, name| {
                    world.close_issue(name, issue, who.login(), None)
                }));
            }
            Step::DeleteIssue(issue) => {
                let Some(issue) = nth(&issues, issue) else { return };
                drop(self.act("alice", &format!("deletes #{issue}"), |world, name| {
                    world.delete_issue(name, issue, "alice")
                }));
            }
            _ => {}
        }
    }

    pub fn push(&mut self, step: Step) {
        self.serial += 1;
        let n = self.serial;
        match step {
            Step::Commit => {
                let path = format!("src/{n}.py");
                drop(self.act("bob", "commits to main", |world, name| {
                    world.commit_to(name, "main", "bob", "Work", &[(&path, Some("x\n"))])
                }));
            }
            Step::AddFile => {
                let (path, text) = (format!("release-steps/{n}.md"), format!("- [ ] Do step {n}\n"));
                drop(self.act("bob", &format!("step {n} on main"), |world, name| {
                    world.commit_to(name, "main", "bob", "A step", &[(&path, Some(&text))])
                }));
            }
            Step::Tag(who, next, place) => {
                let (commit, tag) = (self.commit_of(place), self.version(next));
                drop(self.act(who.login(), &format!("tags {commit} as {tag}"), |world, name| {
                    world.create_tag(name, &tag, &commit, who.login(), None)
                }));
            }
            Step::FourTags(who, next, place) => {
                let (commit, tag) = (self.commit_of(place), self.version(next));
                let others = [format!("a{n}"), format!("b{n}"), format!("c{n}")];
                self.blind = true;
                drop(self.act(who.login(), &format!("tags {commit} as {tag} and three other names"), |world, name| {
                    let all = [tag.as_str(), &others[0], &others[1], &others[2]].map(|tag| (tag, commit.as_str()));
                    world.push_tags(name, who.login(), &all, None)
                }));
            }
            Step::MoveTag(tag, place) => {
                let tags: Vec<String> = {
                    let world = self.github.world();
                    world.repo(&self.name).unwrap().git.tags.keys().filter(|t| t.starts_with('v')).cloned().collect()
                };
                let Some(tag) = nth(&tags, tag) else { return };
                let commit = self.commit_of(place);
                drop(self.act("bob", &format!("moves {tag} to {commit}"), |world, name| {
                    world.move_tag(name, &tag, &commit, "bob")
                }));
            }
            _ => {}
        }
    }

    fn open(&mut self, head: &str, base: &str) {
        drop(self.act("bob", &format!("opens {head} for {base}"), |world, name| {
            world.open_pull_request(name, "bob", head, base, "A change", "")
        }));
    }

    pub fn on_a_pull(&mut self, step: Step) {
        let open = self.pulls(true);
        match step {
            Step::OpenMain(base) => {
                let base = nth(self.bases(), base).unwrap();
                self.open("main", base);
            }
            Step::Open(_, place, base) => {
                let base = nth(self.bases(), base).unwrap();
                let from = self.commit_of(place);
                let branch = self.branch(&from, &[]);
                self.open(&branch, base);
            }
            Step::OwnHead(place, base) => {
                let base = nth(self.bases(), base).unwrap();
                let from = self.commit_of(place);
                let branch = self.branch(&from, &[(CONFIGURATION, Some("checklists:\n  release: {}\n"))]);
                self.open(&branch, base);
            }
            Step::OwnBase(from, place) => {
                let head = match nth(&open, from) {
                    Some(pull) if from % 2 == 0 => self.github.pull(&self.name, pull).unwrap().head_ref,
                    _ => {
                        let from = self.commit_of(place);
                        self.branch(&from, &[])
                    }
                };
                self.serial += 1;
                let own = "checklists:\n  release:\n    gate: { branches: [\"side-*\"] }\n";
                let base =
                    self.branch(if from % 3 == 0 { "production" } else { "main" }, &[(CONFIGURATION, Some(own))]);
                self.open(&head, &base);
            }
            Step::PushOver(pull) => {
                let Some(pull) = nth(&open, pull) else { return };
                self.serial += 1;
                let path = format!("src/{}.py", self.serial);
                drop(self.act("bob", &format!("pushes to !{pull}"), |world, name| {
                    world.push_to_pull_request(name, pull, "bob", "More", &[(&path, Some("x\n"))])
                }));
            }
            Step::PushBack(pull) => {
                let Some(pull) = nth(&open, pull) else { return };
                let branch = self.github.pull(&self.name, pull).unwrap().head_ref;
                let had = self.heads.iter().find(|(number, _)| *number == pull).map(|(_, head)| head.clone());
                let Some(head) = had else { return };
                drop(self.act("bob", &format!("puts !{pull} back to {head}"), |world, name| {
                    world.push_commit(name, &branch, &head, "bob")
                }));
            }
            Step::Rebase(pull, base) => {
                let (Some(pull), Some(base)) = (nth(&open, pull), nth(self.bases(), base)) else { return };
                let edit = PullEdit { base: Some(base.to_owned()), ..PullEdit::default() };
                drop(self.act("bob", &format!("!{pull} is for {base} now"), |world, name| {
                    world.edit_pull_request(name, pull, "bob", &edit)
                }));
            }
            Step::Close(pull) => {
                let Some(pull) = nth(&open, pull) else { return };
                drop(
                    self.act("bob", &format!("closes !{pull}"), |world, name| {
                        world.close_pull_request(name, pull, "bob")
                    }),
                );
            }
            Step::Reopen(pull) => {
                let Some(pull) = nth(&self.pulls(false), pull) else { return };
                drop(self.act("bob", &format!("reopens !{pull}"), |world, name| {
                    world.reopen_pull_request(name, pull, "bob")
                }));
            }
            Step::Merge(_, pull, method) => {
                let Some(pull) = nth(&open, pull) else { return };
                let method = [Method::Merge, Method::Squash, Method::Rebase][method % 3];
                drop(self.act("bob", &format!("merges !{pull} ({method:?})"), |world, name| {
                    world.merge_pull_request(name, pull, "bob", method)
                }));
            }
            Step::Enqueue(pull) => {
                let Some(pull) = nth(&open, pull) else { return };
                drop(self.act("bob", &format!("queues !{pull}"), |world, name| world.enqueue(name, &[pull], "bob")));
            }
            Step::EnqueueAll => {
                for pull in open {
                    drop(
                        self.act("bob", &format!("queues !{pull}"), |world, name| world.enqueue(name, &[pull], "bob")),
                    );
                }
            }
            Step::Dequeue(pull) => {
                let Some(pull) = nth(&open, pull) else { return };
                drop(self.act("bob", &format!("takes !{pull} out"), |world, name| world.dequeue(name, pull, "bob")));
            }
            Step::Deploy(_, place) => {
                let commit = self.commit_of(place);
                drop(self.act("bob", &format!("deploys {commit}"), |world, name| {
                    world.start_deploying(name, &commit, &["production"], "bob")
                }));
            }
            Step::OwnChecklist(n) => {
                let own = [(CHECKLIST, Some("- [ ] Say hello\n"))];
                let branch = self.branch("main", &own);
                let tag = self.version(Next::Minor);
                drop(self.act("bob", &format!("tags {branch} as {tag}"), |world, name| {
                    world.create_tag(name, &tag, &branch, "bob", None)
                }));
                if n % 2 == 0 {
                    self.open(&branch, "production");
                }
            }
            Step::UntickAndQueue(n) => {
                self.on_an_issue(Step::Untick(Who::Bob, n, 0));
                self.on_a_pull(Step::EnqueueAll);
            }
            Step::Reissue(n) => {
                let tags: Vec<String> = {
                    let world = self.github.world();
                    world.repo(&self.name).unwrap().git.tags.keys().filter(|t| t.starts_with('v')).cloned().collect()
                };
                let (Some(tag), Some(at)) = (nth(&tags, n), nth(&self.all_numbers(), n)) else { return };
                drop(self.act("erin", &format!("/hp open {tag} on #{at}"), |world, name| {
                    world.comment(name, at, "erin", &format!("/hp open {tag}"))
                }));
            }
            Step::Rerun(n) => {
                let runs: Vec<u64> = {
                    let world = self.github.world();
                    let repo = world.repo(&self.name).unwrap();
                    repo.check_runs.values().filter(|r| r.name == GATE).map(|r| r.id).collect()
                };
                let Some(run) = nth(&runs, n) else { return };
                drop(self.act("bob", "presses Re-run", |world, name| world.rerequest_check(name, run, "bob")));
            }
            _ => {}
        }
    }

    pub fn administer(&mut self, step: Step) {
        match step {
            Step::Leave(who) => {
                drop(
                    self.act("alice", &format!("{who:?} leaves"), |world, name| {
                        world.set_role(name, who.login(), None)
                    }),
                );
                // What somebody may is remembered for a minute, and that window is known.
                if let Some(process) = &self.process {
                    let github = &process.holdpoint.context().github;
                    github.not_before(github.now_ms() + 120_000);
                }
            }
            Step::Rename => {
                self.serial += 1;
                let new = format!("rocket{}", self.serial);
                if self
                    .act("alice", &format!("renames to {new}"), |world, name| {
                        world.rename_repository(name, &new, "alice")
                    })
                    .is_ok()
                {
                    self.name = format!("acme/{new}");
                }
            }
            Step::Suspend | Step::Unsuspend => {
                let suspend = step == Step::Suspend;
                if self.suspended == suspend {
                    return;
                }
                (self.suspended, self.blind) = (suspend, true);
                let word = if suspend { "suspends" } else { "unsuspends" };
                drop(self.act("alice", word, |world, _| {
                    let id = *world.installations.keys().next().unwrap();
                    if suspend { world.suspend(id, "alice") } else { world.unsuspend(id, "alice") }
                }));
            }
            // A file that is hidden right after the database was lost is taken for none: see ADR 0026.
            Step::Refuse(..) if self.kind.organisation && self.truth.has_forgotten() => {}
            Step::Refuse(what, times) => {
                self.blind = true;
                let (path, fault) = [
                    ("/repos/acme/.github", Fault::Status(403)),
                    ("/repos/acme/.github", Fault::Status(404)),
                    ("/repos", Fault::Status(403)),
                    ("/repos", Fault::Status(404)),
                    ("/repos", Fault::Status(502)),
                    ("/repos", Fault::DropAfter),
                    ("/orgs", Fault::Status(403)),
                    ("/graphql", Fault::Status(502)),
                ][if self.kind.organisation { what % 3 } else { what % 8 }];
                let method = if path == "/graphql" { "POST" } else { "GET" };
                let times = if path.ends_with(".github") { 10 } else { u32::try_from(times % 3 + 1).unwrap() };
                self.note(format!("GitHub answers {method} {path} with {fault:?}, {times} times"));
                self.github.fail_next(method, path, fault, times);
            }
            _ => {}
        }
    }
}
