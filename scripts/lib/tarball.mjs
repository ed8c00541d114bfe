// The tarball as npm would publish it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { must, path, Stop } from "./run.mjs";

/** What is published: this, and nothing else. */
export const FILES = [
  "LICENSE",
  "README.md",
  "THIRD-PARTY-NOTICES",
  "bytes.js",
  "cli/ask.js",
  "cli/checkpoint.js",
  "cli/csv.js",
  "cli/doctor.js",
  "cli/drive.js",
  "cli/errors.js",
  "cli/exit.js",
  "cli/files.js",
  "cli/flags.js",
  "cli/follow.js",
  "cli/help.js",
  "cli/ids.js",
  "cli/main.js",
  "cli/output.js",
  "cli/parse.js",
  "cli/progress.js",
  "cli/read.js",
  "cli/redact.js",
  "cli/report.js",
  "cli/shown.js",
  "cli/suggest.js",
  "cli/text.js",
  "cli/unsafe.js",
  "core-read.js",
  "core-read.wasm",
  "core.js",
  "core.wasm",
  "dates.js",
  "doctor/check.js",
  "doctor/entries.js",
  "doctor/filters.js",
  "doctor/index.js",
  "doctor/observed.js",
  "doctor/queue.js",
  "doctor/region.js",
  "doctor/service.js",
  "edge.js",
  "errors.js",
  "facade.js",
  "index.d.cts",
  "index.d.ts",
  "inline.cjs",
  "inline.js",
  "instance.js",
  "instantiate.js",
  "loaded.js",
  "messages.js",
  "node.js",
  "package.json",
  "preview.js",
  "public.js",
  "read.cjs",
  "read.d.cts",
  "read.d.ts",
  "read.js",
  "slim.cjs",
  "slim.d.cts",
  "slim.d.ts",
  "slim.js",
  "snapshot.js",
  "warnings.js",
  "workerd.js",
];

/**
 * Packs the built package into a folder.
 *
 * @returns {Promise<{ file: string, files: { path: string, size: number }[], bytes: Buffer }>}
 */
export async function packTarball(folder, made = path("pkg")) {
  const args = ["pack", "--json", "--pack-destination", folder, made];
  const packed = await must("npm", args);
  // npm's warnings come first.
  const listing = JSON.parse(packed.slice(packed.search(/^[[{]/m)));
  const [{ filename, files }] = Array.isArray(listing) ? listing : Object.values(listing);
  const file = join(folder, filename);
  return { file, files, bytes: readFileSync(file) };
}

/** Refuses a tarball that has more or less than it should. */
export function refuseOtherFiles(files) {
  const there = files.map((one) => one.path);
  const unexpected = there.filter((name) => !FILES.includes(name));
  const missing = FILES.filter((name) => !there.includes(name));
  if (unexpected.length > 0) throw new Stop(`the tarball holds ${unexpected.join(", ")}`);
  if (missing.length > 0) throw new Stop(`the tarball lacks ${missing.join(", ")}`);
}
