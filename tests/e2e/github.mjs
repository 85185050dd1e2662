// GitHub for the end-to-end story: npm's `emulate`, which nobody of this project wrote, with what it
// lacks of the documented behaviour filled in between it and Holdpoint, in both directions:
//
//   Holdpoint --REST--> [front] --> emulate --webhook--> [relay] --webhook--> Holdpoint
//
// Holdpoint is never asked to know the emulator. Each gap that is filled has a comment; everything
// else passes through unchanged. The story itself reads and writes at the emulator directly.

import { createServer } from "node:http";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createEmulator } from "emulate";
import { Stop, deliveryHeaders, exchange, freePort, pause, sign } from "../harness.mjs";

export const APP_ID = 4711;
export const SLUG = "holdpoint";
export const BOT = `${SLUG}[bot]`;
export const SECRET = "It's a Secret to Everybody";
export const OWNER = "acme";
export const REPO = "rocket";
const INSTALLATION = 99;
const NOBODY = "0".repeat(40);

export class GitHub {
  /** Deliveries as GitHub would list them: what was sent to Holdpoint and what it answered. */
  deliveries = [];
  /** Requests that Holdpoint made: "METHOD path". */
  requests = [];
  lastTraffic = Date.now();
  /** Called for each request of Holdpoint's; may hold it, or answer in GitHub's place. */
  intercept = undefined;
  /** Routes that neither the emulator nor this file knows. */
  unknown = new Set();

  /** `straight`: nothing is filled in; the emulator calls Holdpoint, and Holdpoint the emulator. */
  constructor({ key, holdpointUrl, exchangesFile, straight = false }) {
    this.key = key;
    this.straight = straight;
    this.holdpointUrl = holdpointUrl;
    this.exchangesFile = exchangesFile;
    this.queue = Promise.resolve();
    this.bodies = new Map();
  }

  async start() {
    this.relay = await listen((request, response) => this.relayed(request, response));
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.emulator = await createEmulator({
      service: "github",
      port,
      baseUrl: this.url,
      seed: {
        tokens: {
          "alice-token": { login: "alice", scopes: ["repo"] },
          "bob-token": { login: "bob", scopes: ["repo"] },
          "carol-token": { login: "carol", scopes: ["repo"] },
        },
        github: {
          users: [{ login: "alice" }, { login: "bob" }, { login: "carol" }],
          orgs: [{ login: OWNER, members: [{ login: "alice", role: "admin" }] }],
          // Private, because the emulator checks an App's read permissions only there.
          repos: [{ owner: OWNER, name: REPO, private: true }],
          apps: [
            {
              app_id: APP_ID,
              slug: SLUG,
              name: "Holdpoint",
              private_key: this.key,
              permissions: {
                actions: "read",
                checks: "write",
                contents: "read",
                deployments: "write",
                issues: "write",
                members: "read",
                merge_queues: "read",
                metadata: "read",
                pull_requests: "write",
                statuses: "write",
              },
              events: ["*"],
              webhook_url: this.straight ? `${this.holdpointUrl}/webhook` : `${this.relay.url}/`,
              webhook_secret: SECRET,
              installations: [{ installation_id: INSTALLATION, account: OWNER }],
            },
          ],
        },
      },
    });
    this.front = await listen((request, response) => this.fronted(request, response));
    /** What Holdpoint is given as GitHub's address. */
    this.apiUrl = this.front.url;
    return this;
  }

  async stop() {
    this.front.close();
    this.relay.close();
    await this.emulator.close();
  }

  // --- People ---------------------------------------------------------------------------------

  /** A REST call as somebody, straight to the emulator. Throws where the answer is not 2xx. */
  async as(login, method, path, body) {
    const answer = await this.try(login, method, path, body);
    if (answer.status > 299) {
      throw new Stop(`${login}: ${method} ${path}: ${answer.status} ${answer.text}`);
    }
    return answer.json;
  }

