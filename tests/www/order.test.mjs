// Orders of jobs that are refused, and what the refusal says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./world.mjs";

test("what can't be right is refused, all of it, before anything is begun", async (t) => {
  const at = await world();
  t.after(() => at.close());
  const IN_FORM = ["operation", "selection", "overrides", "drive"];
  const base = {
    id: crypto.randomUUID(),
    name: "x",
    operation: "resume",
    selection: { all: true },
  };
  const table = [
    [{ name: "" }, ["name"]],
    [{ name: "x".repeat(101), reason: 1 }, ["name", "reason"]],
    [{ operation: "toString" }, ["operation"]],
    [{ selection: undefined }, ["selection"]],
    [{ selection: { dlqIds: [] } }, ["selection.dlqIds"]],
    [{ selection: { filter: {} } }, ["selection.filter"]],
    [{ selection: { filter: { label: "x", lable: "x" } } }, ["selection.filter.lable"]],
    [{ selection: { dlqIds: Array(50_001).fill("1-0") } }, ["selection.dlqIds"]],
    [
      { overrides: { retries: -1, delay: "1 fortnight" } },
      ["overrides.retries", "overrides.delay"],
    ],
    [{ operation: "delete", overrides: {} }, ["overrides"]],
    [{ drive: { onCheckpoint: 1 } }, ["drive.onCheckpoint"]],
    [{ drive: { concurrency: 0 } }, ["drive.concurrency"]],
    [{ operation: "failureFunction" }, ["selection"]],
    [{ confirmed: 0 }, ["confirmed"]],
    [{ confirmed: 1.5 }, ["confirmed"]],
    [{ expected: 5 }, ["expected"]],
    [{ selection: { dlqIds: Array(700_000).fill(0) } }, ["selection.dlqIds"]],
    [{ selection: ["1-0"] }, ["selection"]],
    [{ selection: "1-0" }, ["selection"]],
    [{ selection: Array(60_000).fill("1-0") }, ["selection"]],
    [{ selection: { dlqIds: ["x".repeat(201)] } }, ["selection.dlqIds.0"]],
    [{ selection: { filter: { label: "x".repeat(5_000) } } }, ["selection"]],
    [{ selection: { filter: { label: Array(5_000).fill("x".repeat(20)) } } }, ["selection"]],
    [{ overrides: { label: ["x".repeat(5_000)] } }, ["overrides"]],
    [
      {
        overrides: {
          label: Array(20)
            .fill()
            .reduce((inner) => [inner], []),
        },
      },
      ["overrides"],
    ],
    [{ drive: { constructor: 1 } }, ["drive.constructor"]],
    [{ drive: { where: { responseBody: "x".repeat(5_000) } } }, ["drive"]],
    [{ drive: [] }, ["drive"]],
    [{ operation: ["delete"] }, ["operation"]],
    [{ operation: "failureFunction", selection: { dlqIds: ["1-0"] }, drive: {} }, ["drive"]],
    [{ operation: "failureFunction", selection: { dlqIds: ["1-0"], all: true } }, ["selection"]],
    [{ force: true }, ["force"]],
    [{ id: 7 }, ["id"]],
  ];
  for (const [change, paths] of table) {
    const response = await at.post("/api/jobs", { ...base, ...change });
    const { error } = await response.json();
    assert.equal(response.status, 400, JSON.stringify(change));
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      paths,
    );
    assert.ok(error.issues.every(({ message }) => message.length > 5));
    // The form says the same of its own part, before it is a job.
    const { id: _, name: __, ...draft } = { ...base, ...change };
    if (Object.keys(change).some((key) => !IN_FORM.includes(key))) continue;
    const checked = await at.post("/api/jobs/check", draft);
    assert.equal(checked.status, 400, JSON.stringify(change));
    assert.deepEqual((await checked.json()).error, error);
  }
  const { id: _, name: __, ...draft } = base;
  // A refusal quotes the name of a field, up to a length; a body has room for one of a megabyte.
  const odd = `${"x".repeat(119)}\u{1f6a2}`.padEnd(1_400_000, "x");
  for (const [change, within] of [
    [{ [odd]: 1 }, ""],
    [{ drive: { [odd.slice(0, 32_000)]: 1 } }, "drive."],
    [{ selection: { filter: { [odd.slice(0, 32_000)]: 1 } } }, "selection.filter."],
    [{ overrides: { [odd.slice(0, 32_000)]: 1 } }, "overrides."],
  ]) {
    for (const [route, order] of [
      ["/api/jobs", base],
      ["/api/jobs/check", draft],
    ]) {
      const response = await at.post(route, { ...order, ...change });
      assert.equal(response.status, 400);
      const answer = await response.text();
      assert.ok(answer.length < 2_000, `${route} ${within}: ${answer.length}`);
      const { issues } = JSON.parse(answer).error;
      const said = issues.find(({ path }) => path.startsWith(`${within}${"x".repeat(119)}`));
      assert.ok(said.path.isWellFormed() && said.path.length < 140, said.path);
    }
  }
  assert.equal((await at.post("/api/jobs/check", draft)).status, 204);
  assert.equal((await at.post("/api/jobs/check", base)).status, 400, "it is no job yet");
  for (const body of [null, 7, "x", []]) {
    assert.equal((await at.post("/api/jobs", body)).status, 400);
  }
  assert.equal((await at.post("/api/jobs", { ...base, id: "../../x" })).status, 400);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ ...base, overrides: 0 }).replace(
    /"overrides":0/,
    `"overrides":{"a":${deep}}`,
  );
  assert.equal((await at.call("/api/jobs", { method: "POST", headers, body })).status, 400);
  assert.equal((await at.emulator.requests()).total, 0);
});
