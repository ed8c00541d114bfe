import { describe, describeIssue } from "./messages.js";

/**
 * What every failure of this package is.
 *
 * `code` is stable; `mayHaveActed` says whether something may have been changed by the call; a
 * drive that was under way leaves its `checkpoint` and `summary`. No token is ever in it.
 */
export class DlqError extends Error {
  constructor(data) {
    super(data.message ?? describe(data));
    // Own and enumerable, so that what prints or serialises an error shows them.
    const { kind: _, message: __, issues, op, detail, attempts, ...shown } = data;
    Object.assign(this, shown);
    if (op) this.operation = op;
    if (detail) this.detail = detail;
    if (attempts) this.attempts = attempts;
    if (issues) this.issues = issues.map((issue) => ({ ...issue, message: describeIssue(issue) }));
  }

  /** Plain data: can be cloned, stored, sent. */
  toJSON() {
    return { name: this.name, message: this.message, ...this };
  }
}

/** The input was refused before any request; `issues` has all that is wrong with it. */
export class ValidationError extends DlqError {}
/** 401 or 403. */
export class AuthenticationError extends DlqError {}
/** 404. */
export class NotFoundError extends DlqError {}
/** 429, after the waits that the retry options allow; `resetAt` and `scope` where they were named. */
export class RateLimitError extends DlqError {}
/** Another refusal of the service. */
export class ApiError extends DlqError {}
/** `fetch` threw, or the answer broke off. */
export class NetworkError extends DlqError {}
/** No answer in time. */
export class TimeoutError extends DlqError {}
/** An answer of success that can't be read. */
export class ResponseFormatError extends DlqError {}
/** A checkpoint that can't be gone on from, or one that could not be stored. */
export class CheckpointError extends DlqError {}

const CLASSES = {
  validation: ValidationError,
  authentication: AuthenticationError,
  notFound: NotFoundError,
  rateLimit: RateLimitError,
  api: ApiError,
  network: NetworkError,
  timeout: TimeoutError,
  responseFormat: ResponseFormatError,
  checkpoint: CheckpointError,
};

// Minifiers rename classes; what is logged should not depend on them.
const named = (Class, value) =>
  Object.defineProperty(Class.prototype, "name", { value, configurable: true, writable: true });
named(DlqError, "DlqError");
for (const kind in CLASSES) {
  named(CLASSES[kind], `${kind[0].toUpperCase()}${kind.slice(1)}Error`);
}

/** The Error for what the core reports. */
export const fromFailure = (data) => new (CLASSES[data.kind] ?? DlqError)(data);
