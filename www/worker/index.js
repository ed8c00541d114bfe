// The admin app's Worker: serves the page, lets it look at the DLQ, and runs jobs that act on it.

import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { encrypted, guard, sameOrigin } from "./guard.js";
import { answer, Refusal } from "./refusal.js";
import { ROUTES } from "./routes.js";

export { Job } from "./job.js";
export { Register } from "./register.js";
export { Sessions } from "./sessions.js";

const HEADERS = {
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "no-referrer",
  strictTransportSecurity: "max-age=31536000",
  xFrameOptions: "DENY",
};
const pageHeaders = secureHeaders({
  ...HEADERS,
  crossOriginOpenerPolicy: "same-origin",
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});
// An answer of the API that is opened by itself can load nothing and run nothing.
const apiHeaders = secureHeaders({
  ...HEADERS,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] },
});

const api = new Hono();
api.use(apiHeaders, async (c, next) => {
  await next();
  // `header` also makes what an object answered a response whose headers can be changed.
  c.header("cache-control", "no-store");
});
api.use(sameOrigin);
api.use(
  methodNotAllowed({
    app: api,
    onMethodNotAllowed: (_, methods) =>
      answer(
        new Refusal(405, "method", `This route takes ${methods.join(", ")}.`, {
          headers: { allow: methods.join(", ") },
        }),
      ),
  }),
);
const notFound = () => answer(new Refusal(404, "not_found", "There is no such thing here."));
for (const route of ROUTES) api.on(route.method, route.path, ...guard(route), route.run);
api.all("*", notFound);

const app = new Hono();
app.onError(answer);
app.use(encrypted);
app.route("/api", api);
app.all("*", pageHeaders, async ({ env, req }) => {
  const page = await env.ASSETS.fetch(req.raw);
  // What is fetched has headers that can't be changed.
  return new Response(page.body, page);
});

export default app;
