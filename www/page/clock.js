// The service's clock, by the dates of its responses: the browser's own may be wrong by hours.

/** A response's date is in whole seconds and some time old. A clock that differs by less is right. */
const NEAR_MS = 5_000;

let offset = 0;

/**
 * The time by the service's clock.
 *
 * @param {number} [browser] by the browser's clock; both in milliseconds since 1970
 */
export const now = (browser = Date.now()) => browser + offset;

/**
 * Takes the `Date` header of a response that has just arrived.
 *
 * @param {string | null} header
 * @returns {number} that date; the time now where the response has none
 */
export function noteDate(header) {
  const date = Date.parse(header);
  if (Number.isNaN(date)) return now();
  const ahead = date - Date.now();
  offset = Math.abs(ahead) < NEAR_MS ? 0 : ahead;
  return date;
}
