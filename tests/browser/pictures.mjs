// Makes the pictures of the documentation: walks through the demo as a visitor would, and takes what Holdpoint wrote on its
// pages. `node tests/browser/pictures.mjs` writes docs/images anew; look at them before you commit them.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { PATIENCE, Report, Stop, until, within } from "../harness.mjs";
import { REPOSITORY, isForAfter, startBrowser, startDemo } from "./demo.mjs";

const IMAGES = fileURLToPath(new URL("../../docs/images", import.meta.url));

/** What a page of documentation can take. */
const WIDEST = 1000;
const HEAVIEST = 120_000;

/** A narrow window at a higher resolution: the letters stay large where a page shrinks the picture. */
const SCREEN = { viewport: { width: 760, height: 1000 }, deviceScaleFactor: 1.35, colorScheme: "light" };

/** Colours of a picture. A page of letters has few, and one byte for each dot is a third of the weight. */
const COLOURS = 64;

const report = new Report();

/** In the browser: a screenshot's dots as numbers of its most frequent colours. */
async function indexed({ png, colours }) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  drawing.drawImage(image, 0, 0);
  const dots = new Uint32Array(drawing.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const dot of dots) counts.set(dot, (counts.get(dot) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, colours).map(([dot]) => dot);
  const parts = (dot) => [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255];
  const far = (a, b) => parts(a).reduce((sum, part, n) => sum + (part - parts(b)[n]) ** 2, 0);
  const nearest = new Map();
  for (const dot of counts.keys()) {
    const order = palette.map((one, n) => [far(dot, one), n]);
    nearest.set(dot, order.reduce((best, one) => (one[0] < best[0] ? one : best))[1]);
  }
  return { width, height, palette: palette.flatMap(parts), dots: Array.from(dots, (dot) => nearest.get(dot)) };
}

/** A PNG with a palette. Source: <https://www.w3.org/TR/png-3/>. */
function packed({ width, height, palette, dots }) {
  const chunk = (name, data) => {
    const inside = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(inside));
    return Buffer.concat([length, inside, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a dot, with a palette.
  header.set([8, 3, 0, 0, 0], 8);
  // Each row begins with the number of its filter; none.
  const rows = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row += 1) rows.set(dots.slice(row * width, (row + 1) * width), row * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette)),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function walk(browser, origin) {
  const context = await browser.newContext(SCREEN);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  /** A page that loads itself anew may cross a visit, so it is tried again. */
  const go = (path) =>
    until(`${path} opens`, async () => {
      await page.goto(origin + path, { waitUntil: "load", timeout: 5_000 });
      return true;
    });
  const shows = (path, what, pattern) =>
    until(what, async (wait) => {
      await go(path);
      const seen = await page.locator("main").innerText();
      wait(seen.slice(0, 1000));
      return pattern.test(seen);
    });
  const take = async (name, part) => {
    const box = await part.boundingBox();
    // The rounded corners stand on the page's own ground.
    const clip = { x: box.x - 8, y: box.y - 8, width: box.width + 16, height: box.height + 16 };
    const shot = await page.screenshot({ clip, fullPage: true, animations: "disabled" });
    const picture = await page.evaluate(indexed, { png: shot.toString("base64"), colours: COLOURS });
    const file = packed(picture);
    writeFileSync(join(IMAGES, `${name}.png`), file);
    const fits = picture.width <= WIDEST && file.length <= HEAVIEST;
    report.check(`${name} fits a page: ${picture.width} px wide, ${file.length} bytes`, fits);
  };
  const press = async (button) => {
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.getByRole("button", { name: button, exact: true }).click();
    await answered;
    await page.waitForLoadState("load");
  };
  const be = async (who) => {
    await go("/");
    const answered = page.waitForResponse((answer) => answer.url().endsWith("/sign-in"));
    await page.locator("#who").selectOption(who);
    await answered;
    await page.waitForLoadState("load");
  };

  await go("/");
  const links = await page.locator("ol.tour a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  const [review, ship, tags] = links;

  await shows(review, "the comment on the pull request", /Checklist changes/);
  await take("review", page.locator("article.card").filter({ hasText: "Checklist changes" }));
  await press("Merge pull request");

  await go(tags);
  await press("Create tag");
  const issue = await until("a release issue is listed", async () => {
    await go(`${REPOSITORY}/issues`);
    const link = page.locator(`a[href^="${REPOSITORY}/issues/"]`).first();
    return (await link.count()) > 0 && (await link.getAttribute("href"));
  });
  await shows(issue, "the comment on the issue", /Open before the release/);

  const boxes = async () => {
    await go(issue);
    return page.locator('input[type="checkbox"]').evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  };
  const tick = async (label) => {
    const box = page.getByRole("checkbox", { name: label, exact: true });
    await go(issue);
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await box.click();
    await answered;
    await until(`"${label}" is ticked`, async () => {
      await go(issue);
      return box.isChecked();
    });
  };
  const all = await boxes();
  const free = all.filter((label) => !isForAfter(label) && !label.includes("optional") && !label.includes("@acme/qa"));
  const ofQa = all.filter((label) => label.includes("@acme/qa"));
  await be("alice");
  for (const label of free.slice(0, 3)) await tick(label);
  await be("bob");
  await tick(ofQa[0]);
  // And one by somebody who may not.
  await be("alice");
  await tick(ofQa[1]);
  await shows(issue, "the comment counts", /4 of \d+[^]*which does not count/);
  await take("issue", page.locator("article.card").first());
  await take("progress", page.locator("article.card").nth(1));

  await shows(ship, "the gate counts", /v1\.4\.0: 4 of \d+ done/);
  await take("gate", page.locator("#checks"));
  await context.close();
}

let browser;
let demo;
try {
  mkdirSync(IMAGES, { recursive: true });
  demo = await startDemo();
  browser = await startBrowser();
  await walk(browser, demo.url);
  demo.child.kill("SIGINT");
  await within(10_000, demo.ended);
} catch (error) {
  report.fail("the pictures were made", error instanceof Stop ? error.message : error.stack);
} finally {
  await browser?.close();
}
report.close();
process.exit();
