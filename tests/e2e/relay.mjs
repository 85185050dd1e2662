// The deliveries of the App's webhook, as lossy as GitHub's are: what the emulator sends is handed on to Holdpoint, or not, by
// order of a scenario or by chance from a seed. Nothing here sleeps: what is late goes when it is told to.
//
// The emulator sends once and forgets. What GitHub documents beside that is here too: the list of deliveries, page by page,
// each of them whole, and further attempts, which keep the GUID and have an id of their own.
// Source: <https://docs.github.com/en/rest/apps/webhooks>.

import { createHash, randomUUID } from "node:crypto";
import { deliveryHeaders, exchange, sign } from "../harness.mjs";
import { json, listen, made, read } from "./http.mjs";

/**
 * What may become of a delivery, beside arriving:
 * - `fail`: 502 on the way. GitHub lists it as failed, and Holdpoint never had it.
 * - `lose`: answered with 200 on the way, by somebody who did not hand it on. Nothing ever tells of it.
 * - `double`: it arrives twice, under one GUID.
 * - `delay`: it arrives when `release` is called. GitHub does not list it before.
 * - `reorder`: it arrives behind the next delivery of its repository.
 */
export const FATES = ["fail", "lose", "double", "delay", "reorder"];

/** What GitHub gives at most, and where nothing is asked for. */
const PAGE = { most: 100, usual: 30 };

export class Relay {
  /** Attempts as GitHub lists them, the oldest first: what was sent, and what came of it. */
  attempts = [];
  /** How often a page of the list behind the first one was asked for. */
  furtherPages = 0;
  lastTraffic = Date.now();
  /** Called after each attempt that was sent. */
  delivered = undefined;
  #late = [];
  #orders = [];
  #chance = undefined;
  #queue = Promise.resolve();

  /** `mend` makes of the emulator's event and payload those that GitHub would send. */
  constructor({ holdpointUrl, secret, appId, installation, mend }) {
    Object.assign(this, { holdpointUrl, secret, appId, installation, mend });
  }

  async start() {
    this.server = await listen((request, response) => this.#taken(request, response));
    this.url = `${this.server.url}/`;
    return this;
  }

  stop() {
    this.server.close();
  }

  // --- What becomes of deliveries --------------------------------------------------------------

  /**
   * The next delivery that `matches` meets this fate, and the next `times` of them. Has it as `met`, each once it came.
   * An order goes before chance, and an older one before a newer one.
   */
  order(fate, matches, times = 1) {
    if (!FATES.includes(fate)) throw new Error(`${fate} is no fate`);
    const order = { fate, matches, left: times, met: [] };
    this.#orders.push(order);
    return order;
  }

  /** From here on chance decides. The n-th delivery of a kind in a repository meets the same fate, whatever else goes on. */
  storm(seed, odds) {
    this.#chance = { seed, odds, seen: new Map() };
  }

  /** From here on deliveries arrive. What is late stays late. */
  calm() {
    this.#chance = undefined;
  }

  /** How many are late. */
  get late() {
    return this.#late.length;
  }

  /** Sends what is late: what `arranged` makes of it, in that order; the rest stays late. */
  release(arranged = (late) => late) {
    return this.#next(async () => {
      for (const { delivery } of arranged([...this.#late])) {
        this.#late = this.#late.filter((one) => one.delivery !== delivery);
        await this.#send(delivery, false);
      }
    });
  }

  /** Waits until everything that the emulator sent so far has met its fate. */
  settled() {
    return this.#next(() => {});
  }

  #fate(delivery) {
    const order = this.#orders.find((one) => one.left > 0 && one.matches(delivery));
    if (order) {
      order.left -= 1;
      order.met.push(delivery);
      return order.fate;
    }
    return this.#chance && this.#drawn(`${delivery.repository} ${delivery.event} ${delivery.action}`);
  }

