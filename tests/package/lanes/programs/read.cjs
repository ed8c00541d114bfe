const { readFileSync } = require("node:fs");
const dlq = require("upstash-workflow-dlq");
const read = require("upstash-workflow-dlq/read");

(async () => {
  await read.init(readFileSync(require.resolve("upstash-workflow-dlq/core-read.wasm")));
  const { lane, look } = await import("./lane.mjs");
  await look(read, process.env);
  console.log(JSON.stringify(await lane(dlq, process.env)));
})();
