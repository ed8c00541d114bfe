// The build that `--before` names: `before pages` is its `pages`.

import { Client } from "upstash-workflow-dlq-before";
import { drivesOf } from "./drives.mjs";

export const prepare = drivesOf(Client, (subject) => subject.replace("before ", ""));
