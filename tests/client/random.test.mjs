// A few hundred random scenarios over the wire, in Node and in workerd, and processes that are
// killed in the midst of a drive: the books balance in every one of them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Client } from "upstash-workflow-dlq";
import { path } from "../../scripts/lib/run.mjs";
import {
  arrange,
  assertScenario,
  driveToEnd,
  RETRY,
  random,
  scenario,
} from "../support/scenario.mjs";
import { startEmulator } from "./setup.mjs";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 240);
const LANES = 4;

/** Runs seeds in lanes of an emulator each; the error names the seed. */
async function rounds(t, count, run) {
  let next = SEED;
  const lane = async () => {
    const emulator = await startEmulator();
    t.after(() => emulator.close());
    while (next < SEED + count) {
      const seed = next++;
      try {
        await run(emulator, seed);
      } catch (error) {
        const rerun = `SEED=${seed} ROUNDS=1: ${JSON.stringify(scenario(seed))}`;
        throw new Error(rerun, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, count) }, lane));
}

describe("random scenarios", () => {
  test(`${ROUNDS} in Node`, async (t) => {
    let slices = 0;
    await rounds(t, ROUNDS, async (emulator, seed) => {
      const given = scenario(seed);
      const selection = await arrange(emulator, given);
      const { url: baseUrl, token } = emulator;
      const client = new Client({ baseUrl, token, retry: RETRY }, {});
      const driven = await driveToEnd(client, selection, given);
      slices += driven.slices;
      await assertScenario(emulator, given, driven.summary);
    });
    assert.ok(ROUNDS < 100 || slices > ROUNDS, "some went on from a checkpoint");
  });

  test(`${Math.ceil(ROUNDS / 3)} in workerd`, async (t) => {
    const { Miniflare } = await import("miniflare");
    const { outputFiles } = await build({
      entryPoints: [path("tests/client/lanes/worker.mjs")],
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd", "worker"],
      external: ["*.wasm", "node:*"],
      logLevel: "error",
    });
    const worker = new Miniflare({
      modules: [
        { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
        { type: "CompiledWasm", path: "core.wasm", contents: readFileSync(path("pkg/core.wasm")) },
      ],
      compatibilityDate: "2026-07-01",
      compatibilityFlags: ["nodejs_compat"],
    });
    t.after(() => worker.dispose());
    await rounds(t, Math.ceil(ROUNDS / 3), async (emulator, seed) => {
      const given = scenario(seed);
      const selection = await arrange(emulator, given);
      const { url: baseUrl, token } = emulator;
      const response = await worker.dispatchFetch("http://worker.example/", {
        method: "POST",
        body: JSON.stringify({ baseUrl, token, selection, given }),
      });
      const answer = await response.json();
      assert.equal(answer.error, undefined, answer.error);
      await assertScenario(emulator, given, answer.summary);
    });
  });
});

describe("killed in the midst", () => {
  const LANE = fileURLToPath(new URL("lanes/killed.mjs", import.meta.url));
  const cases = [
    ["pages", { all: true }, 1],
    ["pages", { all: true }, 4],
    ["batches", { all: true }, 4],
    ["batches", "ids", 3],
    ["each", "ids", 3],
  ];
  for (const [strategy, selection, concurrency] of cases) {
    const what = selection === "ids" ? "ids" : "all";
    test(`${what} by ${strategy} × ${concurrency}: kill -9 again and again, and go on from the last checkpoint`, async (t) => {
      const emulator = await startEmulator({ config: { latencyMs: 4, jitterMs: 4 } });
      const folder = mkdtempSync(join(tmpdir(), "dlq-"));
      t.after(async () => {
        await emulator.close();
        rmSync(folder, { recursive: true, force: true });
      });
      const { dlqIds } = await emulator.seed({ count: 300, ids: true });
      const r = random(SEED);
      const file = join(folder, "checkpoint");
      const { url: baseUrl, token } = emulator;
      const given = {
        baseUrl,
        token,
        file,
        selection: selection === "ids" ? dlqIds : selection,
        drive: { strategy, pageSize: 10, concurrency },
      };
      let kills = 0;
      let summary;
      while (!summary) {
        const child = spawn(process.execPath, [LANE], { stdio: ["pipe", "pipe", "inherit"] });
        child.stdin.end(JSON.stringify(given));
        let output = "";
        child.stdout.on("data", (text) => {
          output += text;
        });
        // After so many checkpoints, at a moment that nobody chose.
        const begun = existsSync(file) ? readFileSync(file, "utf8") : "";
        const timer = setInterval(() => {
          const moved = existsSync(file) && readFileSync(file, "utf8") !== begun;
          if (!moved || kills >= 6 || r.chance(0.5)) return;
          kills += 1;
          child.kill("SIGKILL");
        }, 5);
        await new Promise((resolve) => child.once("close", resolve));
        clearInterval(timer);
        if (output) summary = JSON.parse(output);
      }
      assert.ok(kills >= 3, `${kills} kills`);
      assert.equal(summary.reason, "complete");
      const audit = await emulator.audit({ summary: true });
      assert.deepEqual(audit.takenTwice, []);
      assert.equal(audit.resumed, 300);
      assert.ok(summary.resumed <= 300 && summary.resumed + summary.unconfirmed >= 300);
      if (strategy !== "pages") assert.equal(summary.resumed + summary.unconfirmed, 300);
    });
  }
});
