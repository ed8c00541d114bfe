// resume, restart, delete: preview, ask, drive, and print how to continue.

import { confirm } from "./ask.js";
import { CheckpointFile } from "./checkpoint.js";
import { tellError } from "./errors.js";
import { EXIT, UsageError } from "./exit.js";
import { flagNamed } from "./flags.js";
import { forget, keepFollowing, outcomeCode, tellUnwritten } from "./follow.js";
import { progressTo } from "./progress.js";
import { Report } from "./report.js";
import { count as formatCount, outcomeLine, previewLines, summaryLine } from "./shown.js";
import { shellWord } from "./text.js";

const DONE = { resume: "resumed", restart: "restarted", delete: "deleted" };

const METHODS = {
  resume: (dlq, selection, overrides, drive) => dlq.resumeAll(selection, overrides, drive),
  restart: (dlq, selection, overrides, drive) => dlq.restartAll(selection, overrides, drive),
  delete: (dlq, selection, _overrides, drive) => dlq.deleteAll(selection, drive),
};

/** Maximum number of requests that check whether more entries match than were confirmed. */
const MAX_LOOKS = 20;

/**
 * @typedef {object} Job the arguments of the drive
 * @property {object} [selection] absent if a checkpoint contains it
 * @property {object} drive options of the drive
 * @property {number} [confirmed] number of entries that were shown and confirmed, the maximum that is processed
 * @property {object} [whole] the selection that the confirmed entries are from, to check whether more match
 * @property {import("./report.js").Place} [report] the report up to the checkpoint
 * @property {boolean} byIds whether ids were named
 */

/** @returns {Promise<number>} the exit code */
export const runDrive = async (session) => {
  const { typed, call, dlq, output, chosen } = session;
  if (typed.report) Report.check(typed.report, typed.strategy);
  if (call.drive.follow && !typed.follow) {
    throw new UsageError("--follow-timeout and --follow-sample need --follow");
  }
  const file = checkpointFile(session);
  const earlier = file?.read();
  if (file && !earlier && chosen.selection === undefined) {
    throw new UsageError(
      `there is no ${file.name}: its drive is complete, or it is in another folder; to start a new drive, write ids, a filter, or --all`,
    );
  }
  const job = earlier ? continued(session, earlier) : begun(session);
  await refuseFirst(session, job);
  if (chosen.empty && !earlier) {
    output.note("no ids on standard input: nothing to do");
    return EXIT.done;
  }
  if (earlier) {
    if (typed["dry-run"]) {
      output.note(`${file.name} would be continued; nothing was done (--dry-run)`);
      return EXIT.done;
    }
    output.note(`continuing from ${file.name}`);
  } else if (typed["dry-run"] || !typed.yes) {
    const preview = await dlq.preview(job.selection, previewOptions(session, job));
    const code = await decide(session, preview);
    if (code !== undefined) return code;
    bound(session, job, preview);
  }
  return await act(session, job, file);
};

const checkpointFile = (session) => {
  const name = session.typed.checkpoint;
  if (!name) return undefined;
  const file = new CheckpointFile(session, name);
  file.check();
  return file;
};

/** @returns {Job} */
const begun = ({ typed, call, chosen }) => {
  const { retention: _, ...drive } = call.drive;
  // A report needs entries, which pages, the default for filters, does not know.
  if (typed.report && !drive.strategy) drive.strategy = typed.follow ? "each" : "batches";
  if (typed.follow) drive.follow = drive.follow ?? true;
  return { selection: chosen.selection, drive, byIds: chosen.places !== undefined };
};

/** Options that a checkpoint contains, or that only the preview has. */
const OF_BEGINNING = ["limit", "strategy", "where", "canary", "freeze", "retention"];

/** Leaves out the options that the checkpoint contains. @returns {Job} */
const continued = ({ typed, call }, { checkpoint, report, byIds }) => {
  const said = { ...call.drive };
  for (const name of OF_BEGINNING) delete said[name];
  const follow = typed.follow && { follow: said.follow ?? true };
  return { drive: { ...said, ...follow, checkpoint }, report, byIds };
};

/** Validates all arguments before anything is sent: an aborted drive sends nothing. */
const refuseFirst = ({ command, dlq, call }, { selection, drive }) =>
  METHODS[command](dlq, selection, selection && call.overrides, {
    ...drive,
    signal: AbortSignal.abort(),
  });

// The preview has the drive's budgets, so that a bounded command is bounded as a whole.
const previewOptions = ({ call, signal }, { drive }) => {
  const { limit, pageSize, where, query, maxRequests, timeBudget } = drive;
  const { retention } = call.drive;
  return { limit, pageSize, where, query, maxRequests, timeBudget, retention, signal };
};

