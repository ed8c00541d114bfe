// An admin route as a plain function of a Request: POST /preview and POST /resume.
//
//   { "selection": { "filter": { "label": "nightly" } } }              → preview, changes nothing
//   { "selection": …, "overrides": { "retries": 3 } }                  → resume
//   { "checkpoint": "…" }                                              → continues a resume
//
// Resume responds within the time limit of any host. Unless `done`, send the summary's checkpoint back.
//
// Callers send `Authorization: Bearer <ADMIN_SECRET>`. Mount `handle`: in a Worker `export default { fetch: handle }`,
// in Next.js `export const POST = (request) => handle(request, process.env)`. `env` has QSTASH_TOKEN and ADMIN_SECRET.

import { CheckpointError, Client, ValidationError } from "upstash-workflow-dlq";

const RESPOND_WITHIN_MS = 20_000;
/** Room for 50,000 ids. */
const BODY_BYTES_MAX = 2 ** 20;

const respond = (status, body) =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } });

const digest = async (text) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** Whether two texts are equal, compared in constant time. */
async function equal(one, other) {
  const [a, b] = await Promise.all([digest(one), digest(other)]);
  return a.reduce((differs, byte, i) => differs | (byte ^ b[i]), 0) === 0;
}

async function authorised(request, env) {
  const given = request.headers.get("authorization") ?? "";
  return Boolean(env.ADMIN_SECRET) && equal(given, `Bearer ${env.ADMIN_SECRET}`);
}

/** The body's text; `undefined` if it is too large, in which case the rest is not read. */
async function textOf(request) {
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The parsed JSON, or `null` if it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const actions = {
  preview: (dlq, { selection }) => dlq.preview(selection, { timeBudget: RESPOND_WITHIN_MS }),
  // Not continueFrom: a checkpoint is not signed, and resumeAll refuses one of a deletion.
  resume: (dlq, { selection, overrides, checkpoint }) =>
    dlq.resumeAll(selection, overrides, { timeBudget: RESPOND_WITHIN_MS, checkpoint }),
};

/** @type {(request: Request, env: Record<string, string>) => Promise<Response>} */
export async function handle(request, env) {
  if (!(await authorised(request, env))) return respond(401, { error: "unauthorized" });
  const name = new URL(request.url).pathname.split("/").at(-1);
  if (request.method !== "POST" || !Object.hasOwn(actions, name)) {
    return respond(404, { error: "POST preview or POST resume" });
  }
  const text = await textOf(request);
  if (text === undefined) return respond(413, { error: `at most ${BODY_BYTES_MAX} bytes` });
  const input = parsed(text);
  if (input === null) return respond(400, { error: "the body is not JSON" });
  try {
    return respond(200, await actions[name](Client.fromEnv(env).dlq, input));
  } catch (error) {
    if (error instanceof ValidationError) return respond(400, { issues: error.issues });
    if (error instanceof CheckpointError) return respond(400, { error: error.message });
    // With the summary so far, and the checkpoint to continue from. Neither contains the token.
    const { code, message, retryable, checkpoint, summary } = error;
    return respond(502, { code, message, retryable, checkpoint, summary });
  }
}