  #drawn(kind) {
    const { seed, odds, seen } = this.#chance;
    const nth = seen.get(kind) ?? 0;
    seen.set(kind, nth + 1);
    let left = chance(`${seed} ${kind} ${nth}`);
    return FATES.find((fate) => {
      left -= odds[fate] ?? 0;
      return left < 0;
    });
  }

  /** A delivery, as GitHub would send it: once, whatever becomes of it. */
  async deliver(event, payload) {
    // The emulator's delivery id is the time in milliseconds, shared by two events of the same
    // millisecond; GitHub's is a GUID.
    const delivery = {
      guid: randomUUID(),
      event,
      action: payload.action ?? null,
      repository: payload.repository?.full_name,
      body: Buffer.from(JSON.stringify(payload)),
      payload,
    };
    const fate = this.#fate(delivery);
    if (fate === "delay" || fate === "reorder") {
      this.#late.push({ delivery, fate });
      return undefined;
    }
    const attempt = await this.#meet(delivery, fate);
    if (fate === "double") await this.#send(delivery, true);
    const overtaken = this.#late.filter((one) => one.fate === "reorder" && one.delivery.repository === delivery.repository);
    this.#late = this.#late.filter((one) => !overtaken.includes(one));
    for (const one of overtaken) await this.#send(one.delivery, false);
    return attempt;
  }

  /** The same delivery again: same GUID, same bytes, as the "Redeliver" button does it. */
  redeliver(delivery) {
    return this.#send(delivery, true);
  }

  #meet(delivery, fate) {
    switch (fate) {
      case "fail":
        return this.#noted(delivery, { status: 502 });
      case "lose":
        return this.#noted(delivery, { status: 200 });
      default:
        return this.#send(delivery, false);
    }
  }

  #noted({ guid, event, action, repository, body, payload }, result) {
    const id = this.attempts.length + 1;
    const attempt = { id, guid, event, action, repository, body, payload, redelivery: false, at: new Date().toISOString(), ...result };
    this.attempts.push(attempt);
    this.lastTraffic = Date.now();
    return attempt;
  }

  async #send(delivery, redelivery) {
    const attempt = this.#noted(delivery, { status: 0, redelivery });
    const { event, body, guid } = delivery;
    const headers = deliveryHeaders({ secret: this.secret, event, body, guid, appId: this.appId });
    try {
      attempt.headers = headers;
      const { status, text } = await exchange(`${this.holdpointUrl}/webhook`, { method: "POST", headers, body });
      Object.assign(attempt, { status, answer: text });
    } catch (error) {
      attempt.error = error.message;
    }
    await this.delivered?.(attempt);
    return attempt;
  }

  // --- The webhook, as the emulator calls it -----------------------------------------------------

  async #taken(request, response) {
    const body = await read(request);
    const event = request.headers["x-github-event"];
    if (request.headers["x-hub-signature-256"] !== sign(this.secret, body)) {
      throw new Error(`the emulator's ${event} is not signed with the App's secret`);
    }
    // What becomes of it stands in the list of deliveries: the emulator does not look at the answer.
    response.writeHead(202).end();
    this.lastTraffic = Date.now();
    await this.#next(async () => {
      for (const [name, mended] of await this.mend(event, json(body))) await this.deliver(name, mended);
    });
  }

  /** One after the other, in the order in which they came: a scenario says when it wants disorder. */
  #next(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch((error) => console.error(error));
    return done;
  }

  // --- The list of deliveries, as Holdpoint asks for it --------------------------------------------

  /** Answers what is asked about deliveries. `base` is how the caller calls GitHub. */
  api(method, path, query, base) {
    const [asked, id, attempts] = /^\/app\/hook\/deliveries(?:\/(\d+)(\/attempts)?)?$/.exec(path) ?? [];
    const attempt = this.attempts[Number(id) - 1];
    if (!asked || (id && !attempt) || method !== (attempts ? "POST" : "GET")) return made(404, { message: "Not Found" });
    if (!id) return this.#listed(new URLSearchParams(query), base);
    if (!attempts) return made(200, whole(attempt, this.installation));
    this.#next(() => {
      const fails = this.#chance && this.#drawn("redelivery") === "fail";
      return fails ? this.#noted(attempt, { status: 502, redelivery: true }) : this.redeliver(attempt);
    });
    return made(202, {});
  }

  #listed(query, base) {
    const size = Math.min(Number(query.get("per_page") ?? PAGE.usual), PAGE.most);
    const cursor = query.get("cursor");
    if (cursor !== null) this.furtherPages += 1;
    const end = cursor === null ? this.attempts.length : Number(cursor.replace("v1_", ""));
    const start = Math.max(end - size, 0);
    const page = this.attempts.slice(start, end).reverse();
    const next = `<${base}/app/hook/deliveries?per_page=${size}&cursor=v1_${start}>; rel="next"`;
    return made(200, page.map((one) => item(one, this.installation)), start > 0 ? { link: next } : {});
  }
}

/** An attempt as it stands in the list. */
function item({ id, guid, at, redelivery, status, event, action, payload }, installation) {
  return {
    id,
    guid,
    delivered_at: at,
    redelivery,
    duration: 0.1,
    status: status === 0 ? "failed to connect to host" : status < 300 ? "OK" : "Invalid HTTP Response",
    status_code: status,
    event,
    action,
    installation_id: installation,
    repository_id: payload.repository?.id ?? null,
    throttled_at: null,
  };
}

function whole(attempt, installation) {
  return {
    ...item(attempt, installation),
    url: "",
    request: { headers: attempt.headers ?? {}, payload: attempt.payload },
    response: { headers: {}, payload: attempt.answer ?? null },
  };
}

/** A number from 0 to below 1 that follows from these words. */
export function chance(words) {
  return createHash("sha256").update(words).digest().readUInt32BE() / 2 ** 32;
}
