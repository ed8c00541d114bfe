// doctor: what the service of this account does, a line for each check.

import { EXIT, UsageError } from "./exit.js";
import { bold, dim, red } from "./text.js";

const STYLES = { ok: dim, warning: red, unknown: bold };
const NAME_WIDTH = 28;

/** A check, and below it what follows. */
const linesOf = ({ name, status, found, follows }) => [
  [STYLES[status](status.padEnd(9)), `${name.padEnd(NAME_WIDTH)} ${found}`],
  dim(`${" ".repeat(9 + NAME_WIDTH)} ${follows}`),
];

export const runDoctor = async ({ ids, dlq, call, output, signal, version }) => {
  if (ids.length > 0) throw new UsageError("doctor takes no ids: leave them out");
  const report = await dlq.doctor({ ...call.drive, signal });
  const node = process.version;
  const { platform } = process;
  if (output.json) await output.event("doctor", { version, node, platform, ...report });
  else {
    await output.result(`upstash-workflow-dlq ${version}, Node ${node}, ${platform}`);
    for (const check of report.checks) {
      for (const line of linesOf(check)) await output.result(line);
    }
  }
  const token = report.checks.find(({ name }) => name === "token");
  return token.status === "ok" ? EXIT.done : EXIT.failed;
};
