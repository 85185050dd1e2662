// The whole chain from outside: the real binary, a GitHub that nobody here wrote (e2e/github.mjs),
// and a release from the pull request that changes the checklist to the merge into production.
// Every assert reads the end state at GitHub, over REST.

import { rmSync } from "node:fs";
import { Holdpoint, PATIENCE, Report, Stop, exchange, freePort, pause, privateKey, temporaryDirectory, until } from "../harness.mjs";
import { APP_ID, GitHub, OWNER, REPO, SECRET } from "./github.mjs";
import { GATE, REVIEW, blocked, boxes, green, must, short, steps, story } from "./story.mjs";

const CONFIGURATION = `checklists:
  release:
    template: .github/release-checklist.md
    steps: release-steps/**/*.md
    open:
      on: tag
      match: "v*"
    gate:
      branches: [production]
`;

const CHECKLIST = `---
name: Release
about: What every release of the rocket needs
title: "Release {{ version }}"
labels: [release, checklist]
assignees: [bob]
---

Nothing leaves the pad before this is done.

## Before the release

- [ ] Take a snapshot of the orders database
- [ ] Run the migrations on a test machine
  - [ ] with the data of last month
- [ ] Read the notes of {{ version }} aloud

## After the release <!-- hp: phase=after -->

- [ ] Watch the error rate for an hour
`;

// Removed: the snapshot. Reworded: the migrations. Added: the row counts.
const REVISED = CHECKLIST.replace("- [ ] Take a snapshot of the orders database\n", "")
  .replace("on a test machine", "on a copy of production")
  .replace("- [ ] Read the notes", "- [ ] Compare the row counts of both\n- [ ] Read the notes");

const STEP = `# Drop the column \`legacy_id\`

- [ ] Pause the importer
- [ ] Drop \`legacy_id\` and start the importer again
`;

const report = new Report();
const directory = temporaryDirectory("e2e");
const key = privateKey();
const port = await freePort();
const exchangesFile = process.env.HOLDPOINT_E2E_EXCHANGES;
if (exchangesFile) rmSync(exchangesFile, { force: true });
const github = new GitHub({ key, holdpointUrl: `http://127.0.0.1:${port}`, exchangesFile });
await github.start();
const holdpoint = new Holdpoint({ directory, apiUrl: github.apiUrl, appId: APP_ID, key, secret: SECRET, port });

const step = steps(report);
const { checkIs, edit, mergeGoesThrough, mergeIsRefused, oneIssue, ownComments, stillOneIssue, tick, untick } = story(github);

function hasBoxes(issue, texts) {
  for (const text of texts) {
    const count = issue.body.split("\n").filter((line) => line.trim().startsWith(`- [ ] ${text}`)).length;
    must(count === 1, () => `the box "${text}" is there ${count} times in:\n${issue.body}`);
  }
  must(boxes(issue.body).length === texts.length, () => `${boxes(issue.body).length} boxes, not ${texts.length}:\n${issue.body}`);
}

// --- The story ------------------------------------------------------------------------------------

async function prepare() {
  await github.as("alice", "PUT", "collaborators/bob", { permission: "push" });
  await github.as("alice", "PUT", "collaborators/carol", { permission: "triage" });
  await github.write("alice", "main", ".github/holdpoint.yml", CONFIGURATION);
  const first = await github.write("alice", "main", ".github/release-checklist.md", CHECKLIST);
  await github.branch("alice", "production", first);
  await github.as("alice", "PUT", "branches/production/protection", {
    // `checks: [{context, app_id}]` is the way today; the emulator reads `contexts` only.
    required_status_checks: { strict: false, contexts: [GATE] },
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: null,
  });
}

