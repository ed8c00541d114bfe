// What a preview warns of: entries that expire soon, and entries that a resume can't help.

import { failedAt } from "./dates.js";
import { WARNINGS } from "./messages.js";

const DAY_MS = 86_400_000;

/** The SDK's answer to a run whose workflow has other steps than when it began. */
const INCOMPATIBLE = /incompatible step/i;

/** Counts the entries that a warning is about. Entries are the service's: any field may be of any type. */
export class Warnings {
  #retention;
  /** Milliseconds since 1970. Entries that failed earlier expire within a day. */
  #bound;
  #expiring = 0;
  #first = Number.POSITIVE_INFINITY;
  #incompatible = 0;

  /**
   * @param {number} [retention] days that the service keeps entries
   * @param {number} [now] milliseconds since 1970
   */
  constructor(retention, now = Date.now()) {
    this.#retention = retention * DAY_MS;
    this.#bound = now - this.#retention + DAY_MS;
  }

  add(entry) {
    const failed = failedAt(entry);
    if (failed < this.#bound) {
      this.#expiring += 1;
      this.#first = Math.min(this.#first, failed);
    }
    const { responseBody } = entry;
    if (typeof responseBody === "string" && INCOMPATIBLE.test(responseBody)) {
      this.#incompatible += 1;
    }
  }

  list() {
    const found = [
      {
        code: "expires_soon",
        count: this.#expiring,
        firstExpiresAt: this.#first + this.#retention,
      },
      { code: "incompatible_step", count: this.#incompatible },
    ];
    return found
      .filter(({ count }) => count > 0)
      .map((warning) => ({ ...warning, message: WARNINGS[warning.code](warning) }));
  }
}
