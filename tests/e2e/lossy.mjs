// What Holdpoint does where deliveries fail, get lost, come twice, late or in another order: the real binary behind the lossy
// relay (relay.mjs). Each scenario has a repository of its own, and is played for several fates of the delivery that matters.
//
// A restart is a sweep: Holdpoint asks for failed deliveries when it starts.
//
// `node lossy.mjs storm` plays one stage; HOLDPOINT_SEED is the first seed of the storms, HOLDPOINT_STORMS how many there are.

import { Holdpoint, Report, Stop, exchange, freePort, pause, privateKey, temporaryDirectory, until } from "../harness.mjs";
import { APP_ID, GitHub, SECRET } from "./github.mjs";
import { Audit } from "./audit.mjs";
import { GATE, blocked, green, must, short, steps, story } from "./story.mjs";
import { REPOSITORIES, storm } from "./storm.mjs";

const CONFIGURATION = "checklists:\n  release:\n    gate:\n      branches: [production]\n";
const FRONT_MATTER = '---\nname: Release\nabout: A release\ntitle: "Release {{ version }}"\n---\n';
const BOXES = ["Fuel the tanks", "Tell the support team", "Count down"];
const LAST = BOXES.at(-1);

/** What becomes of the one delivery that matters. */
const FATES = ["fail", "lose", "delay"];
const WORDS = { fail: "fails", lose: "gets lost", delay: "is late" };

const SEED = Number(process.env.HOLDPOINT_SEED ?? 1);
const STORMS = Number(process.env.HOLDPOINT_STORMS ?? 2);

const seeds = Array.from({ length: STORMS }, (_, at) => SEED + at);
const repositories = [
  ...["two-releases", "new-head", "tag"].flatMap((name) => FATES.map((fate) => `${name}-${fate}`)),
  ...["reversed-one", "late-one", "reversed-two", "late-two", "unseen"].map((how) => `second-${how}`),
  ...seeds.flatMap((seed) => REPOSITORIES.map((name) => `${name}-${seed}`)),
];

/** Whatever hangs, it ends. In milliseconds. */
const LIMIT = 120_000 + STORMS * 60_000;

const report = new Report();
const step = steps(report);
const key = privateKey();
const port = await freePort();
const github = new GitHub({ key, holdpointUrl: `http://127.0.0.1:${port}`, repositories });
await github.start();
const { relay } = github;
const directory = temporaryDirectory("lossy");
const holdpoint = new Holdpoint({ directory, apiUrl: github.apiUrl, appId: APP_ID, key, secret: SECRET, port });
// The emulator does not mind how fast issues and comments are made.
holdpoint.environment.HOLDPOINT_WRITE_INTERVAL_MS = "1";
const audit = new Audit(holdpoint);

/** Waits until everything that was sent met its fate, and Holdpoint has worked off what it was given. */
async function workedOff() {
  await relay.settled();
  await until("everything is worked off", async (wait) => {
    const { text } = await exchange(`${holdpoint.url}/`);
    const [waiting, working] = [...text.matchAll(/<td>(\d+)<\/td>/g)].map(([, digits]) => Number(digits));
    return (waiting === 0 && working === 0) || wait(`${waiting} wait, ${working} at work`);
  });
}

/** What was worked off may have made events of its own. */
async function settled() {
  for (let quiet = 0; quiet < 3; quiet += 1) {
    const before = relay.attempts.length;
    await workedOff();
    if (relay.attempts.length > before) quiet = 0;
  }
}

/** Stopped and started again, it asks for what failed. */
async function sweep() {
  const ended = await holdpoint.stop();
  must(ended?.code === 0, `it ended with ${short(ended)}`);
  await holdpoint.start();
}

/** What was failing arrives at last, what is late too; what is lost stays lost. */
async function recover() {
  await relay.release();
  await sweep();
  await until("what failed was delivered again", (wait) => {
    const arrived = new Set(relay.attempts.filter(({ status }) => status >= 200 && status < 300).map(({ guid }) => guid));
    const missing = relay.attempts.filter(({ guid }) => !arrived.has(guid));
    return missing.length === 0 || wait(short(missing.map(({ id, event, action, status }) => ({ id, event, action, status }))));
  });
  await settled();
}

