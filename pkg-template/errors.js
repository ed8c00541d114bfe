import { describe, describeIssue } from "./messages.js";
import { property } from "./snapshot.js";

/** By which classes of one copy of the package know the errors of another. */
const BRAND = Symbol.for("upstash-workflow-dlq.errors");

/**
 * What every failure of this package is.
 *
 * `code` is stable; `mayHaveActed` says whether something may have been changed by the call; a
 * drive that was under way leaves its `checkpoint` and `summary`. No token is ever in it.
 *
 * `instanceof` holds across copies of the package: an application may load it as a module and by
 * `require`, or in two versions.
 */
export class DlqError extends Error {
  constructor(data) {
    const cause = causeOf(data.cause);
    super(data.message ?? describe(data), cause === undefined ? undefined : { cause });
    // Own and enumerable, so that what prints or serialises an error shows them.
    const { kind: _, message: __, cause: ___, issues, op, detail, attempts, ...shown } = data;
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
const named = (Class, name, parents) => {
  const fixed = (object, key, value) =>
    Object.defineProperty(object, key, { value, configurable: true, writable: true });
  fixed(Class.prototype, "name", name);
  fixed(Class.prototype, BRAND, [...parents, name]);
  fixed(Class, Symbol.hasInstance, function (value) {
    const names = property(value, BRAND);
    // A class that the caller has derived has no brand of its own.
    return this === Class && Array.isArray(names)
      ? names.includes(name)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  });
};
named(DlqError, "DlqError", []);
for (const kind in CLASSES) {
  named(CLASSES[kind], `${kind[0].toUpperCase()}${kind.slice(1)}Error`, ["DlqError"]);
}

/** What was thrown below: an Error, a text, or an Error described as plain data. */
const causeOf = (cause) => {
  if (typeof cause !== "object" || cause instanceof Error) return cause;
  const inner = causeOf(cause.cause);
  const error = new Error(cause.message, inner === undefined ? undefined : { cause: inner });
  for (const key of ["name", "code", "stack"]) {
    if (cause[key] !== undefined) {
      Object.defineProperty(error, key, { value: cause[key], configurable: true, writable: true });
    }
  }
  return error;
};

/** Where `api` was called; for an error that comes up long after, or in the middle of the wasm. */
export const traceOf = (api) => {
  if (typeof Error.captureStackTrace !== "function") return new Error();
  const trace = {};
  Error.captureStackTrace(trace, api);
  return trace;
};

/** Has the stack of an error begin where the caller has called. */
const from = (error, trace) => {
  const stack = property(trace, "stack");
  if (typeof stack !== "string") return error;
  const at = stack.search(/^ +at /m);
  const value = `${error.name}: ${error.message}\n${stack.slice(Math.max(0, at))}`;
  return Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
};

/**
 * What a call throws for what the core, or the instance it runs in, has thrown. `reason`: why the caller
 * has aborted.
 */
export const thrown = (rejection, trace, reason) => {
  if (rejection === undefined) return reason?.();
  if (rejection instanceof DlqError) return from(rejection, trace);
  const { failure } = rejection;
  if (failure) return from(new (CLASSES[failure.kind] ?? DlqError)(failure), trace);
  return rejection.thrown ?? rejection;
};
