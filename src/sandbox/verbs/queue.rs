//! Merge queues: pull requests are put on top of one another, each such commit gets its checks, and what passes is merged.
//!
//! As on GitHub a queue goes on by itself: when a check ends, when a branch or a pull request moves, when time passes. A required
//! check that ended and did not pass takes the pull request out, and those behind it get new groups.

use super::git::ZERO;
use crate::sandbox::json;
use crate::sandbox::queue::{Group, MergeQueue, Past, Rules, Strategy};
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Merged, Repo, Role, State};
use crate::sandbox::world::{Clock, World};
use serde_json::json;

/// A run that goes on for so many seconds becomes `stale`.
const STALE: i64 = 14 * 24 * 3_600;

/// How a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Passed,
    Waits,
    Failed,
}

impl World {
    /// Gives a branch a merge queue, or takes it away. From then on nobody merges past it.
    pub fn set_merge_queue(&mut self, repo: &str, branch: &str, rules: Option<Rules>) -> Result<(), Refused> {
        let queues = &mut self.repo_mut(repo)?.queues;
        match rules {
            Some(rules) => queues.entry(branch.to_owned()).or_default().rules = rules,
            None => drop(queues.remove(branch)),
        }
        self.tick_clock();
        self.advance_all_queues()
    }

    /// Puts pull requests into the queue of their base, one behind the other: `pull_request.enqueued` and
    /// `merge_group.checks_requested` for each. Gives the last group's branch and commit.
    pub fn enqueue(&mut self, repo: &str, numbers: &[u64], user: &str) -> Result<(String, String), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let mut last = None;
        for number in numbers {
            last = Some(self.enqueue_one(id, *number, user)?);
        }
        let Some(group) = last else { return Err(Refused::invalid("MergeGroup", "pull_requests", "missing")) };
        self.advance_queues(id)?;
        Ok((group.branch, group.head))
    }

    fn enqueue_one(&mut self, id: u64, number: u64, user: &str) -> Result<Group, Refused> {
        let repo = self.repo_by_id(id)?;
        let (issue, pull) = repo.pull(number)?;
        let base = pull.base_ref.clone();
        let queue = repo.queues.get(&base).ok_or_else(|| Refused::new(422, "Merge queue is not enabled"))?;
        if issue.state == State::Closed || pull.draft {
            return Err(Refused::new(422, "Pull request is not mergeable"));
        }
        if queue.groups.iter().any(|group| group.number == number) {
            return Err(Refused::new(422, "Pull request is already in the queue"));
        }
        if let Some(why) = repo.blocked(&base, &pull.head_sha, Role::Write) {
            return Err(Refused::new(422, why));
        }
        self.emit_pull(id, number, "enqueued", user, json!({}))?;
        self.add_group(id, &base, number, user)
    }

    /// Has a pull request put into the queue as soon as what it waits for has passed, as "Merge when ready" does.
    pub fn merge_when_ready(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let (id, base) = (found.id, found.pull(number)?.1.base_ref.clone());
        let queue = self.queue_mut(id, &base)?;
        queue.when_ready.retain(|(known, _)| *known != number);
        queue.when_ready.push((number, user.to_owned()));
        self.tick_clock();
        self.advance_queues(id)
    }

    /// Takes a pull request out of the queue: `merge_group.destroyed` with `dequeued`, and new groups for those behind it.
    pub fn dequeue(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let (id, base) = (found.id, found.pull(number)?.1.base_ref.clone());
        self.tick_clock();
        let at = self.queue_mut(id, &base)?.groups.iter().position(|group| group.number == number);
        self.take_out(id, &base, at.ok_or_else(Refused::not_found)?, "MANUAL")?;
        self.advance_queues(id)
    }

    /// Lets time pass: runs that go on become stale, and queues lose patience.
    pub fn pass_time(&mut self, seconds: i64) -> Result<(), Refused> {
        if let Clock::Counted(now) = &mut self.clock {
            *now += seconds;
        }
        let now = self.tick_clock();
        for run in self.repos.values_mut().flat_map(|repo| repo.check_runs.values_mut()) {
            if run.status != "completed" && now > run.started_at + STALE {
                run.status = "completed".to_owned();
                run.conclusion = Some("stale".to_owned());
                run.completed_at = Some(now);
            }
        }
        self.advance_all_queues()
    }

    /// As [`World::advance_queues`], for all repositories.
    pub fn advance_all_queues(&mut self) -> Result<(), Refused> {
        let ids: Vec<u64> = self.repos.values().filter(|repo| !repo.queues.is_empty()).map(|repo| repo.id).collect();
        ids.into_iter().try_for_each(|id| self.advance_queues(id))
    }

    /// Lets the queues of a repository go on as far as they can.
    pub(super) fn advance_queues(&mut self, id: u64) -> Result<(), Refused> {
        let branches: Vec<String> = self.repo_by_id(id)?.queues.keys().cloned().collect();
        for branch in branches {
            // Each step ends a group or begins one; a queue that stands still has none.
            while self.step(id, &branch)? {}
        }
        Ok(())
    }

    fn step(&mut self, id: u64, branch: &str) -> Result<bool, Refused> {
        let repo = self.repo_by_id(id)?;
        let Some(queue) = repo.queues.get(branch) else { return Ok(false) };
        let ready = queue.when_ready.iter().position(|(number, _)| {
            repo.pull(*number).is_ok_and(|(_, pull)| repo.blocked(branch, &pull.head_sha, Role::Write).is_none())
        });
        if let Some(at) = ready {
            let (number, user) = self.queue_mut(id, branch)?.when_ready.remove(at);
            // What cannot be queued is as if nobody had asked.
            return Ok(self.enqueue_one(id, number, &user).is_ok());
        }
        let moved = |group: &Group| {
            repo.pull(group.number).is_ok_and(|(issue, pull)| {
                issue.state == State::Closed || pull.head_sha != group.pull_head || pull.base_ref != branch
            })
        };
        if let Some(at) = queue.groups.iter().position(moved) {
            self.take_out(id, branch, at, "MANUAL")?;
            return Ok(true);
        }
        if queue.groups.first().is_some_and(|first| repo.git.branches.get(branch) != Some(&first.base)) {
            self.rebuild(id, branch, 0)?;
            return Ok(true);
        }
        let states: Vec<Standing> = queue.groups.iter().map(|g| standing(repo, queue, branch, g, self.now())).collect();
        let failed = match queue.rules.strategy {
            Strategy::AllGreen => states.iter().position(|state| *state == Standing::Failed),
            Strategy::HeadGreen => states.len().checked_sub(1).filter(|at| states.get(*at) == Some(&Standing::Failed)),
        };
        if let Some(at) = failed {
            self.take_out(id, branch, at, "CI_FAILURE")?;
            return Ok(true);
        }
        let passed = match queue.rules.strategy {
            Strategy::AllGreen => states.iter().take_while(|state| **state == Standing::Passed).count(),
            Strategy::HeadGreen => states.iter().rposition(|state| *state == Standing::Passed).map_or(0, |at| at + 1),
        };
        let waited = queue.groups.first().is_some_and(|first| self.now() >= first.at + queue.rules.patience);
        if passed == 0 || (passed < queue.rules.least && !waited) {
            return Ok(false);
        }
        self.merge_groups(id, branch, passed)?;
        Ok(true)
    }

    /// Merges the first groups of a queue: the branch moves to the last one's commit.
    fn merge_groups(&mut self, id: u64, branch: &str, count: usize) -> Result<(), Refused> {
        let now = self.tick_clock();
        let merged: Vec<Group> = self.queue_mut(id, branch)?.groups.drain(..count).collect();
        let tip = self.repo_by_id(id)?.git.branches.get(branch).cloned().unwrap_or_default();
        for group in &merged {
            let issue = self.repo_by_id_mut(id)?.issue_mut(group.number)?;
            issue.state = State::Closed;
            issue.updated_at = now;
            issue.closed_at = Some(now);
            issue.closed_by = Some(group.by.clone());
            if let Some(pull) = issue.pull.as_mut() {
                pull.base_sha.clone_from(&tip);
                pull.merged = Some(Merged { sha: group.head.clone(), by: group.by.clone(), at: now });
            }
        }
        if let Some(last) = merged.last() {
            self.push(id, branch, &last.head, &last.by)?;
        }
        for group in &merged {
            self.end_group(id, branch, group, "merged")?;
            self.emit_pull(id, group.number, "closed", &group.by, json!({}))?;
        }
        Ok(())
    }

    fn take_out(&mut self, id: u64, branch: &str, at: usize, reason: &str) -> Result<(), Refused> {
        let group = self.queue_mut(id, branch)?.groups.remove(at);
        self.end_group(id, branch, &group, "dequeued")?;
        self.emit_pull(id, group.number, "dequeued", &group.by, json!({ "reason": reason }))?;
        self.rebuild(id, branch, at)
    }

    /// Groups from this one on stand on something that is not there any more: each gets a new one.
    fn rebuild(&mut self, id: u64, branch: &str, from: usize) -> Result<(), Refused> {
        let behind = self.queue_mut(id, branch)?.groups.split_off(from);
        for group in &behind {
            self.end_group(id, branch, group, "invalidated")?;
        }
        for group in behind {
            if self.add_group(id, branch, group.number, &group.by).is_err() {
                self.emit_pull(id, group.number, "dequeued", &group.by, json!({ "reason": "MERGE_CONFLICT" }))?;
            }
        }
        Ok(())
    }

    fn add_group(&mut self, id: u64, base: &str, number: u64, user: &str) -> Result<Group, Refused> {
        let now = self.tick_clock();
        let repo = self.repo_by_id_mut(id)?;
        let tip = repo.git.branches.get(base).cloned().ok_or_else(Refused::not_found)?;
        let queue = repo.queues.get(base).ok_or_else(Refused::not_found)?;
        let (below, squash) = (queue.groups.last().map_or(tip, |last| last.head.clone()), queue.rules.squash);
        let (issue, pull) = repo.pull(number)?;
        let (title, pull_head) = (issue.title.clone(), pull.head_sha.clone());
        let tree = repo.git.merged_tree(&below, &pull_head)?;
        let (parents, message) = if squash {
            (vec![below.clone()], format!("{title} (#{number})"))
        } else {
            (vec![below.clone(), pull_head.clone()], format!("Merge pull request #{number}\n\n{title}"))
        };
        let head = repo.git.write_commit(parents, tree, &message, user, now);
        let branch = format!("gh-readonly-queue/{base}/pr-{number}-{below}");
        repo.git.branches.insert(branch.clone(), head.clone());
        let group = Group { number, pull_head, by: user.to_owned(), branch, head, base: below, at: now };
        self.queue_mut(id, base)?.groups.push(group.clone());
        self.emit_push(id, &format!("refs/heads/{}", group.branch), ZERO, &group.head, user)?;
        self.emit_group(id, "checks_requested", base, &group, json!({}))?;
        Ok(group)
    }

    fn end_group(&mut self, id: u64, base: &str, group: &Group, reason: &'static str) -> Result<(), Refused> {
        let at = self.tick_clock();
        self.emit_group(id, "destroyed", base, group, json!({ "reason": reason }))?;
        self.repo_by_id_mut(id)?.git.branches.remove(&group.branch);
        self.emit_push(id, &format!("refs/heads/{}", group.branch), &group.head, ZERO, &group.by)?;
        let past = Past { number: group.number, head: group.head.clone(), reason, at };
        self.queue_mut(id, base)?.past.push(past);
        Ok(())
    }

    fn emit_group(
        &mut self,
        id: u64,
        action: &str,
        base: &str,
        group: &Group,
        extra: serde_json::Value,
    ) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let commit = repo.git.commits.get(&group.head).map(|c| json::push_commit(self, repo, c));
        let value = json!({
            "head_sha": group.head,
            "head_ref": format!("refs/heads/{}", group.branch),
            "base_sha": group.base,
            "base_ref": format!("refs/heads/{base}"),
            "head_commit": commit,
        });
        let payload = json::merged(json!({ "merge_group": value }), extra);
        self.emit(id, "merge_group", Some(action), &group.by, payload);
        Ok(())
    }

    fn queue_mut(&mut self, id: u64, branch: &str) -> Result<&mut MergeQueue, Refused> {
        self.repo_by_id_mut(id)?.queues.get_mut(branch).ok_or_else(Refused::not_found)
    }
}

/// A required check that has not ended is waited for, as long as the queue does.
fn standing(repo: &Repo, queue: &MergeQueue, branch: &str, group: &Group, now: i64) -> Standing {
    let checks = repo.protection.get(branch).map(|p| p.checks.as_slice()).unwrap_or_default();
    let states: Vec<_> = checks.iter().filter_map(|check| repo.check_state(check, &group.head)).collect();
    match states.as_slice() {
        [] => Standing::Passed,
        all if all.contains(&"is failing") || now > group.at + queue.rules.response_timeout => Standing::Failed,
        _ => Standing::Waits,
    }
}
