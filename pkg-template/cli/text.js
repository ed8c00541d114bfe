// Text that is safe to print: nothing that a service, a file name or an error says can steer a terminal.

import * as util from "node:util";
import { hex, UNSAFE } from "./unsafe.js";

const escaped = (character) =>
  character < "\u0080" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;

/** A value on one line: white space becomes a space, every other unsafe character a visible escape. */
export const visible = (value) => {
  const text =
    typeof value === "object" && value !== null ? JSON.stringify(value) : `${value ?? ""}`;
  return text.replace(/[\t\r\n]+/g, " ").replace(UNSAFE, escaped);
};

/** A word of a POSIX shell; the `$'…'` form, which bash, zsh and ksh read, for unsafe characters. */
export const shellWord = (text) => {
  if (/^[\w./:@%+=,-]+$/.test(text)) return text;
  if (text.search(UNSAFE) === -1) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${text.replace(/['\\]/g, "\\$&").replace(UNSAFE, escaped)}'`;
};

/** A part of a line in a style. Styles are applied after escaping, so no text can bring its own. */
class Styled {
  constructor(style, content) {
    this.style = style;
    this.content = content;
  }
}

export const bold = (content) => new Styled("bold", content);
export const dim = (content) => new Styled("dim", content);
export const red = (content) => new Styled("red", content);

/**
 * A line as it is printed.
 *
 * @param {string | Styled | (string | Styled)[]} line
 * @param {boolean} colored
 */
export const render = (line, colored) => {
  if (Array.isArray(line)) return line.map((part) => render(part, colored)).join("");
  if (!(line instanceof Styled)) return visible(line);
  const text = render(line.content, colored);
  // Node has styleText since 20.12; what is older prints plain text.
  return colored && util.styleText
    ? util.styleText(line.style, text, { validateStream: false })
    : text;
};
