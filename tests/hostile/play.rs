//! Plays a history: people act on the stand-in GitHub, deliveries fare as they do, Holdpoint works; and the oracle looks at
//! every green that is written, at every yes to a deployment, and at all that is left when everybody has heard of everything.

use crate::start::{Folder, GATE, Kind, Process, ROCKET, Stage};
use crate::steps::Step;
use crate::truth::{Moment, Truth};
use holdpoint::sandbox::{Sandbox, World};
use std::fmt;
use std::path::Path;

/// What the oracle refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub class: Class,
    pub what: String,
    pub story: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It was written while the world forbade it.
    Written,
    /// It is left although every delivery was handled and nothing was lost.
    Heard,
    /// It is left after every delivery arrived or was given up, and a sweep.
    Left,
    /// A deployment had a yes that the world forbade.
    Approved,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}: {}", self.class, self.what)?;
        self.story.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// What a history amounted to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub greens: u64,
    pub yes: u64,
    pub batches: u64,
}

/// A history that is being played.
pub struct Play<'s> {
    pub github: &'s Sandbox,
    pub folder: Folder,
    pub process: Option<Process>,
    pub kind: Kind,
    pub truth: Truth,
    pub name: String,
    pub now: i64,
    /// A delivery was lost, or a job given up, since the last sweep.
    pub blind: bool,
    pub suspended: bool,
    pub serial: usize,
    pub story: Vec<String>,
    pub heads: Vec<(u64, String)>,
    pub tally: Tally,
    pub finding: Option<(Class, String)>,
}

/// Plays the steps on a fresh copy of the kind's repository.
pub async fn play(stage: &mut Stage, kind: Kind, steps: &[Step]) -> (Tally, Option<Finding>) {
    let (folder, process) = stage.begin(kind).await;
    let repo = stage.github.world().repo_id(ROCKET).unwrap();
    let mut play = Play {
        github: &stage.github,
        folder,
        process: Some(process),
        kind,
        truth: Truth::new(kind, repo),
        name: ROCKET.to_owned(),
        now: 0,
        blind: false,
        suspended: false,
        serial: 0,
        story: vec![format!("{kind:?}")],
        heads: Vec::new(),
        tally: Tally::default(),
        finding: None,
    };
    play.truth.observe(&play.github.world(), "alice");
    for step in steps {
        play.take(*step).await;
        if play.finding.is_some() {
            break;
        }
    }
    if play.finding.is_none() {
        play.finish().await;
    }
    if let Some(process) = play.process.take() {
        process.stop().await;
    }
    let finding = play.finding.take().map(|(class, what)| Finding { class, what, story: play.story });
    (play.tally, finding)
}

/// The nth, or where there are fewer, counted round.
pub fn nth<T: Clone>(all: &[T], n: usize) -> Option<T> {
    if all.is_empty() { None } else { all.get(n % all.len()).cloned() }
}

