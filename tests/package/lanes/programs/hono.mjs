import { Hono } from "hono";
import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

const app = new Hono();
app.get("/", async (context) => context.json(await lane(dlq, context.env)));

export default app;
