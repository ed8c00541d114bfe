// Makes a machine ready to build and test: `npm run setup`. Each step is skipped when it is done.
//
// Node's own modules only: this runs before `npm ci` did.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  ask,
  exclusively,
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

const TARGET = "wasm32-unknown-unknown";
const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"];

/** A step that test files may come to at the same time: it is done once, by whoever comes first. */
async function installation(label, done, work) {
  if (done()) return step(label, true, work);
  await exclusively(path("target/setup.lock"), () => step(label, done(), work));
}

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

// ---------------------------------------------------------------- Debian packages

const isInstalled = (name) =>
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own syntax
  ask("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]) === "installed";

/** Installs Debian packages; `otherwise` names what a person would do where that can't work. */
async function installPackages(names, otherwise) {
  if (!which("apt-get")) throw new Stop(otherwise);
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  if (process.getuid?.() !== 0) {
    if (!which("sudo")) throw new Stop(`as root: apt-get install ${names.join(" ")}\n${otherwise}`);
    apt.unshift("sudo");
  }
  const [program, ...rest] = apt;
  try {
    await must(program, [...rest, "update"]);
    await must(program, [...rest, "install", "-y", "--no-install-recommends", ...names]);
  } catch (error) {
    throw new Stop(`${error.message}\n\n${otherwise}`);
  }
}

/** The newest of the numbered names of a tool on PATH (`wasm-ld-22`), or `undefined`. */
function newest(prefix) {
  const version = (name) => Number(name.slice(prefix.length));
  const names = (process.env.PATH ?? "")
    .split(":")
    .concat("/usr/bin")
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((name) => name.startsWith(prefix) && Number.isInteger(version(name)));
  return names.sort((a, b) => version(b) - version(a))[0];
}

// ---------------------------------------------------------------- Rust for wasm32

/**
 * What builds for wasm32.
 *
 * @typedef {object} WasmRust
 * @property {boolean} small whether std was built for size (else the plain one that rustup has)
 * @property {string} cargo
 * @property {string[]} clippy the command and its first arguments
 * @property {string[]} flags for rustc, besides remapped paths
 * @property {Record<string, string | undefined>} env for building
 * @property {Record<string, string | undefined>} clippyEnv what differs for clippy
 * @property {string[]} clippyFlags
 * @property {string[]} cargoFlags
 * @property {[from: string, to: string][]} remap
 */

/** @returns {Promise<WasmRust>} */
export async function ensureWasmRust() {
  const sysroot = ask("rustc", ["--print", "sysroot"]);
  const has = () => sysroot !== undefined && existsSync(join(sysroot, "lib/rustlib", TARGET));
  if (!has() && process.env.RUSTUP_AUTO_INSTALL !== "0" && which("rustup")) {
    await step(`rustup target add ${TARGET}`, false, () =>
      run("rustup", ["target", "add", TARGET]),
    );
  }
  if (has()) {
    console.error("- std for wasm32: in place (rustup's)");
    return plainRust(sysroot);
  }
  return await debianRust();
}

function plainRust(sysroot) {
  return {
    small: false,
    cargo: "cargo",
    clippy: ["cargo", "clippy"],
    flags: [],
    env: {},
    clippyEnv: {},
    clippyFlags: [],
    cargoFlags: [],
    remap: [[join(sysroot, "lib/rustlib/src/rust"), "/rust"]],
  };
}

async function debianRust() {
  const otherwise =
    `No std for wasm32. Where rustup may download:  rustup target add ${TARGET}\n` +
    `On Debian or Ubuntu:  apt-get install ${PACKAGES.join(" ")} lld`;
  const ready = () => PACKAGES.every(isInstalled) && newest("wasm-ld-") !== undefined;
  await step("Debian's Rust and lld", ready(), async () => {
    if (!which("apt-get")) throw new Stop(otherwise);
    // The linker's packages are numbered; the newest one suits.
    const linkers = () =>
      (ask("apt-cache", ["search", "--names-only", "^lld-[0-9]+$"]) ?? "")
        .split("\n")
        .map((line) => line.split(" ")[0])
        .filter(Boolean)
        .sort((a, b) => Number(b.slice(4)) - Number(a.slice(4)));
    await installPackages(PACKAGES, otherwise);
    if (newest("wasm-ld-") === undefined) {
      await installPackages([linkers()[0] ?? "lld"], otherwise);
    }
    if (!ready()) throw new Stop(otherwise);
  });

  const rustc = "/usr/bin/rustc";
  const source = join(ask(rustc, ["--print", "sysroot"]) ?? "/usr", "lib/rustlib/src/rust");
  const remap = [
    [source, "/rust"],
    [realpathSync(source), "/rust"],
  ];
  const env = {
    PATH: `/usr/bin:${process.env.PATH}`,
    RUSTUP_TOOLCHAIN: undefined,
    RUSTC_BOOTSTRAP: "1",
    [`CARGO_TARGET_${TARGET.toUpperCase().replaceAll("-", "_")}_LINKER`]: newest("wasm-ld-"),
  };

  const version = ask(rustc, ["-vV"]);
  for (const kind of [SMALL, PLAIN]) {
    const key = sha256(version, JSON.stringify(kind)).slice(0, 16);
    const home = path("target/wasm-std", key);
    const refused = path("target/wasm-std", `${key}.refused`);
    if (existsSync(refused)) continue;
    let built = existsSync(home);
    await step(`std for wasm32, ${kind.name}`, built, async () => {
      built = await buildStd({ kind, home, rustc, env, remap });
      if (!built) {
        console.error("  refused by this compiler");
        mkdirSync(path("target/wasm-std"), { recursive: true });
        writeFileSync(refused, "");
      }
    });
    if (!built) continue;
    return {
      small: kind === SMALL,
      cargo: "/usr/bin/cargo",
      clippy: ["/usr/bin/cargo-clippy", "clippy"],
      flags: kind.rustFlags,
      // By a wrapper, not by a flag: cargo mixes flags into symbol names, and the folder's name with them.
      env: { ...env, ...kind.env("WASM"), RUSTC: join(home, "rustc") },
      clippyEnv: { RUSTC: rustc },
      clippyFlags: [`--sysroot=${home}`],
      cargoFlags: kind.cargoFlags,
      remap,
    };
  }
  throw new Stop(otherwise);
}

const SMALL = {
  name: "small",
  rustFlags: ["-Zlocation-detail=none", "-Zfmt-debug=none"],
  cargoFlags: ["-Zpanic-immediate-abort"],
  stdFlags: ["-Zbuild-std-features=optimize_for_size"],
  env: (profile) => ({ [`CARGO_PROFILE_${profile}_PANIC`]: "immediate-abort" }),
};
const PLAIN = {
  name: "plain",
  rustFlags: [],
  cargoFlags: [],
  stdFlags: [],
  env: (profile) => ({ [`CARGO_PROFILE_${profile}_PANIC`]: "abort" }),
};

/** Builds std once, as the dependency of an empty crate, and lays it out as a sysroot. */
async function buildStd({ kind, home, rustc, env, remap }) {
  const stub = `${home}.build`;
  rmSync(stub, { recursive: true, force: true });
  mkdirSync(join(stub, "src"), { recursive: true });
  writeFileSync(
    join(stub, "Cargo.toml"),
    '[package]\nname = "stub"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n',
  );
  writeFileSync(join(stub, "src/lib.rs"), "#![no_std]\n");
  const flags = ["-Cembed-bitcode=yes", ...kind.rustFlags, ...remapFlags(remap)];
  const { code, output } = await run(
    "/usr/bin/cargo",
    [
      "build",
      "--release",
      `--target=${TARGET}`,
      "-Zbuild-std=std,panic_abort",
      ...kind.cargoFlags,
      ...kind.stdFlags,
    ],
    {
      cwd: stub,
      env: {
        ...env,
        ...kind.env("RELEASE"),
        RUSTC: rustc,
        RUSTFLAGS: undefined,
        CARGO_TARGET_DIR: join(stub, "target"),
        CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "z",
      },
    },
  );
  if (code !== 0) {
    console.error(output.trimEnd().split("\n").slice(-15).join("\n"));
    return false;
  }
  const sysroot = join(stub, "sysroot");
  const libraries = join(sysroot, "lib/rustlib", TARGET, "lib");
  const built = join(stub, "target", TARGET, "release/deps");
  mkdirSync(libraries, { recursive: true });
  for (const file of readdirSync(built)) {
    if (file.endsWith(".rlib") && !file.startsWith("libstub-")) {
      cpSync(join(built, file), join(libraries, file));
    }
  }
  // Only what is for wasm32 sees this std; build scripts and macros have the compiler's own.
  const wrapper = join(sysroot, "rustc");
  writeFileSync(
    wrapper,
    `#!/bin/sh
for argument in "$@"; do
  if [ "$argument" = ${TARGET} ]; then exec ${rustc} --sysroot="$(dirname "$0")" "$@"; fi
done
exec ${rustc} "$@"
`,
  );
  chmodSync(wrapper, 0o755);
  renameSync(sysroot, home);
  rmSync(stub, { recursive: true, force: true });
  return true;
}

/** @param {[string, string][]} pairs */
export const remapFlags = (pairs) => pairs.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);

/** The folders of this machine whose names must not reach what is published. */
export function machineFolders() {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const registries = join(cargo, "registry/src");
  const crates = existsSync(registries)
    ? readdirSync(registries).map((name) => join(registries, name))
    : [];
  return { root: ROOT, home: homedir(), cargo, registries, crates };
}

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

/** Where Chromium is, installed if need be. */
export async function ensureChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) throw new Stop(`CHROMIUM_PATH: no such file: ${given}`);
    return given;
  }
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return ensureProgram("Chromium", names, ["chromium"], "Or name one in CHROMIUM_PATH.");
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
