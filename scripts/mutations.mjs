// Breaks the engine in named ways, and expects the simulation to notice: `npm run mutations`.
//
//   npm run mutations -- canary "429s"   those whose names have one of these in them

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isCommand, main, path, run, Stop } from "./lib/run.mjs";

/** Each: what is forgotten, where, and the code without and with the mistake. */
const MUTATIONS = [
  {
    name: "sends again without looking up",
    file: "src/engine/batches/responses.rs",
    right: "if unknown {\n                self.look_up(batch, Cause::Lost);",
    wrong: "if unknown {\n                self.requeued.push(batch);",
  },
  {
    name: "drops what is in flight at a cut",
    file: "src/engine/checkpoint/mod.rs",
    right: "in_flight.chain(self.batches_waiting()).collect();",
    wrong: "in_flight.take(0).chain(self.batches_waiting()).collect();",
  },
  {
    name: "forgets to freeze",
    file: "src/engine/pages/responses.rs",
    right: "                self.cutoff.freeze(&page, cx, now);\n",
    wrong: "",
  },
  {
    name: "counts a page twice",
    file: "src/engine/pages/responses.rs",
    right: "        cx.add(EntryOutcome::Done, u64::from(page.entries()));\n",
    wrong: "        cx.add(EntryOutcome::Done, 2 * u64::from(page.entries()));\n",
  },
  {
    name: "ignores the limit",
    file: "src/engine/context.rs",
    right: "Some(max) => max.saturating_sub(self.counts.possibly_done() + in_flight),",
    wrong: "Some(_) => u64::MAX - in_flight,",
  },
  {
    name: "keeps a cursor that has expired",
    file: "src/engine/scan.rs",
    right:
      "        self.cursor = None;\n        self.circle = Circle::default();\n        let walked",
    wrong: "        let walked",
  },
  {
    name: "walks in circles",
    file: "src/engine/scan.rs",
    right: "if self.circle.laps > STUCK_MAX || ",
    wrong: "if ",
  },
  {
    name: "begins the velocity limit anew in each process",
    file: "src/engine/checkpoint/mod.rs",
    right: "drive.cx.pacing.read(&mut input, now);",
    wrong: "drive.cx.pacing.clone().read(&mut input, now);",
  },
  {
    name: "trusts a clock that nothing has shown",
    file: "src/engine/cutoff.rs",
    right: "unknown && (cx.counts.total() == 0 || !self.awaits_run)",
    wrong: "unknown && cx.counts.total() > 0 && !self.awaits_run",
  },
  {
    name: "takes a run that is retried for one that has succeeded",
    file: "src/wire/logs.rs",
    right: "seen.state = RunState::Retrying;",
    wrong: "seen.state = RunState::Succeeded;",
  },
  {
    name: "takes a run that the logs do not show yet for one that has finished",
    file: "src/engine/follow/responses.rs",
    right:
      "                self.outcome.unknown += 1;\n                run.state = RunState::Unknown;",
    wrong: "                self.outcome.succeeded += 1;\n                self.runs.remove(*key);",
  },
  {
    name: "passes a canary whose time is up",
    file: "src/engine/canary.rs",
    right: "            FollowDecision::Ended => undecided,",
    wrong: "            FollowDecision::Ended => Verdict::Passed,",
  },
  {
    name: "waits out 429s for ever",
    file: "src/engine/rate_limits.rs",
    right: " || now - since >= WAIT_MAX_MS",
    wrong: "",
  },
  {
    name: "forgets what was acknowledged",
    file: "src/engine/seen.rs",
    right: "self.ids.insert(key, Status::Done as u32) == Some(Status::Done as u32)",
    wrong: "self.ids.remove(&key) == Some(Status::Done as u32)",
  },
  {
    name: "takes the look-up of no id for a failure",
    file: "src/engine/batches/lookup.rs",
    right: "Some(400 | 404)",
    wrong: "Some(404)",
  },
  {
    name: "does not look once more at what is listed although taken",
    file: "src/engine/source.rs",
    right: "if !found && (!self.shows_done || self.looked_again || self.closed) {",
    wrong: "if !found {",
  },
];

// A copy of the core alone: what is broken on purpose never stands in the tree.
const COPY = path("target/mutations");

function copy() {
  rmSync(COPY, { recursive: true, force: true });
  mkdirSync(COPY, { recursive: true });
  for (const name of ["src", "tests/core", "Cargo.lock", "pkg-template"]) {
    cpSync(path(name), join(COPY, name), { recursive: true });
  }
  const manifest = readFileSync(path("Cargo.toml"), "utf8");
  writeFileSync(join(COPY, "Cargo.toml"), manifest.replace(/^members = .*$/m, "members = []"));
}

const simulate = () =>
  run("cargo", ["test", "--test", "core", "simulation::every_scenario_keeps_the_books"], {
    cwd: COPY,
    env: { CARGO_TARGET_DIR: path("target/mutations-build"), SCENARIOS: "20000" },
  });

/** Those that are asked for, or all. */
function wanted() {
  const { positionals } = parseArgs({ allowPositionals: true });
  const found = MUTATIONS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (found.length > 0) return found;
  throw new Stop(`There are:\n${MUTATIONS.map(({ name }) => name).join("\n")}`);
}

async function mutations() {
  const chosen = wanted();
  copy();
  const { code, output } = await simulate();
  if (code !== 0) throw new Stop(`the simulation fails without a mutation:\n${output}`);
  let passed = 0;
  for (const { name, file, right, wrong } of chosen) {
    const place = join(COPY, file);
    const source = readFileSync(place, "utf8");
    if (source.split(right).length !== 2) {
      throw new Stop(`${name}: ${file} has not, or not only once: ${right}`);
    }
    writeFileSync(place, source.replace(right, wrong));
    const { output } = await simulate();
    writeFileSync(place, source);
    const why = /^SEED=.*$/m.exec(output)?.[0];
    console.log(`${why ? "ok" : "FAILED"}  ${name}: ${why ?? "nobody noticed"}`);
    if (!why && !output.includes("test result")) console.log(output);
    passed += Number(why !== undefined);
  }
  const failed = chosen.length - passed;
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isCommand(import.meta)) await main(mutations);
