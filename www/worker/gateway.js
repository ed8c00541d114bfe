// The service's own API, to look at: the token is added here, and never leaves.

import { accountOf } from "./account.js";
import { Refusal } from "./refusal.js";

const URL_LENGTH = 8_192;
// For the page's client: rate limits, and the clock.
const PASSED = /ratelimit|^(retry-after|date|content-type)$/;

/** What is passed on, by GET alone: what acts is a job. `query`: parameters that are set whatever was asked. */
export const LOOKS = [
  { path: "/v2/workflows/dlq" },
  { path: "/v2/workflows/dlq/:dlqId{(?:[\\w.:-]|%3[Aa])+}" },
  { path: "/v2/dlq", query: { source: "workflow" } },
  { path: "/v2/workflows/logs" },
  { path: "/v2/workflows/events", query: { groupBy: "workflowRunId" } },
];

/** The handler of one of them. */
export const look = ({ path: route, query }) => {
  return async ({ env, req }) => {
    if (req.url.length > URL_LENGTH) throw new Refusal(414, "too_long", "The URL is too long.");
    const { searchParams } = new URL(req.url);
    searchParams.delete("qstash_token");
    for (const [name, value] of Object.entries(query ?? {})) searchParams.set(name, value);
    const asked = searchParams.size > 0 ? `?${searchParams}` : "";
    const { QSTASH_URL, QSTASH_TOKEN } = accountOf(env);
    // The table's path, not the URL's: that one may have escapes, which the service could read otherwise.
    const path = route.replace(/:dlqId.*/, () => req.param("dlqId"));
    const { status, body, headers } = await fetch(`${QSTASH_URL}${path}${asked}`, {
      headers: { authorization: `Bearer ${QSTASH_TOKEN}` },
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
  };
};
