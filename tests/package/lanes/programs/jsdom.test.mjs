// Jest's jsdom lacks globals of browsers and Node: each error names the next one to add.

import { writeFileSync } from "node:fs";
import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

const { QSTASH_URL, QSTASH_TOKEN, RESULT } = process.env;

test("what is missing is named", async () => {
  const added = [];
  const listed = async () => dlq.Client.fromEnv({ QSTASH_URL, QSTASH_TOKEN }).dlq.list();
  for (;;) {
    const { code, message } = await listed().catch((error) => error);
    if (code !== "missing_global") break;
    const [, name] = /global is missing: (\w+); \w/.exec(message);
    expect(added).not.toContain(name);
    added.push(name);
    globalThis[name] = ofNode[name];
  }
  expect(added).toEqual(["TextDecoder", "TextEncoder", "fetch"]);
});

test("the lane", async () => {
  // Node's fetch takes no signal but Node's.
  globalThis.AbortController = ofNode.AbortController;
  writeFileSync(RESULT, JSON.stringify(await lane(dlq, { QSTASH_URL, QSTASH_TOKEN })));
});
