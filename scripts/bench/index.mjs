// Measures beside the SDK and beside a bare loop, in one run: `npm run bench`.
//
//   npm run bench -- startup drive cpu memory limit   some of them
//   npm run bench -- --json                           figures alone
//
// Ratios are what can be compared between machines; the rest is of this one.

import { parseArgs } from "node:util";
import { build } from "../build.mjs";
import { isCommand, main, must, Stop, step } from "../lib/run.mjs";
import { compare, PAGE } from "./measure.mjs";
import { startup } from "./startup.mjs";

const OURS = ["pages", "pages 8", "batches 8"];
const ALL = [...OURS, "sdk", "bare"];

const times = (a, b) => `${(a / b).toFixed(2)} ×`;
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const mb = (kb) => `${(kb / 1024).toFixed(0)} MB`;

function table(title, rows) {
  console.log(`\n${title}`);
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows) console.log(row.map((cell, at) => cell.padEnd(widths[at])).join("  "));
}

const BENCHES = {
  async startup() {
    const result = await startup();
    const row = ([name, { ours, sdk }]) => [name, ms(ours), ms(sdk), times(ours, sdk)];
    const show = () =>
      table("import and first client", [
        ["", "ours", "the SDK", "ours / the SDK"],
        ...Object.entries(result).map(row),
      ]);
    return { result, show };
  },

  async drive() {
    const result = [];
    for (const [entries, latencyMs, rounds] of [
      [100, 0, 5],
      [100, 25, 5],
      [10_000, 0, 5],
      [10_000, 25, 3],
      [100_000, 0, 3],
      [100_000, 25, 1],
    ]) {
      const config = { latencyMs };
      const medians = await compare({ subjects: ALL, entries, rounds, config });
      result.push({ entries, latencyMs, rounds, medians });
    }
    const rows = result.map(({ entries, latencyMs, medians }) => [
      `${entries} entries, ${latencyMs} ms`,
      ...ALL.map((subject) => {
        const { wallMs } = medians[subject];
        return `${ms(wallMs)} (${(medians.sdk.wallMs / wallMs).toFixed(1)})`;
      }),
    ]);
    const show = () =>
      table("from the first request to the end (how many times as fast as the SDK's loop)", [
        ["", ...ALL],
        ...rows,
      ]);
    return { result, show };
  },

  async cpu() {
    // The difference between two sizes leaves out what is done once.
    const subjects = ["pages", "sdk", "bare"];
    const [few, many] = [50_000, 250_000];
    const rounds = 5;
    const small = await compare({ subjects, entries: few, rounds });
    const large = await compare({ subjects, entries: many, rounds });
    const pages = (many - few) / PAGE;
    const result = Object.fromEntries(
      subjects.map((name) => [name, (large[name].cpuMs - small[name].cpuMs) / pages]),
    );
    const show = () =>
      table("CPU a page of 100 runs", [
        ["", "ms", "beside the bare loop"],
        ...subjects.map((name) => [
          name,
          result[name].toFixed(3),
          times(result[name], result.bare),
        ]),
      ]);
    return { result, show };
  },

  async memory() {
    const result = [];
    for (const entries of [10_000, 100_000, 1_000_000]) {
      result.push({ entries, medians: await compare({ subjects: ALL, entries, rounds: 1 }) });
    }
    const show = () =>
      table("peak memory of the process", [
        ["", ...ALL],
        ...result.map(({ entries, medians }) => [
          `${entries} entries`,
          ...ALL.map((subject) => mb(medians[subject].peakKb)),
        ]),
      ]);
    return { result, show };
  },

  async limit() {
    const config = { burst: { limit: 20 }, latencyMs: 25 };
    const entries = 10_000;
    const result = await compare({ subjects: ALL, entries, rounds: 1, config });
    const show = () =>
      table("10,000 entries under a burst limit of 20 requests a second", [
        ["", "time", "left", ""],
        ...ALL.map((subject) => {
          const { wallMs, remaining, error } = result[subject];
          return [subject, ms(wallMs), String(remaining), error ?? "done"];
        }),
      ]);
    return { result, show };
  },
};

function chosen() {
  const options = { json: { type: "boolean" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown !== undefined) {
    throw new Stop(`No bench "${unknown}". There are: ${Object.keys(BENCHES).join(", ")}`);
  }
  return { names, json: values.json };
}

async function bench() {
  const { names, json } = chosen();
  await build();
  await step("the emulator", false, () =>
    must("cargo", ["build", "--release", "--locked", "-p", "upstash-workflow-emulator"]),
  );
  const results = {};
  for (const name of names) {
    const { result, show } = await BENCHES[name]();
    results[name] = result;
    if (!json) show();
  }
  if (json) console.log(JSON.stringify(results));
}

if (isCommand(import.meta)) await main(bench);
