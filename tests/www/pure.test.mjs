// What the page decides without a browser: filters, groups, bodies.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reportUrl } from "../../www/page/api.js";
import { chipsOf } from "../../www/page/chips.js";
import { lean, workflowName } from "../../www/page/entry.js";
import { fromQuery, isEmpty, matcher, NOTHING, toQuery } from "../../www/page/filter.js";
import { canaryIssues, fieldOf } from "../../www/page/order.js";
import { previewOf } from "../../www/page/preview.js";
import { everyMatch, refusalOf, toSelection } from "../../www/page/selection.js";
import { stepsOf } from "../../www/page/timeline.js";
import { entryOf, runsOf } from "../../www/page/typed.js";
import { viewOf } from "../../www/page/view.js";
import { warningsFor } from "../../www/page/warnings.js";

const entry = (change) =>
  lean({
    dlqId: "1700000000000-0",
    workflowUrl: "https://shop.example/order",
    workflowRunId: "wfr_1",
    responseStatus: 500,
    responseBody: '{"error":"Error","message":"down"}',
    responseHeader: { "Upstash-Error-Step-Name": ["charge"] },
    callerIP: "192.0.2.1",
    ...change,
  });

describe("filters", () => {
  const full = {
    from: Date.parse("2026-01-02T03:04:05.006Z"),
    to: Date.parse("2026-01-03T00:00:00.000Z"),
    workflow: ["https://shop.example/order?a=1&b=2"],
    label: ["shop", "eu"],
    status: ["500", "503"],
    state: ["CALLBACK_FAIL"],
    step: ["charge", "ship & bill"],
    fingerprint: ['card "…" & co.', ""],
    error: ['card "visa" & co.', ""],
    q: "Carrier",
    run: "wfr_1",
    ip: "192.0.2.1",
    key: "carrier",
    again: "0b9c1c2e-8a52-4b57-9c53-3f8a2c5f5f11",
    wrong: [],
  };

  test("a filter comes back from the URL as it was", () => {
    assert.deepEqual(fromQuery(new URLSearchParams(toQuery(full).toString())), full);
    assert.deepEqual(fromQuery(new URLSearchParams("")), NOTHING);
    assert.ok(isEmpty(NOTHING) && !isEmpty(full));
  });

  test("what a link says and no filter can be is shown, kept, and matches nothing", () => {
    const table = [
      ["from=yesterday", ["from=yesterday"]],
      // No date of the axis, or of the fields beside it.
      ["from=%2B275760-09-13", ["from=+275760-09-13"]],
      ["to=%2B275760-09-13&from=-271821-04-20", ["from=-271821-04-20", "to=+275760-09-13"]],
      ["status=5xx&status=1000&status=500", ["status=5xx", "status=1000"]],
      // The package would take 0 for it.
      ["status=500&status=00", ["status=00"]],
      ["status=050", ["status=050"]],
      // One of two would be half of what the link says.
      ["run=wfr_1&run=wfr_2&run=wfr_1", ["run=wfr_2"]],
      ["from=2026-01-01&from=2026-01-02", ["from=2026-01-02"]],
    ];
    for (const [text, wrong] of table) {
      const filter = fromQuery(new URLSearchParams(text));
      assert.deepEqual(filter.wrong, wrong, text);
      assert.deepEqual(fromQuery(toQuery(filter)), filter, text);
      assert.notEqual(matcher(filter)(entry()), undefined, text);
      const chips = chipsOf(filter).filter(({ text: said }) => said.startsWith("Not a filter: "));
      assert.deepEqual(
        chips.map(({ text: said }) => said.slice("Not a filter: ".length)),
        wrong,
      );
      let left = filter;
      for (const { key } of chips) {
        left = { ...left, ...chipsOf(left).find((chip) => chip.key === key).without };
      }
      assert.deepEqual(left.wrong, []);
    }
  });

  test("what is empty in the URL filters nothing", () => {
    for (const query of ["label=", "status=", "from=", "run=+&q=", "nothing=1&view=jobs"]) {
      assert.deepEqual(fromQuery(new URLSearchParams(query)), NOTHING, query);
    }
    assert.deepEqual(fromQuery(new URLSearchParams("label=a&label=a")).label, ["a"]);
    assert.deepEqual(fromQuery(new URLSearchParams("error= a&error=a&error=")).error, ["a", ""]);
  });

  test("what is missed is named; several at once are several", () => {
    const table = [
      [{}, undefined],
      [{ workflow: ["https://shop.example/other"] }, "workflow"],
      [{ status: ["503"] }, "status"],
      [{ status: ["503", "500"] }, undefined],
      [{ label: ["x"] }, "label"],
      [{ state: ["CALLBACK_FAIL"] }, "state"],
      [{ again: "a job" }, "text"],
      [{ again: "a job", among: new Set(["wfr_2"]) }, "text"],
      [{ again: "a job", among: new Set(["wfr_1"]) }, undefined],
      [{ error: ["down"] }, undefined],
      [{ error: ["dow"] }, "error"],
      [{ error: ["up", "down"] }, undefined],
      [{ error: [""] }, "error"],
      [{ fingerprint: ["down"] }, undefined],
      [{ fingerprint: ["down #"] }, "error"],
      [{ fingerprint: ["down #"], error: ["down"] }, undefined],
      [{ fingerprint: ["down #"], error: ["dow"] }, "error"],
      [{ step: ["charge"] }, undefined],
      [{ step: ["char"] }, "step"],
      [{ q: "DOW" }, undefined],
      [{ q: "up" }, "text"],
      [{ run: "wfr" }, "text"],
      [{ from: 1_700_000_000_000 }, undefined],
      [{ from: 1_700_000_000_001 }, "date"],
      [{ to: 1_699_999_999_999 }, "date"],
      [{ to: 1, status: ["503"] }, "several"],
    ];
    for (const [change, missed] of table) {
      assert.equal(matcher({ ...NOTHING, ...change })(entry()), missed, JSON.stringify(change));
    }
  });

  test("a search is over what the page shows, whatever the case", () => {
    const one = entry({
      labels: ["Shop"],
      responseBody: '{"message":"Card declined","at":"hidden"}',
    });
    const found = [
      "CARD D",
      "shop",
      "SHOP.example/ORDER",
      "wfr_1",
      "1700000000000-0",
      "500",
      "Charge",
    ];
    for (const q of found) assert.equal(matcher({ ...NOTHING, q })(one), undefined, q);
    for (const q of ["hidden", "192.0.2.1", "wfr_2"]) {
      assert.equal(matcher({ ...NOTHING, q })(one), "text", q);
    }
    assert.equal(matcher({ ...NOTHING, q: "no body" })(entry({ responseBody: "" })), undefined);
  });

  test("each part of a filter is a chip, and removing all of them leaves nothing", () => {
    const chips = chipsOf(full);
    assert.equal(chips.length, 19);
    assert.ok(chips.some(({ text }) => text === "Error: No body"));
    assert.ok(chips.some(({ text }) => text === "Workflow: /order"));
    assert.equal(new Set(chips.map(({ key }) => key)).size, chips.length);
    let filter = full;
    for (const { key } of chips) {
      const before = chipsOf(filter);
      filter = { ...filter, ...before.find((chip) => chip.key === key).without };
      assert.equal(chipsOf(filter).length, before.length - 1, key);
    }
    assert.ok(isEmpty(filter));
  });

  test("all that match a search are ids, as many as a job takes", () => {
    const rows = [{ id: "1-0" }, { id: "2-0" }];
    const search = { ...NOTHING, q: "x", status: ["500"] };
    assert.deepEqual(everyMatch(rows, search, 9), {
      selection: { dlqIds: ["1-0", "2-0"] },
      count: 2,
    });
    assert.deepEqual(everyMatch(rows, NOTHING, 9), {
      selection: { filter: { toDate: 9 } },
      count: 2,
    });
    const mixed = { ...NOTHING, error: ["down"], fingerprint: ["up #"] };
    assert.deepEqual(everyMatch(rows, mixed, 9).selection, { dlqIds: ["1-0", "2-0"] });
    const again = { ...NOTHING, again: "a job" };
    assert.deepEqual(everyMatch(rows, again, 9).selection, { dlqIds: ["1-0", "2-0"] });
    assert.match(refusalOf(mixed, 3, 2), /by id, 2 entries at most/);
    assert.equal(refusalOf(search, 2, 2), undefined);
    assert.match(refusalOf(search, 3, 2), /by id, 2 entries at most/);
    assert.equal(refusalOf(NOTHING, 3, 2), undefined);
  });

  test("all that match is a selection with its bound, and conditions where the service has no filter", () => {
    assert.deepEqual(toSelection(NOTHING, 9), { selection: { filter: { toDate: 9 } } });
    assert.deepEqual(toSelection({ ...full, to: undefined }, 9).selection.filter.toDate, 9);
    const { selection, where } = toSelection(full, full.to + 1);
    assert.deepEqual(selection.filter, {
      fromDate: full.from,
      toDate: full.to,
      workflowUrl: full.workflow[0],
      workflowRunId: "wfr_1",
      label: ["shop", "eu"],
      failureFunctionState: "CALLBACK_FAIL",
      callerIp: "192.0.2.1",
      flowControlKey: "carrier",
    });
    assert.deepEqual(where, {
      responseStatus: [500, 503],
      error: full.error,
      fingerprint: full.fingerprint,
      step: full.step,
    });
    assert.deepEqual(toSelection({ ...NOTHING, error: [""] }, 9).where, { error: "" });
  });
});

