// Builds everything and shows it at work: `npm start`.
//
// --once ends after the checks, with exit code 1 if one fails; otherwise the admin page is opened and
// all of it stays up. --built is for a tree that was just built.

import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./lib/run.mjs";
import { ensureEmulator, ensureWww } from "./setup.mjs";

async function prepare() {
  console.log("Getting ready (the first time takes some minutes)");
  await Promise.all([build(), ensureEmulator()]);
  await ensureWww();
}

await main(async () => {
  const options = { once: { type: "boolean" }, built: { type: "boolean" } };
  const { once = false, built = false } = parseArgs({ options }).values;
  if (!built) await prepare();
  // Only now: it imports what was installed and built just before.
  const { demo } = await import("./demo/demo.mjs");
  process.exitCode = await demo({ once });
});
