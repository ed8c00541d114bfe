// The Node script as a process that is stopped, killed and run again.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { path } from "../../../scripts/lib/run.mjs";
import { eventually } from "../../support/eventually.mjs";
import { assertResumedOnce, followed, seeded } from "./setup.mjs";

const ENTRIES = 1_000;

async function night(t, seed) {
  const { emulator, credentials } = await seeded(t, ENTRIES, seed);
  const folder = mkdtempSync(join(tmpdir(), "night-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "dlq.checkpoint");
  /** Starts the script; `ended` resolves with its exit code, signal and output. */
  const start = () => {
    const child = spawn(process.execPath, [path("examples/node-script/night.mjs"), file], {
      env: { ...process.env, ...credentials },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
      });
    }
    const ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        assert.ok(!output.includes(emulator.token));
        resolve({ code, signal, output });
      });
    });
    return { child, ended };
  };
  const begun = () =>
    eventually(async () => {
      const { resumed } = await emulator.audit({ summary: true });
      assert.ok(resumed > 0, "the script resumes nothing");
    });
  const client = new Client({ baseUrl: emulator.url, token: emulator.token }, {});
  return { emulator, client, file, folder, start, begun };
}

/** The summary, which the script prints as a line of JSON. */
function counts(output) {
  const line = output.split("\n").find((line) => line.startsWith("{"));
  assert.ok(line, `no summary in the output:\n${output}`);
  return JSON.parse(line);
}

test("resumes everything and leaves no file", async (t) => {
  const { emulator, folder, start } = await night(t);
  const { code, output } = await start().ended;
  assert.equal(code, 0, output);
  const { resumed, outcome } = counts(output);
  assert.deepEqual([resumed, outcome.succeeded], [ENTRIES, ENTRIES]);
  assert.deepEqual(readdirSync(folder), []);
  await assertResumedOnce(emulator, ENTRIES);
});

test("says how many runs failed again, also where it was killed while it followed them", async (t) => {
  const runs = { failAgain: 0.1, afterMs: 1500, spreadMs: 500 };
  const { emulator, file, folder, start } = await night(t, { runs });
  const first = start();
  await followed(emulator);
  first.child.kill("SIGKILL");
  await first.ended;
  assert.ok(existsSync(file));
  const { code, output } = await start().ended;
  const { failedAgain } = await assertResumedOnce(emulator, ENTRIES);
  assert.ok(failedAgain > 0);
  assert.equal(code, 4, output);
  const { outcome } = counts(output);
  assert.deepEqual(
    [outcome.succeeded, outcome.failedAgain],
    [ENTRIES - failedAgain, failedAgain],
    output,
  );
  assert.deepEqual(readdirSync(folder), []);
});

for (const [signal, ends] of [
  ["SIGINT", { code: 3, signal: null }],
  ["SIGKILL", { code: null, signal: "SIGKILL" }],
]) {
  test(`goes on after ${signal}`, async (t) => {
    const { emulator, file, start, begun } = await night(t, {
      config: { latencyMs: 100, pageCap: 10 },
    });
    const first = start();
    await begun();
    first.child.kill(signal);
    const { code, signal: by } = await first.ended;
    assert.deepEqual({ code, signal: by }, ends);
    assert.ok(existsSync(file));
    assert.ok(!readFileSync(file, "utf8").includes(emulator.token));
    assert.ok(
      (await emulator.audit({ summary: true })).remaining > 0,
      "it was stopped in the midst",
    );

    await emulator.config({ latencyMs: 0, pageCap: 100 });
    const { code: then, output } = await start().ended;
    assert.equal(then, 0, output);
    const { resumed, unconfirmed } = counts(output);
    assert.ok(resumed <= ENTRIES && resumed + unconfirmed >= ENTRIES, output);
    assert.ok(!existsSync(file));
    await assertResumedOnce(emulator, ENTRIES);
  });
}

