// A job's report, a line for each entry.

// What was done, and where new runs were followed what became of them.
const COLUMNS = [
  "dlqId",
  "outcome",
  "workflowRunId",
  "state",
  "step",
  "status",
  "error",
  "newDlqId",
];
const ROWS = 1_000;

const FORMATS = {
  csv: {
    type: "text/csv; charset=utf-8",
    head: `${COLUMNS.join(",")}\r\n`,
    line: (row) => `${COLUMNS.map((name) => cell(row[name] ?? "")).join(",")}\r\n`,
  },
  ndjson: {
    type: "application/x-ndjson",
    head: "",
    line: (row) =>
      `${JSON.stringify(Object.fromEntries(COLUMNS.filter((name) => row[name] !== null).map((name) => [name, row[name]])))}\n`,
  },
};

/** @param {string} format */
export const isFormat = (format) => Object.hasOwn(FORMATS, format);

/**
 * A cell. A spreadsheet must not take a part of it for a formula, whichever separator it splits lines at: in many
 * countries that is the semicolon, and then quotes do not hold a cell together.
 */
export function cell(value) {
  const plain = String(value).replace(/(^|[;,|\t\r\n])(\s*["']?)(?=[=+\-@])/g, "$1$2'");
  return /[",;|\t\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The report as a download, read from the store as it is sent. */
export function report(store, id, format) {
  const { type, head, line } = FORMATS[format];
  const encoder = new TextEncoder();
  let last = 0;
  const body = new ReadableStream({
    start(controller) {
      if (head !== "") controller.enqueue(encoder.encode(head));
    },
    pull(controller) {
      const rows = store.lines(last, ROWS);
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map(line).join("")));
      if (rows.length < ROWS) controller.close();
      last = rows.at(-1)?.n;
    },
  });
  const disposition = `attachment; filename="dlq-${id}.${format}"`;
  return new Response(body, {
    headers: { "content-type": type, "content-disposition": disposition },
  });
}
