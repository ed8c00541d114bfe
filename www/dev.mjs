// The admin app in workerd on this machine: for `npm start`, for tests, and by itself.
//
// node dev.mjs --port 8787 --data .data, with QSTASH_URL, QSTASH_TOKEN and ADMIN_TOKEN in the environment.
// With --exit-with-stdin it ends when its stdin is closed, so that it never outlives who began it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { required } from "../scripts/lib/required.mjs";
import { buildPage, bundleWorker, corePath } from "./build.mjs";

const { Miniflare } = required("miniflare");

/** The Worker's code, bundled once for all Workers that this process starts. */
let bundled;

/**
 * @param {object} options
 * @param {number} [options.port] default: a free one
 * @param {string} [options.data] a folder that outlives the process; default: in memory
 * @param {Record<string, string>} options.bindings the Worker's variables and secrets
 * @param {string} [options.page] the built page's folder; built if it is not named
 * @returns {Promise<{ url: string, fetch: typeof fetch, close: () => Promise<void> }>} `fetch`: a request of any
 *   address, https included, as the Worker would get it from Cloudflare
 */
export async function startAdmin({ port = 0, data, bindings, page }) {
  const directory = page ?? (await buildPage());
  bundled ??= bundleWorker();
  const worker = new Miniflare({
    host: "127.0.0.1",
    port,
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["enable_request_signal"],
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: await bundled },
      { type: "CompiledWasm", path: "core.wasm", contents: readFileSync(corePath()) },
    ],
    bindings,
    durableObjects: {
      JOBS: { className: "Job", useSQLite: true },
      REGISTER: { className: "Register", useSQLite: true },
      SESSIONS: { className: "Sessions", useSQLite: true },
    },
    durableObjectsPersist: data ?? false,
    assets: {
      directory,
      binding: "ASSETS",
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      assetConfig: { html_handling: "auto-trailing-slash", not_found_handling: "none" },
    },
  });
  const url = await worker.ready;
  return {
    url: url.origin,
    fetch: (...request) => worker.dispatchFetch(...request),
    close: () => worker.dispose(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      data: { type: "string" },
      page: { type: "string" },
      "exit-with-stdin": { type: "boolean" },
    },
  });
  const names =
    /^(QSTASH_|ADMIN_TOKEN$|CF_ACCESS_|REQUESTS_PER_SLICE$|MS_PER_SLICE$|RETENTION_DAYS$|WEBHOOK_URL$)/;
  const bindings = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => names.test(name)),
  );
  const { data, page, port = "8787" } = values;
  const { url, close } = await startAdmin({ port: Number(port), data, page, bindings });
  if (values["exit-with-stdin"]) process.stdin.once("end", close).resume();
  console.log(url);
}
