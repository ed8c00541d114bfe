// What only a runtime can do: `fetch`, timers, hooks. Nothing is decided here: what to send, how long
// to wait and what an answer means is for the core to say. The one place that sends the token.

import { fromFailure } from "./errors.js";
import { functionOf, property } from "./values.js";

/** A later timer would fire at once. */
const LONGEST = 2 ** 31 - 1;
/** Characters of a body that is not JSON. */
const TEXT_MAX = 2_000;
/** Bytes of a body, unless the caller says otherwise. */
const SIZE_MAX = 64 * 2 ** 20;
/** The codes with which runtimes name a connection that never came about. */
const NOT_SENT = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
];

/** Why no answer came, as `onRequest` hears it; src/js/host.rs knows their numbers. */
const LOSSES = [
  undefined,
  "timeout",
  "aborted",
  "answer_too_large",
  "network_error",
  "network_error",
];
const [, TIMEOUT, ABORTED, TOO_LARGE, NOT_BEGUN, BROKEN_OFF] = LOSSES.keys();

const isObject = (value) => typeof value === "object" && value !== null;

/** What an error says: its message, or the text that was thrown. */
const words = (error) => {
  const text = typeof error === "string" ? error : property(error, "message");
  return typeof text === "string" ? text : "";
};

/** What one waits at, until somebody opens it. */
export class Gate {
  opened = false;
  #way = new Promise((resolve) => {
    this.open = () => {
      this.opened = true;
      resolve();
    };
  });

  /** What `promise` comes to, unless it opens before, or `ms` pass. Each may be left out. */
  async first(promise, ms) {
    const ways = [this.#way];
    let timer;
    if (promise) ways.unshift(promise);
    if (ms !== undefined) {
      ways.push(
        new Promise((resolve) => {
          timer = setTimeout(resolve, Math.min(ms, LONGEST));
        }),
      );
    }
    try {
      return await Promise.race(ways);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The text of a body; `undefined` where it has more bytes than `most`. It is counted as it comes: a
 * length that is announced may be that of the compressed body, or none.
 */
const textOf = async (response, most) => {
  const reader = functionOf(response.body, "getReader")?.call(response.body);
  // A double of a Response, or one without a body.
  if (!reader) return await response.text();
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!ArrayBuffer.isView(value)) throw new TypeError("the body is not of bytes");
    size += value.byteLength;
    if (size > most) {
      // Frees the connection; that it is not wanted any more is no failure.
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  let [bytes] = chunks;
  if (chunks.length > 1) {
    bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
  }
  return new TextDecoder().decode(bytes);
};

/** A hook of the caller's that only listens: what it throws changes nothing, and is reported once. */
const listener = (options, name) => {
  const hook = functionOf(options, name);
  if (!hook) return undefined;
  let reported = false;
  const report = (error) => {
    if (reported) return;
    reported = true;
    try {
      console.error(name, error);
    } catch {
      // A console may be replaced by one that throws.
    }
  };
  return (event) => {
    try {
      const returned = hook(event);
      // A promise that rejects would otherwise end the process.
      if (isObject(returned)) Promise.resolve(returned).catch(report);
    } catch (error) {
      report(error);
    }
  };
};

/** The hooks of a drive. */
export class Hooks {
  #onProgress;
  #onCheckpoint;
  /** The last checkpoint that the caller got. */
  stored;

  constructor(options) {
    this.#onProgress = listener(options, "onProgress");
    this.#onCheckpoint = functionOf(options, "onCheckpoint");
    this.listens = this.#onProgress !== undefined;
    this.stores = this.#onCheckpoint !== undefined;
  }

  progress(event) {
    this.#onProgress(event);
  }

  /** `undefined` once the caller has stored it; else the words for why not. */
  async store(checkpoint, lines, gate) {
    this.stored = checkpoint;
    try {
      const hook = this.#onCheckpoint;
      const returned = hook(checkpoint, lines);
      if (isObject(returned)) await gate.first(Promise.resolve(returned));
    } catch (error) {
      return words(error);
    }
    return gate.opened ? "" : undefined;
  }
}

/** Names and values in turn, as an object. */
const pairs = (list) => {
  const object = {};
  for (let at = 0; at < list.length; at += 2) object[list[at]] = list[at + 1];
  return object;
};

/** What a client's core asks of its runtime. */
export class Host {
  #fetch;
  #onRequest;
  #backoff;
  #most;
  #base;
  #headers;
  #authorization;
  #query = "";
  #uncached;

  constructor(options) {
    this.#fetch = functionOf(options, "fetch");
    this.#onRequest = listener(options, "onRequest");
    this.listens = this.#onRequest !== undefined;
    this.#backoff = functionOf(property(options, "retry"), "backoff");
    // The core refuses what is no number.
    const most = property(options, "maxResponseSize");
    this.#most = typeof most === "number" ? most : SIZE_MAX;
  }

  /** What the core read in the options; `token` is empty where a gateway in between knows it. */
  open(base, headers, token, inQuery) {
    this.#base = base;
    this.#headers = pairs(headers);
    if (token === "") return;
    if (inQuery) this.#query = `${new URLSearchParams({ qstash_token: token })}`;
    else this.#authorization = { Authorization: `Bearer ${token}` };
  }

  /** The milliseconds that the caller's `backoff` names, 0 where it throws; -1 without one. */
  delay(index) {
    const backoff = this.#backoff;
    if (!backoff) return -1;
    try {
      return Math.max(0, backoff(index)) || 0;
    } catch {
      return 0;
    }
  }

  gate() {
    return new Gate();
  }

  /** The Error for a failure; see `errors.js` for the shape of `data`. */
  fail(data) {
    return fromFailure(data);
  }

  /** A page, with the list that the service answered. */
  page(page, key, body) {
    const found = property(body, key);
    // A list of ids is a look at each: the body is the entry, whatever it holds.
    const list = key === "messages" && !Array.isArray(found) ? [body] : found;
    if (list !== undefined) page[key] = list;
    return page;
  }

  /**
   * Sends a request once; never rejects. The gate stops it, as does the time limit. `shown`: its URL
   * without anything secret.
   */
  async attempt(gate, operation, method, target, headers, timeout, shown, number) {
    const began = Date.now();
    const received = await this.#exchange(gate, method, target, headers, timeout);
    const { lost, status } = received;
    this.#onRequest?.({
      method,
      url: shown,
      operation,
      attempt: number,
      ...(lost ? { error: LOSSES[lost] } : { status }),
      ms: Date.now() - began,
    });
    return received;
  }

  async #exchange(gate, method, target, headers, timeout) {
    const controller = new AbortController();
    const received = { status: 0 };
    const work = this.#send(received, controller.signal, method, target, headers);
    try {
      // Not every `fetch` heeds its signal.
      const answer = await gate.first(work, timeout);
      if (answer) return answer;
    } catch (error) {
      // No timer is to be had, as where a Worker is only being loaded.
      return lossOf(error, true);
    }
    // Frees the connection; the rest of the answer is of no more use.
    controller.abort();
    // A refusal is one, whatever it had to say.
    if (received.status >= 300) return { ...received };
    return { lost: gate.opened ? ABORTED : TIMEOUT };
  }

  /** Puts into `received` what arrives, as it does. */
  async #send(received, signal, method, target, headers) {
    const init = {
      method,
      headers: { ...this.#headers, ...pairs(headers), ...this.#authorization },
      signal,
      // A followed redirect would carry the request, and with it perhaps the token, elsewhere;
      // workerd does not know "error".
      redirect: "manual",
    };
    if (this.#takesNoStore()) init.cache = "no-store";
    let url = this.#base + target;
    if (this.#query) url += (url.includes("?") ? "&" : "?") + this.#query;
    const send = this.#fetch ?? globalThis.fetch;
    try {
      const response = await send(url, init);
      if (!isObject(response)) {
        return { lost: BROKEN_OFF, detail: "fetch returned something else than a Response" };
      }
      // An opaque redirect is one to whatever place.
      received.status = response.type === "opaqueredirect" ? 302 : Number(response.status);
      received.headers = response.headers;
      const text = await textOf(response, this.#most);
      if (text === undefined && received.status < 300) return { lost: TOO_LARGE };
      received.length = text?.length ?? 0;
      try {
        const body = JSON.parse(text);
        // An empty list may be `null`, as services in Go write it: callers iterate over them.
        for (const list of ["workflowRuns", "messages", "runs"])
          if (body?.[list] === null) body[list] = [];
        received.body = body;
      } catch {
        // A gateway's page may be long, and no one reads it to the end.
        received.text = text?.slice(0, TEXT_MAX).trim();
      }
    } catch (error) {
      if (received.status < 300) return lossOf(error, received.status !== 0);
    }
    return received;
  }

  /** Whether requests may say `cache: "no-store"`; workerd of older compatibility dates throws. */
  #takesNoStore() {
    if (this.#uncached === undefined) {
      try {
        this.#uncached = Boolean(new Request("http://localhost/", { cache: "no-store" }));
      } catch {
        this.#uncached = false;
      }
    }
    return this.#uncached;
  }
}

/**
 * Why `fetch` threw. Most runtimes hide it; where the cause says that no connection came about,
 * nothing was done. `begun`: the answer broke off.
 */
const lossOf = (error, begun) => {
  const cause = property(error, "cause");
  const detail = [words(error), words(cause)].filter(Boolean).join(": ");
  const codes = [property(error, "code"), property(cause, "code")];
  const code = codes.find((code) => typeof code === "string");
  return { lost: !begun && NOT_SENT.includes(code) ? NOT_BEGUN : BROKEN_OFF, detail };
};
