// The admin page in Chromium, with its gateway between it and the service.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { build } from "esbuild";
import { gateway } from "../../../examples/browser-gateway/gateway.js";
import { path } from "../../../scripts/lib/run.mjs";
import { launchChromium } from "../../support/chromium.mjs";
import { assertResumedOnce, seeded } from "./setup.mjs";

const ENTRIES = 250;
const LOGIN = { username: "ann", password: "correct horse" };

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
  const browser = await launchChromium();
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

/** Asks the gateway as a page of its own origin would. */
function asking(env) {
  const { username, password } = LOGIN;
  return (
    method,
    url,
    { login = `${username}:${password}`, site = "same-origin", ...more } = {},
  ) => {
    const headers = { authorization: `Basic ${btoa(login)}`, "sec-fetch-site": site, ...more };
    return gateway(new Request(`https://app.example${url}`, { method, headers }), env);
  };
}

test("lets nobody else and no other path through", async (t) => {
  const { emulator, env } = await world(t);
  const request = asking(env);
  const ask = async (url, options) => (await request("POST", url, options)).status;
  const resume = "/dlq/v2/workflows/dlq/resume";
  assert.equal(await ask(resume, { login: "ann:wrong" }), 401);
  assert.equal(await ask(resume, { site: "cross-site" }), 403);
  for (const url of [
    "/dlq/v2/publish/https://evil.example",
    "/dlq/v2/workflows/runs",
    "/dlq/v2/workflows/dlq/../runs",
    "/dlq/v2/workflows/dlq/",
    "/dlq/v2/workflows/dlq/%2e%2e/runs",
    "/dlq/v2/workflows/dlq/callback",
    "/dlq/v2/dlq/1-0",
    "/dlq@evil.example/v2/dlq",
    "/other/v2/workflows/dlq/resume",
  ]) {
    assert.equal(await ask(url), 404, url);
  }
  assert.equal((await emulator.requests()).total, 0);
  assert.equal(await ask(`${resume}?count=100`), 200, "and what may pass does");
  await assertResumedOnce(emulator, 100);
});

test("each path takes its own methods alone", async (t) => {
  const { emulator, env } = await world(t);
  const request = asking(env);
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  const allowed = {
    // Without source=workflow a DELETE here would be of QStash's own dead letters.
    "/v2/dlq": ["GET"],
    "/v2/workflows/dlq": ["GET", "DELETE"],
    "/v2/workflows/dlq/1-0": ["GET", "DELETE"],
    "/v2/workflows/dlq/resume": ["POST"],
    "/v2/workflows/dlq/resume/1-0": ["POST"],
    "/v2/workflows/dlq/restart/1-0": ["POST"],
    "/v2/workflows/dlq/callback/1-0": ["POST", "DELETE"],
    "/v2/workflows/logs": ["GET"],
    "/v2/workflows/events": ["GET"],
  };
  for (const [path, verbs] of Object.entries(allowed)) {
    for (const method of methods.filter((verb) => !verbs.includes(verb))) {
      const response = await request(method, `/dlq${path}`);
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), verbs.join(", "));
    }
  }
  assert.equal((await emulator.requests()).total, 0);
  for (const [path, verbs] of Object.entries(allowed)) {
    for (const method of verbs) {
      const { status } = await request(method, `/dlq${path}`);
      assert.notEqual(status, 405, `${method} ${path}`);
    }
  }
  // By themselves these two are of all messages.
  const { requests } = await emulator.requests();
  const asked = requests.map((one) => one.path).filter((one) => /\/(v2\/dlq|events)\b/.test(one));
  assert.deepEqual(asked.sort(), [
    "/v2/dlq?source=workflow",
    "/v2/workflows/events?groupBy=workflowRunId",
  ]);
});

test("forwards the seven overrides, and nothing else that the page sends", async (t) => {
  const { emulator, env } = await world(t);
  const overrides = {
    "upstash-retries": "3",
    "upstash-delay": "10s",
    "upstash-retry-delay": "1000",
    "upstash-flow-control-key": "repair",
    "upstash-flow-control-value": "rate=5",
    "upstash-label": "night",
    "upstash-failure-callback": "https://app.example/failed",
  };
  const refused = {
    "upstash-forward-authorization": "Bearer of the page",
    "upstash-callback": "https://evil.example",
    cookie: "session=1",
    "x-forwarded-for": "10.0.0.1",
  };
  const response = await asking(env)(
    "POST",
    "/dlq/v2/workflows/dlq/resume?count=1&qstash_token=another",
    { ...overrides, ...refused },
  );
  assert.equal(response.status, 200);
  const { requests } = await emulator.requests();
  const [{ headers, query = "", path: target = "" }] = requests;
  for (const [name, value] of Object.entries(overrides)) assert.equal(headers[name], value, name);
  for (const name of Object.keys(refused)) assert.equal(headers[name], undefined, name);
  // The emulator took the request, so the token it had was the gateway's.
  assert.ok(!`${target}${JSON.stringify(query)}`.includes("qstash_token"));
});

test("lists workflow entries alone, and says what its answers are", async (t) => {
  const { emulator, env } = await world(t);
  const response = await asking(env)("GET", "/dlq/v2/dlq?source=qstash&count=1");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  const { requests } = await emulator.requests();
  assert.match(JSON.stringify(requests[0]), /source=workflow|"source":"workflow"/);
  assert.doesNotMatch(JSON.stringify(requests[0]), /source=qstash/);
});
