//! `holdpoint demo --script`: the tour without a browser, through the same pages and forms, each step looked at.
//!
//! It waits for what GitHub shows and never for time to pass; a step that ends otherwise ends the script.

use super::super::outcome::Outcome;
use super::patience::{POLL_INTERVAL, TIMEOUT, settled};
use super::world::{GATE, ITEMS, Kind, PATIENT, PRODUCTION, SINGLE, TAG};
use crate::handle::Context as Holdpoint;
use crate::sandbox::repo::{CheckRun, State};
use crate::sandbox::{REPO, Sandbox};
use anyhow::{Context as _, bail, ensure};
use axum::body::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::io::Write;

/// The check that every pull request gets.
const REVIEW: &str = "holdpoint/review";

/// Plays all steps; `Problems` where one did not end as it should, with what was seen instead in `out`.
pub(super) async fn play(
    github: &Sandbox,
    holdpoint: &Holdpoint,
    review: u64,
    ship: u64,
    out: &mut impl Write,
) -> anyhow::Result<Outcome> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut script = Script { github, holdpoint, client, review, ship, out, steps: 0 };
    match script.all().await {
        Ok(()) => {
            writeln!(script.out, "\n{} steps, all as they should be", script.steps)?;
            Ok(Outcome::Fine)
        }
        Err(seen) => {
            writeln!(script.out, "\n   NOT AS IT SHOULD BE: {seen:#}\n\nstopped at step {}", script.steps)?;
            Ok(Outcome::Problems)
        }
    }
}

struct Script<'a, W> {
    github: &'a Sandbox,
    holdpoint: &'a Holdpoint,
    client: Client<HttpConnector, Full<Bytes>>,
    review: u64,
    ship: u64,
    out: &'a mut W,
    steps: u32,
}

/// A box on a page.
#[derive(Debug)]
struct Tickable {
    label: String,
    checked: bool,
    offset: String,
}

