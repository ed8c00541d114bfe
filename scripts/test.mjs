// Sets up, builds, and runs every suite: `npm test`.
//
//   npm test -- --only core,sdk    these suites
//   npm test -- --list             their names
//   npm run test:all               the deep suites and every lane as well
//
// Two suites run at a time, and what compiles beside them; each prints its output as a whole and its counts. One that ran
// nothing or skipped something has failed.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, CORE, READING, wasmCargo } from "./build.mjs";
import { main, path, run, Stop, seconds } from "./lib/run.mjs";
import { ensureChromium, ensureEmulator, ensurePackages, ensureWww } from "./setup.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, why?: string }} Counts */

/** As many lines of a suite's failures are repeated at the end, where nobody has to look for them. */
const REASONS = 120;

const numbers = (text, pattern) => [...text.matchAll(pattern)].map((found) => Number(found[1]));
const sum = (text, pattern) => numbers(text, pattern).reduce((all, one) => all + one, 0);

/**
 * Runs a program whose output names counts; a failing exit code is a failure whatever it counted. The output is printed
 * as it comes by a suite that runs by itself, else as a whole: that of another suite would mix with it.
 *
 * @returns {Promise<Counts>}
 */
async function counted(program, args, patterns, { env, alone, yields }) {
  const { code, output } = await run(program, args, { env, yields, show: alone });
  if (!alone) console.log(output.trimEnd());
  const counts = {
    passed: sum(output, patterns.passed),
    failed: sum(output, patterns.failed),
    skipped: sum(output, patterns.skipped),
  };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.failed > 0) counts.why = reasons(output, patterns.reasons);
  return counts;
}

/** What a program says of its failures: from where it names them, else the end of what it said. */
function reasons(output, from) {
  const lines = output.trimEnd().split("\n");
  const begins = from === undefined ? -1 : lines.findIndex((line) => from.test(line));
  return (begins === -1 ? lines.slice(-REASONS) : lines.slice(begins, begins + REASONS)).join("\n");
}

const CARGO = {
  passed: /^test result: .* (\d+) passed;/gm,
  failed: /^test result: .* (\d+) failed;/gm,
  skipped: /^test result: .* (\d+) ignored;/gm,
  reasons: /^failures:$/,
};
const NODE = {
  passed: /^ℹ pass (\d+)$/gm,
  failed: /^ℹ (?:fail|cancelled) (\d+)$/gm,
  skipped: /^ℹ (?:skipped|todo) (\d+)$/gm,
  reasons: /^✖ failing tests:$/,
};
const PLAIN = {
  passed: /^(\d+) passed, \d+ failed$/gm,
  failed: /^\d+ passed, (\d+) failed$/gm,
  skipped: /^$a/g,
};

/**
 * Compilers and simulations use all cores; what runs beside them waits for browsers and has timeouts. What is compiled
 * for an edit that follows would take a third of the compiler's time.
 */
const cargoTest =
  (name, ...flags) =>
  ({ env, alone }) =>
    counted("cargo", ["test", "--locked", "-p", name, ...flags, "--", "--show-output"], CARGO, {
      env: { ...env, CARGO_INCREMENTAL: "0" },
      alone,
      yields: !alone,
    });

/**
 * All `*.test.mjs` of a folder, two files at a time: they spend much of their time waiting for
 * processes, and each has an emulator of its own.
 *
 * @param {string} folder
 * @param {string[]} longest the files that begin first, so that none of them is left when the others have ended
 * @param {(context: object) => Promise<Record<string, string | undefined> | undefined>} [needs]
 *   sets up what they need, and answers their environment
 */
const nodeTests = (folder, longest, needs) => async (context) => {
  const file = (name) => path("tests", folder, name);
  const first = longest.map((name) => `${name}.test.mjs`);
  const missing = first.find((name) => !existsSync(file(name)));
  if (missing !== undefined) throw new Stop(`No file ${missing} in tests/${folder} to begin with`);
  const others = readdirSync(path("tests", folder))
    .filter((name) => name.endsWith(".test.mjs") && !first.includes(name))
    .sort();
  const args = [path("scripts/lib/test-files.mjs"), ...[...first, ...others].map(file)];
  const env = { ...context.env, ...(await needs?.(context)) };
  return await counted(process.execPath, args, NODE, { env, alone: context.alone });
};

