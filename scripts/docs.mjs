// Writes the API reference to target/docs: `npm run docs`.
//
// typedoc needs a TypeScript older than the repository's: it has packages of its own, in scripts/docs/.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isCommand, main, must, path, sha256, step } from "./lib/run.mjs";

const HOME = path("scripts/docs");
export const REFERENCE = path("target/docs");

async function ensureTypedoc() {
  const stamp = path("scripts/docs/node_modules/.lock-hash");
  const hash = sha256(readFileSync(path("scripts/docs/package-lock.json")));
  const done = existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  await step("typedoc", done, async () => {
    await must("npm", ["ci", "--ignore-scripts"], { cwd: HOME });
    writeFileSync(stamp, hash);
  });
}

/** The reference; whatever typedoc warns of is an error. */
export async function docs() {
  await ensureTypedoc();
  await step("the API reference, in target/docs/", false, async () => {
    rmSync(REFERENCE, { recursive: true, force: true });
    await must(path("scripts/docs/node_modules/.bin/typedoc"), ["--treatWarningsAsErrors"], {
      cwd: HOME,
    });
  });
}

if (isCommand(import.meta)) await main(docs);
