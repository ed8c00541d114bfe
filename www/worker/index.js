// The admin app's Worker: serves the page, lets it look at the DLQ, and runs jobs that act on it.

import { actsFromHere, fromHere, identify, noSessionCookie, sessionCookie } from "./auth.js";
import { readJson } from "./body.js";
import { gateway } from "./gateway.js";
import { checked, MOST_IDS } from "./order.js";
import { answer, json, Refusal } from "./refusal.js";

export { Job } from "./job.js";
export { Register } from "./register.js";

const PAGE_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};
const EVERYWHERE = {
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const job = (env, id) => env.JOBS.get(env.JOBS.idFromName(id));
const register = (env) => env.REGISTER.get(env.REGISTER.idFromName("register"));
const notFound = () => new Refusal(404, "not_found", "There is no such thing here.");

async function session(request, env) {
  if (request.method === "DELETE") {
    return new Response(null, { status: 204, headers: { "set-cookie": noSessionCookie(request) } });
  }
  const { session: renewed } = await identify(request, env);
  // Only the token itself begins a session: else one could be prolonged for ever.
  if (request.method !== "POST" || renewed) throw notFound();
  return new Response(null, {
    status: 204,
    headers: { "set-cookie": await sessionCookie(request, env) },
  });
}

async function start(request, env, { who }) {
  const order = await checked(await readJson(request), env);
  if (!ID.test(order.id)) throw new Refusal(400, "invalid", "id: a UUID, in lower case.");
  const { job: view, created, conflict } = await job(env, order.id).start(order, who);
  if (conflict) throw new Refusal(409, "conflict", "There is another job with this id.");
  return json({ job: view }, created ? 201 : 200);
}

async function one(request, env, { who }, id, what) {
  if (!ID.test(id)) throw notFound();
  const { method } = request;
  const stub = job(env, id);
  const view = await stub.view();
  if (!view) {
    const known = await register(env).job(id);
    if (!known) throw notFound();
    if (what === "report") throw new Refusal(410, "gone", "Reports are kept for 7 days.");
    if (method !== "GET" || what !== undefined) throw new Refusal(409, "ended", "It has ended.");
    return json({ job: known });
  }
  if (method === "GET" && what === undefined) return json({ job: view });
  if (method === "GET" && (what === "events" || what === "report")) return stub.fetch(request);
  if (method === "POST" && ["pause", "continue", "cancel"].includes(what)) {
    const { job: changed, refused } = await stub.act(what, who);
    if (refused) throw new Refusal(409, "state", `It is ${changed.state}: it can't ${what}.`);
    return json({ job: changed });
  }
  throw notFound();
}

async function api(request, env) {
  fromHere(request);
  const [, , root, id, what, ...rest] = new URL(request.url).pathname.split("/");
  if (root === "session" && id === undefined) return session(request, env);
  const who = await identify(request, env);
  if (request.method !== "GET") actsFromHere(request, who);
  if (root === "dlq") return gateway(request, env);
  if (rest.length > 0) throw notFound();
  if (root === "me") return json({ who: who.who, by: who.by, jobs: { maxIds: MOST_IDS } });
  if (root === "trail") return json({ lines: await register(env).trail() });
  if (root !== "jobs") throw notFound();
  if (id !== undefined) return one(request, env, who, id, what);
  if (request.method === "POST") return start(request, env, who);
  return json({ jobs: await register(env).jobs() });
}

async function respond(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/api/")) return api(request, env).catch(answer);
  return env.ASSETS.fetch(request);
}

export default {
  /** @param {Request} request */
  async fetch(request, env) {
    const answered = await respond(request, env);
    const response = new Response(answered.body, answered);
    const page = (response.headers.get("content-type") ?? "").startsWith("text/html");
    const extra = { ...EVERYWHERE, ...(page && PAGE_HEADERS) };
    for (const [name, value] of Object.entries(extra)) response.headers.set(name, value);
    if (new URL(request.url).pathname.startsWith("/api/")) {
      response.headers.set("cache-control", "no-store");
    }
    return response;
  },
};
