// Looking for the token in whatever leaves the package.

import { inspect } from "node:util";

/** Everything that can be read off a value: properties of errors are not enumerable all. */
export function everything(root) {
  // Without layout, which takes longer than all the rest.
  const plainly = { showHidden: true, compact: false };
  const texts = [inspect(root, { ...plainly, depth: Infinity })];
  const seen = new Set();
  const left = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) {
      texts.push(String(value));
      continue;
    }
    if (seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Error) texts.push(inspect(value, plainly));
    for (const key of Reflect.ownKeys(value)) {
      texts.push(String(key));
      left.push(value[key]);
    }
  }
  return texts;
}

/** What a search for the token has to look for: itself, and what URLs and base64 make of it. */
export const forms = (token) => [
  token,
  encodeURIComponent(token),
  new URLSearchParams({ token }).toString().slice("token=".length),
  Buffer.from(token).toString("base64").replace(/=+$/, ""),
  Buffer.from(`Bearer ${token}`).toString("base64").replace(/=+$/, ""),
];
