// A client whose responses are recorded: the doctor reads headers and statuses that calls do not return.

/** Reads headers of a response; `undefined` if the caller's `fetch` returns something else than text. */
const headerOf = (response) => (name) => {
  try {
    const value = response.headers.get(name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Attempts per request: fewer than a drive's, so that rate limits don't delay the report by 15 minutes. */
const RETRY = { attempts: 3 };

/**
 * Creates a client with the caller's options. Its requests are validated, retried and limited like any other, and only
 * the core adds the token.
 *
 * @param {typeof import("../index.js").Client} Client
 * @param {import("../index.js").ClientOptions} options
 * @param {object} [env]
 */
export const observed = (Client, options, env) => {
  /** An event per attempt, in order: `{ method, url, operation, status?, error? }`. */
  const events = [];
  /** A record per response: time of request and response, and `header(name)`. */
  const responses = [];
  const fetch = options.fetch ?? globalThis.fetch;
  const watched = async (url, init) => {
    const sentAt = Date.now();
    const response = await fetch(url, init);
    responses.push({ sentAt, receivedAt: Date.now(), header: headerOf(response) });
    return response;
  };
  const bounded = { ...options, retry: options.retry ?? RETRY };
  const own = {
    ...bounded,
    // Without a `fetch`, the core's error names what is missing.
    ...(typeof fetch === "function" && { fetch: watched }),
    onRequest: (event) => {
      events.push(event);
      return options.onRequest?.(event);
    },
  };
  return {
    client: new Client(own, env),
    /** The same client, with each URL changed before it is sent. */
    through: (change) =>
      new Client({ ...own, fetch: (url, init) => watched(change(url), init) }, env),
    /** A client of another address, whose responses are not recorded. */
    unwatched: (more) => new Client({ ...bounded, ...more }, env),
    events,
    responses,
  };
};
