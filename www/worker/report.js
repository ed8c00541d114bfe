// A job's report, a line for each entry.

const COLUMNS = ["dlqId", "outcome", "workflowRunId"];
const ROWS = 1_000;

const FORMATS = {
  csv: {
    type: "text/csv; charset=utf-8",
    head: `${COLUMNS.join(",")}\r\n`,
    line: (row) => `${COLUMNS.map((name) => field(row[name] ?? "")).join(",")}\r\n`,
  },
  ndjson: {
    type: "application/x-ndjson",
    head: "",
    line: (row) =>
      `${JSON.stringify(Object.fromEntries(COLUMNS.filter((name) => row[name] !== null).map((name) => [name, row[name]])))}\n`,
  },
};

/** Quoted where need be; a spreadsheet must not take it for a formula. */
function field(text) {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The report as a download, read from the store as it is sent. */
export function report(store, id, format) {
  const { type, head, line } = FORMATS[format] ?? FORMATS.ndjson;
  const name = `dlq-${id}.${Object.hasOwn(FORMATS, format) ? format : "ndjson"}`;
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
  const headers = { "content-type": type, "content-disposition": `attachment; filename="${name}"` };
  return new Response(body, { headers });
}
