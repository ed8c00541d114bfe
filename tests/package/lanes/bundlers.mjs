// Bundlers with no configuration of the package's; what they make runs in Chromium.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ends } from "../../support/lane.mjs";
import { serveFolder } from "../../support/static.mjs";
import { addressOf, inChromium } from "./browsers.mjs";
import { BUN, lineOf, tools } from "./support.mjs";

const INDEX =
  '<!doctype html><link rel=icon href=data:,><title>lane</title><output id=result></output><script type=module src="./page.mjs"></script>\n';

const versionOf = (file) => JSON.parse(readFileSync(file, "utf8")).version;

/** Serves a folder whose page a bundler made, and opens it. */
async function served(folder, page, emulator) {
  const pages = page ? { "/": { body: page } } : { "/": { body: indexOf(folder) } };
  const server = await serveFolder(folder, pages);
  try {
    return (await inChromium(addressOf(`${server.origin}/`, emulator))).result;
  } finally {
    server.close();
  }
}

const indexOf = (folder) => readFileSync(join(folder, "index.html"), "utf8");

const htmlOf = (script) => INDEX.replace("./page.mjs", script);

const viteBuild = {
  name: "Vite, build",
  quick: true,
  async run({ folder, emulator }) {
    const { file } = await tools("bundlers");
    writeFileSync(join(folder, "index.html"), INDEX);
    await ends(process.execPath, [file("vite/bin/vite.js"), "build"], { cwd: folder });
    const result = await served(join(folder, "dist"), undefined, emulator);
    return { version: versionOf(file("vite/package.json")), result };
  },
};

const viteDev = {
  name: "Vite, dev",
  quick: true,
  async run({ folder, emulator }) {
    const { file } = await tools("bundlers");
    writeFileSync(join(folder, "index.html"), INDEX);
    const child = spawn(
      process.execPath,
      [file("vite/bin/vite.js"), "--host", "127.0.0.1", "--port", "0"],
      { cwd: folder, env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] },
    );
    try {
      const [, address] = await lineOf(child, /(http:\/\/127\.0\.0\.1:\d+\/)/, "vite");
      const { result } = await inChromium(addressOf(address, emulator));
      return { version: versionOf(file("vite/package.json")), result };
    } finally {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
  },
};

/** webpack, and Rspack, which has its interface. */
const packed = (name, packageName, entry, bundlerOf) => ({
  name,
  quick: true,
  async run({ folder, emulator }) {
    const { file } = await tools("bundlers");
    const bundle = bundlerOf(await import(file(packageName, entry)));
    const options = {
      context: folder,
      entry: "./page.mjs",
      mode: "production",
      output: { path: join(folder, "out"), filename: "page.js" },
    };
    const stats = await new Promise((resolve, reject) => {
      bundle(options, (error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString("errors-only"));
    const result = await served(folder, htmlOf("/out/page.js"), emulator);
    return { version: versionOf(file(packageName, "package.json")), result };
  },
});

/** Rollup and Rolldown, which has its interface. */
const rolled = (name, packageName, entry, plugins) => ({
  name,
  quick: true,
  async run({ folder, emulator }) {
    const { file } = await tools("bundlers");
    const { rollup, rolldown = rollup } = await import(file(packageName, entry));
    const warnings = [];
    const bundle = await rolldown({
      input: join(folder, "page.mjs"),
      plugins: await plugins(file),
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file: join(folder, "out/page.js"), format: "esm" });
    await bundle.close();
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
    const result = await served(folder, htmlOf("/out/page.js"), emulator);
    return { version: versionOf(file(packageName, "package.json")), result };
  },
});

const bun = {
  name: "Bun's bundler, for browsers",
  quick: true,
  async run({ folder, emulator }) {
    const program = (await tools("runtimes")).file(BUN);
    const args = ["build", "page.mjs", "--target=browser", "--minify", "--outfile=out/page.js"];
    await ends(program, args, { cwd: folder });
    const { stdout: version } = await ends(program, ["--version"], { cwd: folder });
    return { version, result: await served(folder, htmlOf("/out/page.js"), emulator) };
  },
};

const parcel = {
  name: "Parcel",
  async run({ folder, emulator }) {
    const { file } = await tools("bundlers");
    writeFileSync(join(folder, "index.html"), INDEX);
    writeFileSync(join(folder, "package.json"), '{"name":"lane","private":true}');
    const args = [file("parcel/lib/bin.js"), "build", "index.html", "--no-source-maps"];
    await ends(process.execPath, args, { cwd: folder });
    const result = await served(join(folder, "dist"), undefined, emulator);
    return { version: versionOf(file("parcel/package.json")), result };
  },
};

export const lanes = [
  viteBuild,
  viteDev,
  packed("webpack", "webpack", "lib/index.js", ({ default: webpack }) => webpack),
  packed("Rspack", "@rspack/core", "dist/index.js", ({ rspack }) => rspack),
  rolled("Rollup", "rollup", "dist/es/rollup.js", async (file) => {
    const { default: resolve } = await import(file("@rollup/plugin-node-resolve/dist/es/index.js"));
    return [resolve({ browser: true })];
  }),
  rolled("Rolldown", "rolldown", "dist/index.mjs", async () => []),
  bun,
  parcel,
];
