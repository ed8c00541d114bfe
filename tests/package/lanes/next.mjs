// Next.js: a page in the browser, route handlers on Node and on the edge runtime, and pages that are
// rendered on the server.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { path } from "../../../scripts/lib/run.mjs";
import { ends, env } from "../../support/lane.mjs";
import { addressOf, inChromium } from "./browsers.mjs";
import { lineOf, tools } from "./support.mjs";

const FILES = { "layout.jsx": "layout.jsx", "page.jsx": "page.jsx" };
const ROUTES = ["node", "edge"];
/** Pages that are rendered on the server, and what their project is configured with. */
const PAGES = {
  plain: { name: "Next.js, a static page that lists", config: {} },
  dynamic: { name: "Next.js, a dynamic page", config: {} },
  suspense: {
    name: "Next.js, in Suspense with cacheComponents",
    config: { cacheComponents: true },
  },
  drive: { name: "Next.js, a preview with cacheComponents", config: { cacheComponents: true } },
};

/** A project with these routes. It stands below the tools: Turbopack follows no link out of its root. */
export function projectOf(tool, folder, routes = ROUTES) {
  const place = join(tool.folder, ".work");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "app"), { recursive: true });
  cpSync(folder, place, { recursive: true });
  const programs = path("tests/package/lanes/programs/next");
  for (const [from, to] of Object.entries(FILES)) {
    cpSync(join(programs, from), join(place, "app", to));
  }
  for (const route of routes) {
    mkdirSync(join(place, "app", route));
    // The name that Next.js looks for.
    cpSync(join(programs, route, "route.mjs"), join(place, "app", route, "route.js"));
  }
  writeFileSync(join(place, "package.json"), '{"name":"lane","private":true,"type":"module"}\n');
  return { place, remove: () => rmSync(place, { recursive: true, force: true }) };
}

/** Adds a page of the server at /server. */
function addPage(place, page) {
  const programs = path("tests/package/lanes/programs/next/server");
  mkdirSync(join(place, "app/server"));
  for (const [from, to] of [
    [`${page}.jsx`, "page.jsx"],
    ["report.jsx", "report.jsx"],
  ]) {
    cpSync(join(programs, from), join(place, "app/server", to));
  }
  const config = `export default ${JSON.stringify(PAGES[page].config)};\n`;
  writeFileSync(join(place, "next.config.mjs"), config);
}

async function next({ folder, emulator }, visit, page) {
  const tool = await tools("next");
  // It needs a later Node than this package does.
  const node = (await tools("runtimes")).file("node22/bin/node");
  const { place: cwd, remove } = projectOf(tool, folder, page ? [] : ROUTES);
  if (page) addPage(cwd, page);
  const program = tool.file("next/dist/bin/next");
  const variables = { ...env(emulator), NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  await ends(node, [program, "build"], { cwd, env: variables, timeout: 300_000 });
  const child = spawn(node, [program, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd,
    env: { ...process.env, ...variables, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const [, origin] = await lineOf(child, /(http:\/\/127\.0\.0\.1:\d+)/, "next start");
    const result = await visit(origin);
    const { version } = JSON.parse(readFileSync(tool.file("next/package.json"), "utf8"));
    return { version, result };
  } finally {
    const ended = once(child, "exit");
    child.kill();
    await ended;
    remove();
  }
}

const answered = (route) => async (origin) => (await fetch(`${origin}/${route}`)).json();

/** What the page at /server shows. */
async function shown(origin) {
  const html = await (await fetch(`${origin}/server`)).text();
  const found = /<pre>(.*?)<\/pre>/s.exec(html);
  if (!found) throw new Error(`the page shows no result: ${html.slice(0, 2_000)}`);
  return JSON.parse(found[1].replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
}

export const lanes = [
  {
    name: "Next.js, a page",
    run: (context) =>
      next(
        context,
        async (origin) => (await inChromium(addressOf(`${origin}/`, context.emulator))).result,
      ),
  },
  { name: "Next.js, route on Node", run: (context) => next(context, answered("node")) },
  { name: "Next.js, route on the edge", run: (context) => next(context, answered("edge")) },
  ...Object.entries(PAGES).map(([page, { name }]) => ({
    name,
    run: (context) => next(context, shown, page),
  })),
];
