// Two people tick and untick at random in several repositories, while deliveries fail, get lost, come twice, late and in
// another order, and the server is killed twice. What people do and what the relay does follow from the seed.

import { until } from "../harness.mjs";
import { GATE, green, must, short } from "./story.mjs";
import { chance } from "./relay.mjs";

/** In the end everything is done in the first, one box of one release is open in the second, one of each in the third. */
export const REPOSITORIES = ["storm-done", "storm-one-open", "storm-two-open"];

const VERSIONS = ["1.0.0", "1.1.0"];
const TEXTS = ["Fuel the tanks", "Tell the support team", "Count down", "Close the hatch", "Wave goodbye"].map((text) => `${text} for {{ version }}`);
const PEOPLE = ["alice", "bob"];
const EDITS = 120;
const ODDS = { fail: 0.2, lose: 0.1, double: 0.15, delay: 0.2, reorder: 0.1 };

/** Numbers from 0 to below 1, one after the other, that follow from the seed. */
function dice(words) {
  let thrown = 0;
  const next = () => chance(`${words} ${(thrown += 1)}`);
  return Object.assign(next, {
    pick: (list) => list[Math.floor(next() * list.length)],
    shuffled: (list) => list.map((one) => [next(), one]).sort(([a], [b]) => a - b).map(([, one]) => one),
  });
}

export async function storm({ seed, github, holdpoint, world, audit, step, settled, recover }) {
  const { relay } = github;
  const die = dice(`storm ${seed}`);
  const worlds = await Promise.all(REPOSITORIES.map((name) => world(`${name}-${seed}`, TEXTS)));
  await settled();

  await step(`storm ${seed}: of every tag an issue is opened, whatever becomes of the deliveries`, async () => {
    // A tag that nothing ever tells of is looked for where something would turn green: a scenario of its own.
    relay.storm(seed, { ...ODDS, lose: 0 });
    for (const { hub } of worlds) {
      for (const version of VERSIONS) await hub.tag("alice", `v${version}`, await hub.write("alice", "main", "VERSION", `${version}\n`));
    }
    await relay.settled();
    relay.calm();
    await relay.release((late) => die.shuffled(late));
    await recover();
    for (const at of worlds) {
      at.pull = await at.hub.pullRequest("alice", "Ship", "main", "production");
      at.issues = new Map();
      for (const version of VERSIONS) at.issues.set(version, await at.oneIssue(version));
    }
    await settled();
  });

  await step(`${EDITS} edits of ${PEOPLE.length} people, two kills on the way: every failed delivery arrives in the end`, async () => {
    relay.storm(seed, ODDS);
    const kills = [EDITS / 3, (2 * EDITS) / 3].map((around) => Math.floor(around + die() * 10));
    for (let edit = 0; edit < EDITS; edit += 1) {
      await change(die.pick(worlds), die.pick(VERSIONS), die.pick(TEXTS), die.pick(PEOPLE), die() < 0.7);
      if (edit % 10 === 9) await relay.release((late) => die.shuffled(late).filter(() => die() < 0.5));
      if (kills.includes(edit)) {
        await holdpoint.kill();
        await holdpoint.start();
      }
    }
    for (const [open, at] of worlds.entries()) {
      for (const version of VERSIONS) {
        for (const text of TEXTS) await change(at, version, text, die.pick(PEOPLE), true);
      }
      for (const version of VERSIONS.slice(0, open)) await change(at, version, die.pick(TEXTS), die.pick(PEOPLE), false);
    }
    await relay.settled();
    relay.calm();
    await relay.release((late) => die.shuffled(late));
    const pages = relay.furtherPages;
    await recover();
    must(relay.attempts.length > 100 && relay.furtherPages > pages, `${relay.attempts.length} attempts were listed on one page`);
    must(relay.late === 0, `${relay.late} are still late`);
  });

  await step("no issue and no comment is doubled", async () => {
    for (const { hub, issues, ownComments } of worlds) {
      const found = await hub.issues();
      must(found.length === VERSIONS.length, () => `${hub.repository}: ${short(found.map(({ title }) => title))}`);
      for (const { number } of issues.values()) {
        const own = await ownComments(number);
        must(own.length === 1, () => `${hub.repository}#${number}: ${short(own.map(({ body }) => body))}`);
      }
    }
  });

  await step("every gate says what the issues say, once somebody has Holdpoint look at what no delivery told", async () => {
    for (const { hub, issues } of worlds) {
      for (const { number } of issues.values()) await hub.as("bob", "POST", `issues/${number}/comments`, { body: "/hp recheck" });
    }
    await settled();
    for (const at of worlds) {
      const open = (await items(at)).filter(({ done }) => !done).map(({ text }) => text);
      await until(`${at.hub.repository}: ${open.length} open`, async (wait) => {
        const run = await at.hub.check(at.pull.head.sha, GATE);
        const { summary } = run.output;
        const listed = VERSIONS.flatMap((version) => TEXTS.map((text) => at.text(text, version))).filter((text) => summary.includes(text));
        // Put into words only where it is the last that was seen.
        wait({ toString: () => why(at, audit, { conclusion: run.conclusion, listed, open }) });
        return green(run) === (open.length === 0) && listed.sort().join() === open.sort().join();
      });
    }
  });

  await step("every tick counts, as that of somebody who made it, and none twice", async () => {
    for (const at of worlds) {
      const lines = audit.lines(at.hub);
      for (const { text, version, done } of await items(at)) {
        const { number } = at.issues.get(version);
        const told = lines.filter((line) => line.text?.includes(text));
        const last = told.toSorted((a, b) => a.when.localeCompare(b.when) || a.position - b.position).at(-1);
        const ticks = made(at.hub, number, text, "x").map(({ login }) => login);
        const unticks = made(at.hub, number, text, " ").map(({ login }) => login);
        const why = () => `${at.hub.repository} ${text}, ${done ? "done" : "open"}: ${short({ told: told.map(shown), ticks, unticks })}`;
        // Of what is open the text alone decides.
        if (done) must(last?.counted && last.change === "done" && ticks.includes(last.who), why);
        // Within one second nobody can tell a late delivery from another edit like it.
        if (flipped(at.hub, number, text)) continue;
        must(told.filter(({ change }) => change === "done").length <= ticks.length, why);
        must(told.filter(({ change }) => change === "open").length <= unticks.length, why);
      }
    }
    audit.verify();
  });

  await step("what is done can be merged, and nothing else", async () => {
    const [done, ...others] = worlds;
    await done.mergeGoesThrough(done.pull.number);
    for (const { pull, mergeIsRefused } of others) await mergeIsRefused(pull.number);
  });
}

