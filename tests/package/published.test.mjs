// What tools that judge npm packages say of the packed tarball, and the notices in it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { compiledCrates, licenceTexts, notices } from "../../scripts/lib/notices.mjs";
import { path } from "../../scripts/lib/run.mjs";
import { packTarball, refuseOtherFiles } from "../../scripts/lib/tarball.mjs";

const NAME = "upstash-workflow-dlq";

describe("the tarball", () => {
  let folder;
  let tarball;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "dlq-"));
    tarball = await packTarball(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  test("publint has nothing to say", async () => {
    const bytes = Uint8Array.from(tarball.bytes).buffer;
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    assert.equal(pkg.name, NAME);
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });

  test("the types are right in every way of resolving them", async () => {
    const options = { excludeEntrypoints: ["./core.wasm", "./core-read.wasm"] };
    const found = await checkPackage(createPackageFromTarballData(tarball.bytes), options);
    assert.deepEqual(Object.keys(found.entrypoints), [".", "./slim", "./read", "./package.json"]);
    assert.deepEqual(found.problems, []);
  });

  test("a file too many or too few is refused", () => {
    refuseOtherFiles(tarball.files);
    assert.throws(() => refuseOtherFiles([...tarball.files, { path: ".env" }]), /holds \.env/);
    assert.throws(() => refuseOtherFiles(tarball.files.slice(1)), /lacks LICENSE/);
  });

  test("slim can be required", async () => {
    const slim = createRequire(import.meta.url)("upstash-workflow-dlq/slim");
    assert.throws(() => new slim.Client({ token: "t" }), { code: "wasm_unavailable" });
    await slim.init(readFileSync(path("pkg/core.wasm")));
    const { dlq } = new slim.Client({ token: "t" });
    await assert.rejects(dlq.resume({}), slim.ValidationError);
  });

  test("needs no other package", () => {
    const described = JSON.parse(readFileSync(path("pkg/package.json"), "utf8"));
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "scripts"]) {
      assert.equal(described[kind], undefined, kind);
    }
  });
});

describe("the notices", () => {
  test("name every crate that the wasm is compiled from", () => {
    const text = readFileSync(path("pkg/THIRD-PARTY-NOTICES"), "utf8");
    assert.equal(text, notices(NAME), "the same on every build");
    const crates = compiledCrates(NAME);
    const names = crates.map(({ name }) => name);
    for (const name of ["js-sys", "serde", "wasm-bindgen", "web-sys"]) {
      assert.ok(names.includes(name), name);
    }
    for (const name of [NAME, "serde_derive", "proptest", "wasm-bindgen-macro"]) {
      assert.ok(!names.includes(name), name);
    }
    for (const { name, version } of crates) assert.ok(text.includes(`- ${name} ${version} (`));
    assert.match(text, /Permission is hereby granted, free of charge/);
  });

  test("a licence that is not allowed, or has no text, is refused", () => {
    const crate = { name: "thing", version: "1.0.0", folder: path("pkg") };
    assert.throws(
      () => licenceTexts({ ...crate, license: "GPL-3.0" }),
      /licence GPL-3\.0; allowed/,
    );
    assert.throws(
      () => licenceTexts({ ...crate, license: "MIT OR Apache-2.0" }),
      /without LICENSE-MIT/,
    );
    assert.equal(licenceTexts({ ...crate, license: "MIT" }).length, 1);
  });
});
