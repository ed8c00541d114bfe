// How long it takes to resume everything, from the first request to the end.

import { duration, grouped, times } from "../figures.mjs";
import { compare, inTurn } from "../measure.mjs";
import { OURS, SUBJECTS } from "../runtimes.mjs";

// Entries, latency in ms, rounds.
const FULL = [
  [100, 0, 5],
  [100, 25, 5],
  [10_000, 0, 5],
  [10_000, 25, 3],
  [100_000, 0, 3],
  [100_000, 25, 1],
];
// Without the last: a thousand answers one after the other, 25 ms each, take no less anywhere.
const OTHERS = [
  [100, 0, 3],
  [100, 25, 3],
  [10_000, 0, 3],
  [10_000, 25, 1],
  [100_000, 0, 1],
];
const QUICK = [[300, 2, 1]];

/** `{ [runtime]: [{ entries, latencyMs, rounds, medians }] }` */
const measure = ({ runtimes, quick }) =>
  inTurn(Object.keys(runtimes), async (name) => {
    const result = [];
    for (const [entries, latencyMs, rounds] of quick ? QUICK : name === "Node" ? FULL : OTHERS) {
      const config = { latencyMs };
      const medians = await compare({ runtime: runtimes[name], entries, rounds, config });
      result.push({ entries, latencyMs, rounds, medians });
    }
    return result;
  });

function report(result) {
  const faster = (medians, subject) => medians.sdk.wallMs / medians[subject].wallMs;
  const rows = Object.entries(result).flatMap(([name, cases]) =>
    cases.map(({ entries, latencyMs, medians }) => [
      name,
      grouped(entries),
      `${latencyMs} ms`,
      ...SUBJECTS.map((subject) => {
        const { wallMs } = medians[subject];
        const took = duration(wallMs);
        return subject === "sdk" ? took : `${took} (${times(medians.sdk.wallMs, wallMs)})`;
      }),
    ]),
  );
  const late = result.Node.filter(
    ({ entries, latencyMs }) => latencyMs > 0 && entries > PAGES_OF_ONE,
  );
  const goal = (subject, least) => {
    const slowest = Math.min(...late.map(({ medians }) => faster(medians, subject)));
    return {
      what: `10,000 and 100,000 entries at 25 ms: \`${subject}\`, as many times as fast as the SDK's loop (the lesser)`,
      figure: times(slowest, 1),
      goal: `≥ ${least} ×`,
      met: slowest >= least,
    };
  };
  const small = Object.entries(result).flatMap(([name, cases]) =>
    cases
      .filter(({ entries, latencyMs }) => latencyMs > 0 && entries <= PAGES_OF_ONE)
      .map(({ medians }) => ({ name, ratio: medians.pages.wallMs / medians.sdk.wallMs })),
  );
  const longest = small.toSorted((a, b) => b.ratio - a.ratio)[0];
  const smallGoal = longest && {
    what: `100 entries at 25 ms: \`pages\`, as many times as long as the SDK's loop (the most: ${longest.name})`,
    figure: times(longest.ratio, 1),
    goal: `≤ ${SMALL_MAX} ×`,
    met: longest.ratio <= SMALL_MAX,
  };
  // The largest that ran everywhere.
  const { entries, latencyMs } = Object.values(result)
    .at(-1)
    .filter((one) => one.latencyMs > 0)
    .at(-1);
  const groups = Object.entries(result).map(([name, cases]) => {
    const { medians } = cases.find((one) => one.entries === entries && one.latencyMs === latencyMs);
    const bar = (subject) => {
      const value = faster(medians, subject);
      return { name: subject, value, text: times(value, 1), ours: OURS.includes(subject) };
    };
    return { name, bars: SUBJECTS.map(bar) };
  });
  const compared = result.Node.filter((one) => one.latencyMs === latencyMs);
  return {
    comparison: {
      head: ["in Node", ...Object.values(COMPARED)],
      rows: compared.map(({ entries, latencyMs, medians }) => [
        `${grouped(entries)} entries at ${latencyMs} ms`,
        ...Object.keys(COMPARED).map((subject) => duration(medians[subject].wallMs)),
      ]),
    },
    tables: [
      {
        title: "From the first request to the end (how many times as fast as the SDK's loop)",
        head: ["", "entries", "latency", ...SUBJECTS],
        rows,
      },
    ],
    goals: [goal("pages 8", 5), goal("batches 8", 2.5), smallGoal].filter(Boolean),
    plots: {
      drive: {
        title: `${grouped(entries)} entries at ${latencyMs} ms: how many times as fast as the SDK's loop`,
        groups,
      },
    },
  };
}

// So many are one answer, and there is nothing to be done at once.
const PAGES_OF_ONE = 100;
const SMALL_MAX = 2.2;

// The subjects that the README compares, and what it calls them.
const COMPARED = {
  sdk: "this loop",
  pages: "`resumeAll`",
  "pages 8": "`resumeAll` with `concurrency: 8`",
};

export default { measure, report };