impl Play<'_> {
    pub fn note(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn found(&mut self, class: Class, what: String) {
        self.finding.get_or_insert((class, what));
    }

    // Steps.

    async fn take(&mut self, step: Step) {
        match step {
            Step::Deliver { count, newest_first, twice, work } => self.deliver(count, newest_first, twice, work).await,
            Step::Lose(count) => self.lose(count, false),
            Step::Fail(count) => self.lose(count, true),
            Step::Settle => self.settle().await,
            Step::Sweep => self.sweep().await,
            Step::LoseDatabase | Step::Restart => self.replace_process(step == Step::LoseDatabase).await,
            Step::Complete(_)
            | Step::Click(..)
            | Step::Untick(..)
            | Step::Delete(..)
            | Step::Reword(..)
            | Step::AddItem(..)
            | Step::CopyLine(..)
            | Step::Hijack(_)
            | Step::Command(..)
            | Step::Override(..)
            | Step::CloseIssue(..)
            | Step::DeleteIssue(_) => self.on_an_issue(step),
            Step::Commit | Step::AddFile | Step::Tag(..) | Step::FourTags(..) | Step::MoveTag(..) => self.push(step),
            Step::Leave(_) | Step::Rename | Step::Suspend | Step::Unsuspend | Step::Refuse(..) => self.administer(step),
            Step::Open(..)
            | Step::OpenMain(_)
            | Step::PushOver(_)
            | Step::PushBack(_)
            | Step::Rebase(..)
            | Step::Close(_)
            | Step::Reopen(_)
            | Step::Merge(..)
            | Step::Enqueue(_)
            | Step::EnqueueAll
            | Step::Dequeue(_)
            | Step::Deploy(..)
            | Step::Rerun(_)
            | Step::OwnChecklist(_)
            | Step::UntickAndQueue(_)
            | Step::Reissue(_)
            | Step::OwnBase(..)
            | Step::OwnHead(..) => self.on_a_pull(step),
        }
    }

    // Deliveries and work.

    async fn send(&self, id: u64, twice: bool) {
        let rest = {
            let mut world = self.github.world();
            world.hooks.pending.retain(|other| *other != id);
            let rest = std::mem::take(&mut world.hooks.pending);
            world.hooks.pending.push_back(id);
            world.hooks.duplicate_next = u32::from(twice);
            rest
        };
        self.github.deliver_pending().await;
        let mut world = self.github.world();
        let new = std::mem::replace(&mut world.hooks.pending, rest);
        world.hooks.pending.extend(new);
    }

    async fn deliver(&mut self, count: usize, newest_first: bool, twice: bool, work: bool) {
        self.note(format!("{count} arrive, newest first: {newest_first}, twice: {twice}, worked off: {work}"));
        for _ in 0..count {
            let pending = &self.github.world().hooks.pending.clone();
            let Some(id) = (if newest_first { pending.back() } else { pending.front() }).copied() else { return };
            self.send(id, twice).await;
            if work {
                self.work().await;
            }
            if self.finding.is_some() {
                return;
            }
        }
    }

    fn lose(&mut self, count: usize, logged: bool) {
        let mut world = self.github.world();
        let mut lost = Vec::new();
        for _ in 0..count {
            let Some(id) = world.hooks.pending.pop_back() else { break };
            let Some(delivery) = world.hooks.log.get(&id) else { continue };
            lost.push(format!("{} {}", delivery.event, delivery.action.as_deref().unwrap_or_default()));
            if logged {
                world.hooks.log.get_mut(&id).unwrap().outcome = Some(holdpoint::sandbox::hooks::Outcome {
                    code: 502,
                    status: "failed to connect to host".to_owned(),
                    duration: 0.0,
                    response: String::new(),
                });
            } else {
                world.hooks.log.remove(&id);
            }
        }
        drop(world);
        self.blind |= !lost.is_empty();
        self.note(format!("{} {lost:?}", if logged { "failed:" } else { "lost:" }));
    }

    /// Works off what is there, one batch after the other, and looks at what each of them wrote.
    async fn work(&mut self) {
        let Some(process) = self.process.as_ref() else { return };
        let holdpoint = process.holdpoint.clone();
        self.now = self.now.max(holdpoint.context().github.now_ms()).max(holdpoint::telemetry::now_ms());
        for _ in 0..5_000 {
            self.github.clear_exchanges();
            let before = self.truth.moment(&self.github.world());
            if holdpoint.worker().step(self.now).await.unwrap() {
                self.tally.batches += 1;
                self.truth.worked_off(&self.github.world());
                self.look(&before);
                if self.finding.is_some() {
                    return;
                }
                self.now = self.now.max(holdpoint::telemetry::now_ms());
                continue;
            }
            match holdpoint.context().store.next_due().await.unwrap() {
                Some(at) => self.now = self.now.max(at),
                None => return,
            }
        }
        self.found(Class::Left, "the queue does not empty".to_owned());
    }

    /// What the last batch wrote, against the world at that moment.
    fn look(&mut self, before: &Moment) {
        let bot = self.github.world().bot();
        let mut world = self.github.world();
        self.truth.observe(&world, &bot);
        let mut wrong = None;
        for exchange in self.github.exchanges() {
            if exchange.status >= 300 || exchange.request.is_null() {
                continue;
            }
            let text = |key: &str| exchange.request.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            if exchange.path.contains("/check-runs") && text("conclusion") == "success" {
                let repo = world.repo(&self.name).unwrap();
                let id = exchange.response.get("id").and_then(serde_json::Value::as_u64).unwrap_or_default();
                let Some(run) = repo.check_runs.get(&id).filter(|run| run.name == GATE) else { continue };
                self.tally.greens += 1;
                if let Some(why) = self.truth.forbids(&world, before, &run.head_sha) {
                    let title = run.output.title.clone().unwrap_or_default();
                    wrong.get_or_insert((Class::Written, format!("{} is green ({title}): {why}", run.head_sha)));
                }
            }
            if exchange.path.ends_with("/deployment_protection_rule") && text("state") == "approved" {
                let run = exchange.path.split('/').rev().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0_u64);
                let commit = world.repo(&self.name).unwrap().runs.get(&run).map(|r| r.sha.clone()).unwrap_or_default();
                self.tally.yes += 1;
                if let Some(why) = self.truth.forbids_deployment(&world, &commit) {
                    wrong.get_or_insert((Class::Approved, format!("{commit}: {why}")));
                }
                self.truth.let_through(&commit);
            }
        }
        world.revision += 0;
        drop(world);
        if let Some((class, what)) = wrong {
            self.found(class, what);
        }
    }

    async fn settle(&mut self) {
        // What arrived before and was not worked off yet.
        self.work().await;
        for _ in 0..50 {
            let Some(id) = self.github.world().hooks.pending.front().copied() else { break };
            // All that waits, then the work: as many look-ups are one batch then as in life.
            let mut next = Some(id);
            while let Some(id) = next {
                self.send(id, false).await;
                next = self.github.world().hooks.pending.front().copied();
            }
            self.work().await;
            if self.finding.is_some() {
                return;
            }
        }
        self.note("all is delivered and worked off");
        if !self.blind && !self.suspended {
            let dead = self.process.as_ref().unwrap().holdpoint.context().store.counts().await.unwrap().dead;
            if dead > 0 {
                self.blind = true;
                return;
            }
            self.truth.heard(&self.github.world());
            self.stand(Class::Heard);
        }
    }

    /// No green is left that the world forbids.
    fn stand(&mut self, class: Class) {
        let world = self.github.world();
        let now = self.truth.moment(&world);
        let mut wrong = None;
        for commit in self.truth.green(&world) {
            if let Some(why) = self.truth.forbids(&world, &now, &commit) {
                let title = self.github_title(&world, &commit);
                wrong = Some(format!("{commit} is green ({title}): {why}"));
                break;
            }
        }
        drop(world);
        if let Some(what) = wrong {
            self.found(class, what);
        }
    }

    fn github_title(&self, world: &World, commit: &str) -> String {
        let repo = world.repo(&self.name).unwrap();
        let run = repo.check_runs.values().rfind(|r| r.head_sha == commit && r.name == GATE);
        run.and_then(|r| r.output.title.clone()).unwrap_or_default()
    }

    async fn sweep(&mut self) {
        self.note("a sweep");
        let Some(process) = self.process.as_mut() else { return };
        let holdpoint = process.holdpoint.clone();
        drop(process.redelivery.request(&holdpoint.context().github).await);
        if !self.suspended {
            self.github.forget_faults();
        }
        self.settle().await;
        if self.finding.is_some() {
            return;
        }
        holdpoint::sweep::recheck(holdpoint.context()).await;
        self.work().await;
        self.settle().await;
    }

    async fn replace_process(&mut self, lose: bool) {
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
        if lose {
            self.note("the database is lost");
            self.folder = Folder::new();
            self.blind = true;
            self.truth.forgotten(&self.github.world());
            // That the organisation has a file is forgotten with it: one that is hidden right then is taken for none (ADR 0026).
            if self.kind.organisation {
                self.github.forget_faults();
            }
        } else {
            self.note("the process is started anew");
        }
        let folder: &Path = &self.folder.0;
        let process = Process::start(self.github, folder).await;
        self.process = Some(process);
    }

    /// Nothing disturbs any more: what is on its way arrives, a push tells of the repository, and a sweep looks.
    async fn finish(&mut self) {
        self.note("the end");
        self.github.forget_faults();
        if self.suspended {
            self.administer(Step::Unsuspend);
        }
        self.push(Step::Commit);
        self.settle().await;
        if self.finding.is_none() {
            self.sweep().await;
        }
        if self.finding.is_none() {
            self.stand(Class::Left);
        }
    }
}
