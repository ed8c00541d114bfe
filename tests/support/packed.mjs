// The package as npm would install it: packed, and unpacked into a project of its own.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, path } from "../../scripts/lib/run.mjs";
import { packTarball } from "../../scripts/lib/tarball.mjs";

/**
 * A throw-away project with the packed package in it.
 *
 * @returns {Promise<{ folder: string, files: string[], remove: () => void }>} `files`: of the tarball
 */
export async function packedProject() {
  const folder = mkdtempSync(join(tmpdir(), "dlq-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const { file: tarball, files } = await packTarball(folder);
  const place = join(folder, "node_modules/upstash-workflow-dlq");
  mkdirSync(place, { recursive: true });
  await must("tar", ["-xzf", tarball, "-C", place, "--strip-components=1"]);
  return { folder, files: files.map((file) => file.path).sort(), remove };
}

/** Copies a lane's program into the project, so that names resolve there. */
export function bring(project, file) {
  const name = file.split("/").at(-1);
  cpSync(path(file), join(project.folder, name));
  return join(project.folder, name);
}
