// The story of the demo: 300 runs fail, somebody repairs what broke, all of them are resumed.

import { check, OVERRIDES, TOTAL } from "./checks.mjs";
import { dim, facts, heading, progress, say, table, verdict } from "./print.mjs";
import { countSteps, repaired, triggers } from "./workflows.mjs";

const PAGE_SIZE = 50;
const RUNS_PER_SECOND = 100;
const TRIGGERS_A_REQUEST = 30;
// Far more than any of it takes.
const PATIENCE = 120_000;

/**
 * Tells it, and answers whether all checks hold.
 *
 * @param {object} world `emulator`, `app`, our `client`, the official `sdk`'s, and a `signal`
 */
export async function story(world) {
  await fail(world);
  const dlqIds = (await list(world.sdk)).map(({ dlqId }) => dlqId);
  repaired.yes = true;
  const preview = await look(world);
  const resumed = await resume(world, preview);
  const outcome = await follow(world, resumed.summary);
  await untilIdle(world.emulator, world.signal, () => {});
  const results = check(report(await collect(world, { dlqIds, preview, outcome, ...resumed })));
  heading("Do the counts of app, service and library agree?");
  for (const result of results) verdict(result);
  return results.every(({ ok }) => ok);
}

async function fail({ emulator, app, sdk, signal }) {
  heading(`1. Two servers are down, one workflow has a bug: ${TOTAL} runs fail`);
  const bar = progress(TOTAL, 60);
  const all = triggers(app);
  for (let from = 0; from < all.length; from += TRIGGERS_A_REQUEST) {
    await sdk.trigger(all.slice(from, from + TRIGGERS_A_REQUEST));
    await landed(emulator, bar);
  }
  await untilIdle(emulator, signal, () => landed(emulator, bar));
  bar.end();
}

const landed = async (emulator, bar) => {
  const { entries } = await emulator.audit({ summary: true });
  bar.at(entries, "in the dead letter queue");
};

/** Calls `meanwhile` until nothing is in flight any more, and once after that. */
async function untilIdle(emulator, signal, meanwhile) {
  const deadline = performance.now() + PATIENCE;
  for (let idle = false; !idle; ) {
    if (performance.now() > deadline) throw new Error("The runs do not come to an end");
    idle = await emulator.idle(100).then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    await meanwhile();
  }
}

/** The whole DLQ, by the official SDK: what the library says is held against it. */
async function list(sdk) {
  const entries = [];
  let cursor;
  do {
    const page = await sdk.dlq.list({ cursor, count: 100 });
    entries.push(...page.messages);
    cursor = page.cursor;
  } while (cursor);
  return entries;
}

async function look({ client }) {
  heading("2. The servers are up again, the bug is still there. What failed, and why?");
  say(dim("  client.dlq.preview({ all: true })"));
  const preview = await client.dlq.preview({ all: true });
  const { workflow, label, error } = preview.groups;
  facts([
    ["entries", preview.count],
    ["first failure", time(preview.firstDate)],
    ["last failure", time(preview.lastDate)],
    [
      "frozen at",
      `${time(preview.selection.filter.toDate)} ${dim("nothing newer will be touched")}`,
    ],
  ]);
  say();
  const rows = (kind, group, name = (key) => key) =>
    group.values.map(({ key, count }) => [kind, count, name(key)]);
  table(
    ["group", "entries", ""],
    [
      ...rows("workflow", workflow, nameOf),
      ...rows("label", label),
      // The SDK puts its own words before what a parallel step threw.
      ...rows("error", error, (text) => text.replace(/^Error submitting steps .*?: Error: /, "")),
    ],
  );
  return preview;
}

const time = (ms) => new Date(ms).toISOString().replace("T", " ");
const nameOf = (url) => new URL(url).pathname.slice(1);

