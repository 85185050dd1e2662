// GitHub for the end-to-end story: npm's `emulate`, which nobody of this project wrote, with what it
// lacks of the documented behaviour filled in between it and Holdpoint, in both directions:
//
//   Holdpoint --REST--> [front] --> emulate --webhook--> [relay] --webhook--> Holdpoint
//
// Holdpoint is never asked to know the emulator. Each gap that is filled has a comment; everything
// else passes through unchanged. The story itself reads and writes at the emulator directly.

import { appendFileSync } from "node:fs";
import { createEmulator } from "emulate";
import { Stop, exchange, freePort, pause } from "../harness.mjs";
import { History } from "./history.mjs";
import { json, listen, made, read } from "./http.mjs";
import { Relay } from "./relay.mjs";

export const APP_ID = 4711;
export const SLUG = "holdpoint";
export const BOT = `${SLUG}[bot]`;
export const SECRET = "a secret of the tests that is longer than thirty-two characters";
export const OWNER = "acme";
export const REPO = "rocket";
const INSTALLATION = 99;
const PERMISSIONS = {
  ...{ actions: "read", checks: "write", contents: "read", deployments: "write", issues: "write", members: "read" },
  ...{ merge_queues: "read", metadata: "read", pull_requests: "write", statuses: "write" },
};
const NOBODY = "0".repeat(40);

export class GitHub {
  /** Requests that Holdpoint made: "METHOD path". */
  requests = [];
  /** What Holdpoint wrote into check runs: `repository`, `sha`, `name`, `conclusion`. */
  verdicts = [];
  /** Who wrote which text into issues. */
  history = new History();
  lastTraffic = Date.now();
  /** Called for each request of Holdpoint's; may hold it, or answer in GitHub's place. */
  intercept = undefined;
  /** Routes that neither the emulator nor this file knows. */
  unknown = new Set();

  /** `straight`: nothing is filled in; the emulator calls Holdpoint, and Holdpoint the emulator. */
  constructor({ key, holdpointUrl, exchangesFile, straight = false, repositories = [REPO] }) {
    Object.assign(this, { key, holdpointUrl, exchangesFile, straight, repositories });
    /** The repository that this view of GitHub is about; see `in`. */
    this.repository = `${OWNER}/${repositories[0]}`;
    this.bodies = new Map();
    this.relay = new Relay({
      holdpointUrl,
      secret: SECRET,
      appId: APP_ID,
      installation: INSTALLATION,
      mend: (event, payload) => this.of(payload.repository?.full_name).mended(event, payload),
    });
  }

  /** The same GitHub, as the calls below see it from another repository. */
  in(name) {
    return this.of(`${OWNER}/${name}`);
  }

  of(repository) {
    return Object.create(this, { repository: { value: repository } });
  }

