// Runs subjects beside each other: alternating, the emulator's audit for a witness.

import { startEmulator } from "../../tests/support/emulator.mjs";
import { SUBJECTS } from "./runtimes.mjs";

/** Entries that a page has, whoever asks for it. */
export const PAGE = 100;

export const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

/** `{ [name]: value }` of names and what each comes to, one after the other. */
export async function inTurn(names, work) {
  const result = {};
  for (const name of names) result[name] = await work(name);
  return result;
}

/** Where a quick run tries what takes no different code from runtime to runtime. */
export const placesOf = ({ runtimes, quick }) => (quick ? ["Node"] : Object.keys(runtimes));

async function once({ url, emulator, subject, runtime, entries, spread, config, observe }) {
  await emulator.reset();
  await emulator.config({ pageCap: PAGE, ...config });
  for (const seed of spread?.(entries, Date.now()) ?? [entries]) await emulator.seed(seed);
  const outcome = await runtime.run(subject, { url, token: emulator.token });
  const { remaining, resumedTwice, requests } = await emulator.audit({ summary: true });
  if (resumedTwice.length > 0) throw new Error(`${subject}: resumed twice`);
  if (outcome.error ? !config?.burst : remaining > 0) {
    throw new Error(`${subject}: ${remaining} entries are left: ${outcome.error ?? "no error"}`);
  }
  return { ...outcome, remaining, requests: requests.total, ...(await observe?.(emulator)) };
}

/**
 * Medians of all numbers of each subject over `rounds`, and the error of the last.
 *
 * @param {object} what
 * @param {import("./runtimes.mjs").Runtime} what.runtime
 * @param {number} what.entries
 * @param {(entries: number, now: number) => object[]} [what.spread] what is seeded, where the default will
 *   not do
 * @param {string[]} [what.subjects]
 * @param {number} [what.rounds]
 * @param {object} [what.config] the emulator's switches
 * @param {(emulator: object) => Promise<object>} [what.observe] more numbers of a run
 * @param {(url: string) => Promise<{ url: string, close: () => Promise<void> }>} [what.through]
 *   what stands before the emulator
 */
export async function compare({ subjects = SUBJECTS, rounds = 1, through, ...what }) {
  const emulator = await startEmulator();
  const before = await through?.(emulator.url);
  const { url } = before ?? emulator;
  try {
    const runs = Object.fromEntries(subjects.map((subject) => [subject, []]));
    for (let round = 0; round < rounds; round += 1) {
      // Each comes first, and after each other, as often as the next.
      const turn = round % subjects.length;
      for (const subject of [...subjects.slice(turn), ...subjects.slice(0, turn)]) {
        runs[subject].push(await once({ ...what, url, emulator, subject }));
      }
    }
    return Object.fromEntries(subjects.map((subject) => [subject, summary(runs[subject])]));
  } finally {
    await before?.close();
    await emulator.close();
  }
}

function summary(runs) {
  const last = runs.at(-1);
  const names = Object.keys(last).filter((name) => typeof last[name] === "number");
  const medians = names.map((name) => [name, median(runs.map((run) => run[name]))]);
  return { ...Object.fromEntries(medians), ...(last.error && { error: last.error }) };
}
