// A gateway for an admin page: it knows the token, asks who is there, and lets the DLQ's own
// endpoints through. The page's client has { auth: "none", baseUrl: "/dlq" }.

const PREFIX = "/dlq";
// list, get, resume, restart, delete, and the failure function's; nothing else of the account.
const ALLOWED = /^\/v2\/(dlq|workflows\/dlq(\/(resume|restart|callback))?(\/[\w-]+)?)$/;
const HEADERS = /^(upstash-|accept$|content-type$)/;

const refuse = (status, error, headers) => Response.json({ error }, { status, headers });

// In place of this: whatever the house signs people in with.
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
  // A browser sends the password along for any page's request: only this one's may pass.
  if (request.headers.get("sec-fetch-site") !== "same-origin") {
    return refuse(403, "not from another site");
  }
  const { pathname, search } = new URL(request.url);
  const path = pathname.slice(PREFIX.length);
  if (!pathname.startsWith(PREFIX) || !ALLOWED.test(path)) return refuse(404, "not the DLQ");

  const headers = new Headers([...request.headers].filter(([name]) => HEADERS.test(name)));
  headers.set("authorization", `Bearer ${env.QSTASH_TOKEN}`);
  const target = new URL(`${env.QSTASH_URL ?? "https://qstash.upstash.io"}${path}${search}`);
  const { method } = request;
  const {
    status,
    body,
    headers: theirs,
  } = await fetch(target, {
    method,
    headers,
    redirect: "manual",
  });
  // Rate limits and the clock are for the client; the rest of the headers is not.
  const passed = [...theirs].filter(([name]) => /ratelimit|^(retry-after|date)$/.test(name));
  return new Response(body, { status, headers: [...passed, ["cache-control", "no-store"]] });
}
