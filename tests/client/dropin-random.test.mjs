// Random inputs of the shape of the SDK's types, and some that are wider: for each of them the SDK
// and this package have to send the same request, byte for byte, and give the same result.

import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../support/scenario.mjs";
import { besideSdk } from "./beside-sdk.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 4_000);
const SEED = Number(process.env.SEED ?? 20_250_101);

const side = besideSdk();

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
// All that the query of a URL has to encode, and some that it must not; half a character as well.
const AWKWARD = [
  ...`${PLAIN} +&=?#%/:;@!$'()*~[]{}|\\^"\`<>äß€漢😀\u00a0\t\n\r\0\x7f`,
  "\ud83d",
  "%2C",
];
const STATES = ["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"];
const HOSTS = [
  "app.example.com",
  "localhost:3000",
  "[::1]:8080",
  "10.0.0.7",
  "Über.example",
  "u:p@a.example",
];
const PATH = [...`${PLAIN}/+&=?#%:;@!$'()*~[]{}|^äß漢😀`];

/** What callers write, by the SDK's types. */
function inputs(r) {
  const word = (from = 1, to = 12) => r.many(() => r.pick(PLAIN), from, to).join("");
  const text = (to = 16) => r.many(() => r.pick(AWKWARD), 1, to).join("");
  const id = () =>
    r.pick([
      () => `${r.whole(1e12, 2e12)}-${r.whole(0, 9)}`,
      () => `dlq-${word(21, 21)}`,
      () => `x${text()}`,
    ])();
  const time = () => r.pick([0, 1, r.whole(1e10, 2e12), r.whole(2e12, 9e14)]);
  const moment = (ms = time()) => (r.chance(0.5) ? new Date(ms) : ms);
  const url = () => {
    const path = r.many(() => r.pick(PATH), 0, 30).join("");
    return `${r.pick(["https", "http", "HTTPS"])}://${r.pick(HOSTS)}/${path}`;
  };
  const ip = () =>
    r.pick([
      () => r.many(() => r.whole(0, 255), 4, 4).join("."),
      () => r.many(() => r.whole(0, 0xffff).toString(16), 8, 8).join(":"),
      () => `2001:db8::${r.whole(1, 0xffff).toString(16)}`,
    ])();
  const one = (make) => (r.chance(0.4) ? r.many(make, 1, 4) : make());
  const fields = {
    fromDate: () => moment(r.whole(0, 9e8)),
    toDate: () => moment(r.whole(1e10, 9e14)),
    workflowUrl: () => one(url),
    workflowRunId: () => (r.chance(0.7) ? `wfr_${word(21, 21)}` : text()),
    workflowCreatedAt: moment,
    label: () => one(text),
    failureFunctionState: () => one(() => r.pick(STATES)),
    callerIp: () => one(ip),
    flowControlKey: () => one(text),
  };
  const listed = { ...fields, url, responseStatus: () => r.whole(100, 599) };
  /** Any fields in any order; what is undefined among them is absent. */
  const filter = (of, least = 1) => {
    const names = Object.keys(of).filter(() => r.chance(0.3));
    if (names.length < least) names.push(r.pick(Object.keys(of)));
    names.sort(() => (r.chance(0.5) ? 1 : -1));
    const entries = names.map((name) => [name, of[name]()]);
    const rest = Object.keys(of).filter((name) => !names.includes(name));
    if (r.chance(0.2)) entries.splice(r.whole(0, entries.length), 0, [r.pick(rest), undefined]);
    return Object.fromEntries(entries);
  };
  const maybe = (part, name, make) => {
    if (r.chance(part)) return { [name]: make() };
    return r.chance(0.1) ? { [name]: undefined } : {};
  };
  const cursor = () => r.pick([text, id, () => String(r.whole(0, 2 ** 52))])();
  const bounds = (most = 2 ** 31 - 1) => ({
    ...maybe(0.4, "count", () => Math.min(r.pick([1, 100, r.whole(1, 1_000), 2 ** 31 - 1]), most)),
    ...maybe(0.4, "cursor", cursor),
  });
  /** The keys of the other forms, of which the SDK's types say that they are undefined. */
  const others = (...names) =>
    Object.fromEntries(names.filter(() => r.chance(0.1)).map((name) => [name, undefined]));
  const selection = () =>
    r.pick([
      id,
      () => r.many(id, 0, 40),
      () => ({ dlqIds: r.many(id, 1, 40), ...others("filter", "count", "cursor") }),
      () => ({ dlqIds: id() }),
      () => ({ filter: filter(fields), ...bounds() }),
      () => ({ ...bounds(), filter: filter(fields) }),
      () => ({ all: true, ...bounds(), ...others("dlqIds", "filter") }),
    ])();
  const period = () =>
    r.pick([
      () => r.whole(1, 604_800),
      () => `${r.whole(1, 90)}${r.pick(["s", "m", "h"])}`,
      () => `${r.whole(1, 7)}d`,
    ])();
  const flowControl = () => {
    const limits = {
      ...maybe(0.5, "parallelism", () => r.whole(1, 1_000)),
      ...maybe(0.5, "rate", () => r.whole(1, 1_000)),
      ...maybe(0.2, "ratePerSecond", () => r.whole(1, 1_000)),
      ...maybe(0.5, "period", period),
    };
    const some = Object.values(limits).some((limit) => limit !== undefined);
    return { key: word(), ...limits, ...(some ? {} : { parallelism: 1 }) };
  };
  const overrides = () => ({
    ...maybe(0.5, "retries", () => r.whole(0, 10)),
    ...maybe(0.5, "flowControl", flowControl),
  });
  const older = () => ({ dlqId: r.chance(0.5) ? id() : r.many(id, 1, 4), ...overrides() });
  const list = () => ({ ...bounds(100), ...maybe(0.7, "filter", () => filter(listed, 0)) });
  const acting = () =>
    r.pick([
      () => [older()],
      () => [selection()],
      () => [selection(), r.chance(0.1) ? undefined : overrides()],
      () => [selection(), overrides()],
    ])();
  const calls = {
    resume: acting,
    restart: acting,
    delete: () => [selection()],
    list: () => r.pick([[], [undefined], [list()], [list()], [list()]]),
    // It stands in the path, where the SDK leaves it as it is.
    retryFailureFunction: () => [{ dlqId: `${id().replaceAll(/[/?#%\\\t\n\r]/g, "")}-0` }],
  };
  return () => {
    const operation = r.pick(["resume", "resume", ...Object.keys(calls)]);
    return [operation, calls[operation]()];
  };
}