impl<W: Write> Script<'_, W> {
    async fn all(&mut self) -> anyhow::Result<()> {
        self.reviewed().await?;
        self.unreleased().await?;
        self.merged().await?;
        let issue = self.tagged().await?;
        self.asked_for(issue).await?;
        self.blocked().await?;
        let run = self.held().await?;
        self.not_counted(issue).await?;
        self.signed_off(issue).await?;
        self.let_through(run).await?;
        self.taken_back(issue).await?;
        self.queued(issue).await?;
        self.shipped(issue).await?;
        self.finish_release(issue).await?;
        let wrong = self.github.violations();
        ensure!(wrong.is_empty(), "GitHub would not have understood every call: {}", wrong.join("; "));
        settled(self.github, self.holdpoint).await?;
        let dead = self.holdpoint.store.counts().await?.dead;
        ensure!(dead == 0, "{dead} deliveries were given up");
        Ok(())
    }

    async fn reviewed(&mut self) -> anyhow::Result<()> {
        let pull = self.review;
        self.step(&format!("Pull request #{pull} changes the checklist: what changed, item by item"))?;
        let head = self.head(pull)?;
        let title = "1 removed · 1 added · 1 reworded · 2 steps for the next release";
        self.check(&head, REVIEW, "success", title).await?;
        let comment =
            self.comment(pull, "the comment on the pull request", |c| c.contains("Checklist changes")).await?;
        for wanted in
            ["removed, was required** | Take a snapshot", "~ reworded | Run the migrations", "+ added | Compare"]
        {
            ensure!(comment.contains(wanted), "the comment does not say \"{wanted}\":\n{comment}");
        }
        for line in comment.lines().filter(|l| l.starts_with('|') && !l.starts_with("| | |") && !l.starts_with("|--")) {
            self.say(line.trim_matches(['|', ' ']))?;
        }
        for line in comment.lines().filter(|l| l.trim_start().starts_with("- ")) {
            self.say(line)?;
        }
        let page = self.get(&format!("/{REPO}/pull/{pull}")).await?;
        ensure!(page.contains(REVIEW) && page.contains("Checklist changes"), "the page does not show both");
        Ok(())
    }

    async fn unreleased(&mut self) -> anyhow::Result<()> {
        let pull = self.ship;
        self.step(&format!("Pull request #{pull} wants to ship {TAG} before it is released: the merge is refused"))?;
        let title = "No release covers this commit, and only released commits may pass here.";
        let head = self.head(pull)?;
        self.check(&head, GATE, "action_required", title).await?;
        self.refused_merge(pull).await
    }

    async fn merged(&mut self) -> anyhow::Result<()> {
        let pull = self.review;
        self.step(&format!("Erin's pull request #{pull} is merged into main, with its steps"))?;
        self.merge(pull).await
    }

    async fn tagged(&mut self) -> anyhow::Result<u64> {
        self.step(&format!("Alice tags {TAG}: one release issue opens"))?;
        let form = [("name", TAG), ("target", "main")];
        self.accepted("alice", &format!("/_sandbox/{REPO}/tags"), &form).await?;
        let issue = self
            .wait("the release issue", |github| match github.issues(REPO).as_slice() {
                [one] => Ok(one.clone()),
                other => Err(format!("{} issues", other.len())),
            })
            .await?;
        ensure!(issue.title == "Release 1.4.0", "it is titled \"{}\"", issue.title);
        self.say(&format!("#{} {} · labels: {}", issue.number, issue.title, list(&issue.labels)))?;
        Ok(issue.number)
    }

    async fn asked_for(&mut self, issue: u64) -> anyhow::Result<()> {
        self.step(&format!("Issue #{issue} holds every item of the checklist, and the steps that changes brought"))?;
        let (boxes, _) = self.boxes(issue).await?;
        for one in &boxes {
            self.say(&format!("[{}] {}", if one.checked { "x" } else { " " }, one.label))?;
        }
        for (text, _) in ITEMS {
            let found = boxes.iter().filter(|b| b.label.starts_with(text)).count();
            ensure!(found == 1, "\"{text} …\" is there {found} times");
        }
        ensure!(boxes.len() == ITEMS.len(), "there are {} boxes, and there must be {}", boxes.len(), ITEMS.len());
        ensure!(boxes.iter().all(|b| !b.checked), "a box is ticked already");
        let page = self.get(&format!("/{REPO}/issues/{issue}")).await?;
        ensure!(!page.contains("Take a snapshot"), "it asks for an item that the merged pull request took out");
        Ok(())
    }

    async fn blocked(&mut self) -> anyhow::Result<()> {
        let pull = self.ship;
        self.step(&format!("Pull request #{pull} now waits for the release: the merge is refused"))?;
        self.gate("action_required", &format!("{TAG}: 0 of {0} done · {0} open, 2 of them @acme/qa", required_count()))
            .await?;
        self.refused_merge(pull).await
    }

    async fn held(&mut self) -> anyhow::Result<u64> {
        self.step(&format!("Alice deploys {TAG} to {PRODUCTION}: the deployment waits, and says for what"))?;
        let form = [("environment", PRODUCTION), ("ref", TAG)];
        self.accepted("alice", &format!("/_sandbox/{REPO}/deployments"), &form).await?;
        let open = format!("{TAG}: 0 of {0} done · {0} open", required_count());
        let (run, report) = self
            .wait("the report on the deployment", |github| {
                let world = github.world();
                let runs = &world.repo(REPO).map_err(|why| why.to_string())?.runs;
                let run = runs.values().next_back().ok_or("no run")?;
                let gate = run.gate(PRODUCTION).ok_or("it deploys elsewhere")?;
                match gate.reports.as_slice() {
                    [one] if gate.state == "waiting" && one.comment.contains(&open) => {
                        Ok((run.id, one.comment.clone()))
                    }
                    reports => Err(format!("{}, {} reports", gate.state, reports.len())),
                }
            })
            .await?;
        for line in report.lines().filter(|l| l.starts_with("**") || l.starts_with(TAG)) {
            self.say(line)?;
        }
        let page = self.get(&format!("/{REPO}/deployments")).await?;
        ensure!(page.contains("Waiting for Holdpoint"), "the page does not show that it waits");
        Ok(run)
    }

    async fn let_through(&mut self, run: u64) -> anyhow::Result<()> {
        self.step("With the last box the deployment went on by itself")?;
        let said = self
            .wait("the deployment let through", |github| {
                let world = github.world();
                let run = world.repo(REPO).map_err(|why| why.to_string())?.runs.get(&run).ok_or("no run")?;
                let approval =
                    run.gate(PRODUCTION).and_then(|g| g.reports.iter().find(|r| r.state == Some("approved")));
                match (run.conclusion.as_deref(), approval) {
                    (Some("success"), Some(said)) => Ok(said.comment.clone()),
                    (conclusion, _) => Err(conclusion.unwrap_or(&run.status).to_owned()),
                }
            })
            .await?;
        for line in said.lines().filter(|l| !l.is_empty()) {
            self.say(line)?;
        }
        Ok(())
    }

    async fn not_counted(&mut self, issue: u64) -> anyhow::Result<()> {
        self.step("Carol, who has no write access, ticks a box: it does not count")?;
        let (text, _) = ITEMS.first().copied().context("a release without items")?;
        self.click(issue, "carol", text).await?;
        let why = "ticked by carol, which does not count";
        let comment = self.comment(issue, "the comment on the issue", |c| c.contains(why)).await?;
        for line in comment.lines().filter(|l| l.contains(why)) {
            self.say(line)?;
        }
        // The check says what it said before: only when all is worked off does that mean anything.
        settled(self.github, self.holdpoint).await?;
        self.gate("action_required", &format!("{TAG}: 0 of {0} done · {0} open, 2 of them @acme/qa", required_count()))
            .await?;
        // Her tick goes, so that somebody else can make it.
        self.click(issue, "carol", text).await?;
        self.comment(issue, "the comment on the issue", |c| !c.contains(why)).await.map(|_| ())
    }

    async fn signed_off(&mut self, issue: u64) -> anyhow::Result<()> {
        self.step("Alice ticks what is anybody's, and bob of @acme/qa the rest: the check turns green")?;
        for (text, kind) in ITEMS {
            match kind {
                Kind::Before => self.click(issue, "alice", text).await?,
                Kind::OfQa => self.click(issue, "bob", text).await?,
                Kind::Optional | Kind::After => {}
            }
        }
        self.gate("success", &format!("{TAG}: {0} of {0} done", required_count())).await
    }

    async fn taken_back(&mut self, issue: u64) -> anyhow::Result<()> {
        self.step("Bob unticks one: blocked again, everywhere")?;
        let text =
            ITEMS.iter().find(|(_, kind)| *kind == Kind::OfQa).map(|(text, _)| *text).context("no item of QA")?;
        self.click(issue, "bob", text).await?;
        let title = format!("{TAG}: {} of {} done · waiting for @acme/qa", required_count() - 1, required_count());
        self.gate("action_required", &title).await?;
        self.refused_merge(self.ship).await?;
        self.step("He ticks it again: green again")?;
        self.click(issue, "bob", text).await?;
        self.gate("success", &format!("{TAG}: {0} of {0} done", required_count())).await
    }

    /// The queue waits for company, and with it the group.
    async fn queued(&mut self, issue: u64) -> anyhow::Result<()> {
        let pull = self.ship;
        self.step(&format!(
            "Pull request #{pull} goes into the merge queue of {PRODUCTION}: its group has the check too"
        ))?;
        self.github.world().set_merge_queue(REPO, PRODUCTION, Some(PATIENT))?;
        self.accepted("alice", &format!("/_sandbox/{REPO}/issues/{pull}/enqueue"), &[]).await?;
        let group = self.group()?;
        let done = format!("{TAG}: {0} of {0} done", required_count());
        self.check(&group, GATE, "success", &done).await?;
        let page = self.get(&format!("/{REPO}/queue/{PRODUCTION}")).await?;
        ensure!(
            page.contains(&format!("Group of #{pull}")) && page.contains(GATE),
            "the queue's page does not show it"
        );
        self.step("Bob unticks one while the group waits: it is not merged until he ticks it again")?;
        let text =
            ITEMS.iter().find(|(_, kind)| *kind == Kind::OfQa).map(|(text, _)| *text).context("no item of QA")?;
        self.click(issue, "bob", text).await?;
        let open = format!("{TAG}: {} of {} done · waiting for @acme/qa", required_count() - 1, required_count());
        self.check(&group, GATE, "in_progress", &open).await?;
        self.github.world().set_merge_queue(REPO, PRODUCTION, Some(SINGLE))?;
        ensure!(self.group()? == group, "the group is gone");
        self.click(issue, "bob", text).await
    }

    /// The commit of the one group in the queue.
    fn group(&self) -> anyhow::Result<String> {
        let world = self.github.world();
        let queue = world.repo(REPO)?.queues.get(PRODUCTION).context("there is no queue")?;
        Ok(queue.groups.first().context("nothing is in the queue")?.head.clone())
    }

    async fn shipped(&mut self, issue: u64) -> anyhow::Result<()> {
        let pull = self.ship;
        self.step(&format!("The queue merges #{pull} into {PRODUCTION}; what is for after the release stays open"))?;
        let merged = self
            .wait("the merge", |github| {
                let pull = github.pull(REPO, pull).map_err(|why| why.to_string())?;
                pull.merged.ok_or_else(|| "not merged".to_owned())
            })
            .await?;
        self.say(&format!("merged as {} by {}", merged.sha.get(..7).unwrap_or_default(), merged.by))?;
        settled(self.github, self.holdpoint).await?;
        let (boxes, _) = self.boxes(issue).await?;
        let after: Vec<&str> = ITEMS.iter().filter(|(_, kind)| *kind == Kind::After).map(|(text, _)| *text).collect();
        let open = boxes.iter().filter(|b| !b.checked && after.iter().any(|text| b.label.starts_with(text)));
        let open = open.count();
        ensure!(open == after.len(), "{open} of {} items for after the release are open", after.len());
        let state = self.github.issue(REPO, issue)?.state;
        ensure!(state == State::Open, "issue #{issue} is closed already");
        self.say(&format!("issue #{issue}: open, {open} items to go"))
    }

    async fn finish_release(&mut self, issue: u64) -> anyhow::Result<()> {
        self.step("Alice ticks those too: the issue closes by itself")?;
        for (text, _) in ITEMS.iter().filter(|(_, kind)| *kind == Kind::After) {
            self.click(issue, "alice", text).await?;
        }
        let reason = self
            .wait("the issue closed as completed", |github| {
                let issue = github.issue(REPO, issue).map_err(|why| why.to_string())?;
                match (issue.state, issue.state_reason.as_deref()) {
                    (State::Closed, Some(reason @ "completed")) => Ok(reason.to_owned()),
                    (state, reason) => Err(format!("{} {}", state.name(), reason.unwrap_or_default())),
                }
            })
            .await?;
        let comment = self.comment(issue, "the closing record", |c| c.contains("Complete.")).await?;
        self.say(&format!("issue #{issue}: closed, {reason}"))?;
        self.say(comment.lines().next().unwrap_or_default())
    }

    // What is said.

    fn step(&mut self, what: &str) -> anyhow::Result<()> {
        self.steps += 1;
        writeln!(self.out, "\n{:>2} {what}", self.steps).context("write to standard output")
    }

    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let plain: String = line.chars().filter(|c| !matches!(c, '\u{2060}')).collect();
        let plain = plain.replace("**", "");
        writeln!(self.out, "   {}", plain.trim_end()).context("write to standard output")
    }

    // What is looked at.

    /// Looks until it is there; what was seen instead is part of the error.
    async fn wait<T>(&self, what: &str, look: impl Fn(&Sandbox) -> Result<T, String>) -> anyhow::Result<T> {
        let until = tokio::time::Instant::now() + TIMEOUT;
        loop {
            match look(self.github) {
                Ok(found) => return Ok(found),
                Err(seen) if tokio::time::Instant::now() > until => {
                    bail!("{what}: not within {} s; seen instead: {seen}", TIMEOUT.as_secs())
                }
                Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    }

    fn head(&self, pull: u64) -> anyhow::Result<String> {
        Ok(self.github.pull(REPO, pull)?.head_sha)
    }

    async fn check(&mut self, sha: &str, name: &str, conclusion: &str, title: &str) -> anyhow::Result<()> {
        let wanted = format!("{conclusion} · {title}");
        let shown = self
            .wait(&format!("{name}, \"{wanted}\""), |github| {
                let seen = github.check(REPO, sha, name).map_or_else(|| "no such check".to_owned(), |run| line(&run));
                if seen == wanted { Ok(seen) } else { Err(seen) }
            })
            .await?;
        let short = sha.get(..7).unwrap_or(sha);
        self.say(&format!("{name} on {short}: {shown}"))
    }

    /// The gate's check on the released commit, which is the head of the pull request that ships it too.
    async fn gate(&mut self, conclusion: &str, title: &str) -> anyhow::Result<()> {
        let head = self.head(self.ship)?;
        let released = {
            let world = self.github.world();
            world.repo(REPO)?.git.resolve(TAG).map(|c| c.sha.clone()).context("the tag is not there")?
        };
        ensure!(head == released, "the pull request's head is not the released commit");
        self.check(&released, GATE, conclusion, title).await
    }

    /// Holdpoint's one comment on an issue or pull request.
    async fn comment(&self, number: u64, what: &str, wanted: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        self.wait(what, |github| match github.comments(REPO, number).as_slice() {
            [one] if wanted(&one.body) => Ok(one.body.clone()),
            [one] => Err(one.body.clone()),
            other => Err(format!("{} comments", other.len())),
        })
        .await
    }

    // What is done, by the pages' own forms.

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<http::Response<Bytes>> {
        let what = format!("{} {}", request.method(), request.uri().path());
        let answer = tokio::time::timeout(TIMEOUT, async {
            let (parts, body) = self.client.request(request).await?.into_parts();
            Ok::<_, anyhow::Error>(http::Response::from_parts(parts, body.collect().await?.to_bytes()))
        });
        answer.await.with_context(|| format!("{what}: no answer"))?.context(what)
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let request = Request::get(format!("{}{path}", self.github.url())).body(Full::default())?;
        let answer = self.send(request).await?;
        ensure!(answer.status() == 200, "{path} was answered {}", answer.status());
        Ok(String::from_utf8_lossy(answer.body()).into_owned())
    }

    /// Sends a form as somebody; what GitHub says where it is refused.
    async fn post(&self, who: &str, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Option<String>> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let fields: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(format!("{}{path}", self.github.url()))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, format!("who={who}"))
            .header(header::ORIGIN, self.github.url())
            .body(Full::from(fields.join("&")))?;
        let answer = self.send(request).await?;
        ensure!(answer.status() == 303, "{path} was answered {}", answer.status());
        let to = answer.headers().get(header::LOCATION).and_then(|l| l.to_str().ok()).unwrap_or_default();
        let refused = to.split_once("?refused=").map(|(_, why)| why);
        Ok(refused.map(|why| percent_decode_str(why).decode_utf8_lossy().into_owned()))
    }

    async fn accepted(&self, who: &str, path: &str, form: &[(&str, &str)]) -> anyhow::Result<()> {
        match self.post(who, path, form).await? {
            None => Ok(()),
            Some(why) => bail!("it was refused: {why}"),
        }
    }

    async fn refused_merge(&mut self, pull: u64) -> anyhow::Result<()> {
        let path = format!("/_sandbox/{REPO}/issues/{pull}/merge");
        let why = self.post("alice", &path, &[("method", "merge")]).await?;
        let why = why.context("the merge went through")?;
        ensure!(why.contains(GATE), "the merge was refused for another reason: {why}");
        self.say(&format!("the merge is refused: {why}"))
    }

    async fn merge(&mut self, pull: u64) -> anyhow::Result<()> {
        let path = format!("/_sandbox/{REPO}/issues/{pull}/merge");
        self.accepted("alice", &path, &[("method", "merge")]).await?;
        let merged = self.github.pull(REPO, pull)?.merged.context("it is not merged")?;
        self.say(&format!("merged as {} by {}", merged.sha.get(..7).unwrap_or_default(), merged.by))
    }

    /// The boxes of an issue's page, and the digest of the text that it shows.
    async fn boxes(&self, issue: u64) -> anyhow::Result<(Vec<Tickable>, String)> {
        let page = self.get(&format!("/{REPO}/issues/{issue}")).await?;
        let digest = attribute(&page, "name=\"digest\" value").context("the page has no form to tick")?;
        let inputs = page.split("<input type=\"checkbox\"").skip(1).filter_map(|rest| rest.split_once('>'));
        let boxes = inputs.filter_map(|(input, _)| {
            let label = attribute(input, "aria-label")?;
            Some(Tickable { label, checked: input.contains(" checked"), offset: attribute(input, "data-offset")? })
        });
        Ok((boxes.collect(), digest))
    }

    /// Clicks on a box, as somebody.
    async fn click(&self, issue: u64, who: &str, text: &str) -> anyhow::Result<()> {
        let (boxes, digest) = self.boxes(issue).await?;
        let one = boxes.iter().find(|b| b.label.starts_with(text));
        let one = one.with_context(|| format!("there is no box \"{text} …\""))?;
        let form = [("digest", digest.as_str()), ("offset", one.offset.as_str())];
        let path = format!("/_sandbox/{REPO}/issues/{issue}/tick");
        self.accepted(who, &path, &form).await.with_context(|| format!("{who} clicks on \"{text} …\""))
    }
}

/// How many items the gate waits for.
fn required_count() -> usize {
    ITEMS.iter().filter(|(_, kind)| matches!(kind, Kind::Before | Kind::OfQa)).count()
}

/// `success · 2 of 2 done`.
fn line(run: &CheckRun) -> String {
    let state = run.conclusion.clone().unwrap_or_else(|| run.status.clone());
    format!("{state} · {}", run.output.title.clone().unwrap_or_default())
}

fn list<'t>(words: impl IntoIterator<Item = &'t String>) -> String {
    words.into_iter().cloned().collect::<Vec<_>>().join(", ")
}

/// The value of an attribute in a piece of HTML that this program wrote.
fn attribute(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(plain.replace("&#39;", "'").replace("&amp;", "&"))
}
