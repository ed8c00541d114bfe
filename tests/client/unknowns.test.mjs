// What is not known of the service, each switched both ways; and what is relied on, broken.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertBooks, failure, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";
const query = ({ path }) => new URLSearchParams(path.split("?")[1]);
const counts = ({ resumed, notFound, unconfirmed, failed }) => [
  resumed,
  notFound,
  unconfirmed,
  failed,
];
const STRATEGIES = ["pages", "batches", "each"];

describe("whose clock, and whether it is right", { concurrency: true }, () => {
  for (const strategy of STRATEGIES) {
    for (const config of [{ dateHeader: false }, { dateSkewMs: 5_000 }, { dateSkewMs: -5_000 }]) {
      test(`${strategy}, ${JSON.stringify(config)}: what fails again is left alone`, async (t) => {
        for (const [concurrency, dateCompares] of [
          [1, "failure"],
          [8, "failure"],
          [8, "run"],
        ]) {
          const seed = { runs: { failAgain: 1, afterMs: 1 }, to: Date.now() - 10_000 };
          const { emulator, client } = await world(t, {
            entries: 120,
            seed: { ...seed, from: seed.to - 3_600_000 },
            config: { ...config, dateCompares, latencyMs: 3, jitterMs: 5 },
          });
          const drive = { strategy, concurrency, limit: 1_000 };
          const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
          assert.deepEqual(counts(summary), [120, 0, 0, 0]);
          assert.equal(summary.reason, "complete");
          await emulator.idle();
          const audit = await assertBooks(emulator, summary);
          assert.equal(audit.failedAgain, 120);
          assert.equal(audit.remaining, 120);
        }
      });
    }
  }
});

describe("an entry that can't be resumed", { concurrency: true }, () => {
  // Two of forty. Not found by its first answer, a single id is taken at the service's word.
  const expected = {
    400: { batches: [38, 0, 0, 2], each: [38, 0, 0, 2] },
    404: { batches: [38, 0, 0, 2], each: [38, 2, 0, 0] },
    skip: { batches: [38, 0, 0, 2], each: [38, 0, 0, 2] },
  };
  for (const [unresumable, outcomes] of Object.entries(expected)) {
    for (const notFound of ["atomic", "rest", "stop-at-first"]) {
      test(`${unresumable}, missing ones ${notFound}`, async (t) => {
        const config = { unresumable, notFound };
        const entries = Array.from({ length: 40 }, (_, i) => ({
          unresumable: i === 17 || i === 31,
        }));
        for (const [strategy, outcome] of Object.entries(outcomes)) {
          const { emulator, client } = await world(t, { config });
          const { dlqIds } = await emulator.seed({ entries });
          const drive = { strategy, pageSize: 10, concurrency: 2 };
          const summary = await client.dlq.resumeAll(dlqIds, {}, drive);
          assert.equal(summary.reason, "complete");
          assert.deepEqual(counts(summary), outcome, strategy);
          await assertBooks(emulator, summary);
        }
        // Of a filter each is told as refused, or left where the service passes over it.
        for (const strategy of STRATEGIES) {
          const { emulator, client } = await world(t, { config });
          await emulator.seed({ entries });
          const drive = { strategy, pageSize: 10, concurrency: 1 };
          const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
          const passed = unresumable === "skip" && strategy === "pages";
          assert.equal(summary.reason, passed ? "remaining" : "complete", strategy);
          assert.deepEqual(counts(summary), [38, 0, 0, passed ? 0 : 2], strategy);
          await assertBooks(emulator, summary);
        }
      });
    }
  }

  test("remains for who goes on, until it is gone", async (t) => {
    const entries = Array.from({ length: 20 }, (_, i) => ({ unresumable: i === 7 }));
    const { emulator, client } = await world(t, { config: { unresumable: "skip" } });
    await emulator.seed({ entries });
    const { checkpoint } = await client.dlq.resumeAll({ all: true });
    const still = await client.dlq.continueFrom(checkpoint);
    assert.equal(still.reason, "remaining");
    await client.dlq.delete({ all: true });
    const gone = await client.dlq.continueFrom(still.checkpoint);
    assert.equal(gone.reason, "complete");
    assert.equal(gone.resumed, 19);
  });
});

