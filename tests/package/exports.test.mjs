// Each entry of `exports` is there for a lane: without it that lane does not pass.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lanes as bundlers } from "./lanes/bundlers.mjs";
import { lanes as runtimes } from "./lanes/runtimes.mjs";
import { lanes as workers } from "./lanes/workers.mjs";
import { onSpoiled } from "./spoil.mjs";

const NEEDED_BY = {
  '".", workerd': "workerd by miniflare, 2026-07-01",
  '".", edge-light': "Vercel edge-runtime",
  '".", require': "Node 20, require",
  '".", node': "Node 20, import",
  '".", default': "Rollup",
  '"./slim", require': "Node 20, slim by require",
  '"./slim", default': "Node 20, slim by import",
  '"./read", require': "Node 20, read by require",
  '"./read", default': "Node 20, read by import",
  '"./core.wasm"': "Node 20, slim by import",
  '"./core-read.wasm"': "Node 20, read by import",
  '"./package.json"': "Node 20, slim by require",
};

/** The names of all entries, conditions of their own included. */
const entriesOf = (exported) =>
  Object.entries(exported).flatMap(([name, target]) =>
    typeof target === "string"
      ? [JSON.stringify(name)]
      : Object.keys(target).map((condition) => `${JSON.stringify(name)}, ${condition}`),
  );

const described = JSON.parse(readFileSync(new URL("../../pkg/package.json", import.meta.url)));

test("every entry is needed by a lane", () => {
  assert.deepEqual(entriesOf(described.exports), Object.keys(NEEDED_BY));
});

for (const [entry, name] of Object.entries(NEEDED_BY)) {
  test(`without ${entry}, "${name}" does not pass`, async (t) => {
    const lane = [...bundlers, ...runtimes, ...workers].find((one) => one.name === name);
    const [, path, condition] = /^"(.*)"(?:, (.*))?$/.exec(entry);
    const exports = structuredClone(described.exports);
    if (condition) delete exports[path][condition];
    else delete exports[path];
    const spoil = (place) =>
      writeFileSync(join(place, "package.json"), JSON.stringify({ ...described, exports }));
    await assert.rejects(onSpoiled(t, lane, spoil));
  });
}
