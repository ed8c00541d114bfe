// Answers that no honest service gives: wrong types everywhere, keys of prototypes, numbers past all
// counting, cursors that lead nowhere. Whatever is asked, it comes to an end, and to a documented one.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { calls, callsWith, harmless, outcome, PATIENCE, SIZE_MAX, victim } from "./attack.mjs";
import { hostileFetch } from "./service.mjs";

const DEPTH = 10_000;
const deep = (open, close) => open.repeat(DEPTH) + close.repeat(DEPTH);
const DATE = 1_700_000_000_000;

/** In place of a list, of its items, and of what is in them. */
const LISTS = {
  null: "null",
  true: "true",
  "a number": "5",
  "a text": '"workflowRuns"',
  "an object": '{"length":3,"0":{}}',
  "a list of null": "[null,null]",
  "a list of lists": "[[],[[]]]",
  "a list of this and that": '[5,"x",true,{},{"dlqId":{}}]',
  "keys of prototypes": `[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":5,"dlqId":"__proto__"}]`,
  "ids of every kind": `[{"dlqId":5},{"dlqId":null},{"dlqId":""},{"dlqId":".."},{"dlqId":"a,b"},{"dlqId":"\\u0000"},{"dlqId":"\\ud800"},{"dlqId":"constructor"},{"dlqId":"${"x".repeat(5_000)}"}]`,
  "the same id over and over": `[${Array(50).fill('{"dlqId":"1700000000000-0"}')}]`,
  "dates of every kind": `[${[0, -1, 1e300, -1e300, '"x"', "{}", 9007199254740993n].map((date) => `{"dlqId":"1-${date}","workflowCreatedAt":${date}}`)}]`,
  "numbers past all counting": `[{"workflowRunId":1e400,"workflowCreatedAt":-1e400,"responseStatus":1e400}]`,
  "labels of every kind": `[{"dlqId":"1-0","labels":{"length":4e9}},{"dlqId":"2-0","labels":"x","label":[]},{"dlqId":"3-0","labels":[null,{}]}]`,
  "more than was asked for": `[${Array(1_000).fill('{"dlqId":"1-0","workflowRunId":"w"}')}]`,
  "a deep one": deep("[", "]"),
};

const CURSORS = {
  true: "true",
  "an object": "{}",
  "a half": "0.5",
  "a number past 2^53": "9007199254740993",
  infinity: "1e400",
  NUL: '"\\u0000"',
  "a lone surrogate": '"\\ud800"',
  "a line break": '"a\\r\\nX-Injected: yes"',
  "another path": '"../../../v2/publish?x=y&z#"',
  "a key of prototypes": '"__proto__"',
  "always the same": '"same"',
  "60,000 characters": `"${"c".repeat(60_000)}"`,
  "a megabyte": `"${"c".repeat(2 ** 20)}"`,
};

/** Whole bodies. */
const BODIES = {
  nothing: "",
  "white space": "  \n\t ",
  null: "null",
  "a list": "[]",
  "a number": "1e400",
  "half of it": '{"workflowRuns":[{"workflowRunId":"wfr',
  HTML: "<!doctype html><title>Sign in</title>",
  NUL: "\0\0\0",
  "a BOM": '\ufeff{"workflowRuns":[],"messages":[],"deleted":0}',
  "a lone surrogate": '{"workflowRuns":[{"workflowRunId":"\\udfff"}],"messages":[],"deleted":1}',
  "keys of prototypes alone": '{"__proto__":{"workflowRuns":[],"messages":[],"deleted":1}}',
  "keys twice":
    '{"workflowRuns":5,"workflowRuns":[],"messages":5,"messages":[],"deleted":"x","deleted":0}',
  "deep lists": deep("[", "]"),
  "deep objects": deep('{"a":', "}").replace("{}", "{5}"),
  "a deep field": `{"workflowRuns":[],"messages":[],"deleted":0,"more":${deep("[", "]")}}`,
  "a then that is none": '{"then":"x","workflowRuns":[],"messages":[],"deleted":0}',
};

