// The table of lanes in docs/runtimes.md, between two marks.

import { readFileSync, writeFileSync } from "node:fs";
import { between, markdownTable } from "../../../scripts/lib/marks.mjs";

/** Writes what the lanes came to; one that could not run is listed with its error. */
export function writeTable(file, outcomes) {
  const row = ({ name, version, error }) => {
    const verdict = error ? `failed: ${String(error.message ?? error).split("\n")[0]}` : "✓";
    return [name, version ?? "", verdict];
  };
  const table = markdownTable(["where", "version", ""], outcomes.map(row));
  const text = readFileSync(file, "utf8");
  writeFileSync(file, between(text, "<!-- lanes: npm run test:all -->", "<!-- /lanes -->", table));
}
