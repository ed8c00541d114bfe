// An import does nothing: it needs nothing of what the first client needs, and leaves nothing behind.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { path } from "../../scripts/lib/run.mjs";

for (const name of ["inline", "slim", "read"]) {
  test(`${name}: without any of the platform's globals`, () => {
    // A realm of the language alone; jsdom, as Jest sets it up, lacks some of the rest as well.
    const realm = vm.createContext();
    vm.runInContext("delete globalThis.WebAssembly;", realm);
    const before = Object.getOwnPropertyNames(realm);
    const source = readFileSync(path(`pkg/${name}.cjs`), "utf8");
    const module = { exports: {} };
    vm.runInContext(`(function (module, exports) {${source}\n})`, realm)(module, module.exports);
    const { Client, ValidationError } = module.exports;
    assert.equal(new ValidationError({ message: "m" }).name, "ValidationError");
    assert.throws(() => new Client({ token: "t" }), { code: "missing_global" });
    assert.deepEqual(Object.getOwnPropertyNames(realm), before);
  });
}