describe("caps", { concurrency: true }, () => {
  for (const idsOverCap of ["first", "cursor", "400"]) {
    for (const [method, done] of [
      ["resumeAll", "resumed"],
      ["deleteAll", "deleted"],
    ]) {
      test(`${method}: seven ids at most, the rest: ${idsOverCap}`, async (t) => {
        const config = { idsCap: 7, idsOverCap };
        const { emulator, client, ids } = await world(t, { entries: 60, config });
        const missing = Array.from({ length: 9 }, (_, i) => `1700000000000-${i}`);
        // Those in front fill the cap, and nothing is done of the first request.
        const drive = { pageSize: 20, concurrency: 3 };
        const selection = method === "deleteAll" ? [...missing, ...ids] : ids;
        const args = method === "deleteAll" ? [selection, drive] : [selection, {}, drive];
        const summary = await client.dlq[method](...args);
        assert.equal(summary.reason, "complete");
        assert.equal(summary.notFound, selection.length - 60);
        assert.equal(summary[done], 60);
        await assertBooks(emulator, summary, { done });
      });
    }
  }

  test("a thousand ids are restarted in batches of the documented cap, with no look-ups", async (t) => {
    for (const idsOverCap of ["first", "cursor", "400"]) {
      const config = { restartCap: 50, idsOverCap };
      const { emulator, client, ids } = await world(t, { entries: 1_000, config });
      // What a Worker's invocation has.
      const summary = await client.dlq.restartAll(ids, {}, { maxRequests: 40 });
      assert.deepEqual([summary.restarted, summary.reason], [1_000, "complete"]);
      assert.ok(summary.requests <= 22, `${summary.requests} requests`);
      await assertBooks(emulator, summary, { done: "restarted" });
    }
  });

  test("a page size beyond the service's", async (t) => {
    const { emulator, client } = await world(t, { entries: 350, config: { pageCap: 50 } });
    for (const strategy of ["pages", "batches"]) {
      const drive = { strategy, pageSize: 1_000, limit: 175, concurrency: 3 };
      const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
      assert.equal(summary.resumed, 175, strategy);
    }
    assert.equal((await emulator.audit({ summary: true })).remaining, 0);
  });

  test("more than was asked for is told as it is, and ends what has a limit", async (t) => {
    const { emulator, client } = await world(t, { entries: 60, config: { moreThanCount: 5 } });
    const drive = { pageSize: 10, limit: 25 };
    const some = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.deepEqual([some.reason, some.resumed], ["limit", 15]);
    await assertBooks(emulator, some);
    const rest = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10 });
    assert.deepEqual([rest.reason, rest.resumed], ["complete", 45]);
    await assertBooks(emulator, { ...rest, resumed: 60 });
  });
});

describe("a filter that is not heard", { concurrency: true }, () => {
  for (const strategy of STRATEGIES) {
    test(`${strategy}: ends it before anything is done`, async (t) => {
      const { emulator, client } = await world(t, {
        entries: 40,
        seed: { labels: ["a", "b"] },
        config: { ignoreFilters: ["label"] },
      });
      const error = await failure(
        client.dlq.resumeAll({ filter: { label: "b" } }, {}, { strategy }),
      );
      assert.equal(error.code, "filter_not_honoured");
      assert.equal((await emulator.audit({ summary: true })).taken, 0);
    });
  }
});

describe("work that comes late", { concurrency: true }, () => {
  for (const strategy of STRATEGIES) {
    // Before and after the two seconds in which nothing is looked up or sent again.
    for (const ms of [500, 3_000]) {
      test(`${strategy}: ${ms} ms after the connection broke`, async (t) => {
        const { emulator, client } = await world(t, { entries: 60 });
        const action = { type: "workLater", ms };
        await emulator.faults([{ match: { method: "POST" }, nth: 2, times: 1, action }]);
        const drive = { strategy, pageSize: 10, concurrency: 2 };
        const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
        assert.equal(summary.reason, "complete");
        const { requests } = await emulator.requests();
        const [broken] = requests.filter(({ status }) => status === 0);
        const after = requests.filter(
          ({ at, path }) => at > broken.at && path.includes(query(broken).get("dlqIds") ?? "?"),
        );
        if (strategy !== "pages") assert.ok(after[0].at - broken.at >= 2_000, "it is left time");
        await new Promise((resolve) => setTimeout(resolve, ms));
        const audit = await assertBooks(emulator, summary, { exact: false });
        assert.equal(audit.resumed, 60);
      });
    }
  }

  test("entries that leave the DLQ a while after they were taken", async (t) => {
    // Within the grace period they are waited for; what is listed for longer is not kept quiet.
    for (const [lateRemovalMs, reason] of [
      [300, "complete"],
      [60_000, "remaining"],
    ]) {
      for (const strategy of STRATEGIES) {
        const { emulator, client } = await world(t, { entries: 60, config: { lateRemovalMs } });
        const drive = { strategy, pageSize: 10, concurrency: 4 };
        const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
        assert.deepEqual(counts(summary), [60, 0, 0, 0], strategy);
        // None is sent again because a list shows it.
        await assertBooks(emulator, summary);
        const { requests } = await emulator.requests();
        const sent = requests.map(
          ({ at, method, path }) => `${at - requests[0].at} ms ${method} ${path}`,
        );
        const what = `${strategy}, ${lateRemovalMs} ms:\n${sent.join("\n")}`;
        assert.equal(summary.reason, reason, what);
      }
    }
  });
});

