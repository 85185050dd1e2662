// The ledger, as `holdpoint audit` prints it.

import { spawnSync } from "node:child_process";
import { BINARY } from "../harness.mjs";
import { must, short } from "./story.mjs";

export class Audit {
  constructor(holdpoint) {
    this.holdpoint = holdpoint;
  }

  #run(...words) {
    const { directory, environment } = this.holdpoint;
    const { HOLDPOINT_DATABASE_URL } = environment;
    return spawnSync(BINARY, ["audit", ...words], { cwd: directory, env: { HOLDPOINT_DATABASE_URL }, encoding: "utf8" });
  }

  /** The lines of a repository, the oldest first. */
  lines(hub) {
    const { status, stdout, stderr } = this.#run(hub.repository, "--format", "jsonl");
    must(status === 0, `holdpoint audit ended with ${status}: ${stderr}`);
    return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Those about one item of a release. */
  of(hub, text, release) {
    return this.lines(hub).filter((line) => line.release === release && line.text?.includes(text));
  }

  last(hub, text, release) {
    return this.of(hub, text, release).at(-1);
  }

  /** What happened to an item, in order: each thing once, and all of it counted. */
  changes(hub, text, release, expected) {
    const lines = this.of(hub, text, release);
    const right = lines.every(({ counted }) => counted) && lines.map(({ change }) => change).join() === expected.join();
    must(right, () => `the ledger about "${text}" of ${release}: ${short(lines)}`);
  }

  /** The chain of every repository is whole. */
  verify() {
    const { status, stdout, stderr } = this.#run("--verify");
    must(status === 0, `holdpoint audit --verify ended with ${status}: ${stdout}${stderr}`);
  }
}
