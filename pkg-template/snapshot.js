// The caller's values, read once: every getter is run at most one time, and one that throws is a fault
// of the input, not an exception out of nowhere.

/** The property of any value; `undefined` where it can't be read, or is `null`. */
export const property = (object, key) => {
  try {
    return object?.[key] ?? undefined;
  } catch {
    return undefined;
  }
};

/** As `property`, but nothing that was inherited: a prototype may have been tampered with. */
export const ownProperty = (object, key) => {
  try {
    return Object.hasOwn(object, key) ? property(object, key) : undefined;
  } catch {
    return undefined;
  }
};

/** Can be used as an `AbortSignal`; one of another realm or of a polyfill can. */
const isSignal = (value) =>
  typeof property(value, "aborted") === "boolean" &&
  typeof property(value, "addEventListener") === "function";

// Kinds of values, by their numbers; src/js/input.rs has the same list.
const [DATE, LIST, MAP, FUNCTION, UNREADABLE, SIGNAL, OBJECT] = [5, 6, 7, 8, 11, 12, 13];
const TYPES = ["undefined", null, "boolean", "number", "string"];
TYPES[FUNCTION] = "function";
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

/** Values as a flat array of their kinds and contents, which is quickly carried across the border. */
class Snapshot {
  tape = [];
  /** Signals, by the place of their argument. */
  signals = [];
  #left = VALUES_MAX;

  constructor(values) {
    this.tape.push(LIST, values.length);
    values.forEach((value, place) => {
      this.#addReadable(value, 0, place);
    });
  }

  /** `place`: the argument whose `signal` this is, or which this is. */
  #add(value, depth, place) {
    const { tape } = this;
    this.#left -= 1;
    if (this.#left < 0) throw new RangeError("too many values");
    const kind = TYPES.indexOf(value === null ? value : typeof value);
    if (kind >= 0) {
      tape.push(kind);
      if (kind > 1 && kind <= FUNCTION) tape.push(value);
    } else if (depth === DEPTH_MAX) {
      tape.push(UNREADABLE);
    } else if (Array.isArray(value)) {
      const { length } = value;
      tape.push(LIST, length);
      for (let index = 0; index < length; index++) this.#add(value[index], depth + 1);
    } else if (value instanceof Date) {
      tape.push(DATE, +value.getTime());
    } else if (isSignal(value)) {
      tape.push(SIGNAL);
      if (place !== undefined && depth === 1) this.signals[place] = value;
    } else {
      const names = Object.keys(value);
      if (names.length === 0 && !isPlain(value)) {
        // A Map, a Promise, a URL: their content is not in properties.
        tape.push(OBJECT);
        return;
      }
      tape.push(MAP, names.length);
      for (const name of names) {
        const entry = name === "headers" ? pairsOf(value[name]) : value[name];
        tape.push(name);
        this.#addReadable(entry, depth + 1, depth === 0 && name === "signal" ? place : undefined);
      }
    }
  }

  #addReadable(value, depth, place) {
    const { length } = this.tape;
    try {
      this.#add(value, depth, place);
    } catch {
      this.tape.length = length;
      this.tape.push(UNREADABLE);
    }
  }
}

/** Headers in the forms that `fetch` takes: a `Headers`, or whatever else gives pairs. */
const pairsOf = (headers) =>
  typeof headers === "object" && typeof headers?.[Symbol.iterator] === "function"
    ? [...headers]
    : headers;

export const snapshotOf = (values) => new Snapshot(values);

/** A copy of plain data, which nothing the caller does can change any more. */
export const copyOf = (value) => {
  try {
    return structuredClone(value);
  } catch {
    // Not plain: a proxy, say.
    return value;
  }
};
