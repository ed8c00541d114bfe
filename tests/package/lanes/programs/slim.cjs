const { readFileSync } = require("node:fs");
const dlq = require("upstash-workflow-dlq/slim");
const { version } = require("upstash-workflow-dlq/package.json");

(async () => {
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`version ${version}`);
  await dlq.init(readFileSync(require.resolve("upstash-workflow-dlq/core.wasm")));
  const { lane } = await import("./lane.mjs");
  console.log(JSON.stringify(await lane(dlq, process.env)));
})();
