// Validates recorded exchanges with GitHub's REST API against GitHub's own OpenAPI description.
//
//   node tests/conformance/run.mjs FILE [--requests-only]
//   node tests/conformance/run.mjs --self-test
//
// FILE has one JSON object a line: {method, path, query, request, status, response}. `query` is a
// string or an object; `request` and `response` are the JSON bodies, or null where there was none
// (or none that is JSON).
//
// What is asked of a request: the route exists, every query parameter is known to it and of its
// type, and the body fits the schema and holds no property that the schema does not know (GitHub
// drops those without a word, so a misspelt one would never be noticed).
// What is asked of a response: the status is one that the route may answer, and the body fits.
//
// Exit codes: 0 everything conforms, 1 something does not, 2 the check could not be made.

import { createReadStream, readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";

const require = createRequire(import.meta.url);
const Ajv2019 = require("ajv/dist/2019").default;
const addFormats = require("ajv-formats").default;

// The package's main file would load ten descriptions, 380 MB of JSON; one is wanted.
const DESCRIPTION = join(
  dirname(require.resolve("@octokit/openapi/package.json")),
  "generated/api.github.com.json",
);

// Routes that answer raw bytes when asked to (`Accept: application/vnd.github.raw`).
const RAW = new Set([
  "/repos/{owner}/{repo}/contents/{path}",
  "/repos/{owner}/{repo}/git/blobs/{file_sha}",
  "/repos/{owner}/{repo}/readme",
]);

// What GitHub answers and its description denies. Each is said by GitHub elsewhere.
const DENIED = [
  // The head's repository of a pull request is null once its fork is deleted: `repo: Repository | null` in GitHub's
  // webhook types, and so in earlier editions of this description.
  ({ side, route, pointer }, value) =>
    side === "response" &&
    /^\/repos\/\{owner\}\/\{repo\}\/pulls(\/\{pull_number\})?$/.test(route) &&
    /^(\/\d+)?\/head\/repo$/.test(pointer) &&
    value === null,
];

// Any route may answer these, documented there or not: redirects, credentials, limits and a server in trouble.
// Redirects: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-redirects
const ANYWHERE = (status) => [301, 302, 307, 400, 401, 403, 404, 429].includes(status) || status >= 500;

// --- From OpenAPI 3.0 to JSON Schema ---------------------------------------------------------

const ANNOTATIONS = new Set([
  "example",
  "examples",
  "discriminator",
  "deprecated",
  "xml",
  "externalDocs",
  "readOnly",
  "writeOnly",
  "nullable",
  "title",
  "description",
  "default",
]);

/**
 * One schema of the description as JSON Schema 2019-09.
 *
 * - `nullable: true` stands beside `type`, `enum`, `$ref` and the combinators alike.
 * - `oneOf` becomes `anyOf`: the description's alternatives overlap (a user is both a simple user
 *   and a public one), so "exactly one" would refuse what GitHub itself answers.
 * - In a request, what is `readOnly` may not be sent and is not required; in a response the same
 *   goes for `writeOnly`.
 * - In a request, objects are closed, except those that describe their members elsewhere.
 */
function toJsonSchema(node, side, closed = side === "request") {
  if (typeof node === "boolean") return node;
  if (node.$ref) {
    const target = { $ref: reference(node.$ref, side) };
    return node.nullable ? orNull(target) : target;
  }
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (ANNOTATIONS.has(key) || key.startsWith("x-")) continue;
    if (key === "properties") {
      out.properties = {};
      for (const [name, property] of Object.entries(value)) {
        out.properties[name] = hidden(property, side)
          ? false
          : toJsonSchema(property, side, side === "request");
      }
    } else if (key === "required" && Array.isArray(value)) {
      const required = value.filter((name) => !hidden(node.properties?.[name], side));
      if (required.length > 0) out.required = required;
    } else if (key === "oneOf" || key === "anyOf") {
      // Both may stand in one schema.
      const alternatives = value.map((part) => toJsonSchema(part, side, false));
      if (out.anyOf) out.allOf = [...(out.allOf ?? []), { anyOf: alternatives }];
      else out.anyOf = alternatives;
    } else if (key === "allOf") {
      out.allOf = [...(out.allOf ?? []), ...value.map((part) => toJsonSchema(part, side, false))];
    } else if (key === "items" || key === "not") {
      out[key] = toJsonSchema(value, side, side === "request");
    } else if (key === "additionalProperties" && typeof value === "object") {
      out[key] = toJsonSchema(value, side, side === "request");
    } else if (key === "additionalProperties" && value === true && side === "request" && !closed) {
      // Said of an alternative, it means "the others are described beside me": taken at its word
      // it would open the object that has the alternatives.
    } else {
      out[key] = value;
    }
  }
  if (closed && node.properties && node.additionalProperties === undefined) {
    out.unevaluatedProperties = false;
  }
  return node.nullable ? orNull(out) : out;
}