async function resume({ emulator, client, signal }, preview) {
  heading("3. Resume all of it, and nothing that fails later");
  // With "entries" the summary names the new runs, which are followed afterwards.
  const drive = { pageSize: PAGE_SIZE, maxRunsPerSecond: RUNS_PER_SECOND, report: "entries" };
  say(dim("  client.dlq.resumeAll("));
  for (const line of ["preview.selection", code(OVERRIDES), code(drive)]) say(dim(`    ${line},`));
  say(dim("  )"));
  const requestsBefore = (await emulator.requests({ limit: 1 })).total;
  const bar = progress(preview.count, 1);
  const onProgress = ({ done, requests, waiting }) =>
    bar.at(
      done,
      `requests: ${requests}${waiting ? `, at most ${RUNS_PER_SECOND} runs a second` : ""}`,
    );
  const summary = await client.dlq.resumeAll(preview.selection, OVERRIDES, {
    ...drive,
    onProgress,
    signal,
  });
  bar.end();
  signal.throwIfAborted();
  const requestsAfter = (await emulator.requests({ limit: 1 })).total;
  return { summary, requestsBefore, requestsAfter };
}

/** An object as a person would type it. */
const code = (value) =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, " $1: ")
    .replaceAll("}", " }");

async function follow({ client, signal }, summary) {
  heading("4. Resumed is not finished: how do the new runs end?");
  say(dim("  client.dlq.follow(summary)"));
  const bar = progress(TOTAL, 60);
  const onProgress = ({ outcome: { succeeded, failedAgain, unknown } }) =>
    bar.at(
      succeeded + failedAgain,
      `${succeeded} finished, ${failedAgain} failed again, ${unknown} not seen yet`,
    );
  const outcome = await client.dlq.follow(summary, { timeout: PATIENCE, signal, onProgress });
  bar.end();
  signal.throwIfAborted();
  return outcome;
}

/** Everything that the checks compare, from the library, the service, the SDK and the app. */
async function collect({ emulator, app, sdk }, known) {
  const from = known.requestsBefore + 1;
  const { requests } = await emulator.requests({ from, limit: 20_000 });
  const resuming = requests.slice(0, known.requestsAfter - known.requestsBefore);
  const audit = await emulator.audit();
  const newRuns = (await emulator.runs()).filter(({ origin }) => origin === "resume");
  const newIds = new Set(newRuns.map(({ workflowRunId }) => workflowRunId));
  const deliveries = await emulator.deliveries();
  return {
    ...known,
    requests: resuming.filter(({ path }) => path.startsWith("/v2/workflows/dlq")),
    audit,
    newRuns,
    // An entry's id begins with the moment of its failure.
    failedAgainAt: (await list(sdk)).map(({ dlqId }) => Number.parseInt(dlqId, 10)),
    refused: deliveries.filter(({ kind, status }) => kind === "step" && status === 500).length,
    labels: deliveries
      .filter(({ workflowRunId }) => newIds.has(workflowRunId))
      .map(({ settings }) => settings.labels),
    steps: countSteps(app, audit),
  };
}

function report(found) {
  const { summary, outcome, audit, newRuns, steps } = found;
  heading("Result");
  facts([
    ["entries resumed", summary.resumed],
    ["requests sent", summary.requests],
    ["new runs", newRuns.length],
    ["finished", outcome.succeeded],
    ["failed again", outcome.failedAgain],
    ...outcome.errors.map(({ count, step, status, error }) => [
      "",
      `${count} × ${[step, status, error].filter((part) => part !== undefined).join(" · ")}`,
    ]),
    ["left in the DLQ", audit.remaining],
  ]);
  say();
  table(
    ["workflow", "step", "started", "threw", "finished", "finished (service)", "kept"],
    steps.map(({ workflow, step, ran, finished, told, kept }) => [
      workflow,
      step,
      ran,
      ran - finished,
      finished,
      told,
      kept,
    ]),
  );
  say(
    dim(
      "  started, threw, finished: counted by the app; kept: results of the failed run, not run again",
    ),
  );
  return found;
}
