import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

export default {
  async fetch(_request, env) {
    return Response.json(await lane(dlq, env));
  },
};
