// The caller's values, read once: every getter is run at most one time, and one that throws is a fault
// of the input, not an exception out of nowhere.

/** The property of whatever it is; `undefined` where it can't be read, or is `null`. */
export const property = (object, key) => {
  try {
    return object?.[key] ?? undefined;
  } catch {
    return undefined;
  }
};

/** The function under `key`. */
export const functionOf = (object, key) => {
  const found = property(object, key);
  return typeof found === "function" ? found : undefined;
};

/** Can be used as an `AbortSignal`; one of another realm or of a polyfill can. */
const isSignal = (value) =>
  typeof property(value, "aborted") === "boolean" &&
  functionOf(value, "addEventListener") !== undefined;

/** The caller's signal among arguments. */
export const signalOf = (args) =>
  args
    .map((value) => property(value, "signal"))
    .find((signal) => functionOf(signal, "addEventListener"));

/** A copy of plain data, which nothing the caller does can change any more. */
export const copyOf = (value) => {
  try {
    return structuredClone(value);
  } catch {
    // Not plain: a proxy, say.
    return value;
  }
};

// Kinds of values, by their numbers; src/js/tape.rs has the same list.
const [DATE, LIST, MAP, UNREADABLE, SIGNAL, OBJECT] = [5, 6, 7, 11, 12, 13];
const TYPES = ["undefined", null, "boolean", "number", "string"];
TYPES[8] = "function";
TYPES[9] = "symbol";
TYPES[10] = "bigint";
/** No parameter lies deeper; a cycle does. */
const DEPTH_MAX = 8;
/** Values in all: a few million ids. An array may be of any length, and cost nothing. */
const VALUES_MAX = 4_000_000;

const isPlain = (value) => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const put = (tape, value, depth) => {
  tape.left -= 1;
  if (tape.left < 0) throw new RangeError("too many values");
  const kind = TYPES.indexOf(value === null ? value : typeof value);
  if (kind >= 0) {
    tape.push(kind);
    if (kind > 1 && kind < 5) tape.push(value);
  } else if (depth === DEPTH_MAX) {
    tape.push(UNREADABLE);
  } else if (Array.isArray(value)) {
    const { length } = value;
    tape.push(LIST, length);
    for (let index = 0; index < length; index++) put(tape, value[index], depth + 1);
  } else if (value instanceof Date) {
    tape.push(DATE, +value.getTime());
  } else if (isSignal(value)) {
    tape.push(SIGNAL);
  } else {
    const names = Object.keys(value);
    if (names.length === 0 && !isPlain(value)) {
      // A Map, a Promise, a URL: their content is not in properties.
      tape.push(OBJECT);
      return;
    }
    tape.push(MAP, names.length);
    for (const name of names) {
      const entry = value[name];
      tape.push(name);
      putReadable(tape, entry, depth + 1);
    }
  }
};

const putReadable = (tape, value, depth) => {
  const { length } = tape;
  try {
    put(tape, value, depth);
  } catch {
    tape.length = length;
    tape.push(UNREADABLE);
  }
};

/** A list of values as a flat array of their kinds and contents, which is quickly carried across. */
export const tapeOf = (values) => {
  const tape = Object.assign([LIST, values.length], { left: VALUES_MAX });
  for (const value of values) putReadable(tape, value, 0);
  return tape;
};
