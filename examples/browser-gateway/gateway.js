// A gateway for an admin page: it holds the token, checks who is signed in, and forwards the endpoints
// of the DLQ. The page's client has { auth: "none", baseUrl: "/dlq" }.
//
// Mount `gateway` at /dlq/* of the page's own origin: in a Worker with static assets `export default { fetch: gateway }`.
// `env` has QSTASH_TOKEN, ADMIN_USER and ADMIN_PASSWORD.

const PREFIX = "/dlq";

/** Allowed methods and paths. No other part of the account can be reached. */
const ROUTES = [
  // This path also has QStash's own dead letters, unless the query has source=workflow (set below).
  ["GET", /^\/v2\/dlq$/],
  ["GET", /^\/v2\/workflows\/dlq(\/(?!resume$|restart$|callback$)[\w-]+)?$/],
  ["DELETE", /^\/v2\/workflows\/dlq(\/(?!resume$|restart$|callback$)[\w-]+)?$/],
  ["POST", /^\/v2\/workflows\/dlq\/(resume|restart)(\/[\w-]+)?$/],
  ["POST", /^\/v2\/workflows\/dlq\/callback\/[\w-]+$/],
  ["DELETE", /^\/v2\/workflows\/dlq\/callback\/[\w-]+$/],
  // The states of the new runs.
  ["GET", /^\/v2\/workflows\/(logs|events)$/],
];

/** The overrides of the API. */
const REQUEST_HEADERS = [
  "upstash-retries",
  "upstash-delay",
  "upstash-retry-delay",
  "upstash-flow-control-key",
  "upstash-flow-control-value",
  "upstash-label",
  "upstash-failure-callback",
];
/** Rate limits and the clock, for the client. */
const RESPONSE_HEADERS = /ratelimit|^(retry-after|date)$/;
const RESPONSE_TYPE = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const refuse = (status, error, headers) => Response.json({ error }, { status, headers });

// Replace this with whatever signs people in at your company.
function signedIn(request, env) {
  const { ADMIN_USER, ADMIN_PASSWORD } = env;
  const expected = `Basic ${btoa(`${ADMIN_USER}:${ADMIN_PASSWORD}`)}`;
  return Boolean(ADMIN_PASSWORD) && request.headers.get("authorization") === expected;
}

/** @type {(request: Request, env: Record<string, string>) => Promise<Response>} */
export async function gateway(request, env) {
  if (!signedIn(request, env)) {
    return refuse(401, "sign in first", { "www-authenticate": 'Basic realm="dlq"' });
  }
  // A browser also adds the password to requests that other sites trigger (CSRF): refuse those.
  if (request.headers.get("sec-fetch-site") !== "same-origin") {
    return refuse(403, "requests from other sites are refused");
  }
  const { method } = request;
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.slice(PREFIX.length);
  const routes = ROUTES.filter(([, pattern]) => pathname.startsWith(PREFIX) && pattern.test(path));
  if (routes.length === 0) return refuse(404, "not an endpoint of the DLQ");
  const allowed = routes.map(([verb]) => verb);
  if (!allowed.includes(method)) {
    return refuse(405, `use ${allowed.join(" or ")}`, { allow: allowed.join(", ") });
  }

  // A token in the query would take precedence over the gateway's.
  searchParams.delete("qstash_token");
  if (path === "/v2/dlq") searchParams.set("source", "workflow");
  // Without this the events are those of all messages.
  if (path === "/v2/workflows/events") searchParams.set("groupBy", "workflowRunId");
  const target = new URL(`${env.QSTASH_URL ?? "https://qstash.upstash.io"}${path}`);
  target.search = searchParams.toString();
  const headers = new Headers({ authorization: `Bearer ${env.QSTASH_TOKEN}` });
  for (const name of REQUEST_HEADERS) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const response = await fetch(target, { method, headers, redirect: "manual" });
  const passed = [...response.headers].filter(([name]) => RESPONSE_HEADERS.test(name));
  return new Response(response.body, {
    status: response.status,
    headers: [...passed, ...Object.entries(RESPONSE_TYPE)],
  });
}
