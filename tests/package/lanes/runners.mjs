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

const jest = (kind, file, { prepare, variables, environment = () => "node" } = {}) => ({
  name: `Jest, ${kind}`,
  quick: true,
  async run(context) {
    const { file: find, version } = await tool("jest");
    await prepare?.(context.folder);
    const config = {
      testMatch: [`**/${file}`],
      // As users have it whose compiler left nothing to do.
      transform: {},
      testEnvironment: environment(context.folder, find),
    };
    writeFileSync(join(context.folder, "jest.config.json"), JSON.stringify(config));
    const args = [find("jest/bin/jest.js"), "--config", "jest.config.json"];
    return { version, result: await tested(process.execPath, args, context, variables) };
  },
});

/** As Babel or ts-jest make it: the imports are calls of `require`. */
const compiled = (name) => (folder) =>
  build({
    entryPoints: [join(folder, `${name}.mjs`)],
    outfile: join(folder, `${name}.cjs`),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
  });

/** jsdom as Jest has it, with Node's globals at hand for a test that adds them. */
const jsdom = (folder, find) => {
  const environment = join(folder, "jsdom-environment.cjs");
  const source = `const { TestEnvironment } = require(${JSON.stringify(find("jest-environment-jsdom"))});
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.ofNode = globalThis;
  }
};\n`;
  writeFileSync(environment, source);
  return environment;
};

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
  jest("require", "runner.test.cjs", { prepare: compiled("runner.test") }),
  jest("import", "runner.test.mjs", { variables: { NODE_OPTIONS: "--experimental-vm-modules" } }),
  jest("jsdom", "jsdom.test.cjs", { prepare: compiled("jsdom.test"), environment: jsdom }),
  vitest,
  tsx,
];
