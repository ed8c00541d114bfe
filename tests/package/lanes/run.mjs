// The packed package in every runtime, browser and bundler: `npm run test:all` for all of them,
// the quick ones in `npm test`. `--table` writes docs/runtimes.md.
//
//   node tests/package/lanes/run.mjs [--all] [--table] [--only text]
//
// A lane passes if it resumed what it should, as the emulator's audit has it, said nothing on its
// console and came to its end by itself.

import { parseArgs } from "node:util";
import { isCommand, main, path, seconds } from "../../../scripts/lib/run.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { ENTRIES, judge } from "../../support/lane.mjs";
import { bring, packedProject } from "../../support/packed.mjs";
import { writeTable } from "./table.mjs";

/** What lanes run; brought into each project. */
export const PROGRAMS = [
  "tests/package/runtimes/lanes/lane.mjs",
  "tests/package/runtimes/lanes/esm.mjs",
  "tests/package/runtimes/lanes/common.cjs",
  "tests/package/runtimes/lanes/slim.mjs",
  "tests/package/runtimes/lanes/read.mjs",
  "tests/package/runtimes/lanes/worker.mjs",
  "tests/package/lanes/programs/slim.cjs",
  "tests/package/lanes/programs/read.cjs",
  "tests/package/lanes/programs/typed.mts",
  "tests/package/lanes/programs/runner.test.mjs",
  "tests/package/lanes/programs/jsdom.test.mjs",
  "tests/package/lanes/programs/edge.mjs",
  "tests/package/lanes/programs/hono.mjs",
  "tests/package/lanes/programs/page.mjs",
  "tests/package/lanes/programs/web-worker.mjs",
  "tests/package/lanes/programs/with-web-worker.mjs",
  "tests/package/lanes/programs/service-worker.mjs",
  "tests/package/lanes/programs/with-service-worker.mjs",
];

/** Files whose lanes run at the same time. The lanes of one file share tools and run in turn. */
const AT_ONCE = 2;

async function chosen() {
  const options = {
    all: { type: "boolean" },
    table: { type: "boolean" },
    only: { type: "string" },
  };
  const { values } = parseArgs({ options });
  const files = ["runtimes", "runners", "workers", "browsers", "bundlers", "next", "frameworks"];
  const modules = await Promise.all(files.map((name) => import(`./${name}.mjs`)));
  const wanted = ({ name, quick }) =>
    values.only ? name.includes(values.only) : values.all || quick;
  const groups = modules.map((module) => module.lanes.filter(wanted));
  return { groups, table: values.table };
}

/** One lane, in a project and an emulator that no other has touched. */
async function outcome(lane) {
  const begun = performance.now();
  const [project, emulator] = await Promise.all([packedProject(), startEmulator()]);
  try {
    for (const file of PROGRAMS) bring(project, file);
    await emulator.seed(ENTRIES);
    const { version, result } = await lane.run({ folder: project.folder, emulator });
    await judge(emulator, result);
    return { name: lane.name, version, took: seconds(begun) };
  } catch (error) {
    return { name: lane.name, error, took: seconds(begun) };
  } finally {
    await emulator.close();
    project.remove();
  }
}

function report({ name, version = "", error, took }) {
  console.log(`${error ? "FAILED" : "ok    "}  ${name.padEnd(40)} ${version.padEnd(16)} ${took}`);
  if (error) console.log(error.stack ?? error);
}

/** Runs the groups, `AT_ONCE` at a time; the outcomes are in the order of the lanes. */
async function outcomesOf(groups) {
  const outcomes = groups.map(() => []);
  const waiting = groups.entries();
  const worker = async () => {
    for (const [i, lanes] of waiting) {
      for (const lane of lanes) {
        const one = await outcome(lane);
        outcomes[i].push(one);
        report(one);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes.flat();
}

async function run() {
  const { groups, table } = await chosen();
  const outcomes = await outcomesOf(groups);
  const failed = outcomes.filter(({ error }) => error).length;
  if (table) writeTable(path("docs/runtimes.md"), outcomes);
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isCommand(import.meta)) await main(run);
