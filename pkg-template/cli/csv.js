// CSV by RFC 4180, safe to open in a spreadsheet. The admin app's Worker writes its reports with it as well.

import { UNSAFE } from "./unsafe.js";

/** The columns of a report; the last four say what became of the new run, where it was followed. */
export const REPORT_COLUMNS = [
  "dlqId",
  "outcome",
  "workflowRunId",
  "state",
  "step",
  "status",
  "error",
];

// The sign comes first and looks back: from each separator ahead, a text of line breaks takes the square of its length.
const FORMULA = /(?=[=+\-@])(?<=(?:^|[;,|\t\r\n])\s*["']?)/g;
const APOSTROPHE = /'(?=[=+\-@])(?<=(?:^|[;,|\t\r\n])\s*["']?')/g;

/**
 * A cell. An apostrophe turns what begins like a formula into text, after any separator as well: where a
 * spreadsheet splits at semicolons, quotes do not hold a cell together. What would steer a terminal that shows the
 * file is replaced.
 */
export const csvCell = (value) => {
  const text = String(value ?? "")
    .replace(UNSAFE, (found) => (/[\t\r\n]/.test(found) ? found : "\ufffd"))
    .replace(FORMULA, "'");
  return /[",;|\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The text that a cell was written from: without the apostrophes of {@link csvCell}. */
const textOf = (cell) =>
  (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell).replace(APOSTROPHE, "");

/** A line with its end. */
export const csvLine = (cells) => `${cells.map(csvCell).join(",")}\r\n`;

/** The first line of a report, and the line of an entry. */
export const reportHead = csvLine(REPORT_COLUMNS);
export const reportLine = (entry) => csvLine(REPORT_COLUMNS.map((name) => entry[name]));

const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|$)/y;

/**
 * The rows of a text that {@link csvLine} wrote, by the names in its first line.
 *
 * @throws {SyntaxError} where it is no CSV: a part of its rows would pass for all of them
 */
export const csvRows = (text) => {
  const rows = [[]];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length) {
    const found = CELL.exec(text);
    if (!found) throw new SyntaxError("a cell is quoted in part, or not to its end");
    const [, cell, end] = found;
    rows.at(-1).push(textOf(cell));
    if (end !== ",") rows.push([]);
  }
  const [names, ...lines] = rows.filter((row) => row.length > 0);
  return lines.map((line) => Object.fromEntries(line.map((cell, at) => [names[at], cell])));
};
