// Who may do what: every route of the Worker, by every way to be signed in, from every origin.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { path } from "../../scripts/lib/run.mjs";
import { ROUTES } from "../../www/worker/routes.js";
import { badAssertions, startAccess } from "./access.mjs";
import { ADMIN_TOKEN, newAddress, world } from "./world.mjs";

const { serializeSigned } = await import(
  createRequire(path("www/package.json")).resolve("hono/utils/cookie")
);

const ID = "00000000-0000-4000-8000-000000000000";
const ANYBODY = ["access", "token", "session"];
/** What the API promises, apart from the Worker's own table. */
const PROMISED = [
  ["POST /session", ["token"]],
  ["DELETE /session", ["session"]],
  ["GET /me", ANYBODY],
  ["GET /dlq/v2/workflows/dlq", ANYBODY],
  ["GET /dlq/v2/workflows/dlq/17-0", ANYBODY],
  ["GET /dlq/v2/dlq", ANYBODY],
  ["GET /dlq/v2/workflows/logs", ANYBODY],
  ["GET /dlq/v2/workflows/events", ANYBODY],
  ["POST /jobs", ANYBODY],
  ["POST /jobs/check", ANYBODY],
  ["GET /jobs", ANYBODY],
  [`GET /jobs/${ID}`, ANYBODY],
  [`GET /jobs/${ID}/events`, ANYBODY],
  [`GET /jobs/${ID}/report`, ANYBODY],
  [`GET /jobs/${ID}/failed-again`, ANYBODY],
  [`POST /jobs/${ID}/pause`, ANYBODY],
  [`POST /jobs/${ID}/continue`, ANYBODY],
  [`POST /jobs/${ID}/cancel`, ANYBODY],
  ["GET /trail", ANYBODY],
];

let at;
let access;
before(async () => {
  access = await startAccess();
  at = await world({ bindings: access.bindings });
});
after(async () => {
  await at.close();
  access.close();
});

const call = (route, headers = {}, init = {}) => {
  const [method, where] = route.split(" ");
  return fetch(`${at.admin.url}/api${where}`, {
    method,
    headers: { "cf-connecting-ip": newAddress(), ...headers },
    ...init,
  });
};
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const signIn = async () => {
  const response = await call("POST /session", bearer(ADMIN_TOKEN));
  assert.equal(response.status, 204);
  return { cookie: response.headers.get("set-cookie").split(";")[0] };
};
const own = () => ({ origin: at.admin.url });
/** A session's cookie that is made here. */
const forged = async (until, token) => {
  const value = `${crypto.randomUUID()}.${until}`;
  return { cookie: await serializeSigned("dlq-session", value, `session ${token}`) };
};

/** Headers by their name, and the way that they are: none where nobody is signed in. */
async function ways() {
  const assertion = { "cf-access-jwt-assertion": await access.assertion() };
  const ended = await signIn();
  assert.equal((await call("DELETE /session", { ...ended, ...own() })).status, 204);
  const hour = 3_600_000;
  const nobody = {
    nobody: {},
    "a wrong token": bearer("a-wrong-token-that-is-long-enough"),
    "the service's token": bearer(at.emulator.token),
    "a session that was ended": ended,
    "a session whose time is over": await forged(Date.now() - 1, ADMIN_TOKEN),
    "a session of another token": await forged(Date.now() + hour, "another-admin-token-0123456789"),
    "no session": { cookie: "dlq-session=" },
    "a session that is nonsense": { cookie: "dlq-session=x.99999999999999.%%%" },
  };
  for (const [name, value] of Object.entries(await badAssertions(access.assertion))) {
    nobody[`an assertion: ${name}`] = { "cf-access-jwt-assertion": value };
  }
  return [
    ...Object.entries(nobody).map(([name, headers]) => ({ name, headers: () => headers })),
    { name: "the token", by: ["token"], headers: () => bearer(ADMIN_TOKEN) },
    { name: "a session", by: ["session"], headers: signIn },
    {
      name: "a session, and a wrong token",
      by: ["session"],
      fails: "token",
      headers: async () => ({
        ...bearer("a-wrong-token-that-is-long-enough"),
        ...(await signIn()),
      }),
    },
    {
      name: "a session behind other cookies of its name",
      by: ["session"],
      headers: async () => {
        const { cookie } = await signIn();
        return { cookie: `dlq-session=evil; ${cookie.replace(/=.*/, "=x.1.y")}; ${cookie}` };
      },
    },
    { name: "Access", by: ["access"], headers: () => assertion },
    {
      name: "Access, and a session",
      by: ["access", "session"],
      headers: async () => ({ ...assertion, ...(await signIn()) }),
    },
    {
      name: "Access, and the token",
      by: ["access", "token"],
      headers: () => ({ ...assertion, ...bearer(ADMIN_TOKEN) }),
    },
  ];
}

