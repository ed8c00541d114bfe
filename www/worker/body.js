// The body of a request, up to a bound.

import { Refusal } from "./refusal.js";

// 50,000 ids of 20 characters, and some room.
const MOST_BYTES = 1_500_000;

const tooLarge = () =>
  new Refusal(413, "too_large", "The request is too large: choose by a filter, or fewer entries.");

/** The body as JSON. */
export async function readJson(request) {
  if (!/^application\/json\b/.test(request.headers.get("content-type") ?? "")) {
    throw new Refusal(415, "not_json", "Send application/json.");
  }
  if (Number(request.headers.get("content-length")) > MOST_BYTES) throw tooLarge();
  const decoder = new TextDecoder();
  let size = 0;
  let body = "";
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) throw tooLarge();
    body += decoder.decode(chunk, { stream: true });
  }
  try {
    return JSON.parse(body + decoder.decode());
  } catch {
    throw new Refusal(400, "not_json", "The body is not JSON.");
  }
}
