// The report file: a line for each entry, as CSV or NDJSON, added to as the drive goes.

import { closeSync, fstatSync, fsyncSync, ftruncateSync, writeFileSync } from "node:fs";
import { reportHead, reportLine } from "./csv.js";
import { UsageError } from "./exit.js";
import { createFile, openOwn } from "./files.js";

const CHUNK = 1000;

const FORMATS = {
  csv: { head: reportHead, line: reportLine },
  ndjson: { head: "", line: (entry) => `${JSON.stringify(entry)}\n` },
};

const formatOf = (name) => {
  const format = FORMATS[/\.(csv|ndjson)$/i.exec(name)?.[1].toLowerCase()];
  if (!format) throw new UsageError("--report: write a name that ends in .csv or .ndjson");
  return format;
};

export class Report {
  #format;
  #file;
  #written = 0;

  /** Refuses what can't become a report, before anything is opened. */
  static check(name, strategy) {
    formatOf(name);
    if (strategy === "pages") {
      throw new UsageError(
        "--report: --strategy pages does not know which entries it takes: leave --strategy out, or write batches or each",
      );
    }
  }

  /**
   * Opened before anything is done, so that a name that can't be written is refused in time.
   *
   * @param {string} name
   * @param {{ name: string, size: number }} [earlier] where the checkpoint has the report: lines behind
   *   that are removed, since the drive that continues reports those entries again
   */
  constructor(name, earlier) {
    this.name = name;
    this.#format = formatOf(name);
    try {
      if (earlier?.name === name) this.#continue(earlier.size);
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

  #continue(size) {
    try {
      this.#file = openOwn(this.name, "append");
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      // Moved away: the rest of the lines begin a new file.
      this.#begin();
      return;
    }
    if (fstatSync(this.#file).size < size) {
      throw new UsageError(`${this.name} is shorter than at the checkpoint: write another name`);
    }
    ftruncateSync(this.#file, size);
  }

  /** Adds entries, and returns when they are on the disk. */
  append(entries) {
    for (let at = 0; at < entries.length; at += CHUNK) {
      const lines = entries.slice(at, at + CHUNK).map(this.#format.line);
      writeFileSync(this.#file, lines.join(""));
    }
    fsyncSync(this.#file);
    this.#written += entries.length;
  }

  /** Adds those of all entries of this invocation that are not in the file yet. */
  complete(entries) {
    this.append(entries.slice(this.#written));
  }

  close() {
    closeSync(this.#file);
  }

  /** What a checkpoint has to know to continue the report. */
  get state() {
    return { name: this.name, size: fstatSync(this.#file).size };
  }
}
