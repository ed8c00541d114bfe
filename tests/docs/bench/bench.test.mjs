// The bench works, at a size at which its figures say nothing; and the documents hold what it wrote.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { drawn } from "../../../scripts/bench/bars.mjs";
import { BENCHES } from "../../../scripts/bench/index.mjs";
import { documentsOf, FIGURES } from "../../../scripts/bench/page.mjs";
import { RUNTIMES, SUBJECTS } from "../../../scripts/bench/runtimes.mjs";
import { path } from "../../../scripts/lib/run.mjs";

const bench = (...args) =>
  new Promise((resolve) => {
    const program = [path("scripts/bench/index.mjs"), ...args];
    execFile(process.execPath, program, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

/** Every number of a value, with where it stands. */
function* numbers(value, place = []) {
  if (typeof value === "number") yield [place.join("."), value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* numbers(inner, [...place, key]);
}

test("a quick run: every bench, every runtime, every subject", async () => {
  const { code, stdout, stderr } = await bench("--quick", "--json");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^--quick: too small for these figures to mean anything;.*benchmarks\.md$/m);
  const { machine, versions, figures, goals } = JSON.parse(stdout);
  assert.ok(machine.cores >= 1);
  assert.deepEqual(Object.keys(versions), Object.keys(RUNTIMES));
  assert.deepEqual(Object.keys(figures), Object.keys(BENCHES));
  for (const [place, number] of numbers(figures)) assert.ok(Number.isFinite(number), place);
  for (const runtime of Object.keys(RUNTIMES)) {
    // In workerd what an empty Worker takes is measured beside them.
    const begun = Object.keys(figures.startup[runtime]).filter((name) => name !== "empty");
    assert.deepEqual(begun, ["ours", "sdk"]);
    for (const { entries, medians } of figures.drive[runtime]) {
      assert.deepEqual(Object.keys(medians), SUBJECTS);
      for (const [subject, one] of Object.entries(medians)) {
        assert.equal(one.resumed, entries, `${subject} in ${runtime}`);
        for (const name of ["wallMs", "peakKb"]) assert.ok(one[name] > 0, `${subject}: ${name}`);
        assert.ok(one.requests >= entries / 100, `${subject}: requests`);
      }
    }
  }
  for (const [name, medians] of Object.entries(figures.spread.spreads)) {
    for (const [subject, { resumed }] of Object.entries(medians)) {
      assert.equal(resumed, figures.spread.entries, `${name}: ${subject}`);
    }
  }
  const [limited] = figures.limit.Node;
  for (const subject of ["sdk", "bare"]) {
    assert.ok(limited.medians[subject].error, `${subject} does not wait for a limit`);
  }
  assert.equal(limited.medians["pages 8"].remaining, 0);
  const { sdk, bare } = figures.wire.runtimes.Node;
  for (const one of [sdk, bare]) assert.ok(one.sent > 0 && one.received > one.sent);
  const all = Object.values(goals).flat();
  assert.ok(all.length >= 8, `${all.length} goals`);
  for (const goal of all) {
    assert.deepEqual(Object.keys(goal), ["what", "figure", "goal", "met"]);
    assert.equal(typeof goal.met, "boolean");
  }
});

test("an unknown bench is named, with those that there are", async () => {
  const { code, stderr } = await bench("speed");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /No bench "speed"\. There are: startup, drive, spread, limit, cpu, memory, wire/,
  );
});

test("a part of a run is not written into the documents", async () => {
  for (const args of [["cpu"], ["--quick"]]) {
    const { code, stderr } = await bench("--write", ...args);
    assert.equal(code, 1);
    assert.match(stderr, /--write is for a whole run/);
  }
});

test("page and plots are what the figures say", () => {
  const figures = JSON.parse(readFileSync(path(FIGURES), "utf8"));
  const documents = documentsOf(figures, BENCHES);
  for (const name of ["docs/benchmarks.md", "docs/benchmarks/drive.svg"]) {
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
