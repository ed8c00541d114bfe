// What has to hold before the package is published: `npm run release:check`.
//
//   npm run release:check -- --tag v0.1.0    this tag and CHANGELOG.md name the version as well
//
// Leaves the tarball and its SBOM in target/publish/. Two builds from clean, in two folders, have to
// give the same bytes: whoever has the sources can check what is on npm. Then every lane runs.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { compiledCrates, licenceTexts } from "./lib/notices.mjs";
import { isCommand, main, must, path, Stop, sha256, step } from "./lib/run.mjs";
import { sbom } from "./lib/sbom.mjs";
import { packTarball, refuseOtherFiles } from "./lib/tarball.mjs";

const OUT = path("target/publish");
// Tools, not parts of the package: what they make is what is compared.
const SHARED = ["node_modules", "target/wasm-std"];

/** Refuses a tag that is not the version's, and a version that CHANGELOG.md does not tell of. */
export function refuseOtherVersion(tag, version, changelog) {
  if (tag !== `v${version}`) throw new Stop(`the tag is ${tag}, the version ${version}`);
  const told = changelog.split("\n").some((line) => line.startsWith(`## ${version} `));
  if (!told) throw new Stop(`CHANGELOG.md has no "## ${version} - date"`);
}

/** The sources, as git has them, in a folder of another name. */
async function copyOfSources() {
  const copy = mkdtempSync(join(tmpdir(), "release-"));
  const listed = await must("git", [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
  ]);
  for (const file of listed.split("\0").filter(Boolean)) {
    cpSync(path(file), join(copy, file));
  }
  for (const name of SHARED) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    symlinkSync(path(name), join(copy, name));
  }
  return copy;
}

/** Builds the package in another folder and answers the hash of its tarball. */
async function buildElsewhere() {
  const copy = await copyOfSources();
  try {
    await must(process.execPath, [join(copy, "scripts/build.mjs")], { cwd: copy });
    const made = await packTarball(copy, join(copy, "pkg"));
    return sha256(made.bytes);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function buildFromClean() {
  for (const made of [
    "pkg",
    "target/wasm",
    "target/bindgen",
    "target/pkg.hash",
    "target/publish",
  ]) {
    rmSync(path(made), { recursive: true, force: true });
  }
  await build();
  mkdirSync(OUT, { recursive: true });
  return await packTarball(OUT);
}

async function release() {
  const { values } = parseArgs({ options: { tag: { type: "string" } } });
  const own = JSON.parse(readFileSync(path("pkg-template/package.json"), "utf8"));
  if (values.tag !== undefined) {
    refuseOtherVersion(values.tag, own.version, readFileSync(path("CHANGELOG.md"), "utf8"));
  }
  const crates = compiledCrates(own.name);
  for (const crate of crates) licenceTexts(crate);
  console.log(`- licences of ${crates.length} crates: allowed, each with its text`);

  const tarball = await buildFromClean();
  refuseOtherFiles(tarball.files);
  const hash = sha256(tarball.bytes);
  await step("the same from clean in another folder", false, async () => {
    const other = await buildElsewhere();
    if (other !== hash)
      throw new Stop(`not reproducible: ${hash} here, ${other} in another folder`);
  });
  await step("the emulator", false, () =>
    must("cargo", ["build", "--release", "--locked", "-p", "upstash-workflow-emulator"]),
  );
  await step("every lane", false, () =>
    must(process.execPath, [path("tests/lanes/run.mjs"), "--all"]),
  );
  writeFileSync(join(OUT, "sbom.cdx.json"), `${JSON.stringify(sbom(own, crates), null, 2)}\n`);

  console.log("");
  for (const { path: name, size } of tarball.files) {
    console.log(`${String(size).padStart(9)}  ${name}`);
  }
  console.log(`${String(tarball.bytes.length).padStart(9)}  packed, in ${tarball.file}`);
  console.log(`\nreproducible: ${hash}`);
}

if (isCommand(import.meta)) await main(release);
