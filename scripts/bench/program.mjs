// One subject in a process of its own: `node program.mjs '{"file":"ours","subject":"pages",…}'`.
// Prints what it took as a line of JSON.

import { readFileSync } from "node:fs";
import { timed } from "./subjects/timed.mjs";

const EVERY_MS = 50;

const access = JSON.parse(process.argv[2]);
const { prepare } = await import(`./subjects/${access.file}.mjs`);
const work = prepare(access);
const inUse = access.collect ? await collecting() : undefined;

const before = process.cpuUsage();
const outcome = await timed(work);
const { user, system } = process.cpuUsage(before);
// Not `resourceUsage().maxRSS`: a process inherits that from the one that started it.
const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
const took = { cpuMs: (user + system) / 1000, peakKb: Number(peak), inUseKb: inUse?.() };
console.log(JSON.stringify({ ...outcome, ...took }));
// Deno waits for connections that are kept open.
process.exit();

/** From now on: the most memory in use, right after a collection, in KB. */
async function collecting() {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  let most = 0;
  const look = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    most = Math.max(most, (heapUsed + external) / 1024);
  };
  setInterval(look, EVERY_MS).unref();
  return () => {
    look();
    return most;
  };
}
