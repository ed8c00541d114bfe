// `npm run bench` as a process.

import { execFile } from "node:child_process";
import { path } from "../../../scripts/lib/run.mjs";

/** Runs it with these arguments. */
export const bench = (...args) =>
  new Promise((resolve) => {
    const program = [path("scripts/bench/index.mjs"), ...args];
    execFile(process.execPath, program, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
