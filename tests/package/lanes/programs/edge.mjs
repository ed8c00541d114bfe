// Vercel's edge runtime runs a script, which answers by an event.

import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

addEventListener("fetch", (event) => {
  const env = JSON.parse(event.request.headers.get("x-env"));
  const answer = lane(dlq, env).catch((error) => ({ error: String(error) }));
  event.respondWith(answer.then((result) => Response.json(result)));
});
