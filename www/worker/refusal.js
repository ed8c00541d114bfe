// Answers that refuse.

/** What a request is refused with. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code stable, for programs
   * @param {string} message what to do instead, for people
   * @param {{ issues?: object[], headers?: Record<string, string> }} [more]
   */
  constructor(status, code, message, { issues, headers } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.issues = issues;
    this.headers = headers;
  }
}

/** 429, with the time after which the request may be sent again. */
export const tooMany = (message, waitMs) =>
  new Refusal(429, "too_many", message, {
    headers: { "retry-after": String(Math.ceil(waitMs / 1000)) },
  });

/** An error as the page gets it. One that is not a refusal is a fault of the Worker: its text goes to the log. */
export function answer(error) {
  if (error instanceof Refusal) {
    const { status, code, message, issues, headers } = error;
    return Response.json({ error: { code, message, issues } }, { status, headers });
  }
  console.error(error?.stack ?? String(error));
  const failure = { code: "internal", message: "Something went wrong in the Worker." };
  return Response.json({ error: failure }, { status: 500 });
}
