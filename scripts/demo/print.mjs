// What the demo prints: headings, tables, progress. Colours and redrawn lines are for terminals.

const { stdout, env } = process;
const isTerminal = Boolean(stdout.isTTY) && env.TERM !== "dumb";
const isColoured = isTerminal && !env.NO_COLOR;
const BAR = 30;

const paint = (code) => (text) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
const red = paint(31);
const green = paint(32);

export const say = (text = "") => console.log(text);
export const heading = (text) => say(`\n${bold(text)}`);

/** `✓ text` or `✗ text`. */
export const verdict = ({ ok, text }) => say(`  ${ok ? green("✓") : red("✗")} ${text}`);

/** Rows under a header: words to the left, numbers to the right. */
export function table(header, rows) {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => String(row[column]).length)),
  );
  const cell = (value, column) => {
    const isNumber = typeof rows[0][column] === "number";
    return isNumber ? String(value).padStart(widths[column]) : String(value).padEnd(widths[column]);
  };
  const line = (row) => `  ${row.map(cell).join("   ").trimEnd()}`;
  say(dim(line(header)));
  for (const row of rows) say(line(row));
}

/** Names and their values, one a line. */
export function facts(pairs) {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) say(`  ${name.padEnd(width)}   ${value}`);
}

/** A bar that fills up; where it can't be redrawn, a line for every `step` that was done. */
export function progress(total, step) {
  let printed = 0;
  const plain = (done, text) => {
    if (done === printed || (done < printed + step && done < total)) return;
    printed = done;
    say(text);
  };
  const redraw = (done, text) => {
    const room = (stdout.columns || 80) - 1;
    const width = Math.min(BAR, room - text.length - 2);
    const full = Math.round((Math.min(done, total) / total) * width);
    const bar = () => `  ${green("█".repeat(full))}${dim("░".repeat(width - full))}`;
    stdout.write(`\r\x1b[2K${width < 5 ? "" : bar()}${text.slice(0, room)}`);
  };
  return {
    at: (done, note) => {
      const text = `  ${done} of ${total}, ${note}`;
      (isTerminal ? redraw : plain)(done, text);
    },
    end: () => isTerminal && stdout.write("\n"),
  };
}
