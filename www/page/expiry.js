// When the oldest entry leaves the DLQ by itself.

import { span } from "./text.js";

const DAY_MS = 86_400_000;

/**
 * @param {number} first when the oldest entry failed, in milliseconds since 1970
 * @param {number | undefined} days how long the service keeps entries; nothing where nobody has said so
 * @returns {{ text: string, soon: boolean } | undefined} `soon`: within a day
 */
export function expiryOf(first, days, now) {
  if (days === undefined || !Number.isFinite(first)) return undefined;
  const left = first + days * DAY_MS - now;
  const text =
    left > 0 ? `The oldest expires in ${span(left)}.` : "The oldest may be gone at any moment.";
  return { text, soon: left < DAY_MS };
}
