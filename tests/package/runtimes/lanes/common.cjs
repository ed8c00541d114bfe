const dlq = require("upstash-workflow-dlq");

import("./lane.mjs").then(async ({ lane }) => {
  console.log(JSON.stringify(await lane(dlq, process.env)));
});