describe("views", () => {
  const at = (n) => `${1_700_000_000_000 + n * 1_000}-0`;
  const entries = Array.from({ length: 90 }, (_, n) =>
    entry({
      dlqId: at(n),
      responseStatus: n % 3 === 0 ? 503 : 500,
      labels: n % 2 === 0 ? ["even", "all"] : ["all"],
    }),
  ).reverse();
  const counts = (group) => Object.fromEntries(group.map(([key, count]) => [key, count]));

  test("rows, groups and bins add up; a group's own choice does not hide its other values", async () => {
    const view = await viewOf(entries, { ...NOTHING, status: ["503"] }, () => false);
    assert.equal(view.rows.length, 30);
    assert.deepEqual(counts(view.groups.status), { 500: 60, 503: 30 });
    assert.deepEqual(counts(view.groups.label), { all: 30, even: 15 });
    const sum = (list) => list.reduce((all, one) => all + one, 0);
    assert.deepEqual([sum(view.bins.all), sum(view.bins.matching)], [90, 30]);
    assert.deepEqual([view.first, view.last], [1_700_000_000_000, 1_700_000_089_000]);
  });

  test("one that nobody wants any more is given up; none has no bins", async () => {
    assert.equal(await viewOf(entries, NOTHING, () => true), undefined);
    const empty = await viewOf([], NOTHING, () => false);
    assert.deepEqual([empty.rows, empty.bins], [[], undefined]);
  });
});

