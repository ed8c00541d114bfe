// The description is one, and what holds requests against it notices.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validate } from "@readme/openapi-parser";
import { check, FILE } from "./description.mjs";

const DLQ = "/v2/workflows/dlq";
const KEY = { authorization: "Bearer t" };

test("openapi.yaml is an OpenAPI 3.1 document", async () => {
  assert.deepEqual(await validate(FILE), { valid: true, warnings: [], specification: "OpenAPI" });
});

describe("good requests", () => {
  const many = Array.from({ length: 120 }, (_, i) => `dlqIds=1752829295505-${i}`).join("&");
  for (const [operation, method, target, headers = KEY] of [
    ["list", "GET", DLQ],
    ["list", "GET", `${DLQ}?count=100&label=a&label=b&toDate=9007199254740991`],
    [
      "listAsSdk",
      "GET",
      "/v2/dlq?count=500&url=https%3A%2F%2Fa.b%2Fc&responseStatus=500&source=workflow",
    ],
    ["get", "GET", `${DLQ}/1752829295505-0`],
    ["resumeMany", "POST", `${DLQ}/resume?${many}`],
    ["resumeMany", "POST", `${DLQ}/resume?qstash_token=t&cursor=c`, {}],
    ["resumeMany", "POST", `${DLQ}/resume`, { ...KEY, "upstash-delay": "1d10h30m" }],
    [
      "restartMany",
      "POST",
      `${DLQ}/restart?failureFunctionState=CALLBACK_FAIL`,
      {
        ...KEY,
        "upstash-retries": "0",
        "upstash-flow-control-key": "a.b",
        "upstash-flow-control-value": "period = 1m,rate=5 , parallelism=2",
        "upstash-label": "a,b-1",
      },
    ],
    ["deleteMany", "DELETE", `${DLQ}?workflowUrl=https%3A%2F%2Fa.b`],
    ["cancelFailureFunction", "DELETE", `${DLQ}/callback/1752829295505-0`],
    ["logs", "GET", "/v2/workflows/logs?workflowRuns=wfr_a@1,wfr_b@2&trimBody=-1&count=10"],
    ["logsAsSdk", "GET", "/v2/workflows/events?groupBy=workflowRunId&state=RUN_FAILED"],
    ["resumeOne", "POST", `${DLQ}/resume/a`, { ...KEY, "upstash-flow-control-key": "k" }],
  ]) {
    test(`${method} ${target.slice(0, 60)}`, () => {
      assert.deepEqual(check({ method, target, headers }), { operation, faults: [] });
    });
  }
});

describe("bad ones", () => {
  for (const [why, method, target, headers = KEY, bodyBytes = 0] of [
    [/no such operation/, "GET", `${DLQ}/`],
    [/no such operation/, "POST", `${DLQ}//resume`],
    [/no such operation/, "POST", DLQ],
    [/^no token$/, "GET", DLQ, {}],
    [/^a token twice$/, "GET", `${DLQ}?qstash_token=t`],
    [/additionalProperty":"lable/, "GET", `${DLQ}?lable=a`],
    [/count must be <= 100/, "GET", `${DLQ}?count=101`],
    [/count must be >= 1/, "POST", `${DLQ}/resume?count=0`],
    [/fromDate must be integer/, "POST", `${DLQ}/resume?fromDate=2025-01-01`],
    [/toDate must match format "int64"/, "DELETE", `${DLQ}?toDate=9223372036854775808`],
    [/dlqIds\/0/, "POST", `${DLQ}/resume?dlqIds=`],
    [/dlqIds\/1/, "POST", `${DLQ}/resume?dlqIds=a&dlqIds=b,c`],
    [/allowed values/, "POST", `${DLQ}/resume?failureFunctionState=CALLBACK_FAILED`],
    [/additionalProperty":"dlqIds/, "GET", `${DLQ}?dlqIds=a`],
    [/required property 'source'/, "GET", "/v2/dlq"],
    [/required property 'groupBy'/, "GET", "/v2/workflows/events"],
    [/workflowRuns must match/, "GET", "/v2/workflows/logs?workflowRuns=wfr_a"],
    [/trimBody must be >= -1/, "GET", "/v2/workflows/logs?trimBody=-2"],
    [
      /upstash-retries must be integer/,
      "POST",
      `${DLQ}/resume`,
      { ...KEY, "upstash-retries": "x" },
    ],
    [/upstash-delay must match/, "POST", `${DLQ}/resume/a`, { ...KEY, "upstash-delay": "10" }],
    [/unknown header/, "POST", `${DLQ}/resume`, { ...KEY, "upstash-labels": "a" }],
    [/unknown header/, "DELETE", DLQ, { ...KEY, "upstash-retries": "1" }],
    [/a body of 2 bytes/, "POST", `${DLQ}/resume`, KEY, 2],
  ]) {
    test(`${method} ${target} ${why}`, () => {
      const { faults } = check({ method, target, headers, bodyBytes });
      assert.equal(faults.length, 1, faults.join("; "));
      assert.match(faults[0], why);
    });
  }
});
