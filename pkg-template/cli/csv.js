// CSV by RFC 4180, safe to open in a spreadsheet.

/**
 * A cell. An apostrophe turns what begins like a formula into text, after any separator as well: where a
 * spreadsheet splits at semicolons, quotes do not hold a cell together.
 */
export const csvCell = (value) => {
  const text = String(value ?? "").replace(/(^|[;,|\t\r\n])(\s*["']?)(?=[=+\-@])/g, "$1$2'");
  return /[",;|\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A line with its end. */
export const csvLine = (cells) => `${cells.map(csvCell).join(",")}\r\n`;

const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|$)/y;

/** The rows of a text, by the names in its first line. */
export const csvRows = (text) => {
  const rows = [[]];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length) {
    const found = CELL.exec(text);
    if (!found) break;
    const [, cell, end] = found;
    rows.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ",") rows.push([]);
  }
  const [names, ...lines] = rows.filter((row) => row.length > 0);
  return lines.map((line) => Object.fromEntries(line.map((cell, at) => [names[at], cell])));
};