  async start() {
    await this.relay.start();
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
          repos: this.repositories.map((name) => ({ owner: OWNER, name, private: true })),
          apps: [
            {
              app_id: APP_ID,
              slug: SLUG,
              name: "Holdpoint",
              private_key: this.key,
              permissions: PERMISSIONS,
              events: ["*"],
              webhook_url: this.straight ? `${this.holdpointUrl}/webhook` : this.relay.url,
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
    this.relay.stop();
    await this.emulator.close();
  }

  // --- People ---------------------------------------------------------------------------------

  /** A REST call as somebody, straight to the emulator. Throws where the answer is not 2xx. */
  async as(login, method, path, body) {
    const answer = await this.try(login, method, path, body);
    if (answer.status > 299) {
      throw new Stop(`${login}: ${method} ${path}: ${answer.status} ${answer.text}`);
    }
    this.note(method, path.startsWith("/") ? path : `/repos/${this.repository}/${path}`, answer, login);
    return answer.json;
  }

  try(login, method, path, body) {
    const at = path.startsWith("/") ? path : `/repos/${this.repository}${path === "" ? "" : `/${path}`}`;
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

  /** Attempts as GitHub lists them: what was sent to Holdpoint and what came of it. */
  get deliveries() {
    return this.relay.attempts;
  }

  /** Called after each of them. */
  set delivered(called) {
    this.relay.delivered = called;
  }

  emit(event, payload) {
    return this.relay.deliver(event, payload);
  }

  redeliver(delivery) {
    return this.relay.redeliver(delivery);
  }

  /** The emulator's payload as GitHub documents it; sometimes there is a second event to it. */
  async mended(event, payload) {
    switch (event) {
      case "pull_request": {
        // The emulator has no `number` beside `pull_request`, and an edit does not say what changed.
        const { pull_request: pull } = payload;
        const key = `${this.repository} pull ${pull.number}`;
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
        const key = `${this.repository} issue ${payload.issue.number}`;
        const out = { ...payload };
        if (payload.action === "edited") out.changes = this.changes(key, payload.issue);
        this.remember(key, payload.issue);
        return [[event, out]];
      }
      case "issue_comment": {
        const key = `${this.repository} comment ${payload.comment.id}`;
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
      compare: `${this.url}/${this.repository}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
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

  // --- REST, from Holdpoint to the emulator ----------------------------------------------------

  async fronted(request, response) {
    const body = await read(request);
    const { method, url } = request;
    const [path, query = ""] = url.split("?");
    this.lastTraffic = Date.now();
    this.requests.push(`${method} ${path}`);

    const forward = async () => {
      const answer = await this.answer(request, method, path, query, body);
      if (answer.status < 300) this.note(method, path, { json: json(answer.bytes) }, BOT);
      return answer;
    };
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

  /** What was written, for what the emulator does not keep. */
  note(method, path, { json: written }, login) {
    if (method === "GET") return;
    const repository = path.split("/").slice(2, 4).join("/");
    if (/\/issues(\/\d+)?$/.test(path)) this.history.wrote(repository, written, login);
    if (method === "PATCH" && path.includes("/issues/comments/")) this.history.editedComment(written);
    if (login === BOT && /\/check-runs(\/\d+)?$/.test(path)) {
      const { head_sha: sha, name, conclusion } = written;
      this.verdicts.push({ repository, sha, name, conclusion });
    }
  }

  async answer(request, method, path, query, body) {
    const { host, connection, "content-length": _, "transfer-encoding": __, ...headers } = request.headers;
    // Not there: the deliveries of the App's webhook. Whoever may ask for the App may ask for them.
    if (path.startsWith("/app/hook/deliveries")) {
      const app = await exchange(`${this.url}/app`, { headers });
      return app.status === 200 ? this.relay.api(method, path, query, this.apiUrl) : app;
    }
    // Not there: GraphQL. Whoever may read the repository may ask about it.
    if (method === "POST" && path === "/graphql") return this.asked(json(body), headers);
    const passed = await exchange(this.url + request.url, {
      method,
      headers,
      body: body.length > 0 || method === "POST" ? body : undefined,
    });
    const [, owner, name, rest = ""] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const inRepository = name ? rest : "";
    const here = name ? this.of(`${owner}/${name}`) : this;

    // Not there: what an installation may see.
    if (method === "GET" && path === "/installation/repositories") {
      const repositories = await Promise.all(this.repositories.map((name) => this.as("alice", "GET", `/repos/${OWNER}/${name}`)));
      return made(200, { total_count: repositories.length, repository_selection: "all", repositories });
    }
    // Not there: the pull requests of a commit.
    const commit = /^\/commits\/([0-9a-f]{40})\/pulls$/.exec(inRepository);
    if (method === "GET" && commit) return made(200, await here.pullsOf(commit[1]));
    // Only annotated tags are listed, and each with the tag object in the commit's place.
    if (method === "GET" && inRepository === "/tags") return made(200, await here.tags());
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

  async asked(question, headers) {
    const { owner, name } = question.variables ?? {};
    if (name) {
      const seen = await exchange(`${this.url}/repos/${owner}/${name}`, { headers });
      if (seen.status === 401) return seen;
      if (seen.status !== 200) return made(200, { errors: [{ type: "NOT_FOUND", message: `No repository ${owner}/${name}` }] });
    }
    return this.history.answer(question, (login) => this.as("alice", "GET", `/users/${encodeURIComponent(login)}`));
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
    const last = () => Math.max(this.lastTraffic, this.relay.lastTraffic);
    while (Date.now() - last() < milliseconds && Date.now() < end) await pause(100);
  }
}

/** A check run with the App that the emulator leaves out. */
function ours(run) {
  const owner = { login: OWNER, id: 1, node_id: "MDpPcmcx", type: "Organization", site_admin: false };
  const [html_url, created_at] = ["https://example.org", run.started_at ?? "2026-01-01T00:00:00Z"];
  const app = { id: APP_ID, slug: SLUG, node_id: "MDM6QXBw", name: "Holdpoint", owner, description: null, external_url: html_url, html_url };
  return { ...run, app: { ...app, created_at, updated_at: run.completed_at ?? created_at, permissions: { checks: "write" }, events: [] } };
}