const ERRORS = {
  "an error that is an object": '{"error":{"message":{"toString":5}}}',
  "an error that is null": '{"error":null,"message":null}',
  "an error of keys": '{"__proto__":{"error":"x"},"constructor":"y"}',
  "a long error": `{"error":"${"e".repeat(100_000)}"}`,
  "an error of NULs": '{"error":"\\u0000\\u0001\\ud800"}',
  "not JSON": "\u0000\u0001 <",
};

const json = (status, body, headers) => () => new Response(body, { status, headers });

const attacks = {};
for (const [name, list] of Object.entries(LISTS)) {
  const deleted = list.startsWith("[") ? "1" : list;
  attacks[`in place of a list, ${name}`] = json(
    200,
    `{"workflowRuns":${list},"messages":${list},"runs":${list},"deleted":${deleted}}`,
  );
}
for (const [name, cursor] of Object.entries(CURSORS)) {
  const run = `{"workflowRunId":"w","workflowCreatedAt":${DATE}}`;
  const body = `{"workflowRuns":[${run}],"messages":[{"dlqId":"1-0"}],"runs":[${run}],"deleted":1,"cursor":${cursor}}`;
  attacks[`a cursor, ${name}`] = json(200, body);
  attacks[`a cursor without entries, ${name}`] = json(
    200,
    `{"workflowRuns":[],"messages":[],"runs":[],"deleted":0,"cursor":${cursor}}`,
  );
}
for (const [name, body] of Object.entries(BODIES)) attacks[`a body, ${name}`] = json(200, body);
for (const [name, body] of Object.entries(ERRORS)) {
  for (const status of [400, 404, 500]) attacks[`${status}, ${name}`] = json(status, body);
}
for (const [name, headers] of Object.entries({
  "no time": { "Retry-After": "-1" },
  "for ever": { "Retry-After": "99999999999999999999" },
  "no number": { "Retry-After": "NaN", "Burst-RateLimit-Reset": "soon" },
  "the year 9999": { "Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT" },
  "no allowance": { "Burst-RateLimit-Limit": "0", "Burst-RateLimit-Reset": "-5" },
  "an endless allowance": { "Burst-RateLimit-Limit": "1e300", "RateLimit-Reset": "1e300" },
})) {
  attacks[`429, ${name}`] = json(429, '{"error":"slow down"}', headers);
}
for (const date of [
  "yesterday",
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "Fri, 31 Dec 9999 23:59:59 GMT",
]) {
  attacks[`the date ${date}`] = json(200, '{"workflowRuns":[],"messages":[],"deleted":0}', {
    Date: date,
  });
}

let outcomes = 0;

// Behind one good answer a drive's list is met, behind two what acts.
for (const spared of [0, 1, 2]) {
  describe(`behind ${spared} good answers`, { concurrency: 8 }, () => {
    for (const [name, hostile] of Object.entries(attacks)) {
      if (spared === 1 && !name.startsWith("a cursor,") && !name.startsWith("in place")) continue;
      test(name, PATIENCE, async () => {
        for (const call of callsWith(spared)) {
          const { ids, fetch, seen } = hostileFetch({ hostile, after: spared });
          const { dlq, told } = victim("http://127.0.0.1:1", { fetch });
          const found = await outcome(calls(dlq, ids, told)[call]);
          harmless(call, found, told);
          outcomes += 1;
          const { checkpoint } = found.error ?? found.value ?? {};
          if (checkpoint === undefined) continue;
          // A cursor or an id that is kept in it fits a URL.
          assert.ok(checkpoint.length < SIZE_MAX, `${call}: ${checkpoint.length} long`);
          const again = () => dlq.continueFrom(checkpoint, { timeBudget: 100, maxRequests: 10 });
          harmless(`${call}, gone on`, await outcome(again), told);
          for (const { headers } of seen) assert.equal(headers["X-Injected"], undefined);
        }
      });
    }
  });
}

after(() => {
  assert.equal({}.polluted, undefined);
  assert.ok(outcomes > 2_000, `${outcomes} outcomes`);
});
