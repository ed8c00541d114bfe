// Coverage-guided fuzzing of the core: `npm run fuzz`.
//
//   npm run fuzz -- drives values      these targets
//   npm run fuzz -- --seconds 600      so long each
//   npm run fuzz -- --keep             makes the committed corpora anew from all that was found
//
// What is found is in target/fuzz-corpus/; an input that breaks something is named at the end. Put it
// into tests/core/fuzz/corpus/ with the fix: the core's tests replay what is there.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isCommand, main, must, path, Stop, sha256 } from "./lib/run.mjs";
import { ensureCargoProgram } from "./setup.mjs";

const FOLDER = "tests/core/fuzz";
const VERSION = "0.13.2";
// The core has no unsafe code for a sanitizer to watch, and any stable compiler does without one.
const FLAGS = ["--fuzz-dir", FOLDER, "--sanitizer", "none", "--target-dir", "target/fuzz"];
/** Inputs kept of a target: enough to replay, few enough to look through. */
const MOST = 60;
const LIMITS = ["-rss_limit_mb=1024", "-timeout=10", "-max_len=4096"];

const corpus = (target) => path(FOLDER, "corpus", target);
const found = (target) => path("target/fuzz-corpus", target);

async function fuzz(target, seconds) {
  mkdirSync(found(target), { recursive: true });
  const broken = path("target/fuzz-broken", target);
  mkdirSync(broken, { recursive: true });
  const options = [`-max_total_time=${seconds}`, `-artifact_prefix=${broken}/`, ...LIMITS];
  const folders = [found(target), corpus(target)];
  await must("cargo", ["fuzz", "run", ...FLAGS, target, ...folders, "--", ...options], {
    show: true,
  });
}

/** Which inputs reach which lines, by libFuzzer's own notes: `[input, lines][]`. */
async function reached(target) {
  const notes = path("target", `fuzz-${target}.notes`);
  const scratch = path("target", `fuzz-${target}.merged`);
  for (const place of [notes, scratch]) rmSync(place, { recursive: true, force: true });
  mkdirSync(scratch);
  const folders = [scratch, corpus(target), found(target)].filter((folder) => existsSync(folder));
  const options = [
    `-merge_control_file=${notes}`,
    "-set_cover_merge=1",
    "-use_counters=0",
    ...LIMITS,
  ];
  await must("cargo", ["fuzz", "run", ...FLAGS, target, ...folders, "--", ...options]);
  const [count, , ...lines] = readFileSync(notes, "utf8").split("\n");
  const files = lines.slice(0, Number(count));
  return lines
    .map((line) => line.split(" "))
    .filter(([word]) => word === "FT")
    .map(([, file, ...features]) => [files[Number(file)], new Set(features)]);
}

/** The inputs that together reach most, and those that are named after a fault. */
async function keep(target) {
  const inputs = await reached(target);
  const all = new Set(inputs.flatMap(([, lines]) => [...lines]));
  const missing = new Set(all);
  const gain = ([, lines]) => [...lines].filter((line) => missing.has(line)).length;
  const kept = [];
  while (missing.size > 0 && kept.length < MOST) {
    const best = inputs.reduce((best, one) => (gain(one) > gain(best) ? one : best));
    kept.push(best[0]);
    for (const line of best[1]) missing.delete(line);
  }
  const faults = readdirSync(corpus(target)).filter((name) => name.startsWith("fault-"));
  const fresh = path("target", `fuzz-${target}.kept`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  for (const name of faults) cpSync(join(corpus(target), name), join(fresh, name));
  for (const file of kept) {
    const bytes = readFileSync(file);
    writeFileSync(join(fresh, sha256(bytes).slice(0, 16)), bytes);
  }
  rmSync(corpus(target), { recursive: true });
  renameSync(fresh, corpus(target));
  const part = ((1 - missing.size / all.size) * 100).toFixed(0);
  console.log(
    `${target}: ${kept.length} of ${inputs.length} inputs kept, for ${part} % of the lines`,
  );
}

async function run() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      keep: { type: "boolean" },
    },
  });
  const all = readdirSync(path(FOLDER, "bin")).map((name) => name.replace(".rs", ""));
  const unknown = positionals.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Stop(`No target "${unknown}". There are: ${all.join(", ")}`);
  if (!/^[1-9]\d*$/.test(values.seconds)) throw new Stop("--seconds is a whole number from 1");
  await ensureCargoProgram("cargo-fuzz", VERSION);
  for (const target of positionals.length > 0 ? positionals : all) {
    await (values.keep ? keep(target) : fuzz(target, values.seconds));
  }
}

if (isCommand(import.meta)) await main(run);
