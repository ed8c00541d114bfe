// The bench refuses what it can't do, and the documents hold what it wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { drawn } from "../../../scripts/bench/bars.mjs";
import { BENCHES } from "../../../scripts/bench/index.mjs";
import { documentsOf, FIGURES } from "../../../scripts/bench/page.mjs";
import { path } from "../../../scripts/lib/run.mjs";
import { bench } from "./bench.mjs";

test("an unknown bench is named, with those that there are", async () => {
  const { code, stderr } = await bench("speed");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /No bench "speed"\. There are: startup, drive, spread, limit, cpu, memory, ids, wire/,
  );
});

test("a part of a run is not written into the documents", async () => {
  for (const args of [["cpu"], ["--quick"]]) {
    const { code, stderr } = await bench("--write", ...args);
    assert.equal(code, 1);
    assert.match(stderr, /--write is for a whole run/);
  }
});

test("another build stands beside this one where that is measured, and is one", async () => {
  for (const [args, expected] of [
    [["drive", "--before", "pkg"], /--before is for cpu and startup: drive measures this build/],
    [["cpu", "--before", "docs"], /No build in docs: name the pkg\/ of a checkout after npm run/],
  ]) {
    const { code, stderr } = await bench(...args);
    assert.equal(code, 1);
    assert.match(stderr, expected);
  }
});

test("page and plots are what the figures say", () => {
  const figures = JSON.parse(readFileSync(path(FIGURES), "utf8"));
  const documents = documentsOf(figures, BENCHES);
  for (const name of ["README.md", "docs/benchmarks.md", "docs/benchmarks/drive.svg"]) {
    assert.ok(Object.hasOwn(documents, name), name);
  }
  for (const [file, text] of Object.entries(documents)) {
    assert.equal(readFileSync(path(file), "utf8"), text, file);
  }
});

test("a bar is as long as its value, and markup in a name stays text", () => {
  const svg = drawn({
    title: "a < b",
    groups: [
      {
        name: "",
        bars: [
          { name: "one", value: 1, text: "1", ours: true },
          { name: "four", value: 4, text: "<4>" },
        ],
      },
    ],
  });
  const widths = [...svg.matchAll(/class="(?:ours|other)".* width="([\d.]+)"/g)].map(([, digits]) =>
    Number(digits),
  );
  assert.equal(widths.length, 2);
  assert.ok(Math.abs(widths[1] / widths[0] - 4) < 0.01, `${widths}`);
  assert.ok(svg.includes("<title>a &lt; b</title>"));
  assert.ok(svg.includes("&lt;4&gt;"));
});
