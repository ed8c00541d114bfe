const dlq = require("upstash-workflow-dlq");

import("./lane.mjs").then(async ({ examine, lane }) => {
  await examine(dlq, process.env);
  console.log(JSON.stringify(await lane(dlq, process.env)));
});
