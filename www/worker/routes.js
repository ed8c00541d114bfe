// The API's routes, and what each asks for before it runs.

import { beginSession, endSession } from "./auth.js";
import { LOOKS, look } from "./gateway.js";
import { job, register } from "./objects.js";
import { checkDraft, checked, MOST_BYTES, MOST_IDS } from "./order.js";
import { Refusal, tooMany } from "./refusal.js";
import { isFormat } from "./report.js";

/**
 * @typedef {object} Route
 * @property {"GET" | "POST" | "DELETE"} method all but GET change something: they have to name their origin
 * @property {string} path below `/api`
 * @property {("access" | "token" | "session")[]} who ways to be signed in that it takes
 * @property {number} [body] bytes of JSON that it takes, at most; default: none
 * @property {(c: import("hono").Context) => Response | Promise<Response>} run
 */

const ANYBODY = ["access", "token", "session"];
const UUID = "[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}";
const JOB = `/jobs/:id{${UUID}}`;

async function begin(c) {
  await beginSession(c);
  return c.body(null, 204);
}

async function end(c) {
  await endSession(c);
  return c.body(null, 204);
}

function me(c) {
  const { who, by } = c.get("who");
  // What a preview takes: whole days.
  const days = Math.floor(Number(c.env.RETENTION_DAYS));
  const known = days >= 1 && days <= 366;
  return c.json({ who, by, jobs: { maxIds: MOST_IDS }, ...(known && { retentionDays: days }) });
}

async function check(c) {
  await checkDraft(c.get("body"), c.env);
  return c.body(null, 204);
}

async function start(c) {
  const { who } = c.get("who");
  const order = await checked(c.get("body"), c.env);
  const {
    job: view,
    created,
    conflict,
    wait,
  } = await job(c.env, order.id).start(order, who, new URL(c.req.url).origin);
  if (wait > 0) throw tooMany("Too many jobs were started in the last minute.", wait);
  if (conflict)
    throw new Refusal(409, "conflict", "This id was used for another job: send a new one.");
  return c.json({ job: view }, created ? 201 : 200);
}

/** The job of the path and how it stands; without a `view` where its time is over, and a summary is left. */
async function found({ env, req }) {
  const id = req.param("id");
  const { known, summary } = await register(env).job(id);
  // A job that was never started is not asked: its object would come into being.
  if (!known) throw new Refusal(404, "not_found", "There is no such job.");
  const stub = job(env, id);
  return { stub, view: await stub.view(), summary };
}

const gone = () =>
  new Refusal(410, "gone", "The job's report has expired, and its record with it.");

async function one(c) {
  const { view, summary } = await found(c);
  if (!view && !summary) throw gone();
  return c.json({ job: view ?? summary });
}

async function report(c) {
  const format = c.req.query("format") ?? "ndjson";
  if (!isFormat(format)) throw new Refusal(400, "invalid", "format: csv or ndjson.");
  const { stub, view } = await found(c);
  if (!view) throw gone();
  return stub.fetch(`https://job/report?${new URLSearchParams({ format })}`);
}

async function failedAgain(c) {
  const { stub, view } = await found(c);
  if (!view) throw gone();
  return c.json({ runs: await stub.failedAgain() });
}

async function events(c) {
  const { session = "", until = "" } = c.get("who");
  const { stub, view } = await found(c);
  if (!view) throw new Refusal(409, "ended", "The job has ended.");
  const response = await stub.fetch(
    `https://job/events?${new URLSearchParams({ session, until })}`,
  );
  if (response.status === 429) throw tooMany("Too many are watching this job.", 10_000);
  return response;
}

const act = (what) => async (c) => {
  const { stub, view } = await found(c);
  if (!view) throw new Refusal(409, "ended", "The job has ended.");
  const { job: changed, refused, wait } = await stub.act(what, c.get("who").who);
  if (wait > 0) throw tooMany("Too many changes of jobs in the last minute.", wait);
  if (refused) throw new Refusal(409, "state", `It is ${changed.state}: it can't ${what}.`);
  return c.json({ job: changed });
};

/** A position in a list that is read page by page. */
const before = ({ req }) => {
  const given = req.query("before");
  if (given === undefined) return undefined;
  if (!/^\d{1,15}$/.test(given))
    throw new Refusal(400, "invalid", "before: a number that a page gave.");
  return Number(given);
};

/** @type {Route[]} */
export const ROUTES = [
  // Nothing but the token itself: a session, or Access, would otherwise become one that outlives it.
  { method: "POST", path: "/session", who: ["token"], run: begin },
  { method: "DELETE", path: "/session", who: ["session"], run: end },
  { method: "GET", path: "/me", who: ANYBODY, run: me },
  ...LOOKS.map((route) => ({
    method: "GET",
    path: `/dlq${route.path}`,
    who: ANYBODY,
    run: look(route),
  })),
  { method: "POST", path: "/jobs", who: ANYBODY, body: MOST_BYTES, run: start },
  { method: "POST", path: "/jobs/check", who: ANYBODY, body: MOST_BYTES, run: check },
  {
    method: "GET",
    path: "/jobs",
    who: ANYBODY,
    run: async (c) => c.json({ jobs: await register(c.env).jobs() }),
  },
  { method: "GET", path: JOB, who: ANYBODY, run: one },
  { method: "GET", path: `${JOB}/events`, who: ANYBODY, run: events },
  { method: "GET", path: `${JOB}/report`, who: ANYBODY, run: report },
  { method: "GET", path: `${JOB}/failed-again`, who: ANYBODY, run: failedAgain },
  ...["pause", "continue", "cancel"].map((what) => ({
    method: "POST",
    path: `${JOB}/${what}`,
    who: ANYBODY,
    run: act(what),
  })),
  {
    method: "GET",
    path: "/trail",
    who: ANYBODY,
    run: async (c) => c.json(await register(c.env).trail(before(c))),
  },
];
