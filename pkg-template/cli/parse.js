// Command line → arguments of the API. All issues are reported at once.

import { parseArgs } from "node:util";
import { UsageError } from "./exit.js";
import { COMMANDS, FLAGS, flagNamed } from "./flags.js";
import { nearest } from "./suggest.js";

const SECRET = /^(qstash-?)?token$|^(api-?)?key$|^password$/i;
const SECRET_REFUSED =
  "a token is refused on the command line, where ps and the shell's history show it: set QSTASH_TOKEN in the environment (read -rs QSTASH_TOKEN && export QSTASH_TOKEN)";

const takesValue = ({ kind }) => kind !== "on" && kind !== "off";

const OPTIONS = Object.fromEntries(
  FLAGS.map((flag) => [
    flag.name,
    {
      type: takesValue(flag) ? "string" : "boolean",
      multiple: true,
      ...(flag.short && { short: flag.short }),
    },
  ]),
);

/**
 * @typedef {object} Invocation
 * @property {string} [command]
 * @property {string[]} ids as typed; `-` stands for standard input
 * @property {Record<string, string | boolean | (string | boolean)[]>} typed flags by name, as typed
 * @property {{ selection: object, overrides: object, drive: object, options: object }} call
 */

/**
 * @param {string[]} args
 * @param {number} now milliseconds since 1970: dates may be relative to it
 * @returns {Invocation}
 */
export const parse = (args, now = Date.now()) => {
  const { tokens, positionals } = parseArgs({
    args,
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const typed = {};
  const wrong = [];
  for (const token of tokens) if (token.kind === "option") take(token, typed, wrong);
  // `help` and `help resume` are what many programs take.
  if (positionals[0] === "help") {
    positionals.shift();
    typed.help = true;
  }
  const [command, ...ids] = positionals;
  const asksForText = typed.help || typed.version;
  if (wrong.length === 0 && !asksForText) checkCommand(command, typed, wrong);
  const call = asksForText ? undefined : callOf(typed, wrong, now);
  if (wrong.length > 0) throw new UsageError(...wrong);
  return {
    command: Object.hasOwn(COMMANDS, command ?? "") ? command : undefined,
    ids,
    typed,
    call,
  };
};

/** Stores one flag. The value of an unknown flag is not printed, since it may be a secret. */
const take = ({ name, rawName, value, inlineValue }, typed, wrong) => {
  const flag = flagNamed(name);
  if (!flag) {
    if (SECRET.test(name)) wrong.push(`${rawName}: ${SECRET_REFUSED}`);
    else wrong.push(`${rawName}: there is no such flag${meant(name)}`);
    return;
  }
  if (!takesValue(flag)) {
    if (inlineValue) wrong.push(`--${name} takes no value: write only --${name}`);
    typed[name] = true;
    return;
  }
  if (value === undefined) {
    wrong.push(`--${name} needs a value: --${name} <${flag.value}>`);
  } else if (!inlineValue && value.length > 1 && value.startsWith("-")) {
    wrong.push(
      `--${name} is followed by a flag: if that is its value, write --${name}=<${flag.value}>`,
    );
  } else if (flag.many) {
    typed[name] = [...(typed[name] ?? []), value];
  } else if (typed[name] !== undefined) {
    wrong.push(`--${name} is given twice: write it once`);
  } else {
    typed[name] = value;
  }
};

const meant = (name) => {
  const names = FLAGS.map((flag) => flag.name);
  const near = nearest(name, names);
  return near ? `; did you mean --${near}?` : "; see --help";
};

const checkCommand = (command, typed, wrong) => {
  if (command === undefined) {
    wrong.push(`write a command: ${Object.keys(COMMANDS).join(", ")}; see --help`);
    return;
  }
  if (!Object.hasOwn(COMMANDS, command)) {
    const near = nearest(command, Object.keys(COMMANDS));
    wrong.push(
      `there is no such command${near ? `; did you mean ${near}?` : `: write ${Object.keys(COMMANDS).join(", ")}; see --help`}`,
    );
    return;
  }
  for (const name of Object.keys(typed)) {
    const { commands, requires } = flagNamed(name);
    if (!commands.includes(command))
      wrong.push(`--${name} is for ${commands.join(", ")}: leave it out`);
    if (requires && typed[requires] === undefined) wrong.push(`--${name} needs --${requires}`);
  }
};

const callOf = (typed, wrong, now) => {
  const call = { selection: {}, overrides: {}, drive: {}, options: {} };
  for (const flag of FLAGS.filter(({ path }) => path !== undefined)) {
    const given = typed[flag.name];
    const read = (text) => READERS[flag.kind](text, now);
    try {
      if (given !== undefined) put(call, flag, flag.many ? given.map(read) : read(given));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      wrong.push(`--${flag.name}: ${error.message}`);
    }
  }
  return call;
};

const put = (call, { path, kind }, value) => {
  const keys = path.split(".");
  const last = keys.pop();
  let place = call;
  for (const key of keys) {
    place[key] ??= {};
    place = place[key];
  }
  place[last] = kind === "pair" ? grouped(value) : value;
};

/** Values by name; a name that is repeated has a list. */
const grouped = (pairs) => {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(
    [...values].map(([name, list]) => [name, list.length > 1 ? list : list[0]]),
  );
};

const NUMERAL = /^-?\d+(\.\d+)?$/;
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPAN = /^(?:\d+(?:ms|s|m|h|d))+$/;

const milliseconds = (text) =>
  [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0);

const SIZE = /^(\d+)(?:([kmg])(i?))?b?$/i;
const POWERS = { k: 1, m: 2, g: 3 };

/** Bytes: a number, or one with a decimal (MB) or binary (MiB) unit in any case. */
const bytes = (text) => {
  const [, number, prefix, binary] = SIZE.exec(text) ?? [];
  // "64M" is decimal for some programs and binary for others.
  if (number === undefined || (prefix && !/b$/i.test(text))) {
    throw new UsageError(
      `must be a size, such as 64MiB, 100MB or 1048576 (bytes), not ${JSON.stringify(text)}`,
    );
  }
  return Number(number) * (binary ? 1024 : 1000) ** (POWERS[prefix?.toLowerCase()] ?? 0);
};

/** The two parts of `name=value`. */
const pairOf = (text) => {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError("must be name=value");
  return [text.slice(0, at), text.slice(at + 1)];
};

/** Parsers for the kinds of values. The API validates ranges and formats. */
const READERS = {
  on: () => true,
  off: () => false,
  text: (text) => text,
  number: (text) => {
    if (!NUMERAL.test(text)) throw new UsageError(`must be a number, not ${JSON.stringify(text)}`);
    return Number(text);
  },
  size: bytes,
  status: (text) => (NUMERAL.test(text) ? Number(text) : text),
  duration: (text) => (NUMERAL.test(text) ? Number(text) : text),
  span: (text) => {
    if (!SPAN.test(text)) {
      throw new UsageError(
        `must be a duration with units, such as 500ms, 30s, 10m or 1h30m, not ${JSON.stringify(text)}`,
      );
    }
    return milliseconds(text);
  },
  date: (text, now) => {
    if (SPAN.test(text)) return now - milliseconds(text);
    return NUMERAL.test(text) ? Number(text) : text;
  },
  pair: pairOf,
};
