// Many ids in one drive: what a checkpoint before each request costs, and the memory.

import { grouped, times } from "../figures.mjs";

const FULL = [10_000, 100_000, 500_000, 1_000_000];
const QUICK = [200, 1_000];

/** In Node, each number in a process of its own: `[{ ids, firstMs, storedMs, plainMs, wholeMs, wasmMb }]`. */
async function measure({ runtimes, quick }) {
  const result = [];
  for (const ids of quick ? QUICK : FULL) {
    const code = `const { measured } = await import("./scripts/bench/ids.mjs");
console.log(JSON.stringify(await measured(${ids})));`;
    result.push({ ids, ...JSON.parse(await runtimes.Node.evaluate(code)) });
  }
  return result;
}

const MIB = 1024 * 1024;

function report(result) {
  const [few, many] = [result[0], result.at(-1)];
  const grown = (many.wasmMb - few.wasmMb) * MIB;
  const bytes = Math.max(0, grown / (many.ids - few.ids));
  const [most, least] = [grouped(many.ids), grouped(few.ids)];
  const stored = many.storedMs / few.storedMs;
  const each = many.wholeMs / many.ids / (few.wholeMs / few.ids);
  return {
    tables: [
      {
        title: "Ids in one drive, in Node against a `fetch` that responds at once: CPU time",
        head: [
          "ids",
          "first checkpoint",
          "a request with a checkpoint",
          "without",
          "a whole drive, an id",
          "wasm memory",
        ],
        rows: result.map(({ ids, firstMs, storedMs, plainMs, wholeMs, wasmMb }) => [
          grouped(ids),
          `${firstMs.toFixed(0)} ms`,
          `${storedMs.toFixed(2)} ms`,
          `${plainMs.toFixed(2)} ms`,
          `${((1000 * wholeMs) / ids).toFixed(1)} µs`,
          `${wasmMb.toFixed(0)} MB`,
        ]),
      },
    ],
    goals: [
      {
        what: `A request with a checkpoint while ${most} ids are not yet sent, beside ${least}`,
        figure: times(stored, 1),
        goal: "≤ 1.2 ×",
        met: stored <= 1.2,
      },
      {
        what: `CPU an id: a drive of ${most} ids beside one of ${least}`,
        figure: times(each, 1),
        goal: "≤ 1.2 ×",
        met: each <= 1.2,
      },
      {
        what: `Memory of the wasm an id, at ${most} ids`,
        figure: `${bytes.toFixed(0)} bytes`,
        goal: "≤ 120 bytes",
        met: bytes <= 120,
      },
    ],
    plots: {},
  };
}

export default { measure, report };
