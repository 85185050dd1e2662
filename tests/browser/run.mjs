// Goes through the demo's pages in a browser, as a visitor would: every page loads clean and fits on
// a phone, a box can be ticked by clicking on it, and the merge that must be refused is refused.
// Screenshots are left in target/screenshots.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { BINARY, PATIENCE, Report, Stop, until, within } from "../harness.mjs";

const SHOTS = process.env.HOLDPOINT_SCREENSHOTS ?? fileURLToPath(new URL("../../target/screenshots", import.meta.url));

const PAGES = [
  ["home", "/"],
  ["repository", "/acme/rocket"],
  ["pulls", "/acme/rocket/pulls"],
  ["pull", "/acme/rocket/pull/1"],
  ["pull-files", "/acme/rocket/pull/1/files"],
  ["issues", "/acme/rocket/issues"],
  ["tags", "/acme/rocket/tags"],
];

const report = new Report();

function browserPath() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const directory of (process.env.PATH ?? "").split(delimiter)) {
      if (existsSync(join(directory, name))) return join(directory, name);
    }
  }
  throw new Stop("no Chromium found: install it (Debian: apt-get install chromium), or name it in CHROMIUM");
}

/** `holdpoint demo --port 0`, and the address that it prints. */
async function startDemo() {
  const child = spawn(BINARY, ["demo", "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  const demo = { child, output: "" };
  demo.ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ error: error.message }));
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
  let over = false;
  demo.ended.then(() => (over = true));
  process.on("exit", () => child.kill("SIGKILL"));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => (demo.output += text));
  }
  demo.url = await until("the demo prints its address", (wait) => {
    if (over) throw new Stop(`holdpoint demo ended at once:\n${demo.output}`);
    wait(demo.output);
    return /http:\/\/127\.0\.0\.1:\d+(?=\/)/.exec(demo.output)?.[0];
  });
  return demo;
}

/** A page that notes everything it should not have to. */
async function newPage(context, origin) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.complaints.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => page.complaints.push(`failed: ${request.url()}`));
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

async function look(context, origin, suffix) {
  for (const [name, path] of PAGES) {
    const page = await newPage(context, origin);
    const sentence = `${path} (${suffix})`;
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
      await shot(page, `${name}-${suffix}`);
      const wrong = [...page.complaints];
      if (response.status() !== 200) wrong.push(`status ${response.status()}`);
      if (title.trim() === "") wrong.push("no title");
      if (scrollWidth > innerWidth) wrong.push(`${scrollWidth} px wide on a screen of ${innerWidth}`);
      if (nameless.length > 0) wrong.push(`controls without a name: ${nameless.join("\n")}`);
      report.check(`${sentence} loads clean`, wrong.length === 0, wrong.join("\n"));
    } catch (error) {
      report.fail(`${sentence} loads clean`, error.message);
    } finally {
      await page.close();
    }
  }
}

/** The visitor's way: tag, the release issue, a refused merge, ticks, the merge. */
async function visit(context, origin) {
  const page = await newPage(context, origin);

  await page.goto(`${origin}/acme/rocket/tags`);
  const tagIt = page.getByRole("button", { name: /tag/i });
  if (await tagIt.count()) {
    await tagIt.first().click();
    await page.waitForLoadState("load");
  }

  const issue = await until("a release issue is listed", async () => {
    await page.goto(`${origin}/acme/rocket/issues`);
    const link = page.locator('a[href*="/acme/rocket/issues/"]').first();
    return (await link.count()) > 0 && (await link.getAttribute("href"));
  });
  report.ok("a tag made by clicking opens the release issue");
  const issueUrl = new URL(issue, `${origin}/`).href;

  const pulls = async () => {
    await page.goto(`${origin}/acme/rocket/pulls`);
    return page.locator('a[href*="/acme/rocket/pull/"]').evaluateAll((links) => [...new Set(links.map((one) => one.href))]);
  };
  let production;
  for (const url of await pulls()) {
    await page.goto(url);
    if (/production/.test(await page.locator("main, body").first().innerText())) production = url;
  }
  if (!production) throw new Stop("no pull request into production");

  const merge = async () => {
    await page.goto(production);
    const button = page.getByRole("button", { name: /merge/i }).first();
    if (await button.isDisabled()) return "disabled";
    // A refused merge may be answered with a status that says so: no complaint.
    await button.click();
    await page.waitForLoadState("load");
    return page.locator("body").innerText();
  };
  const refused = await merge();
  await shot(page, "merge-refused");
  report.check(
    "the merge into production is refused while boxes are open",
    refused === "disabled" || /refused|blocked|required|not.*(merged|allowed)/i.test(refused),
    refused,
  );

  await page.goto(issueUrl);
  const all = page.locator('input[type="checkbox"]');
  const total = await all.count();
  report.check("the release issue has boxes to click", total > 0, await page.content());
  const open = page.locator('input[type="checkbox"]:not(:checked)');
  await open.first().click();
  await until("the tick is there after a reload", async () => {
    await page.goto(issueUrl);
    return (await open.count()) === total - 1;
  });
  report.ok("a box ticked by clicking is ticked after a reload");
  await shot(page, "issue-one-ticked");

  for (let left = total - 1; left > 0; left -= 1) {
    await page.goto(issueUrl);
    await open.first().click();
    await until("the next tick", async () => {
      await page.goto(issueUrl);
      return (await open.count()) === left - 1;
    });
  }
  await shot(page, "issue-all-ticked");
  await until("the merge goes through", async (wait) => {
    const words = await merge();
    wait(words.slice(0, 500));
    return words !== "disabled" && /\bmerged\b/i.test(words) && !/refused|blocked/i.test(words);
  });
  await shot(page, "merged");
  report.ok("with every box ticked the merge goes through");
  const complaints = page.complaints.filter((one) => !/^(4\d\d: .*merge|console: .*\b4\d\d\b)/.test(one));
  report.check("nothing was complained of on the way", complaints.length === 0, complaints.join("\n"));
}

let browser;
let demo;
try {
  const executablePath = browserPath();
  rmSync(SHOTS, { recursive: true, force: true });
  mkdirSync(SHOTS, { recursive: true });
  demo = await startDemo();
  // Chromium refuses its own sandbox to root, which is what a container usually is.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath, args });
  for (const [suffix, options] of [
    ["desktop", { viewport: { width: 1280, height: 900 } }],
    ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ["dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ]) {
    const context = await browser.newContext(options);
    await look(context, demo.url, suffix);
    await context.close();
  }
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await visit(context, demo.url);
  await context.close();
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