/** A repository with a checklist and a gated branch, as the people in it see it. */
async function world(name, texts = BOXES) {
  const hub = github.in(name);
  await hub.as("alice", "PUT", "collaborators/bob", { permission: "push" });
  await hub.write("alice", "main", ".github/holdpoint.yml", CONFIGURATION);
  const list = FRONT_MATTER + texts.map((text) => `- [ ] ${text}\n`).join("");
  const first = await hub.write("alice", "main", ".github/release-checklist.md", list);
  await hub.branch("alice", "production", first);
  await hub.as("alice", "PUT", "branches/production/protection", {
    required_status_checks: { strict: false, contexts: [GATE] },
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: null,
  });
  const looks = story(hub);
  return {
    hub,
    ...looks,
    /** A new commit that is released. */
    async release(version) {
      const sha = await hub.write("alice", "main", "VERSION", `${version}\n`);
      await hub.tag("alice", `v${version}`, sha);
      return looks.oneIssue(version);
    },
    /** Not for a moment so far. */
    neverGreen(sha) {
      const passes = (one) => one.repository === hub.repository && one.sha === sha && one.name === GATE && one.conclusion === "success";
      must(!github.verdicts.some(passes), `${GATE} was green on ${sha.slice(0, 7)} for a while`);
    },
    /** Blocked, and the summary names all of `texts` and none of `but`. */
    waitsFor: (sha, texts, but = []) =>
      looks.checkIs(
        sha,
        GATE,
        (run) => {
          must(!green(run), () => `it is green: ${short(run.output)}`);
          const { summary } = run.output;
          return blocked(run) && texts.every((text) => summary.includes(text)) && !but.some((text) => summary.includes(text));
        },
        `blocked by ${texts.join(", ")}`,
      ),
    async tickAll(login, number, texts = BOXES) {
      for (const text of texts) await looks.tick(login, number, text);
    },
    /** An item's text as it stands in the issue. */
    text: (text, version) => text.replace("{{ version }}", version),
  };
}

/** An edit of the issue's text, as GitHub tells of it. */
const editOf = (hub, number) => ({ repository, event, action, payload }) =>
  repository === hub.repository && event === "issues" && action === "edited" && payload.issue.number === number;

/** Orders a fate, does something that GitHub tells of, and waits until the delivery met it. */
async function meets(fate, matches, times, work) {
  const order = relay.order(fate, matches, times);
  await work();
  await until(`${times} deliveries meet their fate`, (wait) => order.met.length === times || wait(`${order.met.length} did`));
}

/** Green, and then through. */
async function ships({ checkIs, mergeGoesThrough }, pull) {
  await checkIs(pull.head.sha, GATE, green, "success");
  await mergeGoesThrough(pull.number);
}

async function twoReleases(fate) {
  const at = await world(`two-releases-${fate}`);
  const { hub, tick, untick, tickAll, waitsFor, mergeIsRefused, oneIssue } = at;
  const one = await at.release("1.0.0");
  const two = await at.release("1.1.0");
  const pull = await hub.pullRequest("alice", "Ship both", "main", "production");
  const head = pull.head.sha;
  await tickAll("bob", one.number);
  await tickAll("bob", two.number, BOXES.slice(0, -1));
  await waitsFor(head, [LAST], [BOXES[0], BOXES[1]]);
  await settled();
  await meets(fate, editOf(hub, one.number), 1, () => untick("bob", one.number, BOXES[0]));

  await step(`two releases ship in one, and an untick of the first ${WORDS[fate]}: the other's last tick turns nothing green`, async () => {
    await tick("bob", two.number, LAST);
    await settled();
    await waitsFor(head, [BOXES[0]], [LAST]);
    at.neverGreen(head);
    await mergeIsRefused(pull.number);
  });
  await step("and after everything was delivered it waits for what was unticked, which the ledger has once", async () => {
    await recover();
    await waitsFor(head, [BOXES[0]], [LAST]);
    at.neverGreen(head);
    await mergeIsRefused(pull.number);
    audit.changes(hub, BOXES[0], "v1.0.0", ["done", "open"]);
    await tick("alice", one.number, BOXES[0]);
    await ships(at, pull);
    await oneIssue("1.0.0");
  });
}