/** Answers as the service may give them. */
function answers(r) {
  const run = () => ({
    workflowRunId: `wfr_${r.whole(1, 1e9)}`,
    workflowCreatedAt: r.chance(0.7) ? r.whole(1e12, 2e12) : "2023-01-01T00:00:00Z",
    ...(r.chance(0.2) && { more: { nested: [1, null] } }),
  });
  const cursor = r.pick([{}, { cursor: "" }, { cursor: null }, { cursor: "1752829295505-0" }]);
  const extra = r.chance(0.2) ? { somethingNew: true } : {};
  const runs = r.many(run, 1, 4);
  const status = r.chance(0.1) ? r.pick([400, 401, 403, 404, 409, 500, 503]) : 200;
  const refusal = r.pick([{ error: "no" }, "<html>", "", { error: { message: "no" } }, "null"]);
  return (method, url) => {
    if (status !== 200) return [status, refusal];
    if (url.includes("/callback/")) return [200, { ...runs[0], ...extra }];
    if (method === "DELETE") return [200, { deleted: runs.length, ...cursor, ...extra }];
    if (method === "GET") return [200, { messages: [{ dlqId: "1-0" }, {}], ...cursor, ...extra }];
    return [200, { workflowRuns: runs, ...cursor, ...extra }];
  };
}

test(`${ROUNDS} random inputs, from seed ${SEED}`, async (t) => {
  // The SDK writes each refusal to the console.
  for (const name of ["log", "warn", "error"]) t.mock.method(console, name, () => {});
  const operations = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const r = random(SEED + round);
    const [operation, args] = inputs(r)();
    side.answer = answers(r);
    const rerun = `SEED=${SEED + round} ROUNDS=1: ${operation}(${JSON.stringify(args)})`;
    const { requests } = await side.assertSame(operation, args, rerun);
    const bare = Array.isArray(args[0]) && args[0].length === 0;
    assert.equal(requests.length, bare ? 0 : 1, rerun);
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
  }
  assert.ok(ROUNDS < 100 || operations.size === 5);
});
