// Where the subjects run: each run in a process of its own, so that its time, CPU and memory are
// its alone.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { tools } from "../../tests/package/lanes/support.mjs";
import { launchChromium } from "../../tests/support/chromium.mjs";
import { path } from "../lib/run.mjs";
import { bundledForPage, bundledWorker } from "./bundles.mjs";
import { watched } from "./processes.mjs";
import { startWorker } from "./workerd.mjs";

export const OURS = ["pages", "pages 8", "batches 8"];
export const SUBJECTS = [...OURS, "sdk", "bare"];

/** Another build of this package, linked in `node_modules` under this name where `--before` names one. */
export const BEFORE = "upstash-workflow-dlq-before";
/** The subjects of it, beside ours. */
export const EARLIER = ["before pages", "before pages 8"];

const fileOf = (subject) => (OURS.includes(subject) ? "ours" : subject.split(" ")[0]);

/**
 * @typedef {object} Outcome
 * @property {number} resumed
 * @property {string} [error]
 * @property {number} wallMs from the first request to the end, by the subject's own clock
 * @property {number} cpuMs
 * @property {number} peakKb
 */

/**
 * @typedef {object} Runtime
 * @property {string} version
 * @property {(subject: string, access: { url: string, token: string }) => Promise<Outcome>} run
 * @property {(code: string) => Promise<string>} [evaluate] where it is a program: what the code prints
 */

async function printed(program, args) {
  const env = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" };
  return (await promisify(execFile)(program, args, { cwd: path("."), env })).stdout;
}

const tool = (file) => async () => (await tools("runtimes")).file(file);

/** A runtime that is a program; a run says itself what it took. */
const program = (find, args, toEvaluate) => async () => {
  const found = await find();
  const version = /\d+\.\d+\.\d+/.exec(await printed(found, ["--version"]))[0];
  return {
    version,
    async run(subject, access) {
      const given = JSON.stringify({ ...access, subject, file: fileOf(subject) });
      return JSON.parse(await printed(found, [...args, path("scripts/bench/program.mjs"), given]));
    },
    evaluate: (code) => printed(found, [...toEvaluate, code]),
  };
};

async function forEachFile(subjects, make) {
  const made = [...new Set(subjects.map(fileOf))].map(async (name) => [
    name,
    await make(`./subjects/${name}.mjs`, name),
  ]);
  return Object.fromEntries(await Promise.all(made));
}

async function workerd(subjects) {
  const workers = await forEachFile(subjects, (file, name) =>
    bundledWorker(
      `import { prepare } from "${file}";
import { timed } from "./subjects/timed.mjs";
export default {
  fetch: async (request) => Response.json(await timed(prepare(await request.json()))),
};`,
      name === "before" ? BEFORE : undefined,
    ),
  );
  const { version } = JSON.parse(readFileSync(path("node_modules/workerd/package.json"), "utf8"));
  return {
    version,
    run: (subject, access) =>
      watched(
        () => startWorker(workers[fileOf(subject)]),
        async ({ url }) => {
          const body = JSON.stringify({ ...access, subject });
          return (await fetch(url, { method: "POST", body })).json();
        },
        (worker) => worker.close(),
      ),
  };
}

/** A page of the service's own origin, as behind a gateway: another's would ask twice for each page. */
export async function pageAt(browser, url, script) {
  const page = await browser.newPage();
  const body =
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/script.mjs">';
  const files = {
    "/": { contentType: "text/html", body: `${body}</script>` },
    "/script.mjs": { contentType: "text/javascript", body: script },
  };
  await page.route("**/*", (route) =>
    route.fulfill(files[new URL(route.request().url()).pathname]),
  );
  await page.goto(`${url}/`);
  // What is intercepted takes a way of its own.
  await page.unrouteAll();
  return page;
}

async function chromium(subjects) {
  const scripts = await forEachFile(subjects, (file) =>
    bundledForPage(`import { prepare } from "${file}";
import { timed } from "./subjects/timed.mjs";
globalThis.run = (access) => timed(prepare(access));`),
  );
  const browser = await launchChromium();
  const version = browser.version();
  await browser.close();
  return {
    version,
    run: (subject, access) =>
      watched(
        async () => {
          const browser = await launchChromium();
          return { browser, page: await pageAt(browser, access.url, scripts[fileOf(subject)]) };
        },
        ({ page }) => page.evaluate((given) => globalThis.run(given), { ...access, subject }),
        ({ browser }) => browser.close(),
        "--type=renderer",
      ),
  };
}

// Bun's installer only links to this.
const BUN = `@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`;
const FOR_DENO = ["--node-modules-dir=manual"];

/** @type {Record<string, (subjects: string[]) => Promise<Runtime>>} what makes each ready for these */
export const RUNTIMES = {
  Node: program(async () => process.execPath, [], ["--input-type=module", "--eval"]),
  Bun: program(tool(BUN), [], ["--eval"]),
  Deno: program(tool(".bin/deno"), ["run", "-A", ...FOR_DENO], ["eval", ...FOR_DENO]),
  workerd,
  Chromium: chromium,
};