/** Shows the preview and asks. The exit code, if it ends here. */
const decide = async ({ command, typed, output, streams, signal, interrupted }, preview) => {
  const { count, complete, reason } = preview;
  await output.event("preview", preview);
  if (reason === "aborted") {
    output.note("nothing was done");
    return interrupted() ?? EXIT.incomplete;
  }
  for (const line of previewLines(preview)) output.note(line);
  if (typed["dry-run"]) {
    output.note("nothing was done (--dry-run)");
    return EXIT.done;
  }
  if (count === 0) {
    if (complete) output.note("nothing to do");
    else output.note("nothing was found within --max-requests or --time-budget: raise it");
    return complete ? EXIT.done : EXIT.incomplete;
  }
  if (!streams.input.isTTY || !streams.output.isTTY) {
    throw new UsageError(
      "there is no terminal for the question, so nothing was done: add --yes to act without it, or --dry-run to only look",
    );
  }
  const more = !complete && reason !== "limit";
  const answer = await confirm({ command, count, more, streams, signal });
  if (answer === "yes") return undefined;
  output.note("nothing was done");
  return answer === "no" ? EXIT.incomplete : (interrupted() ?? EXIT.interrupted);
};

/** Limits the drive to what was confirmed: the entries that were shown, and no more than were counted. */
const bound = ({ output }, job, { selection, count, reason, summary }) => {
  const { where, limit: _, query, ...drive } = job.drive;
  const isPart = Array.isArray(selection);
  if (!Array.isArray(job.selection)) {
    const toDate = summary.frozenToDate;
    const { filter } = job.selection;
    const shown = toDate === undefined ? job.selection : { filter: { ...filter, toDate } };
    job.whole = { selection: shown, narrowing: { where, query }, isLimited: reason === "limit" };
  }
  if (isPart && drive.strategy === "pages") {
    drive.strategy = "batches";
    output.note("--strategy batches: the entries that were shown are taken by their ids");
  }
  // A selection as a whole contains its conditions; ids need none.
  job.selection = isPart ? selection : { ...selection, limit: count };
  job.drive = drive;
  job.confirmed = count;
};

const act = async (session, job, named) => {
  const { command, typed, dlq, call, output, signal } = session;
  const reportName = typed.report ?? job.report?.name;
  const report = reportName && new Report(reportName, output, job.report);
  const file = named ?? new CheckpointFile(session);
  // Following takes as long as the runs do: a checkpoint keeps what is known so far after a kill.
  const keeps = named || (job.drive.follow && file.isWritable());
  const store = (checkpoint, entries, runs) => {
    if (report && entries) {
      report.append({ entries, runs });
      job.report = report.state;
    }
    if (keeps) file.write(checkpoint, job.report);
  };
  const ended = {};
  try {
    ended.summary = await METHODS[command](dlq, job.selection, job.selection && call.overrides, {
      ...job.drive,
      signal,
      onProgress: progressTo(output, job.confirmed),
      ...((keeps || report) && { onCheckpoint: store }),
      ...((report || output.json) && job.selection && { report: "entries" }),
    });
  } catch (error) {
    if (!error.summary) {
      report?.close();
      throw error;
    }
    ended.error = error;
    ended.summary = error.summary;
  } finally {
    output.clear();
  }
  return await conclude(session, job, { ...ended, report, file, named });
};

/** Stores and prints the result of a drive. */
const conclude = async (session, job, { summary, error, report, file, named }) => {
  const { output, command } = session;
  const lost = report && finishReport(report, summary, job, output);
  const checkpoint = error?.checkpoint ?? summary.checkpoint;
  const kept = checkpoint && keep(checkpoint, job, { summary, file, named });
  let code = error ? await tellError(error, output) : exitCode(session, job, summary);
  const { reason, more } = error ? summary : await endOf(session, job, summary);
  await tellSummary(output, { ...summary, reason }, DONE[command]);
  tellOvershoot(session, job, summary);
  if (more) {
    output.note(
      `stopped at the ${job.confirmed} that were confirmed; ${more}: run the command again to see them`,
    );
    code = session.interrupted() ?? EXIT.incomplete;
  }
  if (lost) output.note(lost);
  if (kept) tellContinuation(session, kept, file);
  else if (summary.outcome?.checkpoint) keepFollowing(summary.outcome.checkpoint, output, job);
  // Last: a process that is killed before it has printed the result leaves the checkpoint.
  if (!checkpoint) forget(file, output);
  return lost && code === EXIT.done ? EXIT.failed : code;
};

