// What is written, and where: results to standard output, all else to standard error. The token is in
// neither, whoever said it.

const CONTROL = /\p{Cc}/gu;
const CLEAR_LINE = "\r\u001b[2K";

/** Text of the service, without what would steer a terminal. */
export const plain = (value) =>
  String(value ?? "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(CONTROL, "");

const painter = (on) => {
  const style = (from, to) => (text) => (on ? `\u001b[${from}m${text}\u001b[${to}m` : text);
  return { bold: style(1, 22), red: style(31, 39), green: style(32, 39), dim: style(2, 22) };
};

/** The tokens of the environment; what is shorter than this is no token, and a word of many texts. */
const secretsOf = (env) =>
  Object.entries(env)
    .filter(([name, value]) => name.endsWith("QSTASH_TOKEN") && value?.length >= 6)
    .map(([, value]) => value);

export class Output {
  #out;
  #err;
  #secrets;
  #status = false;

  /** @param {{ out: NodeJS.WriteStream, err: NodeJS.WriteStream, env: object, color: boolean, json: boolean }} to */
  constructor({ out, err, env, color, json }) {
    this.#out = out;
    this.#err = err;
    this.#secrets = secretsOf(env);
    this.json = json;
    this.closed = false;
    const colored = (stream) => color && !env.NO_COLOR && stream.isTTY === true;
    this.paint = painter(colored(out));
    this.paintError = painter(colored(err));
    this.terminal = err.isTTY === true && env.TERM !== "dumb";
  }

  /** Whoever read the results has gone, as `head` does: nothing more is written. */
  close() {
    this.closed = true;
  }

  /** A line of results; resolves when the next may come. */
  result(line) {
    if (this.closed) return Promise.resolve();
    this.clear();
    if (this.#out.write(`${this.#redacted(line)}\n`)) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        for (const name of ["drain", "close", "error"]) this.#out.off(name, go);
        resolve();
      };
      for (const name of ["drain", "close", "error"]) this.#out.on(name, go);
    });
  }

  /** A line of NDJSON, where that was asked for. */
  event(type, data) {
    return this.json ? this.result(JSON.stringify({ type, ...data })) : Promise.resolve();
  }

  /** A line for people. */
  note(line) {
    this.clear();
    this.#err.write(`${this.#redacted(line)}\n`);
  }

  /** The line at the bottom of a terminal, which changes. */
  status(line) {
    const width = (this.#err.columns || 80) - 1;
    this.#err.write(CLEAR_LINE + this.#redacted(line).slice(0, width));
    this.#status = true;
  }

  clear() {
    if (this.#status) this.#err.write(CLEAR_LINE);
    this.#status = false;
  }

  #redacted(text) {
    return this.#secrets.reduce((left, secret) => left.replaceAll(secret, "***"), text);
  }
}
