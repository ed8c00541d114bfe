// The admin app over an emulator: its Worker in workerd, in this process or in one that can be killed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { path } from "../../scripts/lib/run.mjs";
import { startAdmin } from "../../www/dev.mjs";
import { startEmulator } from "../support/emulator.mjs";

export const ADMIN_TOKEN = "a-token-for-the-tests-0123456789";
// Far longer than anything here takes.
const PATIENCE_MS = 60_000;

/** A folder in place of the built page, for tests of the Worker alone. */
export function emptyPage() {
  const folder = mkdtempSync(join(tmpdir(), "dlq-page-"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export const bindingsOf = (emulator, more) => ({
  QSTASH_URL: emulator.url,
  QSTASH_TOKEN: emulator.token,
  ADMIN_TOKEN,
  ...more,
});

let addresses = 0;
/** An address that nobody has tried a token from. */
export const newAddress = () => {
  addresses += 1;
  return `198.18.${addresses >> 8}.${addresses & 255}`;
};

/** Talks to the Worker as a script with the token would; each from an address of its own. */
export function caller(url, token = ADMIN_TOKEN) {
  const address = newAddress();
  const call = (route, { headers, ...init } = {}) =>
    fetch(`${url()}${route}`, {
      ...init,
      headers: {
        "cf-connecting-ip": address,
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
  const post = (route, body) =>
    call(route, {
      method: "POST",
      // A body that was refused unread ends its connection: the next request must not be sent on it.
      headers: { "content-type": "application/json", connection: "close" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    call,
    post,
    json: async (route) => (await call(route)).json(),
    /** Starts a job that has to be taken. */
    start: async (order) => {
      const id = crypto.randomUUID();
      const response = await post("/api/jobs", {
        ...{ id, name: "an incident" },
        // Where a test is about something else.
        ...(["resume", "restart"].includes(order.operation) && { follow: false }),
        ...order,
      });
      const answer = await response.json();
      assert.equal(response.status, 201, JSON.stringify(answer));
      return answer.job;
    },
    /** How the job stands as soon as `holds`; by its events. */
    until: async (id, holds) => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      let job;
      for (;;) {
        const response = await call(`/api/jobs/${id}/events`, { signal });
        for await (job of events(response)) if (holds(job)) return job;
        assert.ok(!job || !["done", "cancelled"].includes(job.state), JSON.stringify(job));
      }
    },
  };
}

/**
 * Writes more lines of the trail than a page of it has: jobs that are paused and continued.
 *
 * @returns {Promise<object>} the first of them
 */
export async function fillTrail(at) {
  const order = { operation: "resume", selection: { all: true }, drive: { maxRunsPerSecond: 1 } };
  await at.emulator.seed(1_000);
  const first = await at.start({ ...order, name: "the first" });
  const rest = await Promise.all(Array.from({ length: 24 }, () => at.start(order)));
  const pausedAgain = async ({ id }) => {
    for (let n = 0; n < 4; n += 1) {
      assert.equal((await at.post(`/api/jobs/${id}/pause`)).status, 200);
      await at.until(id, ({ state }) => state === "paused");
      assert.equal((await at.post(`/api/jobs/${id}/continue`)).status, 200);
    }
    assert.equal((await at.post(`/api/jobs/${id}/cancel`)).status, 200);
  };
  await Promise.all([first, ...rest].map(pausedAgain));
  return first;
}

/** The jobs of a stream of events. */
export async function* events(response) {
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (data) yield JSON.parse(data);
    }
  }
}

/** What the page or a test says of a job, against what was really done. */
export async function assertJob(emulator, job, { exact = true, done = "resumed" } = {}) {
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.resumedTwice, []);
  assert.deepEqual(audit.takenTwice, []);
  if (exact) {
    assert.equal(job.done, audit[done]);
    assert.equal(job.unconfirmed, 0);
  } else {
    assert.ok(job.done <= audit[done], `${job.done} counted, ${audit[done]} done`);
    assert.ok(
      audit[done] <= job.done + job.unconfirmed,
      `${audit[done]} done, ${job.done} + ${job.unconfirmed}`,
    );
  }
  return audit;
}

/** An emulator and the Worker beside it, in this process. */
export async function world({ bindings, page } = {}) {
  const emulator = await startEmulator();
  const own = page === undefined ? emptyPage() : undefined;
  const admin = await startAdmin({
    page: page ?? own.folder,
    bindings: bindingsOf(emulator, bindings),
  });
  const close = async () => {
    await admin.close();
    await emulator.close();
    own?.remove();
  };
  return { emulator, admin, close, ...caller(() => admin.url) };
}

/** The Worker in a process of its own, with a disk that outlives it. */
export async function mortalWorld({ bindings, page } = {}) {
  const emulator = await startEmulator();
  const own = page === undefined ? emptyPage() : undefined;
  const data = mkdtempSync(join(tmpdir(), "dlq-data-"));
  let child;
  let exited;
  let port = 0;
  let said = "";
  const begin = async () => {
    const args = ["--port", String(port), "--data", data, "--page", page ?? own.folder];
    child = spawn(process.execPath, [path("www/dev.mjs"), ...args], {
      env: { ...process.env, ...bindingsOf(emulator, bindings) },
      stdio: ["ignore", "pipe", "pipe"],
      // So that workerd can be killed with it.
      detached: true,
    });
    exited = once(child, "exit");
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        said += text;
      });
    }
    const [line] = await once(child.stdout, "data");
    port = new URL(String(line).trim()).port;
  };
  const kill = async () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      // It has ended already, with all that it began.
      if (error.code !== "ESRCH") throw error;
    }
    await exited;
  };
  await begin();
  const close = async () => {
    await kill();
    await emulator.close();
    own?.remove();
    rmSync(data, { recursive: true, force: true });
  };
  const url = () => `http://127.0.0.1:${port}`;
  return {
    ...{ emulator, data, url, begin, kill, close, said: () => said, pid: () => child.pid },
    ...caller(url),
  };
}

/** Whether a job has ended or needs a person. */
export const over = ({ state }) => ["done", "cancelled", "stopped"].includes(state);

/** The lines of a job's report. */
export const reportLines = async (at, id) => {
  const response = await at.call(`/api/jobs/${id}/report?format=ndjson`);
  assert.equal(response.status, 200);
  return (await response.text()).split("\n").filter(Boolean).map(JSON.parse);
};
