// Writes the API reference to target/docs: `npm run docs`.
//
// typedoc needs a TypeScript older than the repository's: it has packages of its own, in scripts/docs/.

import { rmSync } from "node:fs";
import { isCommand, main, must, path, step } from "./lib/run.mjs";
import { ensurePackages } from "./setup.mjs";

const HOME = path("scripts/docs");
export const REFERENCE = path("target/docs");

/** The reference; whatever typedoc warns of is an error. */
export async function docs() {
  await ensurePackages("typedoc", HOME, ["--ignore-scripts"]);
  await step("the API reference, in target/docs/", false, async () => {
    rmSync(REFERENCE, { recursive: true, force: true });
    await must(path("scripts/docs/node_modules/.bin/typedoc"), ["--treatWarningsAsErrors"], {
      cwd: HOME,
    });
  });
}

if (isCommand(import.meta)) await main(docs);
