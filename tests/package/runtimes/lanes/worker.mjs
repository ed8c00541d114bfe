import * as dlq from "upstash-workflow-dlq";
import { examine, lane } from "./lane.mjs";

// workerd itself says nothing of it.
addEventListener("unhandledrejection", ({ reason }) => console.error(reason));

export default {
  async fetch(_request, env) {
    await examine(dlq, env);
    return Response.json(await lane(dlq, env));
  },
};
