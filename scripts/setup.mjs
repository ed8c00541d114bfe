// Makes a machine ready to build and test: `npm run setup`. Each step is skipped when it is done.
//
// Node's own modules only: this runs before `npm ci` did.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installation, installPackages } from "./lib/installation.mjs";
import {
  ask,
  isCommand,
  main,
  must,
  path,
  ROOT,
  run,
  Stop,
  sha256,
  step,
  which,
} from "./lib/run.mjs";
import { ensureWasmRust } from "./lib/wasm-rust.mjs";

// ---------------------------------------------------------------- node packages

/** `npm ci` in a folder, when its node_modules isn't what its lock file says. */
export async function ensurePackages(label, folder, flags = []) {
  const stamp = join(folder, "node_modules/.lock-hash");
  const hash = sha256(
    ...["package-lock.json", "package.json"].map((name) => readFileSync(join(folder, name))),
  );
  const done = () => existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  await installation(label, done, async () => {
    await must("npm", ["ci", "--no-audit", "--no-fund", ...flags], { cwd: folder });
    writeFileSync(stamp, hash);
  });
}

export const ensureNodePackages = () => ensurePackages("node packages", ROOT);

/** What the admin app is made with. */
export const ensureWww = () =>
  ensurePackages("the admin app's packages", path("www"), ["--ignore-scripts"]);

// ---------------------------------------------------------------- our own tools

/** wasm-bindgen as a program: exactly the crate's version. */
export async function ensureBindgen() {
  // A folder of its own: cargo would make it wait for the tests that are compiled at the same time.
  const target = path("target/tools");
  const file = join(target, "debug/bindgen");
  const build = () => must("cargo", ["build", "--locked", "-p", "bindgen", "--target-dir", target]);
  // Where it is there, cargo still says whether it is the right one: a moment.
  if (existsSync(file)) await build();
  await step("bindgen", existsSync(file), build);
  return file;
}

/** The emulator, as everything but its own tests runs it. */
export const EMULATOR = path("target/release/upstash-workflow-emulator");

/** Cargo says whether it is the right one: a moment. */
export const ensureEmulator = () =>
  step("the emulator", false, () =>
    must("cargo", ["build", "--release", "--locked", "-p", "upstash-workflow-emulator"]),
  );

/**
 * Where Chromium is, installed if need be. Its headless shell is the same engine without the browser's own windows, bars
 * and services, which take a quarter of the processor's time where nobody looks at them.
 */
export async function ensureChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) throw new Stop(`CHROMIUM_PATH: no such file: ${given}`);
    return given;
  }
  const shell = "chromium-headless-shell";
  const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const hint = "Or name one in CHROMIUM_PATH.";
  return ensureProgram("Chromium", [shell, ...browsers], [shell], hint);
}

/** A subcommand of cargo's, built from its own lock file if it is not there. */
export async function ensureCargoProgram(name, version) {
  await step(name, which(name) !== undefined, () =>
    must("cargo", ["install", name, "--locked", "--version", version]),
  );
}

/** Where a program is, the first of `names` that is there; Debian's packages are installed if need be. */
export async function ensureProgram(label, names, packages, hint = "") {
  const find = () => names.map(which).find((file) => file !== undefined);
  const otherwise = `Install ${label}: ${packages.join(", ")}. ${hint}`.trim();
  await installation(
    label,
    () => find() !== undefined,
    () => installPackages(packages, otherwise),
  );
  const found = find();
  if (found === undefined) throw new Stop(otherwise);
  return found;
}

/**
 * Python programs in an environment of their own, by a file of pinned requirements with their hashes.
 *
 * @returns {Promise<(program: string) => string>} where a program of it is
 */
export async function ensurePython(label, requirements) {
  const python = await ensureProgram("Python", ["python3"], PYTHON);
  const version = ask(python, ["-c", "import sys; print(*sys.version_info[:3], sep='.')"]) ?? "";
  const [major, minor] = version.split(".").map(Number);
  if (!(major > 3 || (major === 3 && minor >= 11))) {
    throw new Stop(`${label} needs Python 3.11 at least; ${python} is ${version || "broken"}.`);
  }
  // Its scripts name the folder they were made in.
  const hash = sha256(ROOT, version, readFileSync(requirements));
  const home = path("target/python", hash.slice(0, 16));
  const stamp = join(home, ".installed");
  const done = () => existsSync(stamp);
  await installation(label, done, async () => {
    const venv = () => run(python, ["-m", "venv", "--clear", home]);
    // Debian's Python comes without it.
    if ((await venv()).code !== 0) {
      const otherwise = `${python} -m venv does not work. Install ${PYTHON.join(" and ")}.`;
      await installPackages(PYTHON, otherwise);
      if ((await venv()).code !== 0) throw new Stop(otherwise);
    }
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r"];
    await must(join(home, "bin/python"), [...pip, requirements]);
    writeFileSync(stamp, "");
  });
  return (program) => join(home, "bin", program);
}

const PYTHON = ["python3", "python3-venv"];

/** Everything that building needs, at the same time: std compiles on one core, and npm waits for the network. */
export async function setup() {
  if (!which("cargo")) throw new Stop("No cargo: install Rust first (rustup's stable).");
  const [rust, bindgen] = await Promise.all([
    ensureWasmRust(),
    ensureBindgen(),
    ensureNodePackages(),
  ]);
  return { rust, bindgen };
}

if (isCommand(import.meta)) await main(setup);
