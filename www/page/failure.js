// What failed, by the response of the failed step: the same message and step that the package groups by and
// compares with `where.error` and `where.step`.

/** Characters of a message or a name that are compared. */
const LENGTH = 1_000;
/** As Go's servers write it, and as HTTP/2 does. */
const STEP_HEADERS = ["Upstash-Error-Step-Name", "upstash-error-step-name"];

/**
 * The error message of an entry: `message` or `error` of a JSON body, else its text, up to 1,000 characters.
 *
 * @returns {string} `""` for a response without a body
 */
export function messageOf(entry) {
  const body = entry.responseBody ?? entry.responseBodyBase64;
  return typeof body === "string" ? comparable(inJson(body) ?? body) : "";
}

function inJson(body) {
  if (!body.startsWith("{", spaceBefore(body))) return undefined;
  try {
    const json = JSON.parse(body);
    const error = own(json, "error");
    const found = [own(json, "message"), error, own(error, "message")];
    return found.find((one) => typeof one === "string");
  } catch {
    // Not JSON: the body is the text.
    return undefined;
  }
}

/** A field that an object has of its own. */
const own = (object, name) => (Object.hasOwn(Object(object), name) ? object[name] : undefined);

/** A message without space around it, cut to the length that is compared. */
export const comparable = (message) => trim(cut(trim(message)));

/** A text as the package reads it: its first 1,000 characters, with U+FFFD for half a pair. */
export function cut(text) {
  // A character takes up to two units of a string.
  const first =
    text.length > LENGTH ? [...text.slice(0, 2 * LENGTH)].slice(0, LENGTH).join("") : text;
  return first.toWellFormed();
}

// Only ASCII's space, as the package trims: `String.prototype.trim` takes more.
const isSpace = (character) => " \t\n\f\r".includes(character);

function spaceBefore(text) {
  let at = 0;
  while (at < text.length && isSpace(text[at])) at += 1;
  return at;
}

function trim(text) {
  const from = spaceBefore(text);
  let to = text.length;
  while (to > from && isSpace(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

/** The name of the step that failed, up to 1,000 characters, as the SDK reports it; `""` where it does not. */
export function stepOf({ responseHeader }) {
  const [name = ""] = STEP_HEADERS.map((header) => responseHeader?.[header]).find(Boolean) ?? [];
  return cut(name);
}
