// Posts every example payload of npm's `@octokit/webhooks-examples` to a running `holdpoint serve`,
// signed, and then what nobody should send. GitHub itself is away: its place is taken by a server
// that answers 404 and 500 to everything, so whatever an event makes Holdpoint look up fails.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import {
  Holdpoint,
  Report,
  deliveryHeaders,
  exchange,
  exchangeRaw,
  freePort,
  pause,
  privateKey,
  sign,
  temporaryDirectory,
} from "../harness.mjs";

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples");
const SECRET = "a secret of the payloads that is longer than thirty-two characters";
const OLD_SECRET = "the secret before it that is longer than thirty-two characters";
const APP_ID = 4711;
const CAP = 25 * 1024 * 1024;

const report = new Report();

// GitHub in trouble.
let calls = 0;
let lastCall = Date.now();
const github = createServer((request, response) => {
  calls += 1;
  lastCall = Date.now();
  request.resume();
  // With an App that GitHub does not know, nothing would start.
  const broken = request.url === "/app" || calls % 2 === 0;
  response.writeHead(broken ? 500 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify({ message: broken ? "Server Error" : "Not Found" }));
});
github.listen(0, "127.0.0.1");
await once(github, "listening");

const holdpoint = new Holdpoint({
  directory: temporaryDirectory("payloads"),
  apiUrl: `http://127.0.0.1:${github.address().port}`,
  appId: APP_ID,
  key: privateKey(),
  secret: `${SECRET},${OLD_SECRET}`,
  port: await freePort(),
});

const headersFor = (event, body, secret = SECRET) => deliveryHeaders({ secret, event, body, appId: APP_ID });

async function accepted() {
  const refused = [];
  let sent = 0;
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const body = JSON.stringify(payload);
      const { status } = await holdpoint.post(headersFor(name, body), body);
      sent += 1;
      if (status < 200 || status > 299) refused.push(`${name} ${payload.action ?? ""}: ${status}`);
    }
  }
  report.check(
    `each of the ${sent} example payloads of ${examples.length} events is accepted`,
    refused.length === 0 && sent > 300,
    refused.join("\n"),
  );
}

async function flipped() {
  const let_in = [];
  let sent = 0;
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const body = Buffer.from(JSON.stringify(payload));
      const headers = headersFor(name, body);
      // A different place in each, and sometimes the last byte.
      const place = (sent * 7919) % body.length;
      body[sent % 10 === 0 ? body.length - 1 : place] ^= 1;
      const { status } = await holdpoint.post(headers, body);
      sent += 1;
      if (status !== 401) let_in.push(`${name} ${payload.action ?? ""}: ${status}`);
    }
  }
  report.check(`each of them with one byte flipped is refused with 401`, let_in.length === 0, let_in.join("\n"));
}

async function expectStatus(sentence, expected, headers, body) {
  const { status } = await holdpoint.post(headers, body);
  report.check(`${sentence}: ${expected}`, status === expected, `status ${status}`);
}

const without = (headers, ...names) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

