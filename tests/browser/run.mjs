// Follows the demo's tour in a browser, as a visitor would: every page loads clean and fits on a
// phone, boxes are ticked by clicking on them, and the merge is refused for as long as it must be.
// Screenshots of every page at every stage are left in target/screenshots.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PATIENCE, Report, Stop, until, within } from "../harness.mjs";
import { REPOSITORY, isForAfter, startBrowser, startDemo } from "./demo.mjs";

const SHOTS = process.env.HOLDPOINT_SCREENSHOTS ?? fileURLToPath(new URL("../../target/screenshots", import.meta.url));

const SCREENS = [
  ["desktop", { viewport: { width: 1280, height: 900 } }],
  ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ["dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
];

const report = new Report();

/** A page that notes everything it should not have to. */
async function newPage(context, origin) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.complaints.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Left before it was there: the pages load themselves anew when something happens.
    const left = request.failure()?.errorText === "net::ERR_ABORTED";
    if (!left) page.complaints.push(`failed: ${request.url()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) page.complaints.push(`from elsewhere: ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) page.complaints.push(`${response.status()}: ${response.url()}`);
  });
  page.setDefaultTimeout(PATIENCE);
  return page;
}

const shot = (page, name) => page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });

/** Looks at some pages on every screen: [name, path] each. */
async function look(browser, origin, pages) {
  for (const [screen, options] of SCREENS) {
    const context = await browser.newContext(options);
    for (const [name, path] of pages) await lookAt(context, origin, screen, name, path);
    await context.close();
  }
}

async function lookAt(context, origin, screen, name, path) {
  const page = await newPage(context, origin);
  const sentence = `${path} loads clean (${name}, ${screen})`;
  try {
    const response = await page.goto(origin + path, { waitUntil: "load" });
    const title = await page.title();
    const { scrollWidth, innerWidth, nameless } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      innerWidth: window.innerWidth,
      nameless: [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
        .filter((one) => {
          const labels = [...(one.labels ?? [])].map((label) => label.textContent).join("");
          const words = one.textContent + (one.getAttribute("aria-label") ?? "") + labels + (one.title ?? "") + (one.type === "submit" ? one.value : "");
          return words.trim() === "" && !one.getAttribute("aria-labelledby");
        })
        .map((one) => one.outerHTML.slice(0, 120)),
    }));
    await shot(page, `${name}-${screen}`);
    const wrong = [...page.complaints];
    if (response.status() !== 200) wrong.push(`status ${response.status()}`);
    if (title.trim() === "") wrong.push("no title");
    if (scrollWidth > innerWidth) wrong.push(`${scrollWidth} px wide on a screen of ${innerWidth}`);
    if (nameless.length > 0) wrong.push(`controls without a name: ${nameless.join("\n")}`);
    report.check(sentence, wrong.length === 0, wrong.join("\n"));
  } catch (error) {
    report.fail(sentence, error.message);
  } finally {
    await page.close();
  }
}