async function reviewPullRequest() {
  await github.branch("bob", "revise", await github.sha("main"));
  await github.write("bob", "revise", ".github/release-checklist.md", REVISED);
  const pull = await github.pullRequest("bob", "Revise the checklist", "revise", "main");

  const says = (run) =>
    run.status === "completed" &&
    ["Take a snapshot of the orders database", "copy of production", "Compare the row counts of both"].every(
      (words) => run.output.summary?.includes(words),
    ) &&
    !run.output.summary.includes("Watch the error rate");
  await step("a pull request that edits the checklist gets holdpoint/review with the diff by item", async () => {
    const run = await checkIs(pull.head.sha, REVIEW, says, "what was removed, reworded and added");
    must(run.conclusion === "success", `conclusion ${run.conclusion}`);
  });
  const comment = await step("and one comment that says the same", async () => {
    const found = await until("the comment", async () => {
      const own = await ownComments(pull.number);
      return own.length > 0 && own;
    });
    must(found.length === 1, `${found.length} comments`);
    must(found[0].body.includes("Compare the row counts of both"), found[0].body);
    return found[0];
  });

  const moved = await github.updateBranch("bob", pull.number);
  must(moved.head.sha !== pull.head.sha, "the head did not move");
  await step("after a push the check stands on the new head", () =>
    checkIs(moved.head.sha, REVIEW, says, "the same diff"),
  );
  await step("and the comment is still one, and the same one", async () => {
    await github.quiet();
    const own = await ownComments(pull.number);
    must(own.length === 1 && own[0].id === comment.id, short(own.map(({ id, body }) => ({ id, body }))));
  });

  await github.branch("bob", "readme", await github.sha("main"));
  await github.write("bob", "readme", "README.md", "# rocket\n\nIt flies.\n");
  const other = await github.pullRequest("bob", "Say that it flies", "readme", "main");
  await step("a pull request that edits no checklist gets the check, green", () =>
    checkIs(other.head.sha, REVIEW, green, "success"),
  );
  await step("and no comment", async () => {
    await github.quiet();
    const own = await ownComments(other.number);
    must(own.length === 0, short(own.map(({ body }) => body)));
  });
  await github.as("bob", "PATCH", `pulls/${other.number}`, { state: "closed" });

  await mergeGoesThrough(pull.number);
}

async function stepPullRequest() {
  // Opened after the first was merged: the emulator merges onto the base as it was at the opening.
  await github.branch("bob", "drop-legacy-id", await github.sha("main"));
  await github.write("bob", "drop-legacy-id", "release-steps/drop-legacy-id.md", STEP);
  const pull = await github.pullRequest("bob", "Drop legacy_id", "drop-legacy-id", "main");
  await step("a pull request that brings a step gets it reviewed too", () =>
    checkIs(pull.head.sha, REVIEW, (run) => run.status === "completed" && run.output.summary.includes("Pause the importer"), "the step"),
  );
  await mergeGoesThrough(pull.number);
}

const EXPECTED = [...boxes(REVISED).map((text) => text.replace("{{ version }}", "1.0.0")), ...boxes(STEP)];
const AFTER = "Watch the error rate for an hour";

async function release() {
  const sha = await github.sha("main");
  await github.tag("alice", "v1.0.0", sha, { annotated: true });
  const issue = await step("the tag v1.0.0 opens one issue", () => oneIssue("1.0.0"));
  await step("with every box of the checklist and of the step, once", () => hasBoxes(issue, EXPECTED));
  await step("with the title, labels and assignee of its front matter", () => {
    must(issue.title === "Release 1.0.0", issue.title);
    must(issue.labels.map(({ name }) => name).sort().join() === "checklist,release", short(issue.labels));
    must(issue.assignees.map(({ login }) => login).join() === "bob", short(issue.assignees));
  });
  await step("the text of the checklist stands in it as it was written", () => {
    must(issue.body.includes("Nothing leaves the pad before this is done."), issue.body);
    must(!issue.body.includes("about: What every release"), "the front matter is in the body");
    must(!issue.body.includes("{{"), "a placeholder is left");
  });
  await step("the released commit's check waits", () => checkIs(sha, GATE, blocked, "blocked"));

  const deliveries = github.deliveries.filter(
    ({ payload, event }) => ["create", "push"].includes(event) && String(payload.ref).includes("v1.0.0"),
  );
  must(deliveries.length === 2, `${deliveries.length} deliveries for the tag`);
  await step("the tag's deliveries, delivered again, open no second issue", async () => {
    for (const delivery of deliveries) {
      const { status } = await github.redeliver(delivery);
      must(status >= 200 && status < 300, `status ${status}`);
    }
    await stillOneIssue("1.0.0");
  });
  await step("nor under new ids, all at once", async () => {
    await Promise.all([...deliveries, ...deliveries, ...deliveries].map(({ event, payload }) => github.emit(event, payload)));
    await stillOneIssue("1.0.0");
  });
  return { sha, issue };
}

