// A drive of the caller's ids, against a `fetch` that responds at once: what is measured is the client alone.

const MIB = 1024 * 1024;
/** Requests of a drive that is measured: enough for its code to be compiled, and for a mean. */
const REQUESTS = 200;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The memory of each wasm instance from now on. */
function watchedMemories() {
  const memories = [];
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, given) {
      const instance = new target(...given);
      // Its name is a short one, of the optimiser's choice.
      const exported = Object.values(instance.exports);
      memories.push(...exported.filter((value) => value instanceof WebAssembly.Memory));
      return instance;
    },
  });
  return memories;
}

const run = { workflowRunId: "wfr_1", workflowCreatedAt: 1_790_000_000_000 };
const bodies = new Map();
/** When each request was sent. */
const sent = [];

/** As many runs as there are ids. */
async function fetch(url) {
  sent.push(cpuMs());
  const count = url.split("dlqIds=").length - 1;
  if (!bodies.has(count)) {
    bodies.set(count, JSON.stringify({ workflowRuns: Array(count).fill(run) }));
  }
  return new Response(bodies.get(count));
}

/**
 * Drives over `count` ids, in CPU time: the first checkpoint; a request with a checkpoint and one
 * without, while nearly all ids are still to be sent; a whole drive without checkpoints. And the memory of the wasm.
 *
 * @param {number} count
 * @returns {Promise<{ firstMs: number, storedMs: number, plainMs: number, wholeMs: number, wasmMb: number }>}
 */
export async function measured(count) {
  const memories = watchedMemories();
  const { Client } = await import("upstash-workflow-dlq");
  const client = new Client({ token: "t", fetch }, {});
  const ids = Array.from({ length: count }, (_, at) => `${1_752_829_295_505 + at * 37}-${at % 4}`);
  const some = { maxRequests: REQUESTS, concurrency: 1 };

  /** From the start to the first request, and a request of the second half. */
  const drive = async (options) => {
    sent.length = 0;
    const begun = cpuMs();
    await client.dlq.resumeAll(ids, {}, { ...some, ...options });
    const half = sent.length >> 1;
    return [sent[0] - begun, (sent.at(-1) - sent[half]) / (sent.length - 1 - half)];
  };
  const [startedMs, storedMs] = await drive({ onCheckpoint: () => {} });
  const [readMs, plainMs] = await drive({});
  const firstMs = Math.max(0, startedMs - readMs);

  const begun = cpuMs();
  const { resumed } = await client.dlq.resumeAll(ids);
  const wholeMs = cpuMs() - begun;
  if (resumed !== count) throw new Error(`${resumed} of ${count} ids were resumed`);
  const wasmMb = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) / MIB;
  return { firstMs, storedMs, plainMs, wholeMs, wasmMb };
}
