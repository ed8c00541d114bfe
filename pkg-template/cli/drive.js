// resume, restart, delete: look, ask, drive, and say how to go on.

import { confirm } from "./ask.js";
import { askedOf, CheckpointFile } from "./checkpoint.js";
import { EXIT, UsageError } from "./exit.js";
import { flagNamed } from "./flags.js";
import { progressTo } from "./progress.js";
import { Report } from "./report.js";
import { previewLines, summaryLine } from "./shown.js";

const DONE = { resume: "resumed", restart: "restarted", delete: "deleted" };

const METHODS = {
  resume: (dlq, selection, overrides, drive) => dlq.resumeAll(selection, overrides, drive),
  restart: (dlq, selection, overrides, drive) => dlq.restartAll(selection, overrides, drive),
  delete: (dlq, selection, _overrides, drive) => dlq.deleteAll(selection, drive),
};

// A preview looks at all that the drive may take: its budgets are the drive's alone.
const previewOptions = ({ limit, pageSize, where, query }) => ({ limit, pageSize, where, query });

/** @returns {Promise<number>} the exit code */
export const runDrive = async (session) => {
  const { typed, dlq, call, output, signal } = session;
  if (typed.report) Report.check(typed.report);
  const file = checkpointFile(session);
  const earlier = file?.read();
  if (file && !earlier && session.chosen.selection === undefined) {
    throw new UsageError(
      `there is no ${file.name}: what it was of is finished, or it is in another folder; to begin, write ids, a filter, or --all`,
    );
  }
  const job = earlier
    ? { drive: goingOn(call.drive, earlier, file.query) }
    : { ...call, ...session.chosen };
  await refuseFirst(session, job);

  if (session.emptyInput && !earlier) {
    output.note("no ids on standard input: nothing to do");
    return EXIT.done;
  }
  if (earlier) {
    if (typed["dry-run"]) {
      output.note(`${file.name} would be gone on from; nothing was done`);
      return EXIT.done;
    }
    output.note(`going on from ${file.name}`);
  } else if (typed["dry-run"] || !typed.yes) {
    const preview = await dlq.preview(job.selection, { ...previewOptions(job.drive), signal });
    const decided = await decide(session, preview);
    if (decided !== undefined) return decided;
    job.selection = preview.selection;
    job.of = preview.count;
  }
  return await drive(session, job, file, earlier !== undefined);
};

const checkpointFile = ({ typed, command, ids }) => {
  if (!typed.checkpoint) return undefined;
  const file = new CheckpointFile({
    name: typed.checkpoint,
    command,
    asked: askedOf({ ids, typed }),
  });
  file.check();
  return file;
};

/** What a checkpoint brings along is not said again. */
const goingOn = (drive, checkpoint, query) => {
  const { limit: _, strategy: __, where: ___, canary: ____, freeze: _____, ...said } = drive;
  return { ...said, checkpoint, ...(query && { query }) };
};

/** All that the API refuses, before anything is sent: a drive that is stopped already sends nothing. */
const refuseFirst = ({ command, dlq, call }, { selection, drive: options }) =>
  METHODS[command](dlq, selection, selection && call.overrides, {
    ...options,
    signal: AbortSignal.abort(),
  });

/** The exit code, if it ends here. */
const decide = async ({ command, typed, output, streams }, preview) => {
  const { count } = preview;
  await output.event("preview", preview);
  for (const line of previewLines(preview, output.paintError)) output.note(line);
  if (typed["dry-run"]) {
    output.note("nothing was done (--dry-run)");
    return EXIT.done;
  }
  if (count === 0) {
    output.note("nothing to do");
    return EXIT.done;
  }
  if (!streams.input.isTTY || !streams.output.isTTY) {
    throw new UsageError(
      "there is no terminal to ask on, so nothing was done: add --yes to go ahead, or --dry-run to look",
    );
  }
  const answer = await confirm({ command, count, streams });
  if (answer === "yes") return undefined;
  output.note("nothing was done");
  return answer === "no" ? EXIT.stopped : EXIT.interrupted;
};

const drive = async (session, { selection, drive: options, of }, file, goesOn) => {
  const { command, typed, dlq, call, output, signal } = session;
  const report = typed.report && new Report(typed.report, goesOn);
  let summary;
  let error;
  try {
    summary = await METHODS[command](dlq, selection, selection && call.overrides, {
      ...options,
      signal,
      onProgress: progressTo(output, of),
      ...(file && { onCheckpoint: (checkpoint) => file.write(checkpoint) }),
      ...((report || output.json) && !goesOn && { report: "entries" }),
    });
  } catch (caught) {
    if (!caught.summary) throw caught;
    error = caught;
    summary = caught.summary;
  } finally {
    output.clear();
    if (!summary) report?.close();
  }
  if (report) await writeReport(report, summary, output);
  await tellSummary(session, summary);
  const checkpoint = error?.checkpoint ?? summary.checkpoint;
  if (checkpoint) keep(session, checkpoint, file);
  else file?.remove();
  if (error) throw error;
  return exitCode(summary, session.interrupted());
};

const writeReport = (report, { entries }, output) => {
  report.write(entries ?? []);
  report.close();
  if (!entries) {
    output.note("the drive was begun without --report or --json: only its counts are known");
  }
};

const tellSummary = async ({ output, command }, { entries, ...summary }) => {
  if (!output.json) {
    await output.result(summaryLine(summary, DONE[command]));
    return;
  }
  for (const entry of entries ?? []) await output.event("entry", entry);
  await output.event("summary", summary);
};

/** Stores the checkpoint, in a file of its own if none was named, and says how to go on. */
const keep = ({ command, ids, typed, output }, checkpoint, named) => {
  const name = `dlq-${command}-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}.checkpoint`;
  const file = named ?? new CheckpointFile({ name, command, asked: askedOf({ ids, typed }) });
  try {
    file.write(checkpoint);
    output.note(`to go on: ${goOnCommand(command, file.name, typed)}`);
  } catch (error) {
    output.note(
      `${file.name} can't be written (${error.code}); the checkpoint, for continueFrom():`,
    );
    output.note(checkpoint);
  }
};

const SAID_AGAIN = [
  "concurrency",
  "page-size",
  "max-runs-per-second",
  "base-url",
  "allow-insecure",
  "auth",
  "timeout",
  "attempts",
  "report",
];

const goOnCommand = (command, file, typed) => {
  const again = SAID_AGAIN.filter((name) => typed[name] !== undefined);
  return [
    `npx upstash-workflow-dlq ${command}`,
    `--checkpoint ${quoted(file)}`,
    ...again.map((name) =>
      flagNamed(name).value ? `--${name} ${quoted(typed[name])}` : `--${name}`,
    ),
  ].join(" ");
};

/** For a shell. */
const quoted = (text) => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const exitCode = (summary, interrupted) => {
  if (summary.reason === "aborted") return interrupted ?? EXIT.stopped;
  if (!summary.done) return EXIT.stopped;
  return summary.failed > 0 ? EXIT.failed : EXIT.done;
};