test("entries that can't be resumed are told of, and do not keep the file", async (t) => {
  const { emulator, folder, start } = await night(t, {
    unresumable: 0.1,
    config: { unresumable: "skip" },
  });
  const { code, output } = await start().ended;
  assert.equal(code, 2, output);
  const { reason, resumed } = counts(output);
  assert.equal(reason, "remaining");
  assert.deepEqual(readdirSync(folder), []);
  const { remaining } = await assertResumedOnce(emulator, resumed);
  assert.equal(resumed + remaining, ENTRIES);
  assert.ok(remaining > 0);
});

test("a token that is not accepted is an error", async (t) => {
  const { emulator, start } = await night(t);
  await emulator.faults([{ action: 401 }]);
  const { code, output } = await start().ended;
  assert.equal(code, 1);
  assert.match(output, /AuthenticationError: .*token was not accepted/);
  await assertResumedOnce(emulator, 0);
});

test("an entry that is too large to be listed is an error that says what to do", async (t) => {
  const { emulator, start } = await night(t);
  const hourAgo = Date.now() - 3_600_000;
  await emulator.seed({ count: 1, payloadBytes: 68_000_000, from: hourAgo, to: hourAgo });
  const { code, output } = await start().ended;
  assert.equal(code, 1, output);
  assert.match(output, /larger than maxResponseSize: .*select by ids/);
});

test("a link planted beside the checkpoint is not followed", async (t) => {
  const { emulator, file, folder, start } = await night(t);
  const victim = join(folder, "victim");
  writeFileSync(victim, "untouched");
  for (const name of [`${file}.new`, `${file}.tmp`]) symlinkSync(victim, name);
  const { code, output } = await start().ended;
  assert.equal(code, 0, output);
  assert.equal(readFileSync(victim, "utf8"), "untouched");
  await assertResumedOnce(emulator, ENTRIES);
});

test("a FIFO planted in the checkpoint's place is not waited for", {
  timeout: 60_000,
}, async (t) => {
  const { emulator, file, start } = await night(t);
  execFileSync("mkfifo", [file]);
  const { child, ended } = start();
  t.after(() => child.kill("SIGKILL"));
  const { code, output } = await ended;
  assert.equal(code, 1, output);
  assert.match(output, /dlq\.checkpoint is not a file/);
  assert.equal((await emulator.audit({ summary: true })).resumed, 0);
});

test("a checkpoint of anything else is not carried out", async (t) => {
  const { emulator, client, file, start } = await night(t);
  const signal = AbortSignal.abort();
  const stopped = (drive) => drive.then(({ checkpoint }) => checkpoint);
  for (const planted of [
    await stopped(client.dlq.deleteAll({ all: true }, { signal })),
    await stopped(
      client.dlq.resumeAll(
        { all: true },
        { retries: 3, failureCallback: "https://other.example" },
        { signal },
      ),
    ),
    await stopped(client.dlq.resumeAll({ filter: { label: "x" } }, { retries: 3 }, { signal })),
  ]) {
    writeFileSync(file, planted);
    const { code, output } = await start().ended;
    assert.equal(code, 1, output);
    assert.match(output, /checkpoint/);
    const { deleted, resumed } = await emulator.audit({ summary: true });
    assert.deepEqual([deleted, resumed], [0, 0]);
  }
});

test("what an error of the service or of a run says does not steer the terminal", async (t) => {
  const attack = "\u001b]0;title\u0007\u009b2J\u202e\u2028\u007f";
  const { emulator, start } = await night(t);
  const steering = /[^\P{Cc}\n]|[\p{Bidi_Control}\u2028\u2029]/u;
  const body = { error: `why${attack}so` };
  await emulator.faults([
    { match: { method: "POST" }, action: { type: "status", status: 400, body } },
  ]);
  const { code, output } = await start().ended;
  assert.equal(code, 1, output);
  assert.match(output, /ApiError: .*why *\]0;title/);
  assert.doesNotMatch(output, steering);
});
