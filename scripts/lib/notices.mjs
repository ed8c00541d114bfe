// What is compiled into the wasm besides our own code, and under which licences.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ask, Stop } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";

/** Licence expressions that are allowed → the files whose texts have to travel along. */
export const ALLOWED = {
  MIT: ["LICENSE"],
  "MIT OR Apache-2.0": ["LICENSE-MIT"],
  "Apache-2.0 OR MIT": ["LICENSE-MIT"],
  "(MIT OR Apache-2.0) AND Unicode-3.0": ["LICENSE-MIT", "LICENSE-UNICODE"],
};

/**
 * The crates that are compiled into the wasm: neither procedural macros nor what builds or tests.
 *
 * @returns {{ name: string, version: string, license: string, folder: string }[]}
 */
export function compiledCrates(root) {
  const args = ["metadata", "--format-version=1", "--locked", `--filter-platform=${TARGET}`];
  const metadata = ask("cargo", args, { maxBuffer: 2 ** 26 });
  if (metadata === undefined) throw new Stop(`failed: cargo ${args.join(" ")}`);
  const { packages, resolve } = JSON.parse(metadata);
  const byId = new Map(packages.map((one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((one) => [one.id, one]));
  const isMacro = (id) => byId.get(id).targets.some(({ kind }) => kind.includes("proc-macro"));
  const found = new Set();
  const visit = (id) => {
    if (found.has(id) || isMacro(id)) return;
    found.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  const { id: own } = packages.find(({ name }) => name === root);
  visit(own);
  found.delete(own);
  return [...found]
    .map((id) => byId.get(id))
    .map(({ name, version, license, manifest_path: manifest }) => {
      return { name, version, license, folder: dirname(manifest) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The licence texts of a crate; one that is not allowed, or lacks its text, is refused. */
export function licenceTexts({ name, version, license, folder }) {
  const files = ALLOWED[license];
  if (!files) {
    const known = Object.keys(ALLOWED).join("; ");
    throw new Stop(`${name} ${version} has the licence ${license}; allowed are: ${known}`);
  }
  const present = readdirSync(folder);
  return files.map((file) => {
    if (!present.includes(file)) throw new Stop(`${name} ${version} comes without ${file}`);
    return readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
  });
}

const HEAD = `THIRD-PARTY NOTICES

core.wasm, bytes.js, core.js, inline.cjs, slim.cjs, core-read.wasm, core-read.js and read.cjs of this package
hold code of these Rust crates.
Where a crate offers a choice, it is used under the MIT licence.

They hold parts of the Rust standard library as well (https://github.com/rust-lang/rust, MIT OR
Apache-2.0), copyright the Rust project contributors, used under the MIT licence: the permission
notice is the one below.
`;

/** THIRD-PARTY-NOTICES: the crates, and each licence text once. */
export function notices(root) {
  const crates = compiledCrates(root);
  const users = new Map();
  for (const crate of crates) {
    for (const text of licenceTexts(crate)) {
      users.set(text, [...(users.get(text) ?? []), `${crate.name} ${crate.version}`]);
    }
  }
  const list = crates.map(({ name, version, license }) => `- ${name} ${version} (${license})`);
  const texts = [...users].map(
    ([text, names]) => `${"-".repeat(72)}\n${names.join(", ")}\n\n${text}\n`,
  );
  return [HEAD, `${list.join("\n")}\n`, ...texts].join("\n");
}
