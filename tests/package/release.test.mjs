// What the release check refuses, and what it says the package is made of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compiledCrates } from "../../scripts/lib/notices.mjs";
import { sbom } from "../../scripts/lib/sbom.mjs";
import { refuseOtherRepository, refuseOtherVersion } from "../../scripts/release.mjs";

test("the tag, the version and the changelog agree", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-31\n";
  refuseOtherVersion("v1.2.3", "1.2.3", changelog);
  assert.throws(() => refuseOtherVersion("v1.2.4", "1.2.3", changelog), /tag is v1\.2\.4/);
  assert.throws(() => refuseOtherVersion("1.2.3", "1.2.3", changelog), /tag is 1\.2\.3/);
  assert.throws(() => refuseOtherVersion("v1.2.0", "1.2.0", changelog), /no "## 1\.2\.0 - date"/);
});

test("the SBOM names the package and every crate, and follows from them", () => {
  const own = { name: "upstash-workflow-dlq", version: "0.1.0", license: "MIT" };
  const crates = compiledCrates(own.name);
  const document = sbom(own, crates);
  assert.deepEqual(document, sbom(own, crates));
  assert.match(
    document.serialNumber,
    /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/,
  );
  assert.equal(document.metadata.component.purl, "pkg:npm/upstash-workflow-dlq@0.1.0");
  const refs = document.components.map((component) => component["bom-ref"]);
  assert.equal(refs.length, crates.length);
  assert.deepEqual(document.dependencies[0].dependsOn, refs);
  const { version } = crates.find(({ name }) => name === "wasm-bindgen");
  assert.ok(refs.includes(`pkg:cargo/wasm-bindgen@${version}`));
  const newer = sbom({ ...own, version: "0.2.0" }, crates);
  assert.notEqual(newer.serialNumber, document.serialNumber);
});

test("the repository that publishes is the one that package.json names", () => {
  const here = "https://github.com/someone/upstash-workflow-dlq";
  refuseOtherRepository(here, { repository: { url: `git+${here}.git` } });
  const refused = [undefined, { url: "git+https://github.com/another/fork.git" }];
  for (const repository of refused) {
    assert.throws(
      () => refuseOtherRepository(here, { repository }),
      /repository\.url is .*; set git\+/,
    );
  }
});
