// What the stories share: how they tell what they found, and how they look at GitHub. Everything is the end state over REST.

import { PATIENCE, Stop, until } from "../harness.mjs";
import { BOT } from "./github.mjs";

export const GATE = "holdpoint/release";
export const REVIEW = "holdpoint/review";

export function must(condition, why) {
  if (!condition) throw new Stop(typeof why === "function" ? why() : why);
}

export const short = (value) => JSON.stringify(value, null, 1)?.slice(0, 1500);

export const green = (run) => run.status === "completed" && run.conclusion === "success";

// `neutral` and `skipped` would satisfy a required check on GitHub: they are no way to say "not yet".
export const blocked = (run) =>
  run.status !== "completed" ||
  ["action_required", "failure", "cancelled", "timed_out"].includes(run.conclusion);

/** The open boxes of a Markdown text, without what is only for Holdpoint's eyes. */
export const boxes = (text) =>
  [...text.matchAll(/^\s*[-*+] \[ \] (.+)$/gm)].map(([, words]) => words.replace(/<!--.*?-->/g, "").trim());

/** A step of the story. What it finds wrong ends the story: the rest would only repeat it. */
export const steps = (report) =>
  async function step(sentence, work) {
    try {
      const value = await work();
      report.ok(sentence);
      return value;
    } catch (error) {
      report.fail(sentence, error instanceof Stop ? error.message : error.stack);
      throw new Stop("the story ends here");
    }
  };

/** How a story looks at a repository, and what people do in it. */
export function story(github) {
  const checkIs = (sha, name, holds, what, patience = PATIENCE) =>
    until(`${name} on ${sha.slice(0, 7)}: ${what}`, async (wait) => {
      const run = await github.check(sha, name);
      if (!run) return wait("no such check run");
      wait(short({ status: run.status, conclusion: run.conclusion, title: run.output.title, summary: run.output.summary }));
      return holds(run) ? run : undefined;
    }, patience);

  const ownComments = async (number) => (await github.comments(number)).filter((one) => one.user.login === BOT);

  const issuesFor = async (version) => (await github.issues()).filter((issue) => issue.title.includes(version));

  const oneIssue = (version) =>
    until(`one issue for ${version}`, async (wait) => {
      const found = await issuesFor(version);
      wait(`${found.length}: ${short(found.map(({ number, title }) => ({ number, title })))}`);
      return found.length === 1 ? found[0] : undefined;
    });

  /** Still one after everything that was going on has ended. */
  async function stillOneIssue(version) {
    await github.quiet();
    const found = await issuesFor(version);
    must(found.length === 1, () => `${found.length} issues for ${version}: ${short(found.map((one) => one.title))}`);
    return found[0];
  }

  /** Edits the issue as somebody who clicks on a box, or types. */
  async function edit(login, number, change) {
    const { body } = await github.as(login, "GET", `issues/${number}`);
    const next = change(body);
    must(next !== body, () => `nothing to change in:\n${body}`);
    await github.as(login, "PATCH", `issues/${number}`, { body: next });
    return next;
  }

  const tick = (login, number, text) => edit(login, number, (body) => body.replace(`- [ ] ${text}`, `- [x] ${text}`));
  const untick = (login, number, text) => edit(login, number, (body) => body.replace(`- [x] ${text}`, `- [ ] ${text}`));

  async function mergeIsRefused(number) {
    const { status, text } = await github.merge("alice", number);
    // Documented: 405. The emulator: 422.
    must([405, 422].includes(status) && text.includes("status check"), `the merge answered ${status} ${text}`);
  }

  async function mergeGoesThrough(number) {
    const { status, text } = await github.merge("alice", number);
    must(status === 200, `the merge answered ${status} ${text}`);
  }

  return { checkIs, ownComments, oneIssue, stillOneIssue, edit, tick, untick, mergeIsRefused, mergeGoesThrough };
}
