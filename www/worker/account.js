// The account whose DLQ this is about: one and the same for what is shown and for what is done.

import { redactor } from "../../pkg-template/cli/redact.js";

const SERVICE_URL = "https://qstash.upstash.io";

/**
 * The variables of the account, as the package's client reads them. Others that it knows, `QSTASH_REGION` and
 * `QSTASH_DEV`, would have jobs act on another DLQ than the one that the page shows.
 *
 * @returns {{ QSTASH_URL: string, QSTASH_TOKEN: string }} the URL without the slash and the `/v2` that it may end with
 */
export const accountOf = ({ QSTASH_URL, QSTASH_TOKEN }) => ({
  QSTASH_URL: (QSTASH_URL || SERVICE_URL).replace(/\/+$/, "").replace(/\/v2$/, ""),
  QSTASH_TOKEN,
});

/**
 * A function that takes the Worker's secrets out of a text: an app may repeat its token in an error.
 *
 * @returns {(text: string) => string}
 */
export const redactorOf = ({ QSTASH_TOKEN, ADMIN_TOKEN }) => redactor([QSTASH_TOKEN, ADMIN_TOKEN]);
