// What runs tests, and TypeScript as it is.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ends, env, said } from "../../support/lane.mjs";
import { tools } from "./support.mjs";

/** What a package's name leads to, and its version. */
const tool = async (name) => {
  const { file } = await tools("runners");
  const { version } = JSON.parse(readFileSync(file(name, "package.json"), "utf8"));
  return { file, version };
};

/** Runs the test in a runner; its result, if nothing was said on the console. */
async function tested(program, args, { folder, emulator }, variables) {
  const result = join(folder, "result.json");
  const { stdout, stderr } = await ends(program, args, {
    cwd: folder,
    env: { ...env(emulator), RESULT: result, ...variables },
  });
  assert.doesNotMatch(stdout + stderr, /console\.|stdout \||stderr \||did not exit/i);
  assert.match(stdout + stderr, /\b2 passed/);
  return JSON.parse(readFileSync(result, "utf8"));
}

const jest = (kind, file, prepare, variables) => ({
  name: `Jest, ${kind}`,
  quick: true,
  async run(context) {
    const { file: find, version } = await tool("jest");
    await prepare?.(context.folder);
    // As users have it whose compiler left nothing to do.
    const config = { testMatch: [`**/${file}`], transform: {}, testEnvironment: "node" };
    writeFileSync(join(context.folder, "jest.config.json"), JSON.stringify(config));
    const args = [find("jest/bin/jest.js"), "--config", "jest.config.json"];
    return { version, result: await tested(process.execPath, args, context, variables) };
  },
});

/** As Babel or ts-jest make it: the imports are calls of `require`. */
const compiled = (folder) =>
  build({
    entryPoints: [join(folder, "runner.test.mjs")],
    outfile: join(folder, "runner.test.cjs"),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
  });

const vitest = {
  name: "Vitest",
  quick: true,
  async run(context) {
    const { file, version } = await tool("vitest");
    const args = [file("vitest/vitest.mjs"), "run", "runner.test.mjs", "--globals"];
    return { version, result: await tested(process.execPath, args, context) };
  },
};

const tsx = {
  name: "tsx",
  quick: true,
  async run({ folder, emulator }) {
    const { file, version } = await tool("tsx");
    const args = [file("tsx/dist/cli.mjs"), "typed.mts"];
    const options = { cwd: folder, env: env(emulator) };
    return { version, result: await said(process.execPath, args, options) };
  },
};

export const lanes = [
  jest("require", "runner.test.cjs", compiled),
  jest("import", "runner.test.mjs", undefined, { NODE_OPTIONS: "--experimental-vm-modules" }),
  vitest,
  tsx,
];
