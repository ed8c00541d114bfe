// A job's report, a line for each entry.

import { REPORT_COLUMNS, reportHead, reportLine } from "../../pkg-template/cli/csv.js";
import { safeJson } from "../../pkg-template/cli/unsafe.js";

// The id of a failed run's new entry is for programs: the columns of CSV are those of the command line.
const FIELDS = [...REPORT_COLUMNS, "newDlqId"];
const ROWS = 1_000;

const known = (row) =>
  Object.fromEntries(FIELDS.filter((name) => row[name] !== null).map((name) => [name, row[name]]));

const FORMATS = {
  csv: { type: "text/csv; charset=utf-8", head: reportHead, line: reportLine },
  ndjson: {
    type: "application/x-ndjson",
    head: "",
    line: (row, redacted) => `${safeJson(known(row), redacted)}\n`,
  },
};

/** @param {string} format */
export const isFormat = (format) => Object.hasOwn(FORMATS, format);

/**
 * The report as a download, read from the store as it is sent.
 *
 * @param {import("./store.js").Store} store
 * @param {string} id of the job
 * @param {string} format
 * @param {(text: string) => string} redacted
 */
export function report(store, id, format, redacted) {
  const { type, head, line } = FORMATS[format];
  const encoder = new TextEncoder();
  let last = 0;
  const body = new ReadableStream({
    start(controller) {
      if (head !== "") controller.enqueue(encoder.encode(head));
    },
    pull(controller) {
      const rows = store.lines(last, ROWS);
      if (rows.length > 0) {
        const lines = rows.map((row) => line(row, redacted));
        controller.enqueue(encoder.encode(lines.join("")));
      }
      if (rows.length < ROWS) controller.close();
      last = rows.at(-1)?.n;
    },
  });
  const disposition = `attachment; filename="dlq-${id}.${format}"`;
  return new Response(body, {
    headers: { "content-type": type, "content-disposition": disposition },
  });
}
