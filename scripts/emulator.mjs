// Builds the emulator and runs it in the foreground: `npm run emulator -- --port 8080 --dev`. Its options are its own:
// `npm run emulator -- --help`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { main } from "./lib/run.mjs";
import { EMULATOR, ensureEmulator } from "./setup.mjs";

await main(async () => {
  await ensureEmulator();
  const child = spawn(EMULATOR, process.argv.slice(2), { stdio: "inherit" });
  // Ctrl+C reaches both; this process ends with the emulator.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
});