/** The visitor's way along the tour. */
async function visit(browser, origin) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await newPage(context, origin);
  /** A page that loads itself anew may cross a visit, so it is tried again. */
  const go = (path) =>
    until(`${path} opens`, async () => {
      await page.goto(origin + path, { waitUntil: "load", timeout: 5_000 });
      return true;
    });
  await go("/");
  const links = await page.locator("ol.tour a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  report.check("the tour has eight steps, each with a link", links.length === 8, links.join(" "));
  const [review, ship] = links;

  const text = () => page.locator("main").innerText();
  const shows = (path, what, pattern) =>
    until(what, async (wait) => {
      await go(path);
      const seen = await text();
      wait(seen.slice(0, 2000));
      return pattern.test(seen);
    });
  const follow = async (step) => {
    await go("/");
    await page.locator("ol.tour a").nth(step - 1).click();
    await page.waitForLoadState("load");
  };
  /** Waits for the answer to a form that something sends: going elsewhere at once would take it back. */
  const sent = async (form, doing) => {
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith(form));
    const loaded = answered.then(() => page.waitForEvent("load"));
    await doing();
    await loaded;
  };
  /** Presses a button; the words of the page that it leads to. */
  const press = async (button, form) => {
    await sent(form, () => page.getByRole("button", { name: button, exact: true }).click());
    return text();
  };
  const be = async (who) => {
    await sent("/sign-in", () => page.locator("#who").selectOption(who));
    await until(`signed in as ${who}`, async () => {
      await go("/");
      return (await page.locator("#who").inputValue()) === who;
    });
  };
  /** The check's own page, from a pull request's. */
  const run = async (path, name) => {
    await go(path);
    return page.locator("#checks").getByRole("link", { name }).getAttribute("href");
  };

  // 1: what a pull request does to the checklist.
  await follow(1);
  const opened = await text();
  for (const words of ["Checklist changes", "removed, was required", "reworded", "added", "holdpoint/review"]) {
    report.check(`the pull request's page says "${words}"`, opened.includes(words), opened);
  }
  await look(browser, origin, [
    ["1-home", "/"],
    ["1-pull", review],
    ["1-pull-files", `${review}/files`],
    ["1-pull-check", await run(review, "holdpoint/review")],
    ["1-repository", REPOSITORY],
    ["1-checklist", `${REPOSITORY}/blob/main/.github/release-checklist.md`],
    ["1-new-file", `${REPOSITORY}/new/main?filename=release-steps/new.md&value=-%20%5B%20%5D%20`],
    ["1-pulls", `${REPOSITORY}/pulls`],
  ]);
  await go(review);
  report.check("the prepared pull request can be merged", /\bMerged\b/.test(await press("Merge pull request", "/merge")));

  // 2: no release, no way into production.
  await follow(2);
  const early = await press("Try to merge anyway", "/merge");
  report.check("the merge is refused before there is a release", /Refused\..*holdpoint\/release/.test(early), early);
  await shot(page, "2-refused");
  await look(browser, origin, [
    ["2-ship", ship],
    ["2-ship-check", await run(ship, "holdpoint/release")],
    ["2-issues", `${REPOSITORY}/issues`],
  ]);

  // 3: the tag.
  await look(browser, origin, [["3-tags", `${REPOSITORY}/tags`]]);
  await follow(3);
  const tagged = await press("Create tag", "/tags");
  report.check("the tag that the page suggests is v1.4.0", tagged.includes("v1.4.0"), tagged);

  // 4: the release issue.
  const issue = await until("a release issue is listed", async () => {
    await follow(4);
    const link = page.locator(`a[href^="${REPOSITORY}/issues/"]`).first();
    return (await link.count()) > 0 && (await link.getAttribute("href"));
  });
  report.ok("a tag made by clicking opens the release issue");
  await shows(issue, "the comment on the issue", /Open before the release/);
  await look(browser, origin, [
    ["4-issues", `${REPOSITORY}/issues`],
    ["4-issue", issue],
  ]);

  // 5: refused still, and the check says what is missing.
  await shows(ship, "the check names the release", /v1\.4\.0: 0 of \d+ done/);
  await follow(5);
  const waiting = await press("Try to merge anyway", "/merge");
  report.check("the merge is refused while boxes are open", /Refused\..*holdpoint\/release/.test(waiting), waiting);
  await look(browser, origin, [
    ["5-ship", ship],
    ["5-ship-check", await run(ship, "holdpoint/release")],
  ]);

  // 6: a deployment that waits.
  await follow(6);
  const asked = await press("Deploy to production", "/deployments");
  report.check("a deployment can be started from its page", asked.includes("attempt 1"), asked);
  await shows(`${REPOSITORY}/deployments`, "the deployment waits and is told what for", /Waiting for Holdpoint[^]*v1\.4\.0: 0 of \d+ done/);
  report.ok("a deployment waits and is told what for");
  await look(browser, origin, [["6-deployments-waiting", `${REPOSITORY}/deployments`]]);

  // 7: ticking.
  const labels = async () => {
    await go(issue);
    return page.locator('input[type="checkbox"]').evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  };
  const tick = async (label, to = true) => {
    const box = page.getByRole("checkbox", { name: label, exact: true });
    await go(issue);
    await sent("/tick", () => box.click());
    await until(`"${label}" is ${to ? "ticked" : "unticked"} after a reload`, async () => {
      await go(issue);
      return (await box.isChecked()) === to;
    });
  };
  const all = await labels();
  report.check("the release issue has boxes to click", all.length > 0, all.join("\n"));
  await be("carol");
  await tick(all[0]);
  report.ok("a box ticked by clicking is ticked after a reload");
  await shows(issue, "the comment says why carol's tick does not count", /ticked by carol, which does not count/);
  report.ok("the tick of somebody who may not tick does not count, and the comment says why");
  await look(browser, origin, [["6-issue-not-counted", issue]]);
  await tick(all[0], false);
  const later = (label) => isForAfter(label) || label.includes("optional");
  await be("alice");
  for (const label of all.filter((one) => !later(one) && !one.includes("@acme/qa"))) await tick(label);
  await look(browser, origin, [
    ["6-issue-half", issue],
    ["6-ship-half", ship],
  ]);
  await be("bob");
  for (const label of all.filter((one) => one.includes("@acme/qa"))) await tick(label);
  await shows(ship, "the check turns green", /Success[^]*v1\.4\.0: (\d+) of \1 done/);
  report.ok("with the last box before the release the check turns green");
  await shows(`${REPOSITORY}/deployments`, "the deployment goes on", /Deployed[^]*Holdpoint approved/);
  report.ok("with the last box before the release the deployment goes on");
  await look(browser, origin, [["7-deployments", `${REPOSITORY}/deployments`]]);
  await look(browser, origin, [
    ["7-issue", issue],
    ["7-ship", ship],
    ["7-ship-check", await run(ship, "holdpoint/release")],
  ]);

  // 8: shipping, and what comes after.
  await be("alice");
  await follow(8);
  const queued = await press("Add to the merge queue", "/enqueue");
  report.check("the pull request goes into the merge queue", /It is in the merge queue/.test(queued), queued);
  const queue = `${REPOSITORY}/queue/production`;
  await shows(queue, "the group has the check", /Success[^]*holdpoint\/release/);
  report.ok("the page of the merge queue shows the group and its check");
  const late = all.filter((label) => !isForAfter(label) && label.includes("@acme/qa"))[0];
  await be("bob");
  await tick(late, false);
  await shows(queue, "the group waits", /In progress[^]*holdpoint\/release/);
  report.ok("a box that is unticked meanwhile makes the group wait");
  await look(browser, origin, [["7-queue", queue]]);
  await tick(late);
  await be("alice");
  await shows(ship, "the queue merges", /\bMerged\b/);
  report.ok("with the last tick the queue merges the pull request into production");
  for (const label of all.filter(isForAfter)) await tick(label);
  await shows(issue, "the issue closes by itself", /^Release[^]*\bClosed\b[^]*Complete\./);
  report.ok("with the last box after the release the issue closes");
  await look(browser, origin, [
    ["8-home", "/"],
    ["8-issue", issue],
    ["8-ship", ship],
    ["8-queue", queue],
    ["8-tags", `${REPOSITORY}/tags`],
  ]);
  report.check("nothing was complained of on the way", page.complaints.length === 0, page.complaints.join("\n"));
  await context.close();
}

let browser;
let demo;
try {
  rmSync(SHOTS, { recursive: true, force: true });
  mkdirSync(SHOTS, { recursive: true });
  demo = await startDemo();
  browser = await startBrowser();
  await visit(browser, demo.url);
  demo.child.kill("SIGINT");
  const ended = await within(10_000, demo.ended);
  report.check("Ctrl-C ends the demo with 0", ended?.code === 0, JSON.stringify(ended));
} catch (error) {
  report.fail("the visit went through", error instanceof Stop ? error.message : error.stack);
} finally {
  await browser?.close();
}
if (report.failed > 0 && demo) {
  console.log("--- the end of the demo's output ---");
  console.log(demo.output.split("\n").slice(-40).join("\n"));
}
report.close();
process.exit();
