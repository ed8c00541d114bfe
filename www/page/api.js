// The Worker's own API: who is there, jobs, trail.

/** A refusal of the Worker, in its own words; one with the status 0 says that it can't be reached. */
export class ApiError extends Error {
  constructor(status, { code, message, issues = [] }) {
    super(message);
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

/** Tells the page that its session has ended; whatever is on screen stays. */
export const sessionEnded = () => dispatchEvent(new Event("session-ended"));

async function call(method, route, { body, headers } = {}) {
  const response = await fetch(`/api/${route}`, {
    method,
    // Cloudflare Access sends whoever it does not know any more to its sign-in.
    redirect: "manual",
    headers: { ...headers, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new ApiError(0, { message: "The Worker can't be reached." });
  });
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const isOut = response.status === 401 || response.type === "opaqueredirect";
  if (isOut && route !== "session" && route !== "me") sessionEnded();
  const message = isOut ? "Sign in first." : `The Worker answered ${response.status}.`;
  throw new ApiError(isOut ? 401 : response.status, answer.error ?? { message });
}

/** Begins a session: from here on a cookie stands for the token. */
export const signIn = (token) =>
  call("POST", "session", { headers: { authorization: `Bearer ${token}` } });
export const signOut = () => call("DELETE", "session");
export const whoAmI = () => call("GET", "me");

export const jobs = async () => (await call("GET", "jobs")).jobs;
/**
 * A page of the trail, the newest lines first.
 *
 * @param {number} [before] where the page before ended
 * @returns {Promise<{ lines: object[], before?: number }>}
 */
export const trail = (before) => call("GET", before ? `trail?before=${before}` : "trail");
/** Checks the order of a job that is not begun; rejects with its `issues`. */
export const checkOrder = (order) => call("POST", "jobs/check", { body: order });
export const startJob = async (order) => (await call("POST", "jobs", { body: order })).job;
/** The route of a job. The id may be of a link that anybody made: it stays one part of the path. */
const jobRoute = (id) => `jobs/${encodeURIComponent(id)}`;
/** @param {"pause" | "continue" | "cancel"} what */
export const actOn = async (id, what) => (await call("POST", `${jobRoute(id)}/${what}`)).job;
/** Runs that a job made and that failed again: `[{ workflowRunId, dlqId? }]`. */
export const failedAgain = async (id) => (await call("GET", `${jobRoute(id)}/failed-again`)).runs;
export const reportUrl = (id, format) => `/api/${jobRoute(id)}/report?format=${format}`;

/** When the events of a job that were refused are asked for again. */
const WATCH_AGAIN_MS = 10_000;
/** Refusals that time does not change: without a session, and of a job that there is not. */
const STAYS = [401, 404];

/**
 * Calls `tell` with the job whenever it changes, and `lost` with what is wrong with the connection: nothing
 * when it works, `true` while the Worker can't be reached, an {@link ApiError} when it refused the stream.
 * A refused stream is opened again after a while, or as soon as a new session begins.
 *
 * @returns {() => void} stops watching
 */
export function watchJob(id, tell, lost) {
  let source;
  let timer;
  let isWanted = true;
  const open = () => {
    source = new EventSource(`/api/${jobRoute(id)}/events`);
    source.addEventListener("job", ({ data }) => {
      const job = JSON.parse(data);
      // The stream ends with the job: left open, the browser would open it again and again.
      if (isOver(job)) source.close();
      lost(undefined);
      tell(job);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) look();
      else lost(true);
    });
  };
  const later = () => {
    timer = setTimeout(open, WATCH_AGAIN_MS);
  };
  // An EventSource does not say why it was refused. The job's own route does; a job whose report has
  // expired has no events and is still known, one that too many watch is looked at from time to time.
  const look = async () => {
    try {
      const { job } = await call("GET", jobRoute(id));
      if (!isWanted) return;
      lost(undefined);
      tell(job);
      if (!isOver(job)) later();
    } catch (error) {
      if (!isWanted) return;
      lost(error.status > 0 ? error : true);
      if (!STAYS.includes(error.status)) later();
    }
  };
  const close = () => {
    clearTimeout(timer);
    source.close();
  };
  const openAgain = () => {
    close();
    open();
  };
  open();
  addEventListener("session-begun", openAgain);
  return () => {
    isWanted = false;
    removeEventListener("session-begun", openAgain);
    close();
  };
}

export const isOver = ({ state }) => state === "done" || state === "cancelled";
