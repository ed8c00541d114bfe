// Takes secrets out of what is printed, written to a file or sent on. The admin app's Worker uses it too.

/** Anything shorter is no secret, and may be a part of many texts. */
const SECRET_MIN = 6;
/** Characters at the end of a value that count as the start of a secret; fewer may be a coincidence. */
const PART_MIN = 8;

const encoder = new TextEncoder();
const anyCase = (hex) => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** A pattern of a character: as it is, as JSON or CSV has it in quotes, or percent-encoded. */
const formsOf = (character) => {
  const plain = `\\u{${character.codePointAt(0).toString(16)}}`;
  const quoted = { '"': '""|\\\\"|', "\\": "\\\\{2}|" }[character] ?? "";
  const bytes = [...encoder.encode(character)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `(?:${quoted}${plain}|${bytes.map((hex) => `%${anyCase(hex)}`).join("")})`;
};

/** A pattern of a secret: whole, or cut off at the end of a value. */
const patternOf = (secret) => {
  const forms = [...secret].map(formsOf);
  const whole = forms.join("");
  if (forms.length <= PART_MIN) return whole;
  const more = forms.slice(PART_MIN).reduceRight((rest, form) => `(?:${form}${rest})?`, "");
  return `${whole}|${forms.slice(0, PART_MIN).join("")}${more}(?=["…,\\r\\n]|$)`;
};

/**
 * A function that replaces secrets in a text, as the core does with the client's token: plain, percent-encoded, and
 * cut off at the end of a value. The text may be JSON or CSV.
 *
 * @param {(string | undefined)[]} secrets those that are not set are left out
 * @returns {(text: string) => string}
 */
export const redactor = (secrets) => {
  // The longest first: of a secret that begins with another one, nothing is left over.
  const known = secrets
    .filter((secret) => secret?.length >= SECRET_MIN)
    .sort((a, b) => b.length - a.length);
  if (known.length === 0) return (text) => text;
  const pattern = new RegExp(known.map(patternOf).join("|"), "gu");
  return (text) => text.replace(pattern, "***");
};
