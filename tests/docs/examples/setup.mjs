// What the tests of the recipes share: a seeded emulator, Workers bundled as wrangler does it, and
// the audit that each of them ends with.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { required } from "../../../scripts/lib/required.mjs";
import { path } from "../../../scripts/lib/run.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { eventually } from "../../support/eventually.mjs";

const { Miniflare } = required("miniflare");

/** An emulator with `entries` in its queue, which is closed after the test `t`. */
export async function seeded(t, entries, { config, ...seed } = {}) {
  const emulator = await startEmulator({ config });
  t.after(() => emulator.close());
  await emulator.seed({ count: entries, ...seed });
  const credentials = { QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  return { emulator, credentials };
}

/** What wrangler reads of a recipe, for Miniflare. */
function wranglerOptions(folder) {
  const text = readFileSync(path("examples", folder, "wrangler.jsonc"), "utf8");
  const config = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
  const { bindings = [] } = config.durable_objects ?? {};
  const { producers = [], consumers = [] } = config.queues ?? {};
  const sqlite = config.migrations?.flatMap((one) => one.new_sqlite_classes) ?? [];
  const object = ({ name, class_name: className }) => [
    name,
    { className, useSQLite: sqlite.includes(className) },
  ];
  const consumer = ({ queue, max_batch_size: maxBatchSize, max_retries: maxRetries }) => [
    queue,
    { maxBatchSize, maxRetries, maxBatchTimeout: 0 },
  ];
  return {
    main: config.main,
    crons: config.triggers?.crons ?? [],
    options: {
      compatibilityDate: config.compatibility_date,
      durableObjects: Object.fromEntries(bindings.map(object)),
      queueProducers: Object.fromEntries(producers.map((one) => [one.binding, one.queue])),
      queueConsumers: Object.fromEntries(consumers.map(consumer)),
    },
  };
}

/**
 * A recipe's Worker in workerd as wrangler would deploy it, the wasm a module of its own.
 *
 * @param {(line: string) => void} [onLine] takes what the recipe logs, which is for its users otherwise
 */
export async function workerOf(t, folder, bindings, onLine) {
  const { main, crons, options } = wranglerOptions(folder);
  const { outputFiles } = await build({
    entryPoints: [path("examples", folder, main)],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker"],
    external: ["*.wasm", "cloudflare:*"],
    logLevel: "error",
  });
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
      { type: "CompiledWasm", path: "core.wasm", contents: readFileSync(path("pkg/core.wasm")) },
    ],
    bindings,
    handleRuntimeStdio: (stdout, stderr) => {
      // console.log writes to the first, console.error to the second.
      for (const input of [stdout, stderr]) {
        createInterface({ input }).on("line", (line) => onLine?.(line));
      }
    },
    ...options,
  });
  t.after(() => miniflare.dispose());
  await miniflare.ready;
  return {
    /** Triggers the first of its crons. */
    cron: async () => {
      const worker = await miniflare.getWorker();
      const { outcome } = await worker.scheduled({ cron: crons[0] });
      assert.equal(outcome, "ok");
    },
    queue: (binding) => miniflare.getQueueProducer(binding),
  };
}

/** Waits until all seeded entries are resumed. */
export async function drained(emulator, entries) {
  await eventually(async () => {
    const { resumed } = await emulator.audit({ summary: true });
    assert.ok(resumed >= entries, `only ${resumed} of ${entries} are resumed`);
  });
}

/** Waits until the logs of the new runs are requested. */
export async function followed(emulator) {
  const isForLogs = ({ path }) => /\/v2\/workflows\/(logs|events)/.test(path);
  await eventually(async () => {
    const { requests } = await emulator.requests({ limit: 20_000 });
    assert.ok(requests.some(isForLogs), "the new runs are not followed");
  });
}

/** Everything that was seeded is resumed, and all of it once. */
export async function assertResumedOnce(emulator, entries) {
  await emulator.idle();
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.takenTwice, []);
  assert.deepEqual(audit.resumedTwice, []);
  assert.equal(audit.resumed, entries);
  assert.equal(audit.deleted + audit.restarted, 0);
  return audit;
}

/**
 * The requests of each invocation of a Worker: between two of them nothing is sent for a while.
 *
 * @param {number} pause milliseconds, less than lie between two invocations
 */
export async function slices(emulator, pause) {
  const { requests } = await emulator.requests({ limit: 20_000 });
  const found = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at } of requests) {
    if (at - last > pause) found.push(0);
    found[found.length - 1]++;
    last = at;
  }
  return found;
}
