// The report file: a line for each entry, as CSV or NDJSON, appended during the drive.

import { closeSync, fstatSync, fsyncSync, ftruncateSync, readSync, writeFileSync } from "node:fs";
import { reportHead, reportLine } from "./csv.js";
import { UsageError } from "./exit.js";
import { createFile, makePrivate, openOwn } from "./files.js";
import { safeJson } from "./unsafe.js";

const CHUNK = 1000;
/** Final states of a run. */
const ENDED = ["succeeded", "failedAgain", "canceled"];

/** `line`: without tokens; `begins`: how each file of the format begins, one without lines too. */
const FORMATS = {
  csv: {
    head: reportHead,
    line: reportLine,
    begins: (text) => text.startsWith(reportHead),
  },
  ndjson: {
    head: "",
    line: (entry, redacted) => `${safeJson(entry, redacted)}\n`,
    begins: (text) => /^(\{"(dlqId|workflowRunId|outcome)":|$)/.test(text),
  },
};
/** Bytes that show whether a file is a report. */
const BEGINNING = 200;

const formatOf = (name) => {
  const format = FORMATS[/\.(csv|ndjson)$/i.exec(name)?.[1].toLowerCase()];
  if (!format) throw new UsageError("--report: write a name that ends in .csv or .ndjson");
  return format;
};

/**
 * A report as of a checkpoint.
 *
 * @typedef {object} Place
 * @property {string} name
 * @property {number} size bytes; later lines are reported again
 * @property {string} file the number that the file system gave to the file, which no other one has
 */

export class Report {
  #format;
  #file;
  #output;
  /** Lines that this invocation added, of each kind. */
  #written = { entries: 0, runs: 0 };

  /** Refuses invalid names and strategies before anything is opened. */
  static check(name, strategy) {
    formatOf(name);
    if (strategy === "pages") {
      throw new UsageError(
        "--report: --strategy pages does not report entries: leave --strategy out, or write batches or each",
      );
    }
  }

  /**
   * Opens the file. To be called before anything is sent, so that a name that can't be written is refused in time.
   *
   * @param {string} name
   * @param {import("./output.js").Output} output which redacts tokens in lines
   * @param {Place} [earlier] lines after its size are removed, since the continued drive reports those entries again
   */
  constructor(name, output, earlier) {
    this.name = name;
    this.#output = output;
    this.#format = formatOf(name);
    try {
      if (earlier?.name === name) this.#continue(earlier);
      else this.#begin();
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`--report: ${error.message}`);
      if (error.code === "EEXIST") {
        throw new UsageError(`--report: ${name} exists already: write another name`);
      }
      throw new UsageError(`--report: ${name} can't be written (${error.code})`);
    }
  }

  #begin() {
    this.#file = createFile(this.name);
    writeFileSync(this.#file, this.#format.head);
  }

  #continue({ size, file }) {
    try {
      this.#file = openOwn(this.name, "append");
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      // It was moved away: the remaining lines go to a new file.
      this.#begin();
      return;
    }
    const { state } = this;
    if (state.size < size) {
      throw new UsageError(`${this.name} is shorter than at the checkpoint: write another name`);
    }
    if (!this.#isReport()) {
      throw new UsageError(`${this.name} is no report, and stays as it is: write another name`);
    }
    // A checkpoint that somebody made up does not know it.
    if (state.file !== file) {
      throw new UsageError(
        `${this.name} is not the file of the checkpoint (a copy, or another report), and stays as it is: write another name`,
      );
    }
    makePrivate(this.#file);
    ftruncateSync(this.#file, size);
  }

  /** A checkpoint may have been altered, or the file replaced: what is cut has to be a report. */
  #isReport() {
    const bytes = Buffer.alloc(BEGINNING);
    const length = readSync(this.#file, bytes, 0, BEGINNING, 0);
    return this.#format.begins(bytes.toString("utf8", 0, length));
  }

  /** Adds lines of entries and of runs, and returns when they are on the disk. */
  append({ entries = [], runs = [] }) {
    const lines = [...entries, ...runs];
    for (let at = 0; at < lines.length; at += CHUNK) {
      const chunk = lines
        .slice(at, at + CHUNK)
        .map((line) => this.#format.line(line, this.#output.redacted));
      writeFileSync(this.#file, chunk.join(""));
    }
    fsyncSync(this.#file);
    this.#written.entries += entries.length;
    this.#written.runs += runs.length;
  }

  /**
   * Adds the lines of this invocation that are not in the file yet.
   *
   * @returns {Place} before the lines of runs that have not ended, which are reported again
   */
  complete({ entries = [], runs = [] }) {
    const ended = runs.filter(({ state }) => ENDED.includes(state));
    this.append({
      entries: entries.slice(this.#written.entries),
      runs: ended.slice(this.#written.runs),
    });
    const { state } = this;
    this.append({ runs: runs.filter(({ state: now }) => !ENDED.includes(now)) });
    return state;
  }

  close() {
    closeSync(this.#file);
  }

  /** @returns {Place} for a checkpoint */
  get state() {
    const { size, ino } = fstatSync(this.#file, { bigint: true });
    return { name: this.name, size: Number(size), file: String(ino) };
  }
}
