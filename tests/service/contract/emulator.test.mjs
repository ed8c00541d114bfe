// The emulator against the description: schemathesis asks it whatever the description allows, and much that it does
// not, and looks at each answer.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { describe, test } from "node:test";
import { path, run } from "../../../scripts/lib/run.mjs";
import { ensurePython } from "../../../scripts/setup.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { check, FILE } from "./description.mjs";

const SEED = process.env.SEED ?? "1";
const EXAMPLES = Number(process.env.EXAMPLES ?? 30);
const file = (name) => path("tests/service/contract", name);

// Nothing leaves for good: what was taken may be taken again.
const LASTING = { pageCap: 3, lateRemovalMs: 3_600_000, lateRemovalTakable: true };
// What is not known has to be as the description says either way, and a refusal for being too many as well.
const CONFIGS = {
  "as it comes": {},
  "other answers": {
    endCursor: "null",
    cursorKind: "filter",
    order: "newest",
    notFound: "rest",
    dateCompares: "run",
    runIdMatch: "prefix",
    singleDeleteBody: "json",
    stateField: "top",
    shuffle: true,
    entryFields: "described",
    malformedId: "everywhere",
    absentRetries: "default",
    logsOrder: "oldest",
    burst: { limit: 1_000_000 },
    daily: { limit: 10 * EXAMPLES },
    retryAfter: "date",
  },
};

/** One entry of each kind; schemathesis.toml names them. */
const ENTRIES = [
  { failureFunctionState: "CALLBACK_FAIL" },
  { failureFunctionState: "CALLBACK_INPROGRESS", labels: ["a"], redacted: true },
  { failureFunctionState: "CALLBACK_INPROGRESS", labels: ["a", "b"] },
  { failureFunctionState: "CALLBACK_SUCCESS", flowControlKey: "key" },
  { flowControlKey: "key", flowControlValue: "period=1m", body: '\u0000\u2028\\"' },
  { responseHeader: { "Retry-After": ["1", "2"] }, responseStatus: 489 },
].map((entry, i) => ({
  dlqId: `170000000000${i}-0`,
  failureCallback: "https://example.com/failed",
  // Often enough for one to be cancelled, however few of them are tried.
  failureFunctionState: "CALLBACK_INPROGRESS",
  runs: { failAgain: 1 },
  ...entry,
}));

/** Runs in every state. */
const RUNS = [
  { steps: ["one", ["two", "three"]], state: "RUN_SUCCESS", response: { ok: true }, labels: ["a"] },
  { steps: ["one"], errors: [{}, { status: 0, body: "unreachable" }], flowControlKey: "key" },
  { errors: [{ step: "one" }], state: "RUN_FAILED" },
  { state: "RUN_CANCELED" },
];

/** How often each operation answered with each status: `{ get: { 200: 7, 404: 2 } }` */
async function statuses(emulator) {
  const { requests } = await emulator.requests({ limit: 20_000 });
  const seen = {};
  for (const { method, path: target, headers, status } of requests) {
    const { operation } = check({ method, target, headers });
    if (!operation) continue;
    seen[operation] ??= {};
    seen[operation][status] = (seen[operation][status] ?? 0) + 1;
  }
  return seen;
}

describe("schemathesis", async () => {
  const python = await ensurePython("schemathesis", file("requirements.txt"));
  // For the notes that it makes.
  const cwd = path("target/schemathesis");
  mkdirSync(cwd, { recursive: true });

  for (const [name, config] of Object.entries(CONFIGS)) {
    test(name, async (t) => {
      const emulator = await startEmulator({ config: { ...LASTING, ...config } });
      t.after(() => emulator.close());
      await emulator.seed({ entries: ENTRIES });
      await emulator.seedRuns(RUNS);
      const args = ["--config-file", file("schemathesis.toml"), "run", FILE];
      args.push("--url", emulator.url, "--seed", SEED);
      // The corners of the parameters are the same in both.
      if (config.daily) args.push("--phases", "fuzzing");
      args.push("--max-examples", String(EXAMPLES), "--no-color", "--warnings", "off");
      const env = { DLQ_TOKEN: emulator.token, SCHEMATHESIS_HOOKS: file("hooks.py") };
      const { code, output } = await run(python("schemathesis"), args, { cwd, env });
      assert.equal(code, 0, output);
      const seen = await statuses(emulator);
      console.log(seen);
      assert.equal(Object.keys(seen).length, 13, "every operation was asked");
      const sum = (status) =>
        Object.values(seen).reduce((all, answers) => all + (answers[status] ?? 0), 0);
      assert.ok(sum(401) > 0, "some were asked without the token");
      if (config.daily) {
        assert.ok(sum(429) > 0, "some were too many");
        return;
      }
      for (const [operation, answers] of Object.entries(seen)) {
        const good = operation === "cancelFailureFunction" ? 302 : 200;
        // In a path, an id that can't be one gets 400, and one that is not there 404.
        const refused = (answers[400] ?? 0) + (answers[404] ?? 0);
        assert.ok(answers[good] > 0 && refused > 0, `${operation} went well and did not`);
      }
    });
  }
});
