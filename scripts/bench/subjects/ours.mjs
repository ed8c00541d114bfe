// This build.

import { Client } from "upstash-workflow-dlq";
import { drivesOf } from "./drives.mjs";

export const prepare = drivesOf(Client);
