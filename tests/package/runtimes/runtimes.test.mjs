// The packed package, imported by its name with no call to initialise it, in each runtime.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { build } from "esbuild";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { FILES } from "../../../scripts/lib/tarball.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { ENTRIES, env, judge, said } from "../../support/lane.mjs";
import { bring, packedProject } from "../../support/packed.mjs";

let project;
let emulator;

before(async () => {
  [project, emulator] = await Promise.all([packedProject(), startEmulator()]);
  const names = ["lane", "esm", "bundled", "slim", "read", "worker"].map((name) => `${name}.mjs`);
  for (const name of [...names, "common.cjs"]) {
    bring(project, `tests/package/runtimes/lanes/${name}`);
  }
});
beforeEach(async () => {
  await emulator.reset();
  await emulator.seed(ENTRIES);
});
after(async () => {
  await emulator.close();
  project.remove();
});

const credentials = () => env(emulator);
const assertLane = (result) => judge(emulator, result);
const program = (args) => said(process.execPath, args, { cwd: project.folder, env: credentials() });

describe("Node", () => {
  test("import", async () => assertLane(await program(["esm.mjs"])));
  test("require", async () => assertLane(await program(["common.cjs"])));
  test("slim, with the bytes brought along", async () => assertLane(await program(["slim.mjs"])));
  test("read, then the whole package", async () => assertLane(await program(["read.mjs"])));
  test("bundled and minified for browsers", async () => {
    await build({
      entryPoints: [join(project.folder, "bundled.mjs")],
      outfile: join(project.folder, "bundle.mjs"),
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      logLevel: "error",
    });
    await assertLane(await program(["bundle.mjs"]));
  });
});

describe("workerd", () => {
  for (const compatibilityDate of ["2024-01-01", "2026-07-01"]) {
    test(`compatibility date ${compatibilityDate}`, async (t) => {
      const { Miniflare } = await import("miniflare");
      // As wrangler bundles a Worker: the wasm stays a module of its own.
      const { outputFiles } = await build({
        entryPoints: [join(project.folder, "worker.mjs")],
        bundle: true,
        write: false,
        format: "esm",
        conditions: ["workerd", "worker"],
        external: ["*.wasm"],
        logLevel: "error",
      });
      const wasm = readFileSync(
        join(project.folder, "node_modules/upstash-workflow-dlq/core.wasm"),
      );
      const worker = new Miniflare({
        modules: [
          { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
          { type: "CompiledWasm", path: "core.wasm", contents: wasm },
        ],
        compatibilityDate,
        bindings: credentials(),
      });
      t.after(() => worker.dispose());
      const response = await worker.dispatchFetch("http://worker.example/");
      assert.equal(response.status, 200, await response.clone().text());
      await assertLane(await response.json());

      // Two requests at once share no state: between them everything is resumed once.
      await emulator.reset();
      await emulator.seed(ENTRIES);
      const both = await Promise.all(
        [1, 2].map(async () => (await worker.dispatchFetch("http://worker.example/")).json()),
      );
      const audit = await emulator.audit({ summary: true });
      assert.equal(both[0].summary.resumed + both[1].summary.resumed, ENTRIES);
      assert.equal(audit.resumed, ENTRIES);
      assert.deepEqual(audit.resumedTwice, []);
    });
  }

  test("bundled by a framework, as for a browser: the line to add is named", async (t) => {
    const { Miniflare } = await import("miniflare");
    const { outputFiles } = await build({
      stdin: {
        contents: `import { Client } from "upstash-workflow-dlq";
export default { fetch: async (request, env) => {
  try { return Response.json(await Client.fromEnv(env).dlq.list()); }
  catch ({ code, message }) { return Response.json({ code, message }); }
} };`,
        resolveDir: project.folder,
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      logLevel: "error",
    });
    const worker = new Miniflare({
      modules: [{ type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text }],
      compatibilityDate: "2026-07-01",
      bindings: credentials(),
    });
    t.after(() => worker.dispose());
    const error = await (await worker.dispatchFetch("http://worker.example/")).json();
    assert.equal(error.code, "wasm_unavailable");
    assert.match(error.message, /serverExternalPackages: \["upstash-workflow-dlq"\]/);
    assert.doesNotMatch(error.message, /Content-Security-Policy/);
  });
});

describe("the tarball", () => {
  test("holds what it should, and nothing else", () => {
    assert.deepEqual(project.files, FILES);
  });

  test("names no folder of this machine", () => {
    for (const file of project.files) {
      const text = readFileSync(
        join(project.folder, "node_modules/upstash-workflow-dlq", file),
        "latin1",
      );
      for (const folder of [ROOT, homedir()]) assert.ok(!text.includes(folder), file);
    }
  });

  test("the types are complete for TypeScript's own resolution", async () => {
    const source = `import { Client } from "upstash-workflow-dlq";
import { init } from "upstash-workflow-dlq/slim";
export const client: Client = new Client({ token: "t" });
export const ready: Promise<void> = init(new Uint8Array());
`;
    writeFileSync(join(project.folder, "use.mts"), source);
    writeFileSync(
      join(project.folder, "use.cts"),
      `import dlq = require("upstash-workflow-dlq");
export const client: dlq.Client = new dlq.Client({ token: "t" });
`,
    );
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const child = spawn(
      process.execPath,
      [tsc, "--noEmit", "--strict", "--module", "nodenext", "--types", "", "use.mts", "use.cts"],
      { cwd: project.folder, stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.on("data", (text) => {
      output += text;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0, output);
  });
});
