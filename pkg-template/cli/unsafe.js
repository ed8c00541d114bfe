// Characters that steer a terminal, for whatever is printed or written to a file. The admin app's Worker uses it too.

import { redactedJson } from "./redact.js";

/**
 * C0 and C1 control characters, DEL, bidirectional marks, and the separators that some terminals break
 * lines at.
 */
export const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

export const hex = (character, digits) =>
  character.charCodeAt(0).toString(16).padStart(digits, "0");

/**
 * JSON in which unsafe characters are escaped; it parses to the same value, without what `redacted` takes out of its
 * texts.
 *
 * @param {unknown} data
 * @param {(text: string) => string} redacted
 */
export const safeJson = (data, redacted) =>
  redactedJson(data, redacted).replace(UNSAFE, (character) => `\\u${hex(character, 4)}`);
