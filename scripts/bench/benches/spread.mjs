// How long it takes to resume everything, by where the entries are in time.

import { DISTRIBUTIONS, UNCUT } from "../distributions.mjs";
import { duration, grouped, times } from "../figures.mjs";
import { compare, inTurn } from "../measure.mjs";
import { OURS } from "../runtimes.mjs";

const SUBJECTS = ["sdk", "pages 8", "batches 8"];
const FULL = { entries: 10_000, latencyMs: 25 };
const QUICK = { entries: 300, latencyMs: 2 };

/**
 * In Node: which requests are sent is the same everywhere.
 *
 * `{ entries, latencyMs, spreads: { [distribution]: medians } }`
 */
async function measure({ runtimes, quick }) {
  const { entries, latencyMs } = quick ? QUICK : FULL;
  const spreads = await inTurn(Object.keys(DISTRIBUTIONS), (name) =>
    compare({
      runtime: runtimes.Node,
      entries,
      spread: DISTRIBUTIONS[name],
      subjects: SUBJECTS,
      config: { latencyMs },
    }),
  );
  return { entries, latencyMs, spreads };
}

const faster = (medians, subject) => medians.sdk.wallMs / medians[subject].wallMs;

function report({ entries, latencyMs, spreads }) {
  const rows = Object.entries(spreads).map(([name, medians]) => [
    name,
    ...SUBJECTS.map((subject) => {
      const { wallMs, requests } = medians[subject];
      const ratio = subject === "sdk" ? "" : `${times(medians.sdk.wallMs, wallMs)}, `;
      return `${duration(wallMs)} (${ratio}${grouped(requests)} requests)`;
    }),
  ]);
  const cut = Object.entries(spreads).filter(([name]) => name !== UNCUT);
  const what = `${grouped(entries)} entries at ${latencyMs} ms`;
  const goal = (subject, least) => {
    const ratios = cut.map(([name, medians]) => [faster(medians, subject), name]);
    const [slowest, where] = ratios.toSorted(([a], [b]) => a - b)[0];
    return {
      what: `${what}, each distribution but ${UNCUT}: \`${subject}\`, as many times as fast as the SDK's loop (the least: ${where})`,
      figure: times(slowest, 1),
      goal: `≥ ${least} ×`,
      met: slowest >= least,
    };
  };
  const bar = (medians) => (subject) => {
    const value = faster(medians, subject);
    return { name: subject, value, text: times(value, 1), ours: OURS.includes(subject) };
  };
  return {
    tables: [
      {
        title: `By distribution, ${what} in Node (how many times as fast as the SDK's loop). Entries of one millisecond can't be shared among requests: a range of dates is the only filter that divides them`,
        head: ["", ...SUBJECTS],
        rows,
      },
    ],
    goals: [goal("pages 8", 5), goal("batches 8", 2.5)],
    plots: {
      spread: {
        title: `${what}, by distribution: how many times as fast as the SDK's loop`,
        groups: Object.entries(spreads).map(([name, medians]) => ({
          name,
          bars: SUBJECTS.map(bar(medians)),
        })),
      },
    },
  };
}

export default { measure, report };
