// A client whose responses are watched: the doctor reads headers and statuses that calls do not hand out.

/** A header of a response; `undefined` where a `fetch` of the caller's makes that no text. */
const headerOf = (response) => (name) => {
  try {
    const value = response.headers.get(name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Attempts a request. The doctor ends soon: nobody waits 15 minutes of rate limits for a report. */
const RETRY = { attempts: 3 };

/**
 * Makes a client with the caller's options. Its requests take the same way as any other: the same
 * validation, retries and limits, and the core alone adds the token.
 *
 * @param {typeof import("../index.js").Client} Client
 * @param {import("../index.js").ClientOptions} options
 * @param {object} [env]
 */
export const observed = (Client, options, env) => {
  /** One for each attempt, in order: `{ method, url, operation, status?, error? }`. */
  const events = [];
  /** One for each response: when it was asked for and received, and `header(name)`. */
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
    // Where there is none, the core says what is missing.
    ...(typeof fetch === "function" && { fetch: watched }),
    onRequest: (event) => {
      events.push(event);
      return options.onRequest?.(event);
    },
  };
  return {
    client: new Client(own, env),
    /** The same, with each request's URL changed before it is sent. */
    through: (change) =>
      new Client({ ...own, fetch: (url, init) => watched(change(url), init) }, env),
    /** A client of another address, which is not watched. */
    unwatched: (more) => new Client({ ...bounded, ...more }, env),
    events,
    responses,
  };
};
