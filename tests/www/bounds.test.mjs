// What one person can't do to the others: push out the trail, take an old job's id, fill disk or memory.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { csvCell } from "../../pkg-template/cli/csv.js";
import { network, Throttle } from "../../www/worker/throttle.js";
import { eventually } from "../support/eventually.mjs";
import { startAccess } from "./access.mjs";
import { ADMIN_TOKEN, fillTrail, mortalWorld, world } from "./world.mjs";

const over = ({ state }) => ["done", "cancelled", "stopped"].includes(state);
const slow = { operation: "resume", selection: { all: true }, drive: { maxRunsPerSecond: 1 } };

describe("one job, many hands", () => {
  let at;
  before(async () => {
    at = await world();
  });
  beforeEach(async () => {
    await at.emulator.reset();
    await at.emulator.seed(500);
  });
  after(() => at.close());

  test("changes of a job are throttled", async () => {
    const { id } = await at.start(slow);
    const done = [];
    let refused;
    for (let n = 0; !refused; n += 1) {
      const what = n % 2 === 0 ? "pause" : "continue";
      if (what === "continue") await at.until(id, ({ state }) => state === "paused");
      const response = await at.post(`/api/jobs/${id}/${what}`);
      if (response.status === 429) refused = response;
      else done.push([response.status, what]);
      assert.ok(n < 20, "it is refused at some time");
    }
    assert.equal(done.length, 10);
    assert.ok(Number(refused.headers.get("retry-after")) <= 60);
    const { lines } = await at.json("/api/trail");
    assert.equal(lines.filter(({ job }) => job === id).length, 11, "what was refused is no line");
    assert.equal((await at.post(`/api/jobs/${id}/cancel`)).status, 200, "at any time");
  });

  test("the trail has each line, page by page", async () => {
    const first = await fillTrail(at);
    const seen = [];
    let pages = 0;
    let before = "";
    while (before !== undefined) {
      const page = await at.json(`/api/trail${before && `?before=${before}`}`);
      assert.ok(page.lines.length <= 200);
      seen.push(...page.lines);
      before = page.before;
      pages += 1;
    }
    assert.ok(pages >= 2 && seen.length > 225, `${seen.length} lines, ${pages} pages`);
    assert.equal(new Set(seen.map((line) => JSON.stringify(line))).size, seen.length);
    const own = seen.filter(({ job }) => job === first.id);
    assert.deepEqual(own.map(({ did }) => did).reverse(), [
      "started",
      ...Array(4).fill(["paused", "continued"]).flat(),
      "cancelled",
    ]);
    for (const wrong of ["x", "-1", "1e3", ""]) {
      assert.equal((await at.call(`/api/trail?before=${wrong}`)).status, 400, wrong);
    }
  });

  test("jobs that are started are throttled, and 60 large ones do not break the list", async () => {
    const filter = { label: Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(250, "x")) };
    const statuses = [];
    for (let n = 0; n < 70; n += 1) {
      const order = { id: crypto.randomUUID(), name: "large", operation: "resume" };
      const response = await at.post("/api/jobs", { ...order, selection: { filter } });
      statuses.push(response.status);
    }
    assert.equal(statuses.at(0), 201);
    assert.equal(statuses.at(-1), 429);
    const response = await at.call("/api/jobs");
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.length < 60_000, `${text.length} characters`);
  });
});

