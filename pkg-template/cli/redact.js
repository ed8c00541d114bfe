// Takes secrets out of what is printed, written to a file or sent on. The admin app's Worker uses it too.

/** Anything shorter is no secret, and may be a part of many texts. */
const SECRET_MIN = 6;
/** Characters at the end of a value that count as the start of a secret; fewer may be a coincidence. */
const PART_MIN = 8;
/** Characters that count as a fragment of a secret, wherever they are in it and in a text. */
const FRAGMENT_MIN = 12;
/** Half of a fragment, so that one of these begins at every sixth character of a text with a fragment in it. */
const GRAM = FRAGMENT_MIN / 2;
/**
 * Fields with an id. An id is not a text that repeats a secret, and has to be whole to be of use: a fragment in it is a
 * coincidence, as in the id of a run that an app made of base64, which begins like a token.
 */
const IDS = ["dlqId", "newDlqId", "workflowRunId"];

const encoder = new TextEncoder();

/** A pattern of a character: as it is, as JSON or CSV has it in quotes, or percent-encoded. */
const formsOf = (character) => {
  const plain = `\\u{${character.codePointAt(0).toString(16)}}`;
  const quoted = { '"': '""|\\\\"|', "\\": "\\\\{2}|" }[character] ?? "";
  const bytes = [...encoder.encode(character)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `(?:${quoted}${plain}|${bytes.map((hex) => `%${hex}`).join("")})`;
};

const wholeOf = (secret) => [...secret].map(formsOf).join("");

/** A pattern of a secret: whole, or cut off at the end of a value. */
const patternOf = (secret) => {
  const forms = [...secret].map(formsOf);
  if (forms.length <= PART_MIN) return wholeOf(secret);
  const more = forms.slice(PART_MIN).reduceRight((rest, form) => `(?:${form}${rest})?`, "");
  return `${wholeOf(secret)}|${forms.slice(0, PART_MIN).join("")}${more}(?=["…,\\r\\n]|$)`;
};

/**
 * What base64 has of a text wherever it begins in what is encoded, as in `Basic` credentials or in a request that was
 * encoded whole; with the characters of `base64url`, too.
 */
const base64sOf = (secret) => {
  const bytes = encoder.encode(secret);
  const encoded = [0, 1, 2].map((before) => {
    const all = [...Array(before).fill(0), ...bytes];
    // Without the characters that hold bits of the neighbours.
    const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6)];
    return btoa(String.fromCharCode(...all)).slice(from, to);
  });
  return encoded.flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
};

/** A text of the same length, in which the case of ASCII's letters makes no difference. */
const caseless = (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

/**
 * A function that replaces long fragments of texts: what is left of a secret where it was cut in the middle, wrapped, or
 * encoded in another way.
 */
const fragmentsRedactor = (texts) => {
  /** Where each gram is: `[text, place]`. */
  const grams = new Map();
  for (const text of new Set(texts.map(caseless))) {
    for (let at = 0; at + GRAM <= text.length; at += 1) {
      const gram = text.slice(at, at + GRAM);
      grams.set(gram, [...(grams.get(gram) ?? []), [text, at]]);
    }
  }
  return (given) => {
    const text = caseless(given);
    let clean = "";
    let end = 0;
    for (let at = 0; at + GRAM <= text.length; at += GRAM) {
      let [from, to] = [at, at];
      for (const [secret, place] of grams.get(text.slice(at, at + GRAM)) ?? []) {
        let [before, after] = [0, GRAM];
        const is = (by) => text[at + by] !== undefined && text[at + by] === secret[place + by];
        while (at - before > end && is(-before - 1)) before += 1;
        while (is(after)) after += 1;
        if (before + after < FRAGMENT_MIN) continue;
        from = Math.min(from, at - before);
        to = Math.max(to, at + after);
      }
      if (to === at) continue;
      clean += `${given.slice(end, from)}***`;
      end = to;
      at = to - GRAM;
    }
    return clean + given.slice(end);
  };
};

/**
 * Replaces secrets in a text.
 *
 * @callback Redacted
 * @param {string} text which may be CSV; for JSON there is {@link redactedJson}
 * @returns {string}
 */

/**
 * A function that replaces secrets in a text, in any case: plain, percent-encoded, in base64, cut off at the end of a
 * value, and long fragments. Its `whole` replaces those that are there plain or percent-encoded, and all of them.
 *
 * @param {(string | undefined)[]} secrets those that are not set are left out
 * @returns {Redacted & { whole: Redacted }}
 */
export const redactor = (secrets) => {
  // The longest first: of a secret that begins with another one, nothing is left over.
  const known = secrets
    .filter((secret) => secret?.length >= SECRET_MIN)
    .sort((a, b) => b.length - a.length);
  const replaced = (patternOfOne) => {
    // Without a secret a pattern that matches nothing.
    const pattern = new RegExp(known.map(patternOfOne).join("|") || "(?!)", "giu");
    return (text) => text.replace(pattern, "***");
  };
  const fragments = fragmentsRedactor(known.flatMap((secret) => [secret, ...base64sOf(secret)]));
  const parts = replaced(patternOf);
  return Object.assign((text) => fragments(parts(text)), { whole: replaced(wholeOf) });
};

/**
 * The value of a field without secrets.
 *
 * @param {string} name of the field
 * @param {unknown} value
 * @param {ReturnType<typeof redactor>} redacted
 */
export const redactedField = (name, value, redacted) => {
  if (typeof value !== "string") return value;
  return IDS.includes(name) ? redacted.whole(value) : redacted(value);
};

/**
 * JSON whose texts and names are without secrets. In the JSON itself a fragment may begin inside an escape, as the `e`
 * of `\u000e` does, and what is left is no JSON.
 *
 * @param {unknown} data
 * @param {ReturnType<typeof redactor>} redacted
 */
export const redactedJson = (data, redacted) =>
  JSON.stringify(data, (name, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return redactedField(name, value, redacted);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redacted(key), inner]));
  });
