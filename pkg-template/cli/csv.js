// CSV by RFC 4180, safe to open in a spreadsheet.

/** What a spreadsheet takes for a formula, at the beginning and after what some locales split cells at. */
const FORMULA = /^(?=[=+\-@\t\r\n])|(?<=[;\t|\r\n] *)(?=[=+\-@])/g;

/** A cell. An apostrophe turns what begins like a formula into text. */
export const csvCell = (value) => {
  const text = String(value ?? "").replace(FORMULA, "'");
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A line with its end. */
export const csvLine = (cells) => `${cells.map(csvCell).join(",")}\r\n`;
