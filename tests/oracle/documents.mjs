// Random documents of awkward pieces: the same for the same seed and number.

/** Numbers from 0 to below 1, from a seed. */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const INDENTS = ["", "", "", "", " ", "  ", "  ", "   ", "    ", "    ", "      ", "\t", "\t\t", " \t"];
const MARKERS = ["-", "-", "-", "-", "*", "+", "1.", "1)", "2.", "10.", "123456789.", "1234567890."];
const GAPS = [" ", " ", " ", " ", " ", "  ", "   ", "    ", "     ", "\t", ""];
const BOXES = ["[ ]", "[ ]", "[ ]", "[ ]", "[x]", "[x]", "[X]", "[]", "[  ]", "[\t]", "[\u00a0]", "[-]", "\\[ ]", "[ x]", ""];
const TEXTS = [
  "a", "a", "a b", "a", "see [x]", "**bold**", "`code`", "<!-- note -->", "a <!-- hp: optional -->", "~~struck~~ why", "[link](u)",
  "[x]", "[ ] twice", "- b", "a | b", "", " ", "\\", "<b>", "![i](u)", "[x][y]", "é", "<!-- [x] -->", "*", "1. a", "# a", "> a",
];
const ALONE = [
  "", "", "", "", "", "text", "text", "# Heading", "## Heading", "---", "===", "***", "```", "```", "~~~", "<details>", "</details>",
  "<summary>s</summary>", "<!--", "-->", "<!-- note -->", "<div>", "</div>", "[x]: /u", "[a]: /u", "| a | b |", "|---|---|", "[ ] a", "-",
  "1.", "<br>", "    code", "\tcode", "text  ", "- text", "* text", "  - text", "1. text", "<pre>", "</pre>",
];
const QUOTES = ["> ", "> ", ">", ">> ", "> > "];

/** The `n`th document of a seed. */
export function document(seed, n) {
  const next = numbers(Math.imul(seed, 2654435761) + n);
  const one = (list) => list[Math.floor(next() * list.length)];
  const line = () => {
    const quote = next() < 0.06 ? one(QUOTES) : "";
    if (next() < 0.4) return quote + (next() < 0.2 ? one(INDENTS) : "") + one(ALONE);
    const second = next() < 0.05 ? one(MARKERS) + one(GAPS) : "";
    return quote + one(INDENTS) + one(MARKERS) + one(GAPS) + second + one(BOXES) + one(GAPS) + one(TEXTS);
  };
  const kind = next();
  const end = kind < 0.1 ? "\r\n" : kind < 0.13 ? "\r" : "\n";
  const lines = Array.from({ length: 1 + Math.floor(next() * 9) }, line);
  // A byte order mark is listed once; a rule on the first line would open a front matter.
  if (/^---\s*$/.test(lines[0])) lines[0] = "text";
  return lines.join(end) + (next() < 0.9 ? end : "");
}
