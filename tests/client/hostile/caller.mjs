// A caller that means harm, or that a bug made odd: what its tests share.

import { Client, ValidationError } from "upstash-workflow-dlq";
import { methodsOf, QUICK, TOKEN } from "./attack.mjs";
import { hostileFetch } from "./service.mjs";

const NOWHERE = "http://127.0.0.1:1";
export const ALL = { all: true };
/** A hang is one that outlasts this. */
export const NEVER = new Promise(() => {});

/** A client, and its service. */
export function side({ options, ...service } = {}) {
  const found = hostileFetch(service);
  const { fetch } = found;
  const given = { token: TOKEN, baseUrl: NOWHERE, retry: QUICK, timeout: 500, fetch, ...options };
  const dlq = methodsOf(new Client(given, {}));
  return { dlq, ...found, taken: () => found.ids.length - found.size() };
}

export const bang = () => {
  throw new Error(`a trap of the caller's, with ${TOKEN}`);
};

export const THEN = "then";
export const thenable = (then) => ({ [THEN]: then });
export const unreadable = (key) => Object.defineProperty({}, key, { get: bang, enumerable: true });

/** Whether an outcome is a refusal before any request. */
export const refused = ({ error }) =>
  error instanceof ValidationError || error?.code?.startsWith("checkpoint_");
