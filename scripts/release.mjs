// What has to hold before the package is published.
//
//   npm run release:check                    builds twice, compares, and runs every lane
//   npm run release:pack                     builds once from clean
//   npm run release:check -- --tag v0.1.0    the tag and CHANGELOG.md have to name the version as well
//
// Both leave the tarball, its SBOM and build.json (the compilers and the tarball's hash) in
// target/publish/. Two builds from clean, in two folders, have to give the same bytes: whoever has
// the sources can check what is on npm.

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
import { ask, isCommand, main, must, path, Stop, sha256, step } from "./lib/run.mjs";
import { sbom } from "./lib/sbom.mjs";
import { packTarball, refuseOtherFiles } from "./lib/tarball.mjs";
import { ensureEmulator } from "./setup.mjs";

const OUT = path("target/publish");
// Tools, not parts of the package: what they make is what is compared.
const SHARED = ["node_modules", "target/wasm-std"];

/** Refuses a tag that is not the version's, and a version that CHANGELOG.md does not tell of. */
export function refuseOtherVersion(tag, version, changelog) {
  if (tag !== `v${version}`) throw new Stop(`the tag is ${tag}, the version ${version}`);
  const told = changelog.split("\n").some((line) => line.startsWith(`## ${version} `));
  if (!told) throw new Stop(`CHANGELOG.md has no "## ${version} - date"`);
}

/**
 * Provenance names the repository that built the package, and npm refuses another one in package.json.
 * It has to be committed: what is published is made of the tag's files alone.
 */
export function refuseOtherRepository(expected, described) {
  const url = described.repository?.url;
  if (url !== `git+${expected}.git`) {
    throw new Stop(`pkg-template/package.json: repository.url is ${url}; set git+${expected}.git`);
  }
}

/** Programs whose version decides the bytes. */
const COMPILERS = (rust) => ({
  rustc: ask(rust.clippyEnv?.RUSTC ?? "rustc", ["-vV"])?.split("\n"),
  node: process.version,
  "wasm-opt": ask(path("node_modules/.bin/wasm-opt"), ["--version"]),
});

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

/** Builds from clean and leaves what is published in target/publish/. */
async function packed(own, crates) {
  for (const made of [
    "pkg",
    "target/wasm",
    "target/bindgen",
    "target/pkg.hash",
    "target/publish",
  ]) {
    rmSync(path(made), { recursive: true, force: true });
  }
  const rust = await build();
  mkdirSync(OUT, { recursive: true });
  const tarball = await packTarball(OUT);
  refuseOtherFiles(tarball.files);
  const hash = sha256(tarball.bytes);
  const write = (name, data) =>
    writeFileSync(join(OUT, name), `${JSON.stringify(data, null, 2)}\n`);
  write("sbom.cdx.json", sbom(own, crates));
  write("build.json", { version: own.version, sha256: hash, ...COMPILERS(rust) });
  return { ...tarball, hash };
}

async function check({ hash }) {
  await step("the same from clean in another folder", false, async () => {
    const other = await buildElsewhere();
    if (other !== hash)
      throw new Stop(`not reproducible: ${hash} here, ${other} in another folder`);
  });
  await ensureEmulator();
  await step("every lane", false, () =>
    must(process.execPath, [path("tests/package/lanes/run.mjs"), "--all"]),
  );
}

async function release() {
  const { values } = parseArgs({
    options: { tag: { type: "string" }, "pack-only": { type: "boolean" } },
  });
  const own = JSON.parse(readFileSync(path("pkg-template/package.json"), "utf8"));
  if (values.tag !== undefined) {
    refuseOtherVersion(values.tag, own.version, readFileSync(path("CHANGELOG.md"), "utf8"));
    const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
    if (GITHUB_REPOSITORY) refuseOtherRepository(`${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`, own);
  }
  const crates = compiledCrates(own.name);
  for (const crate of crates) licenceTexts(crate);
  console.log(`- licences of ${crates.length} crates: allowed, each with its text`);

  const tarball = await packed(own, crates);
  if (!values["pack-only"]) await check(tarball);

  console.log("");
  for (const { path: name, size } of tarball.files) {
    console.log(`${String(size).padStart(9)}  ${name}`);
  }
  console.log(`${String(tarball.bytes.length).padStart(9)}  packed, in ${tarball.file}`);
  console.log(`\n${values["pack-only"] ? "sha256" : "reproducible"}: ${tarball.hash}`);
}

if (isCommand(import.meta)) await main(release);
