// How often something may happen.

/** Counts events by key, in windows that begin with the first event. Memory is bounded. */
export class Throttle {
  #windows = new Map();
  #most;
  #windowMs;
  #keys;
  #now;
  /** Counts the events of all keys, where they have a limit together. */
  #together;

  /**
   * @param {object} options
   * @param {number} options.most events of a key in a window
   * @param {number} [options.inAll] events of all keys in a window
   * @param {number} options.windowMs
   * @param {number} [options.keys] keys that are kept at most; the oldest are forgotten first
   * @param {() => number} [options.now] a clock, in milliseconds
   */
  constructor({ most, inAll, windowMs, keys = 10_000, now = Date.now }) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#keys = keys;
    this.#now = now;
    if (inAll) this.#together = new Throttle({ most: inAll, windowMs, now });
  }

  /** Milliseconds until `key` may try again; 0 if it may now. */
  wait(key) {
    const { from, count } = this.#windows.get(key) ?? { count: 0 };
    const own = count < this.#most ? 0 : from + this.#windowMs - this.#now();
    return Math.max(0, own, this.#together?.wait("") ?? 0);
  }

  /** Counts an event unless `key` has to wait. Milliseconds until it may try again; 0 if the event was counted. */
  take(key) {
    const wait = this.wait(key);
    if (wait === 0) this.add(key);
    return wait;
  }

  /** Counts an event. */
  add(key) {
    this.#together?.add("");
    const now = this.#now();
    const window = this.#windows.get(key);
    if (window && now < window.from + this.#windowMs) {
      window.count += 1;
      return;
    }
    this.#windows.delete(key);
    if (this.#windows.size >= this.#keys) {
      this.#windows.delete(this.#windows.keys().next().value);
    }
    this.#windows.set(key, { from: now, count: 1 });
  }
}

/** The address that a throttle counts by: all of an IPv6 network of 64 bits is one caller. */
export function network(address) {
  if (!address.includes(":")) return address;
  const [head, tail = ""] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = address.includes("::") ? Math.max(0, 8 - head.length - tail.length) : 0;
  return [...head, ...Array(zeros).fill("0"), ...tail].slice(0, 4).join(":");
}
