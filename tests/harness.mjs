// What the scripts that drive the real binary share: a report, waiting, signing, the process.

import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { createServer, connect } from "node:net";
import { request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The binary under test. */
export const BINARY =
  process.env.HOLDPOINT_BIN ??
  fileURLToPath(new URL("../target/debug/holdpoint", import.meta.url));

/** How long an end state may take. The other side is another process, so it is polled. */
export const PATIENCE = Number(process.env.HOLDPOINT_TEST_PATIENCE ?? 30) * 1000;

export const pause = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a promise resolves to, or undefined after a while; leaves no timer behind. */
export async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Prints a line for each thing found to be so, and the sum at the end. */
export class Report {
  passed = 0;
  failed = 0;

  ok(sentence) {
    this.passed += 1;
    console.log(`ok - ${sentence}`);
  }

  fail(sentence, why) {
    this.failed += 1;
    console.log(`not ok - ${sentence}`);
    for (const line of String(why).split("\n")) console.log(`    ${line}`);
  }

  /** Asserts, and goes on: what follows may tell more. */
  check(sentence, condition, why = "") {
    if (condition) this.ok(sentence);
    else this.fail(sentence, why);
  }

  /** The last line; sets the exit code. */
  close() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    if (this.failed > 0 || this.passed === 0) process.exitCode = 1;
  }
}

/** What stops a story: later steps would only repeat that this one failed. */
export class Stop extends Error {}

/**
 * Polls until `probe` returns something other than `undefined` or `false`. A probe says what it saw
 * by throwing an error or by returning `wait("...")`; the last word is part of the failure.
 */
export async function until(what, probe, patience = PATIENCE) {
  const end = Date.now() + patience;
  let seen = "nothing";
  for (;;) {
    try {
      const value = await probe((words) => {
        seen = words;
        return undefined;
      });
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      if (error instanceof Stop) throw error;
      seen = error.message;
    }
    if (Date.now() > end) throw new Stop(`${what}: not within ${patience / 1000} s; last seen: ${seen}`);
    await pause(120);
  }
}

export function privateKey() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

export const sign = (secret, body) =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** The headers that GitHub sends with a delivery of an App's webhook. */
export function deliveryHeaders({ secret, event, body, guid = randomUUID(), appId }) {
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/0000000",
    "x-github-delivery": guid,
    "x-github-event": event,
    "x-github-hook-id": "1",
    "x-github-hook-installation-target-id": String(appId),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature-256": sign(secret, body),
  };
}

/**
 * One HTTP exchange on a connection of its own: a pooled one may belong to a process that has been
 * killed since.
 */
export function exchange(url, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const call = httpRequest(url, { method, agent: false, headers: { ...length, ...headers } });
    call.setTimeout(PATIENCE, () => call.destroy(new Error(`${method} ${url}: no answer`)));
    call.on("error", reject);
    call.on("response", (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(parts);
        resolve({
          status: response.statusCode,
          headers: response.headers,
          bytes,
          get text() {
            return bytes.toString("utf8");
          },
          get json() {
            return bytes.length === 0 ? null : JSON.parse(bytes.toString("utf8"));
          },
        });
      });
    });
    call.end(body);
  });
}

export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export function temporaryDirectory(name) {
  const path = mkdtempSync(join(tmpdir(), `holdpoint-${name}-`));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** `holdpoint serve` as an operator starts it; can be killed and started again on the same data. */
export class Holdpoint {
  constructor({ directory, apiUrl, appId, key, secret, port }) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.directory = directory;
    this.output = "";
    this.environment = {
      HOLDPOINT_LISTEN: `127.0.0.1:${port}`,
      HOLDPOINT_DATABASE_URL: `sqlite://${join(directory, "hp.db")}`,
      HOLDPOINT_GITHUB_APP_ID: String(appId),
      HOLDPOINT_GITHUB_PRIVATE_KEY: key,
      HOLDPOINT_WEBHOOK_SECRET: secret,
      HOLDPOINT_GITHUB_API_URL: apiUrl,
      HOLDPOINT_LOG: process.env.HOLDPOINT_LOG ?? "holdpoint=debug,info",
      HOLDPOINT_LOG_FORMAT: "text",
      NO_COLOR: "1",
    };
  }

  /** Starts the process and waits until it answers. */
  async start() {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !name.startsWith("HOLDPOINT_") && name !== "DATABASE_URL" && name !== "PORT",
      ),
    );
    this.child = spawn(BINARY, ["serve"], {
      cwd: this.directory,
      env: { ...inherited, ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const child = this.child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      child.on("error", (error) => {
        this.output += `\n${error.message}\n`;
        running.delete(child);
        resolve({ code: null, signal: null });
      });
      child.on("exit", (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    await until("holdpoint serve answers on /healthz", async (wait) => {
      if (!running.has(child)) throw new Stop(`holdpoint serve ended at once\n${this.tail()}`);
      const { status } = await exchange(`${this.url}/healthz`);
      return status === 200 || wait(`status ${status}`);
    });
    return this;
  }

  get alive() {
    return running.has(this.child);
  }

  /** SIGKILL: no chance to tidy up. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** SIGTERM: resolves to how it ended, or undefined if it did not. */
  async stop(patience = 10_000) {
    this.child.kill("SIGTERM");
    return within(patience, this.ended);
  }

  tail(lines = 60) {
    const all = this.output.trimEnd().split("\n");
    return all.slice(-lines).join("\n");
  }

  get panics() {
    return this.output.split("\n").filter((line) => line.includes("panicked at"));
  }

  post(headers, body) {
    return exchange(`${this.url}/webhook`, { method: "POST", headers, body });
  }
}

/**
 * Sends a request's head, and then as much of `chunks` as it takes until the other side answers: a
 * server that refuses a body need not read it, and a client that insisted would see only a reset.
 */
export function exchangeRaw(port, head, chunks) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    let settled = false;
    const settle = () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer);
      if (settled || !status) return false;
      settled = true;
      resolve(Number(status[1]));
      socket.destroy();
      return true;
    };
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error("no answer")));
    socket.on("data", (part) => {
      answer += part.toString("latin1");
      settle();
    });
    socket.on("close", () => {
      if (!settle() && !settled) reject(new Error("closed without an answer"));
    });
    socket.on("error", (error) => {
      if (!settle() && !settled) reject(error);
    });
    socket.on("connect", async () => {
      socket.write(head);
      // A length that is too large can be refused on the head alone.
      await within(500, once(socket, "data")).catch(() => {});
      for (const chunk of chunks) {
        if (settled || socket.destroyed) return;
        if (!socket.write(chunk)) {
          await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
        }
        await new Promise((resume) => setImmediate(resume));
      }
    });
  });
}
