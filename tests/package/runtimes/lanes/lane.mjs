// What each lane does, whatever it runs in: everything is resumed, and errors are what they are.

/**
 * Where the package has the doctor, it says that the service answers.
 *
 * @param {typeof import("upstash-workflow-dlq")} dlq
 * @param {Record<string, string>} env
 */
export async function examine({ Client }, env) {
  const { checks } = await Client.fromEnv(env).dlq.doctor();
  if (checks[0].status !== "ok") throw new Error(checks[0].found);
}

/**
 * The entry that only reads sees all, and does not act.
 *
 * @param {typeof import("upstash-workflow-dlq/read")} dlq
 * @param {Record<string, string>} env
 */
export async function look({ Client }, env) {
  const { dlq } = Client.fromEnv(env);
  const { count, complete } = await dlq.preview({ all: true });
  let listed = 0;
  for await (const { messages } of dlq.listPages({ all: true })) listed += messages.length;
  if (!complete || count === 0 || listed !== count) throw new Error(`${listed} of ${count}`);
  const { code } = await dlq.resumeAll({ all: true }).catch((error) => error);
  if (code !== "reading_only") throw new Error(`it acts: ${code}`);
}

/**
 * @param {typeof import("upstash-workflow-dlq")} dlq
 * @param {Record<string, string>} env
 */
export async function lane({ Client, DlqError, NotFoundError }, env) {
  const client = Client.fromEnv(env);
  let events = 0;
  const onProgress = () => {
    events += 1;
  };
  const missing = await client.dlq.get("1752829295505-9").then(
    () => "found",
    (error) => [error instanceof NotFoundError, error instanceof DlqError, error.name].join(),
  );
  const first = await client.dlq.list({ count: 1 });
  const summary = await client.dlq.resumeAll({ all: true }, { retries: 1 }, { onProgress });
  return { missing, listed: first.messages.length, events, summary };
}
