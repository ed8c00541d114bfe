// Entry for Node, Bun and Deno: inline.js with the doctor.

import { glue } from "./core.js";
import { doctor } from "./doctor/index.js";
import { createApi } from "./facade.js";
import { instantiate } from "./instantiate.js";

export * from "./public.js";

export const { Client } = createApi(glue, instantiate, doctor);