function hidden(property, side) {
  if (!property) return false;
  return side === "request" ? property.readOnly === true : property.writeOnly === true;
}

// `if` and `else` rather than `anyOf`, so that a failure names what is wrong with the value and
// does not add that it might have been null.
const orNull = (schema) => ({ if: { type: "null" }, else: schema });

const reference = (ref, side) => `${side}:${ref.replace("#/components/schemas/", "")}`;

// --- The description --------------------------------------------------------------------------

class Description {
  constructor(document) {
    this.document = document;
    this.routes = Object.entries(document.paths).map(([template, operations]) => ({
      template,
      operations,
      pattern: this.pattern(template, operations),
      // Where two templates fit, the one with more literal text was meant.
      literal: template.replace(/\{[^}]*\}/g, "").length,
    }));
    this.routes.sort((a, b) => b.literal - a.literal);
    this.ajv = new Ajv2019({
      allErrors: true,
      verbose: true,
      strict: false,
      unicodeRegExp: false,
      validateFormats: true,
    });
    addFormats(this.ajv);
    for (const side of ["request", "response"]) {
      for (const [name, schema] of Object.entries(document.components.schemas)) {
        this.ajv.addSchema(toJsonSchema(schema, side), `${side}:${name}`);
      }
    }
    this.compiled = new Map();
  }

  pattern(template, operations) {
    // A reference, a path or a branch may hold slashes; the description says which.
    const many = new Set();
    for (const operation of Object.values(operations)) {
      for (const parameter of this.parameters(operations, operation)) {
        if (parameter["x-multi-segment"]) many.add(parameter.name);
      }
    }
    const source = template
      .split(/(\{[^}]*\})/)
      .map((part) => {
        if (!part.startsWith("{")) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        return many.has(part.slice(1, -1)) ? "(?:.+)" : "(?:[^/]+)";
      })
      .join("");
    return new RegExp(`^${source}$`);
  }

  resolve(node, kind) {
    if (!node?.$ref) return node;
    return this.document.components[kind][node.$ref.split("/").pop()];
  }

  parameters(operations, operation) {
    return [...(operations.parameters ?? []), ...(operation?.parameters ?? [])].map((parameter) =>
      this.resolve(parameter, "parameters"),
    );
  }

  find(method, path) {
    const fits = this.routes.filter((route) => route.pattern.test(path));
    return {
      known: fits.length > 0,
      route: fits.find((route) => route.operations[method.toLowerCase()]),
    };
  }

  check(key, schema, side, value) {
    let validate = this.compiled.get(key);
    if (!validate) {
      validate = this.ajv.compile(schema === null ? {} : toJsonSchema(schema, side));
      this.compiled.set(key, validate);
    }
    if (validate(value)) return [];
    return this.explain(validate.errors, side);
  }

  /** Ajv's errors without the noise of alternatives: of those, the one that came closest. */
  explain(errors, side) {
    const alternatives = errors.filter((error) => error.keyword === "anyOf");
    const inside = (error) =>
      alternatives.some(
        (outer) =>
          outer !== error &&
          (error.instancePath === outer.instancePath ||
            error.instancePath.startsWith(`${outer.instancePath}/`)) &&
          // An error beside the alternatives, on the object that has them, is its own.
          (error.keyword !== "anyOf" || error.instancePath.length >= outer.instancePath.length) &&
          !besides(error, outer),
      );
    const found = [];
    for (const error of errors) {
      if (error.keyword === "if") continue;
      if (error.keyword === "anyOf") {
        if (inside(error)) continue;
        const closest = this.closest(error, side);
        for (const one of closest) {
          found.push({ ...one, pointer: error.instancePath + one.pointer });
        }
        continue;
      }
      if (inside(error)) continue;
      found.push({ pointer: error.instancePath + member(error), message: sentence(error) });
    }
    return found;
  }

  closest(error, side) {
    let best = null;
    for (const alternative of error.schema) {
      const validate = this.ajv.compile(alternative);
      if (validate(error.data)) continue;
      const errors = this.explain(validate.errors, side);
      if (best === null || errors.length < best.length) best = errors;
    }
    return best ?? [{ pointer: "", message: sentence(error) }];
  }
}

