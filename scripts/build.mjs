// Writes the package as it is published to pkg/: `npm run build`.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { notices } from "./lib/notices.mjs";
import { packedModule } from "./lib/packing.mjs";
import { isCommand, main, must, path, ROOT, Stop, sha256, step } from "./lib/run.mjs";
import { machineFolders, remapFlags } from "./lib/wasm-rust.mjs";
import { setup } from "./setup.mjs";

const NAME = "upstash-workflow-dlq";

/**
 * A build of the core.
 *
 * @typedef {object} Core
 * @property {string} name of its files in the package
 * @property {string} target the folder that cargo builds in: both builds give their file the same name, so one folder
 *   would take the other's for its own
 * @property {string[]} flags for cargo
 */

/** @type {Core} */
export const CORE = { name: "core", target: "target/wasm", flags: [] };
/** What `upstash-workflow-dlq/read` loads: without what only acts. @type {Core} */
export const READING = {
  name: "core-read",
  target: "target/wasm-read",
  flags: ["--no-default-features"],
};

/** The wasm of a build as cargo writes it. @param {Core} core */
export const wasmOf = (core) =>
  path(core.target, "wasm32-unknown-unknown/wasm/upstash_workflow_dlq.wasm");
const MADE = path("pkg");
// What rustc emits for wasm32 by default; the optimiser has to be told.
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
].map((name) => `--enable-${name}`);

