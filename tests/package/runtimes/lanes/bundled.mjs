// For bundles: the entry for browsers leaves the doctor out.
import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

console.log(JSON.stringify(await lane(dlq, process.env)));
