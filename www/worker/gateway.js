// The DLQ's own API, to look at: the token is added here, and never leaves.

import { Refusal } from "./refusal.js";

const PREFIX = "/api/dlq";
// List and get. What acts is a job.
const ALLOWED = /^\/v2\/(dlq|workflows\/dlq(\/[\w.:-]+)?)$/;
const URL_LENGTH = 8_192;
// For the page's client: rate limits, and the clock.
const PASSED = /ratelimit|^(retry-after|date|content-type)$/;

/** @param {Request} request */
export async function gateway(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.slice(PREFIX.length);
  if (!ALLOWED.test(path)) throw new Refusal(404, "not_found", "Not a route of the DLQ.");
  if (request.method !== "GET") {
    throw new Refusal(405, "method", "Only to look at: what acts is a job, POST /api/jobs.");
  }
  if (request.url.length > URL_LENGTH) throw new Refusal(414, "too_long", "The URL is too long.");
  searchParams.delete("qstash_token");
  const query = searchParams.size > 0 ? `?${searchParams}` : "";
  const origin = (env.QSTASH_URL ?? "https://qstash.upstash.io").replace(/\/+$/, "");
  const { status, body, headers } = await fetch(`${origin}${path}${query}`, {
    headers: { authorization: `Bearer ${env.QSTASH_TOKEN}` },
    redirect: "manual",
  }).catch(() => {
    throw new Refusal(502, "unreachable", "The service can't be reached.");
  });
  if (status >= 300 && status < 400) {
    await body?.cancel();
    throw new Refusal(502, "redirect", "The service answered with a redirect: check QSTASH_URL.");
  }
  // The page's own session is fine: what the service refused is the Worker's token.
  if (status === 401 || status === 403) {
    await body?.cancel();
    throw new Refusal(424, "service_refused", "The service refused the Worker's QSTASH_TOKEN.");
  }
  return new Response(body, {
    status,
    headers: [...headers].filter(([name]) => PASSED.test(name)),
  });
}
