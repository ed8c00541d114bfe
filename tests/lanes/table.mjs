// The table of lanes in the README, between two marks.

import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- lanes: npm run test:all -->";
const END = "<!-- /lanes -->";

/** Writes what the lanes came to; one that could not run is listed with its error. */
export function writeTable(file, outcomes) {
  const line = ({ name, version, error }) => {
    const verdict = error ? `failed: ${String(error.message ?? error).split("\n")[0]}` : "✓";
    return `| ${name} | ${version ?? ""} | ${verdict} |`;
  };
  const table = ["| where | version | |", "|---|---|---|", ...outcomes.map(line)].join("\n");
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${file}: the marks of the lanes' table are missing`);
  writeFileSync(file, `${before}${BEGIN}\n${table}\n${END}${after}`);
}
