// What has to hold before a route's handler runs. The routes' table says which of it each route asks for.

import { bodyLimit } from "hono/body-limit";
import { identify, isEncrypted } from "./auth.js";
import { Refusal } from "./refusal.js";

/** Plain http is for loopback: elsewhere the token and the cookie would travel in the clear. */
export async function encrypted(c, next) {
  if (isEncrypted(c.req.url)) return next();
  const url = new URL(c.req.url);
  if (url.pathname.startsWith("/api/")) {
    throw new Refusal(
      403,
      "insecure",
      "Use https: over http the sign-in could be read on its way.",
    );
  }
  url.protocol = "https:";
  return c.redirect(url.href, 308);
}

/**
 * Refuses what another site's page had the browser send, whatever its method or type. (Hono's own `csrf` checks
 * the types that a form can send, and leaves the others to CORS.)
 */
export async function sameOrigin(c, next) {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const foreign =
    (origin !== undefined && origin !== new URL(c.req.url).origin) ||
    (site !== undefined && site !== "same-origin");
  // A link or a bookmark that somebody opens: it may look, not act.
  const opened = site === "none" && origin === undefined && ["GET", "HEAD"].includes(c.req.method);
  if (foreign && !opened) throw new Refusal(403, "cross_origin", "Not from another site.");
  await next();
}

/** Sets `who`: who sends the request, by one of the ways that the route takes. */
const signedIn = (ways) => async (c, next) => {
  c.set("who", await identify(c, ways));
  await next();
};

/** A request that changes something has to name its origin, where the browser adds the sign-in by itself. */
async function named(c, next) {
  const { way } = c.get("who");
  if (way !== "token" && !c.req.header("origin") && !c.req.header("sec-fetch-site")) {
    throw new Refusal(403, "cross_origin", "The Origin header is missing.");
  }
  await next();
}

const bounded = (maxSize) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new Refusal(
        413,
        "too_large",
        maxSize === 0
          ? "This request takes no body."
          : "The request is too large: choose by a filter, or fewer entries.",
      );
    },
  });

/** Sets `body`: the request's JSON. */
async function json(c, next) {
  if (!/^application\/json\b/.test(c.req.header("content-type") ?? "")) {
    throw new Refusal(415, "not_json", "Send application/json.");
  }
  try {
    c.set("body", await c.req.json());
  } catch {
    throw new Refusal(400, "not_json", "The body is not JSON.");
  }
  await next();
}

/**
 * The middleware of a route, in the order in which it runs.
 *
 * @param {import("./routes.js").Route} route
 */
export const guard = ({ method, who, body = 0 }) => [
  signedIn(who),
  ...(method === "GET" ? [] : [named, bounded(body)]),
  ...(body > 0 ? [json] : []),
];
