// Every bench runs in every runtime, at a size at which its figures say nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCHES } from "../../../../scripts/bench/index.mjs";
import { RUNTIMES, SUBJECTS } from "../../../../scripts/bench/runtimes.mjs";
import { bench } from "../bench.mjs";

/** Every number of a value, with where it stands. */
function* numbers(value, place = []) {
  if (typeof value === "number") yield [place.join("."), value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* numbers(inner, [...place, key]);
}

test("a quick run beside another build: its figures in every runtime, and the ratios", async () => {
  const args = ["cpu", "startup", "--quick", "--before", "pkg"];
  const { code, stdout, stderr } = await bench(...args);
  assert.equal(code, 0, stderr);
  for (const title of ["Import and first client", "CPU a page", "CPU of a whole drive"]) {
    const [, head] = stdout
      .slice(stdout.indexOf(`\n${title}`))
      .split("\n")
      .slice(1);
    assert.match(head, /before/, title);
  }
  const ratios = stdout.match(/\(ours: [^)]+ ×\)/g);
  // Two subjects in Node, in two tables; a start in each runtime.
  assert.equal(ratios?.length, 4 + Object.keys(RUNTIMES).length, stdout);
});

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
