// The most memory that a process had, by the number of entries.

import { grouped, megabytes, times } from "../figures.mjs";
import { compare, inTurn, placesOf } from "../measure.mjs";
import { OURS, SUBJECTS } from "../runtimes.mjs";

const FULL = [10_000, 100_000, 1_000_000];
const OTHERS = [10_000, 100_000];
const QUICK = [100, 300];

const TIDIED = [...OURS, "bare"];

/**
 * `tidied`: in Node, with the garbage collected again and again.
 *
 * `{ peaks: { [runtime]: [{ entries, medians }] }, tidied: [{ entries, medians }] }`
 */
async function measure({ runtimes, quick }) {
  const sizesIn = (name) => (quick ? QUICK : name === "Node" ? FULL : OTHERS);
  const peaks = await inTurn(placesOf({ runtimes, quick }), (name) =>
    sized(sizesIn(name), { runtime: runtimes[name] }),
  );
  const collecting = {
    run: (subject, access) => runtimes.Node.run(subject, { ...access, collect: true }),
  };
  const sizes = sizesIn("Node");
  const ends = [sizes[0], sizes.at(-1)];
  const tidied = await sized(ends, { runtime: collecting, subjects: TIDIED });
  return { peaks, tidied };
}

async function sized(sizes, what) {
  const result = [];
  for (const entries of sizes) {
    result.push({ entries, medians: await compare({ ...what, entries }) });
  }
  return result;
}

const growth = (cases, subject) => {
  const [first, last] = [cases[0], cases.at(-1)].map(({ medians }) => medians[subject].peakKb);
  return last / first;
};

function report({ peaks, tidied }) {
  const grown = (cases, subjects) => [
    "last / first",
    ...subjects.map((subject) => times(growth(cases, subject), 1)),
  ];
  const rows = Object.entries(peaks).flatMap(([name, cases]) => [
    ...cases.map(({ entries, medians }) => [
      name,
      grouped(entries),
      ...SUBJECTS.map((subject) => megabytes(medians[subject].peakKb)),
    ]),
    [name, ...grown(cases, SUBJECTS)],
  ]);
  const most = Math.max(...OURS.map((subject) => growth(tidied, subject)));
  const bare = growth(tidied, "bare");
  const bars = (medians, subjects) =>
    subjects.map((subject) => {
      const { peakKb } = medians[subject];
      const ours = OURS.includes(subject);
      return { name: subject, value: peakKb, text: megabytes(peakKb), ours };
    });
  return {
    tables: [
      {
        title: "Peak memory of the process, as it comes",
        head: ["", "entries", ...SUBJECTS],
        rows,
      },
      {
        title:
          "Peak memory in Node with the garbage collected 20 times a second (in use after a collection)",
        head: ["entries", ...TIDIED],
        rows: [
          ...tidied.map(({ entries, medians }) => [
            grouped(entries),
            ...TIDIED.map((subject) => {
              const { peakKb, inUseKb } = medians[subject];
              return `${megabytes(peakKb)} (${megabytes(inUseKb)})`;
            }),
          ]),
          grown(tidied, TIDIED),
        ],
      },
    ],
    goals: [
      {
        what: `Peak memory in Node, garbage aside: 1,000,000 entries beside 10,000, the most of ours (the bare loop: ${times(bare, 1)})`,
        figure: times(most, 1),
        goal: `flat: ≤ ${FLAT} ×`,
        met: most <= FLAT,
      },
      ...inIsolates(peaks),
    ],
    plots: {
      memory: {
        title: "Peak memory in Node, with the garbage collected",
        groups: tidied.map(({ entries, medians }) => ({
          name: `${grouped(entries)} entries`,
          bars: bars(medians, TIDIED),
        })),
      },
    },
  };
}

/** What an isolate of Workers may hold is 128 MB; its process is more than its heap. */
function inIsolates({ workerd }) {
  if (workerd === undefined) return [];
  const { entries, medians } = workerd.at(-1);
  const { peakKb } = medians["batches 8"];
  return [
    {
      what: `Peak memory of workerd's process, garbage included: \`batches 8\`, ${grouped(entries)} entries`,
      figure: megabytes(peakKb),
      goal: `≤ ${WORKERD_MB} MB`,
      met: peakKb <= WORKERD_MB * 1024,
    },
  ];
}

const WORKERD_MB = 100;
// A hundred times as many entries; a small drive is over before its lists are as far ahead as they get.
const FLAT = 1.2;

export default { measure, report };
