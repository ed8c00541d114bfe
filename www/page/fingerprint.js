// The kind of an error: its message without what differs from run to run, the same that the package groups by
// and compares with `where.fingerprint`.

const WORD = /[A-Za-z0-9_#-]+/y;
const QUOTED = /(["'`])(?:(?!\1)[^\n])+\1/y;
// Beyond ASCII whole blocks count as letters, all but those of punctuation and symbols.
const AFTER_LETTER = /[0-9A-Za-z\u{c0}-\u{1fff}\u{3040}-\u{fdff}]$/u;
/** Letters alone that are hexadecimal rather than a word. */
const HEX = /^[\da-fA-F]{8,}$/;

const at = (pattern, text, index) => {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
};

/** `message` with numbers, ids and hexadecimal as `#`, and quoted text as `…`. */
export function fingerprintOf(message) {
  let masked = "";
  for (let index = 0; index < message.length; ) {
    const word = at(WORD, message, index);
    const next = word ?? quoted(message, index, masked) ?? message[index];
    if (word) masked = withWord(masked, word);
    else masked += next.length > 1 ? `${next[0]}…${next[0]}` : next;
    index += next.length;
  }
  return masked;
}

/** The quoted text at `index`. An apostrophe follows a letter and opens nothing. */
function quoted(message, index, masked) {
  const found = at(QUOTED, message, index);
  return found && !AFTER_LETTER.test(masked.slice(-2)) ? found : undefined;
}

/** Appends a word: as it is up to its first part with a digit, which begins an id or a number. */
function withWord(masked, word) {
  let plain = 0;
  for (const part of word.split(/(?<=[-_])/)) {
    const name = part.replace(/[-_]$/, "");
    if (/[\d#]/.test(name) || HEX.test(name)) {
      const before = masked + word.slice(0, plain);
      // The parts of an address, a date or a decimal are one number.
      return /#[.:]$/.test(before) ? before.slice(0, -1) : `${before}#`;
    }
    plain += part.length;
  }
  return masked + word;
}
