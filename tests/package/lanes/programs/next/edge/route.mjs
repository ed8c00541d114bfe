import * as dlq from "upstash-workflow-dlq";
import { lane } from "../../lane.mjs";

export const runtime = "edge";

export const GET = async () =>
  Response.json(await lane(dlq, process.env).catch((error) => ({ error: String(error) })));