describe("lists that are too large", { concurrency: true }, () => {
  test("are followed by smaller ones", async (t) => {
    const { emulator, client } = await world(t, { entries: 300 });
    const action = { type: "hugeBody", bytes: 4_500_000 };
    await emulator.faults([{ match: { method: "GET" }, times: 3, when: "after", action }]);
    const drive = { strategy: "batches", concurrency: 2 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.resumed, 300);
    const lists = await requestsTo(emulator, "/v2/workflows/dlq?", "GET");
    const sizes = new Set(lists.map((request) => query(request).get("count")));
    assert.deepEqual([...sizes].slice(0, 3), ["100", "25", "6"]);
  });

  test("for maxResponseSize are requested again at once, and are no attempts", async (t) => {
    const options = { maxResponseSize: 1_000_000, retry: { attempts: 1 } };
    const { emulator, client } = await world(t, { entries: 300, client: options });
    const action = { type: "hugeBody", bytes: 1_000_001 };
    await emulator.faults([{ match: { method: "GET" }, times: 3, when: "after", action }]);
    const drive = { strategy: "batches", concurrency: 2 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.deepEqual([summary.resumed, summary.retries], [300, 3]);
    const lists = await requestsTo(emulator, "/v2/workflows/dlq?", "GET");
    const sizes = lists.map((request) => query(request).get("count"));
    assert.deepEqual(sizes.slice(0, 4), ["100", "25", "6", "1"]);
  });

  test("with a single entry end a drive for good", async (t) => {
    const options = { maxResponseSize: 1_000_000 };
    const { emulator, client } = await world(t, { entries: 30, client: options });
    const action = { type: "hugeBody", bytes: 1_000_001 };
    await emulator.faults([{ match: { method: "GET" }, when: "after", action }]);
    const error = await client.dlq
      .resumeAll({ all: true }, {}, { concurrency: 2 })
      .catch((it) => it);
    assert.deepEqual(
      [error.code, error.retryable, error.mayHaveActed, error.summary.requests],
      ["response_too_large", false, false, 4],
    );
    assert.ok(error.checkpoint);
  });
});

/** The most entries that were asked for within a second, by when requests reached the service. */
const busiest = (requests) => {
  const asked = requests.map((request) => ({
    at: request.at,
    entries: query(request).getAll("dlqIds").length || Number(query(request).get("count")),
  }));
  const sums = asked.map(({ at }) =>
    asked
      .filter((other) => other.at >= at && other.at < at + 1_000)
      .reduce((sum, { entries }) => sum + entries, 0),
  );
  return Math.max(...sums);
};

describe("maxRunsPerSecond", { concurrency: true }, () => {
  for (const strategy of STRATEGIES) {
    test(`${strategy}: no second sees more, whatever is lost or slow`, async (t) => {
      const config = { latencyMs: 5, jitterMs: 80 };
      const { emulator, client } = await world(t, { entries: 150, config });
      const action = { type: "status", status: 503 };
      await emulator.faults([{ match: { method: "POST" }, every: 6, when: "after", action }]);
      let stored = 0;
      const onCheckpoint = () =>
        new Promise((resolve) => setTimeout(resolve, stored++ % 2 ? 1 : 200));
      const drive = { strategy, maxRunsPerSecond: 50, concurrency: 8, pageSize: 20, onCheckpoint };
      const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
      await assertBooks(emulator, summary, { exact: false });
      const most = busiest(await requestsTo(emulator, RESUME));
      assert.ok(most <= 50, `${most} in a second`);
      assert.ok(most >= 25, `${most}: it might have been quicker`);
    });
  }
});
