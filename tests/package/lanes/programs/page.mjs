// A page of a bundler's or a static server's; what it has to know is in its address.

import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

const env = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const result = await lane(dlq, env).catch((error) => ({ error: String(error) }));
document.querySelector("#result").textContent = JSON.stringify(result);
