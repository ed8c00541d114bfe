// What is typed: refused in the words of the command line, before anything is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./setup.mjs";

const TOKEN = "eyJVc2VySUQiOiJzZWNyZXQifQ";

/** Arguments, what is said, and the environment where it matters. */
const REFUSED = [
  [[], /write a command: list, preview/],
  [["resum", "--all"], /did you mean resume\?/],
  [["resume", "--lable", "a"], /--lable: .* did you mean --label\?/],
  [["frob"], /no such command: write list,.*see --help/],
  [["resume", "--from", "2h"], /did you mean --from-date\?/],
  [["resume", "--status", "500"], /did you mean --where-status\?/],
  [["resume", "--retries", "3"], /did you mean --set-retries\?/],
  [["resume"], /nothing is selected.*--all/],
  [["preview"], /nothing is selected.*--all/],
  [["delete", "1-0", "--all"], /only one of ids, filters and --all/],
  [["resume", "--all", "--label", "a"], /only one of ids, filters and --all/],
  [["resume", "--all", "--limit"], /--limit needs a value: --limit <n>/],
  [["resume", "--all", "--limit", "--yes"], /--limit is followed by a flag/],
  [["resume", "--all", "--limit", "ten"], /--limit: must be a number/],
  [["resume", "--all", "--limit", "0"], /--limit: must be a whole number from 1, not 0/],
  [["resume", "--all", "--limit", "1", "--limit", "2"], /--limit is given twice/],
  [["resume", "--all", "--time-budget", "10"], /--time-budget: must be a duration with units/],
  [["resume", "--all", "--strategy", "pagse"], /--strategy: .*did you mean "pages"/],
  [["resume", "--all", "--no-freeze"], /--no-freeze: .*--limit/],
  [["resume", "--all", "--yes=no"], /--yes takes no value/],
  [["resume", "--label", "a,b"], /--label: contains a comma.*repeat the flag/],
  [["resume", "--label", ""], /--label is empty/],
  [["resume", "--from-date", "yesterday"], /--from-date: must be ISO 8601/],
  [["resume", "--from-date", "1700000000"], /--from-date: looks like seconds/],
  [["resume", "--workflow-url", "x"], /--workflow-url: must be a URL/],
  [["resume", "--caller-ip", "1.2.3"], /--caller-ip: must be an IPv4/],
  [["resume", "--failure-function-state", "X"], /--failure-function-state: must be/],
  [["resume", "--all", "--set-retries=-1"], /--set-retries: must be a whole number/],
  [["resume", "--all", "--set-delay", "10x"], /--set-delay: must be seconds, or a string/],
  [["delete", "--all", "--set-retries", "1"], /--set-retries is for resume, restart/],
  [["delete", "--all", "--canary", "1"], /--canary is for resume, restart/],
  [["resume", "--all", "--canary-wait", "1s"], /--canary-wait needs --canary/],
  [["resume", "--all", "--report", "night.txt"], /\.csv or \.ndjson/],
  [["resume", "--all", "--report", "no/such/r.csv", "--yes"], /--report: .*can't be written/],
  [["resume", "--all", "--checkpoint", "no/such/c"], /--checkpoint: no file can be written/],
  [["resume", "--all", "--query", "qstash_token=x"], /--query: /],
  [["retry-failure-function"], /nothing is selected: write ids, or -/],
  [["resume", "1-0,2-0"], /id 1 contains a comma: write one id per line/],
  [["list", "--base-url", "http://example.com"], /--base-url: .*--allow-insecure/],
  [["list", "--base-url", `https://u:${TOKEN}@example.com`], /--base-url: .*QSTASH_TOKEN/],
  [["list", "--base-url", `https://example.com/?token=${TOKEN}`], /--base-url: .*QSTASH_TOKEN/],
  [["list", "--max-response-size", "64M"], /--max-response-size: must be a size, such as 64MiB/],
  [["list", "--max-response-size", "big"], /--max-response-size: must be a size, such as 64MiB/],
  [["list", "--max-response-size", "0"], /--max-response-size: must be a whole number from 1/],
  [["list", "--region", "mars"], /--region: must be .*us-east-1/],
  [
    ["list", "--region", "us-east-1", "--base-url", "https://example.com"],
    /--region: can't be combined with --base-url/,
  ],
  [["list", "--token", TOKEN], /--token: .*ps.*QSTASH_TOKEN/],
  [["list", `--token=${TOKEN}`], /--token: .*ps.*QSTASH_TOKEN/],
  [["list", "--qstash-token", TOKEN], /ps.*QSTASH_TOKEN/],
  [["list", `--tokne=${TOKEN}`], /no such flag/],
  [["list"], /error: QSTASH_TOKEN is missing: set it/, { QSTASH_TOKEN: "" }],
  [["list"], /QSTASH_REGION: must be/, { QSTASH_REGION: "EU" }],
];

test("each is refused with 2, by its flag, without a stack, a token or a request", async (t) => {
  const { emulator, run } = await world(t);
  for (const [args, said, env] of REFUSED) {
    const { code, out, err } = await run(args, { env });
    const typed = args.join(" ");
    assert.equal(code, 2, `${typed}: ${err}`);
    assert.match(err, said, typed);
    assert.equal(out, "", typed);
    assert.doesNotMatch(err, /\n\s+at |selection\.|overrides\.|drive\.|options\./, typed);
    for (const token of [TOKEN, emulator.token]) assert.ok(!err.includes(token), typed);
  }
  assert.equal((await emulator.requests()).total, 0);
});

test("all that is wrong is said at once", async (t) => {
  const { run } = await world(t);
  const { err } = await run(["resume", "--label", "a,b", "--set-retries=-1", "--concurrency", "0"]);
  assert.equal(err.trim().split("\n").length, 3, err);
});

test("a token in the service's own words, or in what was typed, is not repeated", async (t) => {
  const { emulator, run } = await world(t);
  const { token } = emulator;
  await emulator.faults([
    { action: { type: "status", status: 401, body: { error: `bad token ${token}` } } },
  ]);
  const refused = await run(["list", "--json"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /token was not accepted/);
  const typed = await run(["list", "--base-url", token, "--limit", token]);
  assert.match(typed.err, /--limit: must be a number, not "\*\*\*"/);
  for (const { out, err } of [refused, typed]) assert.ok(!`${out}${err}`.includes(token));
});

test("an option is named as it is written here, not as in the API", async (t) => {
  const { emulator, run } = await world(t);
  const wrong = await run(["preview", "--all"], { env: { QSTASH_TOKEN: "another" } });
  assert.match(wrong.err, /belongs to the region of QSTASH_URL or --base-url/);
  // Nobody listens there.
  const away = await run(["list"], { env: { QSTASH_URL: "http://127.0.0.1:1" } });
  assert.match(away.err, /check QSTASH_URL or --base-url and the network/);
  await emulator.faults([{ action: "hang" }]);
  const late = await run(["list", "--timeout", "50ms", "--attempts", "1"]);
  assert.match(late.err, /raise --timeout/);
  const headers = { "Retry-After": 3600 };
  await emulator.faults([{ action: { type: "status", status: 429, headers } }]);
  const limited = await run(["list"]);
  assert.match(limited.err, /try again later[\s\S]*The limit resets at 20\d\d-/);
  await emulator.seed({ count: 1, payloadBytes: 100_000 });
  await emulator.faults([]);
  const large = await run(["list", "--max-response-size", "100KB", "--attempts", "1"]);
  assert.match(large.err, /larger than --max-response-size: raise it \(default: 64MiB\)/);
  for (const { code, err } of [wrong, away, late, limited, large]) {
    assert.equal(code, 1, err);
    assert.doesNotMatch(err, /baseUrl|resetAt|raise timeout|maxResponseSize/);
  }
});

test("help does not promise what absent overrides come to", async (t) => {
  const { run } = await world(t);
  // The service's documents contradict each other: retries that are absent are the run's own, or three.
  const { out } = await run(["resume", "--help"]);
  assert.match(out, /Overrides \(default: what the service uses\)/);
});

test("help as a word is help", async (t) => {
  const { run } = await world(t);
  for (const [word, flag] of [
    [["help"], ["--help"]],
    [
      ["help", "resume"],
      ["resume", "--help"],
    ],
  ]) {
    const [typed, expected] = await Promise.all([run(word), run(flag)]);
    assert.equal(typed.code, 0, typed.err);
    assert.equal(typed.out, expected.out);
  }
});