const shown = ({ change, counted, who, when, how, delivery }) => [change, counted, who, when, how, delivery].join(" ");

/** Sets a box, if it is not like that. */
async function change(at, version, text, login, done) {
  const { number } = at.issues.get(version);
  const own = at.text(text, version);
  const { body } = await at.hub.as(login, "GET", `issues/${number}`);
  if (body.includes(`- [${done ? " " : "x"}] ${own}`)) await (done ? at.tick : at.untick)(login, number, own);
}

/** Each item of the releases, as the issues show it. */
async function items({ hub, issues, text: named }) {
  const found = [];
  for (const [version, { number }] of issues) {
    const { body } = await hub.as("alice", "GET", `issues/${number}`);
    for (const text of TEXTS.map((one) => named(one, version))) found.push({ text, version, done: body.includes(`- [x] ${text}`) });
  }
  return found;
}

/** The versions that brought a box into this state. */
function made(hub, number, text, mark) {
  const is = (version) => version.text.includes(`- [${mark}] ${text}`);
  return hub.history.of(hub.repository, number).filter((version, at, all) => at > 0 && is(version) && !is(all[at - 1]));
}

/** What is known of the items that wait though they are ticked. */
function why({ hub, issues }, audit, seen) {
  const differ = seen.listed.filter((text) => !seen.open.includes(text));
  const ledger = audit.lines(hub).filter((line) => differ.includes(line.text)).map(shown);
  const edits = [...issues.values()].flatMap(({ number }) => differ.flatMap((text) => edited(hub, number, text)));
  return JSON.stringify({ ...seen, ledger, edits }, null, 1);
}

/** The edits of a box, each with what became of their deliveries. */
function edited(hub, number, text) {
  const marks = [" ", "x"].flatMap((mark) => made(hub, number, text, mark).map((version) => ({ mark, ...version })));
  return marks
    .sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }))
    .map(({ id, at, login, mark, text: body }) => {
      const own = hub.relay.attempts.filter(({ repository, event, payload }) => repository === hub.repository && event === "issues" && payload.issue.body === body);
      return `${id} ${at} ${login} [${mark}] ${own.map(({ id: attempt, guid, action, status }) => [attempt, guid.slice(0, 8), action, status].join(" ")).join(", ")}`;
    });
}

/** Whether a box was changed twice within a second of GitHub's clock, or nearly. */
function flipped(hub, number, text) {
  const times = [...made(hub, number, text, "x"), ...made(hub, number, text, " ")].map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
  return times.some((time, at) => at > 0 && time - times[at - 1] <= 1000);
}
