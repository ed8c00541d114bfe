// What makes a lane fail: whatever is said on a console, a rejection that nobody handles, a timer
// that is left behind.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { env, said } from "../support/lane.mjs";
import { lanes as browsers } from "./lanes/browsers.mjs";
import { lanes as runners } from "./lanes/runners.mjs";
import { lanes as runtimes } from "./lanes/runtimes.mjs";
import { lanes as workers } from "./lanes/workers.mjs";
import { onSpoiled } from "./spoil.mjs";

const SPOILERS = {
  "a line on the console": 'console.log("left in");',
  "a rejection that nobody handles": 'Promise.reject(new Error("left alone"));',
};
const LANES = [
  "Node 20, import",
  "Vitest",
  "Chromium, module script",
  "workerd by miniflare, 2026-07-01",
];

/** Makes each client do `line` as well. */
const spoil = (line) => (place) => {
  const file = join(place, "facade.js");
  const text = readFileSync(file, "utf8");
  const spoiled = text.replace("    constructor(options = {}, env) {", (begin) => begin + line);
  assert.notEqual(spoiled, text);
  writeFileSync(file, spoiled);
};

for (const name of LANES) {
  const lane = [...runtimes, ...runners, ...browsers, ...workers].find((one) => one.name === name);
  describe(name, () => {
    test("passes on what is published", (t) => onSpoiled(t, lane, () => {}));

    for (const [what, line] of Object.entries(SPOILERS)) {
      test(`${what} makes it fail`, (t) =>
        assert.rejects(onSpoiled(t, lane, spoil(line)), /left (in|alone)/));
    }
  });
}

test("Vercel edge-runtime: a line on the console makes it fail", (t) => {
  const lane = runtimes.find(({ name }) => name === "Vercel edge-runtime");
  const line = SPOILERS["a line on the console"];
  return assert.rejects(onSpoiled(t, lane, spoil(line)), /left in/);
});

test("a timer that is left behind makes a program fail", (t) => {
  // As the lanes do it, but for the time that is waited for its end.
  const run = async ({ folder, emulator }) => {
    const options = { cwd: folder, env: env(emulator), timeout: 10_000 };
    return { result: await said(process.execPath, ["esm.mjs"], options) };
  };
  const line = "setInterval(() => {}, 1_000);";
  return assert.rejects(onSpoiled(t, { run }, spoil(line)), /it ends by itself/);
});
