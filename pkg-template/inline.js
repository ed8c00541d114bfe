// Entry for browsers and their bundlers: the wasm is part of the JavaScript.

import { glue } from "./core.js";
import { createApi } from "./facade.js";
import { instantiate } from "./instantiate.js";

export * from "./public.js";

export const { Client } = createApi(glue, instantiate);
