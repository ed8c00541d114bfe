import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

addEventListener("install", () => globalThis.skipWaiting());
addEventListener("message", (event) => {
  const answer = lane(dlq, event.data).catch((error) => ({ error: String(error) }));
  event.waitUntil(answer.then((result) => event.source.postMessage(result)));
});
