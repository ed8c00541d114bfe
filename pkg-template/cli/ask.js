// Asking on the terminal.

import { createInterface } from "node:readline";

/** What was answered; nothing at the end of input; `interrupted` at Ctrl-C. */
const answerTo = (question, { input, output }) =>
  new Promise((resolve) => {
    const lines = createInterface({ input, output, terminal: true });
    const end = (outcome) => {
      resolve(outcome);
      lines.close();
    };
    lines.on("SIGINT", () => end({ interrupted: true }));
    lines.on("close", () => resolve({ text: "" }));
    lines.question(question, (text) => end({ text }));
  });

/**
 * Whether to go on. What can't be undone wants the count typed.
 *
 * @returns {Promise<"yes" | "no" | "interrupted">}
 */
export const confirm = async ({ command, count, streams }) => {
  const many = `${count} ${count === 1 ? "entry" : "entries"}`;
  const typed = command === "delete";
  const question = typed
    ? `Delete ${many} for good? Type ${count} to do so: `
    : `${VERBS[command]} ${many}? [y/N] `;
  const { text, interrupted } = await answerTo(question, streams);
  if (interrupted) return "interrupted";
  const agreed = typed ? text.trim() === String(count) : /^y(es)?$/i.test(text.trim());
  return agreed ? "yes" : "no";
};

const VERBS = {
  resume: "Resume",
  restart: "Restart",
  "retry-failure-function": "Run the failure functions of",
};
