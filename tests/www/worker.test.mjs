// The admin app's Worker: who may come in, and what the gateway lets through.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { badAssertions, EMAIL, startAccess } from "./access.mjs";
import { ADMIN_TOKEN, caller, emptyPage, world } from "./world.mjs";

const bodyOf = async (response) => [response.status, (await response.json()).error?.code];

describe("what is not set up", { concurrency: true }, () => {
  const tables = [
    ["no token of the service", { QSTASH_TOKEN: "" }, /QSTASH_TOKEN/],
    ["nothing to sign in with", { ADMIN_TOKEN: "" }, /ADMIN_TOKEN.*CF_ACCESS_TEAM_DOMAIN/],
    ["an admin token that is too short", { ADMIN_TOKEN: "short" }, /20 characters/],
    ["a webhook in the clear", { WEBHOOK_URL: "http://chat.example/x" }, /WEBHOOK_URL.*https/],
    ["a webhook that is no address", { WEBHOOK_URL: "chat" }, /WEBHOOK_URL.*https/],
    ["half of Cloudflare Access", { CF_ACCESS_AUD: "x" }, /CF_ACCESS_TEAM_DOMAIN and/],
    ["a service in the clear", { QSTASH_URL: "http://0.0.0.0:1" }, /QSTASH_URL.*https/],
    ["a service without a scheme", { QSTASH_URL: "qstash.upstash.io" }, /QSTASH_URL.*https/],
    ["a query in its address", { QSTASH_URL: "https://q.example/?a=" }, /QSTASH_URL.*alone/],
    ["credentials in its address", { QSTASH_URL: "https://u:p@q.example" }, /QSTASH_URL.*alone/],
    ...["http://team.example", "team.example", "javascript:1"].map((team) => [
      `an Access team at ${team}`,
      { CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: "x" },
      /CF_ACCESS_TEAM_DOMAIN.*https/,
    ]),
  ];
  for (const [name, bindings, words] of tables) {
    test(name, async () => {
      const { call, close } = await world({ bindings });
      try {
        for (const route of ["/api/me", "/api/jobs", "/api/dlq/v2/workflows/dlq"]) {
          const response = await call(route);
          const { error } = await response.json();
          assert.deepEqual([response.status, error.code], [403, "not_configured"]);
          assert.match(error.message, words);
        }
      } finally {
        await close();
      }
    });
  }
});

