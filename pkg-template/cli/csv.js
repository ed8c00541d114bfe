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
