// Runs subjects beside each other: alternating, each in a process of its own, the emulator's audit
// for a witness.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startEmulator } from "../../tests/support/emulator.mjs";
import { path } from "../lib/run.mjs";

export const PAGE = 100;

export const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

const FIELDS = ["wallMs", "cpuMs", "peakKb"];

async function once(emulator, subject, entries, config) {
  await emulator.reset();
  await emulator.config({ pageCap: PAGE, ...config });
  await emulator.seed(entries);
  const access = JSON.stringify({ subject, url: emulator.url, token: emulator.token });
  const program = [path("scripts/bench/subject.mjs"), access];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: path(".") });
  const result = JSON.parse(stdout);
  const { remaining, resumedTwice } = await emulator.audit({ summary: true });
  if (resumedTwice.length > 0) throw new Error(`${subject}: resumed twice`);
  if (!result.error && remaining > 0) throw new Error(`${subject}: left ${remaining} entries`);
  return { ...result, remaining };
}

/**
 * Medians of each subject over `rounds`: `{ [subject]: { wallMs, cpuMs, peakKb, error?, … } }`.
 *
 * @param {{ subjects: string[], entries: number, rounds: number, config?: object }} what
 */
export async function compare({ subjects, entries, rounds, config }) {
  const emulator = await startEmulator();
  try {
    const runs = Object.fromEntries(subjects.map((subject) => [subject, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of subjects)
        runs[subject].push(await once(emulator, subject, entries, config));
    }
    const result = {};
    for (const [subject, list] of Object.entries(runs)) {
      const { error, remaining } = list.at(-1);
      const medians = FIELDS.map((name) => [name, median(list.map((one) => one[name]))]);
      result[subject] = { ...Object.fromEntries(medians), error, remaining };
    }
    return result;
  } finally {
    await emulator.close();
  }
}
