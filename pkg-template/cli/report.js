// The report file: a line for each entry, as CSV or NDJSON.

import { closeSync, fstatSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { UsageError } from "./exit.js";

const COLUMNS = ["dlqId", "workflowRunId", "outcome"];

/** A cell. A spreadsheet would run what begins like a formula: an apostrophe makes it text. */
export const csvCell = (value = "") => {
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const csvLine = (line) => `${COLUMNS.map((name) => csvCell(line[name])).join(",")}\r\n`;

const FORMATS = {
  csv: { head: `${COLUMNS.join(",")}\r\n`, line: csvLine },
  ndjson: { head: "", line: (line) => `${JSON.stringify(line)}\n` },
};

/** Opened before anything is done, so that what can't be written is known then. */
export class Report {
  #format;
  #file;

  /** @param {boolean} goesOn lines are added to those of the invocations before */
  constructor(name, goesOn) {
    this.name = name;
    this.#format = Report.#formatOf(name);
    try {
      this.#file = openSync(name, goesOn ? "a" : "wx", 0o600);
    } catch (error) {
      if (error.code === "EEXIST") {
        throw new UsageError(`--report: ${name} is there already: write another name`);
      }
      throw new UsageError(`--report: ${name} can't be written (${error.code})`);
    }
    if (fstatSync(this.#file).size === 0) writeFileSync(this.#file, this.#format.head);
  }

  /** Refuses a name that says no format. */
  static check(name) {
    Report.#formatOf(name);
  }

  static #formatOf(name) {
    const format = FORMATS[/\.(csv|ndjson)$/i.exec(name)?.[1].toLowerCase()];
    if (!format) throw new UsageError("--report: write a name that ends in .csv or .ndjson");
    return format;
  }

  write(lines) {
    const most = 1000;
    for (let i = 0; i < lines.length; i += most) {
      writeFileSync(
        this.#file,
        lines
          .slice(i, i + most)
          .map(this.#format.line)
          .join(""),
      );
    }
  }

  close() {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}