/** All files of a folder, or the file itself, in one order everywhere. */
function files(name) {
  const from = path(name);
  if (statSync(from).isFile()) return [from];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** What the package is made from, as one hash. */
function hashOfSources(rust) {
  const sources = [
    "src",
    "pkg-template",
    "scripts/bindgen",
    "scripts/lib",
    "scripts/build.mjs",
    "scripts/setup.mjs",
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "package-lock.json",
  ].flatMap(files);
  const parts = sources.flatMap((file) => [relative(ROOT, file), readFileSync(file)]);
  return sha256(JSON.stringify([rust.small, rust.flags, rust.cargoFlags]), ...parts);
}

/** The environment and arguments with which cargo builds or checks a core for wasm32. */
export function wasmCargo(rust, core = CORE) {
  const { root, home, cargo, crates } = machineFolders();
  const remap = [
    [home, "/home"],
    [cargo, "/cargo"],
    ...crates.map((folder) => [folder, "/cargo"]),
    ...rust.remap,
    [root, "/src"],
  ];
  // By cargo's own variable: a folder's name may hold a space.
  const flags = [...rust.flags, ...remapFlags(remap)];
  const env = {
    ...rust.env,
    RUSTFLAGS: undefined,
    CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
    CARGO_TARGET_DIR: path(core.target),
  };
  const args = ["--target=wasm32-unknown-unknown", "--locked", ...core.flags, ...rust.cargoFlags];
  return { env, args };
}

/** Compiles a core. @param {Core} core */
async function compile(rust, core) {
  const { env, args } = wasmCargo(rust, core);
  await must(rust.cargo, ["build", "-p", NAME, "--lib", "--profile=wasm", ...args], { env });
}

/** Both builds have the same dependencies: those of the first are copied for the other one, not compiled again. */
function shareDependencies() {
  const [from, to] = [CORE, READING].map(({ target }) => path(target));
  if (existsSync(to)) return;
  const copying = `${to}.copying`;
  rmSync(copying, { recursive: true, force: true });
  // Cargo compares the files' times.
  cpSync(from, copying, { recursive: true, preserveTimestamps: true });
  renameSync(copying, to);
}

/** What is other in our glue than in wasm-bindgen's, each found once. */
const GLUE = {
  // Without its loader: how the wasm is loaded is up to each entry.
  "its exports": [
    /^export \{ initSync, __wbg_init as default \};$/m,
    "export { __wbg_get_imports as imports, __wbg_finalize_init as adopt };",
  ],
  // An import does nothing: jsdom, as Jest sets it up, has no TextDecoder and no TextEncoder.
  "its decoder": [
    /^let cachedTextDecoder = .*\ncachedTextDecoder\.decode\(\);$/m,
    "let cachedTextDecoder;",
  ],
  "when its decoder is made": [
    /^let numBytesDecoded = 0;$/m,
    "let numBytesDecoded = MAX_SAFARI_DECODE_BYTES;",
  ],
  "its encoder": [
    /^const cachedTextEncoder = .*\n\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{\n(?: .*\n)+\}$/m,
    "let textEncoder;\nconst utf8 = () => (textEncoder ??= new TextEncoder());",
  ],
  "where it encodes": [/\bcachedTextEncoder\.encode\(/, "utf8().encode("],
  "where it encodes into memory": [/\bcachedTextEncoder\.encodeInto\(/, "utf8().encodeInto("],
  // Fake clocks of test runners stop what is queued by its own name, for ever.
  "its queue": [/\bqueueMicrotask\(arg0\);/, "Promise.resolve().then(arg0);"],
  // Where there is a `globalThis` the others are not asked for.
  global: [/typeof global === 'undefined' \? undefined : global;/, "undefined;"],
  self: [/typeof self === 'undefined' \? undefined : self;/, "undefined;"],
  window: [/typeof window === 'undefined' \? undefined : window;/, "undefined;"],
  // Only this package holds them, and gives them back itself.
  "how a Core is disposed of": [/^if \(Symbol\.dispose\) Core\.prototype.*$/m, ""],
  "how a Driver is disposed of": [/^if \(Symbol\.dispose\) Driver\.prototype.*$/m, ""],
  "its module's name": [/"\.\/core_bg\.js": import0/, "a: import0"],
};

/**
 * The glue as a function: what it knows of an instance must not be mixed with what it knows of another.
 *
 * `minified`: what wasm-opt printed of the names it gave: they end in hashes, which don't compress.
 */
async function trimmedGlue(source, minified) {
  const { transform } = await import("esbuild");
  let own = source;
  for (const [what, [pattern, replacement]] of Object.entries(GLUE)) {
    if (!pattern.test(own)) throw new Stop(`wasm-bindgen's output has changed: ${what}`);
    own = own.replace(pattern, replacement);
  }
  const { imports, exports } = JSON.parse(minified);
  const names = Object.fromEntries([...imports.map((names) => names.slice(1)), ...exports]);
  const { code } = await transform(own, {
    format: "esm",
    target: "es2022",
    treeShaking: true,
    mangleProps: new RegExp(`^(${Object.keys(names).join("|")})$`),
    mangleCache: names,
  });
  const exported = (_, names) => `return {${names.replace(/(\w+) as (\w+)/g, "$2: $1")}};`;
  return `export const glue = () => {\n${code.replace(/^export \{([^}]*)\};$/m, exported)}};\n`;
}

/** No folder of this machine may be named in what is published. */
function refuseMachinePaths() {
  const { root, home, cargo } = machineFolders();
  for (const file of files("pkg")) {
    const text = readFileSync(file, "latin1");
    const found = [root, home, cargo].find((folder) => folder !== "/" && text.includes(folder));
    if (found) throw new Stop(`${relative(ROOT, file)} names a folder of this machine: ${found}`);
  }
}

function sameVersions() {
  const { version } = JSON.parse(readFileSync(path("pkg-template/package.json"), "utf8"));
  const crate = /^version = "(.*)"$/m.exec(readFileSync(path("Cargo.toml"), "utf8"))?.[1];
  if (version !== crate) {
    throw new Stop(`pkg-template/package.json says ${version}, Cargo.toml ${crate}`);
  }
}

/** Writes the wasm and the glue of a compiled core into the package. @param {Core} core */
async function optimise(bindgen, core) {
  const raw = path("target/bindgen", core.name);
  const optimised = join(MADE, `${core.name}.wasm`);
  await must(bindgen, [wasmOf(core), raw]);
  const minified = await must(path("node_modules/.bin/wasm-opt"), [
    // The control flow anew, from flat code: it comes out shorter than the compiler's. Once more after
    // optimising: it comes out shorter again.
    "--flatten",
    "--rereloop",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    // What is called once stays a function, if it is not tiny: it compresses better beside the others.
    "--one-caller-inline-max-function-size=25",
    "--minify-imports-and-exports-and-modules",
    ...FEATURES,
    join(raw, "core_bg.wasm"),
    "-o",
    optimised,
  ]);
  const glue = await trimmedGlue(readFileSync(join(raw, "core.js"), "utf8"), minified);
  writeFileSync(join(MADE, `${core.name}.js`), glue);
}

async function assemble() {
  const { build: bundle } = await import("esbuild");
  writeFileSync(join(MADE, "bytes.js"), packedModule(readFileSync(join(MADE, "core.wasm"))));
  cpSync(path("pkg-template"), MADE, { recursive: true });
  cpSync(path("LICENSE"), join(MADE, "LICENSE"));
  writeFileSync(join(MADE, "THIRD-PARTY-NOTICES"), notices(NAME));
  for (const name of ["index", "slim", "read"]) {
    const types = readFileSync(join(MADE, `${name}.d.ts`), "utf8");
    writeFileSync(
      join(MADE, `${name}.d.cts`),
      types.replaceAll(/\.\/(index|slim)\.js/g, "./$1.cjs"),
    );
  }
  await bundle({
    entryPoints: {
      inline: join(MADE, "node.js"),
      slim: join(MADE, "slim.js"),
      read: join(MADE, "read.js"),
    },
    outdir: MADE,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "neutral",
    target: "es2022",
    legalComments: "none",
    logLevel: "error",
  });
  refuseMachinePaths();
}

/** So that whatever runs in this repository imports the package by its name, as a user does. */
function link() {
  const place = path("node_modules", NAME);
  if (existsSync(place)) return;
  rmSync(place, { force: true });
  symlinkSync("../pkg", place);
}

/** Builds the package where it isn't what the sources say. Answers what it was built with. */
export async function build() {
  const { rust, bindgen } = await setup();
  sameVersions();
  // Beside the package, not in it.
  const stamp = path("target/pkg.hash");
  const hash = hashOfSources(rust);
  const done = existsSync(MADE) && existsSync(stamp) && readFileSync(stamp, "utf8").trim() === hash;
  await step("the package, in pkg/", done, async () => {
    rmSync(stamp, { force: true });
    // The folder of the crates has to be there before its name can be remapped.
    await must("cargo", ["fetch", "--locked"]);
    await compile(rust, CORE);
    shareDependencies();
    // At once: each has one thread.
    rmSync(MADE, { recursive: true, force: true });
    mkdirSync(MADE, { recursive: true });
    await Promise.all([
      optimise(bindgen, CORE),
      compile(rust, READING).then(() => optimise(bindgen, READING)),
    ]);
    await assemble();
    writeFileSync(stamp, `${hash}\n`);
  });
  link();
  return rust;
}

if (isCommand(import.meta)) await main(build);
