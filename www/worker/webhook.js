// Tells a webhook how a job ended, so that nobody has to watch it.

const TIMEOUT_MS = 10_000;

const VERBS = {
  resume: "resumed",
  restart: "restarted",
  delete: "deleted",
  failureFunction: "failure functions called again",
};
const NAMES = { notFound: "not found", unconfirmed: "unconfirmed", failed: "refused" };

const number = new Intl.NumberFormat("en").format;
/**
 * Text that is not ours, as a code span: chats read neither links nor emphasis in one, in whichever Markdown of theirs.
 * A backtick would end it, as a line break would end what is said. Slack reads angle brackets as mentions and links even
 * there, other chats `@all`. A bidirectional mark would turn the rest of the line around, the link too.
 */
const quoted = (text) => {
  const plain = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll("`", "'")
    .replace(/(?<![\w.+-])@(?=\w)/g, "@\u200b")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .trim();
  // Without text in it, its backticks would be those of the next span.
  return `\`${plain || "…"}\``;
};

/** What became of the new runs, where they were followed. */
function* fates({ succeeded, failedAgain, running, retrying, unknown, errors = [] }) {
  yield `${number(succeeded)} finished`;
  const [{ status, error = "" } = {}] = errors;
  const why = [status, error && quoted(error.slice(0, 100))].filter(Boolean).join(": ");
  if (failedAgain > 0) yield `${number(failedAgain)} failed again${why && ` (${why})`}`;
  const open = running + retrying + unknown;
  if (open > 0) yield `${number(open)} not known to have ended`;
}

/** One line on a job, as Slack and most chats take it. */
export function sentence({ name, who, operation, state, ended, error, done, ...job }, link) {
  const counts = Object.entries(NAMES)
    .filter(([count]) => job[count] > 0)
    .map(([count, title]) => `${number(job[count])} ${title}`);
  const why = error
    ? `: ${quoted(error.message)}`
    : ended && ended !== "complete"
      ? `: ${ended}`
      : "";
  const runs = job.outcome ? [...fates(job.outcome)] : [];
  const what = [`${number(done)} ${VERBS[operation]}`, ...counts, ...runs].join(" · ");
  return `${quoted(name)} by ${quoted(who)} is ${state}${why}. ${what}. ${link}`;
}

/**
 * Sends how a job stands.
 *
 * @param {string} url `WEBHOOK_URL`
 * @param {object} job its summary, without what was ordered
 * @param {string} link to the job's page
 * @returns {Promise<boolean>} whether it was taken
 */
export async function notify(url, job, link) {
  try {
    const { status, body } = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: sentence(job, link), link, job }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await body?.cancel();
    if (status < 300) return true;
    console.error(`The webhook answered ${status}.`);
  } catch {
    // The error would name the address, which is a secret.
    console.error("The webhook can't be reached.");
  }
  return false;
}
