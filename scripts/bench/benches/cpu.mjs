// CPU a page: the difference between two sizes leaves out what is done once, and the smaller of them
// the time in which a runtime compiles what turns out to be hot.

import { grouped, times } from "../figures.mjs";
import { compare, inTurn, median, PAGE, placesOf } from "../measure.mjs";
import { EARLIER, OURS } from "../runtimes.mjs";

const FULL = { whole: 10_000, few: 100_000, many: 300_000, rounds: 5 };
const OTHERS = { whole: 10_000, few: 20_000, many: 120_000, rounds: 3 };
const QUICK = { whole: 100, few: 300, many: 2_000, rounds: 1 };

const COMPARED = ["pages", "pages 8", "sdk", "bare timed", "bare"];

const OTHER_NAMES = { "bare timed": "a bare loop with a timeout", sdk: "the SDK's loop" };
// In Chromium it is the browser's, whoever asks: no goal.
const BARE_MAX = { Node: 1.1, Bun: 1.35, Deno: 1.35, workerd: 1.35 };

/** Milliseconds: `{ [runtime]: { entries, whole: { [subject]: ms }, page: { [subject]: ms } } }`. */
const measure = ({ runtimes, quick, before }) => {
  const subjects = before ? [...COMPARED, ...EARLIER] : COMPARED;
  return inTurn(placesOf({ runtimes, quick }), async (name) => {
    const { whole, few, many, rounds } = quick ? QUICK : name === "Node" ? FULL : OTHERS;
    const run = (entries) => compare({ runtime: runtimes[name], subjects, entries });
    const taken = { whole: [], page: [] };
    for (let round = 0; round < rounds; round += 1) {
      const [all, small, large] = [await run(whole), await run(few), await run(many)];
      const pages = (many - few) / PAGE;
      taken.whole.push((subject) => all[subject].cpuMs);
      taken.page.push((subject) => (large[subject].cpuMs - small[subject].cpuMs) / pages);
    }
    const medians = (list) =>
      Object.fromEntries(
        subjects.map((subject) => [subject, median(list.map((of) => of(subject)))]),
      );
    return { entries: whole, whole: medians(taken.whole), page: medians(taken.page) };
  });
};

function report(result) {
  const { entries, page: inNode } = result.Node;
  const subjects = Object.keys(inNode);
  const rows = (key, digits) =>
    Object.entries(result).map(([name, { [key]: ms }]) => [
      name,
      ...subjects.map((subject) => {
        const other = EARLIER.includes(subject)
          ? `ours: ${times(ms[subject.replace("before ", "")], ms[subject])}`
          : times(ms[subject], ms.bare);
        return `${ms[subject].toFixed(digits)}${subject === "bare" ? "" : ` (${other})`}`;
      }),
    ]);
  const goal = (name, subject, other, most) => {
    const { page } = result[name];
    const ratio = page[subject] / page[other];
    return {
      what: `CPU a page in ${name}: \`${subject}\`, beside ${OTHER_NAMES[other]}`,
      figure: times(ratio, 1),
      goal: `≤ ${most.toFixed(2)} ×`,
      met: ratio <= most,
    };
  };
  const measured = Object.keys(BARE_MAX).filter((name) => result[name] !== undefined);
  const head = ["", ...subjects];
  return {
    tables: [
      {
        title: "CPU a page of 100 runs once warm, in ms (beside the bare loop)",
        head,
        rows: rows("page", 3),
      },
      {
        title: `CPU of a whole drive of ${grouped(entries)} entries, cold, in ms (beside the bare loop)`,
        head,
        rows: rows("whole", 0),
      },
    ],
    goals: measured.flatMap((name) => [
      goal(name, "pages", "bare timed", BARE_MAX[name]),
      goal(name, "pages 8", "sdk", 1),
    ]),
    plots: {
      cpu: {
        title: "CPU a page, beside the bare loop",
        groups: Object.entries(result).map(([name, { page: ms }]) => ({
          name,
          bars: COMPARED.map((subject) => {
            const value = ms[subject] / ms.bare;
            return { name: subject, value, text: times(value, 1), ours: OURS.includes(subject) };
          }),
        })),
      },
    },
  };
}

export default { measure, report };
