// Writes the line coverage of the JavaScript to target/coverage: `npm run coverage`.
//
//   npm run coverage -- --only cli,client   what these suites cover
//   npm run coverage -- --report            what the last run covered, without another one
//
// Node and all its child processes write what they ran. The package runs from copies, in pkg/ and in each
// project that installs the tarball: a copy's lines count as those of its source. A browser and workerd write
// nothing, so of www/ the page's modules without markup are listed alone, and their figures are a lower bound.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isCommand, main, must, path, run, Stop, step } from "./lib/run.mjs";
import { ensurePackages } from "./setup.mjs";

const HOME = path("scripts/coverage");
const REPORT = path("target/coverage");
const WRITTEN = path("target/coverage-written");
const OF_SOURCES = path("target/coverage-of-sources");
/** Suites that run the JavaScript in Node. */
const SUITES = "client,hostile,cli,examples,www";
const FOLDERS = ["pkg-template", "www/page"];
const COPY = /\/(?:pkg|node_modules\/upstash-workflow-dlq)\/(?<file>.+)$/;

/** The file of this repository that a script is, or is a copy of. */
function sourceOf(url) {
  if (!url.startsWith("file://")) return undefined;
  const script = fileURLToPath(url.replace(/[?#].*$/, ""));
  const file = COPY.exec(script)?.groups.file;
  const source = file === undefined ? script : path("pkg-template", file);
  const isOurs = FOLDERS.some((folder) => source.startsWith(`${path(folder)}/`));
  return isOurs && existsSync(source) ? source : undefined;
}

/** Lays what was written of copies on their sources, and leaves the rest out. */
function mapCopies() {
  rmSync(OF_SOURCES, { recursive: true, force: true });
  mkdirSync(OF_SOURCES, { recursive: true });
  let processes = 0;
  for (const name of readdirSync(WRITTEN)) {
    const { result } = readWritten(join(WRITTEN, name));
    const mapped = result.flatMap((script) => {
      const source = sourceOf(script.url);
      return source === undefined ? [] : [{ ...script, url: pathToFileURL(source).href }];
    });
    if (mapped.length === 0) continue;
    writeFileSync(join(OF_SOURCES, name), JSON.stringify({ result: mapped }));
    processes += 1;
  }
  if (processes === 0) throw new Stop("No process ran any of the JavaScript");
  console.log(`\nof ${processes} processes:`);
}

/** Nothing, where a process was killed while it wrote. */
function readWritten(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { result: [] };
  }
}

async function coverage() {
  const { values } = parseArgs({
    options: { only: { type: "string", default: SUITES }, report: { type: "boolean" } },
  });
  await ensurePackages("c8", HOME);
  let code = 0;
  if (!values.report) {
    rmSync(WRITTEN, { recursive: true, force: true });
    const tests = ["scripts/test.mjs", "--only", values.only];
    const env = { NODE_V8_COVERAGE: WRITTEN };
    ({ code } = await run(process.execPath, tests, { env, show: true }));
  } else if (!existsSync(WRITTEN)) {
    throw new Stop("There is no run to report of: leave --report out");
  }
  mapCopies();
  await step("the report, in target/coverage/", false, () =>
    must(
      path("scripts/coverage/node_modules/.bin/c8"),
      [
        ...["report", "--all", "--temp-directory", OF_SOURCES, "--reports-dir", REPORT],
        ...FOLDERS.flatMap((folder) => ["--include", `${folder}/**/*.js`]),
        ...["text", "html"].flatMap((reporter) => ["--reporter", reporter]),
      ],
      { show: true },
    ),
  );
  if (code !== 0) throw new Stop("Tests failed: the figures are of what they ran");
}

if (isCommand(import.meta)) await main(coverage);
