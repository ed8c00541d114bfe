// Below the body: what is sent without end, by the drop, with the wrong length, packed a thousandfold,
// with heads that no one reads, and to another origin. No hang, no more memory than is documented, and
// the token goes nowhere else.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import {
  calls,
  callsWith,
  harmless,
  outcome,
  PATIENCE,
  SIZE_MAX,
  TOKEN,
  victim,
} from "./attack.mjs";
import { startHostile } from "./service.mjs";

const GOOD = '{"workflowRuns":[],"messages":[],"deleted":0}';
/** A good answer but for what comes behind it. */
const BEGUN = '{"workflowRuns":[],"messages":[],"deleted":0,"more":"';
/** What a client may not have read yet and the network has taken: buffers on both sides. */
const ON_THE_WAY = 8 * 2 ** 20;

const head = (status, ...lines) =>
  `HTTP/1.1 ${status} So\r\n${lines.map((l) => `${l}\r\n`).join("")}\r\n`;
/** Writes what is given, as it is, and ends. */
const raw =
  (...parts) =>
  (_, __, socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };

/** Writes again and again as long as somebody reads; answers how much that was. */
async function endless(socket, chunk, pause = 0) {
  let written = 0;
  while (!socket.destroyed) {
    if (!socket.write(chunk)) {
      await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
    }
    written += chunk.length;
    await wait(pause);
  }
  return written;
}

const zeros = gzipSync(`[${"0,".repeat(8 * 2 ** 20)}0]`);
const bomb = gzipSync(`${BEGUN}${" ".repeat(64 * 2 ** 20)}"}`, { level: 9 });

