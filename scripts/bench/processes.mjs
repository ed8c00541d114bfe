// What Linux knows of processes that can't be asked: workerd's and Chromium's.

import { readdirSync, readFileSync } from "node:fs";

// What /proc counts in, whatever the kernel's own clock.
const TICK_MS = 10;

/** A file of /proc, `undefined` once its process is gone. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function stat(pid) {
  const text = read(pid, "stat");
  if (text === undefined) return undefined;
  // The name before may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user, system, userOfEnded, systemOfEnded] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), ticks: user + system + userOfEnded + systemOfEnded };
}

/** The processes that this one started, and those that they started. */
function descendants() {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = stat(pid)?.parent;
    children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
  }
  const below = (pid) => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(process.pid);
}

const cpuMs = (pids) => TICK_MS * pids.reduce((sum, pid) => sum + (stat(pid)?.ticks ?? 0), 0);

/** The most memory that one of the processes ever had, in KB. */
function peakKb(pids) {
  const peak = (pid) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(pid, "status") ?? "")?.[1] ?? 0);
  return Math.max(...pids.map(peak));
}

/**
 * What the processes that `start` begins take for `work`: the CPU time of all of them, and the
 * most memory of one.
 *
 * @template T
 * @param {() => Promise<T>} start
 * @param {(started: T) => Promise<object>} work
 * @param {(started: T) => Promise<void>} close
 * @param {string} [argument] the memory is that of a process with this on its command line
 */
export async function watched(start, work, close, argument) {
  const others = new Set(descendants());
  const started = await start();
  try {
    const own = () => descendants().filter((pid) => !others.has(pid));
    const before = cpuMs(own());
    const outcome = await work(started);
    const pids = own();
    const has = (pid) => read(pid, "cmdline")?.includes(argument);
    const remembered = argument === undefined ? pids : pids.filter(has);
    return { ...outcome, cpuMs: cpuMs(pids) - before, peakKb: peakKb(remembered) };
  } finally {
    await close(started);
  }
}
