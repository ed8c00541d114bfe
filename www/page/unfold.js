// What is folded into bodies: the steps of a run in a delivery, the stack in an error.

import { parsedJson, textOf } from "./text.js";

/**
 * A delivery's steps: what the run was begun with, and what had finished by then.
 *
 * @param {string} body of an entry
 * @returns {{ payload: string, steps: { name: string, result: string }[] } | undefined} `payload` in
 *   base64; nothing where the body is no delivery
 */
export function delivered(body) {
  const messages = parsedJson(body);
  const isDelivery =
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every((one) => typeof one?.body === "string" && typeof one.callType === "string");
  if (!isDelivery) return undefined;
  const [{ body: payload }, ...others] = messages;
  const steps = others.map(({ body: step }) => parsedJson(textOf(step) ?? ""));
  return {
    payload,
    // A step that is only planned, beside others, has no result yet.
    steps: steps
      .filter((step) => typeof step?.stepName === "string" && !step.targetStep)
      .map(({ stepName, out }) => ({
        name: stepName,
        result: typeof out === "string" ? out : JSON.stringify(out ?? ""),
      })),
  };
}

/** An error's body without its stack, and the stack with its lines. */
export function unstacked(body) {
  const error = parsedJson(body);
  if (typeof error?.stack !== "string") return { body };
  const { stack, ...rest } = error;
  return { body: JSON.stringify(rest), stack };
}