/** Adds the remaining lines. Returns a message if that fails. */
const finishReport = (report, { entries, outcome }, job, output) => {
  if (!entries) {
    output.note(
      "the drive was started without --report or --json: its entries are counted, not listed",
    );
  }
  try {
    job.report = report.complete({ entries, runs: outcome?.entries });
    return undefined;
  } catch (error) {
    return `${report.name} can't be written (${error.code}) and lacks the last entries`;
  } finally {
    report.close();
  }
};

/** Stores a checkpoint that is worth continuing from. Returns the error if that fails. */
const keep = (checkpoint, { report }, { summary, file, named }) => {
  const { reason: _, ...counts } = summary;
  const touched = [...Object.values(DONE), "notFound", "unconfirmed", "failed"];
  // Nothing was processed, so the same command can start again; no file is left each time it fails at once.
  if (!named && touched.every((name) => !counts[name])) return file.remove();
  try {
    file.write(checkpoint, report);
    return {};
  } catch (error) {
    return { error, checkpoint };
  }
};

const tellSummary = async (output, { entries, ...summary }, done) => {
  const { outcome } = summary;
  if (!output.json) {
    await output.result(summaryLine(summary, done));
    if (outcome) await output.result(outcomeLine(outcome, `${formatCount(summary[done])} ${done}`));
    return;
  }
  for (const entry of entries ?? []) await output.event("entry", entry);
  for (const run of outcome?.entries ?? []) await output.event("run", run);
  delete outcome?.entries;
  await output.event("summary", summary);
};

/** Reports that the service took more entries than the request allowed. */
const tellOvershoot = ({ call, command, output }, { confirmed }, summary) => {
  const done = summary[DONE[command]];
  const limit = confirmed ?? call.drive.limit;
  if (limit !== undefined && done > limit) {
    output.note(`the service took ${done - limit} more than the allowed ${limit}`);
  }
};

/**
 * Why a drive ended that processed all confirmed entries: `"limit"` if more entries match, else `"complete"`.
 *
 * @returns {Promise<{ reason: string, more?: string }>} `more`: what is known of entries that match and that the
 *   preview had not counted; absent if there are none
 */
const endOf = async ({ call, dlq, signal }, job, { reason, failed, unconfirmed }) => {
  const { confirmed, selection, whole } = job;
  const isPart = Array.isArray(selection);
  if (!whole || reason !== (isPart ? "complete" : "limit")) return { reason };
  if (whole.isLimited || confirmed === call.drive.limit) return { reason: "limit" };
  // Entries that the service refused still match, and unconfirmed ones may.
  const left = failed + unconfirmed + 1;
  const options = { ...whole.narrowing, limit: left, maxRequests: MAX_LOOKS, signal };
  // The drive is over: its result is printed even if the service can't be asked any more.
  const unknown = () => ({ count: 0, complete: false });
  const { count, complete } = await dlq.preview(whole.selection, options).catch(unknown);
  if (count >= left) return { reason: "limit", more: "more entries match now" };
  return complete ? { reason: "complete" } : { reason: "limit", more: "more entries may match" };
};

const tellContinuation = ({ command, typed, output }, { error, checkpoint }, file) => {
  if (error) tellUnwritten(output, file, { error, checkpoint, method: "continueFrom" });
  else output.note(`to continue: ${continueCommand(command, file.name, typed)}`);
};

const SAID_AGAIN = [
  "concurrency",
  "page-size",
  "max-runs-per-second",
  "base-url",
  "region",
  "allow-insecure",
  "auth",
  "timeout",
  "attempts",
  "max-response-size",
  "report",
  "follow",
  "follow-timeout",
  "follow-sample",
];

const continueCommand = (command, file, typed) => {
  const again = SAID_AGAIN.filter((name) => typed[name] !== undefined);
  return [
    `npx upstash-workflow-dlq ${command}`,
    `--checkpoint ${shellWord(file)}`,
    ...again.map((name) =>
      flagNamed(name).value ? `--${name} ${shellWord(typed[name])}` : `--${name}`,
    ),
  ].join(" ");
};

const exitCode = ({ command, interrupted }, { byIds }, summary) => {
  if (summary.reason === "aborted") return interrupted() ?? EXIT.incomplete;
  if (!summary.done) return EXIT.incomplete;
  if (summary.failed > 0) return EXIT.failed;
  if (summary.outcome && !summary.outcome.done) return outcomeCode(summary.outcome, interrupted());
  if (summary.outcome?.failedAgain > 0) return EXIT.failedAgain;
  const none = byIds && summary[DONE[command]] === 0;
  return summary.unconfirmed > 0 || none ? EXIT.uncertain : EXIT.done;
};
