// Browsers and every bundler for them: the wasm travels in the JavaScript.

import { createApi } from "./facade.js";
import { instantiate } from "./instantiate.js";

export * from "./public.js";

export const { Client } = createApi(instantiate);
