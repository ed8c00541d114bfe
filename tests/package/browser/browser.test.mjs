// The packed package in Chromium: as modules, bundled, in a worker, and under strict policies.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { build } from "esbuild";
import { launchChromium } from "../../support/chromium.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { ENTRIES, judge } from "../../support/lane.mjs";
import { bring, packedProject } from "../../support/packed.mjs";
import { serveFolder } from "../../support/static.mjs";

let project;
let emulator;
let server;
let browser;
const pages = {};

const IMPORT_MAP = JSON.stringify({
  imports: {
    "upstash-workflow-dlq": "/node_modules/upstash-workflow-dlq/inline.js",
    "upstash-workflow-dlq/slim": "/node_modules/upstash-workflow-dlq/slim.js",
  },
});

before(async () => {
  [project, emulator] = await Promise.all([packedProject(), startEmulator()]);
  bring(project, "tests/package/runtimes/lanes/lane.mjs");
  for (const name of ["page.mjs", "slim-page.mjs", "web-worker.mjs", "with-worker.mjs"]) {
    bring(project, `tests/package/browser/lanes/${name}`);
  }
  await build({
    entryPoints: {
      bundle: join(project.folder, "page.mjs"),
      "bundled-worker": join(project.folder, "web-worker.mjs"),
      "slim-bundle": join(project.folder, "slim-page.mjs"),
      "with-worker": join(project.folder, "with-worker.mjs"),
    },
    outdir: join(project.folder, "out"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "error",
  });
  server = await serveFolder(project.folder, pages);
  browser = await launchChromium();
});
beforeEach(async () => {
  await emulator.reset();
  await emulator.seed(ENTRIES);
});
after(async () => {
  await browser?.close();
  server?.close();
  await emulator.close();
  project.remove();
});

/** Loads a page whose script leaves its result in `window.result`. */
async function visit(t, { script, map = false, policy }) {
  const { url, token } = emulator;
  const env = JSON.stringify({ QSTASH_URL: url, QSTASH_TOKEN: token });
  // Data, not a script: a policy against inline scripts has nothing to say about it.
  const parts = [
    "<!doctype html><link rel=icon href=data:,><title>lane</title>",
    `<template id=env>${env}</template>`,
    map ? `<script type=importmap>${IMPORT_MAP}</script>` : "",
    `<script type=module src="${script}"></script>`,
  ];
  const headers = policy ? { "content-security-policy": policy } : {};
  pages["/"] = { body: parts.join("\n"), headers };
  const page = await browser.newPage();
  t.after(() => page.close());
  const said = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`page error: ${error}`));
  await page.goto(`${server.origin}/`);
  const result = await page.waitForFunction(() => globalThis.result, null, { timeout: 30_000 });
  return { result: await result.jsonValue(), said };
}

async function assertLane({ result, said }) {
  // Chromium reports each answer of 400 and above itself.
  const ours = said.filter((line) => !line.includes("the server responded with a status of 404"));
  assert.deepEqual(ours, []);
  await judge(emulator, result);
}

const strict = (scripts) =>
  `default-src 'none'; script-src ${scripts}; connect-src 'self' ${emulator.url}; img-src data:`;

describe("Chromium", () => {
  test("modules as they are, by an import map", async (t) => {
    await assertLane(await visit(t, { script: "/page.mjs", map: true }));
  });
  test("a bundle", async (t) => {
    await assertLane(await visit(t, { script: "/out/bundle.mjs" }));
  });
  test("a bundle in a module worker", async (t) => {
    await assertLane(await visit(t, { script: "/out/with-worker.mjs" }));
  });
  test("a policy that allows 'wasm-unsafe-eval' alone", async (t) => {
    const policy = strict("'self' 'wasm-unsafe-eval'");
    await assertLane(await visit(t, { script: "/out/bundle.mjs", policy }));
  });
  test("slim under that policy", async (t) => {
    const policy = strict("'self' 'wasm-unsafe-eval'");
    await assertLane(await visit(t, { script: "/out/slim-bundle.mjs", policy }));
  });
  test("a policy without it: the page lives, the first use says what to add", async (t) => {
    const { result } = await visit(t, { script: "/out/bundle.mjs", policy: strict("'self'") });
    assert.equal(result.loaded, true);
    assert.equal(result.error.code, "wasm_unavailable");
    assert.match(result.error.message, /script-src 'wasm-unsafe-eval'/);
    assert.equal((await emulator.requests()).total, 0);
  });
});
