// One way to resume everything, in a process of its own, so that its time, CPU and memory are its
// alone: `node subject.mjs '{"subject":"pages","url":…}'`. Prints what it took as a line of JSON.

const { subject, url, token } = JSON.parse(process.argv[2]);
const ALL = { all: true };

const ours = (drive) => async () => {
  const { Client } = await import("upstash-workflow-dlq");
  const client = new Client({ baseUrl: url, token }, {});
  return async () => (await client.dlq.resumeAll(ALL, {}, drive)).resumed;
};

/** What has to be written without a client: the least that can be done. */
async function bare() {
  const headers = { authorization: `Bearer ${token}` };
  return async () => {
    let cursor = "";
    let resumed = 0;
    do {
      const query = `count=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const address = `${url}/v2/workflows/dlq/resume?${query}`;
      const response = await fetch(address, { method: "POST", headers });
      const page = JSON.parse(await response.text());
      if (!response.ok) throw new Error(page.error);
      resumed += page.workflowRuns.length;
      cursor = page.cursor;
    } while (cursor);
    return resumed;
  };
}

/** The loop of the SDK's documentation. */
async function sdk() {
  const { Client } = await import("@upstash/workflow");
  const client = new Client({ baseUrl: url, token });
  return async () => {
    let cursor;
    let resumed = 0;
    do {
      const page = await client.dlq.resume({ all: true, count: 100, cursor });
      resumed += page.workflowRuns.length;
      cursor = page.cursor;
    } while (cursor);
    return resumed;
  };
}

const SUBJECTS = {
  pages: ours({}),
  "pages 8": ours({ concurrency: 8 }),
  "batches 8": ours({ strategy: "batches", concurrency: 8 }),
  sdk,
  bare,
};

const run = await SUBJECTS[subject]();
const cpu = process.cpuUsage();
const begun = performance.now();
let resumed = 0;
let error;
try {
  resumed = await run();
} catch (thrown) {
  error = thrown.message;
}
const wallMs = performance.now() - begun;
const { user, system } = process.cpuUsage(cpu);
const peakKb = process.resourceUsage().maxRSS;
console.log(JSON.stringify({ resumed, error, wallMs, cpuMs: (user + system) / 1000, peakKb }));
