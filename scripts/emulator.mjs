// Builds the emulator and runs it in the foreground: `npm run emulator -- --port 8080 --dev`. All options are passed on to
// it; `npm run emulator -- --help` lists them. stdout has only what the emulator prints, so that with npm's --silent it can
// be redirected to a .env file.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { main } from "./lib/run.mjs";
import { EMULATOR, ensureEmulator } from "./setup.mjs";

await main(async () => {
  await ensureEmulator();
  const child = spawn(EMULATOR, process.argv.slice(2), { stdio: "inherit" });
  // A terminal sends Ctrl+C to both processes; this one waits for the emulator to exit.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
});
