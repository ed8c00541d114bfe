// Reads the caller's values once: every getter runs at most once, and one that throws becomes a validation issue
// instead of an exception.

/** The property of any value; `undefined` if it can't be read or is `null`. */
export const property = (object, key) => {
  try {
    return object?.[key] ?? undefined;
  } catch {
    return undefined;
  }
};

/** Like `property`, without inherited properties, since a prototype may be polluted. */
export const ownProperty = (object, key) => {
  try {
    return Object.hasOwn(object, key) ? property(object, key) : undefined;
  } catch {
    return undefined;
  }
};

/** Whether the value can be used as an `AbortSignal`; it may be from another realm or a polyfill. */
const isSignal = (value) =>
  typeof property(value, "aborted") === "boolean" &&
  typeof property(value, "addEventListener") === "function";

// Kinds of values by number; src/js/input.rs has the same list.
const [DATE, LIST, MAP, FUNCTION, UNREADABLE, SIGNAL, OBJECT] = [5, 6, 7, 8, 11, 12, 13];
const TYPES = ["undefined", null, "boolean", "number", "string"];
TYPES[FUNCTION] = "function";
TYPES[9] = "symbol";
TYPES[10] = "bigint";
/** Maximum depth: no parameter is deeper, but a cycle is. */
const DEPTH_MAX = 8;
/** Maximum number of values, enough for millions of ids: a sparse array may have any length. */
const VALUES_MAX = 4_000_000;

const isPlain = (value) => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** Values as a flat array of kinds and contents, which is fast to transfer to the wasm. */
class Snapshot {
  tape = [];
  /** Signals by the position of their argument. */
  signals = [];
  #left = VALUES_MAX;

  constructor(values) {
    this.tape.push(LIST, values.length);
    values.forEach((value, place) => {
      this.#addReadable(value, 0, place);
    });
  }

  /** `place`: the position of the argument that is this value, or whose `signal` it is. */
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
        // A Map, a Promise, a URL: their content is not in own properties.
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

/** Headers in a form that `fetch` accepts: pairs of a `Headers` or another iterable, else unchanged. */
const pairsOf = (headers) =>
  typeof headers === "object" && typeof headers?.[Symbol.iterator] === "function"
    ? [...headers]
    : headers;

export const snapshotOf = (values) => new Snapshot(values);

/** A copy of plain data, independent of the caller's object. */
export const copyOf = (value) => {
  try {
    return structuredClone(value);
  } catch {
    // Not plain data, for example a proxy.
    return value;
  }
};
