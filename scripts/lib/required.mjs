import { createRequire } from "node:module";

/**
 * `require`, for large CommonJS packages. `import` searches their text for the names that they export, which takes half a
 * second of a processor's time, in each of some hundred processes of `npm test`.
 */
export const required = createRequire(import.meta.url);
