// Answers that say no.

/** What a request is refused with. */
export class Refusal extends Error {
  constructor(status, code, message, more = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** @param {unknown} data */
export const json = (data, status = 200, headers = {}) => Response.json(data, { status, headers });

/** A refusal as the page gets it. What is not one is a fault of ours: nothing is said of it. */
export function answer(error) {
  if (error instanceof Refusal) {
    const { status, code, message, more } = error;
    return json({ error: { code, message, ...more } }, status);
  }
  console.error(error?.stack ?? String(error));
  return json({ error: { code: "internal", message: "Something went wrong in the Worker." } }, 500);
}
