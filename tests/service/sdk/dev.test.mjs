// With `--dev`, apps and SDKs that know nothing but QSTASH_DEV=true work against the emulator unchanged.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startEmulator } from "../../support/emulator.mjs";

const APP = fileURLToPath(new URL("programs/dev-app.mjs", import.meta.url));

test("an app with QSTASH_DEV=true and no other setting", async (t) => {
  const emulator = await startEmulator({ dev: true });
  t.after(() => emulator.close());
  const env = { ...process.env, QSTASH_DEV: "true", QSTASH_DEV_PORT: new URL(emulator.url).port };
  for (const name of Object.keys(env))
    if (/^QSTASH_(URL|TOKEN|CURRENT|NEXT)/.test(name)) delete env[name];
  const app = spawn(process.execPath, [APP], { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  app.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const [code] = await once(app, "exit");
  assert.equal(code, 0, output);
  assert.match(output, /^unsigned: (401|500)$/m, "what is not signed is refused");
  const [run] = await emulator.runs();
  assert.deepEqual([run.state, run.result], ["RUN_SUCCESS", "HELLO"]);
});

test("a port that is taken by another server is no dev server", async (t) => {
  const other = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  await assert.rejects(startEmulator({ port: other.address().port }), /ended with code 1/);
});
