// Under a burst limit: what of it is used, and how often it is run into.

import { paceOf } from "../../../tests/support/pace.mjs";
import { duration, grouped, percent } from "../figures.mjs";
import { compare, inTurn, placesOf } from "../measure.mjs";
import { OURS, SUBJECTS } from "../runtimes.mjs";

// Entries, latency in ms, requests a second. A larger queue has a higher limit, so that it ends.
const FULL = [
  [100, 0, 20],
  [100, 25, 20],
  [10_000, 0, 20],
  [10_000, 25, 20],
  [100_000, 0, 100],
  [100_000, 25, 100],
];
const OTHERS = [[10_000, 25, 20]];
const QUICK = [[400, 0, 3]];

/** `{ [runtime]: [{ entries, latencyMs, limit, medians }] }` */
const measure = ({ runtimes, quick }) =>
  inTurn(placesOf({ runtimes, quick }), async (name) => {
    const result = [];
    for (const [entries, latencyMs, limit] of quick ? QUICK : name === "Node" ? FULL : OTHERS) {
      const medians = await compare({
        runtime: runtimes[name],
        entries,
        config: { latencyMs, burst: { limit } },
        async observe(emulator) {
          const { requests, tooManyRequests } = await emulator.requests({ limit: 20_000 });
          const { seconds, share, refused } = paceOf(requests, limit);
          // A drive that is over within the first second has no pace.
          return { tooManyRequests, ...(seconds > 0 && { seconds, share, refused }) };
        },
      });
      result.push({ entries, latencyMs, limit, medians });
    }
    return result;
  });

function cell(entries, { wallMs, remaining, error, share, refused, tooManyRequests }) {
  if (error) return `stopped after ${grouped(entries - remaining)}`;
  const pace = share === undefined ? "" : `, ${percent(share)} used, ${percent(refused)} refused`;
  return `${duration(wallMs)}${pace || `, ${tooManyRequests} refused`}`;
}

function report(result) {
  const rows = Object.entries(result).flatMap(([name, cases]) =>
    cases.map(({ entries, latencyMs, limit, medians }) => [
      name,
      grouped(entries),
      `${latencyMs} ms`,
      `${limit} a second`,
      ...SUBJECTS.map((subject) => cell(entries, medians[subject])),
    ]),
  );
  const paced = ["pages 8", "batches 8"];
  const settled = result.Node.flatMap(({ medians }) =>
    paced.map((subject) => medians[subject]),
  ).filter(({ seconds }) => seconds > 0);
  const share = Math.min(...settled.map((one) => one.share));
  const refused = Math.max(...settled.map((one) => one.refused));
  const name = "Under a burst limit, the worst of `pages 8` and `batches 8`";
  return {
    tables: [
      {
        title: "Under a burst limit (after the first second)",
        head: ["", "entries", "latency", "limit", ...SUBJECTS],
        rows,
      },
    ],
    goals: [
      {
        what: `${name}: used of what the limit allows`,
        figure: percent(share),
        goal: "≥ 90 %",
        met: share >= 0.9,
      },
      {
        what: `${name}: requests answered 429 after the first second`,
        figure: percent(refused),
        goal: "< 5 %",
        met: refused < 0.05,
      },
    ],
    plots: {
      limit: {
        title: "Under a burst limit in Node: the part of the entries that was resumed",
        groups: result.Node.filter(({ medians }) => medians.sdk.error).map(
          ({ entries, latencyMs, limit, medians }) => ({
            name: `${grouped(entries)} entries at ${latencyMs} ms, ${limit} requests a second`,
            bars: SUBJECTS.map((subject) => {
              const { remaining, error } = medians[subject];
              const value = 1 - remaining / entries;
              const text = error ? `${percent(value)}, then an error` : percent(value);
              return { name: subject, value, text, ours: OURS.includes(subject) };
            }),
          }),
        ),
      },
    },
  };
}

export default { measure, report };
