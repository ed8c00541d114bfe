// follow: the outcome of new runs, from a report, a checkpoint or standard input. Changes nothing.

import { CheckpointFile } from "./checkpoint.js";
import { csvRows } from "./csv.js";
import { tellError } from "./errors.js";
import { EXIT, UsageError } from "./exit.js";
import { readText } from "./files.js";
import { readIds } from "./ids.js";
import { progressTo } from "./progress.js";
import { Report } from "./report.js";
import { outcomeLine } from "./shown.js";
import { shellWord } from "./text.js";

/** @returns {Promise<number>} the exit code */
export const runFollow = async (session) => {
  const { ids: args, typed, call, dlq, output, signal } = session;
  if (args.length !== 1) {
    throw new UsageError(
      "write what to follow: a report, a checkpoint, or - (run ids on standard input)",
    );
  }
  if (typed.report) Report.check(typed.report);
  const { runs, file = new CheckpointFile(ASKED), reported } = await sourceOf(session, args[0]);
  const reportName = typed.report ?? reported?.name;
  const report = reportName && new Report(reportName, output, reported);
  const store = (checkpoint, _entries, lines) => {
    if (lines) report?.append({ runs: lines });
    file.write(checkpoint, report?.state);
  };
  const { follow, ...drive } = call.drive;
  const options = {
    ...drive,
    ...follow,
    signal,
    onProgress: progressTo(output, undefined),
    ...(file.isWritable() && { onCheckpoint: store }),
    ...(report || output.json ? { report: "entries" } : {}),
  };
  let outcome;
  let error;
  try {
    outcome = await dlq.follow(runs, options);
  } catch (caught) {
    if (!caught.summary) {
      report?.close();
      throw caught;
    }
    error = caught;
    outcome = caught.summary;
  } finally {
    output.clear();
  }
  const { state, lost } = report ? finished(report, outcome) : {};
  const failed = error && (await tellError(error, output));
  await tellOutcome(output, outcome);
  if (lost) output.note(lost);
  const checkpoint = error?.checkpoint ?? outcome.checkpoint;
  if (checkpoint) keepFollowing(checkpoint, output, { file, report: state });
  else forget(file, output);
  const code = failed ?? outcomeCode(outcome, session.interrupted());
  return lost && code === EXIT.done ? EXIT.failed : code;
};

/** Adds the remaining lines. `lost`: a message if that fails. */
const finished = (report, outcome) => {
  try {
    return { state: report.complete({ runs: outcome.entries }) };
  } catch (error) {
    return { lost: `${report.name} can't be written (${error.code}) and lacks the last runs` };
  } finally {
    report.close();
  }
};

/** Removes the checkpoint of what is over. */
export const forget = (file, output) => {
  try {
    file.remove();
  } catch (error) {
    output.note(`${file.name} can't be removed (${error.code})`);
  }
};

const ASKED = { command: "follow", ids: [], typed: {} };

/** Stores a checkpoint of runs that have not ended, with the place in their report, and prints how to continue. */
export const keepFollowing = (checkpoint, output, { file = new CheckpointFile(ASKED), report }) => {
  try {
    file.write(checkpoint, report);
  } catch (error) {
    tellUnwritten(output, file, { error, checkpoint, method: "follow" });
    return;
  }
  output.note(`to continue: npx upstash-workflow-dlq follow ${shellWord(file.name)}`);
};

/** Reports that a checkpoint can't be stored, and prints it for the method that continues from it. */
export const tellUnwritten = (output, { name }, { error, checkpoint, method }) => {
  output.note(`${name} can't be written (${error.code}); the checkpoint, for ${method}():`);
  output.note(checkpoint);
};

const tellOutcome = async (output, { entries, ...summary }) => {
  if (!output.json) {
    await output.result(outcomeLine(summary));
    return;
  }
  for (const run of entries ?? []) await output.event("run", run);
  await output.event("summary", summary);
};

/** The exit code for the outcome of new runs. */
export const outcomeCode = (outcome, interrupted) => {
  if (outcome.reason === "aborted") return interrupted ?? EXIT.incomplete;
  if (outcome.failedAgain > 0) return EXIT.failedAgain;
  return outcome.done ? EXIT.done : EXIT.incomplete;
};

/** The runs or the checkpoint of an argument. */
const sourceOf = async (session, name) => {
  if (name === "-") {
    const { ids } = await readIds(["-"], session.streams.input);
    return { runs: ids.map((workflowRunId) => ({ workflowRunId })) };
  }
  if (/\.(csv|ndjson)$/i.test(name)) return { runs: runsOf(name) };
  const file = new CheckpointFile(ASKED, name);
  const earlier = file.read();
  if (!earlier)
    throw new UsageError(`there is no ${name}: write a report (.csv, .ndjson), a checkpoint, or -`);
  return { runs: earlier.checkpoint, file, reported: earlier.report };
};

/** The new runs in a report. */
const runsOf = (name) => {
  const runs = rowsOf(name, readText(name))
    .filter(({ workflowRunId }) => workflowRunId)
    .map(({ workflowRunId, dlqId }) => ({ workflowRunId, ...(dlqId && { dlqId }) }));
  if (runs.length === 0) {
    throw new UsageError(`${name} contains no runs: a report has them with --strategy each`);
  }
  return runs;
};

/** The lines of a report as objects. */
const rowsOf = (name, text) => {
  const isCsv = /\.csv$/i.test(name);
  try {
    if (isCsv) return csvRows(text);
    const lines = text.split("\n").filter(Boolean);
    return lines.map((line) => Object(JSON.parse(line)));
  } catch {
    throw new UsageError(
      isCsv
        ? `${name} is damaged: use the unchanged report, or run ids on standard input (-)`
        : `${name} is damaged: each line has to be JSON`,
    );
  }
};
