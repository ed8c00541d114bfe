// The code in the documents compiles against the built package, and what can be run does its work.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { build, transform } from "esbuild";
import { required } from "../../scripts/lib/required.mjs";
import { path, run } from "../../scripts/lib/run.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { startEmulator } from "../support/emulator.mjs";
import { serveFolder } from "../support/static.mjs";
import { extractCommands, extractSnippets } from "./snippets.mjs";

const { Miniflare } = required("miniflare");

const SEED = {
  count: 250,
  workflowUrls: ["https://app.example.com/api/order"],
  labels: ["nightly"],
};
const snippets = extractSnippets();
const of = (kind) => snippets.filter((one) => one.kind === kind);

test("they compile", async () => {
  assert.ok(snippets.length >= 10, `${snippets.length} snippets`);
  const config = path("target/snippets/tsconfig.json");
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    lib: ["ES2024", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node"],
    strict: true,
    // A Worker's env has no type in JavaScript.
    noImplicitAny: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: snippets.map((s) => s.file) }));
  const { code, output } = await run(path("node_modules/.bin/tsc"), ["-p", config]);
  assert.equal(code, 0, output);
});

describe("they run", () => {
  let emulator;
  let env;
  before(async () => {
    emulator = await startEmulator();
    env = { QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  });
  beforeEach(async () => {
    await emulator.reset();
    await emulator.seed(SEED);
  });
  after(() => emulator.close());

  const assertResumed = async () => {
    const audit = await emulator.audit({ summary: true });
    assert.ok(audit.resumed > 0, "something is resumed");
    assert.deepEqual(audit.takenTwice, []);
  };

  for (const { place, file, code } of of("program")) {
    test(`${place}, in Node`, async () => {
      const runnable = file.replace(/\.mts$/, ".mjs");
      // Node 20 does not read types.
      if (runnable !== file) {
        writeFileSync(runnable, (await transform(code, { loader: "ts" })).code);
      }
      const { code: exit, output } = await run(process.execPath, [runnable], { env });
      assert.equal(exit, 0, output);
      assert.ok(!output.includes(emulator.token));
      await assertResumed();
    });
  }

  /** The Worker of a file in workerd, bundled as wrangler does it. */
  const workerOf = async (t, file, options) => {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd", "worker"],
      external: ["*.wasm"],
      logLevel: "error",
    });
    const wasm = readFileSync(path("pkg/core.wasm"));
    const miniflare = new Miniflare({
      modules: [
        { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
        { type: "CompiledWasm", path: "core.wasm", contents: wasm },
      ],
      compatibilityDate: "2026-07-01",
      bindings: env,
      ...options,
    });
    t.after(() => miniflare.dispose());
    return miniflare;
  };

  for (const { place, file } of of("worker")) {
    test(`${place}, in workerd`, async (t) => {
      const secret = "a-secret-for-the-tests";
      const ask = async (ADMIN_SECRET, authorization) => {
        const miniflare = await workerOf(t, file, {
          bindings: { ...env, ...(ADMIN_SECRET && { ADMIN_SECRET }) },
        });
        const headers = { ...(authorization && { authorization }) };
        return await miniflare.dispatchFetch("http://worker.example/", { headers });
      };
      for (const [set, given] of [
        [undefined, "Bearer undefined"],
        [secret, undefined],
        [secret, `Bearer ${secret}!`],
      ]) {
        assert.equal((await ask(set, given)).status, 401, given);
      }
      const response = await ask(secret, `Bearer ${secret}`);
      assert.equal(response.status, 200);
      assert.equal((await response.json()).count, SEED.count);
    });
  }

  for (const { place, file } of of("cron")) {
    test(`${place}, in workerd`, async (t) => {
      const miniflare = await workerOf(t, file, { kvNamespaces: ["KV"] });
      const at = Date.parse("2026-01-31T03:00:00Z");
      const minute = async (n) => {
        const worker = await miniflare.getWorker();
        return await worker.scheduled({
          cron: "* 3 * * *",
          scheduledTime: new Date(at + n * 60_000),
        });
      };
      const kv = await miniflare.getKVNamespace("KV");
      const stored = async () => JSON.parse((await kv.get("dlq")) ?? "{}");
      // Two invocations: the second continues where the first had to stop.
      await emulator.config({ pageCap: 5 });
      assert.equal((await minute(0)).outcome, "ok");
      assert.equal(typeof (await stored()).checkpoint, "string");
      // A slice that the service refuses keeps its checkpoint.
      await emulator.faults([{ match: { method: "POST" }, nth: 2, times: 1, action: 401 }]);
      assert.equal((await minute(1)).outcome, "exception");
      assert.equal(typeof (await stored()).checkpoint, "string");
      assert.equal((await minute(2)).outcome, "ok");
      assert.equal((await stored()).checkpoint, undefined);
      // What fails later in the night is left, and taken the next night.
      await emulator.seed({ count: 3 });
      assert.equal((await minute(3)).outcome, "ok");
      assert.equal((await emulator.audit({ summary: true })).remaining, 3);
      assert.equal((await minute(24 * 60)).outcome, "ok");
      await assertResumed();
      assert.equal((await emulator.audit({ summary: true })).remaining, 0);
      // A drive that one night left is finished the next, and then that night's own begins.
      await emulator.seed({ count: 250 });
      assert.equal((await minute(48 * 60)).outcome, "ok");
      assert.equal(typeof (await stored()).checkpoint, "string");
      await emulator.seed({ count: 3, from: Date.now(), to: Date.now() + 1 });
      assert.equal((await minute(72 * 60)).outcome, "ok");
      assert.equal((await stored()).checkpoint, undefined);
      assert.equal((await minute(72 * 60 + 1)).outcome, "ok");
      assert.equal((await emulator.audit({ summary: true })).remaining, 0);
    });
  }

  test("the pages, in Chromium", async (t) => {
    const imports = {
      "upstash-workflow-dlq": "/inline.js",
      "upstash-workflow-dlq/slim": "/slim.js",
      "upstash-workflow-dlq/read": "/read.js",
    };
    const map = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script><body>`;
    const pages = Object.fromEntries(
      of("page").map(({ html }, i) => [`/page/${i}`, { body: map + html }]),
    );
    const server = await serveFolder(path("pkg"), pages);
    t.after(() => server.close());
    const browser = await launchChromium();
    t.after(() => browser.close());
    for (const [i, { place, code }] of of("page").entries()) {
      await emulator.reset();
      await emulator.seed(SEED);
      const page = await browser.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(error));
      // The gateway that they speak of.
      await page.route(/\/dlq\/v2\//, (route) => {
        const request = route.request();
        const url = request.url().replace(/^.*\/dlq(?=\/v2\/)/, emulator.url);
        const headers = { ...request.headers(), authorization: `Bearer ${emulator.token}` };
        return route.fetch({ url, headers }).then((response) => route.fulfill({ response }));
      });
      await page.goto(`${server.origin}/page/${i}`, { waitUntil: "networkidle" });
      assert.deepEqual(errors, [], place);
      if (code.includes("resumePages")) {
        await page.waitForFunction(() => document.body.innerText.includes("250"));
        await assertResumed();
      }
      await page.close();
    }
  });

  for (const { place, line } of extractCommands()) {
    test(`${place}: ${line}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "dlq-docs-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const program = path("pkg/cli/main.js");
      const npx = 'npx() { shift; "$NODE" "$PROGRAM" "$@"; }';
      const sh = (command) =>
        run("sh", ["-c", `${npx}\n${command}`], {
          cwd: folder,
          env: { ...env, NODE: process.execPath, PROGRAM: program },
        });
      const { dlqIds } = await emulator.seed({ count: 3, ids: true });
      writeFileSync(join(folder, "ids.txt"), dlqIds.join("\n"));
      // What only goes on needs something to go on from, and does not ask.
      const goesOn = /^npx \S+ \w+ --checkpoint (\S+)$/.exec(line);
      if (goesOn) {
        const begin = `npx x resume --all --yes --max-requests 2 --checkpoint ${goesOn[1]}`;
        assert.equal((await sh(begin)).code, 3);
      }
      const asks = /^npx \S+ (resume|restart|delete)/.test(line) && !/--yes/.test(line) && !goesOn;
      const { code, output } = await sh(asks ? `${line} --dry-run` : line);
      assert.equal(code, 0, output);
      if (asks) assert.match(output, /nothing was done \(--dry-run\)/);
    });
  }

  test("the documents show how to look, begin and go on", () => {
    const lines = extractCommands().map(({ line }) => line);
    for (const word of ["preview", "resume --all", "resume --checkpoint", "resume --yes -"]) {
      assert.ok(
        lines.some((line) => line.includes(word)),
        word,
      );
    }
  });
});