const script =
  (file, ...args) =>
  ({ env, alone }) =>
    counted(process.execPath, [path(file), ...args], PLAIN, { env, alone });

/** What tests in a browser need. */
const withChromium = async () => ({ CHROMIUM_PATH: await ensureChromium() });

/** What the admin app and its browser need. */
const withAdmin = async ({ all }) => {
  await ensureWww();
  return { ...(await withChromium()), KILLED_ENTRIES: all ? "20000" : undefined };
};

/** The checkers, each counted as one. */
const lint = async ({ rust, alone }) => {
  const denied = ["--", "-D", "warnings"];
  const [clippy, ...first] = rust.clippy;
  const forWasm = (name, core) => {
    const { env, args } = wasmCargo(rust, core);
    return [
      name,
      clippy,
      [...first, "-p", "upstash-workflow-dlq", "--lib", "--profile=wasm", ...args, ...denied],
      {
        ...env,
        ...rust.clippyEnv,
        CARGO_ENCODED_RUSTFLAGS: [...rust.flags, ...rust.clippyFlags].join("\x1f"),
      },
    ];
  };
  const checks = [
    ["cargo fmt", "cargo", ["fmt", "--all", "--check"]],
    ["clippy", "cargo", ["clippy", "--locked", "--workspace", "--all-targets", ...denied]],
    forWasm("clippy for wasm32", CORE),
    // What it only checks can be in one folder with the other.
    forWasm("clippy for wasm32, the core that only reads", { ...READING, target: CORE.target }),
    [
      "rustdoc",
      "cargo",
      ["doc", "--locked", "--no-deps", "--workspace"],
      { RUSTDOCFLAGS: "-D warnings" },
    ],
    ["biome", path("node_modules/.bin/biome"), ["ci", "--error-on-warnings", "."]],
    [
      "knip: no dead file, no dead export",
      path("node_modules/.bin/knip"),
      ["--no-progress", "--no-config-hints", "--include", "files,exports,duplicates"],
    ],
  ];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, program, args, env] of checks) {
    const { code, output } = await run(program, args, { env, yields: !alone });
    console.log(`${code === 0 ? "ok" : "FAILED"}  ${name}`);
    if (code !== 0) {
      console.log(output);
      counts.why = `${counts.why ?? ""}${name}\n${reasons(output)}\n`;
    }
    counts[code === 0 ? "passed" : "failed"] += 1;
  }
  return counts;
};

/** What validates requests against the description of the endpoints. */
const ensureContract = () =>
  ensurePackages("the contract's packages", path("tests/service/contract"), ["--ignore-scripts"]);

/**
 * One worker begins at the front, the other one at the back. The long suites are at the ends, and short ones where the
 * workers meet: neither has much left when the other one has done all.
 */
const SUITES = {
  www: nodeTests("www", ["browser", "killed", "axe", "jobs", "night", "strange"], withAdmin),
  package: nodeTests("package", ["lanes", "exports"]),
  lanes: (context) =>
    script("tests/package/lanes/run.mjs", ...(context.all ? ["--all", "--table"] : []))(context),
  types: script("tests/package/types/run.mjs"),
  sdk: nodeTests("service/sdk", []),
  runtimes: nodeTests("package/runtimes", []),
  browser: nodeTests("package/browser", [], withChromium),
  bench: nodeTests("docs/bench", []),
  size: script("scripts/size.mjs"),
  start: nodeTests("docs/start", [], withAdmin),
  docs: nodeTests("docs", ["snippets"]),
  // Its random requests are no client's: they are not recorded.
  contract: nodeTests("service/contract", ["emulator"], async () => {
    await ensureContract();
    return { RECORD_REQUESTS: undefined };
  }),
  examples: nodeTests("docs/examples", ["cloudflare", "night"], withChromium),
  hostile: nodeTests("client/hostile", ["wire", "answers", "border", "trap"]),
  client: nodeTests("client", ["random", "dropin-random"], async ({ all }) => ({
    HEAP_CALLS: all ? "100000" : undefined,
  })),
  cli: nodeTests("cli", ["night", "follow", "report"]),
  lint,
  emulator: cargoTest("upstash-workflow-emulator", "--release"),
  core: cargoTest("upstash-workflow-dlq"),
  mutations: script("scripts/mutations.mjs"),
  speed: nodeTests("docs/bench/measured", [], withChromium),
  large: nodeTests("www/large", [], withAdmin),
  // Last: it looks at what the others asked the service.
  recorded: nodeTests("service/contract/recorded", [], async ({ before }) => {
    await ensureContract();
    return { RECORDS, RECORDED: before.join(), RECORD_REQUESTS: undefined };
  }),
};

