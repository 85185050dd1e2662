// Where Holdpoint knowingly differs from GitHub's views, or keeps silent where they differ. One that no longer occurs is an
// error: take it out.
//
// `applies` is given the line, what each view says of it ("o", "x" or "-"), whether Holdpoint is "different" or "silent", the
// whole text, its rows, and the row in question.

export const known = [
  {
    name: "an escaped bracket",
    why: "Whoever writes \\[ ] wants no box: it is none, and nothing is told. The filter looks at the finished HTML, in which the backslash is gone.",
    applies: ({ what, holdpoint, row }) => what === "silent" && holdpoint === "-" && /\\\[|\[.\\\]/.test(row),
  },
  {
    name: "a bracket as a character reference",
    why: "As with the escaped bracket.",
    applies: ({ what, holdpoint, row }) => what === "silent" && holdpoint === "-" && row.includes("&#91;"),
  },
  {
    name: "a box behind the byte order mark",
    why: "The extension looks at the raw line, in which the mark comes first. Nobody sees the mark, so nothing is told, and the item counts.",
    applies: ({ what, line, text }) => what === "silent" && line === 1 && text.startsWith("\ufeff"),
  },
  {
    name: "a box in the head of a table that stands in an item",
    why: "The extension sees the box, the filter a table. The item counts; tables are not read at all.",
    applies: ({ what, holdpoint, line, rows }) => what === "silent" && holdpoint !== "-" && /^[\s|:>-]*-[\s|:>-]*$/.test(rows[line] ?? ""),
  },
  {
    name: "a tag alone on a line that goes on with a list item's paragraph from the margin",
    why: "cmark-gfm begins an HTML block there, against the rule that such a tag ends no paragraph (later versions of cmark do not). What stands below is read as if the tag were text: in nearly all texts a box too many, which shuts the gate.",
    applies: ({ line, rows }) => rows.slice(0, line + 1).some((row) => /^[\s>]*<\/?(br|b|pre)>\s*$/.test(row)),
  },
  {
    name: "white space that is no blank, in a box behind two list markers",
    why: "The filter takes it for a blank. With one marker it is told; behind two it is too rare to look for.",
    applies: ({ what, holdpoint, row }) => what === "silent" && holdpoint === "-" && /^[\s>]*([-+*]|\d+[.)])\s+([-+*]|\d+[.)])\s+\[[\t\u00a0]\]/.test(row),
  },
  {
    name: "below an empty box",
    why: "Without the extension the box is a paragraph, which goes on with what would else begin something new. Holdpoint agrees with the extension.",
    applies: ({ what, line, rows, extension, holdpoint }) =>
      (what === "silent" ? holdpoint === extension : holdpoint !== "-") &&
      rows.slice(0, line).some((row) => /\[[ xX]\]\s+$/.test(row)),
  },
  {
    name: "a number of ten digits",
    why: "It is no list marker, and the extension's pattern for the raw line has no limit: the line makes a box of the item that it stands in, or ticks it.",
    applies: ({ extension, filter, line, rows }) =>
      extension !== filter && rows.slice(line - 1).some((row) => /^[\s>]*\d{10,}[.)]\s+\[/.test(row)),
  },
  {
    name: "a tick that is a link, where the extension does not look",
    why: "With a definition of [x] the filter sees a link. A box too many is told, and shuts the gate.",
    applies: ({ what, holdpoint, text, row }) => what === "different" && holdpoint === "x" && /^\s*\[x\]:/m.test(text) && /\[[xX]\]/.test(row),
  },
];