async function gate({ sha, issue }) {
  const pull = await github.pullRequest("alice", "Ship 1.0.0", "main", "production");
  const { number } = issue;
  const before = EXPECTED.filter((text) => text !== AFTER);

  await step("a pull request into production shows the release's check, blocked", () =>
    checkIs(pull.head.sha, GATE, blocked, "blocked"),
  );
  await step("its merge is refused", () => mergeIsRefused(pull.number));
  const opened = issue.body;

  await step("ticking all but the last box keeps it blocked", async () => {
    for (const text of before.slice(0, -1)) await tick("bob", number, text);
    await checkIs(
      pull.head.sha,
      GATE,
      (run) => blocked(run) && run.output.summary.includes(before.at(-1)) && !run.output.summary.includes(before[0]),
      "only the last box is missing",
    );
    await mergeIsRefused(pull.number);
  });
  await step("one progress comment says who ticked", async () => {
    const [comment, ...more] = await until("the progress comment", async () => {
      const own = await ownComments(number);
      return own.length > 0 && own[0].body.includes("bob") && own;
    });
    must(more.length === 0, `${more.length + 1} comments`);
    must(comment.body.includes(before.at(-1)), comment.body);
  });
  await step("a tick by somebody who may not does not count", async () => {
    // Triage: may edit issues, may not write to the repository.
    await tick("carol", number, before.at(-1));
    await until("the comment says so", async (wait) => {
      const [comment] = await ownComments(number);
      return comment.body.includes("carol") || wait(comment.body);
    });
    await checkIs(pull.head.sha, GATE, blocked, "blocked");
    await mergeIsRefused(pull.number);
    await untick("carol", number, before.at(-1));
    await github.quiet();
  });
  await step("the last box before the release turns it green", async () => {
    await tick("bob", number, before.at(-1));
    await checkIs(pull.head.sha, GATE, green, "success");
    await checkIs(sha, GATE, green, "success on the released commit");
  });
  await step("though a box for after the release is open", async () => {
    const { body } = await github.as("alice", "GET", `issues/${number}`);
    must(body.includes(`- [ ] ${AFTER}`), body);
  });

  await step("an unticked box blocks it again", async () => {
    await untick("bob", number, before[1]);
    await checkIs(pull.head.sha, GATE, blocked, "blocked");
    await checkIs(sha, GATE, blocked, "blocked on the released commit");
    await mergeIsRefused(pull.number);
  });
  await step("and ticked once more it is green", async () => {
    await tick("bob", number, before[1]);
    await checkIs(pull.head.sha, GATE, green, "success");
  });
  let line;
  await step("a box deleted from the issue still counts", async () => {
    await edit("bob", number, (body) => {
      line = body.split("\n").find((one) => one.includes(`- [x] ${before[0]}`));
      return body.replace(`${line}\n`, "");
    });
    await checkIs(pull.head.sha, GATE, blocked, "blocked");
    await mergeIsRefused(pull.number);
  });
  await step("put back and ticked, it is green", async () => {
    // Where it stood: in front of the line that followed it when the issue was opened.
    const lines = opened.split("\n");
    const next = lines[lines.findIndex((one) => one.includes(`- [ ] ${before[0]}`)) + 1].replace("[ ]", "[x]");
    await edit("bob", number, (body) => body.replace(`${next}\n`, `${line}\n${next}\n`));
    await checkIs(pull.head.sha, GATE, green, "success");
  });
  await step("nobody but people edited the issue, and they changed boxes only", async () => {
    const { body } = await github.as("alice", "GET", `issues/${number}`);
    must(body.replaceAll("- [x]", "- [ ]") === opened.replaceAll("- [x]", "- [ ]"), () => `opened:\n${opened}\nnow:\n${body}`);
    const own = await ownComments(number);
    must(own.length === 1, `${own.length} comments`);
  });
  await step("the merge goes through", () => mergeGoesThrough(pull.number));
}