async function newHead(fate) {
  const at = await world(`new-head-${fate}`);
  const { hub, tick, untick, tickAll, checkIs, waitsFor, mergeIsRefused } = at;
  const { number } = await at.release("1.0.0");
  const pull = await hub.pullRequest("alice", "Ship", "main", "production");
  await tickAll("bob", number);
  await checkIs(pull.head.sha, GATE, green, "success");
  await settled();
  await meets(fate, editOf(hub, number), 1, () => untick("bob", number, BOXES[1]));
  await hub.branch("alice", "later", await hub.sha("main"));
  await hub.write("alice", "later", "README.md", "# rocket\n");

  const later = await step(`all is done and green, and an untick ${WORDS[fate]}: a new pull request is not green`, async () => {
    const later = await hub.pullRequest("alice", "Ship a little more", "later", "production");
    await settled();
    await waitsFor(later.head.sha, [BOXES[1]]);
    at.neverGreen(later.head.sha);
    await mergeIsRefused(later.number);
    return later;
  });
  await step("nor the one that was, once it is known", async () => {
    await recover();
    for (const { head, number } of [pull, later]) {
      await waitsFor(head.sha, [BOXES[1]]);
      await mergeIsRefused(number);
    }
    at.neverGreen(later.head.sha);
    await tick("alice", number, BOXES[1]);
    await checkIs(pull.head.sha, GATE, green, "success");
    await ships(at, later);
  });
}

async function tagged(fate) {
  const at = await world(`tag-${fate}`);
  const { hub, tick, tickAll, waitsFor, mergeIsRefused, oneIssue } = at;
  const { number } = await at.release("1.0.0");
  const pull = await hub.pullRequest("alice", "Ship", "main", "production");
  const head = pull.head.sha;
  await tickAll("bob", number, BOXES.slice(0, -1));
  await waitsFor(head, [LAST], [BOXES[0]]);
  await settled();
  const ofTag = ({ repository, event, payload }) =>
    repository === hub.repository && ["create", "push"].includes(event) && String(payload.ref).endsWith("v1.1.0");
  await meets(fate, ofTag, 2, () => hub.tag("alice", "v1.1.0", head));

  await step(`a tag on the head ${WORDS[fate]}: the last tick of the release before turns nothing green, and opens the issue`, async () => {
    await tick("bob", number, LAST);
    await settled();
    at.neverGreen(head);
    await oneIssue("1.1.0");
    await waitsFor(head, BOXES);
    await mergeIsRefused(pull.number);
  });
  await step("and after everything was delivered there is one issue, whose last tick turns it green", async () => {
    await recover();
    const two = await oneIssue("1.1.0");
    at.neverGreen(head);
    await tickAll("bob", two.number);
    await ships(at, pull);
  });
}

/** Waits for the beginning of a second of the clock. */
async function secondBegins() {
  while (Date.now() % 1000 > 300) await pause(20);
}

async function withinOneSecond(how, people) {
  const at = await world(`second-${how}-${people.length === 1 ? "one" : "two"}`);
  const { hub, tick, untick, tickAll, checkIs } = at;
  const { number } = await at.release("1.0.0");
  const pull = await hub.pullRequest("alice", "Ship", "main", "production");
  await tickAll("bob", number);
  await checkIs(pull.head.sha, GATE, green, "success");
  await settled();

  const reversed = how === "reversed";
  const what = reversed ? "and the deliveries come in the other order" : "and the first delivery is late";
  const who = people.length === 1 ? "" : " by somebody else";
  await step(`a box is unticked and ticked again${who} within one second, ${what}: the tick counts`, async () => {
    const inOne = () => {
      const [before, last] = hub.history.of(hub.repository, number).slice(-2);
      return before.at === last.at;
    };
    for (let tries = 0; tries === 0 || !inOne(); tries += 1) {
      must(tries < 5, "no two edits fell into one second");
      // What took longer arrives in order, and is of no account.
      await relay.release();
      await settled();
      await secondBegins();
      await meets("delay", editOf(hub, number), reversed ? 2 : 1, async () => {
        await untick(people[0], number, BOXES[1]);
        await tick(people.at(-1), number, BOXES[1]);
      });
    }
    if (reversed) await relay.release((late) => late.slice(-1));
    await settled();
    await relay.release();
    await settled();
    await checkIs(pull.head.sha, GATE, green, "success");
    const { counted, change, who } = audit.last(hub, BOXES[1], "v1.0.0");
    must(counted && change === "done" && who === people.at(-1), () => short(audit.last(hub, BOXES[1], "v1.0.0")));
    await at.mergeGoesThrough(pull.number);
  });
}