async function odd() {
  const body = JSON.stringify({ zen: "Design for failure.", hook_id: 1 });
  const good = headersFor("ping", body);
  const signature = good["x-hub-signature-256"];

  await expectStatus("a ping", 200, good, body);
  await expectStatus("signed with the secret before, while it is being rotated", 200, headersFor("ping", body, OLD_SECRET), body);
  await expectStatus("no event header", 400, without(good, "x-github-event"), body);
  await expectStatus("no delivery header", 400, without(good, "x-github-delivery"), body);
  await expectStatus("no signature", 401, without(good, "x-hub-signature-256"), body);
  await expectStatus("only a SHA-1 signature", 401, { ...without(good, "x-hub-signature-256"), "x-hub-signature": "sha1=b2f5f5d7" }, body);
  for (const [what, value] of [
    ["an empty signature", ""],
    ["a signature of another secret", sign("another", body)],
    ["a signature without its prefix", signature.slice(7)],
    ["a signature that is no hexadecimal", `sha256=${"z".repeat(64)}`],
    ["half a signature", signature.slice(0, 39)],
    ["a signature with more behind it", `${signature}00`],
    ["an empty secret's signature", sign("", body)],
  ]) {
    await expectStatus(what, 401, { ...good, "x-hub-signature-256": value }, body);
  }
  await expectStatus("an event that nobody knows", 202, headersFor("a_thing_of_next_year", body), body);
  await expectStatus(
    "a known event with an action that nobody knows",
    202,
    headersFor("issues", '{"action":"levitated"}'),
    '{"action":"levitated"}',
  );

  for (const [what, text] of [
    ["malformed JSON", '{"action": "opened", '],
    ["an empty body", ""],
    ["JSON that is no object", "[1, 2]"],
    ["an event without its members", "{}"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["a deep nest", "[".repeat(200_000)],
  ]) {
    await expectStatus(`${what} with a good signature`, 202, headersFor("issues", text), text);
  }
  await expectStatus("malformed JSON with a wrong signature", 401, { ...headersFor("issues", "{"), "x-hub-signature-256": signature }, "{");
}

async function size() {
  const largest = Buffer.alloc(CAP, 0x20);
  largest.write('{"zen":"', 0);
  largest.write('"}', CAP - 2);
  await expectStatus("a body of exactly 25 MiB", 200, headersFor("ping", largest), largest);

  const over = Buffer.alloc(CAP + 1, 0x20);
  const headers = headersFor("ping", over);
  const head = (framing) =>
    `POST /webhook HTTP/1.1\r\nhost: 127.0.0.1:${holdpoint.port}\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}${framing}\r\n\r\n`;
  const pieces = function* (chunked) {
    const step = 65_536;
    for (let at = 0; at < over.length; at += step) {
      const piece = over.subarray(at, at + step);
      yield chunked
        ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")])
        : piece;
    }
    if (chunked) yield Buffer.from("0\r\n\r\n");
  };
  for (const [what, framing, chunked] of [
    ["a body of 25 MiB and one byte", `content-length: ${over.length}`, false],
    ["the same without saying its length", "transfer-encoding: chunked", true],
  ]) {
    let status;
    try {
      status = await exchangeRaw(holdpoint.port, head(framing), pieces(chunked));
    } catch (error) {
      status = error.message;
    }
    report.check(`${what}: 413`, status === 413, `status ${status}`);
  }
}

async function methods() {
  const { status: got } = await exchange(`${holdpoint.url}/webhook`);
  report.check("GET /webhook: 405", got === 405, `status ${got}`);
  const { status: ready } = await exchange(`${holdpoint.url}/readyz`);
  report.check("/readyz is 503 while GitHub does not answer for the App", ready === 503, `status ${ready}`);
}

async function twice() {
  const body = JSON.stringify({ zen: "Favor focus over features.", hook_id: 1 });
  const headers = { ...headersFor("ping", body), "x-github-delivery": randomUUID() };
  const first = await holdpoint.post(headers, body);
  const second = await holdpoint.post(headers, body);
  report.check(
    "the same delivery twice: 2xx both times",
    first.status >= 200 && first.status < 300 && second.status >= 200 && second.status < 300,
    `${first.status}, ${second.status}`,
  );
}

try {
  await holdpoint.start();
  await accepted();
  await flipped();
  await odd();
  await size();
  await methods();
  await twice();
  // What was accepted is being worked off: give a panic the time to happen.
  const end = Date.now() + 15_000;
  while (Date.now() < end && (Date.now() - lastCall < 2_000 || calls === 0)) await pause(200);
  const { status } = await exchange(`${holdpoint.url}/healthz`);
  report.check("after all of it, /healthz is 200", status === 200, `status ${status}`);
  report.check("the process is the one that was started", holdpoint.alive, holdpoint.tail());
  report.check("it looked things up on GitHub meanwhile, so the events were worked on", calls > 0);
  report.check("nothing panicked", holdpoint.panics.length === 0, holdpoint.panics.join("\n"));
  const ended = await holdpoint.stop();
  report.check("SIGTERM ends it with 0", ended?.code === 0, JSON.stringify(ended));
} catch (error) {
  report.fail("the run went through", error.stack ?? error);
} finally {
  if (holdpoint.alive) await holdpoint.kill();
  github.closeAllConnections();
  github.close();
}
if (report.failed > 0) {
  console.log("--- the end of the server's log ---");
  console.log(holdpoint.tail());
}
report.close();