describe("entries", () => {
  test("what the service leaves out does no harm", () => {
    const bare = lean({ dlqId: "x", createdAt: 5 });
    const { at, labels, error, step, workflow } = bare;
    assert.deepEqual([at, labels, error, step, workflow], [5, [], "", "", ""]);
    assert.equal(lean({ dlqId: "x", workflowCreatedAt: 6 }).at, 6);
    assert.deepEqual(lean({ dlqId: "x", label: "old" }).labels, ["old"]);
    for (const labels of [["a", "b"], ["a\nb"], ["a,b"], ['a","b']]) {
      assert.deepEqual(lean({ dlqId: "x", labels }).labels, labels);
    }
    for (const responseStatus of [-1, 1_000, 0.5, "500"]) {
      assert.equal(
        lean({ dlqId: "x", responseStatus }).status,
        undefined,
        "the package has no such",
      );
    }
    assert.equal(lean({ dlqId: "x", failureCallbackInfo: { state: "S" } }).state, "S");
    assert.equal(workflowName("not a url"), "not a url");
  });

  test("of a name as much is kept as is compared: the app's names may hold what a stranger sent", () => {
    const long = "z".repeat(100_000);
    const kept = lean({
      ...{ dlqId: "x", workflowUrl: long, callerIP: long, flowControlKey: long },
      labels: Array(1_000).fill(long),
      responseHeader: { "Upstash-Error-Step-Name": [long] },
    });
    const { workflow, ip, key, step, labels } = kept;
    assert.deepEqual(
      [workflow, ip, key, step, ...labels].map(({ length }) => length),
      Array(104).fill(1_000),
    );
  });

  test("a field of another type counts as left out, wherever it is read", () => {
    const given = {
      ...{ dlqId: "x", createdAt: "today", workflowCreatedAt: 1e300, workflowUrl: { a: 1 } },
      ...{ labels: "shop", label: 5, responseStatus: {}, failureCallbackInfo: null, callerIP: [] },
      ...{ responseBody: ["down"], responseBodyBase64: "ZG93bg==", workflowRunId: 7 },
      responseHeader: JSON.parse(
        '{"__proto__":["x"],"Upstash-Error-Step-Name":[{"a":1}],"b":null}',
      ),
    };
    const { id, at, labels, error, step, workflow, status, state, run } = lean(given);
    assert.deepEqual(
      [id, at, labels, error, step, workflow, status, state, run],
      ["x", Number.NaN, [], "", "", "", undefined, undefined, ""],
    );
    for (const nothing of [null, undefined, 5, "x", []]) assert.equal(lean(nothing).id, undefined);
    const entry = entryOf(given);
    assert.deepEqual(Object.keys(entry).sort(), [
      ...["dlqId", "failureCallbackInfo", "responseBody", "responseBodyBase64", "responseHeader"],
    ]);
    assert.deepEqual(entry.failureCallbackInfo, {});
    assert.deepEqual(Object.entries(entry.responseHeader), [
      ["__proto__", ["x"]],
      ["Upstash-Error-Step-Name", [""]],
    ]);
    const step1 = { stepName: {}, state: "__proto__", createdAt: "now", errors: {} };
    const step2 = { stepName: "s".repeat(1e6), errors: [null, { time: "now", body: {} }] };
    const logs = [null, { steps: "x" }, { steps: [null, { steps: [null, step1, step2] }] }];
    const shown = runsOf(logs).map((log) => stepsOf(entry, log));
    assert.deepEqual(
      shown
        .flat()
        .map(({ name, state, at: began, attempts }) => [
          ...[name.length, state, began, attempts.length],
        ]),
      [
        [12, "running", undefined, 0],
        [12, "running", undefined, 0],
        [301, "running", undefined, 2],
      ],
    );
    assert.deepEqual([runsOf(null), runsOf({})], [[], []]);
  });
});

