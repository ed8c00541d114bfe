// The question on the terminal before anything is changed.

import { createInterface } from "node:readline/promises";

const VERBS = {
  resume: "Resume",
  restart: "Restart",
  "retry-failure-function": "Run the failure functions of",
};

/**
 * Asks for consent. What can't be undone wants the count typed.
 *
 * @param {object} what
 * @param {string} what.command
 * @param {number} what.count entries that were counted, the most that consent covers
 * @param {boolean} [what.more] the count stopped at a budget, so more may match
 * @param {{ input: NodeJS.ReadStream, output: NodeJS.WriteStream }} what.streams
 * @param {AbortSignal} what.signal aborts the question
 * @returns {Promise<"yes" | "no" | "interrupted">}
 */
export const confirm = async ({ command, count, more, streams, signal }) => {
  const entries = `${count} ${count === 1 ? "entry" : "entries"}`;
  const of = more ? `, of at least ${count} that match` : "";
  const question =
    command === "delete"
      ? `Delete ${entries} permanently${of}? Type ${count} to confirm: `
      : `${VERBS[command]} ${entries}${of}? [y/N] `;
  const answer = await answerTo(question, streams, signal);
  if (answer === undefined) return "interrupted";
  const consent = command === "delete" ? answer === String(count) : /^y(es)?$/i.test(answer);
  return consent ? "yes" : "no";
};

/** The answer; empty at the end of input, `undefined` after Ctrl-C or another signal. */
const answerTo = async (question, streams, signal) => {
  const lines = createInterface({ ...streams, terminal: true });
  const ended = new AbortController();
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    ended.abort();
  };
  lines.once("SIGINT", interrupt);
  lines.once("close", () => ended.abort());
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    if (signal.aborted) return undefined;
    return (await lines.question(question, { signal: ended.signal })).trim();
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    return interrupted ? undefined : "";
  } finally {
    signal.removeEventListener("abort", interrupt);
    lines.close();
  }
};