async function kill() {
  // Each release from a commit of its own.
  const commit = (version) => github.write("alice", "main", "VERSION", `${version}\n`);
  const expected = (version) => boxes(REVISED).map((text) => text.replace("{{ version }}", version));
  const restarted = async (version, sha) => {
    const issue = await oneIssue(version);
    hasBoxes(issue, expected(version));
    await checkIs(sha, GATE, blocked, "blocked");
    await stillOneIssue(version);
  };

  await step("killed right after it accepted the tag, and started again: one issue, and the check waits", async () => {
    const sha = await commit("1.1.0");
    await github.quiet();
    let killed = 0;
    github.delivered = async ({ event, payload, status }) => {
      if (event !== "push" || payload.ref !== "refs/tags/v1.1.0") return;
      must(status === 202, `the delivery was answered ${status}`);
      await holdpoint.kill();
      killed += 1;
    };
    await github.tag("alice", "v1.1.0", sha);
    await until("the kill", () => killed === 1);
    github.delivered = undefined;
    await holdpoint.start();
    await restarted("1.1.0", sha);
  });

  for (const [when, version, reaches] of [
    ["while its request to open the issue was on the way, and lost", "1.2.0", false],
    ["after GitHub had opened the issue, before it heard of it", "1.3.0", true],
  ]) {
    await step(`killed ${when}, and started again: one issue`, async () => {
      const sha = await commit(version);
      await github.quiet();
      let killed = 0;
      github.intercept = async ({ method, path, body, forward }) => {
        const opens = method === "POST" && path === `/repos/${OWNER}/${REPO}/issues` && body.includes(version);
        if (!opens || killed > 0) return forward();
        killed += 1;
        if (reaches) await forward();
        await holdpoint.kill();
        return undefined;
      };
      await github.tag("alice", `v${version}`, sha);
      await until("the kill", () => killed === 1 && !holdpoint.alive);
      github.intercept = undefined;
      await pause(200);
      const there = (await github.issues()).filter((issue) => issue.title.includes(version)).length;
      must(there === (reaches ? 1 : 0), `${there} issues while it was down`);
      await holdpoint.start();
      await restarted(version, sha);
    });
  }

  await step("killed in the middle of ticking, and started again: the check says what the issue says", async () => {
    const issue = await oneIssue("1.3.0");
    const [first, second, ...rest] = expected("1.3.0");
    await tick("bob", issue.number, first);
    let killed = 0;
    github.delivered = async ({ event, payload }) => {
      if (event !== "issues" || !payload.issue.body.includes(`- [x] ${second}`)) return;
      await holdpoint.kill();
      killed += 1;
    };
    await tick("bob", issue.number, second);
    await until("the kill", () => killed === 1);
    github.delivered = undefined;
    await holdpoint.start();
    for (const text of rest) await tick("bob", issue.number, text);
    // The commit contains the releases before it, and nothing has shipped those yet.
    for (const version of ["1.1.0", "1.2.0"]) {
      await checkIs(await github.sha("main"), GATE, blocked, "blocked");
      const { number } = await oneIssue(version);
      for (const text of expected(version)) await tick("bob", number, text);
    }
    await checkIs(await github.sha("main"), GATE, green, "success");
    await github.quiet();
    const own = await ownComments(issue.number);
    must(own.length === 1, `${own.length} comments`);
    for (const text of [first, second, ...rest]) must(own[0].body.includes(text), () => `"${text}" is not in:\n${own[0].body}`);
  });
}