/** Suites that run after all others, by themselves: they measure, fill the cores, or look at what the others asked. */
const ALONE = ["mutations", "speed", "large", "recorded"];

/** Suites that need cargo alone: they begin while the package is built, which uses one core for most of its time. */
const NATIVE = ["core", "emulator"];

/**
 * Suites that compile, one after the other: they would wait for each other's locks. A worker of their own uses the time
 * that the other two leave.
 */
const COMPILED = [...NATIVE, "lint"];

/** Suites of `npm run test:all`, which take minutes, or measure and need a machine that does nothing else. */
const DEEP = ["mutations", "speed", "large"];

/** Where each suite's emulators write down what they are asked. */
const RECORDS = path("target/requests");

function chosen() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      list: { type: "boolean" },
      all: { type: "boolean" },
    },
  });
  const every = Object.keys(SUITES);
  const usual = every.filter((name) => values.all || !DEEP.includes(name));
  const names = [...new Set(values.only?.split(",") ?? usual)];
  const unknown = names.find((name) => !Object.hasOwn(SUITES, name));
  if (unknown !== undefined) {
    throw new Stop(`No suite "${unknown}". There are: ${every.join(", ")}`);
  }
  return { names, list: values.list, all: values.all };
}

/** `core: 4 passed, 0 failed` */
const line = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;

/** A suite that could not be run, as its counts: the others run all the same. */
function broken(error) {
  console.log(error.stack);
  return { passed: 0, failed: 1, skipped: 0, why: error.message };
}

async function test() {
  const { names, list, all } = chosen();
  if (list) {
    console.log(names.join("\n"));
    return;
  }
  const since = performance.now();
  const built = names.every((name) => NATIVE.includes(name))
    ? undefined
    : Promise.all([build(), ensureEmulator()]);
  // Who waits for it is told; it may fail while only native suites run.
  built?.catch(() => {});
  const results = [];
  rmSync(RECORDS, { recursive: true, force: true });
  const suite = async (name, alone) => {
    const rust = NATIVE.includes(name) ? undefined : (await built)[0];
    console.log(`━━ ${name} …`);
    const begun = performance.now();
    const env = { RECORD_REQUESTS: join(RECORDS, name) };
    const before = results.map(({ name }) => name);
    const counts = await SUITES[name]({ rust, all, alone, env, before }).catch(broken);
    const good = counts.failed === 0 && counts.skipped === 0 && counts.passed > 0;
    results.push({ name, counts, good, took: seconds(begun) });
    console.log(`━━ ${name}: ${line(counts)} (${results.at(-1).took})\n`);
  };
  const compiled = COMPILED.filter((name) => names.includes(name));
  const shared = names.filter((name) => !ALONE.includes(name) && !COMPILED.includes(name));
  const single = compiled.length + shared.length === 1;
  const worker = async (next) => {
    for (let name = next(); name !== undefined; name = next()) await suite(name, single);
  };
  const ends = await Promise.allSettled([
    worker(() => compiled.shift()),
    worker(() => shared.shift()),
    worker(() => shared.pop()),
  ]);
  // A build that failed is the last that is printed.
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
  for (const name of names.filter((name) => ALONE.includes(name))) await suite(name, true);
  results.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  console.log(`\nsuites on ${cpus().length} cores, Node ${process.version}:`);
  for (const { name, counts, good, took } of results) {
    const nothing = counts.passed === 0 ? "  nothing ran" : "";
    console.log(
      `${good ? "ok    " : "FAILED"}  ${name.padEnd(9)} ${line(counts)}  ${took}${nothing}`,
    );
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts, good } of results) {
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (!good && counts.failed === 0) total.failed += 1;
  }
  console.log(`all of it took ${seconds(since)}`);
  for (const { name, counts } of results) {
    if (counts.why !== undefined) console.log(`\n━━ ${name}: what failed\n${counts.why}`);
  }
  console.log(`\n${line(total)}`);
  if (results.some(({ good }) => !good)) process.exitCode = 1;
}

await main(test);
