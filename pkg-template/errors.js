import { describe, describeIssue } from "./messages.js";
import { property } from "./snapshot.js";

/** Marks errors, so that `instanceof` works for errors of another copy of the package. */
const BRAND = Symbol.for("upstash-workflow-dlq.errors");

/**
 * The base class of all errors of this package.
 *
 * `code` is stable; `mayHaveActed` says whether the call may have changed something; errors of a drive have
 * its `checkpoint` and `summary`. It contains no token.
 *
 * `instanceof` works across copies of the package: an application may load it as a module and by
 * `require`, or in two versions.
 */
export class DlqError extends Error {
  constructor(data) {
    const cause = causeOf(data.cause);
    super(data.message ?? describe(data), cause === undefined ? undefined : { cause });
    // Own and enumerable, so that they are part of printed and serialised errors.
    const { kind: _, message: __, cause: ___, issues, op, detail, attempts, ...shown } = data;
    Object.assign(this, shown);
    if (op) this.operation = op;
    if (detail) this.detail = detail;
    if (attempts) this.attempts = attempts;
    if (issues) this.issues = issues.map((issue) => ({ ...issue, message: describeIssue(issue) }));
  }

  /** The error as plain data, which can be cloned, stored and sent. */
  toJSON() {
    return { name: this.name, message: this.message, ...this };
  }
}

/** Invalid input, refused before any request; `issues` lists all issues. */
export class ValidationError extends DlqError {}
/** 401 or 403. */
export class AuthenticationError extends DlqError {}
/** 404. */
export class NotFoundError extends DlqError {}
/** 429, after all waits that the retry options allow; with `resetAt` and `scope` if the service names them. */
export class RateLimitError extends DlqError {}
/** Any other HTTP error status, a cursor that does not advance, or a filter that the service ignores. */
export class ApiError extends DlqError {}
/** `fetch` threw, or the connection broke during the response. */
export class NetworkError extends DlqError {}
/** No response within `timeout`. */
export class TimeoutError extends DlqError {}
/** A successful response that can't be parsed, or is larger than `maxResponseSize`. */
export class ResponseFormatError extends DlqError {}
/** A checkpoint that can't be continued from or stored. */
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

// Minifiers rename classes, so the names are set explicitly.
const named = (Class, name, parents) => {
  const fixed = (object, key, value) =>
    Object.defineProperty(object, key, { value, configurable: true, writable: true });
  fixed(Class.prototype, "name", name);
  fixed(Class.prototype, BRAND, [...parents, name]);
  fixed(Class, Symbol.hasInstance, function (value) {
    const names = property(value, BRAND);
    // A class that the caller derived has no brand.
    return this === Class && Array.isArray(names)
      ? names.includes(name)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  });
};
named(DlqError, "DlqError", []);
for (const kind in CLASSES) {
  named(CLASSES[kind], `${kind[0].toUpperCase()}${kind.slice(1)}Error`, ["DlqError"]);
}

/** The underlying error: an Error, a string, or an Error described as plain data. */
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

/** The stack at the call of `api`, for errors that occur later or inside the wasm. */
export const traceOf = (api) => {
  if (typeof Error.captureStackTrace !== "function") return new Error();
  const trace = {};
  Error.captureStackTrace(trace, api);
  return trace;
};

/** Replaces the stack of an error by that of the caller's call. */
const from = (error, trace) => {
  const stack = property(trace, "stack");
  if (typeof stack !== "string") return error;
  const at = stack.search(/^ +at /m);
  const value = `${error.name}: ${error.message}\n${stack.slice(Math.max(0, at))}`;
  return Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
};

/**
 * The error of the public API for a rejection of the core or of its instance. `reason` returns the reason of the
 * caller's abort.
 */
export const thrown = (rejection, trace, reason) => {
  if (rejection === undefined) return reason?.();
  if (rejection instanceof DlqError) return from(rejection, trace);
  const { failure } = rejection;
  if (failure) return from(new (CLASSES[failure.kind] ?? DlqError)(failure), trace);
  return rejection.thrown ?? rejection;
};
