// Compiles the type tests under each set of globals; counts what they assert.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isCommand, main, path, run } from "../../../scripts/lib/run.mjs";
import { tools } from "../lanes/support.mjs";

const PROJECTS = {
  "in a browser": "tsconfig.json",
  "in Node": "tsconfig.node.json",
  "in TypeScript 5.0": "tsconfig.json",
  "with exactOptionalPropertyTypes": "tsconfig.exact.json",
  "beside the SDK": "tsconfig.sdk.json",
};

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Assertions of a project: what must not compile, and what is exactly of a type. */
function assertions(project) {
  const { files } = JSON.parse(readFileSync(here(project), "utf8"));
  const text = files.map((file) => readFileSync(here(file), "utf8")).join("\n");
  return text.match(/@ts-expect-error:|\)\.exactly\(|: SdkDlq = |satisfies /g)?.length ?? 0;
}

async function types() {
  let passed = 0;
  let failed = 0;
  const oldest = (await tools("typescript")).file(".bin/tsc");
  for (const [name, project] of Object.entries(PROJECTS)) {
    const compiler = name.includes("5.0") ? oldest : path("node_modules/.bin/tsc");
    const { code, output } = await run(compiler, ["-p", here(project)]);
    const count = assertions(project);
    console.log(`${code === 0 ? "ok" : "FAILED"}  ${name}: ${count} assertions`);
    if (code === 0) passed += count;
    else {
      console.log(output);
      failed += Math.max(1, output.match(/error TS/g)?.length ?? 0);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

if (isCommand(import.meta)) await main(types);
