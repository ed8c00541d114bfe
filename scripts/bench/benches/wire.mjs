// What goes over the wire for each page: bytes above TCP, headers included.

import { grouped, times } from "../figures.mjs";
import { compare, inTurn, PAGE, placesOf } from "../measure.mjs";
import { countingProxy } from "../proxy.mjs";
import { OURS, SUBJECTS } from "../runtimes.mjs";

/** `{ entries, runtimes: { [runtime]: medians } }` */
async function measure({ runtimes, quick }) {
  const entries = quick ? 300 : 10_000;
  const measured = await inTurn(placesOf({ runtimes, quick }), async (name) => {
    let proxy;
    return await compare({
      runtime: runtimes[name],
      entries,
      through: async (url) => {
        proxy = await countingProxy(url);
        return proxy;
      },
      observe: async () => proxy.take(),
    });
  });
  return { entries, runtimes: measured };
}

function report({ entries, runtimes }) {
  const pages = entries / PAGE;
  const all = ({ sent, received }) => sent + received;
  const rows = (cell) =>
    Object.entries(runtimes).map(([name, medians]) => [
      name,
      ...SUBJECTS.map((subject) => cell(medians[subject], medians.bare)),
    ]);
  const head = ["", ...SUBJECTS];
  return {
    tables: [
      {
        title: `Bytes a page of 100 runs, sent + received (beside the bare loop); ${grouped(entries)} entries`,
        head,
        rows: rows((one, bare) => {
          const beside = one === bare ? "" : ` (${times(all(one), all(bare))})`;
          return `${grouped(one.sent / pages)} + ${grouped(one.received / pages)}${beside}`;
        }),
      },
      {
        title: "Requests, and the connections that they came over",
        head,
        rows: rows(({ requests, connections }) => `${requests} over ${connections}`),
      },
    ],
    goals: [],
    plots: {
      wire: {
        title: "Bytes a page in Node, sent and received",
        groups: [
          {
            name: "",
            bars: SUBJECTS.map((subject) => {
              const value = all(runtimes.Node[subject]) / pages;
              return { name: subject, value, text: grouped(value), ours: OURS.includes(subject) };
            }),
          },
        ],
      },
    },
  };
}

export default { measure, report };
