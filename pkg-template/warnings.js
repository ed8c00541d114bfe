// The warnings of a preview: entries that expire soon, and entries that must be restarted instead of resumed. The admin
// app's page counts with it too.

import { failedAt } from "./dates.js";
import { WARNINGS } from "./messages.js";

const DAY_MS = 86_400_000;

/** The SDK's response to a run whose workflow has changed its steps since the run started. */
const INCOMPATIBLE = /incompatible step/i;

/** Counts the affected entries. Entries come from the service: any field may have any type. */
export class Warnings {
  #retention;
  #now;
  #expiring = 0;
  #first = Number.POSITIVE_INFINITY;
  #incompatible = 0;

  /**
   * @param {number} [retention] days that the service keeps entries
   * @param {number} [now] milliseconds since 1970; by default the time of the first entry, since Next.js
   *   refuses `Date.now` before the first request of a page that it prerenders
   */
  constructor(retention, now) {
    this.#retention = retention * DAY_MS;
    this.#now = now;
  }

  add(entry) {
    this.#now ??= Date.now();
    const failed = failedAt(entry);
    // It expires within a day.
    if (failed < this.#now - this.#retention + DAY_MS) {
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