describe("with an admin token", () => {
  let at;
  before(async () => {
    at = await world();
  });
  beforeEach(async () => {
    await at.emulator.reset();
    await at.emulator.seed(5);
  });
  after(() => at.close());

  test("everything of the API is refused without it, with a wrong one, and with the service's", async () => {
    const routes = ["/api/me", "/api/jobs", "/api/trail", "/api/dlq/v2/workflows/dlq"];
    for (const token of ["", "wrong-token-wrong-token-wrong", at.emulator.token]) {
      const stranger = caller(() => at.admin.url, token);
      for (const route of routes) {
        assert.deepEqual(await bodyOf(await stranger.call(route)), [401, "unauthorized"], route);
      }
      const order = {
        id: crypto.randomUUID(),
        name: "x",
        operation: "resume",
        selection: { all: true },
      };
      assert.deepEqual(await bodyOf(await stranger.post("/api/jobs", order)), [
        401,
        "unauthorized",
      ]);
      assert.equal((await stranger.call("/api/session", { method: "POST" })).status, 401);
    }
    assert.equal((await at.emulator.audit({ summary: true })).resumed, 0);
  });

  test("a session stands for it: a cookie that no script can read", async () => {
    const begun = await at.call("/api/session", { method: "POST" });
    assert.equal(begun.status, 204);
    const cookie = begun.headers.get("set-cookie");
    assert.match(cookie, /^dlq-session=.*; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.ok(!cookie.includes(ADMIN_TOKEN));
    const own = caller(() => at.admin.url, "");
    const headers = { cookie: cookie.split(";")[0] };
    assert.equal((await own.call("/api/me", { headers })).status, 200);
    const forged = { cookie: headers.cookie.replace(/\.1(?=\d+\.)/, ".2") };
    assert.notEqual(forged.cookie, headers.cookie);
    assert.equal((await own.call("/api/me", { headers: forged })).status, 401, "a later end");
  });

  test("over https its cookie is the Worker's host's alone; over http it is refused", async () => {
    const far = (address, init) =>
      at.admin.fetch(address, { redirect: "manual", ...init, headers: init?.headers });
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const begin = { method: "POST", headers };
    const begun = await far("https://admin.example/api/session", begin);
    assert.equal(begun.status, 204);
    const cookie = begun.headers.get("set-cookie");
    assert.match(
      cookie,
      /^__Host-dlq-session=.*; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    const [pair] = cookie.split(";");
    const me = (value) => far("https://admin.example/api/me", { headers: { cookie: value } });
    assert.equal((await me(pair)).status, 200);
    assert.equal((await me(pair.replace("__Host-", ""))).status, 401, "one that a sibling may set");

    for (const [route, init] of [
      ["session", begin],
      ["me", { headers }],
      ["me", { headers: { cookie: pair } }],
    ]) {
      const refused = await far(`http://admin.example/api/${route}`, init);
      assert.equal(refused.headers.get("set-cookie"), null);
      assert.deepEqual(await bodyOf(refused), [403, "insecure"]);
    }
    const page = await far("http://admin.example/?view=jobs");
    assert.equal(page.status, 308);
    assert.equal(page.headers.get("location"), "https://admin.example/?view=jobs");
    for (const host of ["localhost", "127.0.0.2:8787", "[::1]:8787"]) {
      assert.equal((await far(`http://${host}/api/me`, { headers })).status, 200, host);
    }
  });

  test("signing out ends the session everywhere: its cookie, and its streams", async () => {
    await at.emulator.config({ latencyMs: 50 });
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { pageSize: 1, maxRunsPerSecond: 1 },
    });
    const begun = await at.call("/api/session", { method: "POST" });
    const headers = { cookie: begun.headers.get("set-cookie").split(";")[0] };
    const own = caller(() => at.admin.url, "");
    const watched = await own.call(`/api/jobs/${id}/events`, { headers });
    assert.equal(watched.status, 200);
    const stays = await at.call(`/api/jobs/${id}/events`);
    const ended = await own.call("/api/session", {
      method: "DELETE",
      headers: { ...headers, origin: at.admin.url },
    });
    assert.equal(ended.status, 204);
    assert.match(ended.headers.get("set-cookie"), /^dlq-session=; .*Max-Age=0/);
    assert.equal((await own.call("/api/me", { headers })).status, 401);
    await at.post(`/api/jobs/${id}/pause`);
    const began = Date.now();
    for await (const _ of watched.body);
    // It checks every ten seconds; nothing else would end it.
    assert.ok(Date.now() - began < 30_000, "within its next check");
    const reader = stays.body.getReader();
    const isOpen = async () => !(await reader.read()).done;
    assert.ok(await isOpen(), "the token's own stream continues");
    await reader.cancel();
    await at.post(`/api/jobs/${id}/cancel`);
  });

  test("wrong tokens are throttled, by address; there the right one has to wait as well", async () => {
    const from = (address, token) =>
      at.call("/api/me", {
        headers: { "cf-connecting-ip": address, authorization: `Bearer ${token}` },
      });
    const guesses = await Promise.all(
      Array.from({ length: 300 }, (_, n) => from("2001:db8::1", `a-guess-of-a-token-${n}`)),
    );
    const refused = guesses.filter(({ status }) => status === 429);
    assert.equal(refused.length, 290);
    assert.ok(Number(refused[0].headers.get("retry-after")) <= 60);
    assert.equal((await from("2001:db8::1", ADMIN_TOKEN)).status, 429);
    assert.equal((await from("2001:db8:0:0:f::2", ADMIN_TOKEN)).status, 429, "the same network");
    assert.equal((await from("2001:db8:0:1::1", ADMIN_TOKEN)).status, 200, "another");
    assert.equal((await from("192.0.2.1", ADMIN_TOKEN)).status, 200);
  });

  test("a session acts for the Worker's own page alone", async () => {
    const begun = await at.call("/api/session", { method: "POST" });
    const cookie = begun.headers.get("set-cookie").split(";")[0];
    const own = caller(() => at.admin.url, "");
    const attempts = [
      ["another origin", { origin: "https://evil.example" }, 403],
      ["an origin that is hidden", { origin: "null" }, 403],
      ["another port", { origin: "http://127.0.0.1:1" }, 403],
      ["another site, by the browser's word", { "sec-fetch-site": "cross-site" }, 403],
      ["the same site, another host", { "sec-fetch-site": "same-site" }, 403],
      ["no origin at all", {}, 403],
      ["the page", { origin: at.admin.url }, 201],
      ["the page, by the browser's word", { "sec-fetch-site": "same-origin" }, 201],
    ];
    for (const [name, headers, status] of attempts) {
      const order = {
        id: crypto.randomUUID(),
        name: "x",
        operation: "resume",
        selection: { dlqIds: ["17-0"] },
      };
      const response = await own.call("/api/jobs", {
        method: "POST",
        headers: { cookie, "content-type": "application/json", ...headers },
        body: JSON.stringify(order),
      });
      assert.equal(response.status, status, name);
      if (status === 403) {
        const read = await own.call("/api/jobs", { headers: { cookie, ...headers } });
        const mayLook = name === "no origin at all" ? 200 : 403;
        assert.equal(read.status, mayLook, `${name}, to look`);
      }
    }
  });

  test("the gateway lists and gets, with filters, and hands through errors and limits", async () => {
    const { messages } = await at.json("/api/dlq/v2/workflows/dlq?count=2");
    assert.equal(messages.length, 2);
    const { dlqId } = messages[0];
    assert.equal((await at.json(`/api/dlq/v2/workflows/dlq/${dlqId}`)).dlqId, dlqId);
    assert.equal((await at.json("/api/dlq/v2/dlq?source=workflow")).messages.length, 5);
    assert.equal((await at.json("/api/dlq/v2/workflows/dlq?label=none")).messages.length, 0);
    assert.equal((await at.call("/api/dlq/v2/workflows/dlq/17-0")).status, 404);
    assert.equal((await at.call("/api/dlq/v2/workflows/dlq?cursor=none")).status, 400);
    await at.emulator.config({ burst: { limit: 1, windowMs: 60_000 } });
    await at.call("/api/dlq/v2/workflows/dlq");
    const limited = await at.call("/api/dlq/v2/workflows/dlq");
    assert.equal(limited.status, 429);
    assert.equal(limited.headers.get("burst-ratelimit-limit"), "1");
  });

  test("the gateway lets nothing else through", async () => {
    const refused = [
      ["GET", "/api/dlq/v2/workflows/runs/wfr_1", 404],
      ["GET", "/api/dlq/v2/messages", 404],
      ["GET", "/api/dlq/v2/workflows/dlq/../runs", 404],
      ["GET", "/api/dlq/v2/workflows/dlq/%2e%2e/runs", 404],
      ["GET", "/api/dlq/v2/workflows/dlq/a%2Fb", 404],
      ["GET", "/api/dlq/v2/workflows/dlq/a%252Fb", 404],
      ["GET", "/api/dlq/v2/workflows/dlq/%252e%252e", 404],
      ["GET", "/api/dlq//evil.example/v2/dlq", 404],
      ["GET", "/api/dlqx/v2/dlq", 404],
      ["POST", "/api/dlq/v2/workflows/dlq/resume", 405],
      ["POST", "/api/dlq/v2/workflows/dlq", 405],
      ["DELETE", "/api/dlq/v2/workflows/dlq", 405],
      ["GET", `/api/dlq/v2/workflows/dlq?label=${"x".repeat(9_000)}`, 414],
      ["GET", "/api/secrets", 404],
      ["POST", "/api/trail/x/y/z", 404],
      ["GET", "/api/dlq/v2/workflows/logs/x", 404],
      ["DELETE", "/api/dlq/v2/dlq", 405],
    ];
    for (const [method, route, status] of refused) {
      assert.equal((await at.call(route, { method })).status, status, `${method} ${route}`);
    }
    const { requests } = await at.emulator.requests();
    assert.deepEqual(requests, [], "nothing of it came to the service");
  });

  test("what is asked is of workflows alone, whatever the query says", async () => {
    const table = [
      ["/v2/dlq?source=all&count=1", "/v2/dlq?source=workflow&count=1"],
      ["/v2/workflows/logs?count=1", "/v2/workflows/logs?count=1"],
      ["/v2/workflows/events?groupBy=x", "/v2/workflows/events?groupBy=workflowRunId"],
      // Escapes that a path may be written with do not reach the service.
      ["/v2/%64lq?count=1", "/v2/dlq?count=1&source=workflow"],
      ["/v2/workflows/%64lq/%61-1", "/v2/workflows/dlq/a-1"],
      // The package writes a colon as it is, `encodeURIComponent` as an escape.
      ["/v2/workflows/dlq/a:1", "/v2/workflows/dlq/a:1"],
      ["/v2/workflows/dlq/b%3A1", "/v2/workflows/dlq/b:1"],
    ];
    for (const [asked, sent] of table) {
      await at.call(`/api/dlq${asked}`);
      const { requests } = await at.emulator.requests();
      assert.equal(requests.at(-1).path, sent);
    }
  });

  test("a token in the query goes no further", async () => {
    await at.call(`/api/dlq/v2/workflows/dlq?qstash_token=${at.emulator.token}&count=1`);
    const { tokenInUrl, requests } = await at.emulator.requests();
    assert.equal(tokenInUrl, 0);
    assert.equal(requests[0].path.endsWith("?count=1"), true, requests[0].path);
  });

  test("a redirect of the service is not followed", async () => {
    await at.emulator.config({ redirect: { to: "https://evil.example", status: 307 } });
    assert.deepEqual(await bodyOf(await at.call("/api/dlq/v2/workflows/dlq")), [502, "redirect"]);
  });

  test("the service's refusal of the Worker's token is not the page's sign-in", async () => {
    const rule = { action: { type: "status", status: 401, body: { error: "unauthorized" } } };
    await at.emulator.faults([rule]);
    const answer = await bodyOf(await at.call("/api/dlq/v2/workflows/dlq"));
    assert.deepEqual(answer, [424, "service_refused"]);
  });

  test("orders that are too large, no JSON, or not of JSON's type", async () => {
    const send = (body, type = "application/json") =>
      at.call("/api/jobs", { method: "POST", headers: { "content-type": type }, body });
    assert.equal((await send("{")).status, 400);
    assert.equal((await send("{}", "text/plain")).status, 415);
    assert.equal((await send(`"${"x".repeat(1_600_000)}"`)).status, 413);
    // Its length is not known before.
    let chunks = 40;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(100_000).fill(0x20));
        chunks -= 1;
        if (chunks === 0) controller.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const long = await at.call("/api/jobs", { method: "POST", headers, body, duplex: "half" });
    assert.equal(long.status, 413);
  });

  test("every answer's headers: the page's policy, nothing is stored, nothing is guessed", async () => {
    const page = await at.call("/");
    const policy = page.headers.get("content-security-policy");
    for (const part of [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.split(/; ?/).includes(part), part);
    }
    const answers = [await at.call("/api/me"), await at.call("/api/none")];
    for (const response of answers) {
      const parts = response.headers.get("content-security-policy").split(/; ?/);
      assert.deepEqual(parts.map((part) => part.trim()).sort(), [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "sandbox",
      ]);
    }
    for (const response of [page, ...answers]) {
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    }
    assert.equal((await at.call("/api/me")).headers.get("cache-control"), "no-store");
  });
});

