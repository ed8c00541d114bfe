// Measures beside the SDK and beside a bare loop, in one run: `npm run bench`.
//
//   npm run bench -- startup cpu   some of them
//   npm run bench -- --json        the figures alone, as JSON on standard output
//   npm run bench -- --quick       tiny: whether it works, not how fast anything is
//   npm run bench -- --write       all of them, into docs/benchmarks.md
//   npm run bench -- cpu startup --before ../older/pkg
//                                  beside another build of this package as well
//
// Ratios are what can be compared between machines; the rest is of this one.

import { existsSync, rmSync, symlinkSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../build.mjs";
import { isCommand, main, path, Stop, step } from "../lib/run.mjs";
import { ensureEmulator } from "../setup.mjs";
import cpu from "./benches/cpu.mjs";
import drive from "./benches/drive.mjs";
import ids from "./benches/ids.mjs";
import limit from "./benches/limit.mjs";
import memory from "./benches/memory.mjs";
import spread from "./benches/spread.mjs";
import startup from "./benches/startup.mjs";
import wire from "./benches/wire.mjs";
import { inTurn } from "./measure.mjs";
import { writeDocuments } from "./page.mjs";
import { BEFORE, EARLIER, RUNTIMES, SUBJECTS } from "./runtimes.mjs";

/**
 * Each measures plain data, and reports on such data: tables, goals and plots.
 *
 * @typedef {object} Bench
 * @property {(what: Measured) => Promise<object>} measure
 * @property {(measured: object) => Report} report
 *
 * @typedef {object} Measured
 * @property {Record<string, import("./runtimes.mjs").Runtime>} runtimes
 * @property {boolean} quick
 * @property {boolean} before whether another build is linked
 *
 * @typedef {object} Report
 * @property {{ title: string, head: string[], rows: string[][] }[]} tables
 * @property {{ what: string, figure: string, goal: string, met: boolean }[]} goals
 * @property {Record<string, import("./bars.mjs").Bars>} plots
 * @property {{ head: string[], rows: string[][] }} [comparison] the table in README.md
 */

/** @type {Record<string, Bench>} */
export const BENCHES = { startup, drive, spread, limit, cpu, memory, ids, wire };

const QUICK_NOTE =
  "\n--quick: too small for these figures to mean anything; those of a whole run are in docs/benchmarks.md";

function print({ tables, goals }, quick) {
  for (const { title, head, rows } of tables) {
    console.log(`\n${title}`);
    const lines = [head, ...rows];
    const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
    for (const line of lines) {
      console.log(
        line
          .map((cell, at) => cell.padEnd(widths[at]))
          .join("  ")
          .trimEnd(),
      );
    }
  }
  for (const { what, figure, goal, met } of quick ? [] : goals) {
    console.log(`${met ? "ok    " : "missed"}  ${what}: ${figure} (${goal})`);
  }
}

function chosen() {
  const flag = { type: "boolean", default: false };
  const { values, positionals } = parseArgs({
    options: { json: flag, quick: flag, write: flag, before: { type: "string" } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown !== undefined) {
    throw new Stop(`No bench "${unknown}". There are: ${Object.keys(BENCHES).join(", ")}`);
  }
  if (values.write && (values.quick || positionals.length > 0)) {
    throw new Stop("--write is for a whole run: what stands on one page was measured together");
  }
  if (values.before !== undefined) {
    const without = names.find((name) => !["cpu", "startup"].includes(name));
    if (values.write) throw new Stop("--write is for this build alone: leave --before out");
    if (without !== undefined) {
      throw new Stop(`--before is for cpu and startup: ${without} measures this build alone`);
    }
    if (!existsSync(join(values.before, "core.wasm"))) {
      throw new Stop(
        `No build in ${values.before}: name the pkg/ of a checkout after npm run build`,
      );
    }
  }
  return { names, ...values };
}

/** Lets the benches import the other build, or no longer that of an earlier run. */
function linkBefore(folder) {
  const link = path("node_modules", BEFORE);
  rmSync(link, { force: true });
  if (folder !== undefined) symlinkSync(resolve(folder), link);
}

async function bench() {
  const { names, json, quick, write, before: folder } = chosen();
  // What is said on the way does not mix with the figures.
  if (json) console.log = console.error;
  await Promise.all([build(), ensureEmulator()]);
  linkBefore(folder);
  const before = folder !== undefined;
  const [{ model }] = cpus();
  const machine = { cores: cpus().length, model, load: loadavg()[0] };
  const subjects = [...SUBJECTS, ...(before ? EARLIER : [])];
  const runtimes = await inTurn(Object.keys(RUNTIMES), (name) => RUNTIMES[name](subjects));
  const versions = Object.fromEntries(
    Object.entries(runtimes).map(([name, { version }]) => [name, version]),
  );
  const figures = {};
  const goals = {};
  for (const name of names) {
    await step(name, false, async () => {
      figures[name] = await BENCHES[name].measure({ runtimes, quick, before });
    });
    const report = BENCHES[name].report(figures[name]);
    goals[name] = report.goals;
    print(report, quick);
  }
  if (quick) console.log(QUICK_NOTE);
  const run = { machine, versions, figures };
  if (write) writeDocuments(run, BENCHES);
  if (json) process.stdout.write(`${JSON.stringify({ ...run, goals })}\n`);
}

if (isCommand(import.meta)) await main(bench);
