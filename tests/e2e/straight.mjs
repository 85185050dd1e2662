// The short way through the chain with the emulator as it is: no relay, no front, none of its gaps filled. What it sends
// differs from GitHub's documentation in places (see github.mjs); Holdpoint reads payloads tolerantly, so the chain must hold
// all the same. Every assert reads the end state over REST.

import { APP_ID, BOT, GitHub, SECRET } from "./github.mjs";
import { Holdpoint, Report, Stop, freePort, privateKey, temporaryDirectory, until } from "../harness.mjs";
import { GATE, steps } from "./story.mjs";

const CHECKLIST = `# Launch

- [ ] Fuel the tanks
- [ ] Tell the support team
`;

const report = new Report();
const key = privateKey();
const port = await freePort();
const github = new GitHub({ key, holdpointUrl: `http://127.0.0.1:${port}`, straight: true });
await github.start();
const holdpoint = new Holdpoint({
  directory: temporaryDirectory("straight"),
  apiUrl: github.url,
  appId: APP_ID,
  key,
  secret: SECRET,
  port,
});

const step = steps(report);

const checkIs = (sha, name, holds, what) =>
  until(`${name} on ${sha.slice(0, 7)}: ${what}`, async (wait) => {
    const run = await github.check(sha, name);
    if (!run) return wait("no such check run");
    wait(JSON.stringify({ status: run.status, conclusion: run.conclusion, title: run.output.title }));
    return holds(run) ? run : undefined;
  });
const green = (run) => run.conclusion === "success";
const blocked = (run) => run.conclusion === "action_required";

async function edit(login, number, change) {
  const { body } = await github.as(login, "GET", `issues/${number}`);
  const next = change(body);
  if (next === body) throw new Stop(`nothing to change in:\n${body}`);
  await github.as(login, "PATCH", `issues/${number}`, { body: next });
}

async function mergeAnswers(number, statuses) {
  const { status, text } = await github.merge("alice", number);
  if (!statuses.includes(status)) throw new Stop(`the merge answered ${status} ${text}`);
}

async function story() {
  await holdpoint.start();
  await github.as("alice", "PUT", "collaborators/bob", { permission: "push" });
  await github.write("alice", "main", ".github/holdpoint.yml", "checklists:\n  release:\n    gate:\n      branches: [production]\n");
  const first = await github.write("alice", "main", ".github/release-checklist.md", CHECKLIST);
  await github.branch("alice", "production", first);
  await github.as("alice", "PUT", "branches/production/protection", {
    required_status_checks: { strict: false, contexts: [GATE] },
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: null,
  });

  await github.branch("bob", "more", await github.sha("main"));
  await github.write("bob", "more", ".github/release-checklist.md", `${CHECKLIST}- [ ] Count down\n`);
  const pull = await github.pullRequest("bob", "Count down", "more", "main");
  await step("a pull request gets the diff as check and comment", async () => {
    await checkIs(pull.head.sha, "holdpoint/review", (run) => green(run) && run.output.summary.includes("Count down"), "the diff");
    await until("the comment", async () => {
      const own = (await github.comments(pull.number)).filter((one) => one.user.login === BOT);
      return own.length === 1 && own[0].body.includes("Count down");
    });
  });
  await mergeAnswers(pull.number, [200]);

  const sha = await github.sha("main");
  await github.tag("alice", "v1.0.0", sha);
  const issue = await step("a tag opens one issue", () =>
    until("the issue", async () => {
      const found = await github.issues();
      return found.length === 1 && found[0].body.includes("- [ ] Count down") && found[0];
    }),
  );
  const ship = await github.pullRequest("alice", "Ship", "main", "production");
  await step("the merge into production is refused", async () => {
    await checkIs(ship.head.sha, GATE, blocked, "blocked");
    await mergeAnswers(ship.number, [405, 422]);
  });
  await step("the last tick turns it green", async () => {
    for (const text of ["Fuel the tanks", "Tell the support team", "Count down"]) {
      await edit("bob", issue.number, (body) => body.replace(`- [ ] ${text}`, `- [x] ${text}`));
    }
    await checkIs(ship.head.sha, GATE, green, "success");
  });
  await step("an unticked box blocks it again", async () => {
    await edit("bob", issue.number, (body) => body.replace("- [x] Tell the support team", "- [ ] Tell the support team"));
    await checkIs(ship.head.sha, GATE, blocked, "blocked");
    await mergeAnswers(ship.number, [405, 422]);
  });
  await step("ticked once more, the merge goes through", async () => {
    await edit("bob", issue.number, (body) => body.replace("- [ ] Tell the support team", "- [x] Tell the support team"));
    await checkIs(ship.head.sha, GATE, green, "success");
    await mergeAnswers(ship.number, [200]);
  });
  await step("and there is still one issue", async () => {
    const found = await github.issues();
    if (found.length !== 1) throw new Stop(`${found.length} issues`);
  });
}

try {
  await story();
} catch (error) {
  if (!(error instanceof Stop)) report.fail("the story went through", error.stack ?? error);
  else if (report.failed === 0) report.fail("the story went through", error.message);
} finally {
  if (holdpoint.child && holdpoint.alive) await holdpoint.kill();
  await github.stop();
}
if (report.failed > 0) {
  console.log("--- the end of the server's log ---");
  console.log(holdpoint.tail());
}
report.close();
process.exit();
