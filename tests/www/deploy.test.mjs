// What `npx wrangler deploy` would upload, by the checked-in configuration.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { path } from "../../scripts/lib/run.mjs";
import { tools } from "../package/lanes/support.mjs";
import { ends } from "../support/lane.mjs";

test("wrangler deploys it: the Worker, the wasm as a module, the page, both classes", async () => {
  const { file } = await tools("wrangler");
  // wrangler needs a later Node than this package does. Its own: the lanes' runtimes are 700 MB.
  const node = file("node24/bin/node");
  const out = mkdtempSync(join(tmpdir(), "dlq-deploy-"));
  try {
    const args = [file("wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", out];
    const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "1" };
    const { stdout } = await ends(node, args, { cwd: path("www"), env });
    for (const binding of [
      ...["env.JOBS (Job)", "env.REGISTER (Register)", "env.SESSIONS (Sessions)", "env.ASSETS"],
    ]) {
      assert.ok(stdout.includes(binding), `${binding}: ${stdout}`);
    }
    const wasm = readdirSync(out).filter((name) => name.endsWith("core.wasm"));
    assert.equal(wasm.length, 1);
    assert.ok(readFileSync(join(out, wasm[0])).equals(readFileSync(path("pkg/core.wasm"))));
    const worker = readFileSync(join(out, "index.js"), "utf8");
    assert.ok(worker.includes(wasm[0]));
    assert.match(worker, /export \{[^}]*\bJob\b[^}]*\bRegister\b/);
    assert.deepEqual(readdirSync(path("www/dist/page")).sort(), [
      "core.wasm",
      "icon.svg",
      "index.html",
      "main.js",
      "style.css",
    ]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
