// Import and the first client, in new processes, alternating with the SDK's.

import { Miniflare } from "miniflare";
import { launchChromium } from "../../../tests/support/chromium.mjs";
import { bundledForPage, bundledWorker } from "../bundles.mjs";
import { duration, times } from "../figures.mjs";
import { inTurn, median } from "../measure.mjs";
import { BEFORE, pageAt } from "../runtimes.mjs";

const PACKAGES = { ours: "upstash-workflow-dlq", sdk: "@upstash/workflow" };
const OPTIONS = '{ baseUrl: "http://127.0.0.1:1", token: "t" }';

// The same program for both: from before the import until a client is there.
const program = (name) => `const begun = performance.now();
const { Client } = await import("${name}");
new Client(${OPTIONS});
console.log(performance.now() - begun);
globalThis.Deno?.exit(0);
`;

/** Medians of what each name took, the names taking turns. */
async function medians(names, rounds, take) {
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) taken[name].push(await take(name));
  }
  return Object.fromEntries(names.map((name) => [name, median(taken[name])]));
}

const inProcesses = (packages, rounds, { evaluate }) =>
  medians(Object.keys(packages), rounds, async (name) =>
    Number(await evaluate(program(packages[name]))),
  );

const worker = (name) => `import { Client } from "${name}";
const client = new Client(${OPTIONS});
export default { fetch: () => new Response(typeof client.dlq.resume) };`;
const EMPTY = 'export default { fetch: () => new Response("function") };';

/** From the start of workerd to its first answer. */
async function inWorkerd(packages, rounds) {
  const options = await inTurn(Object.keys(packages), (name) =>
    bundledWorker(worker(packages[name]), packages[name]),
  );
  options.empty = await bundledWorker(EMPTY);
  return await medians(Object.keys(options), rounds, async (name) => {
    const begun = performance.now();
    const miniflare = new Miniflare(options[name]);
    const said = await (await miniflare.dispatchFetch("http://worker.example/")).text();
    const took = performance.now() - begun;
    await miniflare.dispose();
    if (said !== "function") throw new Error(`${name}: ${said}`);
    return took;
  });
}

/** In a page that is there: the bundle as a module, and a client of it. */
async function inChromium(packages, rounds) {
  const scripts = await inTurn(Object.keys(packages), (name) =>
    bundledForPage(`export { Client } from "${packages[name]}";`),
  );
  const browser = await launchChromium();
  try {
    return await medians(Object.keys(scripts), rounds, async (name) => {
      const page = await pageAt(browser, "http://127.0.0.1:1", "");
      const took = await page.evaluate(async (script) => {
        const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
        const begun = performance.now();
        const { Client } = await import(address);
        new Client({ baseUrl: "http://127.0.0.1:1", token: "t" });
        return performance.now() - begun;
      }, scripts[name]);
      await page.close();
      return took;
    });
  } finally {
    await browser.close();
  }
}

const OTHERS = { workerd: inWorkerd, Chromium: inChromium };

/** Milliseconds: `{ [runtime]: { ours, sdk, before?, empty? } }`; `before`: the other build; `empty`: no client. */
const measure = ({ runtimes, quick, before }) => {
  const packages = before ? { ...PACKAGES, before: BEFORE } : PACKAGES;
  const rounds = quick ? 1 : 15;
  return inTurn(Object.keys(runtimes), (name) =>
    (OTHERS[name] ?? inProcesses)(packages, rounds, runtimes[name]),
  );
};

function report(result) {
  const compared = Object.values(result).some(({ before }) => before !== undefined);
  const rows = Object.entries(result).map(([name, { ours, sdk, empty, before }]) => [
    name,
    duration(ours),
    duration(sdk),
    times(ours, sdk),
    empty === undefined ? "" : duration(empty),
    ...(compared ? [`${duration(before)} (ours: ${times(ours, before)})`] : []),
  ]);
  const bars = ({ ours, sdk, empty }) => [
    { name: "ours", value: ours, text: duration(ours), ours: true },
    { name: "sdk", value: sdk, text: duration(sdk) },
    ...(empty === undefined ? [] : [{ name: "empty", value: empty, text: duration(empty) }]),
  ];
  const goal = (name, most) => {
    const { ours, sdk } = result[name];
    return {
      what: `Start-up in ${name}, beside the SDK's`,
      figure: times(ours, sdk),
      goal: `≤ ${most.toFixed(1)} ×`,
      met: ours / sdk <= most,
    };
  };
  return {
    tables: [
      {
        title: "Import and first client",
        head: ["", "ours", "sdk", "ours / sdk", "an empty Worker", ...(compared ? ["before"] : [])],
        rows,
      },
    ],
    goals: [goal("Node", 0.5), goal("Bun", 1), goal("Chromium", 1.2)],
    plots: {
      startup: {
        title: "Import and first client; in workerd, from its start to the first answer",
        groups: Object.entries(result).map(([name, both]) => ({ name, bars: bars(both) })),
      },
    },
  };
}

export default { measure, report };
