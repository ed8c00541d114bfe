// Frameworks whose own build bundles for Workers before wrangler does. Each needs one line that leaves
// the package to wrangler, which knows the condition "workerd" and uploads the wasm as a module.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ends, env } from "../../support/lane.mjs";
import { projectOf } from "./next.mjs";
import { tools } from "./support.mjs";
import { answered, QUIET, READY } from "./workers.mjs";

const NAME = "upstash-workflow-dlq";
const DATE = "2026-07-01";

const versionOf = (tool, name) =>
  JSON.parse(readFileSync(tool.file(name, "package.json"), "utf8")).version;

/** The answer of a Worker in `folder`, run by wrangler under Node 24, which it needs. */
async function dev(folder, config, path = "") {
  const wrangler = await tools("wrangler");
  const node = (await tools("runtimes")).file("node24/bin/node");
  writeFileSync(
    join(folder, "wrangler.json"),
    JSON.stringify({ name: "lane", compatibility_date: DATE, ...config }),
  );
  const program = wrangler.file("wrangler/bin/wrangler.js");
  const args = [program, "dev", "--port", "0", "--ip", "127.0.0.1"];
  return await answered(node, args, folder, READY, path);
}

const hono = {
  name: "workerd by Hono's Vite build",
  async run({ folder, emulator }) {
    const tool = await tools("hono");
    const node = (await tools("runtimes")).file("node24/bin/node");
    symlinkSync(tool.file("hono"), join(folder, "node_modules/hono"));
    const plugin = pathToFileURL(
      tool.file("@hono/vite-build/dist/adapter/cloudflare-workers/index.mjs"),
    );
    writeFileSync(
      join(folder, "vite.config.mjs"),
      `import build from "${plugin}";
export default { plugins: [build({ entry: "hono.mjs", external: ["${NAME}"] })] };\n`,
    );
    await ends(node, [tool.file("vite/bin/vite.js"), "build"], { cwd: folder, env: QUIET });
    const result = await dev(folder, { main: "dist/index.js", vars: env(emulator) });
    return { version: versionOf(tool, "@hono/vite-build"), result };
  },
};

const openNext = {
  name: "workerd by OpenNext",
  async run({ folder, emulator }) {
    const tool = await tools("opennext");
    const node = (await tools("runtimes")).file("node24/bin/node");
    const { place, remove } = projectOf(tool, folder, ["node"]);
    try {
      writeFileSync(
        join(place, "package.json"),
        JSON.stringify({
          name: "lane",
          private: true,
          type: "module",
          scripts: { build: "next build" },
        }),
      );
      writeFileSync(
        join(place, "next.config.mjs"),
        `export default { serverExternalPackages: ["${NAME}"] };\n`,
      );
      writeFileSync(
        join(place, "open-next.config.ts"),
        'import { defineCloudflareConfig } from "@opennextjs/cloudflare";\nexport default defineCloudflareConfig();\n',
      );
      mkdirSync(join(place, "public"), { recursive: true });
      const PATH = `${join(node, "..")}:${tool.file(".bin")}:${process.env.PATH}`;
      const program = tool.file("@opennextjs/cloudflare/dist/cli/index.js");
      await ends(node, [program, "build", "--skipWranglerConfigCheck"], {
        cwd: place,
        env: { ...QUIET, PATH, NEXT_TELEMETRY_DISABLED: "1" },
        timeout: 300_000,
      });
      const config = {
        main: ".open-next/worker.js",
        compatibility_flags: ["nodejs_compat"],
        assets: { directory: ".open-next/assets", binding: "ASSETS" },
        vars: env(emulator),
      };
      const result = await dev(place, config, "node");
      return { version: versionOf(tool, "@opennextjs/cloudflare"), result };
    } finally {
      remove();
    }
  },
};

export const lanes = [hono, openNext];
