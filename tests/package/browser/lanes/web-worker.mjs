import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

addEventListener("message", async ({ data }) => {
  postMessage(await lane(dlq, data).catch((error) => ({ error: String(error) })));
});
