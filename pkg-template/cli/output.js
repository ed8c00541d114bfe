// What is written, and where: results to standard output, everything else to standard error. All of it
// leaves through here, without unsafe characters and without the token.

import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { redactor } from "./redact.js";
import { render, visible } from "./text.js";
import { safeJson } from "./unsafe.js";

/** Tokens of the environment. */
const secretsOf = (env) =>
  Object.entries(env)
    .filter(([name]) => name.endsWith("QSTASH_TOKEN"))
    .map(([, value]) => value);

export class Output {
  #out;
  #err;
  #coloredOut;
  #coloredErr;
  #status;

  /** @param {{ out: NodeJS.WriteStream, err: NodeJS.WriteStream, env: object, color: boolean, json: boolean }} to */
  constructor({ out, err, env, color, json }) {
    this.#out = out;
    this.#err = err;
    /** A text without the tokens of the environment. */
    this.redacted = redactor(secretsOf(env));
    const colored = (stream) => color && stream.isTTY === true && stream.hasColors(env);
    this.#coloredOut = colored(out);
    this.#coloredErr = colored(err);
    this.json = json;
    this.closed = false;
    this.terminal = err.isTTY === true && env.TERM !== "dumb";
    // A terminal that became narrower has wrapped the line: draw it again at the new width.
    if (this.terminal) err.on("resize", () => this.#status && this.status(this.#status.draw));
  }

  /** The reader of standard output has gone, as `head` does: nothing more is written to it. */
  close() {
    this.closed = true;
  }

  /**
   * A line of results; resolves when the next may follow.
   *
   * @param {import("./text.js").Line} line
   */
  result(line) {
    return this.#write(this.redacted(render(line, this.#coloredOut)));
  }

  /** A line of results, its fields separated by tabs. */
  row(fields) {
    return this.#write(this.redacted(fields.map(visible).join("\t")));
  }

  /** A line of NDJSON, with `--json` alone. The event's own `type` comes first, and wins over one of the data. */
  event(type, data) {
    if (!this.json) return Promise.resolve();
    return this.#write(safeJson(Object.assign({ type }, data, { type }), this.redacted));
  }

  /** A line for people. */
  note(line) {
    this.clear();
    this.#err.write(`${this.redacted(render(line, this.#coloredErr))}\n`);
  }

  /**
   * The last line of a terminal, replaced by each call.
   *
   * @param {(width: number) => string} draw the line for at most so many columns
   */
  status(draw) {
    this.clear();
    const width = (this.#err.columns || 80) - 1;
    const text = this.redacted(visible(draw(width))).slice(0, width);
    this.#err.write(text);
    this.#status = { draw, length: text.length };
  }

  clear() {
    if (!this.#status) return;
    const rows = Math.ceil(this.#status.length / (this.#err.columns || 80));
    this.#status = undefined;
    cursorTo(this.#err, 0);
    if (rows > 1) moveCursor(this.#err, 0, 1 - rows);
    clearScreenDown(this.#err);
  }

  /** @param {string} text which is redacted already */
  #write(text) {
    if (this.closed) return Promise.resolve();
    this.clear();
    if (this.#out.write(`${text}\n`)) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        for (const name of ["drain", "close", "error"]) this.#out.off(name, go);
        resolve();
      };
      for (const name of ["drain", "close", "error"]) this.#out.on(name, go);
    });
  }
}
