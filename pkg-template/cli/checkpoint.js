// The checkpoint file: the checkpoint, and what was asked, so that another question is not answered
// with the rest of this one. Always whole: written beside, flushed, and moved into place.

import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./exit.js";
import { FLAGS } from "./flags.js";
import { pairOf } from "./parse.js";

const FORMAT = 1;

// What a checkpoint brings along; the rest may be said anew.
const FIXED = FLAGS.filter(
  ({ path, name }) =>
    /^(selection|overrides)\.|^drive\.(where|canary|freeze|query)/.test(path ?? "") ||
    name === "strategy" ||
    name === "limit",
).map(({ name }) => name);

/** What was asked, as it was typed: a relative date is the same text the next time. */
export const askedOf = ({ ids, typed }) => {
  const flags = FIXED.filter((name) => typed[name] !== undefined);
  return {
    ...(ids.length > 0 && { ids }),
    ...Object.fromEntries(flags.map((name) => [name, typed[name]])),
  };
};

export class CheckpointFile {
  #command;
  #asked;

  /** @param {{ name: string, command: string, asked: object }} what */
  constructor({ name, command, asked }) {
    this.name = name;
    this.#command = command;
    this.#asked = asked;
  }

  /** The checkpoint to go on from, if the file is there and what is asked is the same, or nothing. */
  read() {
    const content = this.#content();
    if (content === undefined) return undefined;
    if (content.command !== this.#command) {
      throw new UsageError(
        `--checkpoint: ${this.name} is of ${content.command}: write ${content.command}, or another file`,
      );
    }
    if (Object.keys(this.#asked).length === 0) {
      this.#asked = content.asked;
    } else {
      const names = new Set([...Object.keys(content.asked), ...Object.keys(this.#asked)]);
      const same = (name) =>
        JSON.stringify(content.asked[name]) === JSON.stringify(this.#asked[name]);
      const other = [...names].filter((name) => !same(name));
      if (other.length > 0) {
        const flags = other.map((name) => (name === "ids" ? name : `--${name}`)).join(", ");
        throw new UsageError(
          `--checkpoint: ${this.name} was begun with other ${flags}: leave selection and overrides out to go on, or write another file`,
        );
      }
    }
    return content.checkpoint;
  }

  /** Parameters of every request, which the checkpoint itself does not hold; without them it would take more. */
  get query() {
    return this.#asked.query && Object.fromEntries(this.#asked.query.map(pairOf));
  }

  /** Ensures, before anything is done, that it can be written. */
  check() {
    try {
      accessSync(dirname(this.name), constants.W_OK);
    } catch {
      throw new UsageError(`--checkpoint: no file can be written in ${dirname(this.name)}`);
    }
  }

  write(checkpoint) {
    const content = { format: FORMAT, command: this.#command, asked: this.#asked, checkpoint };
    const beside = `${this.name}.${process.pid}.new`;
    const file = openSync(beside, "w", 0o600);
    try {
      writeFileSync(file, `${JSON.stringify(content)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, this.name);
    flushFolder(dirname(this.name));
  }

  remove() {
    rmSync(this.name, { force: true });
  }

  #content() {
    let text;
    try {
      text = readFileSync(this.name, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw new UsageError(`--checkpoint: ${this.name} can't be read (${error.code})`);
    }
    try {
      const content = JSON.parse(text);
      if (content.format === FORMAT && typeof content.checkpoint === "string" && content.asked) {
        return content;
      }
    } catch {
      // Said below.
    }
    throw new UsageError(
      `--checkpoint: ${this.name} is damaged or not a checkpoint of this program: write another file`,
    );
  }
}

/** Makes the move itself last; not every system can. */
const flushFolder = (folder) => {
  try {
    const handle = openSync(folder, "r");
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // On Windows a folder can't be opened.
  }
};
