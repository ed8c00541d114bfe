// Parts of documents that a command writes, between two marks.

import { Stop } from "./run.mjs";

/** `text` with `content` between the marks. */
export function between(text, begin, end, content) {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Stop(`the marks are missing: ${begin} … ${end}`);
  return `${before}${begin}\n${content}\n${end}${after}`;
}

const cells = (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** A table, as Markdown has it. */
export const markdownTable = (head, rows) =>
  [cells(head), `|${"---|".repeat(head.length)}`, ...rows.map(cells)].join("\n");