test("changes of many jobs are throttled together, and none keeps a job from being cancelled", async () => {
  const at = await world();
  try {
    await at.emulator.seed(500);
    const jobs = await Promise.all(Array.from({ length: 30 }, () => at.start(slow)));
    const statuses = new Map();
    const changed = async ({ id }) => {
      for (let n = 0; n < 9; n += 1) {
        const what = n % 2 === 0 ? "pause" : "continue";
        if (what === "continue") await at.until(id, ({ state }) => state !== "pausing");
        const { status } = await at.post(`/api/jobs/${id}/${what}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(jobs.map(changed));
    assert.ok(statuses.get(200) <= 240, `${statuses.get(200)} changes`);
    assert.ok(statuses.get(429) >= 30, `${statuses.get(429)} refused`);
    for (const { id } of jobs) {
      assert.equal((await at.post(`/api/jobs/${id}/cancel`)).status, 200);
    }
  } finally {
    await at.close();
  }
});

test("an id is used once, ever: for the same order while the job is known, and for no other", async () => {
  // Five seconds, in days: long enough to order it again, short enough to wait for.
  const at = await world({ bindings: { REPORT_DAYS: String(5 / 86_400) } });
  try {
    await at.emulator.seed(5);
    const order = {
      id: crypto.randomUUID(),
      name: "the first",
      operation: "resume",
      selection: { all: true },
    };
    assert.equal((await at.post("/api/jobs", order)).status, 201);
    await at.until(order.id, over);
    assert.equal((await at.post("/api/jobs", order)).status, 200);
    const other = { ...order, name: "another", operation: "delete" };
    assert.equal((await at.post("/api/jobs", other)).status, 409);
    await eventually(async () =>
      assert.equal((await at.call(`/api/jobs/${order.id}/report`)).status, 410),
    );
    for (const again of [order, other]) {
      assert.equal((await at.post("/api/jobs", again)).status, 409, "its time is over");
    }
    const { jobs } = await at.json("/api/jobs");
    assert.deepEqual(
      jobs.map(({ name, operation, done }) => [name, operation, done]),
      [["the first", "resume", 5]],
    );
  } finally {
    await at.close();
  }
});

test("asking for jobs that are not there leaves nothing on the disk", async () => {
  const at = await mortalWorld();
  try {
    const files = () =>
      readdirSync(at.data, { recursive: true }).filter((name) => /Job/.test(name));
    await at.json("/api/jobs");
    const before = files();
    for (let n = 0; n < 50; n += 1) {
      const id = crypto.randomUUID();
      for (const route of ["", "/events", "/report"]) {
        assert.equal((await at.call(`/api/jobs/${id}${route}`)).status, 404);
      }
      assert.equal((await at.post(`/api/jobs/${id}/pause`)).status, 404);
    }
    assert.deepEqual(files(), before);
  } finally {
    await at.close();
  }
});

test("a report's format is one of two", async () => {
  const at = await world();
  try {
    await at.emulator.seed(1);
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    await at.until(id, over);
    for (const format of ["__proto__", "constructor", "xml", ""]) {
      const response = await at.call(`/api/jobs/${id}/report?format=${format}`);
      assert.equal(response.status, 400, format);
    }
  } finally {
    await at.close();
  }
});

test("a cell of a report begins no formula, whichever separator a spreadsheet splits at", () => {
  const table = [
    ["1700000000000-0", "1700000000000-0"],
    ["a = b", "a = b"],
    ["=1+1", "'=1+1"],
    ["-1", "'-1"],
    ["\t=1", '"\t\'=1"'],
    ['"=1', `"""'=1"`],
    ["a;=1", `"a;'=1"`],
    ["a; @b|+c", `"a; '@b|'+c"`],
    ["a\r\n=1", `"a\r\n'=1"`],
    [500, "500"],
    [",,=1", `",,'=1"`],
  ];
  for (const [value, expected] of table)
    assert.equal(csvCell(value), expected, JSON.stringify(value));
});

test("a throttle counts by key, in windows, in bounded memory", () => {
  let now = 1_000;
  const throttle = new Throttle({ most: 2, windowMs: 100, keys: 3, now: () => now });
  throttle.add("a");
  assert.equal(throttle.wait("a"), 0);
  now += 40;
  throttle.add("a");
  assert.equal(throttle.wait("a"), 60);
  assert.equal(throttle.wait("b"), 0);
  now += 60;
  assert.equal(throttle.wait("a"), 0);
  for (const key of ["a", "a", "b", "c", "d"]) throttle.add(key);
  assert.equal(throttle.wait("a"), 0, "the oldest was forgotten");
  throttle.add("b");
  assert.equal(throttle.wait("b"), 100);
  const shared = new Throttle({ most: 2, inAll: 3, windowMs: 100, now: () => now });
  assert.deepEqual(
    ["a", "a", "a", "b", "b", "c"].map((key) => shared.take(key)),
    [0, 0, 100, 0, 100, 100],
  );
  now += 100;
  assert.equal(shared.take("c"), 0, "the window of all is over, too");
  const networks = [
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8:0:0:1:2:3:4", "2001:db8:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["", ""],
  ];
  for (const [address, expected] of networks) assert.equal(network(address), expected);
});

test("who watches is bounded in number; one that does not read costs no memory", async () => {
  const at = await mortalWorld();
  try {
    await at.emulator.seed(3_000);
    await at.emulator.config({ latencyMs: 20 });
    const filter = { label: undefined, toDate: Date.now() + 3_600_000 };
    filter.workflowUrl = Array.from({ length: 90 }, (_, n) =>
      `https://x.example/${n}`.padEnd(300, "x"),
    );
    filter.workflowUrl.push("https://example.com/workflow");
    const { id } = await at.start({
      operation: "resume",
      selection: { filter },
      drive: { strategy: "each", concurrency: 6 },
    });
    const { port } = new URL(at.url());
    const deaf = Array.from({ length: 20 }, () => {
      const socket = connect({ port: Number(port), host: "127.0.0.1" }).pause();
      socket.on("error", () => {});
      socket.write(
        `GET /api/jobs/${id}/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
          `authorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`,
      );
      return socket;
    });
    const watched = (status) =>
      eventually(async () => {
        const response = await at.call(`/api/jobs/${id}/events`);
        if (response.status !== status) await response.body.cancel();
        assert.equal(response.status, status);
        return response;
      });
    const more = await watched(429);
    assert.ok(more.headers.has("retry-after"));
    const memory = () => {
      const children = readFileSync(`/proc/${at.pid()}/task/${at.pid()}/children`, "utf8");
      const status = readFileSync(`/proc/${children.trim().split(" ")[0]}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) / 1024;
    };
    const first = memory();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const grown = memory() - first;
    assert.ok(grown < 60, `${Math.round(grown)} MB more`);
    for (const socket of deaf) socket.destroy();
    // Their places are free again.
    const again = await watched(200);
    await again.body.cancel();
  } finally {
    await at.close();
  }
});

test("a Worker that has ended is closed all the same", async () => {
  const at = await mortalWorld();
  await at.kill();
  await at.close();
});

test("one person's starts are not another's", async () => {
  const access = await startAccess();
  const at = await world({ bindings: access.bindings });
  try {
    const as = async (email) => {
      const assertion = await access.assertion({ email });
      const headers = { "cf-access-jwt-assertion": assertion, origin: at.admin.url };
      return (body) =>
        fetch(`${at.admin.url}/api/jobs`, {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify({ id: crypto.randomUUID(), name: "x", ...slow, ...body }),
        });
    };
    const [jo, kim] = [await as("jo@shop.example"), await as("kim@shop.example")];
    const statuses = [];
    while (statuses.at(-1) !== 429 && statuses.length < 70) statuses.push((await jo()).status);
    assert.deepEqual(statuses, [...Array(60).fill(201), 429]);
    assert.equal((await kim()).status, 201);
  } finally {
    await at.close();
    access.close();
  }
});
