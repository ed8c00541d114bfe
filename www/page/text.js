// Numbers, times and bodies, as people read them.

import { formatter, isUtc } from "./zone.js";

const whole = new Intl.NumberFormat("en");
export const number = (value) => whole.format(value);

const DAY = { day: "2-digit", month: "short" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
/** `27 Nov 2026, 06:01:44 CET` */
export const time = formatter({ ...DAY, year: "numeric", ...CLOCK, timeZoneName: "short" });
/** `27 Nov, 06:01:44`, where the zone is named nearby. */
export const shortTime = formatter({ ...DAY, ...CLOCK });
/** `27 Nov` */
export const day = formatter(DAY);
/** `19:46` */
export const shortClock = formatter({ hour: "2-digit", minute: "2-digit" });

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const SHORT = { day: "d", hour: "h", minute: "min", second: "s" };
/** A time in its largest unit. */
const spanner = (nameOf) => (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [unit, length] = UNITS.find(([, one]) => seconds >= one) ?? UNITS.at(-1);
  const count = Math.round(seconds / length);
  return `${number(count)} ${nameOf(unit, count)}`;
};
/** `3 minutes` */
export const span = spanner((unit, count) => (count === 1 ? unit : `${unit}s`));
/** `8 min`, `3 h`, `2 d`: where there is little room. */
export const shortSpan = spanner((unit) => SHORT[unit]);

/** For `<input type="datetime-local">`: to the second, in the zone that is shown. */
export function localInput(ms) {
  if (ms === undefined) return "";
  const offset = isUtc() ? 0 : new Date(ms).getTimezoneOffset();
  return new Date(ms - offset * 60_000).toISOString().slice(0, 19);
}

/** The moment of such a field; `NaN` where it is empty. */
export const momentOf = (text) => Date.parse(isUtc() && text !== "" ? `${text}Z` : text);

/** A message as a sentence, for another one to follow. */
export const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

export const entries = (count) => `${number(count)} ${count === 1 ? "entry" : "entries"}`;

const LONGEST = 200_000;
// Indentation multiplies a body's size by its depth: 127 KB, nested 3,500 deep, become 880 MB.
const DEEPEST = 50;
// Larger than what the service takes as a message.
const LONGEST_PARSED = 4_000_000;

/** Whether the brackets of a JSON text are nested more than {@link DEEPEST} deep. */
function isDeep(text) {
  let depth = 0;
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[{\]}]/gs)) {
    if (bracket === "[" || bracket === "{") depth += 1;
    else if (bracket === "]" || bracket === "}") depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** What a JSON text holds; `undefined` if it is not JSON, or too long or too deep to work with. */
export function parsedJson(text) {
  if (typeof text !== "string" || text.length > LONGEST_PARSED || isDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A body to look at.
 *
 * @returns {{ kind: "empty" | "redacted" | "json" | "text" | "binary", text: string, cut?: number }} `cut`: so
 *   many characters are not shown
 */
export function readable(body, base64) {
  if (base64) return decoded(base64);
  if (!body) return { kind: "empty", text: "" };
  if (/^REDACTED:[\da-f]{64}$/.test(body)) return { kind: "redacted", text: body.slice(9) };
  return pretty(body);
}

function pretty(text) {
  const parsed = text.length > LONGEST ? undefined : parsedJson(text);
  return typeof parsed === "object"
    ? shorten("json", JSON.stringify(parsed, undefined, 2))
    : shorten("text", text);
}

const shorten = (kind, text) =>
  text.length > LONGEST
    ? { kind, text: text.slice(0, LONGEST), cut: text.length - LONGEST }
    : { kind, text };

function decoded(base64) {
  let bytes;
  try {
    bytes = bytesOf(base64);
  } catch {
    return shorten("text", base64);
  }
  const text = utf8(bytes);
  if (text !== undefined) return pretty(text);
  return { kind: "binary", text: hex(bytes), cut: Math.max(0, bytes.length - HEX_BYTES) };
}

/** A loop, since a body may have 20 MB, which an iterator takes seconds for. */
function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

/** Control characters besides tab and line ends, which no text has. */
const CONTROL = /[^\P{Cc}\t-\r\x7f-\x9f]/u;

/** The text of bytes; nothing if they are none. */
function utf8(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The text in base64; nothing if there is none. */
export function textOf(base64) {
  try {
    return utf8(bytesOf(base64));
  } catch {
    return undefined;
  }
}

const HEX_BYTES = 1_024;
/** `00000010  48 65 …  He…` */
function hex(bytes) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, HEX_BYTES); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const numbers = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·"));
    lines.push(`${at.toString(16).padStart(8, "0")}  ${numbers.padEnd(47)}  ${letters.join("")}`);
  }
  return lines.join("\n");
}
