// list and preview, which change nothing, and retry-failure-function.

import { AuthenticationError, DlqError } from "../public.js";
import { confirm } from "./ask.js";
import { told } from "./errors.js";
import { EXIT, UsageError } from "./exit.js";
import { entryFields, previewLines } from "./shown.js";

const ended = (reason) =>
  reason === "complete" || reason === "limit" ? EXIT.done : EXIT.incomplete;

/** Prints entries, one per line. */
export const runList = async ({ typed, dlq, call, chosen, output, signal, interrupted }) => {
  const print = (entry) => {
    if (output.json) return output.event("entry", entry);
    return typed.ids ? output.row([entry.dlqId]) : output.row(entryFields(entry));
  };
  const pages = dlq.listPages(chosen.selection ?? { all: true }, { ...call.drive, signal });
  try {
    for await (const { messages } of pages) {
      for (const entry of messages) {
        await print(entry);
        if (output.closed) return EXIT.done;
      }
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    return interrupted() ?? EXIT.done;
  }
  return ended((await pages.summary()).reason);
};

export const runPreview = async ({ dlq, call, chosen, output, signal, interrupted }) => {
  const preview = await dlq.preview(chosen.selection, { ...call.drive, signal });
  if (output.json) await output.event("preview", preview);
  else for (const line of previewLines(preview)) await output.result(line);
  if (preview.reason === "aborted") return interrupted() ?? EXIT.done;
  return ended(preview.reason);
};

/** Sends one request per id; after a failure the remaining ids are still tried. */
export const runRetry = async (session) => {
  const { command, typed, dlq, chosen, output, signal, streams, interrupted } = session;
  const ids = Array.isArray(chosen.selection) ? chosen.selection : [];
  if (ids.length === 0 && !chosen.empty)
    throw new UsageError("nothing is selected: write ids, or - (ids on standard input)");
  if (typed["dry-run"]) {
    for (const id of ids) await output.row([id]);
    output.note("nothing was done (--dry-run)");
    return EXIT.done;
  }
  if (!typed.yes && ids.length > 0) {
    if (!streams.input.isTTY || !streams.output.isTTY) {
      throw new UsageError(
        "there is no terminal for the question, so nothing was done: add --yes to act without it",
      );
    }
    const answer = await confirm({ command, count: ids.length, streams, signal });
    if (answer === "interrupted") return interrupted() ?? EXIT.interrupted;
    if (answer === "no") return EXIT.incomplete;
  }
  let code = EXIT.done;
  for (const dlqId of ids) {
    if (signal.aborted) return interrupted() ?? EXIT.incomplete;
    try {
      const run = await dlq.retryFailureFunction({ dlqId });
      await (output.json
        ? output.event("run", { dlqId, ...run })
        : output.row([dlqId, run.workflowRunId]));
    } catch (error) {
      if (!(error instanceof DlqError)) throw error;
      const { lines, code: own } = told(error);
      for (const line of lines) output.note(`${dlqId}: ${line}`);
      await output.event("error", { dlqId, ...error.toJSON() });
      // The others would fail in the same way.
      if (own === EXIT.usage || error instanceof AuthenticationError) return own;
      code = EXIT.failed;
    }
  }
  return code;
};
