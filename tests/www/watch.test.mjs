// A job's page watches the job's events, whatever happens to the stream: refused, cut off, or without a session.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { watchJob } from "../../www/page/api.js";

/** The browser's: what it connects to, and how it tells that it was refused. */
class Source extends EventTarget {
  static CLOSED = 2;
  static all = [];
  readyState = 0;
  constructor(url) {
    super();
    this.url = url;
    Source.all.push(this);
  }
  close() {
    this.readyState = Source.CLOSED;
  }
  tell(job) {
    this.dispatchEvent(new MessageEvent("job", { data: JSON.stringify(job) }));
  }
  fail({ refused }) {
    if (refused) this.close();
    this.dispatchEvent(new Event("error"));
  }
}

const RUNNING = { id: "a", state: "running" };
const DONE = { id: "a", state: "done" };
const ANSWERS = {
  running: () => Response.json({ job: RUNNING }),
  done: () => Response.json({ job: DONE }),
  unauthorized: () => refusal(401, "Sign in first."),
  missing: () => refusal(404, "There is no such job."),
  broken: () => refusal(503, "The Worker failed."),
  unreachable: () => {
    throw new TypeError("Failed to fetch");
  },
};
const refusal = (status, message) =>
  Response.json({ error: { code: "refused", message } }, { status });

let answer;
let seen;
let stop;
const settled = () => new Promise(setImmediate);
const last = () => Source.all.at(-1);

beforeEach(() => {
  const events = new EventTarget();
  Object.assign(globalThis, {
    EventSource: Source,
    fetch: async () => ANSWERS[answer](),
    dispatchEvent: (event) => events.dispatchEvent(event),
    addEventListener: (...args) => events.addEventListener(...args),
    removeEventListener: (...args) => events.removeEventListener(...args),
  });
  mock.timers.enable({ apis: ["setTimeout"] });
  Source.all.length = 0;
  seen = { jobs: [], lost: undefined };
  stop = watchJob(
    "a",
    (job) => seen.jobs.push(job.state),
    (lost) => {
      seen.lost = lost;
    },
  );
});

afterEach(() => {
  stop();
  mock.timers.reset();
});

test("events that answer 409, since the report has expired: the job's own route tells of it", async () => {
  answer = "done";
  last().fail({ refused: true });
  await settled();
  assert.deepEqual(seen, { jobs: ["done"], lost: undefined });
  mock.timers.tick(60_000);
  assert.equal(Source.all.length, 1, "what is over is not asked for again");
});

test("events that too many watch: the job is shown, and they are asked for again", async () => {
  answer = "running";
  last().fail({ refused: true });
  await settled();
  assert.deepEqual(seen, { jobs: ["running"], lost: undefined });
  mock.timers.tick(10_000);
  assert.equal(Source.all.length, 2);
  last().tell(DONE);
  assert.deepEqual(seen.jobs, ["running", "done"]);
});

test("a job that there is not is said to be missing, and not asked for again", async () => {
  answer = "missing";
  last().fail({ refused: true });
  await settled();
  assert.equal(seen.lost.status, 404);
  mock.timers.tick(60_000);
  assert.equal(Source.all.length, 1);
});

test("a session that ends is said, and the next one watches again", async () => {
  let ended = 0;
  addEventListener("session-ended", () => {
    ended += 1;
  });
  last().tell(RUNNING);
  answer = "unauthorized";
  last().fail({ refused: true });
  await settled();
  assert.deepEqual([seen.lost.status, ended], [401, 1]);
  mock.timers.tick(60_000);
  assert.equal(Source.all.length, 1, "nothing is asked without a session");
  dispatchEvent(new Event("session-begun"));
  assert.equal(Source.all.length, 2);
  last().tell(DONE);
  assert.deepEqual(seen, { jobs: ["running", "done"], lost: undefined });
});

test("a Worker that fails or can't be reached is asked again", async () => {
  for (const [next, is] of [
    ["broken", (lost) => lost.status === 503],
    ["unreachable", (lost) => lost === true],
  ]) {
    answer = next;
    const before = Source.all.length;
    last().fail({ refused: true });
    await settled();
    assert.ok(is(seen.lost), next);
    mock.timers.tick(10_000);
    assert.equal(Source.all.length, before + 1, next);
  }
  answer = "running";
  last().fail({ refused: true });
  await settled();
  assert.equal(seen.lost, undefined, "it can be reached again");
});

test("a stream that breaks is opened again by the browser", () => {
  last().fail({ refused: false });
  assert.equal(seen.lost, true);
  last().tell(RUNNING);
  assert.deepEqual(seen, { jobs: ["running"], lost: undefined });
});

test("what nobody watches any more is not told, nor asked for", async () => {
  for (const next of ["running", "missing"]) {
    answer = next;
    last().fail({ refused: true });
    stop();
    await settled();
  }
  dispatchEvent(new Event("session-begun"));
  mock.timers.tick(60_000);
  assert.deepEqual([seen, Source.all.length], [{ jobs: [], lost: undefined }, 1]);
});
