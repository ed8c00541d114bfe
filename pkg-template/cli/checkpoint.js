// The checkpoint file: the checkpoint, the command line that it belongs to, so that another command does not
// continue it, and the place in the report.

import { randomBytes } from "node:crypto";
import { accessSync, closeSync, constants, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./exit.js";
import { openOwn, replaceFile } from "./files.js";
import { FLAGS } from "./flags.js";

const FORMAT = 1;

// Flags whose values a checkpoint contains; the others may differ when it is continued.
const FIXED = FLAGS.filter(
  ({ path, name }) =>
    /^(selection|overrides)\.|^drive\.(where|canary|freeze|query)/.test(path ?? "") ||
    name === "strategy" ||
    name === "limit",
).map(({ name }) => name);

/** The flags as typed, so that a relative date compares as equal the next time. */
const askedOf = ({ ids, typed }) => {
  const flags = FIXED.filter((name) => typed[name] !== undefined);
  return {
    ...(ids.length > 0 && { ids }),
    ...Object.fromEntries(flags.map((name) => [name, typed[name]])),
  };
};

/** Whether a value says where a report is, or that there is none. */
const isPlace = (report) =>
  report === undefined ||
  (typeof report.name === "string" &&
    typeof report.file === "string" &&
    Number.isSafeInteger(report.size) &&
    report.size >= 0);

export class CheckpointFile {
  #command;
  #asked;

  /**
   * @param {import("./parse.js").Invocation} invocation
   * @param {string} [name] a new one in this folder where absent
   */
  constructor(invocation, name) {
    const { command } = invocation;
    const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    this.name = name ?? `dlq-${command}-${now}-${randomBytes(4).toString("hex")}.checkpoint`;
    this.#command = command;
    this.#asked = askedOf(invocation);
  }

  /**
   * The checkpoint to continue from, if the file exists and what is asked is the same, or nothing.
   *
   * @returns {{ checkpoint: string, report?: import("./report.js").Place, byIds: boolean } | undefined}
   *   `byIds`: whether ids were named
   * @throws {UsageError} for a file of another command or selection, a damaged one, and one that
   *   another user may have planted
   */
  read() {
    const content = this.#content();
    if (content === undefined) return undefined;
    if (content.command !== this.#command) {
      throw new UsageError(
        `--checkpoint: ${this.name} belongs to ${content.command}: write ${content.command}, or another file`,
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
          `--checkpoint: ${this.name} was written with other ${flags}: leave out the selection and the overrides to continue, or write another file`,
        );
      }
    }
    const { checkpoint, report, asked } = content;
    return { checkpoint, report, byIds: asked.ids !== undefined };
  }

  /** Ensures, before anything is done, that it can be written. */
  check() {
    if (!this.isWritable()) {
      throw new UsageError(`--checkpoint: no file can be written in ${dirname(this.name)}`);
    }
  }

  /** Whether files can be written in its folder. */
  isWritable() {
    try {
      accessSync(dirname(this.name), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * @param {string} checkpoint
   * @param {import("./report.js").Place} [report] as of this checkpoint
   */
  write(checkpoint, report) {
    const content = {
      format: FORMAT,
      command: this.#command,
      asked: this.#asked,
      ...(report && { report }),
      checkpoint,
    };
    replaceFile(this.name, `${JSON.stringify(content)}\n`);
  }

  remove() {
    rmSync(this.name, { force: true });
  }

  #content() {
    let text;
    try {
      const file = openOwn(this.name, "read");
      try {
        text = readFileSync(file, "utf8");
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      if (error instanceof UsageError) throw new UsageError(`--checkpoint: ${error.message}`);
      throw new UsageError(`--checkpoint: ${this.name} can't be read (${error.code})`);
    }
    try {
      const content = JSON.parse(text);
      const { format, checkpoint, asked, report } = content;
      if (format === FORMAT && typeof checkpoint === "string" && asked && isPlace(report)) {
        return content;
      }
    } catch {
      // Reported below.
    }
    throw new UsageError(
      `--checkpoint: ${this.name} is damaged or not a checkpoint of this program: write another file`,
    );
  }
}
