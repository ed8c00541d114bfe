// A program of Node on a pseudo-terminal.

import { spawn } from "node:child_process";

/**
 * Starts it below `script`, which has the pseudo-terminal: what the program writes is the child's standard output,
 * what is typed is its standard input.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined>, columns?: number }} options
 */
export function onTerminal(program, args, { cwd, env, columns }) {
  const command = [process.execPath, program, ...args].map((arg) => `'${arg}'`).join(" ");
  const sized = columns === undefined ? command : `stty columns ${columns}; ${command}`;
  return spawn("script", ["-qefc", sized, "/dev/null"], {
    cwd,
    env: { TERM: "xterm", SHELL: "/bin/sh", ...env },
  });
}
