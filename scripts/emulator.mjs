// Builds the emulator and runs it in the foreground: `npm run emulator -- --port 8080 --dev`. Its options are its own:
// `npm run emulator -- --help`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { main, must, path, step } from "./lib/run.mjs";

await main(async () => {
  await step("the emulator", false, () =>
    must("cargo", ["build", "--release", "--locked", "-p", "upstash-workflow-emulator"]),
  );
  const binary = path("target/release/upstash-workflow-emulator");
  const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
  // Ctrl+C reaches both; this process ends with the emulator.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
});