test("a job's id, which a link can hold, leads to no other route", () => {
  const url = new URL(reportUrl("../trail?before=9#", "csv"), "https://admin.example");
  assert.equal(
    url.href,
    "https://admin.example/api/jobs/..%2Ftrail%3Fbefore%3D9%23/report?format=csv",
  );
});

describe("orders", () => {
  test("half a canary is refused, a whole one and none are not", () => {
    for (const form of [{ canaryWait: "60" }, { canaryFailed: "0", canaryEntries: " " }]) {
      assert.deepEqual(canaryIssues(form).map(fieldOf), ["canaryEntries"]);
    }
    for (const form of [{}, { canaryEntries: "5" }, { canaryEntries: "5", canaryWait: "60" }]) {
      assert.deepEqual(canaryIssues(form), []);
    }
  });

  test("chosen ids are previewed from the list, and counted whether it has them or not", () => {
    const list = [
      { id: "1-0", at: 10, workflow: "/a", error: "x", state: undefined },
      { id: "2-0", at: 30, workflow: "/a", error: "y", state: "CALLBACK_FAIL" },
      { id: "3-0", at: 50, workflow: "/b", error: "y", state: undefined },
    ];
    const found = previewOf(["1-0", "2-0", "9-0"], list);
    assert.deepEqual([found.count, found.firstDate, found.lastDate], [3, 10, 30]);
    assert.deepEqual(found.groups.workflow.values, [{ key: "/a", count: 2 }]);
    assert.deepEqual(previewOf(["1-0"], [{ ...list[0], error: "" }]).groups.error.values, [
      { key: "", count: 1 },
    ]);
    assert.deepEqual(found.groups.failureFunctionState.values, [
      { key: "CALLBACK_FAIL", count: 1 },
    ]);
  });

  test("chosen ids are warned of as the package's preview warns of a filter", () => {
    const now = Date.UTC(2026, 10, 27);
    const failed = (hours, error) =>
      lean({
        dlqId: `${now - hours * 3_600_000}-0`,
        responseBody: JSON.stringify({ error: "WorkflowError", message: error }),
      });
    const list = [
      failed(71, "down"),
      failed(49, "Incompatible step name. Expected 'charge', got 'pay'"),
      failed(47, "down"),
      failed(72.5, "not chosen"),
    ];
    const ids = list.slice(0, 3).map(({ id }) => id);
    const expiring = { code: "expires_soon", count: 2, firstExpiresAt: now + 3_600_000 };
    const incompatible = { code: "incompatible_step", count: 1 };
    const bare = (found) => found.map(({ message: _, ...rest }) => rest);
    const { warnings } = previewOf(ids, list, 3, now);
    assert.deepEqual(bare(warnings), [expiring, incompatible]);
    assert.deepEqual(bare(previewOf(ids, list, undefined, now).warnings), [incompatible]);

    assert.match(warningsFor("resume", warnings)[0], /^2 entries will be deleted .* 27 Nov 2026/);
    assert.match(warningsFor("resume", warnings)[1], /^1 entry failed .* restart them\.$/);
    for (const [operation, count] of [
      ["restart", 1],
      ["delete", 0],
      ["failureFunction", 0],
    ]) {
      assert.equal(warningsFor(operation, warnings).length, count, operation);
    }
  });
});
