// What the scripts that click through the demo share: its process, the browser, and what it asks for.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { BINARY, Stop, until } from "../harness.mjs";

export const REPOSITORY = "/acme/rocket";

const AFTER = ["Watch the error rate", "Tell the couriers", "Drop the column", "Switch invoices on"];

/** Whether an item of the demo's release is wanted after it, by what its box is called. */
export const isForAfter = (label) => AFTER.some((words) => label.startsWith(words));

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
export async function startDemo() {
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

export function startBrowser() {
  // Chromium refuses its own sandbox to root, which is what a container usually is.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: browserPath(), args });
}
