// The package as npm would install it: packed, and unpacked into a project of its own.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, path } from "../../scripts/lib/run.mjs";
import { packTarball } from "../../scripts/lib/tarball.mjs";

const FILES = "files.json";
const CONTENT = "package";
const TARBALL = "package.tgz";

/**
 * The tarball's files and its unpacked content, made once for each build of the package. `npm pack`
 * takes a second, and some hundred projects want it.
 */
async function unpacked() {
  const build = readFileSync(path("target/pkg.hash"), "utf8").trim();
  const place = path("target/packed", build);
  if (existsSync(place)) return place;
  mkdirSync(path("target/packed"), { recursive: true });
  const made = mkdtempSync(path("target/packed", "making-"));
  const { file, files } = await packTarball(made);
  await must("tar", ["-xzf", file, "-C", made]);
  renameSync(file, join(made, TARBALL));
  writeFileSync(join(made, FILES), JSON.stringify(files.map((one) => one.path).sort()));
  try {
    renameSync(made, place);
  } catch (error) {
    // Another process was first: its content is the same.
    if (!existsSync(place)) throw error;
    rmSync(made, { recursive: true, force: true });
  }
  return place;
}

/**
 * A throw-away project with the packed package in it.
 *
 * @returns {Promise<{ folder: string, tarball: string, files: string[], remove: () => void }>} `files`: of the
 *   tarball
 */
export async function packedProject() {
  const packed = await unpacked();
  const folder = mkdtempSync(join(tmpdir(), "dlq-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const place = join(folder, "node_modules/upstash-workflow-dlq");
  cpSync(join(packed, CONTENT), place, { recursive: true });
  const tarball = join(packed, TARBALL);
  return { folder, tarball, files: JSON.parse(readFileSync(join(packed, FILES), "utf8")), remove };
}

/** Copies a lane's program into the project, so that names resolve there. */
export function bring(project, file) {
  const name = file.split("/").at(-1);
  cpSync(path(file), join(project.folder, name));
  return join(project.folder, name);
}
