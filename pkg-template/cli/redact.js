// Takes secrets out of what is printed, written to a file or sent on. The admin app's Worker uses it too.

/** Anything shorter is no secret, and may be a part of many texts. */
const SECRET_MIN = 6;
/** Characters at the end of a value that count as the start of a secret; fewer may be a coincidence. */
const PART_MIN = 8;
/** Characters that count as a fragment of a secret, wherever they are in it and in a text. */
const FRAGMENT_MIN = 12;

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
 * A function that replaces long fragments of a secret: what is left of it where a text was cut in the middle, wrapped
 * or encoded in another way.
 */
const fragmentsRedactor = (secret) => {
  const starts = new Map();
  for (let at = secret.length - FRAGMENT_MIN; at >= 0; at -= 1) {
    starts.set(secret.slice(at, at + FRAGMENT_MIN), at);
  }
  if (starts.size === 0) return (text) => text;
  const literal = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const pattern = new RegExp([...starts.keys()].map(literal).join("|"), "g");
  return (text) => {
    let clean = "";
    let end = 0;
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      clean += `${text.slice(end, found.index)}***`;
      end = found.index + FRAGMENT_MIN;
      let next = starts.get(found[0]) + FRAGMENT_MIN;
      while (next < secret.length && text[end] === secret[next]) {
        end += 1;
        next += 1;
      }
      pattern.lastIndex = end;
    }
    return clean + text.slice(end);
  };
};

/**
 * A function that replaces secrets in a text, as the core does with the client's token: plain, percent-encoded, cut
 * off at the end of a value, and long fragments. The text may be CSV; for JSON there is {@link redactedJson}.
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
  const fragments = known.map(fragmentsRedactor);
  return (text) =>
    fragments.reduce((left, redacted) => redacted(left), text.replace(pattern, "***"));
};

/**
 * JSON whose texts and names are without secrets. In the JSON itself a fragment may begin inside an escape, as the `e`
 * of `\u000e` does, and what is left is no JSON.
 *
 * @param {unknown} data
 * @param {(text: string) => string} redacted
 */
export const redactedJson = (data, redacted) =>
  JSON.stringify(data, (_, value) => {
    if (typeof value === "string") return redacted(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [redacted(name), inner]),
    );
  });
