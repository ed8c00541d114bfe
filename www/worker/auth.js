// Who sends a request: by Cloudflare Access, by the admin token, or by the session that the token began.

import { deleteCookie, setSignedCookie } from "hono/cookie";
import { parseSigned } from "hono/utils/cookie";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { accountOf } from "./account.js";
import { sessions } from "./objects.js";
import { Refusal, tooMany } from "./refusal.js";
import { network } from "./throttle.js";

const COOKIE = "dlq-session";
const SESSION_MS = 12 * 60 * 60 * 1000;
// A shorter token could be guessed.
const TOKEN_LENGTH = 20;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether nobody on the way can read what is sent to an address. */
export function isEncrypted(address) {
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : {};
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}

const text = new TextEncoder();

// Public keys alone, fetched when an assertion arrives.
const keySets = new Map();

/** What is set up, or a refusal that says what to set. */
function settings(env) {
  const { CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: audience, ADMIN_TOKEN: token = "" } = env;
  const missing = (what) => new Refusal(403, "not_configured", what);
  if (!env.QSTASH_TOKEN) {
    throw missing("QSTASH_TOKEN is not set: npx wrangler secret put QSTASH_TOKEN");
  }
  const { QSTASH_URL: service } = accountOf(env);
  if (!isEncrypted(service)) throw missing("QSTASH_URL has to begin with https://.");
  if (/[?#@]/.test(service)) {
    throw missing("QSTASH_URL is an address alone, without a query, a fragment and credentials.");
  }
  if (Boolean(team) !== Boolean(audience)) {
    throw missing("CF_ACCESS_TEAM_DOMAIN and CF_ACCESS_AUD belong together: set both, or neither.");
  }
  if (team && !isEncrypted(team)) {
    throw missing("CF_ACCESS_TEAM_DOMAIN has to begin with https://.");
  }
  if (token !== "" && token.length < TOKEN_LENGTH) {
    throw missing(`ADMIN_TOKEN is too short: ${TOKEN_LENGTH} characters at least.`);
  }
  if (env.WEBHOOK_URL && !isEncrypted(env.WEBHOOK_URL)) {
    throw missing("WEBHOOK_URL has to begin with https://.");
  }
  if (!team && token === "") {
    throw missing(
      "Nobody can sign in yet. Set ADMIN_TOKEN (npx wrangler secret put ADMIN_TOKEN), or put the " +
        "Worker behind Cloudflare Access and set CF_ACCESS_TEAM_DOMAIN and CF_ACCESS_AUD.",
    );
  }
  return { team, audience, token };
}

async function byAccess({ req }, { team, audience }) {
  const assertion = req.header("cf-access-jwt-assertion");
  if (!team || !assertion) return undefined;
  const issuer = new URL(team).origin;
  if (!keySets.has(issuer)) {
    keySets.set(issuer, createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer)));
  }
  const expected = { issuer, audience, requiredClaims: ["exp"] };
  try {
    const { payload } = await jwtVerify(assertion, keySets.get(issuer), expected);
    // A service token has no e-mail address.
    const who = String(payload.email ?? payload.common_name ?? payload.sub);
    return { who, by: "access", until: payload.exp * 1000 };
  } catch {
    throw new Refusal(401, "unauthorized", "Cloudflare Access's assertion does not hold.");
  }
}

const digest = (value) => crypto.subtle.digest("SHA-256", text.encode(value));

async function byToken({ env, req }, { token }) {
  const given = /^Bearer (.+)$/.exec(req.header("authorization") ?? "")?.[1];
  if (given === undefined || token === "") return undefined;
  // Digests are of one length, so that the time of the comparison tells nothing.
  const isRight = crypto.subtle.timingSafeEqual(await digest(given), await digest(token));
  // Cloudflare sets the address; on loopback there is one caller.
  const from = network(req.header("cf-connecting-ip") ?? "");
  const wait = await sessions(env).tried(from, isRight);
  if (wait > 0) throw tooMany("Too many wrong tokens from your address: wait a minute.", wait);
  if (!isRight) throw new Refusal(401, "unauthorized", "That is not the admin token.");
  return { who: "admin", by: "token" };
}

async function bySession({ env, req }, { token }) {
  if (token === "") return undefined;
  const name = cookieName(req);
  // Several can be there: one of another path or application must not hide the Worker's own.
  for (const pair of (req.header("cookie") ?? "").split(";")) {
    const { [name]: value } = await parseSigned(pair, secretOf(token), name);
    const [id, until] = value ? value.split(".") : [];
    if (Number(until) > Date.now() && !(await sessions(env).isRevoked(id))) {
      return { who: "admin", by: "token", session: id, until: Number(until) };
    }
  }
  return undefined;
}

/** The ways to be signed in, in the order in which they are tried. */
const WAYS = { access: byAccess, token: byToken, session: bySession };

/**
 * Who sends the request, or a refusal.
 *
 * @param {(keyof typeof WAYS)[]} ways those that are taken; the others are not looked at
 * @returns {Promise<{ who: string, by: "access" | "token", way: keyof typeof WAYS, session?: string, until?: number }>}
 *   `until`: when the sign-in ends, in milliseconds since 1970
 */
export async function identify(c, ways) {
  const set = settings(c.env);
  for (const way in WAYS) {
    const found = ways.includes(way) && (await WAYS[way](c, set));
    if (found) return { ...found, way };
  }
  throw new Refusal(401, "unauthorized", "Sign in first.");
}

/** Another token, other sessions: whoever changes it signs everybody out. */
const secretOf = (token) => `session ${token}`;

// Over https a browser takes a cookie of this prefix from the Worker's own host alone.
const isHttps = (req) => new URL(req.url).protocol === "https:";
const cookieName = (req) => (isHttps(req) ? `__Host-${COOKIE}` : COOKIE);
const cookieOptions = (req) => ({
  ...(isHttps(req) && { prefix: "host" }),
  httpOnly: true,
  sameSite: "Strict",
});

/** Sets the cookie that stands for the admin token from now on: the page does not keep the token. */
export async function beginSession(c) {
  const value = `${crypto.randomUUID()}.${Date.now() + SESSION_MS}`;
  const options = { ...cookieOptions(c.req), maxAge: SESSION_MS / 1000 };
  await setSignedCookie(c, COOKIE, value, secretOf(c.env.ADMIN_TOKEN), options);
}

/** Ends the session that the request came with, here and in the browser. */
export async function endSession(c) {
  const { session, until } = c.get("who");
  await sessions(c.env).revoke(session, until);
  deleteCookie(c, COOKIE, cookieOptions(c.req));
}