const ORIGINS = [
  { name: "the page", headers: own },
  { name: "the page, by the browser's word", headers: () => ({ "sec-fetch-site": "same-origin" }) },
  { name: "no origin", headers: () => ({}), unnamed: true },
  {
    name: "a link that is opened",
    headers: () => ({ "sec-fetch-site": "none" }),
    foreign: (method) => method !== "GET",
  },
  { name: "another origin", headers: () => ({ origin: "https://evil.example" }), foreign: true },
  { name: "a hidden origin", headers: () => ({ origin: "null" }), foreign: true },
  { name: "another port", headers: () => ({ origin: "http://127.0.0.1:1" }), foreign: true },
  { name: "another site", headers: () => ({ "sec-fetch-site": "cross-site" }), foreign: true },
  { name: "another host", headers: () => ({ "sec-fetch-site": "same-site" }), foreign: true },
];

/** What the guard has to say: 403, 401, or nothing. */
function expected(method, takes, { by = [], fails }, { foreign = false, unnamed = false }) {
  if (typeof foreign === "function" ? foreign(method) : foreign) return 403;
  if (takes.includes(fails)) return 401;
  // The way that counts is the first of those that the route takes.
  const way = ANYBODY.find((one) => by.includes(one) && takes.includes(one));
  if (way === undefined) return 401;
  return method !== "GET" && way !== "token" && unnamed ? 403 : undefined;
}

test("the routes are those that are promised", () => {
  const table = ROUTES.map(({ method, path: where, who }) => [
    `${method} ${where.replace(/:id\{.*?\}(?=\/|$)/, ID).replace(/:dlqId\{.*\}/, "17-0")}`,
    who,
  ]);
  assert.deepEqual(table.sort(), [...PROMISED].sort());
});

test("every route, by every way to be signed in, from every origin", async (t) => {
  const all = await ways();
  let cells = 0;
  for (const [route, takes] of PROMISED) {
    const [method] = route.split(" ");
    for (const way of all) {
      await Promise.all(
        ORIGINS.map(async (origin) => {
          const headers = { ...(await way.headers()), ...origin.headers() };
          const response = await call(route, headers);
          const what = `${route}: ${way.name}, from ${origin.name}`;
          const refused = expected(method, takes, way, origin);
          if (refused) assert.equal(response.status, refused, what);
          else assert.ok(![401, 403, 429].includes(response.status), `${what}: ${response.status}`);
          await response.body?.cancel();
          cells += 1;
        }),
      );
    }
  }
  t.diagnostic(`${cells} cells`);
  const { jobs } = await (await call("GET /jobs", bearer(ADMIN_TOKEN))).json();
  assert.deepEqual(jobs, [], "nothing was begun");
});

test("other methods, other paths and bodies are refused", async () => {
  const methods = new Map();
  for (const [route] of PROMISED) {
    const [method, where] = route.split(" ");
    methods.set(where, [...(methods.get(where) ?? []), method]);
  }
  for (const [where, taken] of methods) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      if (taken.includes(method)) continue;
      const response = await call(`${method} ${where}`, bearer(ADMIN_TOKEN));
      assert.equal(response.status, 405, `${method} ${where}`);
      assert.ok(response.headers.get("allow").includes(taken[0]));
    }
  }
  for (const where of ["/", "/none", "/me/x", "/jobs/x", `/jobs/${ID}/x`, `/jobs/${ID}/pause/x`]) {
    for (const method of ["GET", "POST"]) {
      assert.equal((await call(`${method} ${where}`, bearer(ADMIN_TOKEN))).status, 404, where);
    }
  }
  for (const [route] of PROMISED) {
    if (route.startsWith("GET") || /^POST \/jobs(\/check)?$/.test(route)) continue;
    const headers = route.includes("DELETE")
      ? { ...(await signIn()), ...own() }
      : bearer(ADMIN_TOKEN);
    const response = await call(route, headers, { body: "{}" });
    assert.equal(response.status, 413, `${route} takes no body`);
  }
});