async function trouble() {
  await step("GitHub answers 502 and 403 with Retry-After: nothing lost, nothing doubled", async () => {
    const sha = await github.write("alice", "main", "VERSION", "1.4.0\n");
    await github.quiet();
    const refused = { read: 0, issue: 0, check: 0 };
    github.intercept = async ({ method, path, forward }) => {
      if (path.startsWith("/app")) return forward();
      const answer = (status, message, headers = {}) => ({
        status,
        headers: { "content-type": "application/json", ...headers },
        bytes: Buffer.from(JSON.stringify({ message })),
      });
      if (method === "GET" && refused.read < 2) {
        refused.read += 1;
        return refused.read === 1
          ? answer(502, "Server Error")
          : answer(403, "You have exceeded a secondary rate limit", { "retry-after": "1" });
      }
      if (method === "POST" && path.endsWith("/issues") && refused.issue < 1) {
        refused.issue += 1;
        // The worst of them: it was done, and the answer says that it failed.
        await forward();
        return answer(502, "Server Error");
      }
      if (path.includes("/check-runs") && method !== "GET" && refused.check < 1) {
        refused.check += 1;
        return answer(403, "You have exceeded a secondary rate limit", { "retry-after": "1" });
      }
      return forward();
    };
    await github.tag("alice", "v1.4.0", sha);
    // Each refusal may cost a backoff.
    await checkIs(sha, GATE, blocked, "blocked", 4 * PATIENCE);
    github.intercept = undefined;
    const issue = await stillOneIssue("1.4.0");
    hasBoxes(issue, boxes(REVISED).map((text) => text.replace("{{ version }}", "1.4.0")));
    must(refused.read === 2 && refused.issue === 1 && refused.check === 1, short(refused));
  });
}

const began = Date.now();
try {
  await prepare();
  await step("holdpoint serve starts, and is ready", async () => {
    await holdpoint.start();
    await until("/readyz", async (wait) => {
      const { status, text } = await exchange(`${holdpoint.url}/readyz`);
      return status === 200 || wait(`${status} ${text}`);
    });
  });
  await reviewPullRequest();
  await stepPullRequest();
  await gate(await release());
  await kill();
  await trouble();
  await step("every delivery was accepted while it was running", () => {
    const refused = github.deliveries.filter(({ status }) => status !== 0 && (status < 200 || status > 299));
    must(refused.length === 0, short(refused.map(({ event, action, status }) => ({ event, action, status }))));
  });
  await step("it ends on SIGTERM with 0, and nothing panicked on the way", async () => {
    const ended = await holdpoint.stop();
    must(ended?.code === 0, `it ended with ${short(ended)}`);
    must(holdpoint.panics.length === 0, holdpoint.panics.join("\n"));
  });
} catch (error) {
  if (!(error instanceof Stop)) report.fail("the story went through", error.stack ?? error);
  else if (report.failed === 0) report.fail("the story went through", error.message);
} finally {
  if (holdpoint.child && holdpoint.alive) await holdpoint.kill();
  await github.stop();
}
if (report.failed > 0) {
  console.log("--- Holdpoint's last requests ---");
  console.log(github.requests.slice(-25).join("\n"));
  if (github.unknown.size > 0) console.log(`--- not known to the emulator ---\n${[...github.unknown].join("\n")}`);
  console.log("--- the end of the server's log ---");
  console.log(holdpoint.tail());
}
console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`);
report.close();
process.exit();
