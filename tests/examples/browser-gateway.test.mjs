// The admin page in Chromium, with its gateway between it and the service.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { gateway } from "../../examples/browser-gateway/gateway.js";
import { path } from "../../scripts/lib/run.mjs";
import { ensureChromium } from "../../scripts/setup.mjs";
import { assertResumedOnce, seeded } from "./setup.mjs";

const ENTRIES = 250;
const LOGIN = { username: "ann", password: "correct horse" };
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
];

const folder = (name) => path("examples/browser-gateway", name);

/** The page, its bundle and the gateway at one origin, under the policy that the page names. */
async function site(t, env) {
  const { outputFiles } = await build({
    entryPoints: [folder("page.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "error",
  });
  const html = readFileSync(folder("index.html"), "utf8");
  const policy = /Content-Security-Policy: (.*) -->/.exec(html)[1];
  const files = {
    "/": { type: "text/html", body: html },
    "/page.js": { type: "text/javascript", body: outputFiles[0].text },
  };
  const server = createServer(async (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const file = files[url];
    if (file) {
      const head = { "content-type": file.type, "content-security-policy": policy };
      outgoing.writeHead(200, head).end(file.body);
      return;
    }
    const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const answer = await gateway(new Request(`${origin}${url}`, { method, headers: pairs }), env);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return origin;
}

async function world(t) {
  const { emulator, credentials } = await seeded(t, ENTRIES, {
    responseBodies: ['{"message":"<img src=x onerror=alert(1)>"}', '{"message":"timeout"}'],
  });
  const env = { ...credentials, ADMIN_USER: LOGIN.username, ADMIN_PASSWORD: LOGIN.password };
  return { emulator, env };
}

test("shows what failed and resumes it; the token stays with the gateway", async (t) => {
  const { emulator, env } = await world(t);
  const origin = await site(t, env);
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: FLAGS });
  t.after(() => browser.close());
  const page = await browser.newPage({ httpCredentials: LOGIN });
  const said = [];
  const seen = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("response", async (response) => {
    const headers = await response.request().allHeaders();
    seen.push(response.url(), JSON.stringify(headers), JSON.stringify(response.headers()));
  });
  await page.goto(origin);
  await page.getByText(`${ENTRIES} failed`).waitFor();
  const listed = await page.locator("#errors li").allTextContents();
  assert.deepEqual(listed.sort(), ["125 × <img src=x onerror=alert(1)>", "125 × timeout"]);
  await page.getByRole("button").click();
  await page.getByText(`${ENTRIES} of ${ENTRIES} resumed, done`).waitFor();
  // Chromium reports the challenge of the sign-in itself.
  assert.deepEqual(
    said.filter((line) => !line.includes("401")),
    [],
  );
  assert.ok(seen.length > 0 && !seen.join().includes(emulator.token));
  await assertResumedOnce(emulator, ENTRIES);
});

test("lets nobody else and nothing else through", async (t) => {
  const { emulator, env } = await world(t);
  const { username, password } = LOGIN;
  const ask = async (url, { login = `${username}:${password}`, site = "same-origin" } = {}) => {
    const headers = { authorization: `Basic ${btoa(login)}`, "sec-fetch-site": site };
    const request = new Request(`https://app.example${url}`, { method: "POST", headers });
    return (await gateway(request, env)).status;
  };
  const resume = "/dlq/v2/workflows/dlq/resume";
  assert.equal(await ask(resume, { login: "ann:wrong" }), 401);
  assert.equal(await ask(resume, { site: "cross-site" }), 403);
  for (const url of [
    "/dlq/v2/publish/https://evil.example",
    "/dlq/v2/workflows/runs",
    "/dlq/v2/workflows/dlq/../runs",
    "/dlq/v2/workflows/dlq/",
    "/dlq/v2/workflows/dlq/%2e%2e/runs",
    "/dlq@evil.example/v2/dlq",
    "/other/v2/workflows/dlq/resume",
  ]) {
    assert.equal(await ask(url), 404, url);
  }
  assert.equal((await emulator.requests()).total, 0);
  assert.equal(await ask(`${resume}?count=100`), 200, "and what may pass does");
  await assertResumedOnce(emulator, 100);
});
