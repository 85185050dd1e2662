// The edit history of issues, as GitHub tells it over GraphQL. The emulator keeps the last text only, and has no GraphQL.
// Source: <https://docs.github.com/en/graphql/reference/objects#usercontentedit>.

import { made } from "./http.mjs";

export class History {
  /** For each issue, "repository#number": the versions of its text, the oldest first. */
  #versions = new Map();
  /** The times of comments that somebody edited, by GraphQL's names for them. */
  #edited = new Map();

  /** An issue as it was answered to whoever wrote it. */
  wrote(repository, issue, login) {
    const key = `${repository}#${issue.number}`;
    const versions = this.#versions.get(key) ?? [];
    const text = issue.body ?? "";
    if (versions.at(-1)?.text === text) return;
    versions.push({ id: `UCE_${key}_${versions.length}`, at: seconds(issue.updated_at), text, login });
    this.#versions.set(key, versions);
  }

  editedComment({ node_id: node, updated_at: at }) {
    this.#edited.set(node, seconds(at));
  }

  /** The versions of an issue's text, the oldest first: `at`, `text`, `login`. */
  of(repository, number) {
    return this.#versions.get(`${repository}#${number}`) ?? [];
  }

  /** Answers the questions that Holdpoint asks, by their variables. `account` tells a login's type and number. */
  async answer({ variables = {} }, account) {
    if (variables.ids) {
      const nodes = variables.ids.map((id) => ({ id, databaseId: number(id), lastEditedAt: this.#edited.get(id) ?? null }));
      return made(200, { data: { nodes } });
    }
    const { owner, name, number: issue, first, after } = variables;
    const versions = this.of(`${owner}/${name}`, issue);
    // Of a text that was never edited there is no history.
    const newestFirst = versions.length > 1 ? versions.toReversed() : [];
    const from = after ? Number(after) : 0;
    const nodes = await Promise.all(
      newestFirst.slice(from, from + first).map(async ({ id, at, text, login }) => {
        const { type, id: databaseId } = await account(login);
        return { id, editedAt: at, deletedAt: null, diff: text, editor: { __typename: type, login: login.replace("[bot]", ""), databaseId } };
      }),
    );
    const end = from + nodes.length;
    const pageInfo = { hasNextPage: end < newestFirst.length, endCursor: nodes.length > 0 ? String(end) : null };
    return made(200, { data: { repository: { issue: { userContentEdits: { pageInfo, nodes } } } } });
  }
}

/** GitHub's clock has whole seconds. */
const seconds = (time) => time.replace(/\.\d+Z$/, "Z");

/** The number within the emulator's name for a node. */
function number(node) {
  const [digits] = /\d+$/.exec(Buffer.from(node, "base64").toString("utf8")) ?? [];
  return digits === undefined ? null : Number(digits);
}
