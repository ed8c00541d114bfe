// Who is there: by Cloudflare Access, by the admin token, or by the session that the token began.

import { createRemoteJWKSet, jwtVerify } from "jose";
import { Refusal } from "./refusal.js";

const COOKIE = "dlq-session";
const SESSION_S = 12 * 60 * 60;
// A shorter token could be guessed.
const TOKEN_LENGTH = 20;

const text = new TextEncoder();
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

// Public keys alone, and only fetched by whoever needs them.
const keySets = new Map();

/** What is set up, or a refusal that says what to set. */
function settings(env) {
  const { CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: audience, ADMIN_TOKEN: token = "" } = env;
  const missing = (what) => new Refusal(403, "not_configured", what);
  if (!env.QSTASH_TOKEN) {
    throw missing("QSTASH_TOKEN is not set: npx wrangler secret put QSTASH_TOKEN");
  }
  if (Boolean(team) !== Boolean(audience)) {
    throw missing("CF_ACCESS_TEAM_DOMAIN and CF_ACCESS_AUD belong together: set both, or neither.");
  }
  if (token !== "" && token.length < TOKEN_LENGTH) {
    throw missing(`ADMIN_TOKEN is too short: ${TOKEN_LENGTH} characters at least.`);
  }
  if (!team && token === "") {
    throw missing(
      "Nobody can sign in yet. Set ADMIN_TOKEN (npx wrangler secret put ADMIN_TOKEN), or put the " +
        "Worker behind Cloudflare Access and set CF_ACCESS_TEAM_DOMAIN and CF_ACCESS_AUD.",
    );
  }
  return { team, audience, token };
}

async function byAccess(request, { team, audience }) {
  const assertion = request.headers.get("cf-access-jwt-assertion");
  if (!team || !assertion) return undefined;
  const issuer = new URL(team).origin;
  if (!keySets.has(issuer)) {
    keySets.set(issuer, createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer)));
  }
  try {
    const { payload } = await jwtVerify(assertion, keySets.get(issuer), { issuer, audience });
    // A service token has no e-mail address.
    return { who: String(payload.email ?? payload.common_name ?? payload.sub), by: "access" };
  } catch {
    throw new Refusal(401, "unauthorized", "Cloudflare Access's assertion does not hold.");
  }
}

const digest = (value) => crypto.subtle.digest("SHA-256", text.encode(value));

async function byToken(request, { token }) {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined || token === "") return undefined;
  // Digests are of one length, so that the comparison tells nothing.
  if (!crypto.subtle.timingSafeEqual(await digest(given), await digest(token))) {
    throw new Refusal(401, "unauthorized", "That is not the admin token.");
  }
  return { who: "admin", by: "token" };
}

/** Another token, other sessions: whoever changes it signs everybody out. */
const sessionKey = (token) =>
  crypto.subtle.importKey(
    "raw",
    text.encode(`session ${token}`),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );

async function bySession(request, { token }) {
  const cookies = request.headers.get("cookie") ?? "";
  const [, until, mac] = new RegExp(`(?:^|; )${COOKIE}=(\\d+)\\.([\\w-]+)`).exec(cookies) ?? [];
  if (until === undefined || token === "" || Number(until) * 1000 < Date.now()) return undefined;
  const bytes = Uint8Array.from(atob(mac.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
    character.charCodeAt(0),
  );
  const holds = await crypto.subtle.verify(
    "HMAC",
    await sessionKey(token),
    bytes,
    text.encode(until),
  );
  return holds ? { who: "admin", by: "token", session: true } : undefined;
}

/**
 * Who asks, or a refusal.
 *
 * @returns {Promise<{ who: string, by: "access" | "token", session?: boolean }>} `session`: the browser sent
 *   it by itself, whichever page asked
 */
export async function identify(request, env) {
  const set = settings(env);
  const found =
    (await byAccess(request, set)) ??
    (await byToken(request, set)) ??
    (await bySession(request, set).catch(() => undefined));
  if (!found) throw new Refusal(401, "unauthorized", "Sign in first.");
  return found;
}

/** The cookie that stands for the admin token from now on: the page has no need to keep it. */
export async function sessionCookie(request, env) {
  const until = String(Math.floor(Date.now() / 1000) + SESSION_S);
  const key = await sessionKey(settings(env).token);
  const mac = base64url(await crypto.subtle.sign("HMAC", key, text.encode(until)));
  return cookie(request, `${until}.${mac}`, SESSION_S);
}

export const noSessionCookie = (request) => cookie(request, "", 0);

function cookie(request, value, seconds) {
  // Plain http is for loopback alone.
  const secure = new URL(request.url).protocol === "https:" ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/api; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** Refuses what another site's page sends: the browser would send the session along. */
export function fromHere(request) {
  const { origin } = new URL(request.url);
  const from = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  const foreign = (from !== null && from !== origin) || (site !== null && site !== "same-origin");
  // A link that somebody opens: it may look, not act.
  const opened = site === "none" && from === null && request.method === "GET";
  if (foreign && !opened) throw new Refusal(403, "cross_origin", "Not from another site.");
}

/** A request that changes something has to say where it is from, or to bring the token itself. */
export function actsFromHere(request, { session, by }) {
  const named = request.headers.has("origin") || request.headers.has("sec-fetch-site");
  if ((session || by === "access") && !named) {
    throw new Refusal(403, "cross_origin", "The Origin header is missing.");
  }
}
