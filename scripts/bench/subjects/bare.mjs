// What has to be written without a client: the least that can be done, and the same with a limit of
// time to each request.

const LIMIT_MS = 60_000;

async function send(address, init) {
  const response = await fetch(address, init);
  return { ok: response.ok, page: JSON.parse(await response.text()) };
}

async function sendTimed(address, init) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), LIMIT_MS);
  try {
    return await send(address, { ...init, signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {() => Promise<number>} resumes everything; how many that were */
export function prepare({ subject, url, token }) {
  const init = { method: "POST", headers: { authorization: `Bearer ${token}` } };
  const sent = subject === "bare timed" ? sendTimed : send;
  return async () => {
    let cursor = "";
    let resumed = 0;
    do {
      const query = `count=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { ok, page } = await sent(`${url}/v2/workflows/dlq/resume?${query}`, init);
      if (!ok) throw new Error(page.error);
      resumed += page.workflowRuns.length;
      cursor = page.cursor;
    } while (cursor);
    return resumed;
  };
}