const attacks = {
  "a body of four times the limit": raw(
    head(200, `Content-Length: ${4 * SIZE_MAX}`),
    "x".repeat(4 * SIZE_MAX),
  ),
  "half of the length it named": raw(head(200, "Content-Length: 5000"), GOOD),
  "more than the length it named": raw(head(200, "Content-Length: 20"), GOOD, GOOD),
  "a length that is none": raw(head(200, "Content-Length: many"), GOOD),
  "two lengths": raw(head(200, "Content-Length: 5", "Content-Length: 500"), GOOD),
  "chunks that are none": raw(head(200, "Transfer-Encoding: chunked"), "zz\r\nhello\r\n"),
  "a chunk of terabytes": raw(head(200, "Transfer-Encoding: chunked"), "ffffffffff\r\nhello\r\n"),
  "an end in the middle of a chunk": raw(head(200, "Transfer-Encoding: chunked"), "ff\r\n{"),
  "a gzip bomb of lists": raw(
    head(200, "Content-Encoding: gzip", `Content-Length: ${zeros.length}`),
    zeros,
  ),
  "a gzip bomb of spaces": raw(
    head(200, "Content-Encoding: gzip", `Content-Length: ${bomb.length}`),
    bomb,
  ),
  "gzip that is none": raw(head(200, "Content-Encoding: gzip"), GOOD),
  "gzip that breaks off": raw(
    head(200, "Content-Encoding: gzip", "Content-Length: 50"),
    gzipSync(GOOD).subarray(0, 20),
  ),
  "an encoding that nobody knows": raw(head(200, "Content-Encoding: of-ours"), GOOD),
  "UTF-8 that is none": raw(
    head(200),
    Buffer.concat([Buffer.from('{"workflowRuns":[],"x":"'), Buffer.from([0xc3, 0x28, 0xff, 0xfe])]),
  ),
  "a refusal without end of words": (_, __, socket) => {
    socket.write(head(500));
    endless(socket, "x".repeat(65_536));
  },
  204: raw(head(204)),
  "204 with a body": raw(head(204, "Content-Length: 2"), "{}"),
  205: raw(head(205)),
  304: raw(head(304)),
  "100 and nothing else": (_, __, socket) => socket.write("HTTP/1.1 100 Continue\r\n\r\n"),
  "100, then an answer": raw("HTTP/1.1 100 Continue\r\n\r\n", head(200), GOOD),
  "hints without end": (_, __, socket) => {
    endless(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 5);
  },
  "101 to another protocol": raw(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  ),
  "status 999": raw(head(999), GOOD),
  "a status that is none": raw("HTTP/1.1 abc\r\n\r\n"),
  "another protocol": raw("SSH-2.0-OpenSSH_9.6\r\n"),
  NULs: raw("\0".repeat(1000)),
  "a head of a megabyte": raw(head(200, `X-Long: ${"x".repeat(2 ** 20)}`), GOOD),
  "ten thousand headers": raw(
    head(200, ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`)),
    GOOD,
  ),
  "headers of odd characters": raw(head(200, "X-Odd: \x80\xff\x7f", "X\0Y: z"), GOOD),
  "a request id of 10,000 characters": raw(head(400, `X-Request-Id: ${"i".repeat(10_000)}`), "{}"),
  "an end at once": (_, __, socket) => socket.destroy(),
  "a reset": (_, __, socket) => socket.resetAndDestroy(),
  silence: () => {},
  "a head that never ends": (_, __, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    endless(socket, "X: y\r\n", 20);
  },
  "a body by the drop": (_, __, socket) => {
    socket.write(head(200, "Content-Length: 100000"));
    endless(socket, " ", 20);
  },
};

/** Entries that a drive says it has done. */
const done = ({ resumed, restarted, deleted }) => resumed ?? restarted ?? deleted ?? 0;

describe("every call", { concurrency: 8 }, () => {
  for (const [name, hostile] of Object.entries(attacks)) {
    for (const spared of [0, 2]) {
      test(`${name}, behind ${spared} good answers`, PATIENCE, async (t) => {
        let harm = hostile;
        const service = await startHostile(t, {
          hostile: (...args) => harm(...args),
          after: spared,
        });
        for (const call of callsWith(spared)) {
          service.again();
          harm = hostile;
          const { dlq, told } = victim(service.url, { timeout: 150 });
          const found = await outcome(calls(dlq, service.ids, told)[call]);
          harmless(call, found, told);
          const summary = found.error ? found.error.summary : found.value;
          if (summary?.unconfirmed !== undefined) {
            // The good answers took some; what came behind them took nothing, and says nothing of it.
            const taken = service.ids.length - service.size();
            const { unconfirmed } = summary;
            const said = `${call}: ${taken} taken, and ${JSON.stringify(summary)}`;
            assert.ok(done(summary) <= taken && taken <= done(summary) + unconfirmed, said);
          }
          harm = (_, response) => response.end(GOOD);
          assert.ok(
            Array.isArray((await dlq.list({}, { timeout: 30_000 })).messages),
            `${call}: the call behind it`,
          );
        }
      });
    }
  }
});

describe("a body without end", () => {
  for (const [name, lines, limit] of [
    ["in chunks", ["Transfer-Encoding: chunked"], SIZE_MAX],
    ["until the connection closes", [], SIZE_MAX],
    ["with a larger limit", [], 4 * 2 ** 20],
  ]) {
    test(`${name}, is read up to the limit`, PATIENCE, async (t) => {
      const chunk = "x".repeat(65_536);
      const piece = lines.length > 0 ? `10000\r\n${chunk}\r\n` : chunk;
      let writing;
      const hostile = (_, __, socket) => {
        socket.write(head(200, ...lines));
        writing = endless(socket, piece);
      };
      const service = await startHostile(t, { hostile });
      const { dlq } = victim(service.url, { maxResponseSize: limit, timeout: 30_000 });
      const { error } = await outcome(() => dlq.list());
      assert.equal(error.code, "response_too_large");
      assert.equal(error.name, "ResponseFormatError");
      assert.deepEqual([error.mayHaveActed, error.retryable], [false, false]);
      assert.equal(service.seen.length, 1, "a read that will be too large again is not repeated");
      const written = await writing;
      assert.ok(written < limit + ON_THE_WAY, `${written} bytes were taken`);
    });
  }

  test("is as large as the limit, and is taken", PATIENCE, async (t) => {
    const body = `${GOOD.slice(0, -1)},"more":"${"x".repeat(SIZE_MAX - GOOD.length - 10)}"}`;
    assert.equal(body.length, SIZE_MAX);
    for (const [sent, code] of [
      [body, undefined],
      [`${body} `, "response_too_large"],
    ]) {
      const hostile = (_, response) => response.end(sent);
      const service = await startHostile(t, { hostile });
      const { error } = await outcome(() => victim(service.url).dlq.list());
      assert.equal(error?.code, code);
    }
  });

  test("64 MiB are the limit where none is given", PATIENCE, async (t) => {
    const size = 64 * 2 ** 20;
    for (const [more, code] of [
      [0, undefined],
      [1, "response_too_large"],
    ]) {
      const body = Buffer.alloc(size + more, " ");
      body.write(GOOD);
      const service = await startHostile(t, { hostile: (_, response) => response.end(body) });
      const options = { maxResponseSize: undefined, timeout: 50_000 };
      const { error } = await outcome(() => victim(service.url, options).dlq.list());
      assert.equal(error?.code, code);
    }
  });

  test(
    "in a drive: lists are asked for in smaller pieces, and what acts may have acted",
    PATIENCE,
    async (t) => {
      const asked = [];
      const hostile = (request, response) => {
        const { pathname, searchParams } = new URL(request.url, "http://localhost");
        asked.push(Number(searchParams.get("count")));
        const size = pathname.endsWith("/dlq") && asked.at(-1) < 20 ? 0 : 2 * SIZE_MAX;
        response.end(`${GOOD.slice(0, -1)},"more":"${"x".repeat(size)}"}`);
      };
      const service = await startHostile(t, { hostile, after: 1 });
      const { dlq } = victim(service.url, { retry: { attempts: 5, initialDelay: 1, maxDelay: 2 } });
      const drive = { strategy: "batches", pageSize: 100, concurrency: 1 };
      const summary = await dlq.resumeAll({ all: true }, {}, drive);
      assert.equal(summary.reason, "complete");
      assert.deepEqual(asked, [100, 25, 6]);

      const pages = { strategy: "pages", pageSize: 4, timeBudget: 100 };
      const bulk = await startHostile(t, { hostile, after: 1 });
      const { value } = await outcome(() =>
        victim(bulk.url).dlq.resumeAll({ all: true }, {}, pages),
      );
      assert.deepEqual([value.reason, value.resumed, value.unconfirmed], ["time", 0, 4]);
    },
  );
});

test("a body by the drop has the time of the request, not of each drop", PATIENCE, async (t) => {
  const hostile = attacks["a body by the drop"];
  const service = await startHostile(t, { hostile });
  const since = performance.now();
  const { error } = await outcome(() => victim(service.url, { retry: false }).dlq.list());
  assert.equal(error.code, "timeout");
  assert.ok(performance.now() - since < 5_000);
});

describe("a redirect", { concurrency: true }, () => {
  const CALLS = ["list", "get", "resume", "resumeAll by pages", "resumeAll of ids", "preview"];
  for (const auth of ["header", "query"]) {
    for (const status of [300, 301, 302, 303, 307, 308]) {
      test(`${status}, to another origin, with the token in the ${auth}`, PATIENCE, async (t) => {
        const elsewhere = [];
        const other = createServer((request, response) => {
          elsewhere.push(request.url, request.headers);
          response.end(GOOD);
        });
        other.listen(0, "127.0.0.1");
        await once(other, "listening");
        t.after(() => other.close());
        const location = `http://localhost:${other.address().port}/v2/workflows/dlq?${encodeURIComponent(TOKEN)}`;
        const hostile = (_, response) => {
          response.writeHead(status, { location, refresh: `0;url=${location}` }).end(GOOD);
        };
        for (const call of CALLS) {
          const service = await startHostile(t, { hostile });
          // A redirect ends each call at once, however slow a busy machine delivers it.
          const { dlq, told } = victim(service.url, { auth, timeout: 30_000 });
          const methods = calls(dlq, service.ids, told, { timeBudget: 30_000 });
          const found = await outcome(methods[call]);
          harmless(call, found, told);
          assert.equal(found.error.code, "unexpected_redirect");
        }
        assert.deepEqual(elsewhere, []);
      });
    }
  }
});
