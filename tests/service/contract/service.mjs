// Responses for clients that are asked at random: a service without a queue.

const run = (n) => ({ workflowRunId: `wfr_${n}`, workflowCreatedAt: 1_700_000_000_000 + n });

/** An entry that has what the query filters by. */
function entry(dlqId, query) {
  const first = (name, otherwise) => query.get(name) ?? otherwise;
  return {
    dlqId,
    workflowUrl: first("workflowUrl", "https://example.com/workflow"),
    workflowRunId: first("workflowRunId", "wfr_0"),
    workflowCreatedAt: Number(first("workflowCreatedAt", 1_650_000_000_000)),
    createdAt: 1_650_000_000_000,
    labels: [first("label", "label")],
    failureCallbackInfo: { state: first("failureFunctionState", "CALLBACK_FAIL") },
    callerIP: first("callerIp", "127.0.0.1"),
    flowControlKey: first("flowControlKey", "key"),
    responseStatus: Number(first("responseStatus", 500)),
    responseBody: "it failed",
  };
}

const error = (status) => [status, { error: "no" }];
const REFUSALS = {
  missing: error(404),
  refused: error(400),
  busy: error(429),
  broken: error(500),
  html: [502, "<html>Bad Gateway</html>"],
};

/**
 * The response of a service without a queue that a client can continue with: `[status, body]`.
 *
 * @param {string} method
 * @param {URL} url
 * @param {string} how one of `answers` in inputs.mjs
 * @param {number} n number of the request
 */
export function answer(method, url, how, n) {
  if (REFUSALS[how]) return REFUSALS[how];
  const { pathname, searchParams: query } = url;
  if (!pathname.includes("/dlq")) return [200, { runs: [], cursor: how === "end" ? "" : `${n}` }];
  const ids = query.getAll("dlqIds");
  const count = Math.min(Number(query.get("count") ?? 3), 3);
  const taken = how === "empty" ? 0 : ids.length || count;
  const numbers = Array.from({ length: taken }, (_, i) => n * 1_000 + i);
  const page = how === "end" ? {} : { cursor: `${n}-${how}` };
  if (pathname.includes("/callback/")) return method === "DELETE" ? [302, ""] : [200, run(n)];
  if (method === "DELETE") return [200, { deleted: taken, ...page }];
  if (method === "POST") return [200, { workflowRuns: numbers.map(run), ...page }];
  if (!pathname.endsWith("/dlq"))
    return [200, entry(decodeURIComponent(pathname.split("/").at(-1)), query)];
  const listed = ids.length > 0 ? ids : numbers.map((i) => `1650000000000-${i}`);
  return [200, { messages: listed.map((id) => entry(id, query)), ...(ids.length === 0 && page) }];
}

/** Makes a call of `inputs.mjs`, reads its pages to the end and continues once from a checkpoint. */
export async function perform(client, [operation, args]) {
  if (operation === "logs") {
    await client.logs(...args);
    return;
  }
  const { dlq } = client;
  const result = dlq[operation](...args);
  if (operation.endsWith("Pages")) for await (const _ of result);
  else {
    const { checkpoint } = (await result) ?? {};
    if (!checkpoint) return;
    const more = { maxRequests: 5 };
    if (operation === "follow") await dlq.follow(checkpoint, { ...more, timeout: 1 });
    else await dlq.continueFrom(checkpoint, more);
  }
}