// Errors of the schema that holds the alternatives, not of one of them: their schema path ends
// right where the alternatives begin.
const besides = (error, outer) =>
  error.instancePath === outer.instancePath &&
  error.schemaPath.split("/").slice(0, -1).join("/") ===
    outer.schemaPath.split("/").slice(0, -1).join("/");

function member(error) {
  const name =
    error.params.unevaluatedProperty ??
    error.params.additionalProperty ??
    error.params.missingProperty;
  return name === undefined ? "" : `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function sentence(error) {
  switch (error.keyword) {
    case "required":
      return "is required and missing";
    case "unevaluatedProperties":
    case "additionalProperties":
      return "is not known to GitHub here";
    case "false schema":
      return "may not be sent: GitHub sets it";
    case "enum":
      return `must be one of ${error.schema.map((one) => JSON.stringify(one)).join(", ")}`;
    case "anyOf":
      return "fits none of the alternatives";
    default:
      return error.message;
  }
}

// --- One exchange -----------------------------------------------------------------------------

function parseQuery(query) {
  if (query === null || query === undefined || query === "") return [];
  if (typeof query === "string") return [...new URLSearchParams(query.replace(/^\?/, ""))];
  return Object.entries(query).map(([name, value]) => [name, String(value)]);
}

function fromText(schema, text) {
  const one = schema?.type;
  if (one === "integer" || one === "number") {
    const number = Number(text);
    return text.trim() === "" || Number.isNaN(number) ? text : number;
  }
  if (one === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (one === "array") return text.split(",").map((part) => fromText(schema.items, part));
  return text;
}

/** Everything wrong with one exchange: [{side, route, pointer, message}]. */
function examine(description, exchange, requestsOnly) {
  const method = String(exchange.method ?? "").toUpperCase();
  // The root of a repository's contents has an empty {path}, which the description's templates cannot say.
  // And `/repositories/ID` is where GitHub redirects to from an old name: the same answer as by the name.
  const path = String(exchange.path ?? "")
    .split("?")[0]
    .replace(/(\/contents)\/?$/, "$1/.")
    .replace(/^\/repositories\/\d+$/, "/repos/owner/name");
  const failures = [];
  // The description is that of the REST API. The stand-in takes one question of GraphQL, letter by letter.
  if (method === "POST" && path === "/graphql") return { method, failures };
  const { known, route } = description.find(method, path);
  if (!route) {
    failures.push({
      side: "request",
      route: path,
      pointer: "",
      message: known ? `GitHub has no ${method} here` : "GitHub has no such route",
    });
    return { method, failures };
  }
  const operation = route.operations[method.toLowerCase()];
  const add = (side, pointer, message) => {
    const failure = { side, route: route.template, pointer, message };
    const value = pointer.split("/").slice(1).reduce((part, name) => part?.[name], exchange.response);
    if (!DENIED.some((known) => known(failure, value))) failures.push(failure);
  };

  // The request's query.
  const parameters = description
    .parameters(route.operations, operation)
    .filter((parameter) => parameter.in === "query");
  const given = parseQuery(exchange.query ?? String(exchange.path ?? "").split("?")[1]);
  for (const [name, text] of given) {
    const parameter = parameters.find((one) => one.name === name || `${one.name}[]` === name);
    if (!parameter) {
      add("request", `?${name}`, "is not a query parameter of this route");
      continue;
    }
    const schema = description.resolve(parameter.schema, "schemas") ?? {};
    const value = fromText(schema, text);
    const key = `query ${method} ${route.template} ${name}`;
    for (const error of description.check(key, schema, "request", value)) {
      add("request", `?${name}${error.pointer}`, error.message);
    }
  }
  for (const parameter of parameters) {
    if (parameter.required && !given.some(([name]) => name === parameter.name)) {
      add("request", `?${parameter.name}`, "is required and missing");
    }
  }

  // The request's body.
  const body = description.resolve(operation.requestBody, "requestBodies");
  const request = exchange.request ?? null;
  if (!body) {
    if (request !== null) add("request", "", "this route takes no body");
  } else if (request === null) {
    if (body.required) add("request", "", "this route needs a body");
  } else {
    const schema = body.content?.["application/json"]?.schema ?? null;
    for (const error of description.check(`body ${method} ${route.template}`, schema, "request", request)) {
      add("request", error.pointer, error.message);
    }
  }

  // An answer that a test asked to go wrong, a broken connection among them, is no answer of GitHub's.
  if (requestsOnly || exchange.faulty) return { method, failures };

  // The response.
  const status = Number(exchange.status);
  const response = exchange.response ?? null;
  const documented = description.resolve(operation.responses?.[String(status)], "responses");
  if (!documented) {
    if (!ANYWHERE(status)) {
      add("response", "", `GitHub does not document the status ${status} here`);
    } else if (response !== null && typeof response.message !== "string") {
      add("response", "/message", `an answer ${status} says what is wrong`);
    }
    return { method, failures };
  }
  const schemas = Object.entries(documented.content ?? {})
    .filter(([type]) => type === "application/json")
    .map(([, content]) => content.schema);
  if (schemas.length === 0) {
    const nothing = documented.content === undefined;
    const says = ANYWHERE(status) && typeof response?.message === "string";
    if (nothing && response !== null && !says) add("response", "", `an answer ${status} has no body here`);
    return { method, failures };
  }
  if (response === null) {
    if (!RAW.has(route.template)) add("response", "", `an answer ${status} has a JSON body here`);
    return { method, failures };
  }
  const key = `answer ${method} ${route.template} ${status}`;
  for (const error of description.check(key, schemas[0], "response", response)) {
    add("response", error.pointer, `${error.message} (status ${status})`);
  }
  return { method, failures };
}

// --- A file of exchanges ----------------------------------------------------------------------

// Not by readline: it ends a line at U+2028 too, which JSON may hold.
async function* linesOf(file) {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8" })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function run(file, requestsOnly) {
  const description = new Description(JSON.parse(readFileSync(DESCRIPTION, "utf8")));
  const distinct = new Map();
  const routes = new Set();
  let line = 0;
  let exchanges = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === "") continue;
    let exchange;
    try {
      exchange = JSON.parse(text);
    } catch (error) {
      console.error(`${file}:${line}: not JSON: ${error.message}`);
      return 2;
    }
    exchanges += 1;
    const { method, failures } = examine(description, exchange, requestsOnly);
    routes.add(`${method} ${description.find(method, String(exchange.path).split("?")[0]).route?.template}`);
    for (const failure of failures) {
      // The third of ten elements is wrong in the same way as the first.
      const pointer = failure.pointer.replace(/\/\d+(?=\/|$)/g, "/*");
      const key = [failure.side, method, failure.route, pointer, failure.message].join("\n");
      const seen = distinct.get(key);
      if (seen) seen.times += 1;
      else distinct.set(key, { ...failure, method, pointer, line, times: 1 });
    }
  }
  if (exchanges === 0) {
    console.error(`${file}: no exchange recorded, so nothing was checked`);
    return 2;
  }
  for (const failure of distinct.values()) {
    const where = failure.pointer === "" ? "" : ` at ${failure.pointer}`;
    console.log(
      `${failure.side}: ${failure.method} ${failure.route}${where}: ${failure.message}` +
        ` (line ${failure.line}${failure.times > 1 ? `, ${failure.times} times` : ""})`,
    );
  }
  const what = requestsOnly ? "requests" : "exchanges";
  console.log(`${exchanges} ${what} on ${routes.size} routes checked, ${distinct.size} distinct failures`);
  return distinct.size === 0 ? 0 : 1;
}

// --- The check, checked -----------------------------------------------------------------------

function selfTest() {
  const user = Object.fromEntries(
    [
      "avatar_url",
      "events_url",
      "followers_url",
      "following_url",
      "gists_url",
      "html_url",
      "organizations_url",
      "received_events_url",
      "repos_url",
      "starred_url",
      "subscriptions_url",
      "url",
    ].map((name) => [name, "https://example.org/x"]),
  );
  const author = { ...user, login: "hal", id: 1, node_id: "n", gravatar_id: null, site_admin: false, type: "User" };
  const issue = {
    id: 1,
    node_id: "n",
    number: 7,
    title: "Release 1.0",
    state: "open",
    locked: false,
    user: author,
    labels: [{ name: "release", color: null }, "checklist"],
    assignee: null,
    milestone: null,
    comments: 0,
    closed_at: null,
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    body: null,
    ...Object.fromEntries(
      ["comments_url", "events_url", "html_url", "repository_url", "url"].map((name) => [
        name,
        "https://example.org/x",
      ]),
    ),
    labels_url: "https://example.org/labels{/name}",
  };
  const create = {
    method: "POST",
    path: "/repos/acme/rocket/issues",
    query: null,
    request: { title: "Release 1.0", labels: ["release", { name: "checklist" }], milestone: null },
    status: 201,
    response: issue,
  };
  const good = [
    create,
    { method: "GET", path: "/repos/acme/rocket/git/ref/tags/team/v1.0", query: "", request: null, status: 404, response: { message: "Not Found" } },
    { method: "GET", path: "/repos/acme/rocket/contents/docs/a.md", query: "ref=main", request: null, status: 200, response: null },
    { method: "GET", path: "/repos/acme/rocket/issues", query: { state: "all", per_page: "100" }, request: null, status: 200, response: [issue] },
    { method: "PATCH", path: "/repos/acme/rocket/check-runs/5", query: null, request: { status: "completed", conclusion: "success", output: { title: "t", summary: "s" } }, status: 502, response: null },
    { method: "DELETE", path: "/repos/acme/rocket/issues/comments/3", query: null, request: null, status: 204, response: null },
  ];
  const patch = good[4];
  const bad = (exchange, change) => ({ ...structuredClone(exchange), ...change });
  // Each planted fault with what must be said of it.
  const faults = [
    [bad(create, { response: { ...issue, number: "7" } }), /^response: POST .*\/issues at \/number: must be integer/m],
    [bad(create, { response: { ...issue, user: { ...author, id: "1" } } }), /^response: .* at \/user\/id: must be integer/m],
    [bad(create, { response: { ...issue, updated_at: "yesterday" } }), /^response: .* at \/updated_at: must match format "date-time"/m],
    [bad(create, { response: { ...issue, title: null } }), /^response: .* at \/title: must be string/m],
    [bad(create, { response: (({ number, ...rest }) => rest)(issue) }), /^response: .* at \/number: is required and missing/m],
    [bad(create, { response: null }), /^response: .*: an answer 201 has a JSON body here/m],
    [bad(create, { status: 202 }), /^response: .*: GitHub does not document the status 202 here/m],
    [bad(create, { request: { title: "x", label: ["release"] } }), /^request: .* at \/label: is not known to GitHub here/m],
    [bad(create, { request: { title: ["x"] } }), /^request: .* at \/title/m],
    [bad(create, { request: { labels: ["release"] } }), /^request: .* at \/title: is required and missing/m],
    [bad(create, { request: null }), /^request: .*: this route needs a body/m],
    [bad(create, { path: "/repos/acme/rocket/isues" }), /^request: POST \/repos\/acme\/rocket\/isues: GitHub has no such route/m],
    [bad(create, { method: "PUT" }), /^request: PUT \/repos\/acme\/rocket\/issues: GitHub has no PUT here/m],
    [bad(good[3], { query: "stat=all" }), /^request: .* at \?stat: is not a query parameter/m],
    [bad(good[3], { query: "state=everything" }), /^request: .* at \?state: must be one of/m],
    [bad(good[3], { query: "per_page=many" }), /^request: .* at \?per_page: must be integer/m],
    [bad(good[3], { response: [issue, { ...issue, id: null }] }), /^response: .* at \/\*\/id: must be integer/m],
    [bad(patch, { request: { status: "completed", conclusion: "sucess" } }), /^request: .* at \/conclusion: must be one of/m],
    [bad(patch, { request: { status: "completed", conclusion: "success", output: { summary: "s", titel: "t" } } }), /^request: .* at \/output\/titel: is not known/m],
    [bad(patch, { request: { status: "completed", conclusion: "success", detail_url: "https://example.org" } }), /^request: .* at \/detail_url: is not known/m],
    [bad(patch, { request: { status: "completed" } }), /^request: .* at \/conclusion: is required and missing/m],
    [bad(good[1], { status: 500, response: ["no"] }), /^response: .* at \/message: an answer 500 says what is wrong/m],
  ];

  const directory = mkdtempSync(join(tmpdir(), "conformance-"));
  const failed = [];
  let passed = 0;
  const expect = (name, ok, output) => {
    if (ok) {
      passed += 1;
      return;
    }
    failed.push(`${name}\n${output}`);
  };
  const judge = (name, exchanges, ...flags) => {
    const file = join(directory, name);
    writeFileSync(file, exchanges.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), file, ...flags], {
      encoding: "utf8",
    });
    return { status: child.status, output: child.stdout + child.stderr };
  };
  try {
    let result = judge("good.jsonl", good);
    expect("a good file passes", result.status === 0, result.output);

    result = judge("bad.jsonl", [bad(create, { response: { ...issue, number: "7" } })]);
    expect("a file with a wrong type fails", result.status === 1, result.output);

    const all = judge("faults.jsonl", faults.map(([exchange]) => exchange));
    expect("the planted faults fail", all.status === 1, all.output);
    for (const [exchange, message] of faults) {
      expect(`${message} for ${JSON.stringify(exchange).slice(0, 200)}`, message.test(all.output), all.output);
    }
    const said = all.output.split("\n").filter((one) => /^(request|response): /.test(one));
    expect(
      "nothing is said beside the planted faults",
      said.every((one) => faults.some(([, message]) => message.test(one))),
      all.output,
    );

    result = judge("twice.jsonl", [faults[0][0], faults[0][0]]);
    expect("a failure met twice is listed once", /\(line 1, 2 times\)\n2 .* 1 distinct/.test(result.output), result.output);

    result = judge("requests.jsonl", [faults[0][0]], "--requests-only");
    expect("responses are left out where only requests are asked for", result.status === 0, result.output);

    result = judge("empty.jsonl", []);
    expect("an empty file is refused", result.status === 2, result.output);

    result = judge("broken.jsonl", [create]);
    writeFileSync(join(directory, "broken.jsonl"), "{\n");
    const broken = spawnSync(process.execPath, [fileURLToPath(import.meta.url), join(directory, "broken.jsonl")]);
    expect("a file that is no JSON is refused", broken.status === 2, String(broken.stderr));
  } finally {
    rmSync(directory, { recursive: true });
  }
  for (const one of failed) console.error(`not ok - ${one}`);
  console.log(`self-test: ${passed} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

const argument = process.argv.slice(2);
if (argument[0] === "--self-test") {
  process.exitCode = selfTest();
} else if (argument[0] && !argument[0].startsWith("--")) {
  try {
    process.exitCode = await run(argument[0], argument.includes("--requests-only"));
  } catch (error) {
    console.error(error.code === "ENOENT" ? `${argument[0]}: no such file` : error);
    process.exitCode = 2;
  }
} else {
  console.error("usage: run.mjs FILE [--requests-only] | --self-test");
  process.exitCode = 2;
}
