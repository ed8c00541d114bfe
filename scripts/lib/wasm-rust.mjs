// The Rust compiler for wasm32, and the standard library that it links.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installPackages, isInstalled } from "./installation.mjs";
import { ask, path, ROOT, run, Stop, sha256, step, which } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";
const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"];

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
