// Asks GitHub's own Markdown library and Holdpoint which lines of a text are boxes, and compares the answers:
//
//     node tests/oracle/run.mjs [--documents N] [--seed N]
//     node tests/oracle/run.mjs --self-test
//
// GitHub has two views of a box. One is the task list extension of cmark-gfm, the library that GitHub's Markdown is built
// on. The other is the filter that looks at the finished HTML for items whose first paragraph begins with brackets; here it
// is put together from what cmark-gfm says without the extension.
//
// Where both say the same, Holdpoint must say it too. Where they do not, Holdpoint takes one side and must have a problem on
// that line, so that somebody mends it. What else differs is listed in known.mjs, with the reason.

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BINARY, Report, temporaryDirectory } from "../harness.mjs";
import { document } from "./documents.mjs";
import { known } from "./known.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const EXTENSIONS = ["-e", "table", "-e", "strikethrough", "-e", "autolink"];

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

// ---------------------------------------------------------------------------------------------- what is asked

/** The forms that the tests in Rust know too. */
const forms = () =>
  JSON.parse(readFileSync(join(root, "tests/forms.json"), "utf8")).map(({ form, text }) => ({ name: form, text }));

/** Every checklist of the repository: the tests' and the examples of the papers. */
function checklists() {
  const found = [];
  const directory = join(root, "tests/checklists");
  for (const name of readdirSync(directory)) {
    for (const side of ["base.md", "head.md"]) {
      try {
        found.push({ name: `${name}/${side}`, text: readFileSync(join(directory, name, side), "utf8") });
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
    }
  }
  for (const paper of ["README.md", "docs/checklists.md"]) {
    const text = readFileSync(join(root, paper), "utf8");
    let n = 0;
    for (const [, example] of text.matchAll(/^```markdown\n(.*?)^```$/gms)) {
      found.push({ name: `${paper}, example ${(n += 1)}`, text: example });
    }
  }
  return found;
}

function random(count, seed) {
  return Array.from({ length: count }, (_, n) => ({ name: `random ${n} of seed ${seed}`, text: document(seed, n) }));
}

// ---------------------------------------------------------------------------------------------- what is answered

/** The front matter is not Markdown: GitHub takes it off first. Its lines stay, empty. */
const withoutFrontMatter = (text) =>
  text.replace(/^---[ \t]*\r?\n([^]*?\n)?---[ \t]*(\r?\n|$)/, (block) => block.replace(/[^\r\n]/g, ""));

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"' };
const decoded = (text) => text.replace(/&(lt|gt|amp|quot);/g, (_, name) => ENTITIES[name]);

/** The tree of cmark's XML. */
function tree(xml) {
  const top = { tag: "", children: [], text: "" };
  const open = [top];
  for (const [, closing, tag, attributes, empty, text] of xml.matchAll(/<(\/?)(\w+)([^>]*?)(\/?)>([^<]*)/g)) {
    if (closing) {
      open.pop();
      continue;
    }
    const lines = /sourcepos="(\d+):\d+-(\d+):/.exec(attributes);
    const node = { tag, children: [], text: decoded(text), first: Number(lines?.[1]), last: Number(lines?.[2]), attributes };
    open.at(-1).children.push(node);
    if (!empty) open.push(node);
  }
  return top;
}

function* nodes(node) {
  yield node;
  for (const child of node.children) yield* nodes(child);
}

/** By the extension: line to "o" or "x". */
function extension(xml) {
  const found = new Map();
  for (const node of nodes(tree(xml))) {
    if (node.tag === "tasklist") {
      found.set(node.first, node.attributes.includes('completed="true"') ? "x" : "o");
    }
  }
  return found;
}

/** By the filter: items whose first paragraph begins with a box and white space. */
function filter(xml, source) {
  const found = new Map();
  const rows = source.split(/\r\n|\r|\n/);
  for (const node of nodes(tree(xml))) {
    const paragraph = node.tag === "item" ? node.children[0] : undefined;
    if (paragraph?.tag !== "paragraph") continue;
    let text = "";
    for (const inline of paragraph.children) {
      if (inline.tag === "softbreak") text += "\n";
      else if (inline.tag === "text") text += inline.text;
      else break;
    }
    const box = /^\[([xX]|\s)\](?=[ \t\n\v\f\r])/.exec(text);
    if (!box) continue;
    // A paragraph begins with its link definitions, and they are gone.
    let line = paragraph.first;
    while (line < paragraph.last && !/\[([xX]|\s)\](\s|$)/.test(rows[line - 1] ?? "")) line += 1;
    found.set(line, /[xX]/.test(box[1]) ? "x" : "o");
  }
  return found;
}

async function cmark(path, extensions) {
  const { stdout } = await run("cmark-gfm", [...extensions, "--to", "xml", "--sourcepos", path], { maxBuffer: 1 << 26 });
  return stdout;
}

/** What all three say of some texts. */
async function asked(documents) {
  const directory = temporaryDirectory("oracle");
  const ours = join(directory, "ours");
  const theirs = join(directory, "theirs");
  mkdirSync(ours);
  mkdirSync(theirs);
  documents.forEach(({ text }, n) => {
    writeFileSync(join(ours, `${n}.md`), text);
    writeFileSync(join(theirs, `${n}.md`), withoutFrontMatter(text));
  });
  const answers = holdpoint(ours, documents.length);
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < documents.length; n = next++) {
      const { text, isAlone } = documents[n];
      if (isAlone) continue;
      const path = join(theirs, `${n}.md`);
      const [tasks, plain] = await Promise.all([
        cmark(path, ["-e", "tasklist", ...EXTENSIONS]),
        cmark(path, EXTENSIONS),
      ]);
      Object.assign(answers[n], { extension: extension(tasks), filter: filter(plain, withoutFrontMatter(text)) });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return documents.map((document, n) => ({ ...document, ...answers[n] }));
}

function holdpoint(directory, count) {
  const answers = [];
  for (let from = 0; from < count; from += 1000) {
    const names = Array.from({ length: Math.min(1000, count - from) }, (_, n) => `${from + n}.md`);
    // With one file the answer is spread over lines: a second one keeps it on one.
    const args = ["items", "--format", "json", ...names, ...(names.length === 1 ? names : [])];
    const { status, stdout, stderr } = spawnSync(BINARY, args, { cwd: directory, encoding: "utf8", maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`holdpoint items ended with ${status}: ${stderr}`);
    for (const line of stdout.trimEnd().split("\n").slice(0, names.length)) {
      const { items, problems } = JSON.parse(line);
      answers.push({
        ticks: items.map(({ checked }) => (checked ? "x" : "o")).join(""),
        holdpoint: new Map(items.map(({ line, checked }) => [line, checked ? "x" : "o"])),
        // That a file has no items is told on its first line, and says nothing of that line.
        problems: new Set(problems.filter(({ message }) => !message.includes("no items")).map(({ line }) => line)),
      });
    }
  }
  return answers;
}

// ---------------------------------------------------------------------------------------------- what differs

/** The lines on which Holdpoint says something else than it should. */
function differences(answer) {
  const found = [];
  const lines = new Set([...answer.extension.keys(), ...answer.filter.keys(), ...answer.holdpoint.keys()]);
  for (const line of [...lines].sort((a, b) => a - b)) {
    const says = (view) => answer[view].get(line) ?? "-";
    const [byExtension, byFilter, byHoldpoint] = [says("extension"), says("filter"), says("holdpoint")];
    const seen = { line, extension: byExtension, filter: byFilter, holdpoint: byHoldpoint, text: answer.text };
    if (byHoldpoint !== byExtension && byHoldpoint !== byFilter) {
      found.push({ ...seen, what: "different" });
    } else if (byExtension !== byFilter && !answer.problems.has(line)) {
      found.push({ ...seen, what: "silent" });
    }
  }
  return found;
}

/** A carriage return alone ends a line for Markdown, and not for git, whose lines Holdpoint tells. So such a text is asked
 * twice, and what differs must be the lines' numbers alone. */
const isAlone = /\r(?!\n)/;

function otherLineEnds(documents) {
  return documents.flatMap((document) => {
    if (!isAlone.test(document.text)) return [document];
    const text = document.text.replace(/\r(?!\n)/g, "\n");
    return [{ ...document, isAlone: true }, { ...document, text }];
  });
}

/** Compares, and says which differences are listed nowhere and which listed ones are gone. */
function judged(answers, list) {
  const seen = new Map(list.map(({ name }) => [name, 0]));
  const unknown = [];
  let lines = 0;
  for (const [n, answer] of answers.entries()) {
    if (answer.isAlone) {
      const same = answer.ticks === answers[n + 1].ticks;
      if (!same) unknown.push({ name: answer.name, what: "different", line: 0, text: answer.text });
      continue;
    }
    lines += new Set([...answer.extension.keys(), ...answer.filter.keys(), ...answer.holdpoint.keys()]).size;
    for (const difference of differences(answer)) {
      const rows = answer.text.split(/\r\n|\r|\n/);
      const rule = list.find(({ applies }) => applies({ ...difference, rows, row: rows[difference.line - 1] ?? "" }));
      if (rule) seen.set(rule.name, seen.get(rule.name) + 1);
      else unknown.push({ name: answer.name, ...difference });
    }
  }
  return { seen, unknown, lines, gone: list.filter(({ name }) => seen.get(name) === 0) };
}

const shown = ({ name, what, line, text, ...says }) =>
  `${name}, line ${line}: ${what === "silent" ? "no problem is told" : "Holdpoint differs"}; ` +
  `extension ${says.extension}, filter ${says.filter}, Holdpoint ${says.holdpoint}\n${JSON.stringify(text)}`;

// ---------------------------------------------------------------------------------------------- the run

const report = new Report();

function conclude(what, { seen, unknown, lines, gone }) {
  report.check(`${what}: ${lines} boxes are seen alike, but for what is listed`, unknown.length === 0, unknown.slice(0, 20).map(shown).join("\n"));
  report.check("every listed difference still occurs", gone.length === 0, gone.map(({ name }) => name).join("\n"));
  for (const [name, times] of seen) console.log(`    ${times} times: ${name}`);
}

async function selfTest() {
  const answers = await asked([{ name: "planted", text: "- [ ] a\n- [x] b\n> - [ ] c\n" }]);
  const planted = (change) => {
    const [answer] = answers;
    const copy = { ...answer, holdpoint: new Map(answer.holdpoint), problems: new Set(answer.problems) };
    change(copy);
    return judged([copy], []).unknown.map(({ line, what }) => `${line} ${what}`).join();
  };
  const cases = [
    ["nothing is found where nothing differs", () => {}, ""],
    ["a lost item is found", ({ holdpoint }) => holdpoint.delete(1), "1 different"],
    ["an invented item is found", ({ holdpoint }) => holdpoint.set(4, "o"), "4 different"],
    ["a wrong tick is found", ({ holdpoint }) => holdpoint.set(2, "o"), "2 different"],
    ["an item on another line is found", ({ holdpoint }) => (holdpoint.delete(1), holdpoint.set(7, "o")), "1 different,7 different"],
    ["a problem that is not told is found", ({ problems }) => problems.delete(3), "3 silent"],
  ];
  for (const [sentence, change, expected] of cases) {
    const found = planted(change);
    report.check(sentence, found === expected, `found: ${found}`);
  }
  const { gone } = judged(answers, [{ name: "never", applies: () => false }]);
  report.check("a listed difference that no longer occurs is found", gone.length === 1);
}

if (spawnSync("cmark-gfm", ["--version"]).error) {
  console.error("cmark-gfm is wanted: install it (Debian: sudo apt-get install cmark-gfm)");
  process.exit(1);
}
if (process.argv.includes("--self-test")) {
  await selfTest();
} else {
  const [count, seed] = [option("--documents", 4000), option("--seed", 20260131)];
  console.log(`${count} random documents of seed ${seed}`);
  const documents = [...forms(), ...checklists(), ...random(count, seed)];
  conclude(`${documents.length} texts`, judged(await asked(otherLineEnds(documents)), known));
}
report.close();
