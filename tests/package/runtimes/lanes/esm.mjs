import * as dlq from "upstash-workflow-dlq";
import { examine, lane } from "./lane.mjs";

await examine(dlq, process.env);
console.log(JSON.stringify(await lane(dlq, process.env)));