describe("with Cloudflare Access", () => {
  let at;
  let access;
  before(async () => {
    access = await startAccess();
    at = await world({ bindings: { ADMIN_TOKEN: "", ...access.bindings } });
  });
  after(async () => {
    await at.close();
    access.close();
  });
  const me = async (token) => {
    const headers = token && { "cf-access-jwt-assertion": token };
    const response = await fetch(`${at.admin.url}/api/me`, { headers });
    return [response.status, (await response.json()).who];
  };

  test("whose assertion holds is known by name", async () => {
    assert.deepEqual(await me(await access.assertion()), [200, EMAIL]);
  });
  test("others are refused", async () => {
    const wrong = { none: undefined, ...(await badAssertions(access.assertion)) };
    for (const [name, token] of Object.entries(wrong)) {
      assert.deepEqual(await me(token), [401, undefined], name);
    }
  });
  test("a token is no way in where there is none", async () => {
    const headers = { authorization: "Bearer " };
    assert.equal((await fetch(`${at.admin.url}/api/me`, { headers })).status, 401);
    const cookie = { cookie: "dlq-session=x.99999999999999.AAAA" };
    assert.equal((await fetch(`${at.admin.url}/api/me`, { headers: cookie })).status, 401);
  });
});

test("only what is needed of the page's folder is served", async () => {
  const { folder, remove } = emptyPage();
  const { call, close } = await world({ page: folder });
  try {
    assert.equal((await call("/")).status, 200);
    for (const route of ["/nothing", "/.env", "/../package.json"]) {
      assert.equal((await call(route)).status, 404, route);
    }
  } finally {
    await close();
    remove();
  }
});
