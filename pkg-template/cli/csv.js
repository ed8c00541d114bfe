// CSV by RFC 4180, safe to open in a spreadsheet. The admin app's Worker writes its reports with it as well.

import { redactedField } from "./redact.js";
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

// The signs that begin a formula; spreadsheets of East Asian locales take the full-width ones as well.
const SIGN = /[=+\-@\uff1d\uff0b\uff0d\uff20]/.source;
// The sign comes first and looks back: from each separator ahead, a text of line breaks takes the square of its length.
// Any number of quotes, in both: what is read loses exactly the apostrophe that was written.
const FORMULA = new RegExp(`(?=${SIGN})(?<=(?:^|[;,|\\t\\r\\n])\\s*["']*)`, "g");
const APOSTROPHE = new RegExp(`'(?=${SIGN})(?<=(?:^|[;,|\\t\\r\\n])\\s*["']*')`, "g");

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

/** The first line of a report. */
export const reportHead = csvLine(REPORT_COLUMNS);
/** The line of an entry, its fields without what `redacted` replaces. */
export const reportLine = (entry, redacted) =>
  csvLine(REPORT_COLUMNS.map((name) => redactedField(name, entry[name], redacted)));

const BARE = /[^",\r\n]*/y;
const SEPARATOR = /,|\r\n|\n|$/y;

/** Where the cell that begins at `from` ends; -1 where its quotes are not closed. */
const endOf = (text, from) => {
  if (text[from] !== '"') {
    BARE.lastIndex = from;
    return from + BARE.exec(text)[0].length;
  }
  // By a search, since a regular expression takes stack for each character of a cell.
  let quote = text.indexOf('"', from + 1);
  while (text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote < 0 ? -1 : quote + 1;
};

/**
 * The rows of a text that {@link csvLine} wrote, by the names in its first line.
 *
 * @throws {SyntaxError} where it is no CSV: a part of its rows would pass for all of them
 */
export const csvRows = (text) => {
  const rows = [[]];
  for (let at = 0; at < text.length; at = SEPARATOR.lastIndex) {
    const end = endOf(text, at);
    SEPARATOR.lastIndex = end;
    const [separator] = (end < 0 ? undefined : SEPARATOR.exec(text)) ?? [];
    if (separator === undefined) {
      throw new SyntaxError("a cell is quoted in part, or not to its end");
    }
    rows.at(-1).push(textOf(text.slice(at, end)));
    if (separator !== ",") rows.push([]);
  }
  const [names, ...lines] = rows.filter((row) => row.length > 0);
  return lines.map((line) => Object.fromEntries(line.map((cell, at) => [names[at], cell])));
};