async function unseenTwice() {
  const at = await world("second-unseen");
  const { hub, tick, untick, tickAll, checkIs } = at;
  const { number } = await at.release("1.0.0");
  const pull = await hub.pullRequest("alice", "Ship", "main", "production");
  await tickAll("bob", number, BOXES.slice(0, -1));
  await settled();

  await step("a box is ticked, and in the same second unticked and ticked again without a delivery: one look finds both", async () => {
    await secondBegins();
    await tick("alice", number, LAST);
    await settled();
    await meets("lose", editOf(hub, number), 2, async () => {
      await untick("bob", number, LAST);
      await tick("alice", number, LAST);
    });
    await meets("lose", editOf(hub, number), 1, () => untick("bob", number, BOXES[0]));
    await hub.as("bob", "POST", `issues/${number}/comments`, { body: "/hp recheck" });
    await settled();
    await at.waitsFor(pull.head.sha, [BOXES[0]], [LAST]);
    await tick("bob", number, BOXES[0]);
    await checkIs(pull.head.sha, GATE, green, "success");
  });
}

const began = Date.now();
setTimeout(() => {
  report.fail("it ends", `it did not within ${LIMIT / 1000} s\n${holdpoint.tail()}`);
  report.close();
  process.exit();
}, LIMIT).unref();
const only = process.argv.slice(2);
const stage = async (name, work) => {
  if (only.length > 0 && !only.includes(name)) return;
  const from = Date.now();
  await work();
  console.log(`# ${name}: ${((Date.now() - from) / 1000).toFixed(1)} s`);
};
try {
  await holdpoint.start();
  await stage("two releases", async () => {
    for (const fate of FATES) await twoReleases(fate);
  });
  await stage("a new head", async () => {
    for (const fate of FATES) await newHead(fate);
  });
  await stage("a tag", async () => {
    for (const fate of FATES) await tagged(fate);
  });
  await stage("one second", async () => {
    for (const people of [["bob"], ["alice", "bob"]]) {
      for (const how of ["reversed", "late"]) await withinOneSecond(how, people);
    }
    await unseenTwice();
  });
  // By the clock of the machine, no two storms are alike: they are a proof of their own, and not for every run.
  for (const seed of only.includes("storm") ? seeds : []) {
    await stage("storm", () => storm({ seed, github, holdpoint, world, audit, step, settled, recover }));
  }
  await step("it ends on SIGTERM with 0, nothing panicked on the way, and the ledger is whole", async () => {
    const ended = await holdpoint.stop();
    must(ended?.code === 0, `it ended with ${short(ended)}`);
    must(holdpoint.panics.length === 0, holdpoint.panics.join("\n"));
    audit.verify();
  });
} catch (error) {
  if (!(error instanceof Stop)) report.fail("the story went through", error.stack ?? error);
  else if (report.failed === 0) report.fail("the story went through", error.message);
} finally {
  if (holdpoint.child && holdpoint.alive) await holdpoint.kill();
  await github.stop();
}
if (report.failed > 0) {
  console.log("--- the last deliveries ---");
  for (const { id, guid, repository, event, action, status, redelivery } of relay.attempts.slice(-25)) {
    console.log([id, guid, repository, event, action, status, redelivery ? "again" : ""].join(" "));
  }
  console.log("--- the end of the server's log ---");
  console.log(holdpoint.tail());
}
console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`);
report.close();
process.exit();
