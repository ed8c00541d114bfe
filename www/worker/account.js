// The account whose DLQ this is about: one and the same for what is shown and for what is done.

const SERVICE_URL = "https://qstash.upstash.io";
/** Anything shorter is no token, and may be a part of many texts. */
const SHORTEST = 6;

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
export function redactor({ QSTASH_TOKEN, ADMIN_TOKEN }) {
  const secrets = [QSTASH_TOKEN, ADMIN_TOKEN].filter((secret) => secret?.length >= SHORTEST);
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, "***"), text);
}