  try(login, method, path, body) {
    const at = path.startsWith("/") ? path : `/repos/${OWNER}/${REPO}${path === "" ? "" : `/${path}`}`;
    return exchange(this.url + at, {
      method,
      headers: { authorization: `Bearer ${login}-token`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Writes one file on a branch, as a commit of its own; returns the commit's sha. */
  async write(login, branch, path, text) {
    const old = await this.try(login, "GET", `contents/${path}?ref=${branch}`);
    const done = await this.as(login, "PUT", `contents/${path}`, {
      message: `Write ${path}`,
      content: Buffer.from(text).toString("base64"),
      branch,
      ...(old.status === 200 ? { sha: old.json.sha } : {}),
    });
    return done.commit.sha;
  }

  async sha(branch) {
    return (await this.as("alice", "GET", `git/ref/heads/${branch}`)).object.sha;
  }

  branch(login, name, sha) {
    return this.as(login, "POST", "git/refs", { ref: `refs/heads/${name}`, sha });
  }

  pullRequest(login, title, head, base) {
    return this.as(login, "POST", "pulls", { title, head, base, body: "" });
  }

  /** A lightweight or an annotated tag, as pushed by somebody. */
  async tag(login, name, sha, { annotated = false } = {}) {
    let object = sha;
    if (annotated) {
      object = (await this.as(login, "POST", "git/tags", { tag: name, message: name, object: sha, type: "commit" })).sha;
    }
    await this.as(login, "POST", "git/refs", { ref: `refs/tags/${name}`, sha: object });
  }

  merge(login, number) {
    return this.try(login, "PUT", `pulls/${number}/merge`, {});
  }

  async check(sha, name) {
    const { check_runs: runs } = await this.as(
      "alice",
      "GET",
      `commits/${sha}/check-runs?check_name=${encodeURIComponent(name)}`,
    );
    return runs[0];
  }

  comments(number) {
    return this.as("alice", "GET", `issues/${number}/comments?per_page=100`);
  }

  /** The issues that the App opened. */
  async issues() {
    const all = await this.as("alice", "GET", "issues?state=all&per_page=100");
    return all.filter((issue) => issue.user.login === BOT);
  }

  /**
   * Moves a pull request's head. The emulator's heads do not follow their branch; "Update branch"
   * is the one thing that moves them, and it sends no event: `synchronize` is sent here.
   */
  async updateBranch(login, number) {
    const before = (await this.as(login, "GET", `pulls/${number}`)).head.sha;
    await this.as(login, "PUT", `pulls/${number}/update-branch`, {});
    const pull = await this.as(login, "GET", `pulls/${number}`);
    await this.emit("pull_request", {
      action: "synchronize",
      number,
      before,
      after: pull.head.sha,
      pull_request: pull,
      ...(await this.surroundings(login)),
    });
    return pull;
  }

  async surroundings(login) {
    return {
      repository: await this.as("alice", "GET", ""),
      sender: await this.as("alice", "GET", `/users/${login}`),
      installation: { id: INSTALLATION, node_id: "MDIzOkludGVncmF0aW9u" },
    };
  }

  // --- Webhooks, from the emulator to Holdpoint ---------------------------------------------------

  async relayed(request, response) {
    const body = await read(request);
    const event = request.headers["x-github-event"];
    if (request.headers["x-hub-signature-256"] !== sign(SECRET, body)) {
      throw new Error(`the emulator's ${event} is not signed with the App's secret`);
    }
    response.writeHead(202).end();
    // One after the other, in the order in which they came: the story says when it wants disorder.
    const payload = JSON.parse(body.toString("utf8"));
    this.queue = this.queue.then(async () => {
      for (const [name, mended] of await this.mended(event, payload)) await this.emit(name, mended);
    });
    await this.queue.catch((error) => console.error(error));
  }

  /** The emulator's payload as GitHub documents it; sometimes there is a second event to it. */
  async mended(event, payload) {
    switch (event) {
      case "pull_request": {
        // The emulator has no `number` beside `pull_request`, and an edit does not say what changed.
        const { pull_request: pull } = payload;
        const key = `pull ${pull.number}`;
        const out = { ...payload, number: pull.number };
        if (payload.action === "edited") out.changes = this.changes(key, pull);
        this.remember(key, pull);
        const events = [[event, out]];
        // A merge pushes to the base; the emulator keeps that to itself.
        if (payload.action === "closed" && pull.merged) {
          events.unshift([
            "push",
            await this.push(payload, `refs/heads/${pull.base.ref}`, pull.base.sha, pull.merge_commit_sha),
          ]);
        }
        return events;
      }
      case "issues": {
        // Documented: `changes.body.from`. The emulator: `changes.body: true`.
        const key = `issue ${payload.issue.number}`;
        const out = { ...payload };
        if (payload.action === "edited") out.changes = this.changes(key, payload.issue);
        this.remember(key, payload.issue);
        return [[event, out]];
      }
      case "issue_comment": {
        const key = `comment ${payload.comment.id}`;
        const out = { ...payload };
        if (payload.action === "edited") out.changes = this.changes(key, payload.comment);
        this.remember(key, payload.comment);
        return [[event, out]];
      }
      case "create": {
        // Documented: the bare name in `ref`. The emulator: `refs/tags/v1`. And GitHub sends a `push`
        // for a new tag or branch too, which is the one that has the commit.
        const ref = payload.ref;
        const name = ref.replace(/^refs\/(heads|tags)\//, "");
        const { object } = await this.as("alice", "GET", `git/ref/${ref.slice("refs/".length)}`);
        return [
          [event, { ...payload, ref: name, description: null, pusher_type: "user" }],
          ["push", { ...(await this.push(payload, ref, NOBODY, object.sha)), commits: [] }],
        ];
      }
      case "push":
        // `head_commit`, `created`, `deleted`, `forced` and the rest are not there.
        return [
          [
            event,
            {
              ...(await this.push(payload, payload.ref, payload.before, payload.after)),
              commits: payload.commits ?? [],
            },
          ],
        ];
      case "check_run":
        return [[event, { ...payload, check_run: ours(payload.check_run) }]];
      default:
        return [[event, payload]];
    }
  }

  remember(key, { title, body }) {
    this.bodies.set(key, { title, body });
  }

  changes(key, now) {
    const before = this.bodies.get(key) ?? {};
    return Object.fromEntries(
      ["title", "body"]
        .filter((name) => before[name] !== undefined && before[name] !== now[name])
        .map((name) => [name, { from: before[name] ?? "" }]),
    );
  }

  async push(payload, ref, before, after) {
    const commit = await this.as("alice", "GET", `commits/${ref.startsWith("refs/tags/") ? ref.slice("refs/".length) : after}`);
    return {
      ref,
      before,
      after,
      base_ref: null,
      compare: `${this.url}/${OWNER}/${REPO}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      created: before === NOBODY,
      deleted: false,
      forced: false,
      commits: [],
      head_commit: {
        id: commit.sha,
        tree_id: commit.commit.tree.sha,
        distinct: true,
        message: commit.commit.message,
        timestamp: commit.commit.committer.date,
        url: commit.html_url,
        author: commit.commit.author,
        committer: commit.commit.committer,
        added: [],
        removed: [],
        modified: [],
      },
      pusher: { name: payload.sender.login, email: `${payload.sender.login}@users.noreply.github.com` },
      repository: payload.repository,
      sender: payload.sender,
      installation: payload.installation,
    };
  }

  /** Sends an event to Holdpoint, as GitHub would: once, whatever becomes of it. */
  async emit(event, payload) {
    // The emulator's delivery id is the time in milliseconds, shared by two events of the same
    // millisecond; GitHub's is a GUID.
    const delivery = {
      id: this.deliveries.length + 1,
      guid: randomUUID(),
      event,
      action: payload.action ?? null,
      body: Buffer.from(JSON.stringify(payload)),
      payload,
    };
    return this.send(delivery, false);
  }

  /** The same delivery again: same GUID, same bytes, as the "Redeliver" button does it. */
  redeliver(delivery) {
    return this.send({ ...delivery, id: this.deliveries.length + 1 }, true);
  }

  async send(delivery, redelivery) {
    const record = { ...delivery, redelivery, at: new Date().toISOString(), status: 0 };
    this.deliveries.push(record);
    this.lastTraffic = Date.now();
    const headers = deliveryHeaders({
      secret: SECRET,
      event: delivery.event,
      body: delivery.body,
      guid: delivery.guid,
      appId: APP_ID,
    });
    try {
      const answer = await exchange(`${this.holdpointUrl}/webhook`, {
        method: "POST",
        headers,
        body: delivery.body,
      });
      record.status = answer.status;
    } catch (error) {
      record.error = error.message;
    }
    await this.delivered?.(record);
    return record;
  }

  // --- REST, from Holdpoint to the emulator ----------------------------------------------------

  async fronted(request, response) {
    const body = await read(request);
    const { method, url } = request;
    const [path, query = ""] = url.split("?");
    this.lastTraffic = Date.now();
    this.requests.push(`${method} ${path}`);

    const forward = () => this.answer(request, method, path, query, body);
    const answer = this.intercept
      ? await this.intercept({ method, path, query, body, forward })
      : await forward();
    if (answer === undefined) return request.socket.destroy();
    this.record(method, path, query, body, answer);
    this.lastTraffic = Date.now();
    const { "transfer-encoding": _, "content-length": __, connection: ___, ...headers } = answer.headers;
    response.writeHead(answer.status, { ...headers, "content-length": answer.bytes.length });
    response.end(answer.bytes);
  }

  record(method, path, query, body, answer) {
    if (!this.exchangesFile) return;
    appendFileSync(
      this.exchangesFile,
      `${JSON.stringify({
        method,
        path,
        query,
        request: json(body),
        status: answer.status,
        response: json(answer.bytes),
      })}\n`,
    );
  }

  async answer(request, method, path, query, body) {
    const { host, connection, "content-length": _, "transfer-encoding": __, ...headers } = request.headers;
    const passed = await exchange(this.url + request.url, {
      method,
      headers,
      body: body.length > 0 || method === "POST" ? body : undefined,
    });
    const repository = `/repos/${OWNER}/${REPO}`;
    const inRepository = path.startsWith(`${repository}/`) ? path.slice(repository.length) : "";

    // Not there: the deliveries of the App's webhook.
    if (method === "GET" && path === "/app/hook/deliveries") {
      return made(200, this.listed());
    }
    const attempt = /^\/app\/hook\/deliveries\/(\d+)\/attempts$/.exec(path);
    if (method === "POST" && attempt) {
      const delivery = this.deliveries.find((one) => one.id === Number(attempt[1]));
      if (!delivery) return made(404, { message: "Not Found" });
      this.queue = this.queue.then(() => this.redeliver(delivery));
      return made(202, {});
    }
    // Not there: what an installation may see.
    if (method === "GET" && path === "/installation/repositories") {
      const one = await this.as("alice", "GET", "");
      return made(200, { total_count: 1, repository_selection: "all", repositories: [one] });
    }
    // Not there: the pull requests of a commit.
    const commit = /^\/commits\/([0-9a-f]{40})\/pulls$/.exec(inRepository);
    if (method === "GET" && commit) return made(200, await this.pullsOf(commit[1]));
    // Only annotated tags are listed, and each with the tag object in the commit's place.
    if (method === "GET" && inRepository === "/tags") return made(200, await this.tags());
    if (passed.status === 200 && method === "GET" && inRepository.endsWith("/permission")) {
      // `permission` is one of admin, write, read and none; the emulator repeats the role there.
      const permission = passed.json;
      const legacy = { admin: "admin", maintain: "write", write: "write", triage: "read", read: "read" };
      return made(200, { ...permission, permission: legacy[permission.role_name] });
    }
    if (passed.status < 300 && inRepository.includes("/check-runs") && !inRepository.endsWith("/annotations")) {
      // No check run has an `app`; all that Holdpoint sees here are its own.
      const seen = passed.json;
      return made(
        passed.status,
        seen.check_runs ? { ...seen, check_runs: seen.check_runs.map(ours) } : ours(seen),
        passed.headers,
      );
    }
    if (passed.status === 404 && passed.json?.documentation_url === "https://emulate.dev/github") {
      this.unknown.add(`${method} ${path}`);
    }
    return passed;
  }

  listed() {
    return this.deliveries.map((one) => ({
      id: one.id,
      guid: one.guid,
      delivered_at: one.at,
      redelivery: one.redelivery,
      duration: 0.1,
      status: one.status === 0 ? "failed to connect to host" : one.status < 300 ? "OK" : "Invalid HTTP Response",
      status_code: one.status,
      event: one.event,
      action: one.action,
      installation_id: INSTALLATION,
      repository_id: one.payload.repository?.id ?? null,
      throttled_at: null,
    })).reverse();
  }

  async pullsOf(sha) {
    const pulls = await this.as("alice", "GET", "pulls?state=all&per_page=100");
    const found = [];
    for (const pull of pulls) {
      const commits = await this.as("alice", "GET", `compare/${pull.base.sha}...${pull.head.sha}`);
      if (pull.merge_commit_sha === sha || commits.commits.some((one) => one.sha === sha)) found.push(pull);
    }
    // Documented: the merged pull request that introduced a commit, or the open ones that have it.
    const merged = found.filter((pull) => pull.merged);
    return merged.length > 0 ? merged : found.filter((pull) => pull.state === "open");
  }

  async tags() {
    const references = await this.as("alice", "GET", "git/matching-refs/tags/");
    return Promise.all(
      references.map(async ({ ref, node_id }) => {
        const name = ref.slice("refs/tags/".length);
        const { sha, url } = await this.as("alice", "GET", `commits/tags/${name}`);
        return {
          name,
          node_id,
          commit: { sha, url },
          zipball_url: `${this.url}/zipball/${ref}`,
          tarball_url: `${this.url}/tarball/${ref}`,
        };
      }),
    );
  }

  /** Waits until nothing has gone either way for a while. */
  async quiet(milliseconds = 1500, patience = 20_000) {
    const end = Date.now() + patience;
    while (Date.now() - this.lastTraffic < milliseconds && Date.now() < end) await pause(100);
  }
}

/** A check run with the App that the emulator leaves out. */
function ours(run) {
  const app = {
    id: APP_ID,
    slug: SLUG,
    node_id: "MDM6QXBw",
    name: "Holdpoint",
    owner: { login: OWNER, id: 1, node_id: "MDpPcmcx", type: "Organization", site_admin: false },
    description: null,
    external_url: "https://example.org",
    html_url: "https://example.org",
    created_at: run.started_at ?? "2026-01-01T00:00:00Z",
    updated_at: run.completed_at ?? "2026-01-01T00:00:00Z",
    permissions: { checks: "write" },
    events: [],
  };
  return { ...run, app };
}

function made(status, value, headers = {}) {
  const bytes = Buffer.from(JSON.stringify(value));
  return { status, headers: { ...headers, "content-type": "application/json; charset=utf-8" }, bytes };
}

function json(bytes) {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function listen(handler) {
  const server = createServer((request, response) => {
    handler(request, response).catch((error) => {
      console.error(error);
      request.socket.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
